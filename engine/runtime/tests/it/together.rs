//! Two commands at once come out as one after the other.

use crate::{
    house::{BOTH, object, r},
    yard::Yard,
};
use model::Id;
use runtime::{Error, view};
use serde_json::{Value, json};

/// Rounds, each a chance to be caught between reading and writing.
const ROUNDS: usize = 20;

impl Yard {
    async fn edit(
        &self,
        form: &str,
        id: Id,
        version: u64,
        values: Value,
    ) -> Result<view::Done, Error> {
        let (key, form) = (self.key(), r(&format!("yard/{form}")));
        self.site
            .change(&self.chief, &key, &form, id, version, object(values))
            .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_decided_is_still_so_when_it_is_kept() {
    for on in BOTH {
        let yard = Yard::with(on, |path: &str, body: &mut Value| {
            if path == "forms/place.json" {
                body["fields"]["other"] =
                    json!({ "label": "Other", "kind": "link", "to": "place" });
                body["checks"] = json!({ "one_open": {
                    "fails": "= !record.open && !empty(record.other) && !record.other.open",
                    "at": "open", "say": "One of the two stays open." } });
            }
        })
        .await;
        for round in 0..ROUNDS {
            let place = async |code: String, other: Option<Id>| {
                let values = json!({ "code": code, "open": true, "other": other });
                yard.make("place", values).await
            };
            let a = place(format!("a{round}"), None).await;
            let b = place(format!("b{round}"), Some(a)).await;
            yard.edit("place", a, 1, json!({ "other": b }))
                .await
                .unwrap();
            let (one, two) = tokio::join!(
                yard.edit("place", a, 2, json!({ "open": false })),
                yard.edit("place", b, 1, json!({ "open": false })),
            );
            assert_eq!(
                [one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(),
                1,
                "{on:?}, round {round}: {one:?} {two:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_never_closes_to_a_circle() {
    for on in BOTH {
        let yard = Yard::new(on).await;
        for round in 0..ROUNDS {
            let area = async |code: &str, parent: Option<Id>| {
                let values = json!({ "code": format!("{code}{round}"), "parent": parent });
                yard.make("area", values).await
            };
            let (a, b) = (area("a", None).await, area("b", None).await);
            let (under_a, under_b) = (area("c", Some(a)).await, area("d", Some(b)).await);
            let (one, two) = tokio::join!(
                yard.edit("area", a, 1, json!({ "parent": under_b })),
                yard.edit("area", b, 1, json!({ "parent": under_a })),
            );
            let refused = match (one, two) {
                (Ok(_), Err(e)) | (Err(e), Ok(_)) => e,
                both => panic!("{on:?}, round {round}: {both:?}"),
            };
            assert_eq!(refused.code(), "cycle");
            let below = yard.edit("area", a, 1, json!({ "parent": a })).await;
            assert!(below.is_err());
        }
    }
}
