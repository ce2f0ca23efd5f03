//! Unclaim: who took a role's seat puts it back for the other candidates.

use super::may_act;
use crate::workflow::{Refusal, ask::Stop, def::Def, event::Change, run::Run, state::State};
use model::Id;

/// Whether the user may put the seat back.
pub(in crate::workflow) fn may(
    def: &Def,
    state: &State,
    seat: Id,
    user: Id,
    person: Option<Id>,
) -> Result<(), Refusal> {
    may_act(def, state, seat, user, person, false)?;
    match state.seat(seat).map(|s| s.role.is_some()) {
        Some(true) => Ok(()),
        _ => Err(Refusal::new("not_a_role_seat")),
    }
}

pub(super) fn run(run: &mut Run, seat: Id) -> Result<(), Stop> {
    may(run.def, &run.state, seat, run.env.actor, run.env.person)?;
    run.change(seat, Change::Released { by: run.env.actor });
    Ok(())
}
