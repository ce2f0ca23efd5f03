//! Operations beside completing: add, transfer, remind, copy, withdraw, deadlines; and what is
//! said about them beforehand.

use super::stage::{Stage, user};
use chrono::TimeDelta;
use kernel::workflow::{About, Cmd, Op, TaskNow, Who, allowed};
use model::{
    Id, Status,
    workflow::{How, Need, Then},
};
use serde_json::{Value, json};

fn one(seats: &str, more: Value) -> Stage {
    let mut node = json!({
        "kind": "approval", "seats": [seats],
        "may": { "add_seat": {}, "transfer": { "label": "Hand on", "comment": "required" }, "remind": {},
                 "copy": {}, "return": { "comment": "required", "then": "resume" } },
        "outcomes": { "approve": "yes", "reject": "no" }
    });
    for (key, value) in more.as_object().unwrap() {
        node[key] = value.clone();
    }
    Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": node,
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }))
}

fn add(s: &Stage, who: &str, how: How, users: &[&str]) -> Cmd {
    let users = users.iter().map(|u| user(u)).collect();
    Cmd::AddSeat {
        seat: s.seat("a", who),
        how,
        users,
        opinion: None,
    }
}

#[test]
fn before_parks_the_opener() {
    let mut s = one("= li", json!({ "due": "P1D" }));
    s.start("zhou");
    let due = s.effects.timers_set[0].at;
    s.now += TimeDelta::hours(4);
    s.does("li", add(&s, "li", How::Before, &["wang", "zhao"]))
        .at(&["a/wang", "a/zhao"]);
    assert_eq!(s.effects.tasks_changed[0].now, TaskNow::Parked);
    assert_eq!(
        (s.effects.timers_cancelled.len(), s.effects.timers_set.len()),
        (1, 2)
    );
    let parked = s.state.seats[0].id;
    let act = Cmd::Act {
        seat: parked,
        outcome: None,
        opinion: None,
    };
    assert_eq!(s.refused("li", act), "seat_parked");
    s.now += TimeDelta::hours(5);
    s.act("zhao", "a", "approve").at(&["a/wang"]);
    s.act("wang", "a", "approve").at(&["a/li"]);
    // The clock stood still for five hours.
    assert_eq!(s.effects.timers_set[0].at, due + TimeDelta::hours(5));
    s.act("li", "a", "approve").ended(Status::Approved);
}

#[test]
fn before_may_reject() {
    let mut s = one("= li", json!({}));
    s.start("zhou");
    s.does("li", add(&s, "li", How::Before, &["wang"]));
    s.act("wang", "a", "reject").ended(Status::Rejected);
}

#[test]
fn after_comes_behind_the_opener_and_before_his_followers() {
    let mut s = one("= li, wang", json!({ "order": "in_turn" }));
    s.start("zhou");
    s.does("li", add(&s, "li", How::After, &["zhao"]))
        .at(&["a/li"]);
    assert!(
        s.effects.tasks_opened.is_empty(),
        "nobody hears of a turn that has not come"
    );
    s.act("li", "a", "approve").at(&["a/zhao"]);
    s.act("zhao", "a", "approve").at(&["a/wang"]);
    s.act("wang", "a", "approve").ended(Status::Approved);

    let mut s = one("= li", json!({}));
    s.start("zhou");
    s.does("li", add(&s, "li", How::After, &["zhao"]));
    s.act("li", "a", "reject").ended(Status::Rejected);
    assert!(
        s.effects
            .tasks_closed
            .iter()
            .all(|t| t.holder == Some(user("li")))
    );
}

#[test]
fn parallel_changes_the_base_of_a_share() {
    let mut s = one("= li, wang", json!({ "pass": { "percent": 50 } }));
    s.start("zhou");
    s.does("li", add(&s, "li", How::Parallel, &["zhao"]))
        .at(&["a/li", "a/wang", "a/zhao"]);
    s.act("li", "a", "approve").at(&["a/wang", "a/zhao"]);
    s.act("zhao", "a", "approve").ended(Status::Approved);
}

#[test]
fn what_may_not_be_added() {
    let mut s = one(
        "= li, wang",
        json!({ "may": { "add_seat": { "how": ["after"], "comment": "required" } } }),
    );
    s.start("zhou");
    assert_eq!(
        s.refused("li", add(&s, "li", How::Before, &["zhao"])),
        "not_offered"
    );
    assert_eq!(
        s.refused("li", add(&s, "li", How::After, &["zhao"])),
        "opinion_required"
    );
    let with = |cmd: Cmd| match cmd {
        Cmd::AddSeat {
            seat, how, users, ..
        } => Cmd::AddSeat {
            seat,
            how,
            users,
            opinion: Some("please".into()),
        },
        other => other,
    };
    assert_eq!(
        s.refused("li", with(add(&s, "li", How::After, &["wang"]))),
        "already_seated"
    );
    assert_eq!(
        s.refused("li", with(add(&s, "li", How::After, &["li"]))),
        "already_seated"
    );
    assert_eq!(
        s.refused("li", with(add(&s, "li", How::After, &[]))),
        "nobody_named"
    );
    let mine = s.seat("a", "li");
    let foreign = Cmd::AddSeat {
        seat: mine,
        how: How::After,
        users: vec![user("zhao")],
        opinion: None,
    };
    assert_eq!(s.refused("sun", foreign), "not_holder");
    assert_eq!(
        s.refused(
            "li",
            Cmd::Transfer {
                seat: mine,
                to: user("sun"),
                opinion: None
            }
        ),
        "not_offered"
    );
    assert_eq!(
        s.refused(
            "li",
            Cmd::Copy {
                seat: mine,
                users: vec![user("sun")],
                opinion: None
            }
        ),
        "not_offered"
    );
    assert_eq!(
        s.refused(
            "li",
            Cmd::Return {
                seat: mine,
                to: None,
                opinion: None
            }
        ),
        "not_offered"
    );
    assert_eq!(s.refused("zhou", Cmd::Remind { seat: mine }), "not_offered");
}

#[test]
fn a_role_seat_is_taken_by_adding() {
    let mut s = one("role:clerk", json!({}));
    s.roles.insert("clerk".into(), vec!["ana", "ben"]);
    s.start("zhou");
    s.does("ana", add(&s, "ana", How::Before, &["wang"]))
        .at(&["a/wang"]);
    s.act("wang", "a", "approve").at(&["a/ana"]);
    assert_eq!(
        s.refused("ben", s.acting("ben", "a", "approve")),
        "not_holder"
    );
    s.act("ana", "a", "approve").ended(Status::Approved);
}

#[test]
fn transfer_changes_the_holder_of_the_same_seat() {
    let mut s = one("= li, wang", json!({ "due": "P1D" }));
    s.start("zhou");
    let seat = s.seat("a", "li");
    let to = |to: &str, opinion: Option<&str>| Cmd::Transfer {
        seat,
        to: user(to),
        opinion: opinion.map(String::from),
    };
    assert_eq!(s.refused("li", to("sun", None)), "opinion_required");
    assert_eq!(s.refused("li", to("wang", Some("away"))), "already_seated");
    assert_eq!(s.refused("li", to("li", Some("away"))), "already_seated");
    s.does("li", to("sun", Some("away")))
        .at(&["a/sun", "a/wang"]);
    assert_eq!(s.effects.tasks_changed[0].holder, Some(user("sun")));
    assert_eq!(s.state.timers.len(), 2, "the deadline stays");
    assert_eq!(
        s.refused("li", s.acting("li", "a", "approve")).as_str(),
        "not_holder"
    );
    s.act("sun", "a", "approve")
        .act("wang", "a", "approve")
        .ended(Status::Approved);
}

#[test]
fn reminding() {
    let mut s = one("= li, wang, zhao", json!({}));
    s.start("zhou").act("li", "a", "approve");
    let seat = s.seat("a", "wang");
    assert_eq!(s.refused("sun", Cmd::Remind { seat }), "not_involved");
    s.does("zhou", Cmd::Remind { seat });
    let to: Vec<Id> = s
        .effects
        .notices
        .iter()
        .flat_map(|n| n.to.clone())
        .collect();
    assert_eq!(to, [user("wang"), user("zhao")]);
    assert!(s.effects.notices.iter().all(|n| n.about == About::Reminder));
    assert!(
        s.effects.tasks_changed.is_empty(),
        "a reminder changes no row"
    );
    assert_eq!(s.refused("li", Cmd::Remind { seat }), "reminded_lately");
    s.now += TimeDelta::minutes(30);
    s.does("li", Cmd::Remind { seat });
}

#[test]
fn a_copy_once() {
    let mut s = one("= li", json!({}));
    s.start("zhou");
    let seat = s.seat("a", "li");
    let copy = |users: &[&str]| Cmd::Copy {
        seat,
        users: users.iter().map(|u| user(u)).collect(),
        opinion: Some("look".into()),
    };
    s.does("li", copy(&["chen", "he", "chen"]));
    assert_eq!(s.effects.notices[0].to, [user("chen"), user("he")]);
    assert_eq!(s.effects.participants.len(), 2);
    s.does("li", copy(&["he", "lin"]));
    assert_eq!(s.effects.notices[0].to, [user("lin")]);
    assert_eq!(s.refused("li", copy(&["he"])), "already_copied");
    assert_eq!(
        s.refused("chen", s.acting("chen", "a", "approve")),
        "not_holder"
    );
    s.at(&["a/li"]);
}

#[test]
fn withdrawing() {
    let mut s = one("= li, wang", json!({ "due": "P1D" }));
    s.start("zhou").act("li", "a", "approve");
    assert_eq!(s.refused("li", Cmd::Withdraw), "only_the_starter");
    s.does("zhou", Cmd::Withdraw).ended(Status::Withdrawn);
    assert_eq!(s.effects.status, Some(Status::Withdrawn));
    assert_eq!(s.effects.notices[0].to, [user("wang")]);
    assert_eq!(s.effects.timers_cancelled.len(), 1);
    assert_eq!(
        s.refused("wang", s.acting("wang", "a", "approve")),
        "instance_ended"
    );
    assert_eq!(s.refused("zhou", Cmd::Withdraw), "instance_ended");
}

#[test]
fn overdue_tells_the_holder_and_nothing_else() {
    let mut s = one("= li", json!({ "due": "P1D" }));
    s.start("zhou");
    let timer = s.effects.timers_set[0].clone();
    assert_eq!(s.effects.tasks_opened[0].due, Some(timer.at));
    s.now = timer.at;
    s.does("engine", Cmd::Fire { timer: timer.id })
        .at(&["a/li"]);
    assert_eq!(
        (&s.effects.notices[0].about, &s.effects.notices[0].to),
        (&About::Overdue, &vec![user("li")])
    );
    assert_eq!(
        s.refused("engine", Cmd::Fire { timer: timer.id }),
        "no_such_timer"
    );
    s.act("li", "a", "approve").ended(Status::Approved);
}

#[test]
fn what_is_allowed_and_why_not() {
    let mut s = one(
        "= li, wang",
        json!({ "opinion": "required", "order": "in_turn" }),
    );
    s.start("zhou");
    let ask = |s: &Stage, seat: Id, who: &str| {
        allowed(
            &s.def,
            &s.state,
            Some(seat),
            Who {
                user: user(who),
                person: None,
                takes: false,
                steers: false,
            },
        )
    };
    let seat = s.seat("a", "li");
    let list = ask(&s, seat, "li");
    let ops: Vec<Op> = list.iter().map(|o| o.op).collect();
    use Op::*;
    assert_eq!(
        ops,
        [Complete, Complete, AddSeat, Transfer, Return, Remind, Copy]
    );
    assert!(list.iter().all(|o| o.allowed == (o.op != Remind)));
    assert_eq!(list[0].outcome.as_deref(), Some("approve"));
    assert_eq!(
        (list[0].comment, list[3].comment),
        (Need::Required, Need::Required)
    );
    assert_eq!(list[2].how, [How::Before, How::After, How::Parallel]);
    assert_eq!(list[3].label.as_deref(), Some("Hand on"));
    assert_eq!(
        (list[4].then, &*list[4].targets[0].node),
        (Some(Then::Resume), "begin")
    );
    assert_eq!(list[4].targets[0].users, [user("zhou")]);
    assert_eq!(list[5].why.as_ref().unwrap().code, "not_involved");

    let other = ask(&s, s.seat("a", "wang"), "wang");
    assert_eq!(other[0].why.as_ref().unwrap().code, "seat_planned");
    let starter = ask(&s, seat, "zhou");
    assert_eq!(starter[0].why.as_ref().unwrap().code, "not_holder");
    assert!(starter.iter().any(|o| o.op == Remind && o.allowed));
    assert!(starter.iter().any(|o| o.op == Withdraw && o.allowed));
    let whole = allowed(
        &s.def,
        &s.state,
        None,
        Who {
            user: user("zhou"),
            person: None,
            takes: false,
            steers: false,
        },
    );
    assert_eq!(whole.len(), 1);
    assert!(
        allowed(
            &s.def,
            &s.state,
            None,
            Who {
                user: user("li"),
                person: None,
                takes: false,
                steers: false,
            }
        )
        .is_empty()
    );

    // What is allowed is what the commands do.
    let refused = s.refused(
        "zhou",
        Cmd::Act {
            seat,
            outcome: None,
            opinion: None,
        },
    );
    assert_eq!(refused, "not_holder");
}

#[test]
fn sent_back_to_the_starter_he_may_submit_or_withdraw() {
    let mut s = one("= li", json!({ "own": "refuse" }));
    s.start("zhou").back("li", "a", "begin").at(&["begin/zhou"]);
    assert!(s.effects.tasks_opened[0].starter);
    let seat = s.seat("begin", "zhou");
    let list = allowed(
        &s.def,
        &s.state,
        Some(seat),
        Who {
            user: user("zhou"),
            person: None,
            takes: false,
            steers: false,
        },
    );
    let ops: Vec<(Op, bool)> = list.iter().map(|o| (o.op, o.allowed)).collect();
    assert_eq!(ops, [(Op::Complete, true), (Op::Withdraw, true)]);
    s.act("zhou", "begin", "").at(&["a/li"]);
}
