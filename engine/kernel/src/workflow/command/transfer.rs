//! Transfer (转办): the same seat gets another holder.

use super::{actor_may, may_decide, named, not_offered, opinion, task};
use crate::workflow::{Refusal, ask::Stop, event::Change, run::Run};
use model::Id;

pub(super) fn run(run: &mut Run, seat: Id, to: Id, said: Option<&String>) -> Result<(), Stop> {
    actor_may(run, seat)?;
    let (this, node, ballot) = task(run.def, &run.state, seat)?;
    let may = ballot
        .may
        .transfer
        .as_ref()
        .ok_or_else(|| not_offered("transfer"))?;
    let opinion = opinion(may.comment, said)?;
    let by = run.env.actor;
    // To himself or to a fellow: one person would have two voices, or none would be gained.
    if to == by
        || run
            .state
            .ballot(this.visit)
            .any(|s| s.live() && s.holder == Some(to))
    {
        return Err(Refusal::new("already_seated").with("user", to).into());
    }
    let to = named(run, &[to])?.swap_remove(0);
    let Some(holder) = to.holder else {
        return Err(Refusal::new("unfit_answer").into());
    };
    may_decide(&run.state, node, ballot, holder, to.person)?;
    run.change(
        seat,
        Change::Transferred {
            holder,
            person: to.person,
            by,
            opinion,
        },
    );
    Ok(())
}
