//! How tokens meet: which node may fire next, and with which tokens.
//!
//! `Live` is Völzer's rule (BPM 2010): it fires when a token waits and no token elsewhere can
//! still reach an empty way in without passing the join, unless that token can also reach a
//! filled one.

use super::{
    def::{Def, Edge, Node},
    state::{State, Token, VisitNow},
};
use model::workflow::Join;
use smallvec::{SmallVec, smallvec};

/// For every way into a `Live` join, from which transitions it can be reached without passing the
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
            let took = match node.join {
                Join::Each => smallvec![token.clone()],
                Join::All => {
                    let took = first_of_each(def, state, node);
                    (took.len() == node.ins.len()).then_some(took)?
                }
                Join::Live => live(def, state, node)?,
            };
            took.iter().all(is_free).then_some((n, took))
        })
}

/// The transition a token waits on.
pub(super) fn edge_of(def: &Def, state: &State, token: &Token) -> Option<usize> {
    let from = *def.by_name.get(&state.visits[token.by as usize].node)?;
    def.edge(from, &token.way)
}

/// The oldest token of every way in that has one.
fn first_of_each(def: &Def, state: &State, node: &Node) -> Took {
    let mut seen: SmallVec<[usize; 4]> = SmallVec::new();
    let waiting = state.tokens.iter().filter(|t| t.to == node.name);
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

fn live(def: &Def, state: &State, node: &Node) -> Option<Took> {
    let reach = node.reach.as_ref()?;
    let took = first_of_each(def, state, node);
    let on: Vec<usize> = state
        .tokens
        .iter()
        .filter_map(|t| edge_of(def, state, t))
        .collect();
    let filled: Vec<bool> = node.ins.iter().map(|e| on.contains(e)).collect();
    // A node that people or time hold open keeps its token inside: it can leave by any way. One
    // that is only done again has put its token long ago.
    let inside = state.visits.iter().filter(|v| match v.now {
        VisitNow::Open => !v.redo,
        VisitNow::Paused(_) => true,
        VisitNow::Left | VisitNow::Cancelled => false,
    });
    let inside = inside
        .filter_map(|v| def.node(&v.node))
        .map(|n| n.outs.as_slice());
    reach
        .fires(&filled, on.chunks(1).chain(inside))
        .then_some(took)
}
