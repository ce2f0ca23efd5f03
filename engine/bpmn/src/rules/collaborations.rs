//! Collaborations and choreographies: who tells whom, and how many there are.

use super::{Check, Judge, when};
use crate::{
    element::{Element, Ix},
    kind::Kind,
    rule::Rule,
};

pub(super) const CHECKS: &[Check] = &[
    message_flow_ends,
    message_flow_within,
    choreography_reference,
    global_conversation,
    closed_choreography,
    multiplicity,
];

fn message_flow_ends(judge: &mut Judge<'_>) {
    const ENDS: [Kind; 5] = [
        Kind::Participant,
        Kind::Activity,
        Kind::Event,
        Kind::ConversationNode,
        Kind::ChoreographyActivity,
    ];
    let flows: Vec<Ix> = judge.model.of_kind(Kind::MessageFlow).collect();
    for flow in flows {
        let ends = ["sourceRef", "targetRef"].map(|end| judge.model.refer(flow, end));
        for end in ends.into_iter().flatten() {
            let says = format!("it joins a {}", judge.at(end).tag);
            if judge.is(end, Kind::Artifact) {
                judge.tell(Rule::MessageFlowOfArtifact, flow, says);
            } else if !ENDS.iter().any(|kind| judge.is(end, *kind)) {
                judge.tell(Rule::MessageFlowEnd, flow, says);
            }
        }
    }
}

/// The participant whose process an element is part of; a participant is its own.
fn participant(judge: &Judge<'_>, ix: Ix) -> Option<Ix> {
    if judge.is(ix, Kind::Participant) {
        return Some(ix);
    }
    let process = judge.model.enclosing(ix, Kind::Process)?;
    judge.graph.participant(process)
}

fn message_flow_within(judge: &mut Judge<'_>) {
    judge.each(
        Kind::MessageFlow,
        Rule::MessageFlowWithinParticipant,
        |j, flow| {
            let end = |name| j.model.refer(flow, name).and_then(|at| participant(j, at));
            let (source, target) = (end("sourceRef")?, end("targetRef")?);
            when(source == target, "both its ends are of one participant")
        },
    );
}

fn choreography_reference(judge: &mut Judge<'_>) {
    judge.each(Kind::Collaboration, Rule::ChoreographyReference, |j, ix| {
        let plain = j.at(ix).kind == Kind::Collaboration;
        let refers = j.at(ix).get("choreographyRef").is_some();
        when(refers && !plain, "it refers to a choreography")
    });
}

fn global_conversation(judge: &mut Judge<'_>) {
    judge.each(
        Kind::GlobalConversation,
        Rule::GlobalConversation,
        |j, ix| {
            let any = j.model.within(ix, Kind::ConversationNode).next().is_some();
            when(any, "it has a conversation in it")
        },
    );
}

fn closed_choreography(judge: &mut Judge<'_>) {
    judge.each(Kind::Collaboration, Rule::ClosedChoreography, |j, ix| {
        let referred = j.model.refer_all(ix, "choreographyRef");
        let closed = referred.iter().any(|at| j.at(*at).flag("isClosed", false));
        let bound: Vec<&str> = j
            .model
            .within(ix, Kind::MessageFlowAssociation)
            .filter_map(|at| j.at(at).get("outerMessageFlowRef"))
            .collect();
        let mut flows = j.model.within(ix, Kind::MessageFlow).map(|at| j.at(at));
        let free = flows.any(|flow| !flow.id().is_some_and(|id| bound.contains(&id)));
        when(
            closed && free,
            "a message flow of it is not in the closed choreography",
        )
    });
}

fn number(element: &Element, name: &str, otherwise: i64) -> i64 {
    let said = element.get(name).and_then(|text| text.trim().parse().ok());
    said.unwrap_or(otherwise)
}

fn multiplicity(judge: &mut Judge<'_>) {
    judge.each(
        Kind::ParticipantMultiplicity,
        Rule::MultiplicityMinimum,
        |j, ix| {
            when(
                number(j.at(ix), "minimum", 0) < 0,
                "the least number is negative",
            )
        },
    );
    judge.each(
        Kind::ParticipantMultiplicity,
        Rule::MultiplicityMaximum,
        |j, ix| {
            let (least, most) = (
                number(j.at(ix), "minimum", 0),
                number(j.at(ix), "maximum", 1),
            );
            when(most < 1 || most < least, "the greatest number is too small")
        },
    );
}
