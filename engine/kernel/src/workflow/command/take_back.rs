//! Take back (拿回): the last who decided at a node has it again, while nobody after it has acted.

use super::{moving, not_offered, opinion, task};
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::{Action, Body, Def},
    event::Event,
    rewind::rewind,
    run::Run,
    state::{Origin, Seat, SeatNow, State, VisitNow},
};
use model::{Id, workflow::Then};

/// Whether the user may take back what he decided with this seat.
pub(in crate::workflow) fn may(
    def: &Def,
    state: &State,
    seat: Id,
    user: Id,
) -> Result<(), Refusal> {
    moving(state)?;
    let (this, _, ballot) = task(def, state, seat)?;
    if ballot.may.take_back.is_none() {
        return Err(not_offered("take_back"));
    }
    let visit = &state.visits[this.visit as usize];
    let his = |s: &Seat| s.done().is_some_and(|d| d.by == Some(user)) && s.advises.is_none();
    let last = visit.last.and_then(|id| state.seat(id));
    if !his(this) || this.attempt != visit.attempt || !last.is_some_and(his) {
        return Err(Refusal::new("did_not_decide"));
    }
    // Somebody sent it back since, or it is not decided yet.
    let frozen = state.frozen().is_some_and(|f| f[this.visit as usize]);
    if visit.now != VisitNow::Left || frozen {
        return Err(Refusal::new("not_passed_on"));
    }
    let down = state.descendants(this.visit);
    let behind = |n: u32| down[n as usize] && state.visits[n as usize].now != VisitNow::Cancelled;
    let acted = |s: &Seat| {
        let did = s.now == SeatNow::Returned || s.done().is_some_and(|d| d.by.is_some());
        behind(s.visit) && did && s.origin != Origin::Starter
    };
    if state.seats.iter().any(acted) {
        return Err(Refusal::new("next_acted"));
    }
    let posts = |n: &u32| {
        let node = def.node(&state.visits[*n as usize].node);
        node.is_some_and(|n| matches!(n.body, Body::Auto(Action::Post)))
    };
    let count = state.visits.len() as u32;
    if (0..count).filter(|n| behind(*n)).any(|n| posts(&n)) && state.posted {
        return Err(Refusal::new("already_posted"));
    }
    Ok(())
}

pub(super) fn run(run: &mut Run, seat: Id, said: Option<&String>) -> Result<(), Stop> {
    let by = run.env.actor;
    may(run.def, &run.state, seat, by)?;
    let (this, _, ballot) = task(run.def, &run.state, seat)?;
    let visit = this.visit;
    let comment = ballot.may.take_back.as_ref().map(|o| o.comment);
    let opinion = opinion(comment.unwrap_or_default(), said)?;
    run.emit(Event::TakenBack { by, visit, opinion });
    rewind(run, visit, visit, Then::Rerun)?;
    run.flow()
}
