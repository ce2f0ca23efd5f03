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
        s.case(&s.mei, "a").await;
        let told =
            async |form: &str, asked: ListAsked| match s.site.list(&s.mei, &r(form), asked).await {
                Err(Error::BadRequest { code, at, with }) => format!("{code} {at} {with:?}"),
                other => panic!("{other:?}"),
            };
        // A field of the same length, so that only the name differs.
        for (form, hidden, none) in [
            ("plot/case", "amount", "nosuch"),
            ("plot/note", "case.amount", "case.nosuch"),
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
async fn nothing_is_found_by_what_some_may_not_see() {
    for on in BOTH {
        let s = Plot::new(on).await;
        let values =
            json!({ "code": "a", "name": "Plain", "sealed": "sealedword", "veiled": "veiledword" });
        let case = s.make(&s.mei, "plot/case", values).await.unwrap();
        let values = json!({ "said": "note", "under": case });
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
        assert_eq!(found("plot/case", "plain").await, 1);
        assert_eq!(found("plot/case", "sealedword").await, 0);
        assert_eq!(found("plot/case", "veiledword").await, 0);
        // Nor what a sealed link points to.
        assert_eq!(found("plot/note", "note").await, 1);
        assert_eq!(found("plot/note", "plain").await, 0);
    }
}
