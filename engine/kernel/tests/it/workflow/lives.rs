//! `Live` joins: Völzer's rule, case by case.

use super::stage::Stage;
use model::Status;
use serde_json::{Value, json};

fn node(who: &str, next: &str) -> Value {
    json!({ "kind": "approval", "seats": [format!("= {who}")],
            "outcomes": { "approve": next, "reject": "no" } })
}

fn holding(nodes: Value, holds: &[&str]) -> Stage {
    let mut s = Stage::new(nodes);
    s.holds = holds.iter().map(|h| h.to_string()).collect();
    s
}

#[test]
fn it_waits_for_all_that_can_still_come() {
    // 7: one, both, or a way that leads past the join.
    let nodes = json!({
        "begin": { "kind": "start", "next": "who" },
        "who": { "kind": "inclusive_gateway", "branches": {
            "one": { "when": "= one", "to": "a" }, "two": { "when": "= two", "to": "b" },
            "none": { "to": "c" } } },
        "a": node("ana", "met"),
        "b": node("ben", "then"),
        "then": { "kind": "exclusive_gateway", "branches": {
            "past": { "when": "= past", "to": "yes" }, "on": { "to": "met" } } },
        "c": node("cai", "met"),
        "met": { "kind": "inclusive_gateway", "join": "live", "next": "d" },
        "d": node("dan", "yes"),
        "yes": { "kind": "end" },
        "no": { "kind": "terminate", "status": "rejected" }
    });
    let mut s = holding(nodes.clone(), &["one", "two"]);
    s.start("zhou").act("ana", "a", "approve").at(&["b/ben"]);
    s.act("ben", "b", "approve")
        .at(&["d/dan"])
        .act("dan", "d", "approve")
        .ended(Status::Approved);
    // ben's token goes past the join: the one that waits may go on.
    let mut s = holding(nodes.clone(), &["one", "two", "past"]);
    s.start("zhou").act("ana", "a", "approve").at(&["b/ben"]);
    s.act("ben", "b", "approve")
        .at(&["d/dan"])
        .act("dan", "d", "approve")
        .ended(Status::Approved);
    let mut s = holding(nodes, &["two"]);
    s.start("zhou").act("ben", "b", "approve").at(&["d/dan"]);
}

#[test]
fn a_token_that_can_also_come_where_one_waits_is_not_waited_for() {
    // The token that waits at `k` could, once `k` has fired, come round to either way into `met`.
    // It needs what is behind `met` first; waiting for it would be for ever.
    let nodes = json!({
        "begin": { "kind": "start", "next": "both" },
        "both": { "kind": "parallel_gateway", "branches": { "one": { "to": "m1" }, "two": { "to": "mk" } } },
        "m1": { "kind": "exclusive_gateway", "next": "met" },
        "mk": { "kind": "exclusive_gateway", "next": "k" },
        "met": { "kind": "inclusive_gateway", "join": "live", "next": "a" },
        "a": node("ana", "k"),
        "k": { "kind": "parallel_gateway", "join": "all", "next": "b" },
        "b": { "kind": "approval", "seats": ["= ben"],
               "outcomes": { "approve": "yes", "more": "again", "reject": "no" } },
        "again": { "kind": "parallel_gateway", "branches": { "one": { "to": "y" }, "two": { "to": "mk" } } },
        "y": { "kind": "exclusive_gateway", "branches": {
            "left": { "when": "= left", "to": "m1" }, "right": { "to": "met" } } },
        "yes": { "kind": "end" },
        "no": { "kind": "terminate", "status": "rejected" }
    });
    for holds in [&["left"][..], &[]] {
        let mut s = holding(nodes.clone(), holds);
        s.start("zhou")
            .at(&["a/ana"])
            .act("ana", "a", "approve")
            .at(&["b/ben"]);
        s.act("ben", "b", "more")
            .at(&["a/ana"])
            .act("ana", "a", "approve");
        s.act("ben", "b", "approve").ended(Status::Approved);
    }
}

#[test]
fn an_asymmetric_vicious_circle_is_solved() {
    // A token in a loop behind the join can come round to it only through the join itself.
    let nodes = json!({
        "begin": { "kind": "start", "next": "both" },
        "both": { "kind": "inclusive_gateway", "branches": {
            "one": { "when": "= one", "to": "a" }, "two": { "to": "j1" } } },
        "a": node("ana", "j1"),
        "j1": { "kind": "inclusive_gateway", "join": "live", "next": "j2" },
        "j2": { "kind": "inclusive_gateway", "join": "live", "next": "c" },
        "c": { "kind": "approval", "seats": ["= cai"],
               "outcomes": { "approve": "yes", "again": "j2", "reject": "no" } },
        "yes": { "kind": "end" },
        "no": { "kind": "terminate", "status": "rejected" }
    });
    let mut s = Stage::new(nodes.clone());
    s.start("zhou")
        .at(&["c/cai"])
        .act("cai", "c", "again")
        .at(&["c/cai"]);
    s.act("cai", "c", "again")
        .act("cai", "c", "approve")
        .ended(Status::Approved);
    let mut s = holding(nodes, &["one"]);
    s.start("zhou").act("ana", "a", "approve").at(&["c/cai"]);
    s.act("cai", "c", "approve").ended(Status::Approved);
}

#[test]
fn two_joins_that_wait_for_each_other_are_refused() {
    // The symmetric circle: each join can be reached from the other's waiting token.
    let workflow = super::stage::workflow(&json!({
        "begin": { "kind": "start", "next": "both" },
        "both": { "kind": "parallel_gateway", "branches": { "one": { "to": "j1" }, "two": { "to": "j2" } } },
        "j1": { "kind": "inclusive_gateway", "join": "live", "next": "a" },
        "j2": { "kind": "inclusive_gateway", "join": "live", "next": "b" },
        "a": { "kind": "approval", "seats": ["= ana"], "outcomes": { "approve": "met", "over": "j2" } },
        "b": { "kind": "approval", "seats": ["= ben"], "outcomes": { "approve": "met", "over": "j1" } },
        "met": { "kind": "inclusive_gateway", "join": "live", "next": "yes" },
        "yes": { "kind": "end" }
    }));
    let problems = kernel::workflow::Def::compile(&workflow).unwrap_err();
    assert_eq!(problems[0].code, "stuck_join");
    assert_eq!(problems[0].file, "test/workflows/flow.json");
    assert!(
        problems[0].say.contains("begin → both"),
        "{}",
        problems[0].say
    );
}

#[test]
fn a_live_join_does_not_fire_before_people_behind_it_are_done() {
    // The join waits on a node, not only on a transition; and on a visit that is paused.
    let with = |who: &str, next: &str| {
        let mut n = node(who, next);
        n["may"] = json!({ "return": { "to": "any", "then": "resume" } });
        n
    };
    let mut s = holding(
        json!({
            "begin": { "kind": "start", "next": "a" },
            "a": node("ana", "who"),
            "who": { "kind": "inclusive_gateway", "branches": {
                "one": { "when": "= one", "to": "b" }, "two": { "when": "= two", "to": "c" },
                "none": { "to": "met" } } },
            "b": with("ben", "met"),
            "c": with("cai", "met"),
            "met": { "kind": "inclusive_gateway", "join": "live", "next": "d" },
            "d": with("dan", "yes"),
            "yes": { "kind": "end" },
            "no": { "kind": "terminate", "status": "rejected" }
        }),
        &["one", "two"],
    );
    s.start("zhou")
        .act("ana", "a", "approve")
        .act("ben", "b", "approve");
    s.back("cai", "c", "a")
        .at(&["a/ana"])
        .act("ana", "a", "approve")
        .at(&["c/cai"]);
    s.act("cai", "c", "approve").at(&["d/dan"]);
    s.back("dan", "d", "b")
        .at(&["b/ben"])
        .act("ben", "b", "approve")
        .at(&["d/dan"]);
    s.act("dan", "d", "approve").ended(Status::Approved);
}
