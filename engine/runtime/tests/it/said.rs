//! Remarks and views, on both databases.

use crate::{
    house::{BOTH, r},
    plot::Plot,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn many_remarks_hide_none() {
    for on in BOTH {
        let s = Plot::new(on).await;
        let (form, matter) = (r("plot/matter"), s.matter(&s.mei, "a").await);
        for n in 0..205 {
            let (key, text) = (s.key(), n.to_string());
            let said = s.site.comment(&s.mei, &key, &form, matter, &text);
            said.await.unwrap();
        }
        let (mut seen, mut after, mut pages) = (vec![], None, 0);
        loop {
            let page = s.site.comments(&s.mei, &form, matter, after.as_deref());
            let page = page.await.unwrap();
            seen.extend(page.rows.into_iter().map(|c| c.text));
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let newest_first: Vec<String> = (0..205).rev().map(|n| n.to_string()).collect();
        assert_eq!((pages, seen), (3, newest_first));
        let bad = s
            .site
            .comments(&s.mei, &form, matter, Some("nonsense"))
            .await;
        assert_eq!(bad.unwrap_err().code(), "bad_cursor");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_views_are_for_readers_and_bounded() {
    for on in BOTH {
        let s = Plot::new(on).await;
        let form = r("plot/matter");
        let shared = s
            .site
            .save_view(&s.lin, &form, "Mine", json!({ "q": "canary" }), true)
            .await
            .unwrap();
        assert_eq!(s.site.views(&s.mei, &form).await.unwrap().len(), 1);
        // The keepers' own form: to who has no right on it there is none.
        let kept = r("plot/kept");
        let theirs = s.site.save_view(&s.lin, &kept, "X", json!({}), true).await;
        assert!(theirs.is_ok());
        let hers = s.site.views(&s.mei, &kept).await;
        assert_eq!(hers.unwrap_err().code(), "not_found");
        let none = s.site.save_view(&s.mei, &kept, "X", json!({}), true).await;
        assert_eq!(none.unwrap_err().code(), "not_found");
        for n in 0..100 {
            let name = n.to_string();
            let saved = s.site.save_view(&s.mei, &form, &name, json!({}), false);
            saved.await.unwrap();
        }
        let more = s
            .site
            .save_view(&s.mei, &form, "more", json!({}), false)
            .await;
        assert_eq!(more.unwrap_err().code(), "too_many_views");
        let again = s.site.save_view(&s.mei, &form, "7", json!({}), true).await;
        assert!(again.is_ok());
        let other = s.site.drop_view(&s.mei, &form, shared.id).await;
        assert_eq!(other.unwrap_err().code(), "not_found");
        s.site.drop_view(&s.admin, &form, shared.id).await.unwrap();
        let own = s.site.views(&s.mei, &form).await.unwrap();
        assert_eq!(own.len(), 100);
        let private = own.iter().find(|v| !v.shared).unwrap();
        let peeked = s.site.drop_view(&s.admin, &form, private.id).await;
        assert_eq!(peeked.unwrap_err().code(), "not_found");
    }
}
