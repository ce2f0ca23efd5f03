//! A workflow definition made ready to run: one kind of node, transitions by number.

use super::{check, join::Reach, node, posts, soundness, state::Vote, state::Way};
use indexmap::IndexMap;
use model::{
    Name, Problem, Ref, Status, Workflow,
    workflow::{
        self, Amount, Join as Meet, Need, NodeKind, Operations, Opinion, Order, Own, Pass, Pick,
        Rest, Rung, SamePerson, Withdraw,
    },
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
    pub(super) withdraw: Withdraw,
}

/// Join, body, split; transitions (edges) hold the tokens.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub name: Name,
    pub label: Option<String>,
    /// The kind's name in the file.
    pub kind: &'static str,
    pub join: Join,
    pub guard: Guard,
    pub body: Body,
    pub split: Split,
    /// Nodes whose work ends when this one is entered.
    pub cancels: Vec<usize>,
    /// The block it stands in.
    pub block: Option<usize>,
    pub ins: Vec<usize>,
    pub outs: Vec<usize>,
    /// Of a join that looks ahead: who can still reach which way in.
    pub reach: Option<Reach>,
}

/// How tokens meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// Every token goes on by itself.
    Each,
    /// One token from every way in.
    All,
    /// All that can still come (Völzer's rule, 4.1).
    Live,
    /// So many tokens, and what becomes of the others.
    Count { need: Amount, rest: Rest },
}

/// What holds a token up in front of a node although its join would let it in.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    /// No other node with this mutex is open, and nobody has acquired it.
    pub mutex: Option<Name>,
    /// The mutex is kept when the node is left.
    pub keeps: bool,
    /// A mutex that is let go when the node is entered.
    pub release: Option<Name>,
    /// A milestone: this node is reached and not done.
    pub during: Option<usize>,
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
    Wait(Trigger),
    /// A part of its own, once or several times.
    Block(Block),
    End(Option<Status>),
    Terminate(Option<Status>),
}

/// What an automatic node does.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Notify {
        message: Ref,
        /// Nobody is told twice.
        once: bool,
    },
    Set,
    Post,
}

/// What a node waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    Moment,
    /// A message of this name that came after the start of the instance; with `key`, its key too.
    Message {
        name: Name,
        key: bool,
    },
    /// A signal of this name that comes while it waits.
    Signal(Name),
}

/// A block: where its runs begin, and how many there are.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub start: usize,
    /// How many runs; one, without a container around it, where nothing is said.
    pub each: Option<Amount>,
    pub order: Order,
    /// Its nodes where people act are open one at a time.
    pub interleave: bool,
    /// How many runs must be done; all where nothing is said.
    pub until: Option<Amount>,
}

/// Which ways out get a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Split {
    All,
    /// The first whose condition holds.
    First,
    /// Every one whose condition holds; the last, if none does.
    Every,
    /// The one the body chose.
    Chosen,
    /// Every one; the first node that is done ends the others.
    Race,
    /// Every one, so many times. `together`: a `Live` join waits for all of them.
    Threads {
        times: Amount,
        together: bool,
    },
}

/// How people decide at a node.
#[derive(Clone, Debug)]
pub(super) struct Ballot {
    pub order: Order,
    pub pass: Pass,
    pub veto: Option<u32>,
    pub opinion: Opinion,
    pub may: Operations,
    pub same_person: SamePerson,
    pub own: Option<Own>,
    pub not_same_as: Vec<Name>,
    /// What happens where the seats are empty.
    pub empty: Empty,
    pub pick: Option<Pick>,
    /// People may change the record here.
    pub edits: bool,
    /// A deadline is set.
    pub due: bool,
    pub ladder: IndexMap<Name, Rung>,
    /// Ways out and what choosing them counts as; the main way first.
    pub votes: Vec<(Way, Vote)>,
}

/// What happens where the seats of a node are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Empty {
    /// Nobody is left to ask.
    Refuse,
    /// It passes by itself.
    Pass,
    /// The node's `empty` rule says who.
    Seat,
}

impl Ballot {
    /// What complete needs said, as far as it does not hang on the record.
    pub fn need(&self) -> Need {
        match self.opinion {
            Opinion::Always(need) => need,
            Opinion::When(_) => Need::Optional,
        }
    }
    /// The way that is taken when all goes well.
    pub fn main(&self) -> &Way {
        &self.votes[0].0
    }
}

impl Def {
    /// Compiles a definition for publishing, or says everything that is wrong with it: what
    /// [`Def::load`] finds, and (by a search over markings) joins that get stuck, doubled tokens,
    /// runs that cannot end and nodes that never run; runs that post twice, or end otherwise than
    /// posted after it. Where the search comes to no verdict within
    /// [`super::limit::MARKINGS`], the definition is let through.
    pub fn compile(workflow: &Workflow) -> Result<Self, Vec<Problem>> {
        let def = Self::load(workflow)?;
        let mut problems = soundness::problems(workflow, &def);
        problems.extend(posts::problems(workflow, &def));
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

    /// Translates every node, those of blocks behind their block; a way to nowhere, or into or out
    /// of a block, is a problem and left out.
    fn build(workflow: &Workflow) -> (Self, Vec<Problem>) {
        let mut build = Build {
            workflow,
            def: Self {
                name: workflow.name.clone(),
                nodes: Vec::new(),
                edges: Vec::new(),
                by_name: HashMap::new(),
                start: 0,
                withdraw: workflow.withdraw,
            },
            problems: Vec::new(),
        };
        build.level(&workflow.nodes, None, "/nodes");
        let Build {
            mut def, problems, ..
        } = build;
        for (e, edge) in def.edges.iter().enumerate() {
            def.nodes[edge.to].ins.push(e);
        }
        for n in 0..def.nodes.len() {
            if matches!(def.nodes[n].join, Join::Live | Join::Count { .. }) {
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
    /// Whether a node is a block.
    pub(super) fn is_block(&self, name: &str) -> bool {
        let node = self.node(name);
        node.is_some_and(|n| matches!(n.body, Body::Block(_)))
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

/// A definition being built.
struct Build<'a> {
    workflow: &'a Workflow,
    def: Def,
    problems: Vec<Problem>,
}

impl Build<'_> {
    /// Translates the nodes of one level; goes out: its start.
    fn level(
        &mut self,
        nodes: &IndexMap<Name, workflow::Node>,
        block: Option<usize>,
        place: &str,
    ) -> usize {
        let first = self.def.nodes.len();
        let mut start = first;
        for (n, (name, written)) in nodes.iter().enumerate() {
            let at = format!("{place}/{name}");
            if self.def.by_name.insert(name.clone(), first + n).is_some() {
                let say = format!("`{name}` stands in another block already");
                self.problem(&at, "node_twice", &[name], say);
            }
            let shape = node::shape(&self.workflow.name, &written.kind);
            if matches!(written.kind, NodeKind::Start { .. }) {
                start = first + n;
            }
            let body = match shape.body {
                // Only the start of the whole is where the starter is sent back to.
                Body::Start(_) if block.is_some() => Body::Pass,
                body => body,
            };
            let join = match (&written.need, written.join.unwrap_or_default()) {
                (Some(need), _) => Join::Count {
                    need: need.clone(),
                    rest: written.rest.unwrap_or_default(),
                },
                (None, Meet::Each) => Join::Each,
                (None, Meet::All) => Join::All,
                (None, Meet::Live) => Join::Live,
            };
            self.def.nodes.push(Node {
                name: name.clone(),
                label: written.label.clone(),
                kind: written.kind.name(),
                join,
                guard: Guard {
                    mutex: written.acquire.clone().or(written.mutex.clone()),
                    keeps: written.acquire.is_some(),
                    release: written.release.clone(),
                    during: None,
                },
                body,
                split: shape.split,
                cancels: Vec::new(),
                block,
                ins: Vec::new(),
                outs: Vec::new(),
                reach: None,
            });
        }
        if block.is_none() {
            self.def.start = start;
        }
        for (n, (name, written)) in nodes.iter().enumerate() {
            self.ways(first + n, nodes, written, &format!("{place}/{name}"));
        }
        for (n, (name, written)) in nodes.iter().enumerate() {
            if let NodeKind::Block(inner) = &written.kind {
                let at = format!("{place}/{name}/nodes");
                let start = self.level(&inner.nodes, Some(first + n), &at);
                if let Body::Block(block) = &mut self.def.nodes[first + n].body {
                    block.start = start;
                }
            }
        }
        start
    }

    /// The ways out of a node and the other nodes it names, all of its own level.
    fn ways(
        &mut self,
        from: usize,
        nodes: &IndexMap<Name, workflow::Node>,
        written: &workflow::Node,
        at: &str,
    ) {
        let shape = node::shape(&self.workflow.name, &written.kind);
        for way in shape.ways {
            let to = self.beside(nodes, &way.to, &format!("{at}{}", way.at));
            if let Some(to) = to {
                self.def.nodes[from].outs.push(self.def.edges.len());
                self.def.edges.push(Edge {
                    from,
                    way: way.way,
                    to,
                    when: way.when,
                });
            }
        }
        if let Some(during) = &written.during {
            let during = self.beside(nodes, during, &format!("{at}/while"));
            self.def.nodes[from].guard.during = during;
        }
        for (n, other) in written.cancels.iter().enumerate() {
            let other = self.beside(nodes, other, &format!("{at}/cancels/{n}"));
            self.def.nodes[from].cancels.extend(other);
        }
    }

    /// A node of the same level, or the problem that there is none.
    fn beside(
        &mut self,
        nodes: &IndexMap<Name, workflow::Node>,
        name: &Name,
        at: &str,
    ) -> Option<usize> {
        if nodes.contains_key(name) {
            return self.def.by_name.get(name).copied();
        }
        let say = format!("there is no node `{name}` beside it");
        self.problem(at, "unknown_node", &[name], say);
        None
    }

    fn problem(&mut self, at: &str, code: &str, with: &[&str], say: String) {
        self.problems
            .push(check::problem(self.workflow, at, code, with, say));
    }
}
