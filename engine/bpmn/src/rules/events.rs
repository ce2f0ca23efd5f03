//! Events: what may begin, interrupt, be caught, be thrown and end, and where.

use super::{Check, Judge, when};
use crate::{element::Ix, kind::Kind, rule::Rule};

pub(super) const CHECKS: &[Check] = &[
    start,
    start_messages,
    called_start,
    end,
    end_messages,
    cancel,
    intermediate,
    intermediate_flows,
    boundary,
    boundary_flows,
    compensation,
    link_flows,
    links,
    references,
    said,
];

use Kind::{
    CancelEventDefinition as Cancel, CompensateEventDefinition as Compensate,
    ConditionalEventDefinition as Conditional, ErrorEventDefinition as Error,
    EscalationEventDefinition as Escalation, LinkEventDefinition as Link,
    MessageEventDefinition as Message, SignalEventDefinition as Signal,
    TerminateEventDefinition as Terminate, TimerEventDefinition as Timer,
};

/// The first trigger of an event that is none of `allowed`.
fn other(judge: &Judge<'_>, event: Ix, allowed: &[Kind]) -> Option<String> {
    let triggers = judge.triggers(event);
    let wrong = triggers.iter().find(|kind| !allowed.contains(kind))?;
    Some(format!("a {} may not stand here", wrong.tag()))
}

fn start(judge: &mut Judge<'_>) {
    judge.each(Kind::StartEvent, Rule::StartTrigger, |j, event| {
        let process = j
            .model
            .container(event)
            .is_some_and(|at| j.is(at, Kind::Process));
        let wrong = other(j, event, &[Message, Timer, Conditional, Signal])?;
        process.then_some(wrong)
    });
    judge.each(Kind::StartEvent, Rule::SubProcessStart, |j, event| {
        let container = j.model.container(event)?;
        let plain = j.is(container, Kind::SubProcess) && !j.model.is_event_block(container);
        when(
            plain && !j.triggers(event).is_empty(),
            "it waits for something within a sub-process that a flow begins",
        )
    });
    judge.each(Kind::StartEvent, Rule::StartIncoming, |j, event| {
        when(!j.graph.incoming(event).is_empty(), "a flow leads to it")
    });
}

fn start_messages(judge: &mut Judge<'_>) {
    judge.each(Kind::StartEvent, Rule::StartSends, |j, event| {
        when(
            !j.graph.sent(event).is_empty(),
            "a message flow begins at it",
        )
    });
    judge.each(Kind::StartEvent, Rule::StartReceives, |j, event| {
        let wrong = !j.graph.received(event).is_empty() && !j.has(event, Message);
        when(
            wrong,
            "a message flow leads to it, and it waits for no message",
        )
    });
}

fn called_start(judge: &mut Judge<'_>) {
    judge.each(Kind::CallActivity, Rule::CalledStart, |j, call| {
        let called = j.model.refer(call, "calledElement")?;
        let mut starts = j.model.within(called, Kind::StartEvent).peekable();
        starts.peek()?;
        let wrong = !starts.any(|start| j.triggers(start).is_empty());
        when(
            wrong,
            "every start event of what it calls waits for something",
        )
    });
}

fn end(judge: &mut Judge<'_>) {
    const THROWN: [Kind; 7] = [
        Message, Error, Escalation, Cancel, Compensate, Signal, Terminate,
    ];
    judge.each(Kind::EndEvent, Rule::EndTrigger, |j, event| {
        other(j, event, &THROWN)
    });
    judge.each(Kind::EndEvent, Rule::EndOutgoing, |j, event| {
        when(!j.graph.outgoing(event).is_empty(), "a flow begins at it")
    });
}

fn end_messages(judge: &mut Judge<'_>) {
    judge.each(Kind::EndEvent, Rule::EndReceives, |j, event| {
        when(
            !j.graph.received(event).is_empty(),
            "a message flow leads to it",
        )
    });
    judge.each(Kind::EndEvent, Rule::EndSends, |j, event| {
        let wrong = !j.graph.sent(event).is_empty() && !j.has(event, Message);
        when(
            wrong,
            "a message flow begins at it, and it throws no message",
        )
    });
}

fn cancel(judge: &mut Judge<'_>) {
    judge.each(Kind::Event, Rule::CancelOutsideTransaction, |j, event| {
        let within = match j.at(event).kind {
            Kind::EndEvent => j.model.container(event),
            Kind::BoundaryEvent => j.model.refer(event, "attachedToRef"),
            _ => return None,
        };
        let transaction = within.is_some_and(|at| j.is(at, Kind::Transaction));
        when(
            j.has(event, Cancel) && !transaction,
            "it cancels what is no transaction",
        )
    });
}

fn intermediate(judge: &mut Judge<'_>) {
    judge.each(
        Kind::IntermediateCatchEvent,
        Rule::CatchTrigger,
        |j, event| {
            if j.triggers(event).is_empty() {
                return Some("it waits for nothing".to_owned());
            }
            other(j, event, &[Message, Timer, Conditional, Link, Signal])
        },
    );
    judge.each(
        Kind::IntermediateThrowEvent,
        Rule::ThrowTrigger,
        |j, event| other(j, event, &[Message, Escalation, Compensate, Link, Signal]),
    );
    judge.each(Kind::Event, Rule::IntermediateMessage, |j, event| {
        let (sends, receives) = (j.graph.sent(event), j.graph.received(event));
        match j.at(event).kind {
            Kind::IntermediateCatchEvent => when(
                !sends.is_empty(),
                "it catches, and a message flow begins at it",
            ),
            Kind::IntermediateThrowEvent => when(
                !receives.is_empty(),
                "it throws, and a message flow leads to it",
            ),
            _ => None,
        }
    });
}

fn is_intermediate(judge: &Judge<'_>, event: Ix) -> bool {
    judge.is(event, Kind::IntermediateCatchEvent) || judge.is(event, Kind::IntermediateThrowEvent)
}

fn intermediate_flows(judge: &mut Judge<'_>) {
    judge.each(Kind::Event, Rule::IntermediateIncoming, |j, event| {
        let begins = j.is(event, Kind::CatchEvent) && j.has(event, Link);
        let none = j.graph.incoming(event).is_empty();
        when(
            is_intermediate(j, event) && !begins && none,
            "nothing leads to it",
        )
    });
    judge.each(Kind::Event, Rule::IntermediateOutgoing, |j, event| {
        let ends = j.is(event, Kind::ThrowEvent) && j.has(event, Link);
        let none = j.graph.outgoing(event).is_empty();
        when(
            is_intermediate(j, event) && !ends && none,
            "it leads to nothing",
        )
    });
}

fn boundary(judge: &mut Judge<'_>) {
    const INTERRUPTS: [Kind; 8] = [
        Message,
        Timer,
        Error,
        Escalation,
        Cancel,
        Compensate,
        Conditional,
        Signal,
    ];
    const GOES_ON: [Kind; 5] = [Message, Timer, Escalation, Conditional, Signal];
    judge.each(
        Kind::BoundaryEvent,
        Rule::BoundaryWithoutTrigger,
        |j, event| {
            let referred = j.at(event).get("eventDefinitionRef").is_some();
            when(
                j.triggers(event).is_empty() && !referred,
                "it waits for nothing",
            )
        },
    );
    judge.each(
        Kind::BoundaryEvent,
        Rule::BoundaryTrigger,
        |j, event| match j.at(event).flag("cancelActivity", true) {
            true => other(j, event, &INTERRUPTS),
            false => other(j, event, &GOES_ON),
        },
    );
}

fn boundary_flows(judge: &mut Judge<'_>) {
    judge.each(Kind::BoundaryEvent, Rule::BoundaryIncoming, |j, event| {
        when(!j.graph.incoming(event).is_empty(), "a flow leads to it")
    });
    judge.each(Kind::BoundaryEvent, Rule::BoundaryOutgoing, |j, event| {
        let wrong = j.graph.outgoing(event).is_empty() && !j.has(event, Compensate);
        when(wrong, "it leads to nothing")
    });
}

fn compensation(judge: &mut Judge<'_>) {
    judge.each(
        Kind::BoundaryEvent,
        Rule::CompensationOutgoing,
        |j, event| {
            let wrong = j.has(event, Compensate) && !j.graph.outgoing(event).is_empty();
            when(wrong, "it compensates, and a flow begins at it")
        },
    );
    judge.each(
        Kind::BoundaryEvent,
        Rule::CompensationHandler,
        |j, event| {
            let one = j.graph.associated(event).len() == 1;
            when(
                j.has(event, Compensate) && !one,
                "no one activity is associated with it",
            )
        },
    );
    judge.each(
        Kind::BoundaryEvent,
        Rule::CompensationActivity,
        |j, event| {
            let handlers = j.graph.associated(event);
            let other = handlers.iter().any(|at| !j.model.is_for_compensation(*at));
            when(
                j.has(event, Compensate) && other,
                "what is associated with it is not for compensation",
            )
        },
    );
}

fn link_flows(judge: &mut Judge<'_>) {
    judge.each(Kind::Event, Rule::LinkFlow, |j, event| {
        if !j.has(event, Link) {
            return None;
        }
        match j.is(event, Kind::CatchEvent) {
            true => when(
                !j.graph.incoming(event).is_empty(),
                "it is the end of a link, and a flow leads to it",
            ),
            false => when(
                !j.graph.outgoing(event).is_empty(),
                "it is the begin of a link, and a flow begins at it",
            ),
        }
    });
}

/// The other ends of a link: those it names, and where it names none those of its name.
fn other_ends(judge: &Judge<'_>, link: Ix) -> Vec<Ix> {
    let model = judge.model;
    let event = |at: Ix| model.at(at).parent;
    let throws = |at: Ix| event(at).is_some_and(|e| judge.is(e, Kind::ThrowEvent));
    let all = model.of_kind(Link).filter(|at| throws(*at) != throws(link));
    let named = |at: &Ix| {
        let (from, to) = if throws(link) {
            (link, *at)
        } else {
            (*at, link)
        };
        model.refer_all(from, "target").contains(&to)
            || model.refer_all(to, "source").contains(&from)
    };
    let all: Vec<Ix> = all.collect();
    let by_reference: Vec<Ix> = all.iter().copied().filter(named).collect();
    if !by_reference.is_empty() {
        return by_reference;
    }
    let name = judge.at(link).name();
    let same = |at: &Ix| !name.is_empty() && judge.at(*at).name() == name;
    all.into_iter().filter(same).collect()
}

fn links(judge: &mut Judge<'_>) {
    let all: Vec<Ix> = judge.model.of_kind(Link).collect();
    for link in all {
        let Some(event) = judge.at(link).parent else {
            continue;
        };
        if !is_intermediate(judge, event) {
            continue;
        }
        let ends = other_ends(judge, link);
        let throws = judge.is(event, Kind::ThrowEvent);
        let (rule, back, says) = match throws {
            true => (Rule::LinkWithoutTarget, "source", "no event catches it"),
            false => (Rule::LinkWithoutSource, "target", "no event throws it"),
        };
        if ends.is_empty() {
            judge.tell(rule, event, says);
        }
        let names = if throws { "target" } else { "source" };
        let named = judge.model.refer_all(link, names);
        let disagrees = named.iter().any(|end| {
            let back = judge.model.refer_all(*end, back);
            judge.is(*end, Link) && !back.is_empty() && !back.contains(&link)
        });
        if disagrees {
            judge.tell(
                Rule::LinkEndsDisagree,
                event,
                "the other end names another one",
            );
        }
        let here = judge.model.container(event);
        let leaves = |end: &Ix| judge.model.container(*end) != here;
        if !ends.is_empty() && ends.iter().all(leaves) {
            judge.tell(
                Rule::LinkLeavesProcess,
                event,
                "its other end is not beside it",
            );
        }
    }
}

fn references(judge: &mut Judge<'_>) {
    judge.each(Kind::Event, Rule::DefinitionOfAnother, |j, event| {
        let referred = j.model.refer_all(event, "eventDefinitionRef");
        let inside = |at: &Ix| j.at(*at).parent.is_some_and(|up| j.is(up, Kind::FlowNode));
        when(
            referred.iter().any(inside),
            "it refers to what stands in another event",
        )
    });
}

/// What messages, escalations and timers must say.
fn said(judge: &mut Judge<'_>) {
    judge.each(Message, Rule::MessageUnknown, |j, at| {
        let wrong = j.is_executable(at) && j.at(at).get("messageRef").is_none();
        when(wrong, "it says no message")
    });
    judge.each(Message, Rule::OperationUnknown, |j, at| {
        let wrong = j.is_executable(at) && j.at(at).get("operationRef").is_none();
        when(wrong, "it says no operation")
    });
    judge.each(Escalation, Rule::EscalationCode, |j, at| {
        let event = j.at(at).parent?;
        let throws = j.is(event, Kind::EndEvent) || j.is(event, Kind::IntermediateThrowEvent);
        let code = j
            .model
            .refer(at, "escalationRef")
            .and_then(|e| j.at(e).get("escalationCode"));
        when(
            throws && code.is_none_or(str::is_empty),
            "what it throws has no code",
        )
    });
    judge.each(Timer, Rule::TimerTwice, |j, at| {
        let times = j.model.within(at, Kind::Expression).count();
        when(times > 1, "it has more than one time")
    });
}
