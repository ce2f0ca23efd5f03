//! The graph a model draws: which nodes flow into which, what events wait for, who tells whom.

use crate::{
    element::{Ix, Model},
    kind::Kind,
};
use std::collections::{HashMap, HashSet};

/// The flows of a model by the nodes they join.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    incoming: HashMap<Ix, Vec<Ix>>,
    outgoing: HashMap<Ix, Vec<Ix>>,
    boundary: HashMap<Ix, Vec<Ix>>,
    sent: HashMap<Ix, Vec<Ix>>,
    received: HashMap<Ix, Vec<Ix>>,
    participant: HashMap<Ix, Ix>,
    associated: HashMap<Ix, Vec<Ix>>,
    starts: HashSet<Ix>,
    ends: HashSet<Ix>,
}

impl Graph {
    pub fn of(model: &Model) -> Self {
        let mut graph = Self::default();
        for flow in model.of_kind(Kind::SequenceFlow) {
            if let Some(source) = model.refer(flow, "sourceRef") {
                graph.outgoing.entry(source).or_default().push(flow);
            }
            if let Some(target) = model.refer(flow, "targetRef") {
                graph.incoming.entry(target).or_default().push(flow);
            }
        }
        for event in model.of_kind(Kind::BoundaryEvent) {
            if let Some(at) = model.refer(event, "attachedToRef") {
                graph.boundary.entry(at).or_default().push(event);
            }
        }
        for flow in model.of_kind(Kind::MessageFlow) {
            if let Some(source) = model.refer(flow, "sourceRef") {
                graph.sent.entry(source).or_default().push(flow);
            }
            if let Some(target) = model.refer(flow, "targetRef") {
                graph.received.entry(target).or_default().push(flow);
            }
        }
        for participant in model.of_kind(Kind::Participant) {
            if let Some(process) = model.refer(participant, "processRef") {
                graph.participant.entry(process).or_insert(participant);
            }
        }
        for association in model.of_kind(Kind::Association) {
            let ends = ["sourceRef", "targetRef"].map(|end| model.refer(association, end));
            if let [Some(source), Some(target)] = ends {
                graph.associated.entry(source).or_default().push(target);
            }
        }
        let around = |kind| model.of_kind(kind).filter_map(|at| model.at(at).parent);
        graph.starts = around(Kind::StartEvent).collect();
        graph.ends = around(Kind::EndEvent).collect();
        graph
    }
    /// The sequence flows into a node.
    pub fn incoming(&self, node: Ix) -> &[Ix] {
        list(&self.incoming, node)
    }
    /// The sequence flows out of a node.
    pub fn outgoing(&self, node: Ix) -> &[Ix] {
        list(&self.outgoing, node)
    }
    /// The boundary events of an activity.
    pub fn boundary(&self, activity: Ix) -> &[Ix] {
        list(&self.boundary, activity)
    }
    /// Whose process this is.
    pub fn participant(&self, process: Ix) -> Option<Ix> {
        self.participant.get(&process).copied()
    }
    /// What the associations of an element lead to.
    pub fn associated(&self, from: Ix) -> &[Ix] {
        list(&self.associated, from)
    }
    /// Whether there is a start event right in an element.
    pub fn has_start(&self, container: Ix) -> bool {
        self.starts.contains(&container)
    }
    /// Whether there is an end event right in an element.
    pub fn has_end(&self, container: Ix) -> bool {
        self.ends.contains(&container)
    }
    /// The message flows that begin at an element.
    pub fn sent(&self, from: Ix) -> &[Ix] {
        list(&self.sent, from)
    }
    /// The message flows that end at an element.
    pub fn received(&self, to: Ix) -> &[Ix] {
        list(&self.received, to)
    }
}

fn list(of: &HashMap<Ix, Vec<Ix>>, at: Ix) -> &[Ix] {
    of.get(&at).map_or(&[], Vec::as_slice)
}

impl Model {
    /// What an event waits for or throws: the definitions in it and those it refers to.
    pub fn event_definitions(&self, event: Ix) -> Vec<Ix> {
        let mut all: Vec<Ix> = self.within(event, Kind::EventDefinition).collect();
        all.extend(self.refer_all(event, "eventDefinitionRef"));
        all
    }
    /// The kinds of what an event waits for or throws.
    pub fn event_kinds(&self, event: Ix) -> Vec<Kind> {
        let all = self.event_definitions(event).into_iter();
        all.map(|definition| self.at(definition).kind).collect()
    }
    /// The process, block or choreography whose flow an element is part of.
    pub fn container(&self, ix: Ix) -> Option<Ix> {
        self.around(ix).find(|at| self.at(*at).kind.is_container())
    }
    /// Whether a container is a sub-process that an event starts.
    pub fn is_event_block(&self, ix: Ix) -> bool {
        self.at(ix).kind.is(Kind::SubProcess) && self.at(ix).flag("triggeredByEvent", false)
    }
    /// Whether a node is done only to undo another.
    pub fn is_for_compensation(&self, ix: Ix) -> bool {
        self.at(ix).flag("isForCompensation", false)
    }
}
