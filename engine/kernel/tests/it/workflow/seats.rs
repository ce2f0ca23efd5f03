//! Who gets a seat: the starter's own, the same person, separation of duties, roles, nobody.

use super::stage::{Stage, user};
use kernel::workflow::{Auto, Cmd, Origin, Principal, TaskNow};
use model::Status;
use serde_json::{Value, json};

/// One approval with these settings besides its seats.
fn one(seats: &[&str], more: Value) -> Stage {
    let mut node = json!({ "kind": "approval", "seats": seats, "outcomes": { "approve": "yes", "reject": "no" } });
    for (key, value) in more.as_object().unwrap() {
        node[key] = value.clone();
    }
    let mut stage = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": node,
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }));
    stage.above = [("zhou", "li"), ("li", "wang"), ("boss", "boss")].into();
    stage.heads = [("zhou", "qian")].into();
    stage.roles.insert("clerk".into(), vec!["ana", "ben"]);
    stage.roles.insert("starters".into(), vec!["zhou", "ben"]);
    stage.roles.insert("only_zhou".into(), vec!["zhou"]);
    stage
}

/// own, seats, empty, open tasks (none: passed at once).
type Row = (
    &'static str,
    &'static [&'static str],
    Option<&'static str>,
    &'static [&'static str],
);

#[test]
fn where_the_starter_would_decide() {
    #[rustfmt::skip]
    let table: &[Row] = &[
        ("", &["= zhou"], Some("= admin"), &["a/admin"]),
        ("", &["= zhou, wang"], None, &["a/wang"]),
        ("pass", &["= zhou"], None, &[]),
        ("superior", &["= zhou"], None, &["a/li"]),
        ("head", &["= zhou"], None, &["a/qian"]),
        ("refuse", &["= zhou"], Some("= admin"), &["a/admin"]),
        ("refuse", &["= zhou, wang"], Some("= admin"), &["a/wang"]),
        ("superior", &["= zhou, wang"], None, &["a/li", "a/wang"]),
        // His manager has a seat already: one person, one voice.
        ("superior", &["= zhou, li"], None, &["a/li"]),
        ("pass", &["= zhou, wang"], None, &["a/wang"]),
        // A role he holds among others: he may not take it; alone, the rule decides.
        ("superior", &["role:starters"], None, &["a/role:starters"]),
        ("superior", &["role:only_zhou"], None, &["a/li"]),
        ("refuse", &["role:only_zhou"], Some("= admin"), &["a/admin"]),
        ("pass", &["role:starters"], None, &[]),
    ];
    for (own, seats, empty, open) in table {
        let mut more = json!({});
        if !own.is_empty() {
            more["own"] = json!(own);
        }
        if let Some(empty) = empty {
            more["empty"] = json!(empty);
        }
        let mut s = one(seats, more);
        s.start("zhou");
        assert_eq!(s.open(), *open, "{own} {seats:?}");
        if open.is_empty() {
            s.ended(Status::Approved);
            let auto = s.state.seats.iter().find_map(|s| s.done()).unwrap().auto;
            assert_eq!(auto, Some(Auto::Own));
        }
    }
}

#[test]
fn the_starter_may_not_come_in_by_the_back_door() {
    let mut s = one(
        &["role:starters"],
        json!({ "own": "refuse", "may": { "transfer": {}, "add_seat": {} } }),
    );
    s.start("zhou");
    assert_eq!(
        s.refused("zhou", s.acting("zhou", "a", "approve")),
        "starter_may_not"
    );
    let seat = s.seat("a", "ben");
    let transfer = Cmd::Transfer {
        seat,
        to: user("zhou"),
        opinion: None,
    };
    assert_eq!(s.refused("ben", transfer), "starter_may_not");
    let add = Cmd::AddSeat {
        seat,
        how: model::workflow::How::Parallel,
        users: vec![user("zhou")],
        opinion: None,
    };
    assert_eq!(s.refused("ben", add), "starter_may_not");
    s.act("ben", "a", "approve").ended(Status::Approved);
}

#[test]
fn nobody_approves_his_own_record_unless_the_file_lets_him() {
    // Nothing is said about it, and nobody else could.
    let mut s = one(&["= zhou"], json!({}));
    assert_eq!(s.refused("zhou", Cmd::Start), "nobody_to_ask");

    let may = json!({ "may": { "transfer": {}, "add_seat": {} } });
    let mut s = one(&["role:starters"], may.clone());
    s.persons.insert("zhou", "zhou in person");
    s.persons.insert("zhou2", "zhou in person");
    s.start("zhou");
    assert_eq!(
        s.refused("zhou", s.acting("zhou", "a", "approve")),
        "starter_may_not"
    );
    let seat = s.seat("a", "ben");
    // Neither he nor the same person by another login.
    for to in ["zhou", "zhou2"] {
        let transfer = Cmd::Transfer {
            seat,
            to: user(to),
            opinion: None,
        };
        assert_eq!(s.refused("ben", transfer), "starter_may_not");
        let add = Cmd::AddSeat {
            seat,
            how: model::workflow::How::Before,
            users: vec![user("li"), user(to)],
            opinion: None,
        };
        assert_eq!(s.refused("ben", add), "starter_may_not");
    }
    s.roles.insert("starters".into(), vec!["ben", "zhou2"]);
    assert_eq!(
        s.refused("zhou2", s.acting("zhou2", "a", "approve")),
        "starter_may_not"
    );
    s.act("ben", "a", "approve").ended(Status::Approved);

    // To fill in what is missing is no decision.
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": { "kind": "fill", "seats": ["= zhou"], "next": "yes" },
        "yes": { "kind": "end" }
    }));
    s.start("zhou").at(&["a/zhou"]);
    s.act("zhou", "a", "").ended(Status::Approved);
}

#[test]
fn who_is_named_must_be_there() {
    let may = json!({ "may": { "transfer": {}, "add_seat": {}, "copy": {} } });
    let mut s = one(&["= li"], may);
    s.gone.push("ghost");
    s.start("zhou");
    let seat = s.seat("a", "li");
    let ghost = vec![user("wang"), user("ghost")];
    let crowd: Vec<_> = (0..=kernel::workflow::limit::NAMED)
        .map(|n| user(&format!("user {n}")))
        .collect();
    let transfer = Cmd::Transfer {
        seat,
        to: user("ghost"),
        opinion: None,
    };
    assert_eq!(s.refused("li", transfer), "no_such_user");
    for (users, code) in [(ghost, "no_such_user"), (crowd, "too_many_named")] {
        let add = Cmd::AddSeat {
            seat,
            how: model::workflow::How::Parallel,
            users: users.clone(),
            opinion: None,
        };
        assert_eq!(s.refused("li", add), code);
        let copy = Cmd::Copy {
            seat,
            users,
            opinion: None,
        };
        assert_eq!(s.refused("li", copy), code);
    }
    s.act("li", "a", "approve").ended(Status::Approved);
}

#[test]
fn nobody_to_ask() {
    // A boss without anybody above him, and no rule for that.
    let mut s = one(&["= boss"], json!({ "own": "superior" }));
    assert_eq!(s.refused("boss", Cmd::Start), "nobody_to_ask");
    let mut s = one(
        &["= boss"],
        json!({ "own": "superior", "empty": "= admin" }),
    );
    s.start("boss").at(&["a/admin"]);
    assert_eq!(s.state.seats[0].origin, Origin::Empty);

    let mut s = one(&["= nobody"], json!({}));
    assert_eq!(s.refused("zhou", Cmd::Start), "nobody_to_ask");
    let mut s = one(&["= nobody"], json!({ "empty": "= nobody" }));
    assert_eq!(s.refused("zhou", Cmd::Start), "nobody_to_ask");
    let mut s = one(&["= nobody"], json!({ "empty": "role:clerk" }));
    s.start("zhou").at(&["a/role:clerk"]);

    // A role nobody holds, a person who cannot log in: never silently left out.
    for seats in [["role:vacant", "= wang"], ["= ghost", "= wang"]] {
        let mut s = one(&seats, json!({}));
        assert_eq!(s.refused("zhou", Cmd::Start), "nobody_to_ask");
        let mut s = one(&seats, json!({ "empty": "= admin" }));
        s.start("zhou").at(&["a/admin", "a/wang"]);
    }
}

#[test]
fn a_seat_of_a_role_is_taken_by_acting() {
    let mut s = one(&["role:clerk"], json!({}));
    s.start("zhou").at(&["a/role:clerk"]);
    let task = s.effects.tasks_opened[0].clone();
    assert_eq!((task.holder, task.candidates.len()), (None, 2));
    assert!(
        s.effects
            .participants
            .iter()
            .any(|p| matches!(p, Principal::Role { .. }))
    );
    assert_eq!(
        s.refused("cai", s.acting("cai", "a", "approve")),
        "not_holder"
    );
    // Who holds the role now counts, not who held it when the task was opened.
    s.roles.insert("clerk".into(), vec!["cai"]);
    assert_eq!(
        s.refused("ana", s.acting("ana", "a", "approve")),
        "not_holder"
    );
    s.act("cai", "a", "approve").ended(Status::Approved);
    let task = &s.effects.tasks_closed[0];
    assert_eq!(
        (task.now, task.holder, task.by),
        (TaskNow::Done, Some(user("cai")), Some(user("cai")))
    );
}

#[test]
fn two_of_the_same_are_one() {
    let mut s = one(&["= li, wang, li", "role:clerk", "role:clerk"], json!({}));
    s.start("zhou").at(&["a/li", "a/role:clerk", "a/wang"]);
}

fn chain(same_person: &str) -> Stage {
    let node = |who: &str, next: &str| {
        json!({ "kind": "approval", "seats": [format!("= {who}")], "same_person": same_person,
                "outcomes": { "approve": next, "reject": "no" } })
    };
    let role = json!({ "kind": "approval", "seats": ["role:clerk"], "same_person": same_person,
                       "outcomes": { "approve": "yes", "reject": "no" } });
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": node("li", "b"),
        "b": node("li", "c"),
        "c": node("wang", "d"),
        "d": node("li", "e"),
        "e": role,
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }));
    s.roles.insert("clerk".into(), vec!["ana", "li"]);
    s
}

#[test]
fn the_same_person_again() {
    // Who acts, one after the other, until the end.
    let table = [
        (
            "never",
            vec!["a/li", "b/li", "c/wang", "d/li", "e/role:clerk"],
        ),
        ("adjacent", vec!["a/li", "c/wang", "d/li"]),
        ("always", vec!["a/li", "c/wang"]),
    ];
    for (rule, acts) in table {
        let mut s = chain(rule);
        s.start("zhou");
        for task in acts {
            assert_eq!(s.open(), [task], "{rule}");
            let (node, who) = task.split_once('/').unwrap();
            s.act(
                if who == "role:clerk" { "ana" } else { who },
                node,
                "approve",
            );
        }
        s.ended(Status::Approved);
        // What passed by itself is told as a closed task of its own.
        if rule == "always" {
            assert!(
                s.effects
                    .tasks_closed
                    .iter()
                    .any(|t| t.auto && t.fresh && t.holder == Some(user("li")))
            );
        }
    }
}

#[test]
fn separation_of_duties() {
    let nodes = json!({
        "begin": { "kind": "start", "next": "a" },
        "a": { "kind": "approval", "seats": ["role:clerk"], "not_same_as": ["begin"],
               "outcomes": { "approve": "b", "reject": "no" } },
        "b": { "kind": "approval", "seats": ["role:clerk"], "not_same_as": ["a", "begin"], "empty": "= boss",
               "may": { "transfer": {} }, "outcomes": { "approve": "yes", "reject": "no" } },
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    });
    let mut s = Stage::new(nodes.clone());
    s.roles.insert("clerk".into(), vec!["ana", "ben", "zhou"]);
    s.start("zhou");
    assert_eq!(
        s.refused("zhou", s.acting("zhou", "a", "approve")),
        "separation_of_duties"
    );
    s.act("ana", "a", "approve").at(&["b/role:clerk"]);
    assert_eq!(s.effects.tasks_opened[0].candidates, [user("ben")]);
    assert_eq!(
        s.refused("ana", s.acting("ana", "b", "approve")),
        "separation_of_duties"
    );
    let seat = s.seat("b", "ben");
    let transfer = Cmd::Transfer {
        seat,
        to: user("ana"),
        opinion: None,
    };
    assert_eq!(s.refused("ben", transfer), "separation_of_duties");
    s.act("ben", "b", "approve").ended(Status::Approved);

    // Nobody is left: the fallback.
    let mut s = Stage::new(nodes);
    s.roles.insert("clerk".into(), vec!["ana"]);
    s.start("zhou").act("ana", "a", "approve").at(&["b/boss"]);
}
