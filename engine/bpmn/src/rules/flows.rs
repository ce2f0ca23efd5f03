//! Sequence flows: what they join, where they may go, and that nodes know of them.

use super::{Check, Judge, when};
use crate::{element::Ix, kind::Kind, rule::Rule};

pub(super) const CHECKS: &[Check] = &[
    node_without_id,
    of_artifacts,
    leaves,
    listed,
    immediate,
    only_conditional,
    default_of_another,
    without_incoming,
    without_outgoing,
];

fn node_without_id(judge: &mut Judge<'_>) {
    judge.each(Kind::FlowNode, Rule::NodeWithoutId, |j, node| {
        let needed = !j.is(node, Kind::ImplicitThrowEvent);
        when(
            needed && j.at(node).id().is_none(),
            "it has no id to refer to",
        )
    });
}

fn of_artifacts(judge: &mut Judge<'_>) {
    judge.each(
        Kind::SequenceFlow,
        Rule::SequenceFlowOfArtifact,
        |j, flow| {
            let ends = ["sourceRef", "targetRef"].map(|end| j.model.refer(flow, end));
            let artifact = ends
                .into_iter()
                .flatten()
                .find(|at| j.is(*at, Kind::Artifact))?;
            Some(format!("it joins a {}", j.at(artifact).tag))
        },
    );
}

fn leaves(judge: &mut Judge<'_>) {
    let all: Vec<Ix> = judge.model.of_kind(Kind::SequenceFlow).collect();
    for flow in all {
        let model = judge.model;
        let ends = (
            model.refer(flow, "sourceRef"),
            model.refer(flow, "targetRef"),
        );
        let (Some(source), Some(target)) = ends else {
            continue;
        };
        if !judge.is(source, Kind::FlowNode) || !judge.is(target, Kind::FlowNode) {
            continue;
        }
        if model.enclosing(source, Kind::Process) != model.enclosing(target, Kind::Process) {
            let says = "its ends are in two processes";
            judge.tell(Rule::SequenceFlowLeavesProcess, flow, says);
        } else if model.container(source) != model.container(target) {
            let says = "one end is within a sub-process, the other one is not";
            judge.tell(Rule::SequenceFlowLeavesSubProcess, flow, says);
        }
    }
}

fn listed(judge: &mut Judge<'_>) {
    judge.each(Kind::FlowNode, Rule::FlowNotListed, |j, node| {
        let sides = [
            ("incoming", j.graph.incoming(node)),
            ("outgoing", j.graph.outgoing(node)),
        ];
        sides.into_iter().find_map(|(side, flows)| {
            let listed = j.model.refer_all(node, side);
            let more = j.at(node).all(side).count() != listed.len();
            let missing = flows.iter().any(|flow| !listed.contains(flow));
            let strange = listed.iter().any(|flow| !flows.contains(flow));
            when(
                more || missing || strange,
                &format!("its `{side}` are not the flows it has"),
            )
        })
    });
}

fn immediate(judge: &mut Judge<'_>) {
    judge.each(Kind::SequenceFlow, Rule::ImmediateFlow, |j, flow| {
        let said = j.at(flow).get("isImmediate").is_some();
        let wrong = said && !j.at(flow).flag("isImmediate", true) && j.is_executable(flow);
        when(wrong, "it is not immediate in an executable process")
    });
}

fn is_conditional(judge: &Judge<'_>, flow: Ix) -> bool {
    judge.model.child(flow, "conditionExpression").is_some()
}

fn only_conditional(judge: &mut Judge<'_>) {
    judge.each(Kind::Activity, Rule::OnlyConditionalFlow, |j, node| {
        let flows = j.graph.outgoing(node);
        let wrong = flows.len() == 1 && is_conditional(j, flows[0]);
        when(wrong, "its only way out has a condition")
    });
}

fn default_of_another(judge: &mut Judge<'_>) {
    judge.each(Kind::FlowNode, Rule::DefaultOfAnother, |j, node| {
        let default = j.model.refer(node, "default")?;
        let own = j.graph.outgoing(node).contains(&default);
        when(!own, "its default is no flow that begins at it")
    });
}

/// Nodes that begin or end without sequence flows of their own.
fn stands_alone(judge: &Judge<'_>, node: Ix) -> bool {
    let model = judge.model;
    let container = model.container(node);
    let ad_hoc = container.is_some_and(|at| judge.is(at, Kind::AdHocSubProcess));
    ad_hoc
        || !judge.in_process(node)
        || judge.is(node, Kind::ImplicitThrowEvent)
        || model.is_event_block(node)
        || model.is_for_compensation(node)
        || judge.is(node, Kind::BoundaryEvent)
        || judge.has(node, Kind::LinkEventDefinition)
}

fn without_incoming(judge: &mut Judge<'_>) {
    judge.each(Kind::FlowNode, Rule::NodeWithoutIncoming, |j, node| {
        let begins = j.is(node, Kind::StartEvent)
            || j.at(node).flag("instantiate", false)
            || stands_alone(j, node);
        let wrong = !begins && j.graph.incoming(node).is_empty();
        let wrong = wrong && j.at(node).parent.is_some_and(|at| j.graph.has_start(at));
        when(wrong, "nothing leads to it, and a start event is beside it")
    });
}

fn without_outgoing(judge: &mut Judge<'_>) {
    judge.each(Kind::FlowNode, Rule::NodeWithoutOutgoing, |j, node| {
        let ends = j.is(node, Kind::EndEvent) || stands_alone(j, node);
        let wrong = !ends && j.graph.outgoing(node).is_empty();
        let wrong = wrong && j.at(node).parent.is_some_and(|at| j.graph.has_end(at));
        when(wrong, "it leads to nothing, and an end event is beside it")
    });
}
