//! The query builder: what is asked is found, what is hidden is not there.

use crate::world::*;
use model::{Filter, Id, Look, Path, Record, Ref, Status, Target, Test, Value};
use std::collections::HashMap;
use store::{
    Columns, Failure, Grant, Grants, Participant, Query, Scope, role_principal, user_principal,
};

both!(
    every_test_finds_what_it_says
    paths_go_through_links_and_lines
    pages_follow_each_other_in_every_order
    a_scope_shows_its_rows_and_no_others
    hidden_and_masked_fields_are_not_there
    links_do_not_open_other_rows
    words_are_found_in_any_writing
    hidden_text_is_not_found_by_words
    counts_stop_at_the_cap
    titles_and_keys_keep_to_the_scope
    trees_are_searched_downwards
    a_cursor_is_good_for_its_own_list_only
);

fn test(at: &str, test: Test) -> Filter {
    Filter::Field(path(at), test)
}

/// The numbers of the orders found, in order.
async fn found(w: &World, scope: Scope, query: Query) -> Result<Vec<String>, Failure> {
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
async fn orders(w: &World) -> (Vec<Record>, [Id; 2]) {
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

fn grants(w: &World, rows: Filter) -> Grants {
    Grants {
        principals: vec![user_principal(w.user)],
        forms: HashMap::from([
            (form("purchase"), Grant::reading(rows)),
            (form("supplier"), Grant::reading(Filter::everything())),
        ]),
        ledgers: HashMap::new(),
    }
}

async fn a_scope_shows_its_rows_and_no_others(w: World) {
    let (records, [_, b]) = orders(&w).await;
    let narrow = grants(&w, test("supplier", Test::Is(Value::Link(b))));
    let q = Query {
        sort: vec![(path("number"), false)],
        ..Query::of(&form("purchase"))
    };
    let scope = Scope::of(narrow.clone());
    assert_eq!(
        found(&w, scope.clone(), q.clone()).await.unwrap(),
        ["p3", "p4"]
    );
    // Taking part opens a row; as user or by role.
    let role: Ref = "shop/buyer".parse().unwrap();
    let part = |principal, n: usize| Participant {
        principal,
        form: form("purchase"),
        record: records[n].id,
    };
    let list = vec![
        part(user_principal(w.user), 0),
        part(user_principal(w.user), 4),
        part(role_principal(&role, None), 1),
        part(user_principal(id()), 2),
    ];
    w.tell(list, |tx, (_, l)| {
        Box::pin(async move { tx.add_participants(l).await })
    })
    .await
    .unwrap();
    assert_eq!(
        found(&w, scope.clone(), q.clone()).await.unwrap(),
        ["p0", "p3", "p4"]
    );
    let mut with_role = narrow.clone();
    with_role.principals.push(role_principal(&role, None));
    let with_role = Scope::of(with_role);
    assert_eq!(
        found(&w, with_role.clone(), q.clone()).await.unwrap(),
        ["p0", "p1", "p3", "p4"]
    );
    let filtered = Query {
        filter: test("number", Test::Below(text("p3"))),
        ..q.clone()
    };
    assert_eq!(found(&w, with_role, filtered).await.unwrap(), ["p0", "p1"]);
    let mut only_part = grants(&w, Filter::nothing());
    assert_eq!(
        found(&w, Scope::of(only_part.clone()), q.clone())
            .await
            .unwrap(),
        ["p0", "p4"]
    );
    only_part.principals.clear();
    assert_eq!(
        found(&w, Scope::of(only_part), q.clone()).await.unwrap(),
        [""; 0]
    );
    // Reading one keeps to the same rows, and missing and forbidden look alike.
    for (n, seen) in [(0, true), (2, false), (3, true)] {
        let out = w
            .ask((scope.clone(), records[n].id), |tx, (t, (s, id))| {
                Box::pin(async move { tx.get(t, s, &form("purchase"), *id).await })
            })
            .await;
        match out {
            Ok((f, _)) => {
                assert!(seen);
                assert_eq!(f.record.values, records[n].values);
            }
            Err(e) => {
                assert!(!seen);
                assert_eq!(e, Failure::NotFound);
            }
        }
    }
    let out = found(&w, scope, Query::of(&form("receipt"))).await;
    assert!(
        matches!(
            out,
            Err(Failure::Bad {
                code: "unknown_form",
                ..
            })
        ),
        "{out:?}"
    );
}

async fn hidden_and_masked_fields_are_not_there(w: World) {
    let (records, _) = orders(&w).await;
    let mut g = grants(&w, Filter::everything());
    let looks = &mut g.forms.get_mut(&form("purchase")).unwrap().looks;
    looks.insert(path("total"), Look::Hidden);
    looks.insert(path("remark"), Look::Masked);
    looks.insert(path("lines.cost"), Look::Masked);
    looks.insert(path("lines.item"), Look::Hidden);
    g.forms
        .get_mut(&form("supplier"))
        .unwrap()
        .looks
        .insert(path("secret"), Look::Masked);
    let scope = Scope::of(g);
    let unknown = |p: &str| Failure::Bad {
        code: "unknown_field",
        at: p.into(),
    };
    for p in [
        "total",
        "remark",
        "lines.cost",
        "lines.item",
        "lines.item.name",
        "supplier.secret",
        "nothing",
    ] {
        let filter = test(p, Test::Empty(true));
        let q = Query {
            filter: filter.clone(),
            ..Query::of(&form("purchase"))
        };
        assert_eq!(
            found(&w, scope.clone(), q).await.unwrap_err(),
            unknown(p),
            "filter {p}"
        );
        let deep = Filter::Any(vec![Filter::Not(Box::new(filter))]);
        let out = w
            .ask((scope.clone(), deep), |tx, (t, (s, f))| {
                Box::pin(async move { tx.count(t, s, &form("purchase"), f, 9).await })
            })
            .await;
        assert_eq!(out.unwrap_err(), unknown(p), "count {p}");
        let q = Query {
            sort: vec![(path(p), false)],
            ..Query::of(&form("purchase"))
        };
        assert!(found(&w, scope.clone(), q).await.is_err(), "sort {p}");
    }
    let q = Query {
        columns: Columns::These(vec![path("total")]),
        ..Query::of(&form("purchase"))
    };
    assert_eq!(
        found(&w, scope.clone(), q).await.unwrap_err(),
        unknown("total")
    );
    let (found, masked) = w
        .ask((scope.clone(), records[0].id), |tx, (t, (s, id))| {
            Box::pin(async move { tx.get(t, s, &form("purchase"), *id).await })
        })
        .await
        .unwrap();
    assert_eq!(masked, [path("remark"), path("lines.cost")]);
    assert!(!found.record.values.contains_key("total"));
    assert!(!found.record.values.contains_key("remark"));
    assert!(found.record.values["lines"].lines()[0].values.is_empty());
    let text = format!("{found:?}");
    assert!(!text.contains("Größe") && !text.contains("7.00"), "{text}");
    // Deny by default: a grant that names nothing shows nothing.
    let mut g = grants(&w, Filter::everything());
    g.forms
        .insert(form("purchase"), Grant::on(Filter::everything()));
    let page = w
        .ask(Scope::of(g), |tx, (t, s)| {
            Box::pin(async move { tx.list(t, s, &Query::of(&form("purchase"))).await })
        })
        .await
        .unwrap();
    assert!(page.rows.len() == 5 && page.rows.iter().all(|r| r.record.values.is_empty()));
}

async fn links_do_not_open_other_rows(w: World) {
    let (_, [a, _]) = orders(&w).await;
    let mut g = grants(&w, Filter::everything());
    // Only the second supplier may be seen.
    g.forms.get_mut(&form("supplier")).unwrap().rows = test("code", Test::Is(text("SB")));
    let scope = Scope::of(g.clone());
    let sort = vec![(path("number"), false)];
    let ask = |filter| Query {
        filter,
        sort: sort.clone(),
        ..Query::of(&form("purchase"))
    };
    let f = test("supplier.name", Test::Is(text("Alpha")));
    assert_eq!(found(&w, scope.clone(), ask(f)).await.unwrap(), [""; 0]);
    let f = test("supplier.name", Test::Empty(true));
    assert_eq!(
        found(&w, scope.clone(), ask(f)).await.unwrap(),
        ["p0", "p1", "p2"]
    );
    let q = Query {
        sort: vec![(path("supplier"), true), (path("number"), false)],
        ..ask(Filter::everything())
    };
    assert_eq!(
        found(&w, scope.clone(), q).await.unwrap(),
        ["p3", "p4", "p0", "p1", "p2"]
    );
    let q = Query {
        columns: Columns::These(vec![path("number"), path("supplier.name")]),
        ..ask(test("number", Test::Is(text("p0"))))
    };
    let page = w
        .ask((scope.clone(), q), |tx, (t, (s, q))| {
            Box::pin(async move { tx.list(t, s, q).await })
        })
        .await
        .unwrap();
    assert!(page.rows[0].linked.is_empty());
    // Without any grant on suppliers the path does not exist.
    g.forms.remove(&form("supplier"));
    let scope = Scope::of(g);
    let out = found(
        &w,
        scope.clone(),
        ask(test("supplier.name", Test::Empty(true))),
    )
    .await;
    assert!(
        matches!(
            out,
            Err(Failure::Bad {
                code: "unknown_field",
                ..
            })
        ),
        "{out:?}"
    );
    let titles = w
        .ask((scope, a), |tx, (t, (s, id))| {
            Box::pin(async move {
                let to = Target {
                    form: form("supplier"),
                    table: None,
                };
                tx.titles(t, s, &to, &[*id]).await
            })
        })
        .await
        .unwrap();
    assert!(titles.is_empty());
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
    let next = Record {
        version: 2,
        ..r.clone()
    };
    w.update(&r, &next).await.unwrap();
    assert_eq!(all(&w, Filter::Text("旧的".into())).await, [""; 0]);
    assert_eq!(all(&w, Filter::Text("neu".into())).await, ["q"]);
    w.delete(&next).await.unwrap();
    assert_eq!(all(&w, Filter::Text("neu".into())).await, [""; 0]);
}

async fn hidden_text_is_not_found_by_words(w: World) {
    w.put(
        "purchase",
        [("number", text("p0")), ("remark", text("canary bird"))],
    )
    .await;
    let mut g = grants(&w, Filter::everything());
    g.forms
        .get_mut(&form("purchase"))
        .unwrap()
        .looks
        .insert(path("remark"), Look::Hidden);
    let ask = |words: &str| Query {
        filter: Filter::Text(words.into()),
        ..Query::of(&form("purchase"))
    };
    let scope = Scope::of(g);
    assert_eq!(
        found(&w, scope.clone(), ask("canary")).await.unwrap(),
        [""; 0]
    );
    assert_eq!(found(&w, scope.clone(), ask("p0")).await.unwrap(), ["p0"]);
    assert_eq!(
        found(
            &w,
            Scope::of(grants(&w, Filter::everything())),
            ask("canary")
        )
        .await
        .unwrap(),
        ["p0"]
    );
}

async fn counts_stop_at_the_cap(w: World) {
    let (_, [a, _]) = orders(&w).await;
    let scopes = [
        (Scope::engine(), 5),
        (
            Scope::of(grants(&w, test("supplier", Test::Is(Value::Link(a))))),
            3,
        ),
    ];
    for (scope, rows) in scopes {
        for cap in [2, 3, 100] {
            let count = w
                .ask((scope.clone(), cap), |tx, (t, (s, cap))| {
                    Box::pin(async move {
                        tx.count(t, s, &form("purchase"), &Filter::everything(), *cap)
                            .await
                    })
                })
                .await
                .unwrap();
            assert_eq!(
                (count.rows, count.more),
                (rows.min(u64::from(cap)), rows > u64::from(cap))
            );
        }
    }
}

async fn titles_and_keys_keep_to_the_scope(w: World) {
    let (records, [a, b]) = orders(&w).await;
    let mut g = grants(&w, Filter::everything());
    g.forms.get_mut(&form("supplier")).unwrap().rows = test("code", Test::Is(text("SB")));
    for (scope, seen) in [(Scope::engine(), 2), (Scope::of(g), 1)] {
        let titles = w
            .ask((scope.clone(), vec![a, b]), |tx, (t, (s, ids))| {
                Box::pin(async move {
                    let to = Target {
                        form: form("supplier"),
                        table: None,
                    };
                    tx.titles(t, s, &to, ids).await
                })
            })
            .await
            .unwrap();
        assert_eq!(titles.len(), seen);
        assert_eq!(
            (&*titles[&b].title, titles[&b].key.as_deref()),
            ("贝塔", Some("SB"))
        );
        let keys = w
            .ask(scope, |tx, (t, s)| {
                Box::pin(async move {
                    tx.by_key(
                        t,
                        s,
                        &form("supplier"),
                        &["SA".into(), "SB".into(), "SC".into()],
                    )
                    .await
                })
            })
            .await
            .unwrap();
        assert_eq!(keys.len(), seen);
        assert_eq!(keys["SB"], b);
    }
    let line = records[0].values["lines"].lines()[0].id;
    let titles = w
        .ask(line, |tx, (t, line)| {
            Box::pin(async move {
                let to = Target {
                    form: form("purchase"),
                    table: Some(name("lines")),
                };
                let of = tx
                    .records_of_lines(t, &to.form, &name("lines"), &[*line])
                    .await?;
                Ok((tx.titles(t, &Scope::engine(), &to, &[*line]).await?, of))
            })
        })
        .await
        .unwrap();
    assert_eq!(titles.0[&line].line, Some((records[0].id, 1)));
    assert_eq!(titles.1[&line], records[0].id);
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
