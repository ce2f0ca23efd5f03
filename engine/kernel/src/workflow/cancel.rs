//! What ends with something else: what a block held, what a join no longer waits for, the losers of
//! a race, a region that a node cancels, a task whose milestone is over.

use super::{
    def::{Join, Split},
    event::Event,
    join,
    run::Run,
    state::{Token, Visit},
};
use model::workflow::Rest;
use smallvec::SmallVec;

impl Run<'_> {
    /// Ends these open visits with all that is in them, and takes these tokens away.
    pub(super) fn cancel(&mut self, visits: Vec<u32>, tokens: Vec<u32>) {
        let mut ends = vec![false; self.state.visits.len()];
        for visit in visits {
            ends[visit as usize] = true;
        }
        // What stands in something always has a higher number.
        for (n, visit) in self.state.visits.iter().enumerate() {
            let within = visit.block.into_iter().chain(visit.run_of);
            let inside = within.into_iter().any(|outer| ends[outer as usize]);
            ends[n] = visit.open() && (ends[n] || inside);
        }
        let is_in = |block: Option<u32>| block.is_some_and(|b| ends[b as usize]);
        let tokens: Vec<u32> = self
            .state
            .tokens
            .iter()
            .filter(|t| is_in(t.block) || tokens.contains(&t.id))
            .map(|t| t.id)
            .collect();
        let visits: Vec<u32> = (0u32..)
            .zip(&ends)
            .filter(|(_, ends)| **ends)
            .map(|(n, _)| n)
            .collect();
        for visit in &visits {
            self.close_ballot(*visit);
        }
        if !(visits.is_empty() && tokens.is_empty()) {
            self.emit(Event::Cancelled { visits, tokens });
        }
    }

    /// Ends all that is open or waits in a run of a block.
    pub(super) fn cancel_within(&mut self, block: u32) {
        self.cancel_where(|v| v.block == Some(block), |t| t.block == Some(block));
    }

    /// Ends all that is open or waits.
    pub(super) fn cancel_everything(&mut self) {
        self.cancel_where(|_| true, |_| true);
    }

    /// Ends the open visits and takes away the tokens that these accept.
    fn cancel_where(&mut self, visit: impl Fn(&Visit) -> bool, token: impl Fn(&Token) -> bool) {
        let visits = (0u32..).zip(&self.state.visits);
        let visits = visits.filter(|(_, v)| v.open() && visit(v));
        let visits = visits.map(|(n, _)| n).collect();
        let tokens = self.state.tokens.iter().filter(|t| token(t));
        let tokens = tokens.map(|t| t.id).collect();
        self.cancel(visits, tokens);
    }

    /// What ends when this visit opens: the region its node cancels, and what its join no longer
    /// waits for.
    pub(super) fn cancel_for(&mut self, visit: u32, node: usize) {
        let def = self.def;
        let scope = self.state.visits[visit as usize].block;
        for &other in &def.nodes[node].cancels {
            self.cancel_node(other, scope);
        }
        let this = &def.nodes[node];
        let ends = matches!(
            this.join,
            Join::Count {
                rest: Rest::Cancel,
                ..
            }
        );
        let Some(reach) = this.reach.as_ref().filter(|_| ends) else {
            return;
        };
        let comes = |place: &[usize]| reach.can_reach(place, |_| true);
        let state = &self.state;
        let visits = (0u32..).zip(&state.visits).filter(|(n, v)| {
            let outs = || def.node(&v.node).is_some_and(|n| comes(&n.outs));
            *n != visit && v.open() && v.block == scope && outs()
        });
        let visits = visits.map(|(n, _)| n).collect();
        let tokens = state.tokens.iter().filter(|t| {
            let edge = || join::edge_of(def, state, t).is_some_and(|e| comes(&[e]));
            t.block == scope && edge()
        });
        let tokens = tokens.map(|t| t.id).collect();
        self.cancel(visits, tokens);
    }

    /// Ends the work of a node; of one that splits into threads, of all its threads.
    fn cancel_node(&mut self, node: usize, scope: Option<u32>) {
        let this = &self.def.nodes[node];
        let name = &this.name;
        if !matches!(this.split, Split::Threads { .. }) {
            let (name, other) = (name.clone(), name.clone());
            self.cancel_where(
                move |v| v.block == scope && v.node == name,
                move |t| t.block == scope && t.to == other,
            );
            return;
        }
        let is_it = |v: &Visit| v.block == scope && v.node == *name;
        let threads: Vec<u32> = (0u32..)
            .zip(&self.state.visits)
            .filter(|(_, v)| is_it(v))
            .map(|(n, _)| n)
            .collect();
        let mut from_it = vec![false; self.state.visits.len()];
        for n in threads {
            from_it[n as usize] = true;
            for (from, down) in from_it.iter_mut().zip(self.state.descendants(n)) {
                *from |= down;
            }
        }
        let open = (0u32..).zip(&self.state.visits);
        let open = open.filter(|(n, v)| v.open() && from_it[*n as usize]);
        let visits = open.map(|(n, _)| n).collect();
        let waits = |t: &&Token| t.to == *name || from_it[t.by as usize];
        let tokens = self.state.tokens.iter().filter(waits).map(|t| t.id);
        let tokens = tokens.collect();
        self.cancel(visits, tokens);
    }

    /// A visit that was in a race is done: the others are over.
    pub(super) fn win_race(&mut self, visit: u32) {
        let races: SmallVec<[u32; 1]> = self.state.visits[visit as usize]
            .took
            .iter()
            .map(|t| t.by)
            .filter(|by| {
                let from = &self.state.visits[*by as usize].node;
                self.def.node(from).is_some_and(|n| n.split == Split::Race)
            })
            .collect();
        for race in races {
            self.cancel_where(|v| v.took.iter().any(|t| t.by == race), |t| t.by == race);
        }
    }

    /// A visit where nobody has acted and whose milestone is over.
    pub(super) fn milestone_over(&self) -> Option<u32> {
        let def = self.def;
        let over = |(n, visit): &(u32, &Visit)| {
            let during = def.node(&visit.node).and_then(|n| n.guard.during);
            let gone = |at| !join::reached(def, &self.state, at, visit.block);
            visit.open()
                && !visit.redo
                && during.is_some_and(gone)
                && self.state.ballot(*n).all(|s| s.done().is_none())
        };
        let mut visits = (0u32..).zip(&self.state.visits);
        visits.find(over).map(|(n, _)| n)
    }

    /// Undoes the entering of a node: its tokens are in front of it again.
    pub(super) fn put_back(&mut self, visit: u32) {
        let took = self.state.visits[visit as usize].took.clone();
        self.cancel(vec![visit], Vec::new());
        for token in took {
            self.emit(Event::TokenPut { token });
        }
    }
}
