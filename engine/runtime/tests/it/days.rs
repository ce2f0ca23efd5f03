//! Days at both ends of what can be kept, on both databases: the same answers, never a failure.

use crate::{
    house::{BOTH, object, r},
    plot::{Plot, found},
};
use runtime::{Error, ListAsked};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn days_outside_the_calendar_are_refused_alike() {
    for on in BOTH {
        let s = Plot::new(on).await;
        for day in [
            "0000-01-01",
            "10000-01-01",
            "+9999-01-01",
            "-0001-01-01",
            "262142-12-31",
        ] {
            let kept = s.make(&s.mei, "plot/note", json!({ "day": day })).await;
            assert_eq!(found(kept.unwrap_err()), ["not_a_date"], "{day}");
            let asked = ListAsked {
                filter: object(json!({ "day": day })),
                ..ListAsked::default()
            };
            let listed = s.site.list(&s.mei, &r("plot/note"), asked).await;
            assert!(
                matches!(listed, Err(Error::BadRequest { .. })),
                "{on:?} {day}"
            );
        }
        for at in [
            "0001-01-01T00:00:00+08:00",
            "9999-12-31T23:59:59-08:00",
            "+10000-01-01T00:00:00Z",
        ] {
            let kept = s.make(&s.mei, "plot/note", json!({ "at": at })).await;
            assert_eq!(found(kept.unwrap_err()), ["not_a_moment"], "{at}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_and_the_last_day_are_found_alike() {
    for on in BOTH {
        let s = Plot::new(on).await;
        for (said, day, at) in [
            ("first", "0001-01-01", "0001-01-01T00:00:00Z"),
            ("now", "2026-03-02", "2026-03-02T01:00:00.123456789Z"),
            ("last", "9999-12-31", "9999-12-31T15:59:59.999999Z"),
        ] {
            let values = json!({ "said": said, "day": day, "at": at });
            s.make(&s.mei, "plot/note", values).await.unwrap();
        }
        let listed = async |filter: serde_json::Value| -> Vec<String> {
            let asked = ListAsked {
                filter: object(filter.clone()),
                sort: vec!["day".into()],
                ..ListAsked::default()
            };
            let page = s.site.list(&s.mei, &r("plot/note"), asked).await;
            let page = page.unwrap_or_else(|e| panic!("{on:?} {filter} {e:?}"));
            let said = |row: &runtime::view::Row| row.values["said"].as_str().unwrap().to_string();
            page.rows.iter().map(said).collect()
        };
        for (filter, found) in [
            (
                json!({ "day": { "at_most": "0001-01-01" } }),
                &["first"][..],
            ),
            (json!({ "day": { "at_least": "9999-12-31" } }), &["last"]),
            (
                json!({ "day": { "above": "0001-01-01", "below": "9999-12-31" } }),
                &["now"],
            ),
            (
                json!({ "at": { "at_most": "9999-12-31" } }),
                &["first", "now", "last"],
            ),
            (
                json!({ "at": { "at_least": "0001-01-01" } }),
                &["first", "now", "last"],
            ),
            (json!({ "at": { "below": "0001-01-01" } }), &[]),
            (json!({ "at": { "above": "9999-12-31" } }), &[]),
            (json!({ "at": "2026-03-02" }), &["now"]),
            (json!({ "at": "2026-03-02T01:00:00.123456Z" }), &["now"]),
        ] {
            assert_eq!(listed(filter.clone()).await, found, "{on:?} {filter}");
        }
        // A page that ends at an end of the calendar goes on from there.
        for sort in ["day", "-day", "at", "-at"] {
            let (mut seen, mut after) = (0, None);
            for _ in 0..4 {
                let asked = ListAsked {
                    sort: vec![sort.into()],
                    limit: Some(1),
                    after: after.clone(),
                    ..ListAsked::default()
                };
                let page = s.site.list(&s.mei, &r("plot/note"), asked).await.unwrap();
                seen += page.rows.len();
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, 3, "{on:?} {sort}");
        }
    }
}
