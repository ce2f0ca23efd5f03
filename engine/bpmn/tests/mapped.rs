//! What becomes of a process, element by element.

use bpmn::{
    Limits, Verdict,
    map::{Mapping, map},
    read,
};
use model::schema;
use serde_json::{Value, json};

const SPACE: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";

fn mapped(inside: &str) -> Mapping {
    let text = format!(
        "<definitions xmlns=\"{SPACE}\" targetNamespace=\"t\"><process id=\"p\" \
         name=\"Order\">{inside}</process></definitions>"
    );
    let (model, problems) = read(text.as_bytes(), Limits::default()).expect("it is read");
    assert_eq!(problems, vec![]);
    map(&model)
}

fn flow(from: &str, to: &str) -> String {
    format!("<sequenceFlow id=\"{from}_{to}\" sourceRef=\"{from}\" targetRef=\"{to}\"/>")
}

fn nodes(mapping: &Mapping) -> &Value {
    &mapping.drafts[0].file["nodes"]
}

fn verdict(mapping: &Mapping, id: &str) -> (Verdict, String) {
    let mut all = mapping.report.iter();
    let found = all.find(|entry| entry.id.as_deref() == Some(id));
    found
        .map(|e| (e.verdict, e.says.clone()))
        .expect("it is told")
}

#[test]
fn what_is_left_open_is_null_and_the_check_points_there() {
    let inside = [
        "<startEvent id=\"s\"/><userTask id=\"t\" name=\"Look\"/><exclusiveGateway id=\"g\" \
         default=\"g_e\"/><scriptTask id=\"c\"/><endEvent id=\"e\"/>",
        &flow("s", "t"),
        &flow("t", "g"),
        &flow("g", "e"),
        "<sequenceFlow id=\"g_c\" sourceRef=\"g\" targetRef=\"c\" \
         name=\"Large\"><conditionExpression>${total > 5}</conditionExpression></sequenceFlow>",
        &flow("c", "e"),
    ];
    let mapping = mapped(&inside.concat());
    let mut open: Vec<&str> = mapping.to_fill_in.iter().map(|o| o.at.as_str()).collect();
    open.sort_unstable();
    let wanted = [
        "/nodes/c/set",
        "/nodes/g/branches/large/when",
        "/nodes/look/seats",
    ];
    assert_eq!(open, wanted);
    let condition = mapping.to_fill_in.iter().find(|o| o.at.ends_with("when"));
    assert!(condition.is_some_and(|o| o.says.contains("${total > 5}")));
    let mut problems = vec![];
    schema::check("workflow", &mapping.drafts[0].file, "f", "", &mut problems);
    let mut at: Vec<&str> = problems.iter().map(|p| p.at.as_str()).collect();
    at.sort_unstable();
    assert_eq!(at, wanted, "{problems:?}");
    assert!(mapping.report.iter().all(|e| e.verdict == Verdict::Mapped));
}

#[test]
fn a_refused_element_leaves_a_hole_that_is_named() {
    let inside = [
        "<startEvent id=\"s\"/><receiveTask id=\"r\"/><endEvent id=\"e\"/>",
        &flow("s", "r"),
        &flow("r", "e"),
    ];
    let mapping = mapped(&inside.concat());
    let (refused, why) = verdict(&mapping, "r");
    assert_eq!(refused, Verdict::Refused);
    assert!(why.contains("message"), "{why}");
    assert_eq!(verdict(&mapping, "r_e").0, Verdict::Refused);
    assert_eq!(
        nodes(&mapping)["s"],
        json!({ "kind": "start", "next": "r" })
    );
    assert_eq!(nodes(&mapping).get("r"), None);
}

#[test]
fn a_timer_that_ends_a_task_is_a_race_with_it() {
    let inside = [
        "<startEvent id=\"s\"/><userTask id=\"t\"/><endEvent id=\"e\"/><boundaryEvent id=\"b\" \
         attachedToRef=\"t\"><timerEventDefinition><timeDuration>P2D</timeDuration>\
         </timerEventDefinition></boundaryEvent>",
        &flow("s", "t"),
        &flow("t", "e"),
        &flow("b", "e"),
    ];
    let mapping = mapped(&inside.concat());
    let nodes = nodes(&mapping);
    assert_eq!(nodes["s"]["next"], "t_race");
    assert_eq!(
        nodes["t_race"],
        json!({ "kind": "race", "branches": { "t": { "to": "t" }, "b": { "to": "b" } } })
    );
    assert_eq!(
        nodes["b"],
        json!({ "kind": "timer", "for": "P2D", "next": "e" })
    );
    assert_eq!(verdict(&mapping, "b").0, Verdict::Mapped);
}

#[test]
fn ways_out_of_a_task_are_all_taken() {
    let inside = [
        "<startEvent id=\"s\"/><parallelGateway id=\"j\"/><userTask id=\"t\"/><endEvent \
         id=\"e\"/><subProcess id=\"u\"><userTask id=\"v\"/></subProcess>",
        &flow("s", "t"),
        &flow("t", "j"),
        &flow("t", "u"),
        &flow("u", "j"),
        &flow("j", "e"),
    ];
    let mapping = mapped(&inside.concat());
    let nodes = nodes(&mapping);
    assert_eq!(nodes["t"]["next"], "t_split");
    assert_eq!(nodes["t_split"]["kind"], "parallel_gateway");
    assert_eq!(nodes["j"]["join"], "all");
    assert_eq!(nodes["u"]["kind"], "block");
    // A part without start and end gets both.
    let kinds = nodes["u"]["nodes"].as_object().expect("nodes").values();
    let kinds: Vec<&Value> = kinds.map(|node| &node["kind"]).collect();
    assert_eq!(kinds, ["start", "fill", "end"]);
    assert_eq!(verdict(&mapping, "t").0, Verdict::Approximated);
}

#[test]
fn calls_in_a_circle_end() {
    let call = |id: &str, of: &str| {
        format!(
            "<process id=\"{id}\"><callActivity id=\"c{id}\" calledElement=\"{of}\"/>\
             <callActivity id=\"d{id}\" calledElement=\"{of}\"/></process>"
        )
    };
    let mut all = String::new();
    for n in 0..40 {
        all.push_str(&call(&format!("p{n}"), &format!("p{}", (n + 1) % 40)));
    }
    let text = format!("<definitions xmlns=\"{SPACE}\" targetNamespace=\"t\">{all}</definitions>");
    let (model, _) = read(text.as_bytes(), Limits::default()).expect("it is read");
    let mapping = map(&model);
    assert_eq!(mapping.drafts.len(), 40);
    assert!(mapping.report.iter().any(|e| e.verdict == Verdict::Refused));
}
