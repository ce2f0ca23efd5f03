//! Records: what is stored comes back, and nobody overwrites what he has not read.

use crate::world::*;
use chrono::TimeZone;
use model::{Id, Line, Month, Status, Value, value::Blob};
use store::Failure;

both!(
    a_record_of_every_kind_comes_back
    a_stale_version_is_refused
    lines_keep_their_ids_through_changes
    links_never_dangle
    trees_have_no_cycle
    the_same_key_twice_is_refused
    a_deleted_record_is_gone_with_its_lines
    history_is_kept
);

async fn order(w: &World) -> (model::Record, Id) {
    let s = w
        .put(
            "supplier",
            [("code", text("S1")), ("name", text("江南贸易"))],
        )
        .await;
    let i = w.put("item", [("code", text("I1"))]).await;
    let mut p = w.record(
        "purchase",
        [
            ("number", text("PO-0001")),
            ("date", date("2026-11-24")),
            (
                "due",
                Value::Moment(chrono::Utc.timestamp_micros(1_795_000_000_123_456).unwrap()),
            ),
            (
                "month",
                Value::Month(Month {
                    year: 2026,
                    month: 3,
                }),
            ),
            ("supplier", Value::Link(s.id)),
            ("urgent", Value::Bool(true)),
            ("way", text("air")),
            ("tags", Value::Choices(vec!["a".into(), "ab".into()])),
            ("remark", text("第一行\n'; drop table x; --")),
            ("total", number("1234567890123456.78")),
            (
                "files",
                Value::Files(vec![Blob {
                    hash: "ab".into(),
                    name: "图.png".into(),
                    size: 3,
                    media: "image/png".into(),
                }]),
            ),
            (
                "lines",
                lines([
                    fields([
                        ("item", Value::Link(i.id)),
                        ("quantity", number("1.000001")),
                    ]),
                    fields([("price", number("-0.05"))]),
                ]),
            ),
        ],
    );
    p.typed = vec!["remark".into()];
    (p, i.id)
}

async fn a_record_of_every_kind_comes_back(w: World) {
    let (p, _) = order(&w).await;
    w.insert(&p).await.unwrap();
    let back = w.read(&p).await.unwrap();
    assert_eq!(back, p);
    assert_eq!(
        back.values.keys().collect::<Vec<_>>(),
        p.values.keys().collect::<Vec<_>>()
    );
}

async fn a_stale_version_is_refused(w: World) {
    let (p, _) = order(&w).await;
    w.insert(&p).await.unwrap();
    let mut next = p.clone();
    next.version = 2;
    next.status = Status::Submitted;
    next.values.insert(name("remark"), text("two"));
    next.values.shift_remove("total");
    w.update(&p, &next).await.unwrap();
    assert_eq!(w.read(&p).await.unwrap(), next);
    let out = w.update(&p, &next).await;
    assert!(matches!(out, Err(Failure::Stale { .. })), "{out:?}");
    let mut skip = next.clone();
    skip.version = 5;
    assert!(matches!(
        w.update(&next, &skip).await,
        Err(Failure::Bad { .. })
    ));
    let locked = w
        .tell(p.clone(), |tx, (t, p)| {
            Box::pin(async move { tx.lock_record(t, &p.form, p.id).await })
        })
        .await
        .unwrap();
    assert_eq!(locked, Some((2, Status::Submitted)));
}

async fn lines_keep_their_ids_through_changes(w: World) {
    let (p, item) = order(&w).await;
    w.insert(&p).await.unwrap();
    let old = p.values["lines"].lines().to_vec();
    let mut next = p.clone();
    next.version = 2;
    let mut changed = old[1].clone();
    changed.values.insert(name("price"), number("9.00"));
    let added = Line {
        id: id(),
        values: fields([("item", Value::Link(item))]),
    };
    next.values.insert(
        name("lines"),
        Value::Lines(vec![changed, added, old[0].clone()]),
    );
    w.update(&p, &next).await.unwrap();
    assert_eq!(w.read(&p).await.unwrap(), next);
    let mut last = next.clone();
    last.version = 3;
    last.values
        .insert(name("lines"), Value::Lines(vec![old[0].clone()]));
    w.update(&next, &last).await.unwrap();
    assert_eq!(w.read(&p).await.unwrap(), last);
    let mut none = last.clone();
    none.version = 4;
    none.values.shift_remove("lines");
    w.update(&last, &none).await.unwrap();
    assert_eq!(w.read(&p).await.unwrap(), none);
}

async fn links_never_dangle(w: World) {
    let (mut p, item) = order(&w).await;
    w.insert(&p).await.unwrap();
    let nowhere = w.record("purchase", [("supplier", Value::Link(id()))]);
    let out = w.insert(&nowhere).await;
    assert!(
        matches!(&out, Err(Failure::Dangling { at, .. }) if at == "supplier"),
        "{out:?}"
    );
    let bad = lines([fields([("item", Value::Link(id()))])]);
    let out = w.insert(&w.record("purchase", [("lines", bad)])).await;
    assert!(
        matches!(&out, Err(Failure::Dangling { at, .. }) if at == "lines.item"),
        "{out:?}"
    );
    let item = model::Record {
        form: form("item"),
        id: item,
        ..p.clone()
    };
    let out = w.delete(&item).await;
    assert!(
        matches!(out, Err(Failure::Referenced { count: 1, .. })),
        "{out:?}"
    );
    // A line that a receipt points to stays.
    let line = p.values["lines"].lines()[0].id;
    let r = w
        .put(
            "receipt",
            [(
                "lines",
                lines([fields([("order_line", Value::Link(line))])]),
            )],
        )
        .await;
    assert_eq!(w.read(&r).await.unwrap(), r);
    let before = p.clone();
    p.version = 2;
    p.values.shift_remove("lines");
    let out = w.update(&before, &p).await;
    assert!(matches!(out, Err(Failure::Referenced { .. })), "{out:?}");
    assert_eq!(w.read(&p).await.unwrap(), before);
}

async fn trees_have_no_cycle(w: World) {
    let top = w.put("department", [("code", text("1"))]).await;
    let mut mid = w.record("department", [("code", text("2"))]);
    mid.parent = Some(top.id);
    w.insert(&mid).await.unwrap();
    let mut low = w.record("department", [("code", text("3"))]);
    low.parent = Some(mid.id);
    w.insert(&low).await.unwrap();
    assert_eq!(w.read(&low).await.unwrap(), low);
    for parent in [low.id, top.id] {
        let mut bad = top.clone();
        bad.version = 2;
        bad.parent = Some(parent);
        let out = w.update(&top, &bad).await;
        assert!(
            matches!(out, Err(Failure::Bad { code: "cycle", .. })),
            "{out:?}"
        );
    }
    let out = w.delete(&mid).await;
    assert!(matches!(out, Err(Failure::Referenced { .. })), "{out:?}");
}

async fn the_same_key_twice_is_refused(w: World) {
    w.put("supplier", [("code", text("S1"))]).await;
    let out = w
        .insert(&w.record("supplier", [("code", text("S1"))]))
        .await;
    let constraint = "f_shop__supplier.code".into();
    assert_eq!(out, Err(Failure::Duplicate { constraint }));
    // Empty is not the same as empty.
    w.put("supplier", []).await;
    w.put("supplier", []).await;
}

async fn a_deleted_record_is_gone_with_its_lines(w: World) {
    let (p, _) = order(&w).await;
    w.insert(&p).await.unwrap();
    w.delete(&p).await.unwrap();
    assert_eq!(w.read(&p).await, None);
    w.insert(&p).await.unwrap();
    assert_eq!(w.read(&p).await.unwrap(), p);
    let stale = model::Record {
        version: 3,
        ..p.clone()
    };
    assert!(matches!(w.delete(&stale).await, Err(Failure::Stale { .. })));
}

async fn history_is_kept(w: World) {
    let record = id();
    let by = w.user;
    let changes: Vec<store::Change> = (1..=3)
        .map(|version| store::Change {
            form: form("purchase"),
            record,
            version,
            at: now(),
            by,
            act: "edit".into(),
            diff: serde_json::json!({ "total": ["1.00", "2.00"] }),
        })
        .collect();
    w.tell(changes.clone(), |tx, (_, c)| {
        Box::pin(async move { tx.add_changes(c).await })
    })
    .await
    .unwrap();
    let back = w
        .ask(record, |tx, (_, id)| {
            Box::pin(async move { tx.changes(*id, Some(3), 10).await })
        })
        .await
        .unwrap();
    assert_eq!(back, [changes[1].clone(), changes[0].clone()]);
}
