//! Return (退回): to the starter, the previous or any earlier node, then straight back or all
//! over again.

use super::{actor_may, advises, not_offered, opinion, task};
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::{Action, Body, Def, Node},
    event::Change,
    rewind::rewind,
    run::Run,
    state::{State, VisitNow},
};
use model::{
    Id, Name,
    workflow::{Return, ReturnTo},
};

/// The visits a task may be sent back to, nearest first: earlier ones of its own lineage where
/// people acted, one per node, as the node's `return` allows, none from before a posting.
pub(in crate::workflow) fn targets(def: &Def, state: &State, visit: u32, may: &Return) -> Vec<u32> {
    let node = |n: u32| &state.visits[n as usize].node;
    let is_start = |n: u32| {
        def.node(node(n))
            .is_some_and(|n| matches!(n.body, Body::Start(_)))
    };
    // One that passed without anybody acting has nobody to send it back to.
    let acted = |n: u32| state.seats.iter().any(|s| s.visit == n && acted(s));
    let alive = |n: u32| state.visits[n as usize].now != VisitNow::Cancelled;
    // What is in the ledgers is reversed, not done again.
    let posted = |n: u32| {
        let down = state.descendants(n);
        state.visits.iter().zip(down).any(|(v, down)| {
            let post = |n: &Node| matches!(n.body, Body::Auto(Action::Post));
            down && v.now == VisitNow::Left
                && v.broken.is_none()
                && def.node(&v.node).is_some_and(post)
        })
    };
    let alive = |n: u32| alive(n) && !(state.posted && posted(n));
    let person = |n: u32| alive(n) && node(n) != node(visit) && (is_start(n) || acted(n));
    let up = state.ancestors(visit);
    let above = (0u32..).zip(&up).filter(|(_, up)| **up).map(|(n, _)| n);
    let mut found: Vec<u32> = match may.to {
        ReturnTo::Starter => above.filter(|n| is_start(*n) && alive(*n)).collect(),
        ReturnTo::Previous => state.nearest_above(visit, person),
        ReturnTo::Any => above.filter(|n| person(*n)).collect(),
    };
    found.reverse();
    let mut kept: Vec<u32> = Vec::with_capacity(found.len());
    for n in found {
        if !kept.iter().any(|k| node(*k) == node(n)) {
            kept.push(n);
        }
    }
    kept
}

/// Somebody acted on the seat himself.
pub(in crate::workflow) fn acted(seat: &crate::workflow::state::Seat) -> bool {
    seat.done().is_some_and(|d| d.auto.is_none())
}

pub(super) fn run(
    run: &mut Run,
    seat: Id,
    to: Option<&Name>,
    said: Option<&String>,
) -> Result<(), Stop> {
    actor_may(run, seat)?;
    let (this, _, ballot) = task(run.def, &run.state, seat)?;
    if this.advises.is_some() {
        return Err(advises().into());
    }
    let from = this.visit;
    let may = ballot
        .may
        .send_back
        .as_ref()
        .ok_or_else(|| not_offered("return"))?;
    let opinion = opinion(may.comment, said)?;
    let targets = targets(run.def, &run.state, from, may);
    let named = |to: &Name| {
        let at = |n: &&u32| run.state.visits[**n as usize].node == *to;
        targets.iter().find(at).copied()
    };
    let target = match (to, targets.as_slice()) {
        (Some(to), _) => named(to).ok_or_else(|| Refusal::new("not_a_target").with("node", to))?,
        (None, [only]) => *only,
        (None, []) => return Err(Refusal::new("no_target").into()),
        (None, _) => return Err(Refusal::new("which_target").into()),
    };
    let then = may.then;
    run.change(
        seat,
        Change::Returned {
            by: run.env.actor,
            opinion,
        },
    );
    rewind(run, from, target, then)?;
    run.flow()
}
