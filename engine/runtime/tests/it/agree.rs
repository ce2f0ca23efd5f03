//! Status and ledgers agree: what is posted is posted once, ends posted, and is taken back whole.

use crate::{
    house::{BOTH, object, r},
    yard::{Yard, files},
};
use chrono::TimeDelta;
use runtime::Error;
use serde_json::{Value, json};

/// The nodes of the workflow replaced.
fn nodes(nodes: Value) -> impl Fn(&str, &mut Value) {
    move |path, body| {
        if path == "workflows/move.json" {
            body["nodes"] = nodes.clone();
        }
    }
}

fn look(pass: &str, reject: &str) -> Value {
    json!({ "kind": "approval", "label": "Look", "seats": ["role:keeper"],
            "outcomes": { "approve": pass, "reject": reject } })
}

/// What is wrong with a changed package.
async fn problems(yard: &Yard, change: impl Fn(&str, &mut Value)) -> Vec<String> {
    match yard.site.publish(None, vec![files(change)], true).await {
        Err(Error::Problems(problems)) => problems
            .iter()
            .map(|p| format!("{} {}", p.code, p.at))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_runs_is_not_reversed() {
    for on in BOTH {
        let yard = Yard::with(
            on,
            nodes(json!({
                "asked": { "kind": "start", "next": "book" },
                "book": { "kind": "post", "next": "after" },
                "after": look("good", "good"),
                "good": { "kind": "end", "status": "posted" }
            })),
        )
        .await;
        let place = yard.place("a").await;
        let moved = yard.moved(place, &[("2026-03-02", 7)]).await.unwrap();
        assert_eq!((&*moved.status, &*yard.pile(place).await), ("posted", "7"));
        let refused = yard.reverse(&moved).await.unwrap_err();
        assert_eq!(refused.code(), "still_running");
        let done = yard.complete("reject").await.unwrap();
        assert_eq!((&*done.status, &*yard.pile(place).await), ("posted", "7"));
        let undone = yard.reverse(&done).await.unwrap();
        assert_eq!(
            (&*undone.status, &*yard.pile(place).await),
            ("reversed", "0")
        );
        assert!(yard.site.verify().await.unwrap().ok);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_program_let_through_stays_whole() {
    for on in BOTH {
        // Posts twice and can end rejected: refused today.
        let twice = nodes(json!({
            "asked": { "kind": "start", "next": "first" },
            "first": { "kind": "post", "next": "between" },
            "between": look("second", "bad"),
            "second": { "kind": "post", "next": "good" },
            "good": { "kind": "end", "status": "posted" },
            "bad": { "kind": "end", "status": "rejected" }
        }));
        let yard = Yard::new(on).await;
        let expected = ["ends_unposted /nodes/bad", "posts_twice /nodes/second"];
        assert_eq!(problems(&yard, &twice).await, expected);
        let yard = yard.plant(&twice).await.unwrap();
        let (a, b) = (yard.place("a").await, yard.place("b").await);
        yard.moved(a, &[("2026-03-02", 7)]).await.unwrap();
        let done = yard.complete("reject").await.unwrap();
        assert_eq!((&*done.status, &*yard.pile(a).await), ("posted", "7"));
        yard.moved(b, &[("2026-03-02", 7)]).await.unwrap();
        let done = yard.complete("approve").await.unwrap();
        assert_eq!((&*done.status, &*yard.pile(b).await), ("posted", "14"));
        let undone = yard.reverse(&done).await.unwrap();
        assert_eq!((&*undone.status, &*yard.pile(b).await), ("reversed", "0"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_counts_from_its_own_day() {
    for on in BOTH {
        let yard = Yard::new(on).await;
        let place = yard.place("a").await;
        // In before out, and nothing is missing on any day.
        yard.moved(place, &[("2026-03-01", 5), ("2026-03-04", -5)])
            .await
            .unwrap();
        yard.complete("approve").await.unwrap();
        // What goes out on the sixth takes nothing from the third.
        yard.moved(place, &[("2026-03-03", 1), ("2026-03-06", -1)])
            .await
            .unwrap();
        yard.complete("approve").await.unwrap();
        // Out before in: together nothing, and short in between.
        yard.moved(place, &[("2026-03-07", -2), ("2026-03-09", 2)])
            .await
            .unwrap();
        let refused = yard.complete("approve").await.unwrap_err();
        assert_eq!(refused.code(), "constraint_broken");
        assert_eq!(yard.pile(place).await, "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_constraint_needs_a_balance_that_is_kept() {
    for on in BOTH {
        let yard = Yard::new(on).await;
        for kept in ["none", "period"] {
            let change = |path: &str, body: &mut Value| {
                if path == "ledgers/pile.json" {
                    body["balance"] = json!(kept);
                }
            };
            let expected = ["constraint_needs_current /constraints/never_below"];
            assert_eq!(problems(&yard, change).await, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_belongs_to_its_own_instance() {
    for on in BOTH {
        let yard = Yard::new(on).await;
        let place = yard.place("a").await;
        let first = yard.moved(place, &[("2026-03-02", 7)]).await.unwrap();
        let (form, key) = (r("yard/move"), yard.key());
        let back = yard
            .site
            .withdraw(&yard.chief, &key, &form, first.id, first.version, "")
            .await
            .unwrap();
        // The next instance begins on a node whose clock is behind.
        let clock = &yard.options.clock;
        clock.move_to(clock.now() - TimeDelta::hours(1));
        let (none, key) = (object(json!({})), yard.key());
        yard.site
            .submit(&yard.chief, &key, &form, back.id, back.version, none)
            .await
            .unwrap();
        let done = yard.complete("approve").await.unwrap();
        assert_eq!(done.status, "posted");
    }
}
