//! Small models, each with one thing wrong, are told by that rule; the same ones without it are
//! told nothing.

use bpmn::{Limits, Model, Rule, Weight, judge, read};

const SPACE: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";

fn model(inside: &str) -> Model {
    let text = format!(
        "<definitions xmlns=\"{SPACE}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         targetNamespace=\"t\">{inside}</definitions>"
    );
    let (model, problems) = read(text.as_bytes(), Limits::default()).expect("it is read");
    assert_eq!(problems, vec![], "{text}");
    model
}

/// A node with the ways it lists: `in` before, `out` behind.
fn node(tag: &str, id: &str, ins: &[&str], outs: &[&str], inside: &str) -> String {
    let list = |tag: &str, ids: &[&str]| -> String {
        ids.iter()
            .map(|id| format!("<{tag}>{id}</{tag}>"))
            .collect()
    };
    let (ins, outs) = (list("incoming", ins), list("outgoing", outs));
    let name = tag.split(' ').next().unwrap_or_default();
    format!("<{tag} id=\"{id}\">{ins}{outs}{inside}</{name}>")
}

fn flow(id: &str, from: &str, to: &str) -> String {
    format!("<sequenceFlow id=\"{id}\" sourceRef=\"{from}\" targetRef=\"{to}\"/>")
}

fn process(inside: &str) -> String {
    format!("<process id=\"p\" isExecutable=\"true\">{inside}</process>")
}

/// A process from start to end with one node on the way, and something beside.
fn on_the_way(tag: &str, inside: &str, beside: &str) -> String {
    process(
        &[
            node("startEvent", "s", &[], &["f"], ""),
            node(tag, "n", &["f"], &["g"], inside),
            node("endEvent", "e", &["g"], &[], ""),
            flow("f", "s", "n"),
            flow("g", "n", "e"),
            beside.to_owned(),
        ]
        .concat(),
    )
}

fn told(inside: &str) -> Vec<Rule> {
    let mut rules: Vec<Rule> = judge(&model(inside)).iter().map(|p| p.rule).collect();
    rules.dedup();
    rules
}

const FORMAL: &str = "xsi:type=\"tFormalExpression\"";

#[test]
fn what_breaks_no_rule_is_told_nothing() {
    let timer = format!(
        "<timerEventDefinition><timeDuration {FORMAL}>PT1S</timeDuration></timerEventDefinition>"
    );
    for good in [
        on_the_way("task", "", ""),
        on_the_way("userTask", "<standardLoopCharacteristics/>", ""),
        on_the_way("intermediateCatchEvent", &timer, ""),
        on_the_way(
            "subProcess",
            &[
                node("startEvent", "a", &[], &["h"], ""),
                node("endEvent", "b", &["h"], &[], ""),
                flow("h", "a", "b"),
            ]
            .concat(),
            "",
        ),
    ] {
        assert_eq!(told(&good), vec![], "{good}");
    }
}

#[test]
fn each_of_these_breaks_one_rule() {
    let timer = |inside: &str| format!("<timerEventDefinition>{inside}</timerEventDefinition>");
    let cases: Vec<(Rule, String)> = vec![
        (
            Rule::StartQuantity,
            on_the_way("task startQuantity=\"0\"", "", ""),
        ),
        (
            Rule::TimeDuration,
            on_the_way(
                "intermediateCatchEvent",
                &timer(&format!("<timeDuration {FORMAL}>soon</timeDuration>")),
                "",
            ),
        ),
        (
            Rule::InformalExpression,
            on_the_way(
                "intermediateCatchEvent",
                &timer("<timeDuration>PT1S</timeDuration>"),
                "",
            ),
        ),
        (
            Rule::CatchTrigger,
            on_the_way("intermediateCatchEvent", "", ""),
        ),
        (
            Rule::ThrowTrigger,
            on_the_way("intermediateThrowEvent", "<errorEventDefinition/>", ""),
        ),
        (
            Rule::GatewayWithoutChoice,
            on_the_way("exclusiveGateway", "", ""),
        ),
        (
            Rule::NodeWithoutIncoming,
            on_the_way("task", "", &node("endEvent", "x", &[], &[], "")),
        ),
        (
            Rule::BoundaryOutgoing,
            on_the_way(
                "task",
                "",
                &node(
                    "boundaryEvent attachedToRef=\"n\"",
                    "x",
                    &[],
                    &[],
                    "<errorEventDefinition/>",
                ),
            ),
        ),
        (
            Rule::FlowNotListed,
            on_the_way("task", "", "").replace("<incoming>g</incoming>", ""),
        ),
        (
            Rule::PublicExecutable,
            on_the_way("task", "", "").replace("<process ", "<process processType=\"Public\" "),
        ),
        (
            Rule::AdHocEmpty,
            on_the_way("adHocSubProcess ordering=\"Parallel\"", "", ""),
        ),
        (
            Rule::InstancesUnknown,
            on_the_way("task", "<multiInstanceLoopCharacteristics/>", ""),
        ),
        (
            Rule::EscalationCode,
            on_the_way("intermediateThrowEvent", "<escalationEventDefinition/>", ""),
        ),
    ];
    for (rule, inside) in cases {
        assert_eq!(told(&inside), vec![rule], "{inside}");
    }
}

#[test]
fn a_flow_that_leaves_its_sub_process_is_grave() {
    let inside = node("task", "x", &["h"], &[], "");
    let text = on_the_way("subProcess", &inside, &flow("h", "s", "x"));
    let problems = judge(&model(&text));
    let grave: Vec<_> = problems
        .iter()
        .filter(|p| p.weight == Weight::Grave)
        .collect();
    assert_eq!(grave.len(), 1, "{problems:?}");
    assert_eq!(grave[0].rule, Rule::SequenceFlowLeavesSubProcess);
    assert_eq!(grave[0].id.as_deref(), Some("h"));
}

#[test]
fn no_two_rules_have_one_name() {
    for (n, rule) in Rule::ALL.iter().enumerate() {
        assert!(
            Rule::ALL[..n]
                .iter()
                .all(|other| other.name() != rule.name())
        );
        assert!(rule.says().ends_with('.'), "{}", rule.name());
    }
}
