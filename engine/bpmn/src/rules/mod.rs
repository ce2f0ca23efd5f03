//! What the standard says of models beyond the shape of their elements: small functions, each for
//! one rule or a few of a kind, over a model and its graph.

mod activities;
mod collaborations;
mod data;
mod events;
mod expressions;
mod flows;
mod gateways;

use crate::{
    element::{Element, Ix, Model},
    graph::Graph,
    kind::Kind,
    problem::Problem,
    rule::Rule,
};

/// Looks at a model for what breaks its rules.
type Check = fn(&mut Judge<'_>);

/// Everything in a model that breaks a rule of the standard.
pub fn judge(model: &Model) -> Vec<Problem> {
    let mut judge = Judge {
        model,
        graph: Graph::of(model),
        found: vec![],
    };
    let all: [&[Check]; 7] = [
        flows::CHECKS,
        gateways::CHECKS,
        activities::CHECKS,
        events::CHECKS,
        expressions::CHECKS,
        data::CHECKS,
        collaborations::CHECKS,
    ];
    for check in all.into_iter().flatten() {
        check(&mut judge);
    }
    judge.found.sort_by_key(|problem| problem.line);
    judge.found
}

/// A model while it is judged.
pub(crate) struct Judge<'a> {
    pub model: &'a Model,
    pub graph: Graph,
    found: Vec<Problem>,
}

impl<'a> Judge<'a> {
    /// Tells what is wrong with an element.
    fn tell(&mut self, rule: Rule, ix: Ix, says: impl Into<String>) {
        let problem = self.model.problem(rule, ix, says);
        self.found.push(problem);
    }
    /// Tells of every element of a kind that something is wrong with.
    fn each(&mut self, kind: Kind, rule: Rule, wrong: impl Fn(&Self, Ix) -> Option<String>) {
        let all: Vec<Ix> = self.model.of_kind(kind).collect();
        for ix in all {
            if let Some(says) = wrong(self, ix) {
                self.tell(rule, ix, says);
            }
        }
    }
    fn at(&self, ix: Ix) -> &'a Element {
        self.model.at(ix)
    }
    fn is(&self, ix: Ix, kind: Kind) -> bool {
        self.model.at(ix).kind.is(kind)
    }
    /// Whether an element is part of a process that may be executed.
    fn is_executable(&self, ix: Ix) -> bool {
        let process = match self.is(ix, Kind::Process) {
            true => Some(ix),
            false => self.model.enclosing(ix, Kind::Process),
        };
        process.is_some_and(|at| self.at(at).flag("isExecutable", false))
    }
    /// The kinds an event waits for or throws.
    fn triggers(&self, event: Ix) -> Vec<Kind> {
        self.model.event_kinds(event)
    }
    /// Whether an event waits for or throws this.
    fn has(&self, event: Ix, kind: Kind) -> bool {
        self.triggers(event).contains(&kind)
    }
    /// Whether a node is part of a process or block, and not of a choreography.
    fn in_process(&self, node: Ix) -> bool {
        self.model.enclosing(node, Kind::Process).is_some()
    }
}

/// Says what a rule found, where it found it.
fn when(wrong: bool, says: &str) -> Option<String> {
    wrong.then(|| says.to_owned())
}
