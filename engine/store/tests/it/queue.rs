//! Jobs and the outbox: leases, fences, order.

use crate::world::*;
use chrono::Duration;
use model::Id;
use std::sync::Arc;
use store::{Failure, Queue, Work};

both!(
    a_lease_is_fenced
    workers_share_a_queue_and_the_outbox_keeps_order
);

fn work(n: u32, subject: Option<&str>) -> Work {
    let at = now() - Duration::seconds(100 - i64::from(n));
    Work::new(
        id(),
        "timer",
        subject.map(Into::into),
        format!("{{\"n\":{n}}}"),
        at,
        now(),
    )
}

async fn claim(w: &World, queue: Queue, lease: Duration, limit: u32) -> (Id, Vec<Work>) {
    let token = id();
    let got = w
        .tell((queue, token, lease, limit), |tx, (_, (q, t, l, n))| {
            Box::pin(async move { tx.claim(*q, *t, *l, *n).await })
        })
        .await
        .unwrap();
    (token, got)
}

async fn finish(w: &World, queue: Queue, id: Id, token: Id) -> Result<(), Failure> {
    w.tell((queue, id, token), |tx, (_, (q, id, t))| {
        Box::pin(async move { tx.finish(*q, *id, *t).await })
    })
    .await
}

async fn a_lease_is_fenced(w: World) {
    let later = Work {
        due_at: now() + Duration::hours(1),
        ..work(0, Some("i1"))
    };
    w.tell(vec![work(1, Some("i1")), later], |tx, (_, l)| {
        Box::pin(async move { tx.add_work(Queue::Job, l).await })
    })
    .await
    .unwrap();
    let (first, got) = claim(&w, Queue::Job, Duration::milliseconds(30), 10).await;
    assert_eq!((got.len(), got[0].attempts), (1, 1));
    assert!(
        claim(&w, Queue::Job, Duration::seconds(9), 10)
            .await
            .1
            .is_empty()
    );
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    // The first worker died; another takes over, and the first comes back too late.
    let (second, again) = claim(&w, Queue::Job, Duration::seconds(9), 10).await;
    assert_eq!(
        (again.len(), again[0].attempts, again[0].id),
        (1, 2, got[0].id)
    );
    assert!(matches!(
        finish(&w, Queue::Job, got[0].id, first).await,
        Err(Failure::Stale { .. })
    ));
    let out = w
        .tell((got[0].id, first), |tx, (_, (id, t))| {
            Box::pin(async move { tx.extend(Queue::Job, *id, *t, Duration::seconds(9)).await })
        })
        .await;
    assert!(matches!(out, Err(Failure::Stale { .. })));
    finish(&w, Queue::Job, got[0].id, second).await.unwrap();
    assert!(finish(&w, Queue::Job, got[0].id, second).await.is_err());
    // What was cancelled never comes.
    let gone = w
        .tell((), |tx, _| {
            Box::pin(async move { tx.cancel(Queue::Job, "i1").await })
        })
        .await
        .unwrap();
    assert_eq!(gone, 1);
    assert_eq!(
        w.ask((), |tx, _| Box::pin(async move {
            tx.next_due(Queue::Job).await
        }))
        .await
        .unwrap(),
        None
    );
    // Work that kills its workers is buried, and can be revived.
    w.tell(work(2, None), |tx, (_, l)| {
        Box::pin(async move { tx.add_work(Queue::Job, std::slice::from_ref(l)).await })
    })
    .await
    .unwrap();
    for _ in 0..3 {
        assert_eq!(claim(&w, Queue::Job, Duration::zero(), 1).await.1.len(), 1);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let (buried, dead) = w
        .tell((), |tx, _| {
            Box::pin(async move {
                let n = tx.bury_exhausted(Queue::Job, 3).await?;
                Ok((n, tx.dead_work(Queue::Job, 10).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!((buried, dead.len(), dead[0].attempts), (1, 1, 3));
    assert!(
        claim(&w, Queue::Job, Duration::zero(), 1)
            .await
            .1
            .is_empty()
    );
    w.tell(dead[0].id, |tx, (_, id)| {
        Box::pin(async move { tx.revive(Queue::Job, *id).await })
    })
    .await
    .unwrap();
    let (token, got) = claim(&w, Queue::Job, Duration::seconds(9), 1).await;
    w.tell((got[0].id, token), |tx, (_, (id, t))| {
        Box::pin(async move {
            tx.give_back(Queue::Job, *id, *t, None, "no such thing")
                .await
        })
    })
    .await
    .unwrap();
    let backlog = w
        .ask((), |tx, _| {
            Box::pin(async move { tx.backlog(Queue::Job).await })
        })
        .await
        .unwrap();
    assert_eq!(backlog, (0, 1));
}

async fn workers_share_a_queue_and_the_outbox_keeps_order(w: World) {
    let w = Arc::new(w);
    let list: Vec<Work> = (0..40).map(|n| work(n, None)).collect();
    w.tell(list.clone(), |tx, (_, l)| {
        Box::pin(async move { tx.add_work(Queue::Job, l).await })
    })
    .await
    .unwrap();
    let mut tasks = vec![];
    for _ in 0..8 {
        let w = w.clone();
        tasks.push(tokio::spawn(async move {
            let mut mine = vec![];
            loop {
                let (token, got) = claim(&w, Queue::Job, Duration::seconds(30), 3).await;
                if got.is_empty() {
                    return mine;
                }
                for one in got {
                    finish(&w, Queue::Job, one.id, token).await.unwrap();
                    mine.push(one.id);
                }
            }
        }));
    }
    let mut done = vec![];
    for task in tasks {
        done.extend(task.await.unwrap());
    }
    done.sort();
    let mut all: Vec<Id> = list.iter().map(|w| w.id).collect();
    all.sort();
    assert_eq!(done, all);
    // Of one subject only the first is given out.
    let list = vec![
        work(1, Some("a")),
        work(2, Some("a")),
        work(3, Some("b")),
        work(4, None),
    ];
    w.tell(list.clone(), |tx, (_, l)| {
        Box::pin(async move { tx.add_work(Queue::Outbox, l).await })
    })
    .await
    .unwrap();
    let (token, got) = claim(&w, Queue::Outbox, Duration::seconds(30), 10).await;
    assert_eq!(
        got.iter().map(|w| w.id).collect::<Vec<_>>(),
        [list[0].id, list[2].id, list[3].id]
    );
    assert!(
        claim(&w, Queue::Outbox, Duration::seconds(30), 10)
            .await
            .1
            .is_empty()
    );
    finish(&w, Queue::Outbox, list[0].id, token).await.unwrap();
    assert_eq!(
        claim(&w, Queue::Outbox, Duration::seconds(30), 10).await.1[0].id,
        list[1].id
    );
}
