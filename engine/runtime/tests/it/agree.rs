//! Status and ledgers agree: what must hold on a balance holds on every day.

use crate::{
    house::BOTH,
    yard::{Yard, files},
};
use runtime::Error;
use serde_json::{Value, json};

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
