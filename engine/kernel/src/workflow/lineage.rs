//! Who comes from whom. A visit comes from the visits that put the tokens it took; those always
//! have lower numbers, so one pass along the list is enough.

use super::state::{State, VisitNow};

impl State {
    /// For each visit, whether it comes from `target`; the target itself does not.
    pub(super) fn descendants(&self, target: u32) -> Vec<bool> {
        self.behind(|n| n == target as usize)
    }

    /// For each visit, whether it comes from one that `starts` names.
    fn behind(&self, starts: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut down = vec![false; self.visits.len()];
        for n in 0..self.visits.len() {
            down[n] = self.visits[n]
                .took
                .iter()
                .map(|t| t.by as usize)
                .any(|by| starts(by) || down[by]);
        }
        down
    }

    /// For each visit, whether `visit` comes from it.
    pub(super) fn ancestors(&self, visit: u32) -> Vec<bool> {
        let mut up = vec![false; self.visits.len()];
        let mut todo = vec![visit as usize];
        while let Some(n) = todo.pop() {
            for by in self.visits[n].took.iter().map(|t| t.by as usize) {
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
            for by in self.visits[n as usize].took.iter().map(|t| t.by) {
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
