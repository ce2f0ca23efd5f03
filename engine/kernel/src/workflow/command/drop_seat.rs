//! Drop a seat (减签): a fellow of the ballot is no longer asked; the decision is folded again.

use super::{moving, not_offered, opinion, task};
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::Def,
    event::Change,
    run::Run,
    state::{Seat, SeatNow, State},
};
use model::Id;

/// Whether the user may drop seats of this task's ballot: his own is open, or waits.
pub(in crate::workflow) fn may(
    def: &Def,
    state: &State,
    seat: Id,
    user: Id,
) -> Result<(), Refusal> {
    moving(state)?;
    let (this, _, ballot) = task(def, state, seat)?;
    if ballot.may.drop_seat.is_none() {
        return Err(not_offered("drop_seat"));
    }
    if this.holder != Some(user) {
        return Err(Refusal::new("not_holder"));
    }
    if this.advises.is_some() {
        return Err(super::advises());
    }
    if !(this.open() || this.now == SeatNow::Parked) {
        return Err(Refusal::new("already_done"));
    }
    Ok(())
}

/// Whether this seat may go: it has not acted, and its ballot keeps one that has still to decide.
fn droppable(state: &State, seat: &Seat) -> Result<(), Refusal> {
    if !seat.undecided() {
        return Err(Refusal::new("already_done"));
    }
    let left = |s: &Seat| s.id != seat.id && s.undecided() && s.counts();
    if seat.advises.is_none() && !state.ballot(seat.visit).any(left) {
        return Err(Refusal::new("last_seat"));
    }
    Ok(())
}

/// Who may be dropped from the ballot of this task.
pub(in crate::workflow) fn whom(state: &State, seat: Id) -> Vec<Id> {
    let Some(this) = state.seat(seat) else {
        return Vec::new();
    };
    let others = state.ballot(this.visit).filter(|s| s.id != seat);
    let may_go = others.filter(|s| droppable(state, s).is_ok());
    may_go.filter_map(|s| s.holder).collect()
}

pub(super) fn run(run: &mut Run, seat: Id, who: Id, said: Option<&String>) -> Result<(), Stop> {
    may(run.def, &run.state, seat, run.env.actor)?;
    let (this, _, ballot) = task(run.def, &run.state, seat)?;
    let visit = this.visit;
    let comment = ballot.may.drop_seat.as_ref().map(|o| o.comment);
    let opinion = opinion(comment.unwrap_or_default(), said)?;
    let seats: Vec<&Seat> = run
        .state
        .ballot(visit)
        .filter(|s| s.live() && s.holder == Some(who))
        .collect();
    let found = seats.iter().find(|s| s.undecided()).or(seats.first());
    let dropped = found.ok_or_else(|| Refusal::new("no_seat_of").with("user", who))?;
    droppable(&run.state, dropped)?;
    let dropped = dropped.id;
    let by = run.env.actor;
    // Whoever he had asked for advice is no longer asked either.
    let mut gone = vec![dropped];
    for seat in run.state.ballot(visit) {
        if seat.undecided() && seat.advises.is_some_and(|of| gone.contains(&of)) {
            gone.push(seat.id);
        }
    }
    for seat in gone {
        let change = if seat == dropped {
            let opinion = opinion.clone();
            Change::Dropped { by, opinion }
        } else {
            Change::Cancelled
        };
        run.change(seat, change);
    }
    run.settle(visit)?;
    run.flow()
}
