//! What publish refuses: each rule by the least definition that breaks it.

use super::stage::{told, workflow};
use kernel::workflow::Def;
use serde_json::{Value, json};

fn codes(nodes: Value) -> Vec<String> {
    match Def::compile(&workflow(&nodes)) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|p| format!("{} {}", p.code, p.at))
            .collect(),
    }
}

fn approve(next: &str) -> Value {
    json!({ "kind": "approval", "seats": ["= li"], "outcomes": { "approve": next, "reject": "no" } })
}

#[test]
fn every_rule() {
    let end = json!({ "kind": "end" });
    let start = |next: &str| json!({ "kind": "start", "next": next });
    let both = |a: &str, b: &str| json!({ "kind": "parallel_gateway", "branches": { "one": { "to": a }, "two": { "to": b } } });
    let either = |a: &str, b: &str| {
        json!({ "kind": "exclusive_gateway",
                "branches": { "one": { "when": "= x", "to": a }, "two": { "to": b } } })
    };
    let all = |next: &str| json!({ "kind": "parallel_gateway", "join": "all", "next": next });
    let post = |next: &str| json!({ "kind": "post", "next": next });
    let posted = json!({ "kind": "end", "status": "posted" });
    let ask = |pass: &str, reject: &str| json!({ "kind": "approval", "seats": ["= li"], "outcomes": { "approve": pass, "reject": reject } });
    // One node and an end, in a block with further keys.
    let block = |node: Value, more: Value, next: &str| {
        let mut block = json!({ "kind": "block", "next": next, "nodes": {
            "o": { "kind": "start", "next": "n" }, "n": node, "i": { "kind": "end" } } });
        for (key, value) in more.as_object().unwrap() {
            block[key] = value.clone();
        }
        block
    };
    #[rustfmt::skip]
    let table: Vec<(&str, Value, &[&str])> = vec![
        ("good", json!({ "begin": start("a"), "a": approve("no"), "no": end }), &[]),
        ("unknown target", json!({ "begin": start("gone"), "no": end }), &["unknown_node /nodes/begin/next"]),
        ("unknown outcome target", json!({ "begin": start("a"), "no": end,
            "a": { "kind": "approval", "seats": ["= li"], "outcomes": { "approve": "lost", "reject": "no" } } }),
            &["unknown_node /nodes/a/outcomes/approve"]),
        ("no start", json!({ "a": approve("no"), "no": end }), &["no_start /nodes"]),
        ("two starts", json!({ "begin": start("no"), "two": start("no"), "no": end }), &["several_starts /nodes/two"]),
        ("into the start", json!({ "begin": start("a"), "a": approve("begin"), "no": end }), &["way_into_start /nodes/begin"]),
        ("no end", json!({ "begin": start("a"), "a": { "kind": "fill", "seats": ["= li"], "next": "a" } }), &["no_end /nodes"]),
        ("unreachable", json!({ "begin": start("no"), "a": approve("no"), "no": end }), &["unreachable_node /nodes/a"]),
        ("no way out", json!({ "begin": start("x"), "x": either("a", "no"), "no": end,
            "a": { "kind": "fill", "seats": ["= li"], "next": "a" } }), &["no_way_out /nodes/a"]),
        ("a gateway to nowhere", json!({ "begin": start("x"), "x": { "kind": "parallel_gateway" }, "no": end }),
            &["no_way_out /nodes/x"]),
        ("no default", json!({ "begin": start("x"), "no": end, "x": { "kind": "exclusive_gateway",
            "branches": { "one": { "when": "= x", "to": "no" }, "two": { "when": "= y", "to": "no" } } } }),
            &["no_default /nodes/x/branches/two/when"]),
        ("default not last", json!({ "begin": start("x"), "no": end, "x": { "kind": "inclusive_gateway",
            "branches": { "one": { "to": "no" }, "two": { "when": "= y", "to": "no" } } } }),
            &["needs_when /nodes/x/branches/one", "no_default /nodes/x/branches/two/when"]),
        ("condition at a parallel gateway", json!({ "begin": start("x"), "no": end, "x": { "kind": "parallel_gateway",
            "branches": { "one": { "when": "= x", "to": "no" } } } }), &["no_when_here /nodes/x/branches/one/when"]),
        ("branches and next", json!({ "begin": start("x"), "no": end, "x": { "kind": "parallel_gateway",
            "branches": { "one": { "to": "no" } }, "next": "no" } }), &["branches_or_next /nodes/x/next"]),
        ("a cycle without people", json!({ "begin": start("x"), "x": either("s", "no"), "no": end,
            "s": { "kind": "script", "set": { "n": true }, "next": "x" } }), &["automatic_cycle /nodes/x"]),
        ("a cycle with a timer", json!({ "begin": start("x"), "x": either("t", "no"), "no": end,
            "t": { "kind": "timer", "for": "P1D", "next": "x" } }), &[]),
        ("only reject", json!({ "begin": start("a"), "no": end,
            "a": { "kind": "approval", "seats": ["= li"], "outcomes": { "reject": "no" } } }),
            &["no_way_to_pass /nodes/a/outcomes"]),
        ("a vote that cannot be lost", json!({ "begin": start("a"), "no": end, "a": { "kind": "approval",
            "seats": ["= li"], "pass": { "percent": 50 }, "outcomes": { "approve": "no" } } }),
            &["no_reject_way /nodes/a/outcomes"]),
        ("abstain as a way", json!({ "begin": start("a"), "no": end, "a": { "kind": "approval",
            "seats": ["= li"], "outcomes": { "approve": "no", "abstain": "no" } } }),
            &["reserved_outcome /nodes/a/outcomes/abstain"]),
        ("not the same as nobody", json!({ "begin": start("a"), "no": end, "a": { "kind": "approval",
            "seats": ["= li"], "not_same_as": ["no"], "outcomes": { "approve": "no" } } }),
            &["no_people_there /nodes/a/not_same_as"]),
        ("over without an approval", json!({ "begin": start("p"), "no": end,
            "p": { "kind": "post", "next": "no", "over": { "stock/limit": "no" } } }),
            &["over_without_approval /nodes/p/over/stock~1limit"]),
        ("over that does not lead back", json!({ "begin": start("p"), "no": end, "a": approve("no"),
            "p": { "kind": "post", "next": "no", "over": { "stock/limit": "a" } } }),
            &["over_without_return /nodes/p/over/stock~1limit"]),
        ("a split that is never joined", json!({ "begin": start("x"), "x": both("a", "b"), "no": end,
            "a": approve("m"), "b": approve("m"), "m": { "kind": "parallel_gateway", "next": "no" } }),
            &["two_tokens /nodes/no"]),
        ("a join that starves", json!({ "begin": start("x"), "x": either("a", "b"), "no": end,
            "a": approve("m"), "b": approve("m"), "m": all("no") }), &["stuck_join /nodes/m"]),
        ("an end beside a join", json!({ "begin": start("x"), "x": both("a", "b"), "no": end, "yes": { "kind": "end" },
            "a": approve("m"), "b": approve("m"), "m": all("yes") }), &["stuck_join /nodes/m"]),
        ("posted in a block, then posted", json!({ "begin": start("k"), "k": block(post("i"), json!({}), "q"),
            "q": post("done"), "done": posted }), &["posts_twice /nodes/q"]),
        ("posted in every run of a block", json!({ "begin": start("k"), "k": block(post("i"), json!({ "each": 2 }), "done"),
            "done": posted }), &["posts_twice /nodes/k"]),
        ("posted in a block, then rejected", json!({ "begin": start("k"), "k": block(post("i"), json!({}), "a"),
            "a": ask("done", "no"), "done": posted, "no": { "kind": "end", "status": "rejected" } }),
            &["ends_unposted /nodes/no"]),
        ("posted by every thread", json!({ "begin": start("x"), "x": { "kind": "parallel_gateway", "threads": 2,
            "branches": { "p": { "to": "p" } } }, "p": post("done"), "done": posted }), &["posts_twice /nodes/p"]),
        ("posted once the copies have met", json!({ "begin": start("x"), "x": { "kind": "parallel_gateway", "copies": 2,
            "branches": { "a": { "to": "a" } } }, "a": { "kind": "fill", "seats": ["= li"], "next": "m" }, "m": { "kind": "inclusive_gateway", "join": "live",
            "next": "p" }, "p": post("done"), "done": posted }), &[]),
        ("posted, then posted", json!({ "begin": start("p"), "p": post("q"), "q": post("done"), "done": posted }),
            &["posts_twice /nodes/q"]),
        ("posted again and again", json!({ "begin": start("p"), "p": post("a"), "a": ask("done", "p"), "done": posted }),
            &["posts_twice /nodes/p"]),
        ("posted, then rejected", json!({ "begin": start("p"), "p": post("a"), "a": ask("done", "no"), "done": posted,
            "no": { "kind": "end", "status": "rejected" } }), &["ends_unposted /nodes/no"]),
        ("posted, then rejected by the way", json!({ "begin": start("p"), "p": post("a"), "a": ask("done", "no"),
            "done": posted, "no": end }), &["ends_unposted /nodes/no"]),
        ("posted, an end without a status", json!({ "begin": start("p"), "p": post("a"), "a": ask("no", "done"),
            "done": posted, "no": end }), &[]),
        ("rejected, then not posted", json!({ "begin": start("a"), "a": ask("p", "no"), "p": post("done"), "done": posted,
            "no": { "kind": "end", "status": "rejected" } }), &[]),
        ("posted beside a posting", json!({ "begin": start("x"), "x": both("p", "q"), "p": post("m"), "q": post("m"),
            "m": all("done"), "done": posted }), &["posts_twice /nodes/q", "posts_twice /nodes/p"]),
        ("posted beside a rejection", json!({ "begin": start("x"), "x": both("p", "a"), "p": post("m"), "a": ask("m", "no"),
            "m": all("done"), "done": posted, "no": { "kind": "terminate", "status": "rejected" } }),
            &["ends_unposted /nodes/no"]),
        ("posted after both have agreed", json!({ "begin": start("x"), "x": both("a", "b"), "a": ask("m", "no"),
            "b": ask("m", "no"), "m": all("p"), "p": post("done"), "done": posted,
            "no": { "kind": "terminate", "status": "rejected" } }), &[]),
        ("let through, then posted", json!({ "begin": start("p"), "a": ask("p", "no"), "done": posted,
            "p": { "kind": "post", "next": "done", "over": { "stock/limit": "a" } }, "no": end }), &[]),
    ];
    for (what, nodes, expected) in table {
        assert_eq!(codes(nodes), *expected, "{what}");
    }
}

#[test]
fn all_problems_at_once() {
    let problems = Def::compile(&workflow(&json!({
        "begin": { "kind": "start", "next": "gone" },
        "x": { "kind": "exclusive_gateway", "branches": { "one": { "when": "= x", "to": "lost" } } },
        "p": { "kind": "parallel_gateway" }
    })))
    .unwrap_err();
    assert!(problems.len() >= 4, "{}", told(&problems));
    assert!(
        problems
            .iter()
            .all(|p| p.file == "test/workflows/flow.json" && !p.say.is_empty())
    );
}

#[test]
fn a_counter_example_names_the_way() {
    let problems = Def::compile(&workflow(&json!({
        "begin": { "kind": "start", "next": "x" },
        "x": { "kind": "inclusive_gateway", "branches": {
            "one": { "when": "= a", "to": "a" }, "two": { "when": "= b", "to": "b" }, "rest": { "to": "m" } } },
        "a": approve("m"),
        "b": approve("m"),
        "m": { "kind": "parallel_gateway", "join": "all", "next": "no" },
        "no": { "kind": "terminate" }
    })))
    .unwrap_err();
    assert_eq!(problems[0].code, "stuck_join");
    assert_eq!(problems[0].with[1], "begin → x.rest");
}
