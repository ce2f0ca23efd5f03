//! Whether processes that talk to each other can always end, and end clean.
//!
//! Comes in: a model. Goes out: whether no sequence flow ever holds two tokens, whether every run
//! can still end with nothing left but ends, and whether that is so with no message left over too.
//! All states are walked, breadth first, up to a bound; beyond it nothing is said
//! ([`Answer::Undecided`]), as the question has no answer in general. Messages are a bag: none is
//! lost, and they arrive in any order.

mod net;
mod reading;
mod state;

use crate::element::Model;
use net::Net;
use state::State;
use std::collections::{HashMap, HashSet};

/// What was found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// Not within the bound.
    Undecided,
}

/// What is known of a model's processes together.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// No sequence flow ever holds two tokens.
    pub safe: Answer,
    /// Every run can end, each end event reached once at most, no message left over.
    pub sound: Answer,
    /// As `sound`, whatever messages are left over.
    pub completes: Answer,
    /// How many states were walked.
    pub states: usize,
    /// The steps to a state from which there is no end, where there is one.
    pub stuck: Vec<String>,
}

/// How many states are walked before a model is left undecided.
pub const BOUND: usize = 50_000;

/// Decides a model, or says which of its elements are beyond what is decided here.
pub fn decide(model: &Model, bound: usize) -> Result<Verdict, Vec<String>> {
    let net = Net::of(model)?;
    let walk = Walk::of(&net, bound);
    let several = |state: &State| state.flows.iter().any(|tokens| tokens.is_several());
    let safe = match walk.states.iter().any(several) {
        // What surely is there on a way of sure steps is there.
        true if walk.sure().any(several) => Answer::No,
        false if walk.whole => Answer::Yes,
        _ => Answer::Undecided,
    };
    let completes = walk.ends(|state, surely| net.is_over(state, surely));
    let sound = walk.ends(|state, surely| net.is_over(state, surely) && state.is_silent(surely));
    Ok(Verdict {
        safe,
        sound: sound.0,
        completes: completes.0,
        states: walk.states.len(),
        stuck: sound.1.map_or_else(Vec::new, |at| walk.way_to(at)),
    })
}

/// Everything that can be reached, and from where.
struct Walk {
    states: Vec<State>,
    /// For each state: those that lead to it in one step, and whether surely.
    before: Vec<Vec<(usize, bool)>>,
    /// For each state but the first: where it was first reached from, and by what.
    by: Vec<Option<(usize, String)>>,
    /// For each state: whether sure steps lead to it.
    real: Vec<bool>,
    /// Whether every state was walked.
    whole: bool,
    /// Those with a step that was not walked.
    open: Vec<usize>,
}

impl Walk {
    fn of(net: &Net, bound: usize) -> Self {
        let first = net.first();
        let mut walk = Self {
            states: vec![first.clone()],
            before: vec![vec![]],
            by: vec![None],
            real: vec![true],
            whole: true,
            open: vec![],
        };
        let mut known = HashMap::from([(first, 0)]);
        let mut at = 0;
        while at < walk.states.len() {
            let state = walk.states[at].clone();
            for (label, step) in net.steps(&state) {
                let to = match known.get(&step.to) {
                    Some(to) => *to,
                    None if walk.states.len() >= bound => {
                        walk.whole = false;
                        walk.open.push(at);
                        continue;
                    }
                    None => {
                        let to = walk.states.len();
                        known.insert(step.to.clone(), to);
                        walk.states.push(step.to);
                        walk.before.push(vec![]);
                        walk.by.push(Some((at, label.to_owned())));
                        walk.real.push(false);
                        to
                    }
                };
                walk.before[to].push((at, step.sure));
            }
            at += 1;
        }
        walk.settle();
        walk
    }

    /// Finds the states that sure steps lead to.
    fn settle(&mut self) {
        let mut after = vec![vec![]; self.states.len()];
        for (to, before) in self.before.iter().enumerate() {
            for (from, sure) in before {
                if *sure {
                    after[*from].push(to);
                }
            }
        }
        let mut todo = vec![0];
        while let Some(at) = todo.pop() {
            for to in &after[at] {
                if !self.real[*to] {
                    self.real[*to] = true;
                    todo.push(*to);
                }
            }
        }
    }

    fn sure(&self) -> impl Iterator<Item = &State> {
        let all = self.states.iter().zip(&self.real);
        all.filter(|(_, real)| **real).map(|(state, _)| state)
    }

    /// Whether every state can reach one that is good, and a state that cannot.
    fn ends(&self, good: impl Fn(&State, bool) -> bool) -> (Answer, Option<usize>) {
        let surely = self.can_reach(true, |state| good(state, true), &[]);
        if self.whole && surely.iter().all(|can| *can) {
            return (Answer::Yes, None);
        }
        // What was not walked may lead anywhere.
        let perhaps = self.can_reach(false, |state| good(state, false), &self.open);
        let stuck = |at: &usize| self.real[*at] && !perhaps[*at];
        let moves: HashSet<usize> = self
            .before
            .iter()
            .flatten()
            .map(|(from, _)| *from)
            .collect();
        // One where nothing happens any more says most.
        let quiet = (0..self.states.len()).find(|at| stuck(at) && !moves.contains(at));
        match quiet.or_else(|| (0..self.states.len()).find(stuck)) {
            Some(at) => (Answer::No, Some(at)),
            None => (Answer::Undecided, None),
        }
    }

    /// For each state, whether one that is good can be reached from it, by sure steps only or by
    /// any; `too` are good as well.
    fn can_reach(&self, surely: bool, good: impl Fn(&State) -> bool, too: &[usize]) -> Vec<bool> {
        let mut can: Vec<bool> = self.states.iter().map(good).collect();
        too.iter().for_each(|at| can[*at] = true);
        let mut todo: Vec<usize> = (0..can.len()).filter(|n| can[*n]).collect();
        while let Some(at) = todo.pop() {
            for (before, sure) in &self.before[at] {
                if !can[*before] && (*sure || !surely) {
                    can[*before] = true;
                    todo.push(*before);
                }
            }
        }
        can
    }

    fn way_to(&self, mut at: usize) -> Vec<String> {
        let mut way = vec![];
        while let Some((from, label)) = &self.by[at] {
            way.push(label.clone());
            at = *from;
        }
        way.reverse();
        way
    }
}
