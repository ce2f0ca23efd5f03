//! The steps of a ladder: what happens to a task that nobody acts on in time. Where a step finds
//! nobody it could go to, the holder is told instead: nothing is ever lost in silence.

use super::{
    ask::{SeatSpec, Stop, What},
    command::{may_decide, task},
    deadline,
    event::{About, Change, Event, Notice},
    limit,
    run::Run,
    seating,
    state::{Origin, Seat},
};
use model::{
    Id, Name,
    workflow::{How, Rung, RungAct},
};

/// Takes a step.
pub(super) fn climb(run: &mut Run, seat: Id, step: &Name, rung: &Rung) -> Result<(), Stop> {
    match rung.acts() {
        Some(RungAct::Remind) => {
            remind(run, seat);
            Ok(())
        }
        Some(RungAct::Transfer) => transfer(run, seat, step, rung),
        Some(RungAct::AddSeat) => add_seat(run, seat, step, rung),
        None => expire(run, seat, step, &rung.act),
    }
}

/// Tells whoever is to act.
pub(super) fn remind(run: &mut Run, seat: Id) {
    let Some(seat) = run.state.seat(seat) else {
        return;
    };
    let Some(node) = run.state.node_of(seat).cloned() else {
        return;
    };
    let late = seat.due.is_none_or(|due| due <= run.env.now);
    let notice = Notice {
        about: if late {
            About::Overdue
        } else {
            About::Reminder
        },
        node,
        to: seat
            .holder
            .map_or_else(|| seat.candidates.clone(), |h| vec![h]),
        seat: Some(seat.id),
        by: None,
        opinion: None,
        once: false,
    };
    run.emit(Event::Notified {
        notice: Box::new(notice),
    });
}

/// Whom a step is for, of those who may decide here: its `to`, else the holder's manager.
fn found(run: &Run, seat: &Seat, step: &Name, rung: &Rung) -> Result<Vec<SeatSpec>, Stop> {
    let (_, node, ballot) = task(run.def, &run.state, seat.id)?;
    let what = match (rung.to.is_empty(), seat.holder) {
        (false, _) => What::Rung {
            node: node.clone(),
            step: step.clone(),
        },
        (true, Some(of)) => What::Superior { of },
        (true, None) => return Ok(Vec::new()),
    };
    let mut specs = seating::specs(run, node, what)?;
    let barred = |user: &Id, person: Option<Id>| {
        may_decide(&run.state, node, ballot, *user, person).is_err()
    };
    for spec in &mut specs {
        spec.candidates.retain(|c| !barred(c, None));
    }
    specs.retain(|spec| match spec.holder {
        Some(holder) => !barred(&holder, spec.person),
        None => !spec.candidates.is_empty(),
    });
    Ok(specs)
}

fn transfer(run: &mut Run, id: Id, step: &Name, rung: &Rung) -> Result<(), Stop> {
    let Some(seat) = run.state.seat(id) else {
        return Ok(());
    };
    let mut to = found(run, seat, step, rung)?;
    to.retain(|spec| spec.holder.is_none() || spec.holder != seat.holder);
    let Some(to) = to.into_iter().next() else {
        remind(run, id);
        return Ok(());
    };
    let change = Change::Escalated {
        step: step.clone(),
        holder: to.holder,
        person: to.person,
        role: to.role,
        candidates: to.candidates,
    };
    run.change(id, change);
    Ok(())
}

fn add_seat(run: &mut Run, id: Id, step: &Name, rung: &Rung) -> Result<(), Stop> {
    let def = run.def;
    let Some(seat) = run.state.seat(id) else {
        return Ok(());
    };
    let visit = seat.visit;
    let (_, node, ballot) = task(def, &run.state, id)?;
    let mut to = found(run, seat, step, rung)?;
    to.retain(|spec| {
        let same = |s: &Seat| match spec.holder {
            Some(_) => s.holder == spec.holder,
            None => s.role == spec.role,
        };
        !run.state.ballot(visit).any(|s| s.live() && same(s))
    });
    to.truncate(limit::SEATS.saturating_sub(run.state.ballot(visit).count()));
    let (false, Some(&at)) = (to.is_empty(), def.by_name.get(node)) else {
        remind(run, id);
        return Ok(());
    };
    let deadlines = deadline::fresh(run, at, ballot)?;
    let mut added = Vec::with_capacity(to.len());
    for spec in to {
        let who = (spec, Origin::Overdue);
        added.push(seating::add(run, visit, who, Vec::new(), None, &deadlines));
    }
    run.emit(Event::SeatsAdded {
        by: id,
        how: How::Parallel,
        seats: added,
        opinion: None,
    });
    Ok(())
}

/// The task counts as decided by this outcome.
fn expire(run: &mut Run, seat: Id, step: &Name, outcome: &Name) -> Result<(), Stop> {
    let (this, _, ballot) = task(run.def, &run.state, seat)?;
    let visit = this.visit;
    let known = ballot.votes.iter().find(|(way, _)| **way == **outcome);
    let Some((way, vote)) = known.cloned() else {
        return Ok(());
    };
    let step = step.clone();
    run.change(seat, Change::Expired { step, vote, way });
    run.settle(visit)?;
    run.flow()
}
