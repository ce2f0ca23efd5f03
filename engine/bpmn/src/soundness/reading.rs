//! Reads the nodes and flows of a model for the net.

use super::net::{Body, Node, Wait};
use crate::{
    element::{Ix, Model},
    graph::Graph,
    kind::Kind,
};
use std::collections::HashMap;

/// What was read.
pub(super) struct Read {
    pub nodes: Vec<Node>,
    /// Source and target of each flow.
    pub flows: Vec<(usize, usize)>,
    pub messages: usize,
    pub processes: usize,
}

/// The nodes and flows of a model, or the elements that are beyond what is decided.
pub(super) fn read(model: &Model) -> Result<Read, Vec<String>> {
    let graph = Graph::of(model);
    let nodes: Vec<Ix> = model
        .of_kind(Kind::FlowNode)
        .filter(|at| model.enclosing(*at, Kind::Process).is_some())
        .filter(|at| !model.at(*at).kind.is(Kind::ImplicitThrowEvent))
        .collect();
    let flows: Vec<Ix> = model.of_kind(Kind::SequenceFlow).collect();
    let messages: Vec<Ix> = model.of_kind(Kind::MessageFlow).collect();
    let processes: Vec<Ix> = model.of_kind(Kind::Process).collect();
    let reading = Reading {
        model,
        graph: &graph,
        node: index(&nodes),
        flow: index(&flows),
        message: index(&messages),
        process: index(&processes),
    };
    let (mut read, mut beyond) = (vec![], vec![]);
    for node in &nodes {
        match reading.node(*node) {
            Ok(node) => read.push(node),
            Err(why) => beyond.push(why),
        }
    }
    let mut ends = vec![];
    for flow in &flows {
        let end = |name| {
            model
                .refer(*flow, name)
                .and_then(|at| reading.node.get(&at))
        };
        match (end("sourceRef"), end("targetRef")) {
            (Some(from), Some(to)) => ends.push((*from, *to)),
            _ => beyond.push(format!("{} joins no nodes", label(model, *flow))),
        }
    }
    if !beyond.is_empty() {
        return Err(beyond);
    }
    Ok(Read {
        nodes: read,
        flows: ends,
        messages: messages.len(),
        processes: processes.len(),
    })
}

fn index(all: &[Ix]) -> HashMap<Ix, usize> {
    all.iter().enumerate().map(|(n, ix)| (*ix, n)).collect()
}

fn label(model: &Model, ix: Ix) -> String {
    let element = model.at(ix);
    let id = element.id().unwrap_or_default();
    match element.name() {
        "" => format!("{} `{id}`", element.tag),
        name => format!("{} `{id}` ({name})", element.tag),
    }
}

/// A model while its nodes are read.
struct Reading<'a> {
    model: &'a Model,
    graph: &'a Graph,
    node: HashMap<Ix, usize>,
    flow: HashMap<Ix, usize>,
    message: HashMap<Ix, usize>,
    process: HashMap<Ix, usize>,
}

impl Reading<'_> {
    fn node(&self, ix: Ix) -> Result<Node, String> {
        let model = self.model;
        let numbers = |flows: &[Ix]| flows.iter().map(|at| self.flow[at]).collect::<Vec<_>>();
        let label = label(model, ix);
        let beyond = || format!("{label} is beyond what is decided here");
        let process = model.enclosing(ix, Kind::Process).ok_or_else(beyond)?;
        let block = model.container(ix).filter(|at| *at != process);
        let default = model.refer(ix, "default");
        let mut sends: Vec<usize> = self
            .graph
            .sent(ix)
            .iter()
            .map(|m| self.message[m])
            .collect();
        sends.sort_unstable();
        Ok(Node {
            body: self.body(ix).ok_or_else(beyond)?,
            incoming: numbers(self.graph.incoming(ix)),
            outgoing: numbers(self.graph.outgoing(ix)),
            default: default.and_then(|at| self.flow.get(&at).copied()),
            sends,
            block: match block {
                Some(at) => Some(*self.node.get(&at).ok_or_else(beyond)?),
                None => None,
            },
            process: self.process[&process],
            label,
        })
    }

    fn body(&self, ix: Ix) -> Option<Body> {
        let model = self.model;
        let element = model.at(ix);
        Some(match element.kind {
            Kind::StartEvent
                if model.event_kinds(ix).is_empty() && self.graph.received(ix).is_empty() =>
            {
                Body::Start(None)
            }
            Kind::StartEvent => Body::Start(Some(self.wait(ix)?)),
            Kind::EndEvent => {
                let kinds = model.event_kinds(ix);
                let known = [
                    Kind::TerminateEventDefinition,
                    Kind::MessageEventDefinition,
                    Kind::SignalEventDefinition,
                ];
                if !kinds.iter().all(|kind| known.contains(kind)) {
                    return None;
                }
                Body::End {
                    terminates: kinds.contains(&Kind::TerminateEventDefinition),
                }
            }
            Kind::IntermediateThrowEvent => {
                let known = [Kind::MessageEventDefinition, Kind::SignalEventDefinition];
                let kinds = model.event_kinds(ix);
                if !kinds.iter().all(|kind| known.contains(kind)) {
                    return None;
                }
                Body::Work(None)
            }
            Kind::IntermediateCatchEvent => Body::Work(Some(self.wait(ix)?)),
            Kind::BoundaryEvent => Body::Boundary {
                of: *self.node.get(&model.refer(ix, "attachedToRef")?)?,
                interrupts: element.flag("cancelActivity", true),
                wait: self.wait(ix)?,
            },
            Kind::ExclusiveGateway => Body::Exclusive,
            Kind::ParallelGateway => Body::Parallel,
            Kind::InclusiveGateway => Body::Inclusive,
            Kind::EventBasedGateway => Body::Events,
            Kind::SubProcess | Kind::Transaction if !model.is_event_block(ix) => Body::Block,
            Kind::ReceiveTask => Body::Work(Some(self.messages(ix))),
            kind if kind.is(Kind::Task) || kind == Kind::CallActivity => {
                if model.is_for_compensation(ix) {
                    return None;
                }
                match self.graph.received(ix).is_empty() {
                    true => Body::Work(None),
                    false => Body::Work(Some(self.messages(ix))),
                }
            }
            _ => return None,
        })
    }

    /// What an event waits for, where that is one thing that is decided here.
    fn wait(&self, ix: Ix) -> Option<Wait> {
        match self.model.event_kinds(ix).as_slice() {
            [Kind::MessageEventDefinition] => Some(self.messages(ix)),
            [] if !self.graph.received(ix).is_empty() => Some(self.messages(ix)),
            [
                Kind::TimerEventDefinition
                | Kind::ConditionalEventDefinition
                | Kind::SignalEventDefinition,
            ] => Some(Wait::Anything),
            _ => None,
        }
    }

    fn messages(&self, ix: Ix) -> Wait {
        let flows: Vec<usize> = self
            .graph
            .received(ix)
            .iter()
            .map(|m| self.message[m])
            .collect();
        match flows.is_empty() {
            true => Wait::Anything,
            false => Wait::Messages(flows),
        }
    }
}
