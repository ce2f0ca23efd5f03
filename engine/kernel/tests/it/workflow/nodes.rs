//! Every node kind: the sequence of events it comes to.

use super::stage::{Stage, n, user};
use chrono::TimeDelta;
use kernel::workflow::{About, Cmd, Principal, TaskNow};
use model::{Status, Value};
use serde_json::json;

fn approval(seats: &str, next: &str) -> serde_json::Value {
    json!({ "kind": "approval", "seats": [seats], "outcomes": { "approve": next, "reject": "no" } })
}

#[test]
fn start_approval_end() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "boss" },
        "boss": approval("= li", "yes"),
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }));
    s.start("zhou");
    assert_eq!(
        s.told(),
        [
            "started",
            "enter begin 1",
            "leave begin by next",
            "token next>boss",
            "enter boss 1",
            "seat boss/li"
        ]
    );
    assert_eq!(s.effects.status, Some(Status::Submitted));
    assert_eq!(s.effects.tasks_opened.len(), 1);
    assert_eq!(
        s.effects.participants,
        [Principal::User(user("zhou")), Principal::User(user("li"))]
    );
    s.act("li", "boss", "approve");
    assert_eq!(
        s.told(),
        [
            "done boss/li approve",
            "leave boss by approve",
            "token approve>yes",
            "enter yes 1",
            "leave yes",
            "ended approved"
        ]
    );
    s.ended(Status::Approved);
    assert_eq!(s.effects.status, Some(Status::Approved));
    assert!(s.effects.ended);
    let closed = &s.effects.tasks_closed[0];
    assert_eq!(
        (closed.now, closed.by, closed.fresh),
        (TaskNow::Done, Some(user("li")), false)
    );
}

#[test]
fn a_rejection_that_leads_to_an_end_rejects() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "boss" },
        "boss": approval("= li", "yes"),
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }));
    s.start("zhou")
        .act("li", "boss", "reject")
        .ended(Status::Rejected);
    assert_eq!(
        s.refused("li", s.acting("li", "boss", "approve")),
        "instance_ended"
    );
}

#[test]
fn an_end_says_the_status() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "boss" },
        "boss": approval("= li", "yes"),
        "yes": { "kind": "end", "status": "closed" },
        "no": { "kind": "terminate", "status": "withdrawn" }
    }));
    s.start("zhou")
        .act("li", "boss", "approve")
        .ended(Status::Closed);
}

#[test]
fn fill_goes_on_when_all_have_filled() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "pay" },
        "pay": { "kind": "fill", "seats": ["= li, wang"], "fields": { "date": "edit" }, "next": "yes" },
        "yes": { "kind": "end" }
    }));
    s.start("zhou").act("li", "pay", "").at(&["pay/wang"]);
    assert_eq!(
        s.refused("wang", s.acting("wang", "pay", "reject")),
        "no_such_outcome"
    );
    s.act("wang", "pay", "next").ended(Status::Approved);
}

#[test]
fn exclusive_takes_the_first_that_holds() {
    let nodes = json!({
        "begin": { "kind": "start", "next": "size" },
        "size": { "kind": "exclusive_gateway", "branches": {
            "huge": { "when": "= huge", "to": "a" },
            "large": { "when": "= large", "to": "b" },
            "small": { "to": "yes" } } },
        "a": approval("= li", "yes"),
        "b": approval("= wang", "yes"),
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    });
    for (holds, open) in [
        (vec!["huge", "large"], vec!["a/li"]),
        (vec!["large"], vec!["b/wang"]),
        (vec![], vec![]),
    ] {
        let mut s = Stage::new(nodes.clone());
        s.holds = holds.into_iter().map(String::from).collect();
        s.start("zhou").at(&open);
        let both = s.asked.iter().filter(|a| a.set == 0).count();
        assert!(both >= 2, "both conditions are asked at once");
    }
}

#[test]
fn parallel_splits_and_joins() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "both" },
        "both": { "kind": "parallel_gateway",
                  "branches": { "one": { "to": "a" }, "two": { "to": "b" } } },
        "a": approval("= li", "met"),
        "b": approval("= wang", "met"),
        "met": { "kind": "parallel_gateway", "join": "all", "next": "c" },
        "c": approval("= sun", "yes"),
        "yes": { "kind": "end" },
        "no": { "kind": "terminate", "status": "rejected" }
    }));
    s.start("zhou")
        .at(&["a/li", "b/wang"])
        .act("wang", "b", "approve")
        .at(&["a/li"]);
    assert_eq!(s.state.tokens.len(), 1);
    s.act("li", "a", "approve").at(&["c/sun"]);
    assert_eq!(
        s.told(),
        [
            "done a/li approve",
            "leave a by approve",
            "token approve>met",
            "enter met 1",
            "leave met",
            "token next>c",
            "enter c 1",
            "seat c/sun"
        ]
    );
    s.act("sun", "c", "approve").ended(Status::Approved);
}

#[test]
fn terminate_ends_what_runs_beside() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "both" },
        "both": { "kind": "parallel_gateway",
                  "branches": { "one": { "to": "a" }, "two": { "to": "b" }, "three": { "to": "t" } } },
        "a": approval("= li", "met"),
        "b": approval("= wang", "met"),
        "t": { "kind": "timer", "for": "PT1H", "next": "met" },
        "met": { "kind": "parallel_gateway", "join": "all", "next": "yes" },
        "yes": { "kind": "end" },
        "no": { "kind": "terminate", "status": "rejected" }
    }));
    s.start("zhou")
        .act("wang", "b", "approve")
        .act("li", "a", "reject")
        .ended(Status::Rejected);
    assert_eq!(s.effects.timers_cancelled.len(), 1);
}

#[test]
fn inclusive_takes_all_that_hold_or_the_default() {
    let nodes = json!({
        "begin": { "kind": "start", "next": "who" },
        "who": { "kind": "inclusive_gateway", "branches": {
            "one": { "when": "= one", "to": "a" },
            "two": { "when": "= two", "to": "b" },
            "none": { "to": "c" } } },
        "a": approval("= li", "met"),
        "b": approval("= wang", "met"),
        "c": approval("= sun", "met"),
        "met": { "kind": "inclusive_gateway", "join": "live", "next": "yes" },
        "yes": { "kind": "end" },
        "no": { "kind": "terminate", "status": "rejected" }
    });
    for (holds, open) in [
        (vec!["one", "two"], vec!["a/li", "b/wang"]),
        (vec!["two"], vec!["b/wang"]),
        (vec![], vec!["c/sun"]),
    ] {
        let mut s = Stage::new(nodes.clone());
        s.holds = holds.into_iter().map(String::from).collect();
        s.start("zhou").at(&open);
        for task in open {
            let (node, who) = task.split_once('/').unwrap();
            s.act(who, node, "approve");
        }
        s.ended(Status::Approved);
    }
}

#[test]
fn notify_tells_each_once_and_nobody_holds_it_up() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "tell" },
        "tell": { "kind": "notify", "to": ["= li, wang, li"], "message": "placed", "next": "more" },
        "more": { "kind": "notify", "to": ["= nobody"], "message": "placed", "next": "yes" },
        "yes": { "kind": "end" }
    }));
    s.start("zhou").ended(Status::Approved);
    assert_eq!(s.effects.notices.len(), 1);
    assert_eq!(s.effects.notices[0].to, [user("li"), user("wang")]);
    assert_eq!(
        s.effects.notices[0].about,
        About::Message("test/placed".parse().unwrap())
    );
}

#[test]
fn a_script_writes_and_later_conditions_see_it() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "before" },
        "before": { "kind": "exclusive_gateway", "branches": {
            "set": { "when": "= written", "to": "yes" }, "not": { "to": "set" } } },
        "set": { "kind": "script", "set": { "checked": true }, "next": "after" },
        "after": { "kind": "exclusive_gateway", "branches": {
            "set": { "when": "= written", "to": "a" }, "not": { "to": "yes" } } },
        "a": approval("= li", "yes"),
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }));
    s.start("zhou").at(&["a/li"]);
    assert_eq!(s.effects.patch.get(&n("checked")), Some(&Value::Bool(true)));
}

#[test]
fn a_timer_waits_for_its_moment() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "wait" },
        "wait": { "kind": "timer", "for": "PT1H", "next": "yes" },
        "yes": { "kind": "end" }
    }));
    s.start("zhou");
    let timer = s.effects.timers_set[0].clone();
    assert_eq!(timer.at, s.now + TimeDelta::hours(1));
    assert_eq!(
        s.refused("engine", Cmd::Fire { timer: timer.id }),
        "not_due"
    );
    s.now = timer.at;
    s.does("engine", Cmd::Fire { timer: timer.id })
        .ended(Status::Approved);
    assert_eq!(
        s.told(),
        [
            "fired",
            "leave wait",
            "token next>yes",
            "enter yes 1",
            "leave yes",
            "ended approved"
        ]
    );
    assert!(s.effects.timers_cancelled.is_empty());
    assert_eq!(
        s.refused("engine", Cmd::Fire { timer: timer.id }),
        "instance_ended"
    );
}

#[test]
fn post_writes_or_asks_whoever_may_let_it_through() {
    let nodes = json!({
        "begin": { "kind": "start", "next": "book" },
        "book": { "kind": "post", "next": "yes", "over": { "stock/limit": "cfo" } },
        "cfo": approval("= boss", "book"),
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    });
    let mut s = Stage::new(nodes.clone());
    s.start("zhou").ended(Status::Posted);
    assert_eq!(s.effects.post.len(), 1);
    assert!(s.effects.post[0].overridden.is_empty());

    let mut s = Stage::new(nodes.clone());
    s.broken = vec!["test/stock/limit"];
    s.start("zhou").at(&["cfo/boss"]);
    assert!(s.effects.post.is_empty());
    s.act("boss", "cfo", "approve").ended(Status::Posted);
    assert_eq!(s.effects.post[0].overridden, ["test/stock/limit"]);

    // Rejected over the limit: nothing is posted.
    let mut s = Stage::new(nodes.clone());
    s.broken = vec!["test/stock/limit"];
    s.start("zhou")
        .act("boss", "cfo", "reject")
        .ended(Status::Rejected);
    assert!(s.effects.post.is_empty());

    // Another constraint has nobody who could let it through.
    let mut s = Stage::new(nodes);
    s.broken = vec!["test/stock/never"];
    assert_eq!(s.refused("zhou", Cmd::Start), "constraint_broken");
}

#[test]
fn what_is_posted_ends_posted() {
    // Such ends are refused when published; a definition of an older program may have them.
    for (kind, status) in [
        ("end", "closed"),
        ("end", "rejected"),
        ("terminate", "rejected"),
    ] {
        let mut s = Stage::unjudged(&json!({
            "begin": { "kind": "start", "next": "book" },
            "book": { "kind": "post", "next": "a" },
            "a": approval("= li", "yes"),
            "yes": { "kind": kind, "status": status },
            "no": { "kind": "end" }
        }));
        s.start("zhou");
        assert_eq!(s.effects.status, Some(Status::Posted));
        assert_eq!(s.refused("zhou", Cmd::Withdraw), "already_posted");
        s.act("li", "a", "approve").ended(Status::Posted);
        assert_eq!(s.effects.status, Some(Status::Posted));
    }
}

#[test]
fn one_event_never_comes_without_its_kind() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "yes" },
        "yes": { "kind": "end" }
    }));
    s.start("zhou");
    for event in &s.log {
        assert!(serde_json::to_value(event).unwrap()["kind"].is_string());
    }
}

#[test]
fn a_loop_of_seats_that_pass_by_themselves_ends_in_an_incident() {
    // The starter's own seats pass; the loop has people, so it is no cycle of automatic nodes.
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": { "kind": "approval", "seats": ["= zhou"], "own": "pass",
               "outcomes": { "approve": "more", "reject": "yes" } },
        "more": { "kind": "exclusive_gateway",
                  "branches": { "again": { "when": "= again", "to": "a" }, "enough": { "to": "yes" } } },
        "yes": { "kind": "end" }
    }));
    s.holds.insert("again".into());
    s.start("zhou");
    assert_eq!(s.effects.incident.as_ref().unwrap().0, "step_budget");
    assert_eq!(
        s.refused("zhou", Cmd::Fire { timer: user("x") }),
        "stands_still"
    );
    // The record has been seen to; the flow goes on.
    s.holds.clear();
    s.does("admin", Cmd::Retry).ended(Status::Approved);
    assert_eq!(s.refused("admin", Cmd::Retry), "instance_ended");
}

#[test]
fn what_a_timer_runs_into_calls_a_person() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "wait" },
        "wait": { "kind": "timer", "for": "PT1H", "next": "tell" },
        "tell": { "kind": "notify", "to": ["= li"], "message": "m", "next": "a" },
        "a": { "kind": "approval", "seats": ["role:clerk"], "outcomes": { "approve": "yes", "reject": "yes" } },
        "yes": { "kind": "end" }
    }));
    s.start("zhou");
    let timer = s.effects.timers_set[0].clone();
    s.now = timer.at;
    s.does("engine", Cmd::Fire { timer: timer.id });
    assert_eq!(s.told().last().unwrap(), "incident nobody_to_ask a");
    assert_eq!((s.effects.notices.len(), s.state.tokens.len()), (1, 1));
    // A person who tries again is told why not; once somebody holds the role, it goes on.
    assert_eq!(s.refused("admin", Cmd::Retry), "nobody_to_ask");
    s.roles.insert("clerk".into(), vec!["ana"]);
    s.does("admin", Cmd::Retry).at(&["a/role:clerk"]);
    assert_eq!(s.state.incident, None);
}

#[test]
fn a_finished_five_step_approval_is_small() {
    let mut nodes = serde_json::Map::new();
    nodes.insert("begin".into(), json!({ "kind": "start", "next": "step_0" }));
    for n in 0..5 {
        let next = if n == 4 {
            "yes".into()
        } else {
            format!("step_{}", n + 1)
        };
        nodes.insert(format!("step_{n}"), approval("= li", &next));
    }
    nodes.insert("yes".into(), json!({ "kind": "end" }));
    nodes.insert("no".into(), json!({ "kind": "end" }));
    let mut s = Stage::new(serde_json::Value::Object(nodes));
    s.start("zhou");
    for n in 0..5 {
        s.act("li", &format!("step_{n}"), "approve");
    }
    s.ended(Status::Approved);
    let events = serde_json::to_string(&s.log).unwrap().len();
    let state = serde_json::to_string(&s.state).unwrap().len();
    println!("events {events} bytes, state {state} bytes");
    assert!(events + state < 8_000);
}
