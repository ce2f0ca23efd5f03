//! Jump (跳转): somebody with the right to moves the instance to a node; all that was open is
//! cancelled, and what lies between is not visited.

use super::{opinion, running, steering, unsuspended};
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::{Action, Body, Def},
    event::Event,
    run::Run,
    state::{State, Token, Visit, VisitNow},
};
use model::{Id, Name, workflow::Operation};
use smallvec::smallvec;

/// Whether the user may jump at all, and what the node of his task says of it.
pub(in crate::workflow) fn may<'d>(
    def: &'d Def,
    state: &State,
    user: Id,
    steers: bool,
) -> Result<Option<&'d Operation>, Refusal> {
    running(state)?;
    unsuspended(state)?;
    steering(def, state, user, steers, |may| may.jump.as_ref())
}

/// Where a jump may go: every node where people act, save those that would post a second time.
pub(in crate::workflow) fn targets(def: &Def, state: &State) -> Vec<Name> {
    let people = def.nodes.iter().enumerate();
    let people = people.filter(|(_, n)| {
        // A block is entered as a whole.
        n.block.is_none() && matches!(n.body, Body::Ballot(_))
    });
    let fits = |n: usize| !(state.posted && posts_after(def, n));
    people
        .filter(|(n, _)| fits(*n))
        .map(|(_, n)| n.name.clone())
        .collect()
}

/// Whether a way leads from the node to one that writes the ledgers.
fn posts_after(def: &Def, from: usize) -> bool {
    let (mut seen, mut todo) = (vec![false; def.nodes.len()], vec![from]);
    while let Some(n) = todo.pop() {
        if matches!(def.nodes[n].body, Body::Auto(Action::Post)) {
            return true;
        }
        if !std::mem::replace(&mut seen[n], true) {
            todo.extend(def.nodes[n].outs.iter().map(|&e| def.edges[e].to));
        }
    }
    false
}

/// The last visit that all that is open or waits comes from: the new visit comes from it too.
fn origin(state: &State) -> u32 {
    let open = (0u32..).zip(&state.visits).filter(|(_, v)| v.open());
    let mut above: Vec<Vec<bool>> = open.map(|(n, _)| state.ancestors(n)).collect();
    for token in &state.tokens {
        let mut up = state.ancestors(token.by);
        up[token.by as usize] = true;
        above.push(up);
    }
    let count = state.visits.len() as u32;
    let alive = |n: &u32| {
        let visit = &state.visits[*n as usize];
        visit.now == VisitNow::Left && visit.block.is_none()
    };
    let shared = |n: &u32| above.iter().all(|up| up[*n as usize]);
    (0..count).filter(alive).filter(shared).max().unwrap_or(0)
}

/// A record that lies with its starter counts as submitted, so that it can go back to him again.
fn submit(run: &mut Run) {
    let lies =
        |v: &&Visit| v.now == VisitNow::Open && *v.node == *run.def.nodes[run.def.start].name;
    let Some(visit) = run.state.visits.iter().position(|v| lies(&v)) else {
        return;
    };
    let visit = visit as u32;
    run.close_ballot(visit);
    let way = Some("next".into());
    run.emit(Event::NodeLeft { visit, way });
}

pub(super) fn run(run: &mut Run, to: &Name, said: Option<&String>) -> Result<(), Stop> {
    let by = run.env.actor;
    let offer = may(run.def, &run.state, by, run.env.steers)?;
    let opinion = opinion(offer.map(|o| o.comment).unwrap_or_default(), said)?;
    let node = run.def.by_name.get(to).copied();
    let node = node.filter(|_| targets(run.def, &run.state).contains(to));
    let node = node.ok_or_else(|| Refusal::new("not_a_target").with("node", to))?;
    submit(run);
    let from = origin(&run.state);
    run.emit(Event::Jumped {
        by,
        to: to.clone(),
        opinion,
    });
    if run.state.incident.is_some() {
        run.emit(Event::IncidentCleared);
    }
    run.cancel_everything();
    let token = Token {
        id: run.state.tokens_born,
        by: from,
        way: "jump".into(),
        to: to.clone(),
        block: None,
    };
    run.emit(Event::TokenPut {
        token: token.clone(),
    });
    run.enter(node, smallvec![token], None, true)?;
    run.flow()
}
