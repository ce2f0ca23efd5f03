//! Delegate (委派): somebody is asked for advice in a seat of his own; then it is the principal's
//! turn again, and he decides.

use super::{actor_may, may_decide, named, not_offered, opinion, task};
use crate::workflow::{
    Refusal,
    ask::Stop,
    deadline,
    event::Change,
    limit,
    run::Run,
    seating,
    state::{Origin, State},
};
use model::Id;

pub(super) fn run(run: &mut Run, seat: Id, to: Id, said: Option<&String>) -> Result<(), Stop> {
    let def = run.def;
    actor_may(run, seat)?;
    let (this, node, ballot) = task(def, &run.state, seat)?;
    let (visit, node, offered) = (this.visit, node.clone(), this.holder.is_none());
    let may = ballot
        .may
        .delegate
        .as_ref()
        .ok_or_else(|| not_offered("delegate"))?;
    let opinion = opinion(may.comment, said)?;
    if to == run.env.actor || asked_by(&run.state, seat).any(|who| who == to) {
        return Err(Refusal::new("delegation_circle").with("user", to).into());
    }
    let seated = |s: &crate::workflow::Seat| s.live() && s.holder == Some(to);
    if run.state.ballot(visit).any(seated) {
        return Err(Refusal::new("already_seated").with("user", to).into());
    }
    let to = named(run, &[to])?.swap_remove(0);
    let Some(user) = to.holder else {
        return Err(Refusal::new("unfit_answer").into());
    };
    may_decide(&run.state, &node, ballot, user, to.person)?;
    if run.state.ballot(visit).count() >= limit::SEATS {
        return Err(seating::too_many(&node).into());
    }
    let Some(&at) = def.by_name.get(&node) else {
        return Ok(());
    };
    let deadlines = deadline::fresh(run, at, ballot)?;
    if offered {
        run.change(seat, Change::Claimed { by: run.env.actor });
    }
    let who = (to, Origin::Advice);
    let asks = seating::add(run, visit, who, Vec::new(), Some(seat), &deadlines);
    let at = run.env.now;
    run.change(seat, Change::Delegated { asks, at, opinion });
    Ok(())
}

/// The holders of the seats that led to this one by asking for advice.
fn asked_by(state: &State, seat: Id) -> impl Iterator<Item = Id> {
    let above = |id: &Id| state.seat(*id).and_then(|s| s.advises);
    std::iter::successors(above(&seat), move |id| above(id))
        .filter_map(|id| state.seat(id).and_then(|s| s.holder))
}
