//! What events mean for the shell: rows of tasks and timers, people to tell, the record to write.

use super::{
    ask::RoleSeat,
    event::{Change, Event, Notice},
    state::{Life, Origin, Seat, SeatNow, State, Timer, Way},
};
use chrono::{DateTime, Utc};
use model::{Fields, Id, Name, Ref, Status};
use serde::Serialize;

/// What a command comes to, in the order to be applied: the record (`patch`, then posting, then
/// `status`), tasks, timers, participants, notices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    /// Values that script nodes set; the last one of a field counts.
    pub patch: Fields,
    /// Post nodes that ran, in order.
    pub post: Vec<Posting>,
    /// The status to give the record, where it changes.
    pub status: Option<Status>,
    /// New tasks; what closed again in the same command is under `tasks_closed` only.
    pub tasks_opened: Vec<Task>,
    /// Tasks that are still open or waiting, but differ: holder, deadline, parked.
    pub tasks_changed: Vec<Task>,
    /// Tasks that are over: done, returned, cancelled. `fresh` ones have no row yet.
    pub tasks_closed: Vec<Task>,
    pub timers_set: Vec<Timer>,
    /// Timers that must not fire any more; a timer that fired is none of them.
    pub timers_cancelled: Vec<Id>,
    /// Who takes part from now on and may see the record.
    pub participants: Vec<Principal>,
    pub notices: Vec<Notice>,
    /// The instance is over.
    pub ended: bool,
    /// What stopped the flow in this command: code and node.
    pub incident: Option<(String, Name)>,
}

/// A post node that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    pub node: Name,
    /// Constraints that were let through, `package/ledger/constraint`.
    pub overridden: Vec<String>,
}

/// A row of an inbox. Its id is the seat's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    pub id: Id,
    pub visit: u32,
    pub node: Name,
    pub attempt: u32,
    /// The user whose it is; nobody yet where a role's seat is on offer.
    pub holder: Option<Id>,
    pub role: Option<Ref>,
    pub within: Option<Id>,
    /// Who could take a role's seat when it was opened.
    pub candidates: Vec<Id>,
    pub now: TaskNow,
    pub due: Option<DateTime<Utc>>,
    pub outcome: Option<Way>,
    pub opinion: Option<String>,
    /// The user who closed it.
    pub by: Option<Id>,
    /// It passed by itself; nobody acted.
    pub auto: bool,
    /// It came back to the starter, who edits and submits again.
    pub starter: bool,
    /// It has no row yet.
    pub fresh: bool,
}

/// The state of a task; the words of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskNow {
    Open,
    Parked,
    Done,
    Returned,
    Cancelled,
}

impl TaskNow {
    /// The word of the row.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Parked => "parked",
            Self::Done => "done",
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Who may see a record because the flow brought it to them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    User(Id),
    Role { role: Ref, within: Option<Id> },
}

/// Works out what `events`, which led from `before` to `after`, mean.
pub fn effects(before: &State, after: &State, events: &[Event]) -> Effects {
    let mut effects = Effects {
        ended: ended(after) && !ended(before),
        ..Effects::default()
    };
    for event in events {
        match event {
            Event::Started { by, .. } => {
                effects.status = Some(Status::Submitted);
                take_part(&mut effects, Principal::User(*by));
            }
            Event::RecordPatched { values, .. } => effects.patch.extend(values.clone()),
            Event::Posted { visit, overridden } => {
                let node = after.visits[*visit as usize].node.clone();
                effects.post.push(Posting {
                    node,
                    overridden: overridden.clone(),
                });
                effects.status = Some(Status::Posted);
            }
            Event::Ended { status } => effects.status = Some(*status),
            Event::Notified { notice } => {
                for user in &notice.to {
                    take_part(&mut effects, Principal::User(*user));
                }
                effects.notices.push(Notice::clone(notice));
            }
            Event::IncidentRaised { code, node } => {
                effects.incident = Some((code.clone(), node.clone()));
            }
            _ => {}
        }
    }
    tasks(&mut effects, before, after, events);
    timers(&mut effects, before, after, events);
    effects
}

fn ended(state: &State) -> bool {
    matches!(state.life, Life::Ended(_))
}

fn take_part(effects: &mut Effects, who: Principal) {
    if !effects.participants.contains(&who) {
        effects.participants.push(who);
    }
}

/// Compares the seats: what is a task now, and what it was. Seats are only ever appended.
fn tasks(effects: &mut Effects, before: &State, after: &State, events: &[Event]) {
    for (n, seat) in after.seats.iter().enumerate() {
        let was = before.seats.get(n);
        if was == Some(seat) {
            continue;
        }
        let row = |s: &Seat| s.now != SeatNow::Planned && !never_opened(s, events);
        let had_row = was.is_some_and(|s| s.now != SeatNow::Planned);
        if !had_row && !row(seat) {
            continue;
        }
        let task = task(after, seat, events, !had_row);
        // A change that no row shows (a reminder, a turn moved back) is none.
        if had_row && was.is_some_and(|was| self::task(before, was, &[], false) == task) {
            continue;
        }
        if let Some(holder) = task.holder {
            take_part(effects, Principal::User(holder));
        } else if let Some(RoleSeat { role, within }) = &seat.role {
            let role = Principal::Role {
                role: role.clone(),
                within: *within,
            };
            take_part(effects, role);
        }
        match (task.now, had_row) {
            (TaskNow::Open | TaskNow::Parked, false) => effects.tasks_opened.push(task),
            (TaskNow::Open | TaskNow::Parked, true) => effects.tasks_changed.push(task),
            (TaskNow::Done | TaskNow::Returned | TaskNow::Cancelled, _) => {
                effects.tasks_closed.push(task);
            }
        }
    }
}

/// Cancelled before its turn came: nobody ever saw it.
fn never_opened(seat: &Seat, events: &[Event]) -> bool {
    let opened = |e: &Event| match e {
        Event::SeatOpened { seat: born } => born.id == seat.id && born.now != SeatNow::Planned,
        Event::SeatChanged {
            seat: id,
            change: Change::Opened,
        } => *id == seat.id,
        _ => false,
    };
    seat.now == SeatNow::Cancelled && !events.iter().any(opened)
}

fn task(state: &State, seat: &Seat, events: &[Event], fresh: bool) -> Task {
    let (mut by, mut opinion) = (None, None);
    for event in events {
        let Event::SeatChanged { seat: id, change } = event else {
            continue;
        };
        if *id != seat.id {
            continue;
        }
        match change {
            Change::Done {
                by: who,
                opinion: said,
                ..
            }
            | Change::Returned {
                by: who,
                opinion: said,
            } => {
                by = Some(*who);
                opinion.clone_from(said);
            }
            _ => {}
        }
    }
    let done = seat.done();
    Task {
        id: seat.id,
        visit: seat.visit,
        node: state.visits[seat.visit as usize].node.clone(),
        attempt: seat.attempt,
        holder: seat.holder,
        role: seat.role.as_ref().map(|r| r.role.clone()),
        within: seat.role.as_ref().and_then(|r| r.within),
        candidates: seat.candidates.clone(),
        now: match seat.now {
            SeatNow::Planned | SeatNow::Parked | SeatNow::Suspended => TaskNow::Parked,
            SeatNow::Offered | SeatNow::Allocated => TaskNow::Open,
            SeatNow::Done(_) => TaskNow::Done,
            SeatNow::Returned => TaskNow::Returned,
            SeatNow::Cancelled => TaskNow::Cancelled,
        },
        due: seat.due,
        outcome: done.map(|d| d.way.clone()),
        opinion,
        by,
        auto: done.is_some_and(|d| d.auto.is_some()),
        starter: seat.origin == Origin::Starter,
        fresh,
    }
}

fn timers(effects: &mut Effects, before: &State, after: &State, events: &[Event]) {
    let fired = |id: &Id| {
        events
            .iter()
            .any(|e| matches!(e, Event::TimerFired { timer } if timer == id))
    };
    let gone = before
        .timers
        .iter()
        .map(|t| t.id)
        .filter(|id| !after.timers.iter().any(|t| t.id == *id) && !fired(id));
    effects.timers_cancelled = gone.collect();
    let new = after
        .timers
        .iter()
        .filter(|t| !before.timers.iter().any(|b| b.id == t.id));
    effects.timers_set = new.cloned().collect();
}
