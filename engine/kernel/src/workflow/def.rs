//! A workflow definition made ready to run: one kind of node, transitions by number.

use super::{check, join::Reach, node, soundness, state::Vote, state::Way};
use model::{
    Name, Problem, Ref, Status, Workflow,
    workflow::{Join, Need, Operations, Order, Own, Pass, SamePerson},
};
use std::collections::HashMap;

/// A definition that has passed every static check; there is no other way to get one.
#[derive(Clone, Debug)]
pub struct Def {
    pub(super) name: Ref,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    pub(super) by_name: HashMap<Name, usize>,
    pub(super) start: usize,
}

/// Join, body, split; transitions (edges) hold the tokens.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub name: Name,
    pub label: Option<String>,
    /// The kind's name in the file.
    pub kind: &'static str,
    pub join: Join,
    pub body: Body,
    pub split: Split,
    pub ins: Vec<usize>,
    pub outs: Vec<usize>,
    /// Of a `Live` join: who can still reach which way in.
    pub reach: Option<Reach>,
}

/// A transition.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub from: usize,
    pub way: Way,
    pub to: usize,
    /// Of a conditional branch: its name, under which its condition is asked.
    pub when: Option<Name>,
}

/// What a node does.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// The way in; a ballot of the starter alone when it was sent back to him.
    Start(Ballot),
    /// People decide or fill in.
    Ballot(Ballot),
    /// Nothing: a gateway.
    Pass,
    Auto(Action),
    /// Waits for a moment.
    Wait,
    End(Option<Status>),
    Terminate(Option<Status>),
}

/// What an automatic node does.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Notify(Ref),
    Set,
    Post,
}

/// Which ways out get a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    All,
    /// The first whose condition holds.
    First,
    /// Every one whose condition holds; the last, if none does.
    Every,
    /// The one the body chose.
    Chosen,
}

/// How people decide at a node.
#[derive(Clone, Debug)]
pub(super) struct Ballot {
    pub order: Order,
    pub pass: Pass,
    pub opinion: Need,
    pub may: Operations,
    pub same_person: SamePerson,
    pub own: Option<Own>,
    pub not_same_as: Vec<Name>,
    /// An `empty` rule exists.
    pub empty: bool,
    /// People may change the record here.
    pub edits: bool,
    /// A deadline is set.
    pub due: bool,
    /// Ways out and what choosing them counts as; the main way first.
    pub votes: Vec<(Way, Vote)>,
}

impl Ballot {
    /// The way that is taken when all goes well.
    pub fn main(&self) -> &Way {
        &self.votes[0].0
    }
}

impl Def {
    /// Compiles a definition for publishing, or says everything that is wrong with it: what
    /// [`Def::load`] finds, and (by a search over markings) joins that get stuck, doubled tokens,
    /// runs that cannot end and nodes that never run. Where the search comes to no verdict within
    /// [`super::limit::MARKINGS`], the definition is let through.
    pub fn compile(workflow: &Workflow) -> Result<Self, Vec<Problem>> {
        let def = Self::load(workflow)?;
        let problems = soundness::problems(workflow, &def);
        if problems.is_empty() {
            Ok(def)
        } else {
            Err(problems)
        }
    }

    /// Compiles a definition without the search: for a version that was judged when it was
    /// published. Finds unknown targets, no start, unreachable nodes, no way to the end, gateways
    /// without a default, cycles without people.
    pub fn load(workflow: &Workflow) -> Result<Self, Vec<Problem>> {
        let (def, mut problems) = Self::build(workflow);
        let whole = problems.is_empty();
        problems.extend(check::check(workflow, &def, whole));
        if problems.is_empty() {
            Ok(def)
        } else {
            Err(problems)
        }
    }

    /// Translates every node; a way to nowhere is a problem and left out.
    fn build(workflow: &Workflow) -> (Self, Vec<Problem>) {
        let by_name: HashMap<Name, usize> = workflow
            .nodes
            .keys()
            .enumerate()
            .map(|(n, name)| (name.clone(), n))
            .collect();
        let mut def = Self {
            name: workflow.name.clone(),
            nodes: Vec::new(),
            edges: Vec::new(),
            by_name,
            start: 0,
        };
        let mut problems = Vec::new();
        for (n, (name, written)) in workflow.nodes.iter().enumerate() {
            let shape = node::shape(&workflow.name, &written.kind);
            if matches!(shape.body, Body::Start(_)) {
                def.start = n;
            }
            let mut outs = Vec::new();
            for way in shape.ways {
                let Some(&to) = def.by_name.get(&way.to) else {
                    let at = format!("/nodes/{name}{}", way.at);
                    let say = format!("there is no node `{}`", way.to);
                    problems.push(check::problem(
                        workflow,
                        &at,
                        "unknown_node",
                        &[&way.to],
                        say,
                    ));
                    continue;
                };
                outs.push(def.edges.len());
                def.edges.push(Edge {
                    from: n,
                    way: way.way,
                    to,
                    when: way.when,
                });
            }
            def.nodes.push(Node {
                name: name.clone(),
                label: written.label.clone(),
                kind: written.kind.name(),
                join: written.join.unwrap_or_default(),
                body: shape.body,
                split: shape.split,
                ins: Vec::new(),
                outs,
                reach: None,
            });
        }
        for (e, edge) in def.edges.iter().enumerate() {
            def.nodes[edge.to].ins.push(e);
        }
        for n in 0..def.nodes.len() {
            if def.nodes[n].join == Join::Live {
                def.nodes[n].reach = Some(Reach::of(&def, n));
            }
        }
        (def, problems)
    }

    /// The definition's own reference.
    pub fn name(&self) -> &Ref {
        &self.name
    }
    /// The label of a node, where it has one.
    pub fn label(&self, node: &str) -> Option<&str> {
        self.node(node)?.label.as_deref()
    }
    /// Node names and their kinds (`approval`, `post`, …) in the order of the file.
    pub fn nodes(&self) -> impl Iterator<Item = (&Name, &'static str)> {
        self.nodes.iter().map(|n| (&n.name, n.kind))
    }
    pub(super) fn node(&self, name: &str) -> Option<&Node> {
        Some(&self.nodes[*self.by_name.get(name)?])
    }
    /// How people decide at a node, where they do.
    pub(super) fn ballot(&self, name: &str) -> Option<&Ballot> {
        match &self.node(name)?.body {
            Body::Start(ballot) | Body::Ballot(ballot) => Some(ballot),
            _ => None,
        }
    }
    /// The transition that leaves a node by a way.
    pub(super) fn edge(&self, from: usize, way: &str) -> Option<usize> {
        self.nodes[from]
            .outs
            .iter()
            .copied()
            .find(|&e| &*self.edges[e].way == way)
    }
}
