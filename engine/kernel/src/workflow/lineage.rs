//! Who comes from whom. A visit comes from the visits that put the tokens it took; those always
//! have lower numbers, so one pass along the list is enough.

use super::state::{State, Visit, VisitNow};

impl Visit {
    /// The visits it comes from: those that put the tokens it took, the run of a block it stands
    /// in, and of such a run, what holds the runs together.
    fn parents(&self) -> impl Iterator<Item = u32> {
        let took = self.took.iter().map(|t| t.by);
        took.chain(self.block).chain(self.run_of)
    }
}

impl State {
    /// For each visit, whether it comes from `target`; the target itself does not.
    pub(super) fn descendants(&self, target: u32) -> Vec<bool> {
        self.behind(|n| n == target as usize)
    }

    /// For each visit, whether it comes from one that `starts` names.
    fn behind(&self, starts: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut down = vec![false; self.visits.len()];
        for n in 0..self.visits.len() {
            let mut from = self.visits[n].parents();
            down[n] = from.any(|by| starts(by as usize) || down[by as usize]);
        }
        down
    }

    /// For each visit, whether `visit` comes from it.
    pub(super) fn ancestors(&self, visit: u32) -> Vec<bool> {
        let mut up = vec![false; self.visits.len()];
        let mut todo = vec![visit as usize];
        while let Some(n) = todo.pop() {
            for by in self.visits[n].parents().map(|by| by as usize) {
                if !std::mem::replace(&mut up[by], true) {
                    todo.push(by);
                }
            }
        }
        up
    }

    /// The nearest visits above `visit` that `stops` accepts, in order.
    pub(super) fn nearest_above(&self, visit: u32, stops: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut seen = vec![false; self.visits.len()];
        let mut found = Vec::new();
        let mut todo = vec![visit];
        while let Some(n) = todo.pop() {
            for by in self.visits[n as usize].parents() {
                if !std::mem::replace(&mut seen[by as usize], true) {
                    if stops(by) {
                        found.push(by)
                    } else {
                        todo.push(by)
                    }
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// Visits whose tokens may not move: they, or what they come from, are being done again.
    /// Nothing, where nothing is.
    pub(super) fn frozen(&self) -> Option<Vec<bool>> {
        let redo = |n: usize| {
            let v = &self.visits[n];
            v.redo && matches!(v.now, VisitNow::Open | VisitNow::Paused(_))
        };
        if !(0..self.visits.len()).any(redo) {
            return None;
        }
        let mut frozen = self.behind(redo);
        for (n, is) in frozen.iter_mut().enumerate() {
            *is |= redo(n);
        }
        Some(frozen)
    }
}
