//! Sending back by the lineage of tokens (4.1, "Rewind, exactly").
//!
//! `Rerun`: the target is visited anew and everything that came from it is undone; what other
//! branches had brought to a join on the way is put back there. `Resume`: the target alone is
//! opened again; all that is open and comes from it waits, and goes on when the target is done
//! the old way. Its tokens stay where they are, so finished branches keep their credit.

use super::{
    ask::Stop,
    event::{Event, Rewind},
    join::Took,
    run::Run,
    state::{State, Token, VisitNow},
};
use model::workflow::Then;

/// Everything that comes from a visit and is not undone yet.
struct Offspring {
    visits: Vec<u32>,
    /// On transitions; those the visit itself put are among them.
    tokens: Vec<u32>,
    /// Taken by the visits from other branches.
    credit: Vec<Token>,
}

fn offspring(state: &State, of: u32) -> Offspring {
    let down = state.descendants(of);
    let from_it = |by: u32| by == of || down[by as usize];
    let visits: Vec<u32> = (0u32..)
        .zip(&state.visits)
        .filter(|(n, v)| down[*n as usize] && v.now != VisitNow::Cancelled)
        .map(|(n, _)| n)
        .collect();
    let visit = |n: &u32| &state.visits[*n as usize];
    let took = visits
        .iter()
        .flat_map(|n| visit(n).took.iter().chain(&visit(n).late));
    Offspring {
        tokens: state
            .tokens
            .iter()
            .filter(|t| from_it(t.by))
            .map(|t| t.id)
            .collect(),
        credit: took.filter(|t| !from_it(t.by)).cloned().collect(),
        visits,
    }
}

/// Sends the record from one visit back to another that it comes from.
pub(super) fn rewind(run: &mut Run, from: u32, to: u32, then: Then) -> Result<(), Stop> {
    let behind = offspring(&run.state, to);
    let held = |n: &&u32| {
        matches!(
            run.state.visits[**n as usize].now,
            VisitNow::Open | VisitNow::Paused(_)
        )
    };
    let open: Vec<u32> = behind.visits.iter().filter(held).copied().collect();
    for visit in &open {
        run.close_ballot(*visit);
    }
    match then {
        Then::Resume => {
            // A visit that already waits for another one keeps waiting for that one.
            // A block waits through what is open in it.
            let waits = |n: &u32| {
                let visit = &run.state.visits[*n as usize];
                visit.now == VisitNow::Open && !run.def.is_block(&visit.node)
            };
            let paused = open.into_iter().filter(waits).collect();
            let rewind = Rewind {
                from,
                to,
                then,
                cancelled: Vec::new(),
                taken: Vec::new(),
                restored: Vec::new(),
                paused,
            };
            run.emit(Event::Rewound {
                rewind: Box::new(rewind),
            });
            run.reopen(to, true)
        }
        Then::Rerun => {
            let node = run.state.visits[to as usize].node.clone();
            let scope = run.state.visits[to as usize].block;
            let took: Took = run.state.visits[to as usize].took.clone();
            let mut cancelled = vec![to];
            cancelled.extend(behind.visits);
            let rewind = Rewind {
                from,
                to,
                then,
                cancelled,
                taken: behind.tokens,
                restored: behind.credit,
                paused: Vec::new(),
            };
            run.emit(Event::Rewound {
                rewind: Box::new(rewind),
            });
            match run.def.by_name.get(&node) {
                Some(&node) => run.enter(node, took, scope, true),
                None => Ok(()),
            }
        }
    }
}

impl Run<'_> {
    /// A visit that was to be done again came to another end than before: what had come from its
    /// first end is undone.
    pub(super) fn overtake(&mut self, visit: u32) {
        let behind = offspring(&self.state, visit);
        for n in &behind.visits {
            self.close_ballot(*n);
        }
        self.emit(Event::Cancelled {
            visits: behind.visits,
            tokens: behind.tokens,
        });
        for token in behind.credit {
            self.emit(Event::TokenPut { token });
        }
    }
}
