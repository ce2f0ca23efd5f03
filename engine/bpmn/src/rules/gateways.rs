//! Gateways: how many ways they have, and what may be behind one that waits for events.

use super::{Check, Judge, when};
use crate::{element::Ix, kind::Kind, rule::Rule};

pub(super) const CHECKS: &[Check] = &[
    direction,
    without_choice,
    event_ways,
    event_condition,
    event_target,
    event_mixed,
    event_boundary,
    event_second_way,
    event_instantiates,
];

fn direction(judge: &mut Judge<'_>) {
    let all: Vec<Ix> = judge.model.of_kind(Kind::Gateway).collect();
    for gateway in all {
        let ways = (
            judge.graph.incoming(gateway).len(),
            judge.graph.outgoing(gateway).len(),
        );
        let says = format!("it has {} ways in and {} out", ways.0, ways.1);
        let rule = match judge.at(gateway).get("gatewayDirection") {
            Some("Converging") if ways.1 > 1 => Rule::ConvergingGateway,
            Some("Diverging") if ways.0 > 1 => Rule::DivergingGateway,
            Some("Mixed") if ways.0 < 2 || ways.1 < 2 => Rule::MixedGateway,
            _ => continue,
        };
        judge.tell(rule, gateway, says);
    }
}

fn without_choice(judge: &mut Judge<'_>) {
    judge.each(Kind::Gateway, Rule::GatewayWithoutChoice, |j, gateway| {
        let several = j.graph.incoming(gateway).len() > 1 || j.graph.outgoing(gateway).len() > 1;
        let begins = j.at(gateway).flag("instantiate", false);
        when(!several && !begins, "it has one way in and one out")
    });
}

/// What is right behind a gateway.
fn behind(judge: &Judge<'_>, gateway: Ix) -> Vec<Ix> {
    let flows = judge.graph.outgoing(gateway).iter();
    flows
        .filter_map(|flow| judge.model.refer(*flow, "targetRef"))
        .collect()
}

fn event_ways(judge: &mut Judge<'_>) {
    judge.each(
        Kind::EventBasedGateway,
        Rule::EventGatewayWays,
        |j, gateway| {
            let few = j.graph.outgoing(gateway).len() < 2;
            when(few, "it has fewer than two ways out")
        },
    );
}

fn event_condition(judge: &mut Judge<'_>) {
    judge.each(
        Kind::EventBasedGateway,
        Rule::EventGatewayCondition,
        |j, gateway| {
            let mut flows = j.graph.outgoing(gateway).iter();
            let wrong = flows.any(|flow| j.model.child(*flow, "conditionExpression").is_some());
            when(wrong, "a way out of it has a condition")
        },
    );
}

fn event_target(judge: &mut Judge<'_>) {
    const WAITED_FOR: [Kind; 4] = [
        Kind::MessageEventDefinition,
        Kind::SignalEventDefinition,
        Kind::TimerEventDefinition,
        Kind::ConditionalEventDefinition,
    ];
    judge.each(
        Kind::EventBasedGateway,
        Rule::EventGatewayTarget,
        |j, gateway| {
            let waits = |node: &Ix| {
                let triggers = j.triggers(*node);
                let event = j.is(*node, Kind::IntermediateCatchEvent)
                    && !triggers.is_empty()
                    && triggers.iter().all(|kind| WAITED_FOR.contains(kind));
                event || j.is(*node, Kind::ReceiveTask)
            };
            let other = behind(j, gateway).into_iter().find(|node| !waits(node))?;
            Some(format!(
                "it leads to a {} that waits for no event",
                j.at(other).tag
            ))
        },
    );
}

fn event_mixed(judge: &mut Judge<'_>) {
    judge.each(
        Kind::EventBasedGateway,
        Rule::EventGatewayMixed,
        |j, gateway| {
            let behind = behind(j, gateway);
            let receives = behind.iter().any(|node| j.is(*node, Kind::ReceiveTask));
            let message = |node: &Ix| {
                j.is(*node, Kind::CatchEvent) && j.has(*node, Kind::MessageEventDefinition)
            };
            let wrong = receives && behind.iter().any(message);
            when(wrong, "it leads to message events and to receive tasks")
        },
    );
}

fn event_boundary(judge: &mut Judge<'_>) {
    judge.each(
        Kind::EventBasedGateway,
        Rule::EventGatewayBoundary,
        |j, gateway| {
            let behind = behind(j, gateway);
            let wrong = behind
                .iter()
                .any(|node| !j.graph.boundary(*node).is_empty());
            when(wrong, "what is behind it has a boundary event")
        },
    );
}

fn event_second_way(judge: &mut Judge<'_>) {
    judge.each(
        Kind::EventBasedGateway,
        Rule::EventGatewaySecondWay,
        |j, gateway| {
            let behind = behind(j, gateway);
            let wrong = behind.iter().any(|node| j.graph.incoming(*node).len() > 1);
            when(wrong, "what is behind it has another way in")
        },
    );
}

fn event_instantiates(judge: &mut Judge<'_>) {
    judge.each(
        Kind::EventBasedGateway,
        Rule::EventGatewayInstantiates,
        |j, gateway| {
            let begins = j.at(gateway).flag("instantiate", false);
            let wrong = begins && !j.graph.incoming(gateway).is_empty();
            when(wrong, "it begins a process and has a way in")
        },
    );
}
