//! The engine's own tables: keys, users, sessions, queues, series, audit and the rest.

use crate::world::*;
use chrono::Duration;
use model::Ref;
use std::{collections::HashSet, sync::Arc};
use store::{
    Audit, Begun, Comment, Failure, File, FileUse, HeldRole, Notice, Reply, Session, Store,
    StreamRow, Token, User, View,
};

both!(
    a_key_is_done_once
    series_have_no_gap_under_concurrency
    users_and_what_they_hold
    sessions_end_with_the_epoch
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
    assert_eq!(attempts.0, 1);
    assert!(attempts.1.is_some_and(|at| at <= now()));
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
                tx.add_stream(std::slice::from_ref(s), true).await?;
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
                    tx.comments(*r, None, 9).await?,
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
                let kept = tx.forget_file(&f.hash, soon).await?;
                assert_eq!(tx.bytes_sent(f.by, f.created_at).await?, 6);
                assert_eq!(tx.bytes_sent(f.by, soon).await?, 0);
                let hashes = [f.hash.clone(), "0".repeat(64)];
                tx.hold_files(&hashes[..1]).await?;
                let lost = tx.hold_files(&hashes).await;
                assert_eq!(lost, Err(Failure::NotFound));
                let sent = tx.uploaded(f.by, &hashes).await?;
                assert_eq!(sent, [f.hash.clone()].into());
                assert!(tx.uploaded(id(), &hashes).await?.is_empty());
                tx.set_file_uses(u.record, &[]).await?;
                let after = tx.unused_files(soon, 9).await?;
                // Sent again meanwhile: it stays.
                assert!(!tx.forget_file(&f.hash, f.created_at).await?);
                Ok((
                    before,
                    uses,
                    kept,
                    after,
                    tx.forget_file(&f.hash, soon).await?,
                ))
            })
        })
        .await
        .unwrap();
    assert_eq!(got, (0, vec![used], false, vec![file], true));
    w.store.remove_blob(&hash).unwrap();
    w.store.remove_blob(&hash).unwrap();
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
