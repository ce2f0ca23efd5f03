//! How tokens meet: which node may fire next, and with which tokens.
//!
//! `Live` is Völzer's rule (BPM 2010): it fires when a token waits and no token elsewhere can
//! still reach an empty way in without passing the join, unless that token can also reach a
//! filled one.

use super::{
    def::{Body, Def, Edge, Join, Node, Split},
    event::Event,
    state::{State, Token, VisitNow},
};
use model::{
    Name,
    workflow::{Amount, Rest},
};
use smallvec::{SmallVec, smallvec};

/// For every way into a join that looks ahead, from which transitions it can be reached without passing the
/// join.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    /// `[way in][transition]`.
    from: Vec<Vec<bool>>,
}

impl Reach {
    /// Walks back from each way into `join`.
    pub(super) fn of(def: &Def, join: usize) -> Self {
        let walk = |&way: &usize| {
            let mut seen = vec![false; def.edges.len()];
            let mut todo = vec![way];
            while let Some(e) = todo.pop() {
                if std::mem::replace(&mut seen[e], true) {
                    continue;
                }
                let Edge { from, .. } = def.edges[e];
                if from != join {
                    todo.extend(&def.nodes[from].ins);
                }
            }
            seen
        };
        Self {
            from: def.nodes[join].ins.iter().map(walk).collect(),
        }
    }

    /// Whether the join may fire: `filled` says of each way in whether a token waits there,
    /// `tokens` are the places of all tokens, each as the transitions it can take next (one for
    /// a token on a transition, all ways out for one inside a node).
    pub(super) fn fires<'a>(
        &self,
        filled: &[bool],
        mut tokens: impl Iterator<Item = &'a [usize]>,
    ) -> bool {
        let reaches = |place: &[usize], full: bool| {
            self.from
                .iter()
                .zip(filled)
                .any(|(from, is)| *is == full && place.iter().any(|&e| from[e]))
        };
        filled.contains(&true)
            && (!filled.contains(&false)
                || tokens.all(|place| !reaches(place, false) || reaches(place, true)))
    }

    /// Whether a place (as for [`Self::fires`]) can reach a way in that `of` names.
    pub(super) fn can_reach(&self, place: &[usize], of: impl Fn(usize) -> bool) -> bool {
        let mut ways = self.from.iter().enumerate().filter(|(way, _)| of(*way));
        ways.any(|(_, from)| place.iter().any(|&e| from[e]))
    }
}

/// Tokens about to be taken.
pub(super) type Took = SmallVec<[Token; 1]>;

/// The first node that can fire, going by the oldest token that lets one, and what it takes.
pub(super) fn next(def: &Def, state: &State) -> Option<(usize, Took)> {
    let frozen = state.frozen();
    let is_free = |t: &Token| !frozen.as_ref().is_some_and(|f| f[t.by as usize]);
    state
        .tokens
        .iter()
        .filter(|t| is_free(t))
        .find_map(|token| {
            let n = *def.by_name.get(&token.to)?;
            let node = &def.nodes[n];
            if held(def, state, node, token.block) {
                return None;
            }
            let took = match &node.join {
                Join::Each => smallvec![token.clone()],
                Join::All => {
                    let took = first_of_each(def, state, node, token.block);
                    (took.len() == node.ins.len()).then_some(took)?
                }
                Join::Live => live(def, state, node, token.block)?,
                Join::Count { need, rest } => {
                    let need = known(state, &node.name, need)?;
                    counted(def, state, node, token.block, need, *rest)?
                }
            };
            took.iter().all(is_free).then_some((n, took))
        })
}

/// A join whose `need` is an expression that has not been asked yet, although a token waits.
pub(super) fn unknown_need<'d>(def: &'d Def, state: &State) -> Option<&'d Name> {
    let mut waiting = state.tokens.iter().filter_map(|t| def.node(&t.to));
    let node = waiting.find(|node| match &node.join {
        Join::Count { need, .. } => known(state, &node.name, need).is_none(),
        _ => false,
    });
    Some(&node?.name)
}

/// The number a join needs, where it is known; nothing goes on without any arrival.
fn known(state: &State, node: &Name, need: &Amount) -> Option<usize> {
    let need = match need {
        Amount::Fixed(need) => *need,
        Amount::Expr(_) => *state.amounts.get(node)?,
    };
    Some((need as usize).max(1))
}

/// What a join with `need` has to note before anything fires: a token that came too late, or a
/// round that is over.
pub(super) fn late(def: &Def, state: &State) -> Option<Event> {
    let frozen = state.frozen();
    let is_free = |t: &Token| !frozen.as_ref().is_some_and(|f| f[t.by as usize]);
    let too_late = |token: &Token| {
        let node = def.node(&token.to)?;
        let Join::Count { rest, .. } = node.join else {
            return None;
        };
        let visit = match rest {
            Rest::Drain | Rest::Cancel => state
                .fired(&node.name, token.block)
                .find(|v| !comes_from(state, token.by, *v))?,
            Rest::Block => {
                let last = state.fired(&node.name, token.block).last()?;
                let way = edge_of(def, state, token)?;
                let fresh = !ways_used(def, state, last).contains(&way);
                (!state.visits[last as usize].round_over && fresh).then_some(last)?
            }
        };
        Some(Event::TokenLate {
            visit,
            token: token.id,
        })
    };
    let over = |visit: u32| {
        let this = &state.visits[visit as usize];
        let node = def.node(&this.node)?;
        let blocks = matches!(
            node.join,
            Join::Count {
                rest: Rest::Block,
                ..
            }
        );
        let waits = blocks && !this.round_over && this.now != VisitNow::Cancelled;
        (waits && round_is_over(def, state, node, visit)).then_some(Event::RoundOver { visit })
    };
    let mut tokens = state.tokens.iter().filter(|t| is_free(t));
    tokens
        .find_map(too_late)
        .or_else(|| (0u32..state.visits.len() as u32).find_map(over))
}

/// Whether a visit is `of`, or comes from it.
fn comes_from(state: &State, visit: u32, of: u32) -> bool {
    visit == of || (visit > of && state.descendants(of)[visit as usize])
}

/// The ways by which tokens arrived at a join in the round that this visit began.
fn ways_used(def: &Def, state: &State, visit: u32) -> SmallVec<[usize; 4]> {
    let visit = &state.visits[visit as usize];
    let arrived = visit.took.iter().chain(&visit.late);
    arrived.filter_map(|t| edge_of(def, state, t)).collect()
}

/// Every way in has arrived, or cannot any more: what comes from the join itself is the next
/// round.
fn round_is_over(def: &Def, state: &State, node: &Node, visit: u32) -> bool {
    let used = ways_used(def, state, visit);
    let missing = |way: usize| !used.contains(&node.ins[way]);
    let Some(reach) = &node.reach else {
        return true;
    };
    let scope = state.visits[visit as usize].block;
    let down = state.descendants(visit);
    let older = |by: u32| by != visit && !down[by as usize];
    let mut on = state
        .tokens
        .iter()
        .filter(|t| t.block == scope && t.to != node.name && older(t.by))
        .filter_map(|t| edge_of(def, state, t));
    let inside = inside(def, state, scope);
    let mut inside = inside.filter(|(n, _)| older(*n));
    !on.any(|e| reach.can_reach(&[e], missing))
        && !inside.any(|(_, outs)| reach.can_reach(outs, missing))
}

/// Whether a guard holds the node up: its mutex is taken, its milestone is not there, or its block
/// lets one act at a time.
fn held(def: &Def, state: &State, node: &Node, scope: Option<u32>) -> bool {
    let busy = |other: &dyn Fn(&Node) -> bool| {
        let mut open = state.visits.iter().filter(|v| v.open());
        open.any(|v| def.node(&v.node).is_some_and(other))
    };
    if let Some(mutex) = &node.guard.mutex {
        let taken = state.mutexes.contains_key(mutex);
        if taken || busy(&|other| other.guard.mutex.as_ref() == Some(mutex)) {
            return true;
        }
    }
    if node
        .guard
        .during
        .is_some_and(|n| !reached(def, state, n, scope))
    {
        return true;
    }
    let interleaves = node.block.is_some_and(|b| match &def.nodes[b].body {
        Body::Block(block) => block.interleave,
        _ => false,
    });
    let acts = |node: &Node| matches!(node.body, Body::Ballot(_));
    interleaves
        && acts(node)
        && state
            .visits
            .iter()
            .filter(|v| v.open() && v.block == scope)
            .any(|v| def.node(&v.node).is_some_and(acts))
}

/// A milestone: a token waits in front of the node, or is in it.
pub(super) fn reached(def: &Def, state: &State, node: usize, scope: Option<u32>) -> bool {
    let name = &def.nodes[node].name;
    let waits = |t: &Token| t.block == scope && t.to == *name;
    state.tokens.iter().any(waits)
        || state
            .visits
            .iter()
            .any(|v| v.open() && v.block == scope && v.node == *name)
}

/// The transition a token waits on.
pub(super) fn edge_of(def: &Def, state: &State, token: &Token) -> Option<usize> {
    let from = *def.by_name.get(&state.visits[token.by as usize].node)?;
    def.edge(from, &token.way)
}

/// The oldest token of every way in that has one.
fn first_of_each(def: &Def, state: &State, node: &Node, scope: Option<u32>) -> Took {
    let mut seen: SmallVec<[usize; 4]> = SmallVec::new();
    let waits = |t: &&Token| t.block == scope && t.to == node.name;
    let waiting = state.tokens.iter().filter(waits);
    waiting
        .filter(|t| match edge_of(def, state, t) {
            Some(e) if !seen.contains(&e) => {
                seen.push(e);
                true
            }
            _ => false,
        })
        .cloned()
        .collect()
}

/// The oldest tokens, as many as are needed; where the join blocks, one by each way and only in a
/// new round.
fn counted(
    def: &Def,
    state: &State,
    node: &Node,
    scope: Option<u32>,
    need: usize,
    rest: Rest,
) -> Option<Took> {
    let mut took: Took = match rest {
        Rest::Drain | Rest::Cancel => {
            let waits = |t: &&Token| t.block == scope && t.to == node.name;
            state.tokens.iter().filter(waits).cloned().collect()
        }
        Rest::Block => {
            let last = state.fired(&node.name, scope).last();
            if last.is_some_and(|n| !state.visits[n as usize].round_over) {
                return None;
            }
            first_of_each(def, state, node, scope)
        }
    };
    (took.len() >= need).then(|| {
        took.truncate(need);
        took
    })
}

/// The visits of this scope that hold a token inside, and the ways it can leave by. A node that
/// people or time hold open keeps its token; one that is only done again has put its token long
/// ago.
fn inside<'a>(
    def: &'a Def,
    state: &'a State,
    scope: Option<u32>,
) -> impl Iterator<Item = (u32, &'a [usize])> {
    let holds = |now: VisitNow, redo: bool| match now {
        VisitNow::Open => !redo,
        VisitNow::Paused(_) => true,
        VisitNow::Left | VisitNow::Cancelled => false,
    };
    (0u32..)
        .zip(&state.visits)
        .filter(move |(_, v)| v.block == scope && v.run_of.is_none() && holds(v.now, v.redo))
        .filter_map(|(n, v)| Some((n, def.node(&v.node)?.outs.as_slice())))
}

fn live(def: &Def, state: &State, node: &Node, scope: Option<u32>) -> Option<Took> {
    let reach = node.reach.as_ref()?;
    if let Some(copies) = copies_of(def, state, node, scope) {
        return all_copies(def, state, node, scope, reach, copies);
    }
    let took = first_of_each(def, state, node, scope);
    let on: Vec<usize> = state
        .tokens
        .iter()
        .filter(|t| t.block == scope)
        .filter_map(|t| edge_of(def, state, t))
        .collect();
    let filled: Vec<bool> = node.ins.iter().map(|e| on.contains(e)).collect();
    let inside = inside(def, state, scope).map(|(_, outs)| outs);
    reach
        .fires(&filled, on.chunks(1).chain(inside))
        .then_some(took)
}

/// The split into copies, nearest above, that a waiting token comes from: its copies are waited
/// for together.
fn copies_of(def: &Def, state: &State, node: &Node, scope: Option<u32>) -> Option<u32> {
    let together = |n: u32| {
        let from = def.node(&state.visits[n as usize].node);
        matches!(
            from.map(|n| &n.split),
            Some(Split::Threads { together: true, .. })
        )
    };
    if !def
        .nodes
        .iter()
        .any(|n| matches!(n.split, Split::Threads { together: true, .. }))
    {
        return None;
    }
    let mut waiting = state
        .tokens
        .iter()
        .filter(|t| t.block == scope && t.to == node.name);
    waiting.find_map(|t| match together(t.by) {
        true => Some(t.by),
        false => state.nearest_above(t.by, together).last().copied(),
    })
}

/// Everything that waits of these copies, once none of them can still come.
fn all_copies(
    def: &Def,
    state: &State,
    node: &Node,
    scope: Option<u32>,
    reach: &Reach,
    copies: u32,
) -> Option<Took> {
    let mut of_it = state.descendants(copies);
    of_it[copies as usize] = true;
    // What went on from this join already is no copy that could still come.
    for fired in state.fired(&node.name, scope) {
        let gone = state.descendants(fired);
        for (of_it, gone) in of_it.iter_mut().zip(gone) {
            *of_it &= !gone;
        }
        of_it[fired as usize] = false;
    }
    let tokens = state
        .tokens
        .iter()
        .filter(|t| t.block == scope && of_it[t.by as usize]);
    let (here, on): (Vec<&Token>, Vec<&Token>) = tokens.partition(|t| t.to == node.name);
    let mut on = on.into_iter().filter_map(|t| edge_of(def, state, t));
    let mut inside = inside(def, state, scope).filter(|(n, _)| of_it[*n as usize]);
    let comes = on.any(|e| reach.can_reach(&[e], |_| true))
        || inside.any(|(_, outs)| reach.can_reach(outs, |_| true));
    (!comes && !here.is_empty()).then(|| here.into_iter().cloned().collect())
}

impl State {
    /// The visits in which a node fired in this scope and was not undone, oldest first.
    fn fired(&self, node: &Name, scope: Option<u32>) -> impl Iterator<Item = u32> {
        (0u32..)
            .zip(&self.visits)
            .filter(move |(_, v)| {
                v.node == *node && v.block == scope && v.now != VisitNow::Cancelled
            })
            .map(|(n, _)| n)
    }
}
