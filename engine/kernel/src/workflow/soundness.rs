//! Soundness (4.9, L3 and L4): a breadth-first search over markings. Every run can end, nothing
//! is left over, no transition carries two tokens, every node can run. What is wrong comes with
//! a shortest path to it; beyond the bound the verdict is open, and says so.
//!
//! People and conditions may choose anything here: the search takes every outcome, branch and
//! combination to be possible.

use super::{
    check,
    def::{Body, Def, Join, Node, Split},
    limit,
};
use model::{Name, Problem, Workflow};
use std::collections::{HashMap, VecDeque};

/// What the search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Sound,
    Unsound(Vec<Finding>),
    /// Not decided within this many markings.
    Undecided(usize),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `two_tokens`, `stuck_join`, `never_ends` or `dead_node`.
    pub code: &'static str,
    /// Where it shows.
    pub node: Name,
    /// A shortest run that leads to it: the nodes that fire, with the way they take.
    pub path: Vec<String>,
}

/// Which transitions carry a token; one bit each, as none may carry two.
type Marking = Box<[u64]>;

fn has(marking: &[u64], edge: usize) -> bool {
    marking[edge / 64] >> (edge % 64) & 1 == 1
}

/// One way for a node to fire: transitions that get a token. `None`: everything ends.
type Result = Option<Vec<usize>>;

/// Searches all runs, within `bound` markings a level: a block is sound by itself, and to what
/// surrounds it one node.
pub fn soundness(def: &Def, bound: usize) -> Verdict {
    let mut levels = vec![(None, def.start)];
    for (n, node) in def.nodes.iter().enumerate() {
        if let Body::Block(block) = &node.body {
            levels.push((Some(n), block.start));
        }
    }
    let mut verdict = Verdict::Sound;
    for (level, start) in levels {
        match Search::new(def, level, start, bound).run() {
            Verdict::Unsound(findings) => return Verdict::Unsound(findings),
            Verdict::Undecided(n) => verdict = Verdict::Undecided(n),
            Verdict::Sound => {}
        }
    }
    verdict
}

/// What a marking with at most one token a transition cannot tell: how many arrived, how many
/// threads there are, whether a milestone was there when it mattered, who keeps a mutex.
fn beyond(node: &Node) -> bool {
    matches!(node.join, Join::Count { .. })
        || matches!(node.split, Split::Threads { .. })
        || node.guard.during.is_some()
        || node.guard.keeps
}

/// The findings as problems of the file.
pub(super) fn problems(workflow: &Workflow, def: &Def) -> Vec<Problem> {
    let Verdict::Unsound(findings) = soundness(def, limit::MARKINGS) else {
        return Vec::new();
    };
    let problem = |f: Finding| {
        let path = f.path.join(" → ");
        let node = &f.node;
        let say = match f.code {
            "two_tokens" => format!("two tokens can meet on one way into `{node}`: {path}"),
            "stuck_join" => format!("`{node}` can wait for ever: {path}"),
            "never_ends" => format!("from here no end can be reached any more: {path}"),
            _ => format!("`{node}` can never run"),
        };
        check::problem(workflow, &workflow.place(node), f.code, &[node, &path], say)
    };
    findings.into_iter().map(problem).collect()
}

struct Search<'a> {
    def: &'a Def,
    /// The level that is searched: the whole, or a block.
    level: Option<usize>,
    start: usize,
    bound: usize,
    /// What each node can come to.
    results: Vec<Vec<Result>>,
    /// A node with too many combinations was cut short: nothing may be called sound.
    cut: bool,
    seen: HashMap<Marking, usize>,
    markings: Vec<Marking>,
    /// How each marking was first reached: from which, by which node, with which result.
    came: Vec<Option<(usize, usize, usize)>>,
    /// Who leads to each marking.
    back: Vec<Vec<usize>>,
    todo: VecDeque<usize>,
    fired: Vec<bool>,
    /// Markings without any token: the proper ends.
    end: Option<usize>,
}

impl<'a> Search<'a> {
    fn new(def: &'a Def, level: Option<usize>, start: usize, bound: usize) -> Self {
        let mut cut = false;
        let results = def
            .nodes
            .iter()
            .map(|n| results(def, n, &mut cut))
            .collect();
        Self {
            def,
            level,
            start,
            bound,
            results,
            cut,
            seen: HashMap::new(),
            markings: Vec::new(),
            came: Vec::new(),
            back: Vec::new(),
            todo: VecDeque::new(),
            fired: vec![false; def.nodes.len()],
            end: None,
        }
    }

    fn run(mut self) -> Verdict {
        let mut here = self.def.nodes.iter().filter(|n| n.block == self.level);
        if here.any(beyond) {
            return Verdict::Undecided(0);
        }
        let empty: Marking = vec![0; self.def.edges.len().div_ceil(64)].into();
        let mut first = empty;
        for &e in &self.def.nodes[self.start].outs {
            first[e / 64] |= 1 << (e % 64);
        }
        self.fired[self.start] = true;
        self.reach(first, None);
        while let Some(at) = self.todo.pop_front() {
            if let Err(finding) = self.expand(at) {
                return Verdict::Unsound(vec![finding]);
            }
            if self.markings.len() > self.bound {
                return Verdict::Undecided(self.bound);
            }
        }
        self.conclude()
    }

    /// Notes a marking and who leads to it.
    fn reach(&mut self, marking: Marking, from: Option<(usize, usize, usize)>) {
        let next = self.markings.len();
        let at = *self.seen.entry(marking.clone()).or_insert(next);
        if at == next {
            if marking.iter().all(|w| *w == 0) {
                self.end = Some(at);
            } else {
                self.todo.push_back(at);
            }
            self.markings.push(marking);
            self.came.push(from);
            self.back.push(Vec::new());
        }
        self.back[at].extend(from.map(|(f, ..)| f));
    }

    /// Fires everything that can fire in a marking.
    fn expand(&mut self, at: usize) -> std::result::Result<(), Finding> {
        let marking = self.markings[at].clone();
        let def = self.def;
        let mut moved = false;
        let level = self.level;
        let here = def.nodes.iter().enumerate();
        for (n, node) in here.filter(|(_, node)| node.block == level) {
            for taken in firings(def, node, &marking) {
                moved = true;
                self.fired[n] = true;
                let mut rest = marking.clone();
                for e in taken {
                    rest[e / 64] &= !(1 << (e % 64));
                }
                // A token on the way into a node stands for the work in it, too.
                for e in node.cancels.iter().flat_map(|&n| &def.nodes[n].ins) {
                    rest[e / 64] &= !(1 << (e % 64));
                }
                for result in 0..self.results[n].len() {
                    let mut next = rest.clone();
                    match &self.results[n][result] {
                        None => next.fill(0),
                        Some(outs) => {
                            for &e in outs {
                                if has(&next, e) {
                                    let path = self.path(at, Some((n, result)));
                                    let node = def.nodes[def.edges[e].to].name.clone();
                                    return Err(Finding {
                                        code: "two_tokens",
                                        node,
                                        path,
                                    });
                                }
                                next[e / 64] |= 1 << (e % 64);
                            }
                        }
                    }
                    self.reach(next, Some((at, n, result)));
                }
            }
        }
        if moved {
            return Ok(());
        }
        let waiting = (0..def.edges.len()).find(|&e| has(&marking, e));
        let node = def.nodes[waiting.map_or(self.start, |e| def.edges[e].to)]
            .name
            .clone();
        Err(Finding {
            code: "stuck_join",
            node,
            path: self.path(at, None),
        })
    }

    /// All markings are known: can each still end, and did every node run?
    fn conclude(self) -> Verdict {
        let mut ending = vec![false; self.markings.len()];
        let mut todo: Vec<usize> = self.end.into_iter().collect();
        while let Some(n) = todo.pop() {
            if !std::mem::replace(&mut ending[n], true) {
                todo.extend(&self.back[n]);
            }
        }
        if let Some(lost) = ending.iter().position(|e| !e) {
            let marking = &self.markings[lost];
            let waiting = (0..self.def.edges.len()).find(|&e| has(marking, e));
            let at = waiting.map_or(self.start, |e| self.def.edges[e].to);
            let node = self.def.nodes[at].name.clone();
            let path = self.path(lost, None);
            return Verdict::Unsound(vec![Finding {
                code: "never_ends",
                node,
                path,
            }]);
        }
        let named = |n: usize| self.def.nodes[n].name.clone();
        let dead: Vec<Finding> = (0..self.fired.len())
            .filter(|&n| self.def.nodes[n].block == self.level && !self.fired[n])
            .map(|n| Finding {
                code: "dead_node",
                node: named(n),
                path: Vec::new(),
            })
            .collect();
        match (dead.is_empty(), self.cut) {
            (true, false) => Verdict::Sound,
            (_, true) => Verdict::Undecided(self.markings.len()),
            (false, false) => Verdict::Unsound(dead),
        }
    }

    /// The run that first led to a marking, and one firing more.
    fn path(&self, mut at: usize, last: Option<(usize, usize)>) -> Vec<String> {
        let mut steps: Vec<String> = last.iter().map(|(n, r)| self.step(*n, *r)).collect();
        while let Some((from, node, result)) = self.came[at] {
            steps.push(self.step(node, result));
            at = from;
        }
        steps.push(self.def.nodes[self.start].name.to_string());
        steps.reverse();
        steps
    }

    fn step(&self, node: usize, result: usize) -> String {
        let name = &self.def.nodes[node].name;
        match &self.results[node][result] {
            Some(outs) if self.results[node].len() > 1 => {
                let ways: Vec<&str> = outs.iter().map(|&e| &*self.def.edges[e].way).collect();
                format!("{name}.{}", ways.join("+"))
            }
            _ => name.to_string(),
        }
    }
}

/// What a node can come to, whatever people and conditions say.
fn results(def: &Def, node: &Node, cut: &mut bool) -> Vec<Result> {
    if matches!(node.body, Body::Terminate(_)) {
        return vec![None];
    }
    match &node.split {
        Split::All | Split::Threads { .. } => vec![Some(node.outs.clone())],
        // Of a race exactly one goes on.
        Split::First | Split::Chosen | Split::Race => {
            node.outs.iter().map(|&e| Some(vec![e])).collect()
        }
        Split::Every => {
            let (asked, default): (Vec<usize>, Vec<usize>) = node
                .outs
                .iter()
                .partition(|&&e| def.edges[e].when.is_some());
            let mut all: Vec<Result> = default.iter().map(|&e| Some(vec![e])).collect();
            if asked.len() > limit::INCLUSIVE_WAYS {
                *cut = true;
                all.extend(asked.iter().map(|&e| Some(vec![e])));
                all.push(Some(asked));
                return all;
            }
            for some in 1u32..1 << asked.len() {
                let chosen = |(n, &e): (usize, &usize)| (some >> n & 1 == 1).then_some(e);
                all.push(Some(asked.iter().enumerate().filter_map(chosen).collect()));
            }
            all
        }
    }
}

/// The sets of tokens with which a node can fire in a marking.
fn firings(def: &Def, node: &Node, marking: &[u64]) -> Vec<Vec<usize>> {
    let filled: Vec<usize> = node
        .ins
        .iter()
        .copied()
        .filter(|&e| has(marking, e))
        .collect();
    if filled.is_empty() {
        return Vec::new();
    }
    match &node.join {
        Join::Count { .. } => Vec::new(),
        Join::Each => filled.into_iter().map(|e| vec![e]).collect(),
        Join::All if filled.len() == node.ins.len() => vec![filled],
        Join::All => Vec::new(),
        Join::Live => {
            let waits: Vec<bool> = node.ins.iter().map(|&e| has(marking, e)).collect();
            let on: Vec<usize> = (0..def.edges.len()).filter(|&e| has(marking, e)).collect();
            let fires = node
                .reach
                .as_ref()
                .is_some_and(|r| r.fires(&waits, on.chunks(1)));
            if fires { vec![filled] } else { Vec::new() }
        }
    }
}
