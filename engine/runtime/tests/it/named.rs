//! What somebody names that is not his: records he may not see, files he did not send.

use crate::{
    house::{BOTH, r},
    plot::{Plot, found},
};
use chrono::TimeDelta;
use model::Id;
use runtime::EvaluateAsked;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_worked_out_from_a_record_one_may_not_see() {
    for on in BOTH {
        let s = Plot::new(on).await;
        let theirs = s.matter(&s.lin, "theirs").await;
        let mine = s.matter(&s.mei, "mine").await;
        let sheet = s.tried(&s.mei, json!({ "matter": mine })).await.unwrap();
        assert_eq!(sheet.record.values["told"], "canary");

        // By id or by key, there or not: the same answer.
        let nowhere = Id::at(1, [7; 10]);
        for (there, absent) in [
            (json!(theirs), json!(nowhere)),
            (json!({ "id": theirs }), json!({ "id": nowhere })),
        ] {
            let mut told = vec![];
            for matter in [there, absent] {
                let sheet = s.tried(&s.mei, json!({ "matter": matter })).await.unwrap();
                let text = serde_json::to_string(&sheet).unwrap();
                assert!(
                    !text.contains("canary") && !text.contains("name of"),
                    "{text}"
                );
                assert!(text.contains("no_such_record"), "{text}");
                told.push(text);
                let kept = s
                    .make(&s.mei, "plot/note", json!({ "matter": matter }))
                    .await;
                assert_eq!(found(kept.unwrap_err()), ["no_such_record"]);
            }
            assert_eq!(told[0], told[1], "{on:?}");
        }
        for key in ["theirs", "absent"] {
            let matter = json!({ "matter": { "key": key } });
            let tried = s.tried(&s.mei, matter.clone()).await;
            assert_eq!(found(tried.unwrap_err()), ["no_such_record"]);
            let kept = s.make(&s.mei, "plot/note", matter).await;
            assert_eq!(found(kept.unwrap_err()), ["no_such_record"]);
        }
        let by_key = s
            .tried(&s.mei, json!({ "matter": { "key": "mine" } }))
            .await;
        assert_eq!(by_key.unwrap().record.values["told"], "canary");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_chosen_is_left_out_of_what_is_tried() {
    for on in BOTH {
        let s = Plot::new(on).await;
        let values = json!({ "code": "old", "name": "Old", "secret": "canary", "open": false });
        let closed = s.make(&s.mei, "plot/matter", values).await.unwrap();
        let sheet = s.tried(&s.mei, json!({ "matter": closed })).await.unwrap();
        let text = serde_json::to_string(&sheet).unwrap();
        assert!(
            text.contains("not_allowed_here") && !text.contains("canary"),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_tried_on_its_own_form_and_record_only() {
    for on in BOTH {
        let s = Plot::new(on).await;
        let note = s
            .make(&s.mei, "plot/note", json!({ "said": "x" }))
            .await
            .unwrap();
        let (form, key) = (r("plot/note"), s.key());
        let done = s
            .site
            .submit(&s.mei, &key, &form, note, 1, Default::default());
        done.await.unwrap();
        let tasks = s.site.tasks(&s.lin, runtime::Folder::Todo, "", None, None);
        let task = tasks.await.unwrap().rows[0].id;
        assert!(task.is_some());
        let other = s.matter(&s.lin, "other").await;
        let tried = |form: &'static str, id: Option<Id>| {
            let asked = EvaluateAsked {
                task,
                id,
                ..Default::default()
            };
            let site = s.site.clone();
            let lin = s.lin.clone();
            async move { site.evaluate(&lin, &r(form), asked).await }
        };
        assert!(tried("plot/note", None).await.is_ok());
        assert!(tried("plot/note", Some(note)).await.is_ok());
        for (form, id) in [("plot/matter", None), ("plot/note", Some(other))] {
            let refused = tried(form, id).await.unwrap_err();
            assert_eq!(refused.code(), "not_found");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_alone_opens_no_file() {
    for on in BOTH {
        let s = Plot::new(on).await;
        let blob = s
            .site
            .upload(&s.lin, "pay.txt", "1,000,000".into())
            .await
            .unwrap();
        let said = |hash: &str| json!({ "files": [{ "hash": hash, "name": "../a\u{202e}b.txt.", "size": 1, "media": "text/html" }] });
        let note = s
            .make(&s.mei, "plot/note", json!({ "said": "x" }))
            .await
            .unwrap();
        let nowhere = "0".repeat(64);
        for hash in [&*blob.hash, &nowhere] {
            let taken = s.make(&s.mei, "plot/note", said(hash)).await;
            assert_eq!(found(taken.unwrap_err()), ["no_such_file"]);
            let taken = s.edit(&s.mei, note, 1, said(hash)).await;
            assert_eq!(found(taken.unwrap_err()), ["no_such_file"]);
            let tried = s.tried(&s.mei, said(hash)).await.unwrap();
            assert!(!tried.record.values.contains_key("files"));
        }
        for path in ["../../site.db", &blob.hash[..63], &blob.hash.to_uppercase()] {
            let taken = s.make(&s.mei, "plot/note", said(path)).await;
            assert_eq!(found(taken.unwrap_err()), ["not_a_file"]);
        }
        // Who sent it may; what is said of it is what was found in it.
        let note = s.make(&s.lin, "plot/note", said(&blob.hash)).await.unwrap();
        let sheet = s.site.sheet(&s.lin, &r("plot/note"), note).await.unwrap();
        let kept = &sheet.record.values["files"][0];
        assert_eq!(kept["size"], 9);
        assert_eq!(kept["media"], "text/plain");
        assert_eq!(kept["name"], "ab.txt");
        // Who edits a record keeps its files.
        let again = json!({ "said": "y", "files": sheet.record.values["files"] });
        s.edit(&s.lin, note, 1, again).await.unwrap();
        // Whoever has the same bytes may send them too.
        s.site
            .upload(&s.mei, "pay.txt", "1,000,000".into())
            .await
            .unwrap();
        s.make(&s.mei, "plot/note", said(&blob.hash)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_no_record_uses_is_swept_away() {
    for on in BOTH {
        let s = Plot::new(on).await;
        let used = s.site.upload(&s.lin, "a.txt", "used".into()).await.unwrap();
        let left = s.site.upload(&s.lin, "b.txt", "left".into()).await.unwrap();
        let files = |blob: &model::value::Blob| json!({ "files": [blob] });
        let note = s.make(&s.lin, "plot/note", files(&used)).await.unwrap();
        assert_eq!(s.site.sweep_files().await.unwrap(), 0);
        s.later(TimeDelta::hours(25));
        let fresh = s
            .site
            .upload(&s.lin, "c.txt", "fresh".into())
            .await
            .unwrap();
        assert_eq!(s.site.sweep_files().await.unwrap(), 1);
        assert_eq!(s.site.sweep_files().await.unwrap(), 0);
        let lost = s.make(&s.lin, "plot/note", files(&left)).await;
        assert_eq!(found(lost.unwrap_err()), ["no_such_file"]);
        s.make(&s.lin, "plot/note", files(&fresh)).await.unwrap();
        let form = r("plot/note");
        let got = s.site.download(&s.lin, &form, note, &used.hash);
        assert_eq!(&*got.await.unwrap().bytes, b"used");
        // Sent again, it is there again.
        s.site.upload(&s.lin, "b.txt", "left".into()).await.unwrap();
        s.make(&s.lin, "plot/note", files(&left)).await.unwrap();
        assert!(s.site.verify().await.unwrap().ok);
    }
}
