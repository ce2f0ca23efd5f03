//! Blocks: parts of a flow with a start of their own, once or several times.

use super::stage::{Stage, n};
use kernel::workflow::Cmd;
use model::Status;
use serde_json::{Value, json};

fn fill(who: &str, next: &str) -> Value {
    json!({ "kind": "fill", "label": "x", "seats": [format!("= {who}")], "next": next,
            "may": { "return": { "to": "any", "then": "rerun" } } })
}

/// start → block(`inner`, with `more` keys) → last → end.
fn around(inner: Value, more: Value) -> Value {
    let mut block = json!({ "kind": "block", "nodes": inner, "next": "last" });
    for (key, value) in more.as_object().unwrap() {
        block[key] = value.clone();
    }
    json!({
        "start": { "kind": "start", "next": "block" },
        "block": block,
        "last": fill("li", "end"),
        "end": { "kind": "end" },
    })
}

fn two_in_a_row() -> Value {
    json!({
        "begin": { "kind": "start", "next": "a" },
        "a": fill("ana", "b"),
        "b": fill("ben", "done"),
        "done": { "kind": "end" },
    })
}

#[test]
fn a_block_is_done_when_nothing_in_it_runs() {
    let mut s = Stage::new(around(two_in_a_row(), json!({})));
    s.start("zhou").at(&["a/ana"]);
    s.act("ana", "a", "").at(&["b/ben"]);
    s.act("ben", "b", "").at(&["last/li"]);
    s.act("li", "last", "").ended(Status::Approved);
}

#[test]
fn several_runs_go_side_by_side_and_all_are_waited_for() {
    let mut s = Stage::new(around(two_in_a_row(), json!({ "each": "= amount" })));
    s.amount = 3;
    s.start("zhou").at(&["a/ana", "a/ana", "a/ana"]);
    s.act("ana", "a", "").at(&["a/ana", "a/ana", "b/ben"]);
    s.act("ben", "b", "").at(&["a/ana", "a/ana"]);
    for _ in 0..2 {
        s.act("ana", "a", "").act("ben", "b", "");
    }
    s.at(&["last/li"]);
}

#[test]
fn runs_in_turn_begin_one_after_the_other() {
    let more = json!({ "each": 2, "order": "in_turn" });
    let mut s = Stage::new(around(two_in_a_row(), more));
    s.start("zhou").at(&["a/ana"]);
    s.act("ana", "a", "").act("ben", "b", "").at(&["a/ana"]);
    s.act("ana", "a", "").act("ben", "b", "").at(&["last/li"]);
}

#[test]
fn enough_runs_end_the_others() {
    let mut s = Stage::new(around(two_in_a_row(), json!({ "each": 3, "until": 1 })));
    s.start("zhou");
    s.act("ana", "a", "").act("ben", "b", "").at(&["last/li"]);
    assert_eq!(
        s.named(|s| s.now == kernel::workflow::SeatNow::Cancelled),
        ["a/ana", "a/ana"]
    );
    s.act("li", "last", "").ended(Status::Approved);
}

#[test]
fn no_run_at_all_is_done_at_once() {
    let mut s = Stage::new(around(two_in_a_row(), json!({ "each": 0 })));
    s.start("zhou").at(&["last/li"]);
}

#[test]
fn a_run_more_can_be_added_while_the_block_is_open() {
    let mut s = Stage::new(around(two_in_a_row(), json!({ "each": 1 })));
    s.start("zhou").at(&["a/ana"]);
    s.does("zhou", Cmd::AddRun { node: n("block") })
        .at(&["a/ana", "a/ana"]);
    for _ in 0..2 {
        s.act("ana", "a", "").act("ben", "b", "");
    }
    s.at(&["last/li"]);
    assert_eq!(
        s.refused("zhou", Cmd::AddRun { node: n("block") }),
        "not_open"
    );
    assert_eq!(
        s.refused("zhou", Cmd::AddRun { node: n("last") }),
        "runs_once"
    );
    assert_eq!(
        s.refused("zhou", Cmd::AddRun { node: n("nowhere") }),
        "no_such_node"
    );
}

#[test]
fn interleaved_people_act_one_at_a_time_in_any_order() {
    let inner = json!({
        "begin": { "kind": "start", "next": "split" },
        "split": { "kind": "parallel_gateway", "branches": { "a": { "to": "a" }, "b": { "to": "b" } } },
        "a": fill("ana", "met"),
        "b": fill("ben", "met"),
        "met": { "kind": "parallel_gateway", "join": "all", "next": "done" },
        "done": { "kind": "end" },
    });
    let mut s = Stage::new(around(inner, json!({ "interleave": true })));
    s.start("zhou").at(&["a/ana"]);
    s.act("ana", "a", "").at(&["b/ben"]);
    s.act("ben", "b", "").at(&["last/li"]);
}

#[test]
fn terminate_in_a_block_ends_its_run_only() {
    let inner = json!({
        "begin": { "kind": "start", "next": "split" },
        "split": { "kind": "parallel_gateway", "branches": { "a": { "to": "a" }, "b": { "to": "b" } } },
        "a": fill("ana", "stop"),
        "b": fill("ben", "done"),
        "stop": { "kind": "terminate" },
        "done": { "kind": "end" },
    });
    let mut s = Stage::new(around(inner, json!({})));
    s.start("zhou").at(&["a/ana", "b/ben"]);
    s.act("ana", "a", "").at(&["last/li"]);
    s.act("li", "last", "").ended(Status::Approved);
}

#[test]
fn sent_back_within_a_block_and_out_of_it() {
    let mut s = Stage::new(around(two_in_a_row(), json!({})));
    s.start("zhou").act("ana", "a", "");
    s.back("ben", "b", "a").at(&["a/ana"]);
    s.act("ana", "a", "");
    // Out of the block: all of it is undone, and done again.
    s.back("ben", "b", "start").at(&["start/zhou"]);
    s.act("zhou", "start", "").at(&["a/ana"]);
    s.act("ana", "a", "")
        .act("ben", "b", "")
        .act("li", "last", "");
    s.ended(Status::Approved);
}

#[test]
fn a_name_stands_once_in_the_whole_workflow() {
    let mut nodes = around(two_in_a_row(), json!({}));
    nodes["block"]["nodes"]["last"] = fill("eva", "done");
    let problems = kernel::workflow::Def::load(&super::stage::workflow(&nodes)).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|p| p.code.as_str()).collect();
    assert!(codes.contains(&"node_twice"), "{codes:?}");
}

#[test]
fn a_problem_in_a_block_is_told_at_its_place() {
    let mut nodes = around(two_in_a_row(), json!({}));
    nodes["block"]["nodes"]["b"]["next"] = json!("last");
    let problems = kernel::workflow::Def::load(&super::stage::workflow(&nodes)).unwrap_err();
    let found: Vec<(&str, &str)> = problems
        .iter()
        .map(|p| (p.at.as_str(), p.code.as_str()))
        .collect();
    assert_eq!(found, [("/nodes/block/nodes/b/next", "unknown_node")]);
}
