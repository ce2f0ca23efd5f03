//! The processes of a model as places and steps.

use super::{
    reading,
    state::{Count, State, Step},
};
use crate::element::Model;
use std::collections::HashMap;

/// What waits, for what.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wait {
    /// For one of these message flows.
    Messages(Vec<usize>),
    /// For what may happen whenever and as often as it likes: a timer, a condition, a message of
    /// somebody who is not in the model. Time is none of this net's business.
    Anything,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Start(Option<Wait>),
    End {
        terminates: bool,
    },
    /// Done by itself once begun; what waits is done when that comes.
    Work(Option<Wait>),
    Exclusive,
    Parallel,
    Inclusive,
    Events,
    Block,
    /// Of which node, and whether that ends with it.
    Boundary {
        of: usize,
        interrupts: bool,
        wait: Wait,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub label: String,
    pub body: Body,
    pub incoming: Vec<usize>,
    pub outgoing: Vec<usize>,
    /// The way out where no condition holds.
    pub default: Option<usize>,
    pub sends: Vec<usize>,
    /// The block around, and the process.
    pub block: Option<usize>,
    pub process: usize,
}

pub(super) struct Net {
    nodes: Vec<Node>,
    /// Source and target of each flow.
    flows: Vec<(usize, usize)>,
    /// The block around each flow.
    around: Vec<Option<usize>>,
    messages: usize,
    processes: usize,
    /// For each inclusive join, by its ways in.
    reach: HashMap<usize, Vec<Reach>>,
}

/// Flows from which another can be reached without passing a node.
struct Reach {
    /// By going there, or by what begins beside an activity that goes on.
    comes: Vec<bool>,
    /// By going there.
    goes: Vec<bool>,
}

impl Net {
    pub fn of(model: &Model) -> Result<Self, Vec<String>> {
        let read = reading::read(model)?;
        let mut net = Self {
            around: read
                .flows
                .iter()
                .map(|(from, _)| read.nodes[*from].block)
                .collect(),
            nodes: read.nodes,
            flows: read.flows,
            messages: read.messages,
            processes: read.processes,
            reach: HashMap::new(),
        };
        for at in 0..net.nodes.len() {
            if net.nodes[at].body == Body::Inclusive && net.nodes[at].incoming.len() > 1 {
                let reach = net.nodes[at].incoming.iter();
                let reach = reach.map(|flow| Reach {
                    comes: net.reaching(*flow, at, true),
                    goes: net.reaching(*flow, at, false),
                });
                let reach = reach.collect();
                net.reach.insert(at, reach);
            }
        }
        Ok(net)
    }

    /// Flows from which one can be reached without passing a node; from itself too.
    fn reaching(&self, flow: usize, without: usize, beside: bool) -> Vec<bool> {
        let mut can = vec![false; self.flows.len()];
        can[flow] = true;
        let mut todo = vec![flow];
        while let Some(at) = todo.pop() {
            let source = self.flows[at].0;
            // A boundary event is reached from what its activity is reached from.
            let owner = match self.nodes[source].body {
                Body::Boundary { of, interrupts, .. } if interrupts || beside => of,
                Body::Boundary { .. } => continue,
                _ => source,
            };
            if owner == without {
                continue;
            }
            for before in &self.nodes[owner].incoming {
                if !can[*before] {
                    can[*before] = true;
                    todo.push(*before);
                }
            }
        }
        can
    }

    /// Before anything has begun.
    pub fn first(&self) -> State {
        let mut begun = vec![false; self.processes];
        let mut state = State {
            flows: vec![Count::default(); self.flows.len()],
            nodes: vec![Count::default(); self.nodes.len()],
            messages: vec![Count::default(); self.messages],
            begun: begun.clone(),
        };
        // A process without a start event begins where nothing leads to.
        for (process, begun) in begun.iter_mut().enumerate() {
            let mut own = self
                .nodes
                .iter()
                .filter(|n| n.process == process && n.block.is_none());
            if !own.any(|node| matches!(node.body, Body::Start(_))) {
                *begun = true;
                self.begin(&mut state, process, None);
            }
        }
        state.begun = begun;
        state
    }

    /// Puts a token where a process or block begins that has no start event.
    fn begin(&self, state: &mut State, process: usize, block: Option<usize>) {
        for (at, node) in self.nodes.iter().enumerate() {
            let here = node.process == process && node.block == block;
            if here && node.incoming.is_empty() && !matches!(node.body, Body::Boundary { .. }) {
                state.nodes[at].put();
            }
        }
    }

    /// Whether every process has ended, each end event reached at most once.
    pub fn is_over(&self, state: &State, surely: bool) -> bool {
        let begun = |process: usize| {
            state.begun[process] || {
                // Who is begun by a message alone may never be.
                let mut own = self.nodes.iter().filter(|node| node.process == process);
                own.all(|node| !matches!(node.body, Body::Start(None | Some(Wait::Anything))))
            }
        };
        let ended = |(at, node): (usize, &Node)| match node.body {
            Body::End { .. } => state.nodes[at].at_most(1, surely),
            _ => state.nodes[at].at_most(0, surely),
        };
        (0..self.processes).all(begun)
            && state.flows.iter().all(|tokens| tokens.at_most(0, surely))
            && self.nodes.iter().enumerate().all(ended)
    }

    /// Everything that can happen next, with what does it.
    pub fn steps(&self, state: &State) -> Vec<(&str, Step)> {
        let mut all = vec![];
        for (at, node) in self.nodes.iter().enumerate() {
            let mut steps = vec![];
            self.steps_of(at, state, &mut |step| steps.push(step));
            all.extend(steps.into_iter().map(|step| (node.label.as_str(), step)));
        }
        all
    }

    fn steps_of(&self, at: usize, state: &State, add: &mut impl FnMut(Step)) {
        let node = &self.nodes[at];
        match &node.body {
            Body::Start(wait) if node.block.is_none() => {
                let begins = !state.begun[node.process];
                for mut step in received(wait.as_ref(), Step::from(state)) {
                    step.to.begun[node.process] = true;
                    if begins {
                        add(self.left(at, step));
                    }
                }
            }
            // Within a block: put there when the block begins.
            Body::Start(_) => {
                if let Some(step) = Step::from(state).take_of_node(at) {
                    add(self.left(at, step));
                }
            }
            Body::End { terminates } => {
                for mut step in self.taken(at, state) {
                    if *terminates {
                        self.clear(&mut step.to, node.process, node.block);
                    }
                    self.reach_end(at, &mut step.to);
                    add(step);
                }
            }
            Body::Work(wait) => {
                self.enter(at, state, add);
                if let Some(step) = Step::from(state).take_of_node(at) {
                    for step in received(wait.as_ref(), step) {
                        add(self.left(at, step));
                    }
                }
            }
            Body::Block => self.block_steps(at, state, add),
            Body::Boundary { .. } => self.boundary_steps(at, state, add),
            Body::Exclusive => {
                for step in self.taken(at, state) {
                    for out in &node.outgoing {
                        let mut step = step.clone();
                        step.to.flows[*out].put();
                        add(step);
                    }
                }
            }
            Body::Parallel => {
                if let Some(step) = self.taken_all(at, state) {
                    add(self.left(at, step));
                }
            }
            Body::Inclusive => self.inclusive_steps(at, state, add),
            Body::Events => self.event_steps(at, state, add),
        }
    }

    /// A token goes from a flow into a node.
    fn enter(&self, at: usize, state: &State, add: &mut impl FnMut(Step)) {
        for mut step in self.without_flow_token(at, state) {
            step.to.nodes[at].put();
            add(step);
        }
    }

    /// An end is reached. Whether twice matters, how often then does not.
    fn reach_end(&self, at: usize, state: &mut State) {
        if !state.nodes[at].is_several() {
            state.nodes[at].put();
        }
        self.nodes[at]
            .sends
            .iter()
            .for_each(|m| state.messages[*m].put());
    }

    /// Tokens on every way out, and what the node sends.
    fn left(&self, at: usize, mut step: Step) -> Step {
        let node = &self.nodes[at];
        node.outgoing
            .iter()
            .for_each(|flow| step.to.flows[*flow].put());
        node.sends
            .iter()
            .for_each(|message| step.to.messages[*message].put());
        step
    }

    /// For each way in on which there may be a token: without it.
    fn without_flow_token(&self, at: usize, state: &State) -> Vec<Step> {
        let flows = self.nodes[at].incoming.iter();
        flows
            .filter_map(|flow| Step::from(state).take_of_flow(*flow))
            .collect()
    }

    /// As [`Self::without_flow_token`], and without one in the node itself.
    fn taken(&self, at: usize, state: &State) -> Vec<Step> {
        let mut all = self.without_flow_token(at, state);
        if !matches!(self.nodes[at].body, Body::End { .. }) {
            all.extend(Step::from(state).take_of_node(at));
        }
        all
    }

    /// Without one token of every way in, where there may be one on each.
    fn taken_all(&self, at: usize, state: &State) -> Option<Step> {
        let node = &self.nodes[at];
        if node.incoming.is_empty() {
            return Step::from(state).take_of_node(at);
        }
        let mut flows = node.incoming.iter();
        flows.try_fold(Step::from(state), |step, flow| step.take_of_flow(*flow))
    }

    fn boundary_steps(&self, at: usize, state: &State, add: &mut impl FnMut(Step)) {
        let node = &self.nodes[at];
        let Body::Boundary {
            of,
            interrupts,
            wait,
        } = &node.body
        else {
            return;
        };
        if !state.nodes[*of].is_some() {
            return;
        }
        for mut step in received(Some(wait), Step::from(state)) {
            if *interrupts {
                step.to.nodes[*of].take();
                self.clear(&mut step.to, node.process, Some(*of));
            }
            add(self.left(at, step));
        }
    }

    fn block_steps(&self, at: usize, state: &State, add: &mut impl FnMut(Step)) {
        let node = &self.nodes[at];
        let inside: Vec<usize> = (0..self.nodes.len())
            .filter(|n| self.nodes[*n].block == Some(at))
            .collect();
        let starts = |n: &&usize| matches!(self.nodes[**n].body, Body::Start(None));
        let plain: Vec<usize> = inside.iter().filter(starts).copied().collect();
        let none = !inside
            .iter()
            .any(|n| matches!(self.nodes[*n].body, Body::Start(_)));
        let runs = state.nodes[at].is_some();
        // One run at a time: the standard's own runs of one block do not meet.
        if !runs && (none || !plain.is_empty()) {
            for mut step in self.without_flow_token(at, state) {
                step.to.nodes[at].put();
                plain.iter().for_each(|start| step.to.nodes[*start].put());
                if none {
                    self.begin(&mut step.to, node.process, Some(at));
                }
                add(step);
            }
        }
        if !runs {
            return;
        }
        let busy = |n: &&usize| !matches!(self.nodes[**n].body, Body::End { .. });
        let flows = (0..self.flows.len()).filter(|flow| self.around[*flow] == Some(at));
        let mut counts: Vec<Count> = flows.map(|flow| state.flows[flow]).collect();
        counts.extend(inside.iter().filter(busy).map(|n| state.nodes[*n]));
        if counts.iter().all(|count| count.at_most(0, false)) {
            let mut step = Step::from(state);
            step.sure = counts.iter().all(|count| count.at_most(0, true));
            self.clear(&mut step.to, node.process, Some(at));
            step.to.nodes[at].take();
            add(self.left(at, step));
        }
    }

    /// Takes every token out of a block or process, and out of what is in it.
    fn clear(&self, state: &mut State, process: usize, block: Option<usize>) {
        for (at, node) in self.nodes.iter().enumerate() {
            if node.process == process && node.block == block {
                state.nodes[at].clear();
                node.outgoing
                    .iter()
                    .for_each(|flow| state.flows[*flow].clear());
                if node.body == Body::Block {
                    self.clear(state, process, Some(at));
                }
            }
        }
    }

    fn inclusive_steps(&self, at: usize, state: &State, add: &mut impl FnMut(Step)) {
        let node = &self.nodes[at];
        let taken = match node.incoming.is_empty() {
            true => Step::from(state).take_of_node(at),
            false => self.is_complete(at, state).map(|sure| {
                let mut step = Step::from(state);
                step.sure = sure;
                for flow in marked(node, state) {
                    step.to.flows[flow].take();
                }
                step
            }),
        };
        let Some(taken) = taken else {
            return;
        };
        let ways = node.outgoing.iter().copied();
        let ways: Vec<usize> = ways.filter(|flow| Some(*flow) != node.default).collect();
        // Every choice of some of the ways; the default one alone where no condition holds.
        for choice in 1_u32..(1 << ways.len().min(12)) {
            let mut step = taken.clone();
            let chosen = ways
                .iter()
                .enumerate()
                .filter(|(n, _)| choice & (1 << n) != 0);
            chosen.for_each(|(_, flow)| step.to.flows[*flow].put());
            add(step);
        }
        if let Some(default) = node.default {
            let mut step = taken;
            step.to.flows[default].put();
            add(step);
        }
    }

    /// Whether a join may go on, and surely: nothing can come to an empty way in that could not
    /// also go to one where something waits.
    fn is_complete(&self, at: usize, state: &State) -> Option<bool> {
        let node = &self.nodes[at];
        marked(node, state).next()?;
        let Some(reach) = self.reach.get(&at) else {
            return Some(true);
        };
        let (waiting, empty): (Vec<&Reach>, Vec<&Reach>) = {
            let waits = |n: &usize| state.flows[node.incoming[*n]].is_some();
            let (waiting, empty): (Vec<usize>, Vec<usize>) =
                (0..node.incoming.len()).partition(waits);
            let of = |ways: Vec<usize>| ways.into_iter().map(|n| &reach[n]).collect();
            (of(waiting), of(empty))
        };
        let comes = |from: &[usize]| {
            let reaches = |ways: &[&Reach], of: fn(&Reach) -> &[bool]| {
                ways.iter()
                    .any(|way| from.iter().any(|flow| of(way)[*flow]))
            };
            reaches(&empty, |way| &way.comes) && !reaches(&waiting, |way| &way.goes)
        };
        // What is in a node is about to be on its ways out, or on those of its boundary.
        let ways_of = |n: usize| {
            let mut ways = self.nodes[n].outgoing.clone();
            for other in &self.nodes {
                if matches!(other.body, Body::Boundary { of, interrupts: true, .. } if of == n) {
                    ways.extend(&other.outgoing);
                }
            }
            ways
        };
        let mut vague = node
            .incoming
            .iter()
            .any(|flow| state.flows[*flow].is_vague());
        let mut on_its_way = |count: Count, from: &[usize]| {
            vague |= !count.is_some() && count.may_be_some() && comes(from);
            count.is_some() && comes(from)
        };
        let flows = (0..self.flows.len()).any(|flow| on_its_way(state.flows[flow], &[flow]));
        let ends = |n: usize| matches!(self.nodes[n].body, Body::End { .. });
        let nodes = (0..self.nodes.len())
            .filter(|n| *n != at && !ends(*n))
            .any(|n| on_its_way(state.nodes[n], &ways_of(n)));
        (!flows && !nodes).then_some(!vague)
    }

    fn event_steps(&self, at: usize, state: &State, add: &mut impl FnMut(Step)) {
        for taken in self.taken(at, state) {
            for out in &self.nodes[at].outgoing {
                let target = self.flows[*out].1;
                if let Body::Work(Some(wait)) = &self.nodes[target].body {
                    for step in received(Some(wait), taken.clone()) {
                        add(self.left(target, step));
                    }
                }
            }
        }
    }
}

/// The ways into a node on which a token surely waits.
fn marked<'a>(node: &'a Node, state: &'a State) -> impl Iterator<Item = usize> + 'a {
    let ways = node.incoming.iter().copied();
    ways.filter(|flow| state.flows[*flow].is_some())
}

/// Steps on in which what is waited for has come; without waiting that is so at once.
fn received(wait: Option<&Wait>, step: Step) -> Vec<Step> {
    match wait {
        None | Some(Wait::Anything) => vec![step],
        Some(Wait::Messages(messages)) => {
            let messages = messages.iter();
            messages
                .filter_map(|message| step.clone().take_message(*message))
                .collect()
        }
    }
}
