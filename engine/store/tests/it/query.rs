//! The query builder: what is asked is found, what is hidden is not there.

use crate::world::*;
use model::{Filter, Id, Path, Record, Status, Test, Value};
use std::collections::HashMap;
use store::{Columns, Failure, Grant, Grants, Query, Scope, user_principal};

both!(
    every_test_finds_what_it_says
    paths_go_through_links_and_lines
    pages_follow_each_other_in_every_order
    words_are_found_in_any_writing
    trees_are_searched_downwards
    a_cursor_is_good_for_its_own_list_only
);

pub fn test(at: &str, test: Test) -> Filter {
    Filter::Field(path(at), test)
}

/// The numbers of the orders found, in order.
pub async fn found(w: &World, scope: Scope, query: Query) -> Result<Vec<String>, Failure> {
    let page = w
        .ask((scope, query), |tx, (t, (scope, query))| {
            Box::pin(async move { tx.list(t, scope, query).await })
        })
        .await?;
    Ok(page
        .rows
        .iter()
        .map(|r| {
            let n = r
                .record
                .values
                .get("number")
                .or(r.record.values.get("code"));
            n.and_then(|n| n.text()).unwrap_or("-").to_owned()
        })
        .collect())
}
async fn all(w: &World, filter: Filter) -> Vec<String> {
    let mut out = found(
        w,
        Scope::engine(),
        Query {
            filter,
            limit: 1000,
            ..Query::of(&form("purchase"))
        },
    )
    .await
    .unwrap();
    out.sort();
    out
}

/// Orders p0 … p4 of two suppliers; odd ones are sparse.
pub async fn orders(w: &World) -> (Vec<Record>, [Id; 2]) {
    let top = w.put("department", [("code", text("top"))]).await;
    let a = w
        .put(
            "supplier",
            [
                ("code", text("SA")),
                ("name", text("Alpha")),
                ("secret", text("canary")),
                ("rating", number("4.5")),
                ("department", Value::Link(top.id)),
            ],
        )
        .await;
    let b = w
        .put("supplier", [("code", text("SB")), ("name", text("贝塔"))])
        .await;
    let item = w
        .put("item", [("code", text("I1")), ("name", text("Bolt"))])
        .await;
    let mut out = vec![];
    for n in 0..5i64 {
        let mut r = w.record(
            "purchase",
            [
                ("number", text(&format!("p{n}"))),
                ("supplier", Value::Link(if n < 3 { a.id } else { b.id })),
            ],
        );
        if n % 2 == 0 {
            r.values.extend(fields([
                ("date", date(&format!("2026-11-0{}", n + 1))),
                ("total", Value::Number(model::Decimal::new(n * 100, 2))),
                ("urgent", Value::Bool(true)),
                (
                    "tags",
                    Value::Choices(vec![if n == 0 { "a".into() } else { "ab".into() }]),
                ),
                ("remark", text("Größe 50% \"x\"_y")),
                (
                    "lines",
                    lines([fields([
                        ("item", Value::Link(item.id)),
                        ("cost", number("7.00")),
                    ])]),
                ),
            ]));
            r.status = Status::Submitted;
        }
        w.insert(&r).await.unwrap();
        out.push(r);
    }
    (out, [a.id, b.id])
}

async fn every_test_finds_what_it_says(w: World) {
    let (records, [a, b]) = orders(&w).await;
    let n = |s: &str| Value::Number(dec(s));
    let cases: Vec<(Filter, &str)> = vec![
        (Filter::everything(), "p0 p1 p2 p3 p4"),
        (Filter::nothing(), ""),
        (test("number", Test::Is(text("p1"))), "p1"),
        (
            test("number", Test::In(vec![text("p1"), text("p3"), text("x")])),
            "p1 p3",
        ),
        (test("number", Test::In(vec![])), ""),
        (test("number", Test::Above(text("p2"))), "p3 p4"),
        (test("total", Test::Is(n("2"))), "p2"),
        (test("total", Test::Is(n("2.001"))), ""),
        (test("total", Test::Not(n("2.00"))), "p0 p1 p3 p4"),
        (test("total", Test::Above(n("1.999"))), "p2 p4"),
        (test("total", Test::Below(n("2.001"))), "p0 p2"),
        (test("total", Test::AtLeast(n("2.001"))), "p4"),
        (test("total", Test::AtMost(n("2"))), "p0 p2"),
        (
            test("total", Test::Below(n("99999999999999999999"))),
            "p0 p2 p4",
        ),
        (test("total", Test::Above(n("99999999999999999999"))), ""),
        (test("total", Test::Empty(true)), "p1 p3"),
        (test("total", Test::Empty(false)), "p0 p2 p4"),
        (test("date", Test::AtLeast(date("2026-11-03"))), "p2 p4"),
        (test("urgent", Test::Is(Value::Bool(false))), "p1 p3"),
        (test("urgent", Test::Not(Value::Bool(true))), "p1 p3"),
        (test("tags", Test::Is(text("a"))), "p0"),
        (
            test("tags", Test::In(vec![text("a"), text("ab")])),
            "p0 p2 p4",
        ),
        (test("tags", Test::Not(text("a"))), "p1 p2 p3 p4"),
        (test("remark", Test::Like("GRÖSSE".into())), ""),
        (test("remark", Test::Like("50% \"X\"_".into())), "p0 p2 p4"),
        (test("remark", Test::Like("%".into())), "p0 p2 p4"),
        (test("remark", Test::Like("0_".into())), ""),
        (test("supplier", Test::Is(Value::Link(b))), "p3 p4"),
        (
            test("supplier", Test::In(vec![Value::Link(a), Value::Link(b)])),
            "p0 p1 p2 p3 p4",
        ),
        (test("status", Test::Is(text("submitted"))), "p0 p2 p4"),
        (test("id", Test::Is(Value::Link(records[3].id))), "p3"),
        (test("version", Test::AtLeast(n("1"))), "p0 p1 p2 p3 p4"),
        (
            test("created_by", Test::Is(Value::Link(w.user))),
            "p0 p1 p2 p3 p4",
        ),
        (test("created_at", Test::Above(Value::Moment(now()))), ""),
        (
            Filter::Not(Box::new(test("total", Test::Above(n("1"))))),
            "p0 p1 p3",
        ),
        (
            Filter::Any(vec![
                test("number", Test::Is(text("p0"))),
                test("total", Test::Empty(true)),
            ]),
            "p0 p1 p3",
        ),
    ];
    for (filter, wanted) in cases {
        assert_eq!(
            all(&w, filter.clone()).await.join(" "),
            wanted,
            "{filter:?}"
        );
    }
}

async fn paths_go_through_links_and_lines(w: World) {
    let (_, [_, b]) = orders(&w).await;
    for (filter, wanted) in [
        (test("supplier.name", Test::Is(text("Alpha"))), "p0 p1 p2"),
        (test("supplier.name", Test::Not(text("Alpha"))), "p3 p4"),
        (test("supplier.rating", Test::Empty(true)), "p3 p4"),
        (
            test("supplier.department.code", Test::Is(text("top"))),
            "p0 p1 p2",
        ),
        (
            test("lines.item.name", Test::Like("bolt".into())),
            "p0 p2 p4",
        ),
        (test("lines.cost", Test::Above(number("6.99"))), "p0 p2 p4"),
        (test("lines", Test::Empty(true)), "p1 p3"),
        (test("lines", Test::Empty(false)), "p0 p2 p4"),
    ] {
        assert_eq!(
            all(&w, filter.clone()).await.join(" "),
            wanted,
            "{filter:?}"
        );
    }
    for bad in [
        "nothing",
        "supplier.nothing",
        "number.x",
        "lines.nothing",
        "_title",
        "supplier._n",
    ] {
        let Ok(p) = bad.parse::<Path>() else { continue };
        let q = Query {
            filter: Filter::Field(p, Test::Empty(true)),
            ..Query::of(&form("purchase"))
        };
        let out = found(&w, Scope::engine(), q).await;
        assert!(
            matches!(
                out,
                Err(Failure::Bad {
                    code: "unknown_field",
                    ..
                })
            ),
            "{bad}: {out:?}"
        );
    }
    let q = Query {
        columns: Columns::These(vec![path("number"), path("supplier.name")]),
        filter: test("supplier", Test::Is(Value::Link(b))),
        ..Query::of(&form("purchase"))
    };
    let page = w
        .ask(q, |tx, (t, q)| {
            Box::pin(async move { tx.list(t, &Scope::engine(), q).await })
        })
        .await
        .unwrap();
    assert_eq!(page.rows[0].linked[&path("supplier.name")], text("贝塔"));
    assert_eq!(page.rows[0].record.values.len(), 1);
}

async fn pages_follow_each_other_in_every_order(w: World) {
    let s = w.put("supplier", [("code", text("S"))]).await;
    for n in 0..23i64 {
        let mut r = w.record("purchase", [("number", text(&format!("n{n:02}")))]);
        if n % 3 != 0 {
            r.values.insert(
                name("total"),
                Value::Number(model::Decimal::new(n % 5 * 100, 2)),
            );
        }
        if n % 4 != 0 {
            r.values
                .insert(name("date"), date(&format!("2026-01-{:02}", n % 7 + 1)));
        }
        if n % 2 == 0 {
            r.values.insert(name("supplier"), Value::Link(s.id));
        }
        w.insert(&r).await.unwrap();
    }
    let sorts: Vec<Vec<(Path, bool)>> = vec![
        vec![],
        vec![(path("number"), false)],
        vec![(path("number"), true)],
        vec![(path("total"), false)],
        vec![(path("total"), true)],
        vec![(path("total"), true), (path("date"), false)],
        vec![
            (path("total"), false),
            (path("date"), true),
            (path("number"), true),
        ],
        vec![(path("supplier"), true), (path("total"), true)],
        vec![(path("supplier.code"), false)],
        vec![(path("created_at"), true)],
        vec![(path("status"), false), (path("date"), true)],
    ];
    // Also for somebody who sees all of it for two reasons.
    let grants = Grants {
        principals: vec![user_principal(w.user)],
        forms: HashMap::from([
            (
                form("purchase"),
                Grant::reading(test("created_by", Test::Is(Value::Link(w.user)))),
            ),
            (form("supplier"), Grant::reading(Filter::everything())),
        ]),
        ledgers: HashMap::new(),
    };
    for scope in [Scope::engine(), Scope::of(grants)] {
        for sort in &sorts {
            let query = Query {
                sort: sort.clone(),
                limit: 1000,
                ..Query::of(&form("purchase"))
            };
            let whole = found(&w, scope.clone(), query.clone()).await.unwrap();
            assert_eq!(whole.len(), 23);
            let (mut pages, mut after) = (vec![], None);
            loop {
                let q = Query {
                    limit: 4,
                    after: after.clone(),
                    ..query.clone()
                };
                let page = w
                    .ask((scope.clone(), q), |tx, (t, (s, q))| {
                        Box::pin(async move { tx.list(t, s, q).await })
                    })
                    .await
                    .unwrap();
                pages.extend(
                    page.rows
                        .iter()
                        .map(|r| r.record.values["number"].text().unwrap().to_owned()),
                );
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(pages, whole, "{sort:?}");
        }
    }
    // Empty values come first upwards and last downwards.
    let q = |down| Query {
        sort: vec![(path("total"), down)],
        limit: 1000,
        ..Query::of(&form("purchase"))
    };
    let up = found(&w, Scope::engine(), q(false)).await.unwrap();
    let mut down = found(&w, Scope::engine(), q(true)).await.unwrap();
    assert_eq!(up[0], "n00");
    down.reverse();
    assert_eq!(up, down);
}

async fn words_are_found_in_any_writing(w: World) {
    for (n, words) in [
        "江南贸易有限公司 PO-2026-0001",
        "北方贸易 Ｐo",
        "ACME Größe",
        "江",
    ]
    .iter()
    .enumerate()
    {
        w.put(
            "purchase",
            [("number", text(&format!("p{n}"))), ("remark", text(words))],
        )
        .await;
    }
    for (asked, wanted) in [
        ("贸易", "p0 p1"),
        ("贸", "p0 p1"),
        ("司", "p0"),
        ("江", "p0 p3"),
        ("江南贸易", "p0"),
        ("江易", ""),
        ("贸易 po", "p0 p1"),
        ("PO-2026", "p0"),
        ("po-2026-00", "p0"),
        ("PO-0001", ""),
        ("0001-2026", ""),
        ("0001 2026", "p0"),
        ("2026 0001", "p0"),
        ("größe", "p2"),
        ("acm", "p2"),
        ("cme", ""),
        ("p1", "p1"),
        ("\" OR 1=1 --", ""),
        ("' ) *", "p0 p1 p2 p3"),
    ] {
        assert_eq!(
            all(&w, Filter::Text(asked.into())).await.join(" "),
            wanted,
            "{asked}"
        );
    }
    // The words follow the record.
    let r = w.record(
        "purchase",
        [("number", text("q")), ("remark", text("旧的"))],
    );
    w.insert(&r).await.unwrap();
    let mut next = Record {
        version: 2,
        ..r.clone()
    };
    next.values.insert(name("remark"), text("neu"));
    w.update(&r, &next).await.unwrap();
    assert_eq!(all(&w, Filter::Text("旧的".into())).await, [""; 0]);
    assert_eq!(all(&w, Filter::Text("neu".into())).await, ["q"]);
    w.delete(&next).await.unwrap();
    assert_eq!(all(&w, Filter::Text("neu".into())).await, [""; 0]);
}

async fn trees_are_searched_downwards(w: World) {
    let mut ids = vec![];
    for n in 0..4 {
        let mut r = w.record("department", [("code", text(&format!("d{n}")))]);
        r.parent = ids.last().copied();
        w.insert(&r).await.unwrap();
        ids.push(r.id);
    }
    for (n, id) in ids.iter().enumerate() {
        w.put(
            "supplier",
            [
                ("code", text(&format!("s{n}"))),
                ("department", Value::Link(*id)),
            ],
        )
        .await;
    }
    let ask = |of: &str, p: &str| Query {
        filter: test(p, Test::Under(ids[2])),
        sort: vec![(path("code"), false)],
        ..Query::of(&form(of))
    };
    assert_eq!(
        found(&w, Scope::engine(), ask("supplier", "department"))
            .await
            .unwrap(),
        ["s2", "s3"]
    );
    assert_eq!(
        found(&w, Scope::engine(), ask("department", "id"))
            .await
            .unwrap(),
        ["d2", "d3"]
    );
    let out = found(&w, Scope::engine(), ask("supplier", "code")).await;
    assert!(
        matches!(
            out,
            Err(Failure::Bad {
                code: "bad_operator",
                ..
            })
        ),
        "{out:?}"
    );
}

async fn a_cursor_is_good_for_its_own_list_only(w: World) {
    orders(&w).await;
    let q = Query {
        limit: 2,
        sort: vec![(path("total"), false)],
        ..Query::of(&form("purchase"))
    };
    let page = w
        .ask(q.clone(), |tx, (t, q)| {
            Box::pin(async move { tx.list(t, &Scope::engine(), q).await })
        })
        .await
        .unwrap();
    let after = page.next;
    assert!(after.is_some());
    for bad in [
        Query {
            after: after.clone(),
            sort: vec![(path("number"), false)],
            ..q.clone()
        },
        Query {
            after: Some("5b22".into()),
            ..q.clone()
        },
        Query {
            after: Some("x'; drop table".into()),
            ..q.clone()
        },
        Query {
            after: Some("é".into()),
            ..q.clone()
        },
    ] {
        let out = found(&w, Scope::engine(), bad).await;
        assert!(
            matches!(
                out,
                Err(Failure::Bad {
                    code: "bad_cursor",
                    ..
                })
            ),
            "{out:?}"
        );
    }
}
