//! Activities: how often they run, sub-processes and what may be in them, who does them.

use super::{Check, Judge, when};
use crate::{element::Ix, kind::Kind, rule::Rule};

pub(super) const CHECKS: &[Check] = &[
    choreography_in_process,
    quantities,
    two_loops,
    receive_instantiates,
    event_sub_process,
    event_sub_process_trigger,
    ad_hoc,
    instances_unknown,
    resources,
    public_executable,
    ends,
];

fn choreography_in_process(judge: &mut Judge<'_>) {
    judge.each(
        Kind::ChoreographyActivity,
        Rule::ChoreographyInProcess,
        |j, node| when(j.in_process(node), "it stands in a process"),
    );
}

fn quantities(judge: &mut Judge<'_>) {
    for (name, rule) in [
        ("startQuantity", Rule::StartQuantity),
        ("completionQuantity", Rule::CompletionQuantity),
    ] {
        judge.each(Kind::Activity, rule, |j, node| {
            let quantity: i64 = j.at(node).get(name)?.trim().parse().ok()?;
            when(quantity < 1, &format!("{quantity} is less than one"))
        });
    }
}

fn two_loops(judge: &mut Judge<'_>) {
    judge.each(Kind::Activity, Rule::TwoLoops, |j, node| {
        let loops = j.model.within(node, Kind::LoopCharacteristics).count();
        when(loops > 1, "it is repeated in two ways")
    });
}

fn receive_instantiates(judge: &mut Judge<'_>) {
    judge.each(Kind::ReceiveTask, Rule::ReceiveInstantiates, |j, node| {
        let begins = j.at(node).flag("instantiate", false);
        let wrong = begins && !j.graph.incoming(node).is_empty();
        when(wrong, "it begins a process and has a way in")
    });
}

fn event_sub_process(judge: &mut Judge<'_>) {
    judge.each(Kind::SubProcess, Rule::EventSubProcessFlow, |j, node| {
        let flows = j.graph.incoming(node).len() + j.graph.outgoing(node).len();
        let wrong = j.model.is_event_block(node) && flows > 0;
        when(
            wrong,
            "an event begins it, and a flow leads to it or from it",
        )
    });
    judge.each(Kind::SubProcess, Rule::EventSubProcessStart, |j, node| {
        let starts = j.model.within(node, Kind::StartEvent).count();
        let wrong = j.model.is_event_block(node) && starts != 1;
        when(wrong, &format!("it has {starts} start events"))
    });
}

fn event_sub_process_trigger(judge: &mut Judge<'_>) {
    const MAY_INTERRUPT: [Kind; 7] = [
        Kind::MessageEventDefinition,
        Kind::TimerEventDefinition,
        Kind::EscalationEventDefinition,
        Kind::ErrorEventDefinition,
        Kind::CompensateEventDefinition,
        Kind::ConditionalEventDefinition,
        Kind::SignalEventDefinition,
    ];
    const MUST_INTERRUPT: [Kind; 2] = [Kind::ErrorEventDefinition, Kind::CompensateEventDefinition];
    judge.each(
        Kind::StartEvent,
        Rule::EventSubProcessTrigger,
        |j, event| {
            let container = j.model.container(event)?;
            if !j.model.is_event_block(container) {
                return None;
            }
            let interrupts = j.at(event).flag("isInterrupting", true);
            let triggers = j.triggers(event);
            if triggers.is_empty() {
                return Some("it waits for nothing".to_owned());
            }
            let wrong = triggers.iter().find(|kind| {
                !MAY_INTERRUPT.contains(kind) || !interrupts && MUST_INTERRUPT.contains(kind)
            })?;
            Some(format!("a {} may not begin it", wrong.tag()))
        },
    );
}

fn ad_hoc(judge: &mut Judge<'_>) {
    judge.each(Kind::AdHocSubProcess, Rule::AdHocEmpty, |j, node| {
        let none = j.model.within(node, Kind::Activity).next().is_none();
        when(none, "it has no activity")
    });
    judge.each(Kind::AdHocSubProcess, Rule::AdHocEvents, |j, node| {
        let forbidden = [Kind::StartEvent, Kind::EndEvent, Kind::ChoreographyActivity];
        let found = |kind: &Kind| j.model.within(node, *kind).next();
        let found = forbidden.iter().find_map(found)?;
        Some(format!("it has a {} in it", j.at(found).tag))
    });
}

fn instances_unknown(judge: &mut Judge<'_>) {
    judge.each(Kind::MultiInstance, Rule::InstancesUnknown, |j, ix| {
        let known = j.model.child(ix, "loopCardinality").is_some()
            || j.at(ix).get("loopDataInputRef").is_some();
        when(!known, "neither a number nor a collection is said")
    });
}

fn resources(judge: &mut Judge<'_>) {
    judge.each(Kind::ResourceRole, Rule::ResourceTwice, |j, role| {
        let expression = j
            .model
            .child(role, "resourceAssignmentExpression")
            .is_some();
        let wrong = expression && j.at(role).get("resourceRef").is_some();
        when(wrong, "it names a resource and has an expression")
    });
    judge.each(Kind::ResourceRole, Rule::ResourceUnknown, |j, role| {
        let binds = j
            .model
            .within(role, Kind::ResourceParameterBinding)
            .next()
            .is_some();
        let wrong = binds && j.at(role).get("resourceRef").is_none();
        when(wrong, "it binds parameters and names no resource")
    });
}

fn public_executable(judge: &mut Judge<'_>) {
    judge.each(Kind::Process, Rule::PublicExecutable, |j, process| {
        let public = j.at(process).get("processType") == Some("Public");
        when(
            public && j.is_executable(process),
            "it is public and executable",
        )
    });
}

/// Processes and sub-processes with start events have end events, and the other way around.
fn ends(judge: &mut Judge<'_>) {
    let containers = |j: &Judge<'_>| -> Vec<Ix> {
        let all = j.model.of_kind(Kind::Base);
        all.filter(|at| j.is(*at, Kind::Process) || j.is(*at, Kind::SubProcess))
            .collect()
    };
    for at in containers(judge) {
        let starts = judge.graph.has_start(at);
        let ends = judge.graph.has_end(at);
        if judge.is(at, Kind::AdHocSubProcess) {
            continue;
        }
        if starts && !ends {
            judge.tell(
                Rule::StartWithoutEnd,
                at,
                "it has a start event and no end event",
            );
        }
        let begins = judge.model.within(at, Kind::FlowNode);
        let begins = begins
            .into_iter()
            .any(|n| judge.at(n).flag("instantiate", false));
        if ends && !starts && !begins {
            judge.tell(
                Rule::EndWithoutStart,
                at,
                "it has an end event and no start event",
            );
        }
    }
}
