//! Every instance, running or ended: replayed, compared with its rows, and asked what it waits for.

use crate::{Error, Site};
use kernel::workflow::{Event, Life, SeatNow, State};
use model::Id;
use std::{collections::BTreeSet, panic::catch_unwind};
use store::{Queue, Tx, Wrong};

/// Instances looked at in one read.
const INSTANCES: u32 = 100;

impl Site {
    /// Replays every instance, and looks whether it waits for something.
    pub(super) async fn check_instances(&self) -> Result<Vec<Wrong>, Error> {
        let mut out = vec![];
        let mut after = None;
        loop {
            let (wrong, last) = self
                .inner
                .store
                .read(move |tx| Box::pin(async move { instances(tx, after).await }))
                .await?;
            out.extend(wrong);
            if last.is_none() {
                return Ok(out);
            }
            after = last;
        }
    }
}

/// What is wrong with some instances, and the last of them; nothing after the last of all.
async fn instances(tx: &mut Tx, after: Option<Id>) -> Result<(Vec<Wrong>, Option<Id>), Error> {
    let mut out = vec![];
    let found = tx.instances(after, INSTANCES).await?;
    let last = found.last().map(|i| i.id);
    for instance in found {
        let at = format!("{} {}", instance.workflow, instance.id);
        let wrong = |check: &'static str, rows: u64| Wrong {
            check,
            at: at.clone(),
            rows,
        };
        let (rows, hash) = tx.events(instance.id).await?;
        let events: Result<Vec<Event>, _> = rows
            .iter()
            .map(|e| serde_json::from_str(&e.payload))
            .collect();
        let (id, ended) = (instance.id, instance.ended_at.is_some());
        let loaded = crate::flow::loaded(instance);
        let (Ok(events), Ok(loaded)) = (events, loaded) else {
            out.push(wrong("replay", 1));
            continue;
        };
        let state = &loaded.state;
        // Events that are not what was written may lead nowhere at all.
        let replayed = catch_unwind(|| State::replay(id, &events));
        let same = replayed.is_ok_and(|replayed| replayed == *state)
            && loaded.last == hash
            && loaded.row.status == crate::flow::life(state)
            && ended == matches!(state.life, Life::Ended(_));
        if !same {
            out.push(wrong("replay", 1));
        }
        let tasks = tx.tasks_of(id).await?;
        let live = tasks.iter().any(|t| t.status == "open");
        let stands = state.incident.is_some() || state.suspended.is_some();
        let waits = live || !state.timers.is_empty() || stands || listens(state);
        let jobs = match state.timers.is_empty() {
            true => vec![],
            false => tx.work_of(Queue::Job, &id.to_string()).await?,
        };
        // A timer that no work stands for never fires.
        let lost = state.timers.iter().any(|t| !jobs.contains(&t.id));
        if ended == waits || lost {
            out.push(wrong("waiting", 1));
        }
        let differ = differ(&tasks, state);
        if differ > 0 {
            out.push(wrong("completions", differ));
        }
    }
    Ok((out, last))
}

/// Whether something is waited for that is neither a person nor a moment: a message, a signal.
fn listens(state: &State) -> bool {
    state.open().any(|(visit, _)| {
        let timed = state.timers.iter().any(|t| t.visit == visit);
        !timed && state.ballot(visit).next().is_none()
    })
}

/// Tasks that are not as their seats are: open, done by somebody and at some time, or over; and
/// seats whose task is missing.
fn differ(tasks: &[store::Task], state: &State) -> u64 {
    let mut ids = BTreeSet::new();
    let wrong = tasks.iter().filter(|t| {
        let over = !matches!(&*t.status, "open" | "parked");
        let fits = state.seat(t.id).is_some_and(|seat| {
            // A seat that passed by itself was acted on by nobody.
            let by = seat
                .done()
                .is_none_or(|d| d.auto.is_some() || d.by == t.acted_by);
            *t.status == *word(&seat.now) && by
        });
        !ids.insert(t.id) || t.done_at.is_some() != over || !fits
    });
    let wrong = wrong.count();
    let missing = state
        .seats
        .iter()
        .filter(|s| s.undecided() && s.now != SeatNow::Planned && !ids.contains(&s.id));
    (wrong + missing.count()) as u64
}

/// What the row of a seat's task says.
fn word(now: &SeatNow) -> &'static str {
    match now {
        SeatNow::Planned | SeatNow::Parked | SeatNow::Suspended => "parked",
        SeatNow::Offered | SeatNow::Allocated => "open",
        SeatNow::Done(_) => "done",
        SeatNow::Returned => "returned",
        SeatNow::Cancelled => "cancelled",
    }
}
