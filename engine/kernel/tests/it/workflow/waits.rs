//! What holds a token up, and what wins: races, messages, signals, mutexes, milestones.

use super::stage::{Stage, n};
use chrono::TimeDelta;
use kernel::workflow::{Cmd, Message};
use model::Status;
use serde_json::{Value, json};

fn fill(who: &str, next: &str) -> Value {
    json!({ "kind": "fill", "label": "x", "seats": [format!("= {who}")], "next": next })
}

fn message(name: &str, key: Option<&str>, until: Option<chrono::DateTime<chrono::Utc>>) -> Cmd {
    Cmd::Message {
        message: Message {
            name: n(name),
            key: key.map(Into::into),
            until,
        },
    }
}

fn race() -> Value {
    json!({
        "start": { "kind": "start", "next": "race" },
        "race": { "kind": "race", "branches": {
            "answer": { "to": "answer" }, "paid": { "to": "paid" }, "late": { "to": "late" } } },
        "answer": fill("ana", "end"),
        "paid": { "kind": "message", "name": "paid", "next": "book" },
        "late": { "kind": "timer", "for": "PT1H", "next": "chase" },
        "book": fill("ben", "end"),
        "chase": fill("cai", "end"),
        "end": { "kind": "end" },
    })
}

#[test]
fn the_first_that_is_done_wins_the_race() {
    let mut s = Stage::new(race());
    s.start("zhou").at(&["answer/ana"]);
    assert_eq!(s.state.timers.len(), 1);
    s.does("zhou", message("paid", None, None))
        .at(&["book/ben"]);
    assert!(s.state.timers.is_empty(), "the loser's timer is off");

    let mut s = Stage::new(race());
    s.start("zhou");
    let timer = s.state.timers[0].id;
    s.now += TimeDelta::hours(2);
    s.does("zhou", Cmd::Fire { timer }).at(&["chase/cai"]);

    let mut s = Stage::new(race());
    s.start("zhou")
        .act("ana", "answer", "")
        .ended(Status::Approved);
}

#[test]
fn a_race_needs_something_to_wait_for() {
    let mut nodes = race();
    nodes["race"]["branches"]["late"]["to"] = json!("end");
    let problems = kernel::workflow::Def::load(&super::stage::workflow(&nodes)).unwrap_err();
    assert!(problems.iter().any(|p| p.code == "nothing_waits"));
}

fn waits_for(node: Value) -> Value {
    json!({
        "start": { "kind": "start", "next": "first" },
        "first": fill("ana", "wait"),
        "wait": node,
        "last": fill("ben", "end"),
        "end": { "kind": "end" },
    })
}

#[test]
fn a_message_that_came_before_was_kept() {
    let node = json!({ "kind": "message", "name": "paid", "next": "last" });
    let mut s = Stage::new(waits_for(node));
    s.start("zhou").does("zhou", message("paid", None, None));
    assert_eq!(s.state.mailbox.len(), 1);
    s.act("ana", "first", "").at(&["last/ben"]);
    assert!(s.state.mailbox.is_empty());
}

#[test]
fn a_message_is_kept_no_longer_than_it_says() {
    let node = json!({ "kind": "message", "name": "paid", "next": "last" });
    let mut s = Stage::new(waits_for(node));
    let until = s.now + TimeDelta::hours(1);
    s.start("zhou")
        .does("zhou", message("paid", None, Some(until)));
    s.now += TimeDelta::hours(2);
    s.act("ana", "first", "").at(&[]);
    assert!(s.state.mailbox.is_empty());
    s.does("zhou", message("paid", None, None))
        .at(&["last/ben"]);
}

#[test]
fn only_the_message_with_the_key_is_meant() {
    let node = json!({ "kind": "message", "name": "paid", "key": "= number", "next": "last" });
    let mut s = Stage::new(waits_for(node));
    s.key = Some("PO-1");
    s.start("zhou").act("ana", "first", "");
    s.does("zhou", message("paid", Some("PO-2"), None)).at(&[]);
    s.does("zhou", message("paid", Some("PO-1"), None))
        .at(&["last/ben"]);
}

#[test]
fn a_signal_that_came_before_is_lost() {
    let node = json!({ "kind": "signal", "name": "opened", "next": "last" });
    let mut s = Stage::new(waits_for(node));
    let signal = || Cmd::Signal { name: n("opened") };
    s.start("zhou").does("zhou", signal());
    s.act("ana", "first", "").at(&[]);
    s.does("zhou", Cmd::Signal { name: n("closed") }).at(&[]);
    s.does("zhou", signal()).at(&["last/ben"]);
}

#[test]
fn a_milestone_takes_back_what_nobody_has_done() {
    let nodes = json!({
        "start": { "kind": "start", "next": "split" },
        "split": { "kind": "parallel_gateway", "branches": { "a": { "to": "a" }, "x": { "to": "x" } } },
        "a": fill("ana", "b"),
        "b": fill("ben", "met"),
        "x": { "kind": "fill", "label": "x", "seats": ["= eva"], "while": "b", "next": "met" },
        "met": { "kind": "complex_gateway", "need": 1, "rest": "cancel", "next": "end" },
        "end": { "kind": "end" },
    });
    let mut s = Stage::new(nodes.clone());
    s.start("zhou").at(&["a/ana"]);
    s.act("ana", "a", "").at(&["b/ben", "x/eva"]);
    s.act("eva", "x", "").ended(Status::Approved);

    let mut s = Stage::new(nodes);
    s.start("zhou").act("ana", "a", "").act("ben", "b", "");
    s.ended(Status::Approved);
}

#[test]
fn one_mutex_one_open_node() {
    let with = |who: &str| {
        let mut node = fill(who, "met");
        node["mutex"] = json!("dock");
        node
    };
    let mut s = Stage::new(json!({
        "start": { "kind": "start", "next": "split" },
        "split": { "kind": "parallel_gateway", "branches": { "a": { "to": "a" }, "b": { "to": "b" } } },
        "a": with("ana"),
        "b": with("ben"),
        "met": { "kind": "parallel_gateway", "join": "all", "next": "end" },
        "end": { "kind": "end" },
    }));
    s.start("zhou").at(&["a/ana"]);
    s.act("ana", "a", "").at(&["b/ben"]);
    s.act("ben", "b", "").ended(Status::Approved);
}

#[test]
fn too_late_is_drained_and_leads_nowhere() {
    let mut s = Stage::new(json!({
        "start": { "kind": "start", "next": "split" },
        "split": { "kind": "parallel_gateway", "branches": {
            "a": { "to": "a" }, "b": { "to": "b" }, "c": { "to": "c" } } },
        "a": fill("ana", "met"),
        "b": fill("ben", "met"),
        "c": fill("cai", "met"),
        "met": { "kind": "complex_gateway", "need": 2, "next": "last" },
        "last": fill("li", "end"),
        "end": { "kind": "end" },
    }));
    s.start("zhou").act("cai", "c", "").act("ana", "a", "");
    s.at(&["b/ben", "last/li"]);
    s.act("ben", "b", "").at(&["last/li"]);
    assert!(s.state.tokens.is_empty());
    s.act("li", "last", "").ended(Status::Approved);
}

#[test]
fn a_join_can_be_closed_with_what_has_arrived() {
    let mut s = Stage::new(json!({
        "start": { "kind": "start", "next": "split" },
        "split": { "kind": "parallel_gateway", "branches": { "a": { "to": "a" }, "b": { "to": "b" } } },
        "a": fill("ana", "met"),
        "b": fill("ben", "met"),
        "met": { "kind": "complex_gateway", "need": 2, "next": "last" },
        "last": fill("li", "end"),
        "end": { "kind": "end" },
    }));
    let close = || Cmd::CloseJoin { node: n("met") };
    s.start("zhou");
    assert_eq!(s.refused("zhou", close()), "nothing_arrived");
    s.act("ana", "a", "").does("zhou", close());
    s.at(&["b/ben", "last/li"])
        .act("li", "last", "")
        .act("ben", "b", "");
    s.ended(Status::Approved);
    assert_eq!(s.refused("zhou", close()), "instance_ended");
}
