//! When a ballot is decided: tables, the fold alone and through whole flows.

use super::stage::Stage;
use kernel::workflow::{
    Cmd, Life, Vote,
    ballot::{Count, Verdict, verdict},
};
use model::{Status, workflow::Pass};
use serde_json::json;

/// One row: rule, votes (`+` pass, `-` reject, `0` abstain, `.` open), verdict.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &str)] = &[
    (r#""all""#, ".", "wait"), (r#""all""#, "+", "passed"), (r#""all""#, "-", "failed"),
    (r#""all""#, "+.", "wait"), (r#""all""#, "++", "passed"), (r#""all""#, "-.", "failed"),
    (r#""all""#, "+-.", "failed"), (r#""all""#, "+0", "failed"), (r#""all""#, "", "wait"),
    (r#""any""#, "..", "wait"), (r#""any""#, "+.", "passed"), (r#""any""#, "-.", "wait"),
    (r#""any""#, "--", "failed"), (r#""any""#, "-+", "passed"), (r#""any""#, "0-", "failed"),
    // A share of all seats: at least, early either way.
    (r#"{"percent":60}"#, "++...", "wait"), (r#"{"percent":60}"#, "+++..", "passed"),
    (r#"{"percent":60}"#, "--...", "wait"), (r#"{"percent":60}"#, "---..", "failed"),
    (r#"{"percent":60}"#, "++000", "failed"), (r#"{"percent":75}"#, "-+-.", "failed"),
    (r#"{"percent":50}"#, "+-", "passed"), (r#"{"percent":50,"strict":true}"#, "+-", "failed"),
    (r#"{"percent":50,"strict":true}"#, "+-.", "wait"), (r#"{"percent":50,"strict":true}"#, "++.", "passed"),
    (r#"{"percent":100}"#, "+++", "passed"), (r#"{"percent":100}"#, "++-", "failed"),
    (r#"{"percent":1}"#, "+....", "passed"), (r#"{"percent":1}"#, "-----", "failed"),
    // A quorum keeps a reached share waiting, an abstention helps it.
    (r#"{"percent":20,"quorum":60}"#, "+....", "wait"), (r#"{"percent":20,"quorum":60}"#, "+00..", "passed"),
    // A share of the votes cast: only when the open seats can no longer change it.
    (r#"{"percent":50,"of":"votes","strict":true,"quorum":60}"#, "+0...", "wait"),
    (r#"{"percent":50,"of":"votes","strict":true,"quorum":60}"#, "+0+..", "wait"),
    (r#"{"percent":50,"of":"votes","strict":true,"quorum":60}"#, "+0+0.", "passed"),
    (r#"{"percent":66,"of":"votes"}"#, "++-", "passed"), (r#"{"percent":67,"of":"votes"}"#, "++-", "failed"),
    (r#"{"percent":66,"of":"votes"}"#, "++-.", "wait"), (r#"{"percent":66,"of":"votes"}"#, "+++-.", "wait"),
    (r#"{"percent":66,"of":"votes"}"#, "--..", "failed"), (r#"{"percent":66,"of":"votes"}"#, "-..", "wait"),
    (r#"{"percent":50,"of":"votes"}"#, "000", "failed"), (r#"{"percent":50,"of":"votes"}"#, "+00", "passed"),
    (r#"{"percent":50,"of":"votes","quorum":50}"#, "+...", "wait"), (r#"{"percent":50,"of":"votes","quorum":50}"#, "++..", "passed"),
];

#[test]
fn the_fold() {
    for (rule, votes, expected) in TABLE {
        let pass: Pass = serde_json::from_str(rule).unwrap();
        let count = Count::of(votes.chars().map(|c| match c {
            '+' => Some(Vote::Pass),
            '-' => Some(Vote::Reject),
            '0' => Some(Vote::Abstain),
            _ => None,
        }));
        let word = match verdict(&pass, None, count, count) {
            Verdict::Wait => "wait",
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
        };
        assert_eq!(word, *expected, "{rule} {votes}");
    }
}

/// A verdict never changes by votes that come later, and every full vote is decided.
#[test]
fn a_verdict_is_final() {
    let rules = TABLE.iter().map(|(rule, ..)| *rule);
    for rule in rules {
        let pass: Pass = serde_json::from_str(rule).unwrap();
        for seats in 1..=5u32 {
            for code in 0..4u32.pow(seats) {
                let votes: Vec<_> = (0..seats)
                    .map(|n| match code / 4u32.pow(n) % 4 {
                        0 => None,
                        1 => Some(Vote::Pass),
                        2 => Some(Vote::Reject),
                        _ => Some(Vote::Abstain),
                    })
                    .collect();
                let fold = |votes: &[Option<Vote>]| {
                    let count = Count::of(votes.iter().copied());
                    verdict(&pass, None, count, count)
                };
                let now = fold(&votes);
                let Some(open) = votes.iter().position(Option::is_none) else {
                    assert_ne!(now, Verdict::Wait, "{rule} {votes:?}");
                    continue;
                };
                let mut after = Vec::new();
                for vote in [Vote::Pass, Vote::Reject, Vote::Abstain] {
                    let mut next = votes.clone();
                    next[open] = Some(vote);
                    after.push(fold(&next));
                }
                if now != Verdict::Wait {
                    assert!(
                        after.iter().all(|v| *v == now),
                        "{rule} {votes:?}: {now:?} {after:?}"
                    );
                }
            }
        }
    }
}

fn board(pass: serde_json::Value, order: &str) -> Stage {
    Stage::new(json!({
        "begin": { "kind": "start", "next": "board" },
        "board": { "kind": "approval", "seats": ["= ana, ben, cai"], "order": order, "pass": pass,
                   "outcomes": { "approve": "yes", "reject": "no" } },
        "yes": { "kind": "end", "status": "approved" },
        "no": { "kind": "end", "status": "rejected" }
    }))
}

#[test]
fn whole_votes() {
    let share = |p: u32| json!({ "percent": p, "of": "votes" });
    #[rustfmt::skip]
    let table: Vec<(serde_json::Value, &str, &str, Option<Status>, &str)> = vec![
        (json!("all"), "parallel", "ana+", None, "board/ben board/cai"),
        (json!("all"), "parallel", "ana+ ben+ cai+", Some(Status::Approved), ""),
        (json!("all"), "parallel", "ana+ ben-", Some(Status::Rejected), ""),
        (json!("any"), "parallel", "ben+", Some(Status::Approved), ""),
        (json!("any"), "parallel", "ben- ana-", None, "board/cai"),
        (json!("any"), "parallel", "ben- ana- cai-", Some(Status::Rejected), ""),
        (json!("all"), "in_turn", "", None, "board/ana"),
        (json!("all"), "in_turn", "ana+", None, "board/ben"),
        (json!("all"), "in_turn", "ana+ ben+ cai+", Some(Status::Approved), ""),
        (json!("all"), "in_turn", "ana-", Some(Status::Rejected), ""),
        (json!("any"), "in_turn", "ana-", None, "board/ben"),
        (json!("any"), "in_turn", "ana- ben+", Some(Status::Approved), ""),
        (share(66), "in_turn", "ana+ ben+", Some(Status::Approved), ""),
        (share(66), "parallel", "ana+ ben+", Some(Status::Approved), ""),
        (share(66), "parallel", "ana0 ben0 cai+", Some(Status::Approved), ""),
        (share(66), "parallel", "ana- ben-", Some(Status::Rejected), ""),
    ];
    for (pass, order, votes, status, open) in table {
        let mut s = board(pass.clone(), order);
        s.start("zhou");
        for vote in votes.split_whitespace() {
            let (who, sign) = vote.split_at(3);
            let outcome = match sign {
                "+" => "approve",
                "-" => "reject",
                _ => "abstain",
            };
            s.act(who, "board", outcome);
        }
        let what = format!("{pass} {order} {votes}");
        let life = status.map_or(Life::Running, Life::Ended);
        assert_eq!(s.state.life, life, "{what}");
        assert_eq!(s.open().join(" "), open, "{what}");
    }
}

#[test]
fn who_may_not() {
    let mut s = board(json!("all"), "in_turn");
    assert_eq!(s.refused("zhou", Cmd::Withdraw), "not_started");
    s.start("zhou");
    assert_eq!(s.refused("zhou", Cmd::Start), "already_started");
    let ben = s.seat("board", "ben");
    let act = |seat| Cmd::Act {
        seat,
        outcome: None,
        opinion: None,
    };
    assert_eq!(s.refused("ben", act(ben)), "seat_planned");
    let ana = s.seat("board", "ana");
    assert_eq!(s.refused("ben", act(ana)), "not_holder");
    assert_eq!(
        s.refused("ana", s.acting("ana", "board", "abstain")),
        "no_such_outcome"
    );
    assert_eq!(
        s.refused("ana", s.acting("ana", "board", "perhaps")),
        "no_such_outcome"
    );
    assert_eq!(
        s.refused("ana", act(super::stage::user("x"))),
        "no_such_task"
    );
    s.act("ana", "board", "approve");
    assert_eq!(s.refused("ana", act(ana)), "already_done");
}

#[test]
fn the_way_most_seats_chose_is_taken() {
    let nodes = json!({
        "begin": { "kind": "start", "next": "board" },
        "board": { "kind": "approval", "seats": ["= ana, ben, cai"], "pass": "all",
                   "outcomes": { "approve": "yes", "legal": "lawyer", "reject": "no" } },
        "lawyer": { "kind": "approval", "seats": ["= dan"],
                    "outcomes": { "approve": "yes", "reject": "no" } },
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    });
    let mut s = Stage::new(nodes.clone());
    s.start("zhou")
        .act("ana", "board", "legal")
        .act("ben", "board", "legal");
    s.act("cai", "board", "approve").at(&["lawyer/dan"]);
    let mut s = Stage::new(nodes);
    s.start("zhou")
        .act("ana", "board", "legal")
        .act("ben", "board", "approve");
    s.act("cai", "board", "approve").ended(Status::Approved);
}

#[test]
fn an_opinion_where_one_is_required() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": { "kind": "approval", "seats": ["= li"], "opinion": "required",
               "outcomes": { "approve": "yes", "reject": "no" } },
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }));
    s.start("zhou");
    let seat = s.seat("a", "li");
    let act = |opinion: Option<&str>| Cmd::Act {
        seat,
        outcome: None,
        opinion: opinion.map(String::from),
    };
    assert_eq!(s.refused("li", act(None)), "opinion_required");
    assert_eq!(s.refused("li", act(Some("  "))), "opinion_required");
    s.does("li", act(Some("fine"))).ended(Status::Approved);
    assert_eq!(s.effects.tasks_closed[0].opinion.as_deref(), Some("fine"));
}
