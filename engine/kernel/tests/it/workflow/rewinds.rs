//! Sending back, exactly: lineage, credit at joins, resume and rerun, added seats.

use super::stage::{Stage, user};
use kernel::workflow::{Cmd, SeatNow};
use model::{Status, workflow::How};
use serde_json::{Value, json};

fn node(who: &str, then: &str, next: &str) -> Value {
    json!({ "kind": "approval", "seats": [format!("= {who}")],
            "may": { "return": { "to": "any", "then": then }, "add_seat": {}, "transfer": {} },
            "outcomes": { "approve": next, "reject": "no" } })
}

/// a, then b and c → c2 side by side, then d.
fn diamond(then: &str) -> Stage {
    Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": node("li", then, "both"),
        "both": { "kind": "parallel_gateway", "branches": { "one": { "to": "b" }, "two": { "to": "c" } } },
        "b": node("wang", then, "met"),
        "c": node("zhao", then, "c2"),
        "c2": node("qian", then, "met"),
        "met": { "kind": "parallel_gateway", "join": "all", "next": "d" },
        "d": node("sun", then, "yes"),
        "yes": { "kind": "end" },
        "no": { "kind": "terminate", "status": "rejected" }
    }))
}

fn attempts(s: &Stage) -> String {
    let mut list: Vec<String> = Vec::new();
    for name in s.workflow.nodes.keys() {
        let of = s
            .state
            .visits
            .iter()
            .filter(|v| v.node == *name)
            .map(|v| v.attempt)
            .max();
        if let Some(attempt) = of
            && attempt > 1
        {
            list.push(format!("{name}:{attempt}"));
        }
    }
    list.join(" ")
}

fn to_the_end(s: &mut Stage) {
    while let Some(task) = s.open().first().cloned() {
        let (node, who) = task.split_once('/').unwrap();
        let outcome = if node == "begin" { "next" } else { "approve" };
        s.act(who, node, outcome);
    }
    s.ended(Status::Approved);
}

#[test]
fn resume_goes_straight_back() {
    let mut s = diamond("resume");
    s.start("zhou")
        .act("li", "a", "approve")
        .act("wang", "b", "approve");
    s.act("zhao", "c", "approve")
        .act("qian", "c2", "approve")
        .at(&["d/sun"]);
    s.back("sun", "d", "c");
    assert_eq!(
        s.told(),
        [
            "return d/sun",
            "rewind d to c",
            "reopen c 2 redo",
            "seat c/zhao"
        ]
    );
    s.at(&["c/zhao"]).act("zhao", "c", "approve").at(&["d/sun"]);
    assert_eq!(
        s.told(),
        [
            "done c/zhao approve",
            "leave c by approve",
            "reopen d 2",
            "seat d/sun"
        ]
    );
    assert_eq!(attempts(&s), "c:2 d:2");
    s.act("sun", "d", "approve").ended(Status::Approved);
}

#[test]
fn rerun_runs_everything_behind_the_target_again() {
    let mut s = diamond("rerun");
    s.start("zhou")
        .act("li", "a", "approve")
        .act("wang", "b", "approve");
    s.act("zhao", "c", "approve").act("qian", "c2", "approve");
    s.back("sun", "d", "c").at(&["c/zhao"]);
    // The finished sibling keeps its credit at the join.
    assert_eq!(s.state.tokens.len(), 1);
    s.act("zhao", "c", "approve")
        .at(&["c2/qian"])
        .act("qian", "c2", "approve")
        .at(&["d/sun"]);
    assert_eq!(attempts(&s), "c:2 c2:2 met:2 d:2");
    s.act("sun", "d", "approve").ended(Status::Approved);
}

#[test]
fn every_return_from_every_place_still_ends_with_nothing_left() {
    // Whoever holds the task may send back to any target, once or twice, then all approve.
    for then in ["resume", "rerun"] {
        for order in 0..12u32 {
            for first in 0..4 {
                for second in 0..4 {
                    let mut s = diamond(then);
                    s.start("zhou");
                    let mut left = [(3 + order % 4, first), (5 + order / 4, second)];
                    for step in 0..40u32 {
                        let open = s.open();
                        let Some(task) = open.get((order + step) as usize % open.len().max(1))
                        else {
                            break;
                        };
                        let (node, who) = task.split_once('/').unwrap();
                        let targets =
                            kernel::workflow::targets(&s.def, &s.state, s.seat(node, who));
                        let due = left
                            .iter_mut()
                            .find(|(at, n)| *at <= step && *n < targets.len());
                        match due {
                            Some((at, n)) => {
                                *at = u32::MAX;
                                let to = targets[*n].node.to_string();
                                s.back(who, node, &to);
                            }
                            None if node == "begin" => drop(s.act(who, node, "next")),
                            None => drop(s.act(who, node, "approve")),
                        }
                    }
                    s.ended(Status::Approved);
                }
            }
        }
    }
}

#[test]
fn an_open_sibling_is_open_again_after_a_resume() {
    let mut s = diamond("resume");
    s.start("zhou")
        .act("li", "a", "approve")
        .at(&["b/wang", "c/zhao"]);
    s.back("zhao", "c", "a").at(&["a/li"]);
    assert_eq!(
        s.refused("wang", s.acting("wang", "b", "approve")),
        "seat_cancelled"
    );
    s.act("li", "a", "approve").at(&["b/wang", "c/zhao"]);
    assert_eq!(attempts(&s), "a:2 b:2 c:2");
    to_the_end(&mut s);
}

#[test]
fn a_return_inside_a_return() {
    let mut s = diamond("resume");
    s.start("zhou")
        .act("li", "a", "approve")
        .act("wang", "b", "approve");
    s.act("zhao", "c", "approve").act("qian", "c2", "approve");
    s.back("sun", "d", "c").back("zhao", "c", "a").at(&["a/li"]);
    s.back("li", "a", "begin").at(&["begin/zhou"]);
    s.act("zhou", "begin", "")
        .at(&["a/li"])
        .act("li", "a", "approve")
        .at(&["c/zhao"]);
    s.act("zhao", "c", "approve")
        .at(&["d/sun"])
        .act("sun", "d", "approve");
    s.ended(Status::Approved);
    assert_eq!(attempts(&s), "begin:2 a:3 c:3 d:2");
}

#[test]
fn another_end_than_before_undoes_what_had_followed() {
    let mut s = diamond("resume");
    s.start("zhou")
        .act("li", "a", "approve")
        .act("wang", "b", "approve");
    s.back("zhao", "c", "a")
        .act("li", "a", "reject")
        .ended(Status::Rejected);

    // The same where the other end does not end everything.
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "both" },
        "both": { "kind": "parallel_gateway", "branches": { "one": { "to": "b" }, "two": { "to": "c" } } },
        "b": node("wang", "resume", "met"),
        "c": { "kind": "approval", "seats": ["= zhao"], "outcomes": { "approve": "met", "other": "e", "reject": "no" } },
        "e": node("eva", "resume", "met"),
        "met": { "kind": "inclusive_gateway", "join": "live", "next": "d" },
        "d": node("sun", "resume", "yes"),
        "yes": { "kind": "end" },
        "no": { "kind": "terminate", "status": "rejected" }
    }));
    s.start("zhou")
        .act("wang", "b", "approve")
        .act("zhao", "c", "approve")
        .at(&["d/sun"]);
    s.back("sun", "d", "c")
        .act("zhao", "c", "other")
        .at(&["e/eva"]);
    // b's credit is back at the join: d opens once both are there.
    s.act("eva", "e", "approve")
        .at(&["d/sun"])
        .act("sun", "d", "approve");
    s.ended(Status::Approved);
}

#[test]
fn a_countersign_opens_anew() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": node("li", "resume", "b"),
        "b": node("wang, zhao, sun", "resume", "yes"),
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }));
    s.start("zhou")
        .act("li", "a", "approve")
        .act("wang", "b", "approve");
    let added = Cmd::AddSeat {
        seat: s.seat("b", "zhao"),
        how: How::Parallel,
        users: vec![user("qian")],
        opinion: None,
    };
    s.does("zhao", added).at(&["b/qian", "b/sun", "b/zhao"]);
    s.back("zhao", "b", "a").at(&["a/li"]);
    let now = |s: &Stage, who| {
        s.state
            .seats
            .iter()
            .find(|x| x.holder == Some(user(who)))
            .unwrap()
            .now
            .clone()
    };
    assert_eq!(now(&s, "zhao"), SeatNow::Returned);
    assert_eq!(now(&s, "sun"), SeatNow::Cancelled);
    assert!(matches!(now(&s, "wang"), SeatNow::Done(_)));
    // The added seat belonged to the first attempt.
    s.act("li", "a", "approve")
        .at(&["b/sun", "b/wang", "b/zhao"]);
    to_the_end(&mut s);
}

#[test]
fn targets_are_where_people_acted_before() {
    let mut s = diamond("resume");
    s.start("zhou");
    assert_eq!(s.refused("li", s.returning("li", "a", "d")), "not_a_target");
    s.act("li", "a", "approve").act("zhao", "c", "approve");
    let named = |s: &Stage, node, who| -> Vec<String> {
        let targets = kernel::workflow::targets(&s.def, &s.state, s.seat(node, who));
        targets.iter().map(|t| t.node.to_string()).collect()
    };
    assert_eq!(named(&s, "c2", "qian"), ["c", "a", "begin"]);
    assert_eq!(named(&s, "b", "wang"), ["a", "begin"]);
    assert_eq!(
        s.refused("wang", s.returning("wang", "b", "c")),
        "not_a_target"
    );
    assert_eq!(
        s.refused("wang", s.returning("wang", "b", "")),
        "which_target"
    );
}

#[test]
fn previous_after_a_join_is_both() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "both" },
        "both": { "kind": "parallel_gateway", "branches": { "one": { "to": "b" }, "two": { "to": "c" } } },
        "b": node("wang", "rerun", "met"),
        "c": node("zhao", "rerun", "met"),
        "met": { "kind": "parallel_gateway", "join": "all", "next": "d" },
        "d": { "kind": "approval", "seats": ["= sun"], "may": { "return": { "to": "previous", "then": "rerun" } },
               "outcomes": { "approve": "e", "reject": "no" } },
        "e": { "kind": "approval", "seats": ["= eva"], "may": { "return": { "then": "resume" } },
               "outcomes": { "approve": "yes", "reject": "no" } },
        "yes": { "kind": "end" },
        "no": { "kind": "terminate", "status": "rejected" }
    }));
    s.start("zhou")
        .act("wang", "b", "approve")
        .act("zhao", "c", "approve");
    assert_eq!(
        s.refused("sun", s.returning("sun", "d", "")),
        "which_target"
    );
    assert_eq!(
        s.refused("sun", s.returning("sun", "d", "begin")),
        "not_a_target"
    );
    s.back("sun", "d", "c")
        .at(&["c/zhao"])
        .act("zhao", "c", "approve")
        .at(&["d/sun"]);
    s.act("sun", "d", "approve").at(&["e/eva"]);
    // To the starter, then straight back: nothing else is asked again.
    s.back("eva", "e", "")
        .at(&["begin/zhou"])
        .act("zhou", "begin", "")
        .at(&["e/eva"]);
    assert!(s.effects.tasks_opened.iter().all(|t| !t.starter));
    to_the_end(&mut s);
}

#[test]
fn consent_over_a_limit_is_lost_when_sent_back_behind_it() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": node("li", "rerun", "book"),
        "book": { "kind": "post", "next": "yes", "over": { "stock/limit": "cfo" } },
        "cfo": node("boss", "rerun", "book"),
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }));
    s.broken = vec!["test/stock/limit"];
    s.start("zhou").act("li", "a", "approve").at(&["cfo/boss"]);
    s.back("boss", "cfo", "a")
        .act("li", "a", "approve")
        .at(&["cfo/boss"]);
    s.act("boss", "cfo", "approve").ended(Status::Posted);
}

#[test]
fn nothing_is_sent_back_behind_a_posting() {
    for then in ["rerun", "resume"] {
        let mut s = Stage::new(json!({
            "begin": { "kind": "start", "next": "a" },
            "a": node("li", then, "book"),
            "book": { "kind": "post", "next": "b" },
            "b": { "kind": "approval", "seats": ["= sun"], "outcomes": { "approve": "c" } },
            "c": { "kind": "approval", "seats": ["= wang"], "may": { "return": { "to": "any", "then": then } },
                   "outcomes": { "approve": "yes" } },
            "yes": { "kind": "end", "status": "posted" },
            "no": { "kind": "end", "status": "rejected" }
        }));
        s.start("zhou")
            .act("li", "a", "approve")
            .act("sun", "b", "approve");
        for to in ["a", "begin"] {
            assert_eq!(
                s.refused("wang", s.returning("wang", "c", to)),
                "not_a_target"
            );
        }
        s.back("wang", "c", "b").act("sun", "b", "approve");
        s.act("wang", "c", "approve").ended(Status::Posted);
    }
}

#[test]
fn whoever_is_sent_back_to_acts_himself() {
    // The same person would pass by himself at b; sent back to, he is asked.
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": node("li", "resume", "b"),
        "b": { "kind": "approval", "seats": ["= li, wang"], "same_person": "always",
               "outcomes": { "approve": "c", "reject": "no" } },
        "c": node("sun", "resume", "yes"),
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }));
    s.start("zhou")
        .act("li", "a", "approve")
        .at(&["b/wang"])
        .act("wang", "b", "approve");
    s.back("sun", "c", "b").at(&["b/li", "b/wang"]);
    to_the_end(&mut s);
}

#[test]
fn a_timer_beside_waits_too() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": node("li", "resume", "both"),
        "both": { "kind": "parallel_gateway", "branches": { "one": { "to": "b" }, "two": { "to": "wait" } } },
        "b": node("wang", "resume", "met"),
        "wait": { "kind": "timer", "for": "PT1H", "next": "met" },
        "met": { "kind": "parallel_gateway", "join": "all", "next": "yes" },
        "yes": { "kind": "end" },
        "no": { "kind": "terminate" }
    }));
    s.start("zhou").act("li", "a", "approve");
    s.back("wang", "b", "a");
    assert_eq!(s.effects.timers_cancelled.len(), 1);
    s.act("li", "a", "approve").at(&["b/wang"]);
    let timer = s.effects.timers_set[0].clone();
    s.act("wang", "b", "approve");
    s.now = timer.at;
    s.does("engine", Cmd::Fire { timer: timer.id })
        .ended(Status::Approved);
}
