//! Small nets whose verdicts can be seen with the eye.

use bpmn::{
    Limits, Model, read,
    soundness::{Answer, BOUND, Verdict, decide},
};

/// Processes, each of nodes `kind id` and flows `id -> id`, and messages `id => id`.
fn model_of(lines: &str) -> Model {
    let (mut processes, mut told) = (String::new(), String::new());
    for (p, process) in lines.split("---").enumerate() {
        let mut inside = String::new();
        for (n, line) in process.lines().map(str::trim).enumerate() {
            if let Some((from, to)) = line.split_once(" -> ") {
                inside += &format!(
                    "<sequenceFlow id=\"f{p}_{n}\" sourceRef=\"{from}\" targetRef=\"{to}\"/>"
                );
            } else if let Some((from, to)) = line.split_once(" => ") {
                told += &format!(
                    "<messageFlow id=\"m{p}_{n}\" sourceRef=\"{from}\" targetRef=\"{to}\"/>"
                );
            } else if let Some((kind, id)) = line.split_once(' ') {
                inside += &match kind.split_once('/') {
                    Some((kind, event)) => {
                        format!("<{kind} id=\"{id}\"><{event}EventDefinition/></{kind}>")
                    }
                    None => format!("<{kind} id=\"{id}\"/>"),
                };
            }
        }
        processes += &format!("<process id=\"p{p}\">{inside}</process>");
    }
    let text = format!(
        "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" \
         targetNamespace=\"t\"><collaboration>{told}</collaboration>{processes}</definitions>"
    );
    read(text.as_bytes(), Limits::default())
        .expect("it is read")
        .0
}

fn decided(lines: &str) -> Result<Verdict, Vec<String>> {
    decide(&model_of(lines), BOUND)
}

fn verdict(lines: &str) -> (Answer, Answer, Answer) {
    let verdict = decided(lines).expect("it is decided");
    (verdict.safe, verdict.sound, verdict.completes)
}

use Answer::{No, Undecided, Yes};

#[test]
fn a_choice_that_is_joined_is_sound() {
    let net = "startEvent s\nexclusiveGateway x\ntask a\ntask b\nexclusiveGateway y\nendEvent e\n\
               s -> x\nx -> a\nx -> b\na -> y\nb -> y\ny -> e";
    assert_eq!(verdict(net), (Yes, Yes, Yes));
}

#[test]
fn a_choice_that_is_waited_for_on_both_ways_never_ends() {
    let net = "startEvent s\nexclusiveGateway x\ntask a\ntask b\nparallelGateway y\nendEvent e\n\
               s -> x\nx -> a\nx -> b\na -> y\nb -> y\ny -> e";
    let verdict = decided(net).expect("it is decided");
    assert_eq!((verdict.safe, verdict.sound), (Yes, No));
    assert!(!verdict.stuck.is_empty(), "the way there is told");
}

#[test]
fn two_branches_that_meet_unjoined_end_twice() {
    let net = "startEvent s\nparallelGateway x\ntask a\ntask b\nexclusiveGateway y\nendEvent e\n\
               s -> x\nx -> a\nx -> b\na -> y\nb -> y\ny -> e";
    assert_eq!(verdict(net), (No, No, No));
}

#[test]
fn an_inclusive_join_waits_for_what_can_still_come() {
    let net = "startEvent s\ninclusiveGateway x\ntask a\ntask b\ninclusiveGateway y\nendEvent e\n\
               s -> x\nx -> a\nx -> b\na -> y\nb -> y\ny -> e";
    assert_eq!(verdict(net), (Yes, Yes, Yes));
}

#[test]
fn a_message_left_over_is_told_from_one_that_is_missing() {
    let sends = "startEvent s\nsendTask a\nendEvent e\ns -> a\na -> e\n---\n";
    let takes = "startEvent t\nreceiveTask b\nendEvent f\nt -> b\nb -> f\na => b";
    assert_eq!(verdict(&format!("{sends}{takes}")), (Yes, Yes, Yes));
    let either = "startEvent t\nexclusiveGateway x\nreceiveTask b\nendEvent f\nendEvent g\n\
                  t -> x\nx -> b\nx -> g\nb -> f\na => b";
    assert_eq!(verdict(&format!("{sends}{either}")), (Yes, No, Yes));
    let twice = "startEvent t\nreceiveTask b\nreceiveTask c\nendEvent f\n\
                 t -> b\nb -> c\nc -> f\na => b";
    let missing = format!("{sends}{}", twice.replace("c -> f", "c -> f\ne => c"));
    // The end event sends no message by itself: the model says that it does.
    assert_eq!(verdict(&missing).1, Yes);
    let never = "startEvent u\nreceiveTask c\nendEvent h\nu -> c\nc -> h\n---\n\
                 startEvent v\nexclusiveGateway w\nsendTask d\nendEvent i\nendEvent j\n\
                 v -> w\nw -> d\nw -> j\nd -> i\nd => c";
    assert_eq!(verdict(never), (Yes, No, No));
}

#[test]
fn messages_and_tokens_without_bound_are_decided_all_the_same() {
    let net = "startEvent s\nexclusiveGateway x\nsendTask a\nexclusiveGateway y\nendEvent e\n\
               s -> x\nx -> a\na -> y\ny -> x\ny -> e\n---\n\
               startEvent t\nreceiveTask b\nendEvent f\nt -> b\nb -> f\na => b";
    assert_eq!(verdict(net), (Yes, No, Yes));
    let piles = "startEvent s\nexclusiveGateway x\nparallelGateway y\nendEvent e\n\
                 s -> x\nx -> y\ny -> x\ny -> e";
    assert_eq!(verdict(piles), (No, No, No));
}

#[test]
fn what_is_beyond_is_named_and_a_bound_is_honest() {
    let net = "startEvent s\nintermediateThrowEvent/compensate c\nendEvent e\ns -> c\nc -> e";
    let why = decided(net).expect_err("it is beyond");
    assert!(why[0].contains("`c`"), "{why:?}");
    let many: String = (0..12)
        .map(|n| format!("task a{n}\nx -> a{n}\na{n} -> y\n"))
        .collect();
    let net = format!(
        "startEvent s\nparallelGateway x\nparallelGateway y\nendEvent e\ns -> x\ny -> e\n{many}"
    );
    let verdict = decide(&model_of(&net), 500).expect("it is tried");
    assert_eq!((verdict.sound, verdict.states), (Undecided, 500));
}
