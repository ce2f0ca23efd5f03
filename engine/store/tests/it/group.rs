//! One command's failure is its own: group commit, panics, retries.

use crate::world::*;
use futures::FutureExt as _;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use store::{Failure, Query, Scope};

both!(
    a_failing_command_leaves_the_others_alone
    a_panic_does_not_stop_the_writer
    a_failure_cannot_be_ignored
    a_read_sees_one_state
);

async fn count(w: &World) -> u64 {
    w.ask((), |tx, (t, ())| {
        Box::pin(async move {
            let all = model::Filter::everything();
            Ok(tx
                .count(t, &Scope::engine(), &form("item"), &all, 10_000)
                .await?
                .rows)
        })
    })
    .await
    .unwrap()
}

async fn a_failing_command_leaves_the_others_alone(w: World) {
    let w = Arc::new(w);
    w.put("supplier", [("code", text("taken"))]).await;
    let mut tasks = vec![];
    for n in 0..100u32 {
        let w = w.clone();
        tasks.push(tokio::spawn(async move {
            let item = w.record("item", [("code", text(&n.to_string()))]);
            let twice = w.record("supplier", [("code", text("taken"))]);
            w.tell((item, twice, n), |tx, (t, (item, twice, n))| {
                async move {
                    let text = store::Text {
                        title: "",
                        words: "",
                    };
                    tx.insert_record(t, item, text).await?;
                    match n % 5 {
                        0 => tx.insert_record(t, twice, text).await,
                        1 => Err(Failure::NotFound),
                        _ => Ok(()),
                    }
                }
                .boxed()
            })
            .await
        }));
    }
    let (mut good, mut twice, mut refused) = (0, 0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => good += 1,
            Err(Failure::Duplicate { .. }) => twice += 1,
            Err(Failure::NotFound) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((good, twice, refused), (60, 20, 20));
    assert_eq!(count(&w).await, 60);
}

async fn a_panic_does_not_stop_the_writer(w: World) {
    let r = w.record("item", []);
    let out: Result<(), Failure> = w
        .tell(r, |tx, (t, r)| {
            async move {
                tx.insert_record(
                    t,
                    r,
                    store::Text {
                        title: "",
                        words: "",
                    },
                )
                .await?;
                panic!("boom")
            }
            .boxed()
        })
        .await;
    assert_eq!(out, Err(Failure::Panicked("boom".into())));
    assert_eq!(count(&w).await, 0);
    w.put("item", []).await;
    assert_eq!(count(&w).await, 1);
    let out: Result<(), Failure> = w
        .ask((), |_, _| async move { panic!("read") }.boxed())
        .await;
    assert_eq!(out, Err(Failure::Panicked("read".into())));
    assert_eq!(count(&w).await, 1);
}

async fn a_failure_cannot_be_ignored(w: World) {
    w.put("supplier", [("code", text("taken"))]).await;
    let pair = (
        w.record("item", []),
        w.record("supplier", [("code", text("taken"))]),
    );
    let out = w
        .tell(pair, |tx, (t, (item, twice))| {
            async move {
                let text = store::Text {
                    title: "",
                    words: "",
                };
                let _ = tx.insert_record(t, twice, text).await;
                let _ = tx.insert_record(t, item, text).await;
                Ok(())
            }
            .boxed()
        })
        .await;
    assert!(matches!(out, Err(Failure::Duplicate { .. })), "{out:?}");
    assert_eq!(count(&w).await, 0);
}

async fn a_read_sees_one_state(w: World) {
    let w = Arc::new(w);
    w.put("item", []).await;
    static WRITTEN: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];
    let flag = &WRITTEN[usize::from(w.lite())];
    let writer = {
        let w = w.clone();
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            w.put("item", []).await;
            flag.store(1, Ordering::SeqCst);
        })
    };
    let (before, after) = w
        .ask(flag, |tx, (t, flag)| {
            async move {
                let q = Query::of(&form("item"));
                let before = tx.list(t, &Scope::engine(), &q).await?.rows.len();
                while flag.load(Ordering::SeqCst) == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                Ok((before, tx.list(t, &Scope::engine(), &q).await?.rows.len()))
            }
            .boxed()
        })
        .await
        .unwrap();
    writer.await.unwrap();
    assert_eq!((before, after), (1, 1));
    assert_eq!(count(&w).await, 2);
}
