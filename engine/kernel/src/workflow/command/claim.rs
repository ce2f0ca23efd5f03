//! Claim: a candidate takes a role's seat without deciding yet; the others no longer see it.

use super::{actor_may, may_act};
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::Def,
    event::Change,
    run::Run,
    state::{SeatNow, State},
};
use model::Id;

/// Whether the user, who holds the seat's role if `takes`, may take it.
pub(in crate::workflow) fn may(
    def: &Def,
    state: &State,
    seat: Id,
    user: Id,
    person: Option<Id>,
    takes: bool,
) -> Result<(), Refusal> {
    may_act(def, state, seat, user, person, takes)?;
    offered(state, seat)
}

fn offered(state: &State, seat: Id) -> Result<(), Refusal> {
    match state.seat(seat).map(|s| &s.now) {
        Some(SeatNow::Offered) => Ok(()),
        _ => Err(Refusal::new("already_claimed")),
    }
}

pub(super) fn run(run: &mut Run, seat: Id) -> Result<(), Stop> {
    actor_may(run, seat)?;
    offered(&run.state, seat)?;
    run.change(seat, Change::Claimed { by: run.env.actor });
    Ok(())
}
