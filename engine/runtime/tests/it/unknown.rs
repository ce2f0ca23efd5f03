//! What is hidden and what does not exist give the same answer.

use crate::{
    house::{BOTH, object, r},
    plot::Plot,
};
use runtime::{Error, ListAsked};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_field_is_like_none() {
    for on in BOTH {
        let s = Plot::new(on).await;
        s.matter(&s.mei, "a").await;
        let told =
            async |form: &str, asked: ListAsked| match s.site.list(&s.mei, &r(form), asked).await {
                Err(Error::BadRequest { code, at, with }) => format!("{code} {at} {with:?}"),
                other => panic!("{other:?}"),
            };
        // A field of the same length, so that only the name differs.
        for (form, hidden, none) in [
            ("plot/matter", "amount", "nosuch"),
            ("plot/note", "matter.amount", "matter.nosuch"),
        ] {
            let mut seen = vec![];
            for name in [hidden, none] {
                for test in [
                    json!("x"),
                    json!(7),
                    json!({ "like": "x" }),
                    json!({ "no": 1 }),
                ] {
                    let asked = ListAsked {
                        filter: object(json!({ name: test })),
                        ..ListAsked::default()
                    };
                    seen.push(told(form, asked).await.replace(name, "NAME"));
                }
                for sort in [name.to_string(), format!("-{name}")] {
                    let asked = ListAsked {
                        sort: vec![sort],
                        ..ListAsked::default()
                    };
                    seen.push(told(form, asked).await.replace(name, "NAME"));
                }
                let asked = ListAsked {
                    columns: vec![name.to_string()],
                    ..ListAsked::default()
                };
                seen.push(told(form, asked).await.replace(name, "NAME"));
            }
            let (left, right) = seen.split_at(seen.len() / 2);
            assert_eq!(left, right, "{on:?} {form}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_by_what_is_sealed() {
    for on in BOTH {
        let s = Plot::new(on).await;
        let values = json!({ "code": "a", "name": "Plain", "sealed": "sealedword" });
        let matter = s.make(&s.mei, "plot/matter", values).await.unwrap();
        let values = json!({ "said": "note", "under": matter });
        s.make(&s.mei, "plot/note", values).await.unwrap();
        let found = async |form: &str, q: &str| {
            let asked = ListAsked {
                q: q.into(),
                ..ListAsked::default()
            };
            s.site
                .list(&s.mei, &r(form), asked)
                .await
                .unwrap()
                .rows
                .len()
        };
        assert_eq!(found("plot/matter", "plain").await, 1);
        assert_eq!(found("plot/matter", "sealedword").await, 0);
        // Nor what a sealed link points to.
        assert_eq!(found("plot/note", "note").await, 1);
        assert_eq!(found("plot/note", "plain").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_on_few_rows_opens_nothing_on_others() {
    for on in BOTH {
        let s = Plot::new(on).await;
        let (form, chief) = (r("plot/matter"), &s.admin);
        let values = |word: &str| {
            json!({ "code": word, "name": "Plain", "veiled": format!("veil {word}"),
                    "sealed": format!("seal {word}"), "dots": format!("dots {word}") })
        };
        // His own, of which he reads everything, and one of which he may only see that it is.
        let own = s.make(chief, "plot/matter", values("own")).await.unwrap();
        let other = s
            .make(&s.lin, "plot/matter", values("other"))
            .await
            .unwrap();
        for matter in [own, other] {
            s.make(chief, "plot/note", json!({ "matter": matter }))
                .await
                .unwrap();
        }
        let rows = async |form: &str, asked: ListAsked| {
            let page = s.site.list(chief, &r(form), asked).await;
            page.unwrap_or_else(|e| panic!("{on:?} {e:?}")).rows
        };
        let all = rows("plot/matter", ListAsked::default()).await;
        let row = |id| all.iter().find(|row| row.id == id).unwrap();
        assert_eq!(row(own).values["veiled"], "veil own");
        assert_eq!(row(own).values["sealed"], "seal own");
        assert_eq!(row(own).values["dots"], "dots own");
        let seen = serde_json::to_string(row(other)).unwrap();
        assert_eq!(row(other).values["dots"], json!({ "masked": true }));
        for word in ["veil", "seal", "dots other"] {
            assert!(!seen.contains(&format!("{word} o")), "{seen}");
        }

        let filtered = async |form: &str, filter: serde_json::Value| {
            let asked = ListAsked {
                filter: object(filter),
                ..ListAsked::default()
            };
            rows(form, asked).await.len()
        };
        for field in ["veiled", "sealed", "dots"] {
            let through = format!("matter.{field}");
            for (form, path) in [("plot/matter", field), ("plot/note", through.as_str())] {
                assert_eq!(
                    filtered(form, json!({ path: { "like": "other" } })).await,
                    0
                );
                assert_eq!(filtered(form, json!({ path: { "like": "own" } })).await, 1);
            }
            // Of a row that is shut a test says the same, whatever stands there.
            assert_eq!(
                filtered("plot/matter", json!({ field: { "empty": false } })).await,
                1
            );
            assert_eq!(
                filtered("plot/matter", json!({ field: { "empty": true } })).await,
                0
            );
            assert_eq!(
                filtered("plot/matter", json!({ field: { "not": "x" } })).await,
                1
            );
            for sort in [field.to_string(), format!("-{field}")] {
                let asked = ListAsked {
                    sort: vec![sort],
                    ..ListAsked::default()
                };
                let first = rows("plot/matter", asked).await[0].id;
                // What is shut sorts as what is empty.
                assert!(first == own || first == other);
            }
        }
        // Nobody finds by what is sealed.
        for (q, found) in [("other", 1), ("veil", 1), ("seal", 0), ("dots", 1)] {
            let asked = ListAsked {
                q: q.into(),
                ..ListAsked::default()
            };
            assert_eq!(rows("plot/matter", asked).await.len(), found, "{q}");
        }
        let asked = ListAsked {
            columns: ["matter.veiled", "matter.sealed", "matter.dots"]
                .map(String::from)
                .to_vec(),
            ..ListAsked::default()
        };
        let text = serde_json::to_string(&rows("plot/note", asked).await).unwrap();
        assert!(
            text.contains("veil own") && !text.contains("veil other"),
            "{text}"
        );
        assert!(
            !text.contains("seal other") && !text.contains("dots other"),
            "{text}"
        );

        let sheet = s.site.sheet(chief, &form, own).await.unwrap();
        assert_eq!(sheet.record.values["veiled"], "veil own");
        let history = s.site.history(chief, &form, own).await.unwrap();
        assert!(
            serde_json::to_string(&history)
                .unwrap()
                .contains("veil own")
        );
        let tried = runtime::EvaluateAsked {
            id: Some(other),
            ..Default::default()
        };
        let told = [
            serde_json::to_string(&s.site.sheet(chief, &form, other).await.unwrap()),
            serde_json::to_string(&s.site.history(chief, &form, other).await.unwrap()),
            serde_json::to_string(&s.site.evaluate(chief, &form, tried).await.unwrap()),
        ];
        for text in told.map(Result::unwrap) {
            for word in ["veil", "seal", "dots"] {
                assert!(!text.contains(&format!("{word} other")), "{on:?} {text}");
            }
        }
    }
}
