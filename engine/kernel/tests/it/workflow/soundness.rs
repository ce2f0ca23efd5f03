//! Soundness against brute force: random small nets, judged by a second, naive implementation
//! that shares nothing with the kernel.

use super::stage::workflow;
use kernel::workflow::Def;
use model::{
    Name, Workflow,
    workflow::{Join, NodeKind},
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A small generator of numbers; the same seed gives the same nets.
pub struct Dice(pub u64);
impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }
}

/// A random net over `size` inner nodes: any kind, any join, any way.
pub fn net(dice: &mut Dice, size: usize) -> Value {
    let name = |n: usize| {
        if n == size {
            "yes".to_string()
        } else {
            format!("n{n}")
        }
    };
    let mut nodes = Map::new();
    nodes.insert("begin".into(), json!({ "kind": "start", "next": "n0" }));
    let joins = ["each", "each", "all", "live"];
    for n in 0..size {
        // Mostly forward, so that many nets have an end.
        let to = |dice: &mut Dice| {
            let back = dice.roll(5) == 0;
            if back {
                name(dice.roll(size))
            } else {
                name(n + 1 + dice.roll(size - n))
            }
        };
        let (a, b) = (to(dice), to(dice));
        let join = joins[dice.roll(4)];
        let node = match dice.roll(7) {
            0 => json!({ "kind": "fill", "seats": ["= li"], "next": a, "join": join }),
            1 => json!({ "kind": "approval", "seats": ["= li"], "join": join,
                         "outcomes": { "approve": a, "other": b } }),
            2 | 3 => json!({ "kind": "exclusive_gateway", "join": join,
                         "branches": { "one": { "when": "= x", "to": a }, "two": { "to": b } } }),
            4 | 5 => json!({ "kind": "parallel_gateway", "join": join,
                         "branches": { "one": { "to": a }, "two": { "to": b } } }),
            _ => json!({ "kind": "inclusive_gateway", "join": join,
                         "branches": { "one": { "when": "= x", "to": a }, "two": { "when": "= y", "to": b },
                                       "three": { "to": name(size) } } }),
        };
        nodes.insert(name(n), node);
    }
    let end = if dice.roll(4) == 0 {
        "terminate"
    } else {
        "end"
    };
    nodes.insert(
        "yes".into(),
        json!({ "kind": end, "join": joins[dice.roll(4)] }),
    );
    Value::Object(nodes)
}

/// A transition: from a node by its n-th way.
type Edge = (Name, usize);
type Marking = BTreeMap<Edge, u32>;

/// The naive judge.
struct Naive<'a>(&'a Workflow);

impl Naive<'_> {
    fn to(&self, (from, way): &Edge) -> &Name {
        self.0.nodes[from].kind.ways()[*way]
    }
    fn ins(&self, node: &Name) -> Vec<Edge> {
        let mut ins = Vec::new();
        for (from, n) in &self.0.nodes {
            for (way, to) in n.kind.ways().into_iter().enumerate() {
                if to == node {
                    ins.push((from.clone(), way));
                }
            }
        }
        ins
    }
    /// Ways into `join` that a token on `edge` can reach without passing it.
    fn can_reach(&self, edge: &Edge, join: &Name) -> BTreeSet<Edge> {
        let (mut seen, mut todo, mut found) =
            (BTreeSet::new(), vec![edge.clone()], BTreeSet::new());
        while let Some(e) = todo.pop() {
            if !seen.insert(e.clone()) {
                continue;
            }
            let to = self.to(&e);
            if to == join {
                found.insert(e);
            } else {
                let ways = self.0.nodes[to].kind.ways().len();
                todo.extend((0..ways).map(|way| (to.clone(), way)));
            }
        }
        found
    }
    /// What a node can put: sets of its ways; `None` ends everything.
    fn puts(&self, node: &Name) -> Vec<Option<Vec<usize>>> {
        let kind = &self.0.nodes[node].kind;
        let ways = kind.ways().len();
        match kind {
            NodeKind::Terminate { .. } => vec![None],
            NodeKind::End { .. } => vec![Some(vec![])],
            NodeKind::ParallelGateway(_) => vec![Some((0..ways).collect())],
            NodeKind::InclusiveGateway(_) => {
                let mut all = vec![Some(vec![ways - 1])];
                for some in 1..1usize << (ways - 1) {
                    all.push(Some((0..ways - 1).filter(|w| some >> w & 1 == 1).collect()));
                }
                all
            }
            _ => (0..ways).map(|w| Some(vec![w])).collect(),
        }
    }
    fn takes(&self, node: &Name, marking: &Marking) -> Vec<Vec<Edge>> {
        let ins = self.ins(node);
        let full: Vec<Edge> = ins
            .iter()
            .filter(|e| marking.contains_key(*e))
            .cloned()
            .collect();
        if full.is_empty() {
            return vec![];
        }
        match self.0.nodes[node].join.unwrap_or_default() {
            Join::Each => full.into_iter().map(|e| vec![e]).collect(),
            Join::All => {
                if full.len() == ins.len() {
                    vec![full]
                } else {
                    vec![]
                }
            }
            Join::Live => {
                let waits = marking.keys().any(|token| {
                    let reached = self.can_reach(token, node);
                    reached.iter().any(|e| !full.contains(e))
                        && !reached.iter().any(|e| full.contains(e))
                });
                if waits { vec![] } else { vec![full] }
            }
        }
    }
    fn next(&self, marking: &Marking) -> Vec<(Name, Marking)> {
        let mut all = Vec::new();
        for node in self.0.nodes.keys() {
            for take in self.takes(node, marking) {
                for put in self.puts(node) {
                    let mut next = marking.clone();
                    for e in &take {
                        next.remove(e);
                    }
                    match put {
                        None => next.clear(),
                        Some(ways) => {
                            for way in ways {
                                *next.entry((node.clone(), way)).or_default() += 1;
                            }
                        }
                    }
                    all.push((node.clone(), next));
                }
            }
        }
        all
    }
    /// Sound: safe, can always end, every node runs. `None`: too large.
    fn sound(&self) -> Option<bool> {
        let start: Name = self.0.nodes.keys().next().unwrap().clone();
        let first: Marking = [((start.clone(), 0), 1)].into();
        let mut seen: BTreeMap<Marking, Vec<Marking>> = BTreeMap::new();
        let mut todo = vec![first];
        let mut ran: BTreeSet<Name> = [start].into();
        while let Some(m) = todo.pop() {
            if seen.contains_key(&m) {
                continue;
            }
            if seen.len() > 3_000 {
                return None;
            }
            let next = self.next(&m);
            if next.iter().any(|(_, m)| m.values().any(|n| *n > 1)) {
                return Some(false);
            }
            ran.extend(next.iter().map(|(n, _)| n.clone()));
            let next: Vec<Marking> = next.into_iter().map(|(_, m)| m).collect();
            todo.extend(next.iter().cloned());
            seen.insert(m, next);
        }
        // Fixed point of "can end".
        let mut ends: BTreeSet<&Marking> = seen.keys().filter(|m| m.is_empty()).collect();
        loop {
            let more: Vec<&Marking> = seen
                .iter()
                .filter(|(m, next)| !ends.contains(m) && next.iter().any(|n| ends.contains(n)))
                .map(|(m, _)| m)
                .collect();
            if more.is_empty() {
                break;
            }
            ends.extend(more);
        }
        Some(ends.len() == seen.len() && ran.len() == self.0.nodes.len())
    }
}

#[test]
fn agrees_with_brute_force_on_small_nets() {
    let mut dice = Dice(0x5eed_0001);
    let (mut sound, mut unsound, mut live) = (0, 0, 0);
    while sound + unsound < 3_000 {
        let size = 2 + dice.roll(5);
        let nodes = net(&mut dice, size);
        let workflow = workflow(&nodes);
        let verdict = match Def::compile(&workflow) {
            Ok(_) => true,
            Err(problems) => {
                let searched = ["two_tokens", "stuck_join", "never_ends", "dead_node"];
                if !problems.iter().all(|p| searched.contains(&p.code.as_str())) {
                    continue;
                }
                false
            }
        };
        let Some(expected) = Naive(&workflow).sound() else {
            continue;
        };
        assert_eq!(verdict, expected, "{nodes:#}");
        if verdict {
            sound += 1
        } else {
            unsound += 1
        }
        live += usize::from(workflow.nodes.values().any(|n| n.join == Some(Join::Live)));
    }
    println!("{sound} sound, {unsound} unsound, {live} with a live join");
    assert!(sound > 200 && unsound > 200 && live > 1_000);
}

#[test]
fn a_hundred_nodes_are_judged_at_once() {
    // Sixteen diamonds in a row and one split of eight branches: many markings, within the bound.
    let mut nodes = Map::new();
    nodes.insert("begin".into(), json!({ "kind": "start", "next": "s0" }));
    for n in 0..16 {
        let (a, b, m) = (format!("a{n}"), format!("b{n}"), format!("m{n}"));
        nodes.insert(format!("s{n}"), json!({ "kind": "inclusive_gateway", "branches": {
            "one": { "when": "= x", "to": a }, "two": { "when": "= y", "to": b }, "rest": { "to": m } } }));
        for side in [&a, &b] {
            nodes.insert(
                side.clone(),
                json!({ "kind": "approval", "seats": ["= li"],
                "outcomes": { "approve": m, "reject": "no" } }),
            );
        }
        let next = format!("s{}", n + 1);
        nodes.insert(
            m,
            json!({ "kind": "inclusive_gateway", "join": "live", "next": next }),
        );
    }
    let branches: Map<String, Value> = (0..8)
        .map(|n| (format!("w{n}"), json!({ "to": format!("p{n}") })))
        .collect();
    nodes.insert(
        "s16".into(),
        json!({ "kind": "parallel_gateway", "branches": branches }),
    );
    for n in 0..8 {
        nodes.insert(
            format!("p{n}"),
            json!({ "kind": "approval", "seats": ["= li"],
            "outcomes": { "approve": "met", "reject": "no" } }),
        );
    }
    nodes.insert(
        "met".into(),
        json!({ "kind": "parallel_gateway", "join": "all", "next": "yes" }),
    );
    nodes.insert("yes".into(), json!({ "kind": "end" }));
    nodes.insert("no".into(), json!({ "kind": "terminate" }));
    let workflow = workflow(&Value::Object(nodes));
    let started = std::time::Instant::now();
    Def::compile(&workflow).unwrap();
    println!("{} nodes: {:?}", workflow.nodes.len(), started.elapsed());
}
