//! Instances, tasks, events and inboxes.

use crate::world::*;
use model::Id;
use store::{Event, Failure, HeldRole, Inbox, Instance, Task};

both!(
    instances_tasks_and_events
    an_inbox_is_mine_and_my_roles
);

fn instance(record: Id) -> Instance {
    Instance {
        id: id(),
        workflow: form("approve"),
        revision: 1,
        catalogue: 1,
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
                    tx.hold_instance(i.id).await?;
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
