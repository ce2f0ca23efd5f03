//! The engine's own tables: keys, users, sessions, queues, series, audit and the rest.

use crate::world::*;
use chrono::Duration;
use model::{Id, Ref};
use std::{collections::HashSet, sync::Arc};
use store::{
    Audit, Begun, Comment, Event, Failure, File, FileUse, HeldRole, Inbox, Instance, Notice, Queue,
    Reply, Session, Store, StreamRow, Task, Token, User, View, Work,
};

both!(
    a_key_is_done_once
    series_have_no_gap_under_concurrency
    a_lease_is_fenced
    workers_share_a_queue_and_the_outbox_keeps_order
    users_and_what_they_hold
    sessions_end_with_the_epoch
    instances_tasks_and_events
    an_inbox_is_mine_and_my_roles
    the_audit_is_sealed_in_a_chain
    notices_streams_comments_views
    files_and_their_uses
    packages_are_kept_as_revisions
    a_site_opens_again_with_everything
);

fn user(login: &str) -> User {
    User {
        id: id(),
        login: login.into(),
        name: "林".into(),
        person: Some(id()),
        language: "zh-CN".into(),
        password: None,
        active: true,
        epoch: 1,
        created_at: now(),
    }
}

async fn a_key_is_done_once(w: World) {
    let w = Arc::new(w);
    let who = w.user;
    let mut tasks = vec![];
    for n in 0..16u32 {
        let w = w.clone();
        tasks.push(tokio::spawn(async move {
            w.tell((who, n), |tx, (_, (who, n))| {
                Box::pin(async move {
                    let begun = tx.begin_key(*who, "k", b"hash", now()).await?;
                    if begun == Begun::Fresh {
                        let reply = Reply {
                            status: 200,
                            body: n.to_string(),
                        };
                        tx.finish_key(*who, "k", &reply).await?;
                        return Ok((true, n.to_string()));
                    }
                    match begun {
                        Begun::Done(r) => Ok((false, r.body)),
                        other => panic!("{other:?}"),
                    }
                })
            })
            .await
            .unwrap()
        }));
    }
    let (mut fresh, mut bodies) = (0, HashSet::new());
    for task in tasks {
        let (first, body) = task.await.unwrap();
        fresh += u32::from(first);
        bodies.insert(body);
    }
    assert_eq!((fresh, bodies.len()), (1, 1));
    let out = w
        .tell(who, |tx, (_, who)| {
            Box::pin(async move { tx.begin_key(*who, "k", b"other", now()).await })
        })
        .await
        .unwrap();
    assert_eq!(out, Begun::Mismatch);
    // A command that fails gives its key back.
    let out: Result<(), Failure> = w
        .tell(who, |tx, (_, who)| {
            Box::pin(async move {
                tx.begin_key(*who, "k2", b"h", now()).await?;
                Err(Failure::NotFound)
            })
        })
        .await;
    assert!(out.is_err());
    let used = w
        .ask(who, |tx, (_, who)| {
            Box::pin(async move { tx.used_key(*who, "k2", b"h").await })
        })
        .await
        .unwrap();
    assert_eq!(used, None);
}

async fn series_have_no_gap_under_concurrency(w: World) {
    let w = Arc::new(w);
    let mut tasks = vec![];
    for n in 0..60u32 {
        let w = w.clone();
        tasks.push(tokio::spawn(async move {
            w.tell(n, |tx, (_, n)| {
                Box::pin(async move {
                    let number = tx.take("voucher", "2026-11", 1).await?;
                    // Every third fails after it has taken its number.
                    if *n % 3 == 0 {
                        Err(Failure::NotFound)
                    } else {
                        Ok(number)
                    }
                })
            })
            .await
        }));
    }
    let mut numbers = vec![];
    for task in tasks {
        numbers.extend(task.await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=40).collect::<Vec<u64>>());
    let block = w
        .tell((), |tx, _| {
            Box::pin(async move {
                tx.take("order", "", 50).await?;
                let first = tx.take("order", "", 50).await?;
                Ok((first, tx.taken("order", "").await?))
            })
        })
        .await
        .unwrap();
    assert_eq!(block, (51, 100));
}

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

async fn users_and_what_they_hold(w: World) {
    let (a, b) = (user("lin"), user("wang"));
    let role: Ref = "shop/buyer".parse().unwrap();
    let branch = id();
    let out = w
        .tell(
            (a.clone(), b.clone(), role.clone(), branch),
            |tx, (_, (a, b, role, branch))| {
                Box::pin(async move {
                    tx.add_user(a).await?;
                    tx.add_user(b).await?;
                    tx.set_roles(
                        a.id,
                        &[HeldRole {
                            role: role.clone(),
                            within: Some(*branch),
                        }],
                    )
                    .await?;
                    tx.set_roles(
                        b.id,
                        &[HeldRole {
                            role: role.clone(),
                            within: None,
                        }],
                    )
                    .await?;
                    let logins = |l: Vec<User>| l.into_iter().map(|u| u.login).collect::<Vec<_>>();
                    Ok((
                        logins(tx.holders(role, None).await?),
                        logins(tx.holders(role, Some(*branch)).await?),
                        logins(tx.holders(role, Some(a.id)).await?),
                        logins(tx.users_of(&[b.person.unwrap()]).await?),
                        tx.roles_of(a.id).await?,
                        tx.user_by_login("lin").await?.unwrap().epoch,
                    ))
                })
            },
        )
        .await
        .unwrap();
    assert_eq!(
        (out.0, out.1),
        (
            vec!["lin".into(), "wang".into()],
            vec!["lin".into(), "wang".into()]
        )
    );
    assert_eq!(
        (out.2, out.3),
        (vec!["wang".to_owned()], vec!["wang".to_owned()])
    );
    assert_eq!((out.4[0].within, out.5), (Some(branch), 2));
    let taken = User { id: id(), ..a };
    let out = w
        .tell(taken, |tx, (_, u)| {
            Box::pin(async move { tx.add_user(u).await })
        })
        .await;
    assert!(matches!(out, Err(Failure::Duplicate { .. })), "{out:?}");
}

async fn sessions_end_with_the_epoch(w: World) {
    let u = user("lin");
    let until = now() + Duration::hours(1);
    let s = Session {
        hash: vec![1; 32],
        user: u.id,
        epoch: 1,
        csrf: "c".into(),
        agent: "a".into(),
        created_at: now(),
        seen_at: now(),
        until,
    };
    let t = Token {
        id: id(),
        hash: vec![2; 32],
        user: u.id,
        epoch: 1,
        name: "ci".into(),
        created_at: now(),
        seen_at: None,
        until: None,
    };
    w.tell((u.clone(), s.clone(), t.clone()), |tx, (_, (u, s, t))| {
        Box::pin(async move {
            tx.add_user(u).await?;
            tx.add_session(s).await?;
            tx.add_token(t).await?;
            tx.add_attempt(id(), "lin", now()).await
        })
    })
    .await
    .unwrap();
    let there = |w: World, at| async move {
        let out = w
            .ask(at, |tx, (_, at)| {
                Box::pin(async move {
                    Ok((
                        tx.session(&[1; 32], *at).await?,
                        tx.token(&[2; 32], *at).await?,
                    ))
                })
            })
            .await
            .unwrap();
        (w, out)
    };
    let (w, out) = there(w, now()).await;
    assert_eq!(out, (Some(s), Some(t)));
    let (w, out) = there(w, until + Duration::seconds(1)).await;
    assert!(out.0.is_none() && out.1.is_some());
    w.tell(u, |tx, (_, u)| {
        Box::pin(async move { tx.change_user(u).await })
    })
    .await
    .unwrap();
    let (w, out) = there(w, now()).await;
    assert_eq!(out, (None, None));
    let attempts = w
        .ask((), |tx, _| {
            Box::pin(async move { tx.attempts("lin", now() - Duration::minutes(5)).await })
        })
        .await
        .unwrap();
    assert_eq!(attempts, 1);
}

fn instance(record: Id) -> Instance {
    Instance {
        id: id(),
        workflow: form("approve"),
        revision: 1,
        form: form("purchase"),
        record,
        record_version: 1,
        status: "running".into(),
        rev: 1,
        state: "{}".into(),
        started_by: id(),
        started_at: now(),
        ended_at: None,
    }
}
fn task(of: &Instance, holder: Option<Id>, role: Option<(&str, Option<Id>)>) -> Task {
    Task {
        id: id(),
        instance: of.id,
        form: of.form.clone(),
        record: of.record,
        node: name("manager"),
        attempt: 1,
        seat: "0".into(),
        role: role.map(|r| form(r.0)),
        within: role.and_then(|r| r.1),
        holder,
        status: "open".into(),
        opened_at: now(),
        due_at: None,
        done_at: None,
        outcome: None,
        opinion: None,
        acted_by: None,
        title: "采购单".into(),
        started_by: of.started_by,
    }
}

async fn instances_tasks_and_events(w: World) {
    let i = instance(id());
    let me = w.user;
    let tasks = vec![
        task(&i, Some(me), None),
        task(&i, None, Some(("buyer", None))),
    ];
    let event = |seq| Event {
        instance: i.id,
        seq,
        at: now(),
        actor: Some(me),
        on_behalf_of: None,
        kind: "started".into(),
        payload: "{\"a\":1}".into(),
    };
    let events = vec![event(1), event(2)];
    let last = w
        .tell(
            (i.clone(), tasks.clone(), events.clone()),
            |tx, (_, (i, t, e))| {
                Box::pin(async move {
                    tx.add_instance(i).await?;
                    tx.add_tasks(t).await?;
                    tx.add_events(&[], e).await
                })
            },
        )
        .await
        .unwrap();
    let mut done = tasks[0].clone();
    done.status = "done".into();
    done.outcome = Some("approve".into());
    done.acted_by = Some(me);
    done.done_at = Some(now());
    let next = Instance {
        rev: 2,
        state: "{\"x\":1}".into(),
        ..i.clone()
    };
    let step = async |w: &World| {
        w.tell(
            (next.clone(), done.clone(), event(3), last.clone()),
            |tx, (_, (i, t, e, last))| {
                Box::pin(async move {
                    let locked = tx.lock_instance(i.id).await?.unwrap();
                    assert!(locked.rev <= 2);
                    tx.update_tasks(std::slice::from_ref(t)).await?;
                    tx.update_instance(i).await?;
                    tx.add_events(last, std::slice::from_ref(e))
                        .await
                        .map(|_| ())
                })
            },
        )
        .await
    };
    step(&w).await.unwrap();
    assert!(matches!(step(&w).await, Err(Failure::Stale { .. })));
    let (back, ts, (es, _), handled) = w
        .ask((i.clone(), me), |tx, (_, (i, me))| {
            Box::pin(async move {
                Ok((
                    tx.instances_of(i.record).await?,
                    tx.tasks_of(i.id).await?,
                    tx.events(i.id).await?,
                    tx.handled(*me, None, 10).await?,
                ))
            })
        })
        .await
        .unwrap();
    assert_eq!(back, [next]);
    assert_eq!(ts, [done.clone(), tasks[1].clone()]);
    assert_eq!(es.len(), 3);
    assert_eq!(handled, [done]);
    let wrong = w
        .ask((), |tx, _| Box::pin(async move { tx.check_events().await }))
        .await
        .unwrap();
    assert_eq!(wrong, []);
}

async fn an_inbox_is_mine_and_my_roles(w: World) {
    let i = instance(id());
    let (me, here, there) = (w.user, id(), id());
    let tasks = vec![
        task(&i, Some(me), None),
        task(&i, Some(id()), None),
        task(&i, None, Some(("buyer", Some(here)))),
        task(&i, None, Some(("buyer", Some(there)))),
        task(&i, None, Some(("buyer", None))),
        task(&i, None, Some(("chief", Some(there)))),
        task(&i, None, Some(("other", None))),
        task(&i, Some(id()), Some(("chief", Some(there)))),
    ];
    w.tell(tasks.clone(), |tx, (_, t)| {
        Box::pin(async move { tx.add_tasks(t).await })
    })
    .await
    .unwrap();
    let inbox = Inbox {
        user: me,
        roles: vec![
            HeldRole {
                role: form("buyer"),
                within: Some(here),
            },
            HeldRole {
                role: form("chief"),
                within: None,
            },
        ],
        forms: vec![],
        after: None,
        limit: 10,
    };
    let got = w
        .ask(inbox.clone(), |tx, (_, i)| {
            Box::pin(async move { Ok((tx.inbox(i).await?, tx.inbox_count(i, 3).await?)) })
        })
        .await
        .unwrap();
    let ids: Vec<Id> = got.0.iter().map(|t| t.id).collect();
    assert_eq!(ids, [tasks[5].id, tasks[4].id, tasks[2].id, tasks[0].id]);
    assert_eq!((got.1.rows, got.1.more), (3, true));
    let next = Inbox {
        after: Some((got.0[1].opened_at, got.0[1].id)),
        limit: 1,
        ..inbox.clone()
    };
    let page = w
        .ask(next, |tx, (_, i)| {
            Box::pin(async move { tx.inbox(i).await })
        })
        .await
        .unwrap();
    assert_eq!(page[0].id, tasks[2].id);
    let none = Inbox {
        forms: vec![form("receipt")],
        ..inbox
    };
    assert!(
        w.ask(none, |tx, (_, i)| Box::pin(
            async move { tx.inbox(i).await }
        ))
        .await
        .unwrap()
        .is_empty()
    );
}

async fn the_audit_is_sealed_in_a_chain(w: World) {
    let record = id();
    let row = |n: u64| Audit {
        id: id(),
        at: now(),
        actor: Some(w.user),
        on_behalf_of: None,
        act: "edit".into(),
        form: Some(form("purchase")),
        record: Some(record),
        version: Some(n),
        detail: "{}".into(),
    };
    let rows: Vec<Audit> = (1..=5).map(row).collect();
    w.tell(rows.clone(), |tx, (_, r)| {
        Box::pin(async move { tx.add_audit(r).await })
    })
    .await
    .unwrap();
    for wanted in [3, 2, 0] {
        let sealed = w
            .tell((), |tx, _| {
                Box::pin(async move { tx.seal_audit(now(), 3).await })
            })
            .await
            .unwrap();
        assert_eq!(sealed, wanted);
    }
    let check = async |w: &World| {
        w.ask((), |tx, _| Box::pin(async move { tx.check_audit().await }))
            .await
            .unwrap()
    };
    assert_eq!(check(&w).await, None);
    let back = w
        .ask(record, |tx, (_, r)| {
            Box::pin(async move { Ok((tx.audit_of(*r, 10).await?, tx.audit(None, 2).await?)) })
        })
        .await
        .unwrap();
    assert_eq!(
        (back.0.len(), back.0[0].version, back.1.len()),
        (5, Some(5), 2)
    );
    crate::ledger::raw(
        &w,
        "update audit set detail = '{\"x\":1}' where version = 4",
    )
    .await
    .unwrap();
    assert_eq!(check(&w).await, Some(2));
}

async fn notices_streams_comments_views(w: World) {
    let (me, record) = (w.user, id());
    let notice = Notice {
        id: id(),
        user: me,
        at: now(),
        kind: "task".into(),
        form: Some(form("purchase")),
        record: Some(record),
        args: "{}".into(),
        read_at: None,
    };
    let stream = StreamRow {
        id: id(),
        at: now(),
        principal: "*".into(),
        kind: "changed".into(),
        form: None,
        record: Some(record),
    };
    let comment = Comment {
        id: id(),
        form: form("purchase"),
        record,
        at: now(),
        by: me,
        body: "好".into(),
        mentions: vec![id()],
    };
    let view = View {
        id: id(),
        user: me,
        form: form("purchase"),
        name: "mine".into(),
        body: "{}".into(),
        shared: false,
        position: 1,
    };
    w.tell(
        (
            notice.clone(),
            stream.clone(),
            comment.clone(),
            view.clone(),
        ),
        |tx, (_, (n, s, c, v))| {
            Box::pin(async move {
                tx.add_notices(std::slice::from_ref(n)).await?;
                tx.add_stream(std::slice::from_ref(s)).await?;
                tx.add_comment(c).await?;
                tx.save_view(v).await
            })
        },
    )
    .await
    .unwrap();
    let got = w
        .ask((me, record), |tx, (_, (me, r))| {
            Box::pin(async move {
                Ok((
                    (tx.notices(*me, None, 9).await?, tx.unread(*me).await?),
                    tx.stream_since(now() - Duration::seconds(30), 9).await?,
                    tx.comments(*r, 9).await?,
                    (
                        tx.views(*me, &form("purchase")).await?,
                        tx.views(id(), &form("purchase")).await?,
                    ),
                ))
            })
        })
        .await
        .unwrap();
    assert_eq!(got.0, (vec![notice], 1));
    assert_eq!((got.1, got.2), (vec![stream], vec![comment]));
    assert_eq!(got.3, (vec![view.clone()], vec![]));
    let stolen = View {
        user: id(),
        ..view.clone()
    };
    let out = w
        .tell(stolen, |tx, (_, v)| {
            Box::pin(async move { tx.save_view(v).await })
        })
        .await;
    assert_eq!(out, Err(Failure::NotFound));
    let read = w
        .tell(me, |tx, (_, me)| {
            Box::pin(async move { tx.read_notices(*me, &[], now()).await })
        })
        .await
        .unwrap();
    assert_eq!(read, 1);
}

async fn files_and_their_uses(w: World) {
    let bytes = "内容".as_bytes().to_vec();
    let hash = w.store.put_blob(bytes.clone()).await.unwrap();
    assert_eq!(w.store.put_blob(bytes.clone()).await.unwrap(), hash);
    assert_eq!(w.store.read_blob(&hash).await.unwrap(), bytes);
    for bad in ["../../etc/passwd", "", &hash[1..], &hash.to_uppercase()] {
        assert_eq!(
            w.store.read_blob(bad).await,
            Err(Failure::NotFound),
            "{bad}"
        );
    }
    let file = File {
        hash: hash.clone(),
        size: 6,
        media: "text/plain".into(),
        created_at: now(),
        by: w.user,
    };
    let used = FileUse {
        hash: hash.clone(),
        form: form("purchase"),
        record: id(),
        field: "files".into(),
    };
    let got = w
        .tell((file.clone(), used.clone()), |tx, (_, (f, u))| {
            Box::pin(async move {
                tx.add_file(f).await?;
                tx.add_file(f).await?;
                tx.set_file_uses(u.record, std::slice::from_ref(u)).await?;
                let soon = now() + Duration::seconds(9);
                let before = tx.unused_files(soon, 9).await?.len();
                let uses = tx.uses_of(&f.hash).await?;
                let kept = tx.forget_file(&f.hash).await?;
                tx.set_file_uses(u.record, &[]).await?;
                let after = tx.unused_files(soon, 9).await?;
                Ok((before, uses, kept, after, tx.forget_file(&f.hash).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!(got, (0, vec![used], false, vec![file], true));
    w.store.remove_blob(&hash).await.unwrap();
}

async fn packages_are_kept_as_revisions(w: World) {
    let files = |t: &str| {
        indexmap::IndexMap::from([("manifest.json".to_owned(), Arc::<[u8]>::from(t.as_bytes()))])
    };
    let add = async |t: &str| {
        w.tell(files(t), |tx, (_, f)| {
            Box::pin(async move {
                tx.lock_publish().await?;
                tx.add_revision(&name("shop"), "1.0", f, now(), None).await
            })
        })
        .await
        .unwrap()
        .revision
    };
    assert_eq!(
        (add("one").await, add("one").await, add("two").await),
        (1, 1, 2)
    );
    let (all, old, number) = w
        .ask((), |tx, _| {
            Box::pin(async move {
                Ok((
                    tx.packages().await?,
                    tx.revision(&name("shop"), 1).await?,
                    tx.catalogue().await?,
                ))
            })
        })
        .await
        .unwrap();
    assert_eq!((all.len(), all[0].revision, number), (1, 2, 2));
    assert_eq!(old.files, files("one"));
}

async fn a_site_opens_again_with_everything(w: World) {
    let r = w.put("supplier", [("code", text("S"))]).await;
    if w.lite() {
        let twice = Store::open(w.address.clone()).await;
        assert!(matches!(twice, Err(Failure::Unsafe(_))));
    }
    let World {
        store,
        tables,
        address,
        dir,
        user,
    } = w;
    drop(store);
    let store = Store::open(address.clone()).await.unwrap();
    let w = World {
        store,
        tables,
        address,
        dir,
        user,
    };
    assert_eq!(w.read(&r).await.unwrap(), r);
}
