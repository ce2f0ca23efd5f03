//! Scopes: each sees his rows and fields, and nothing tells him of the others.

use crate::{
    query::{found, orders, test},
    world::*,
};
use model::{Filter, Look, Ref, Target, Test, Value};
use std::collections::HashMap;
use store::{
    Columns, Failure, Grant, Grants, Participant, Query, Scope, role_principal, user_principal,
};

both!(
    a_scope_shows_its_rows_and_no_others
    hidden_and_masked_fields_are_not_there
    links_do_not_open_other_rows
    hidden_text_is_not_found_by_words
    counts_stop_at_the_cap
    titles_and_keys_keep_to_the_scope
    a_field_is_read_on_the_rows_of_its_grant
    a_hidden_table_is_not_read_through_a_link_to_its_lines
    trees_are_walked_over_what_is_seen
    a_record_that_is_not_seen_is_not_found_by_its_title
);

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
    let text = format!("{:?}", found.record.values);
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

async fn a_field_is_read_on_the_rows_of_its_grant(w: World) {
    let (_, [a, _]) = orders(&w).await;
    let mut g = grants(&w, Filter::everything());
    // Of the first supplier (p0 to p2) everything, of the others not the total, nor the remark.
    let purchase = g.forms.get_mut(&form("purchase")).unwrap();
    let own = test("supplier", Test::Is(Value::Link(a)));
    for (field, look) in [("total", Look::Hidden), ("remark", Look::Masked)] {
        purchase.looks.insert(path(field), look);
        purchase.open.insert(path(field), own.clone());
    }
    let scope = Scope::of(g);
    let sort = vec![(path("number"), false)];
    let ask = |filter| Query {
        filter,
        sort: sort.clone(),
        ..Query::of(&form("purchase"))
    };
    for (field, t, rows) in [
        ("total", Test::Empty(false), &["p0", "p2"][..]),
        ("total", Test::Empty(true), &["p1"]),
        ("total", Test::Not(number("2")), &["p0", "p1"]),
        ("total", Test::Is(number("4")), &[]),
        ("remark", Test::Like("größe".into()), &["p0", "p2"]),
        ("remark", Test::Like("50%".into()), &["p0", "p2"]),
    ] {
        let out = found(&w, scope.clone(), ask(test(field, t.clone()))).await;
        assert_eq!(out.unwrap(), rows, "{field} {t:?}");
    }
    let negated = Filter::Not(Box::new(test("total", Test::Is(number("4")))));
    let all = ["p0", "p1", "p2", "p3", "p4"];
    assert_eq!(found(&w, scope.clone(), ask(negated)).await.unwrap(), all);
    let words = found(&w, scope.clone(), ask(Filter::Text("Größe".into())));
    assert_eq!(words.await.unwrap(), ["p0", "p2"]);
    // What is not read counts as empty, also on the pages after the first.
    let mut after = None;
    let mut order = vec![];
    loop {
        let query = Query {
            sort: vec![(path("total"), true)],
            limit: 1,
            after,
            ..Query::of(&form("purchase"))
        };
        let page = w
            .ask((scope.clone(), query), |tx, (t, (s, q))| {
                Box::pin(async move { tx.list(t, s, q).await })
            })
            .await
            .unwrap();
        let row = &page.rows[0];
        let number = row.record.values["number"].text().unwrap().to_owned();
        let own = number.as_str() < "p3";
        assert!(own || !row.record.values.contains_key("total"), "{row:?}");
        assert_eq!(row.masked.is_empty(), own, "{row:?}");
        order.push(number);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(order, ["p2", "p0", "p4", "p3", "p1"]);
}

async fn a_hidden_table_is_not_read_through_a_link_to_its_lines(w: World) {
    let (records, _) = orders(&w).await;
    let line = records[0].values["lines"].lines()[0].id;
    let lines = lines([fields([("order_line", Value::Link(line))])]);
    w.put("receipt", [("lines", lines)]).await;
    let mut g = grants(&w, Filter::everything());
    g.forms
        .insert(form("receipt"), Grant::reading(Filter::everything()));
    let ask = Query {
        filter: test("lines.order_line.cost", Test::Is(number("7"))),
        ..Query::of(&form("receipt"))
    };
    let seen = found(&w, Scope::of(g.clone()), ask.clone()).await;
    assert_eq!(seen.unwrap().len(), 1);
    let looks = &mut g.forms.get_mut(&form("purchase")).unwrap().looks;
    looks.insert(path("lines"), Look::Hidden);
    let out = found(&w, Scope::of(g), ask).await;
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
}

async fn trees_are_walked_over_what_is_seen(w: World) {
    let top = w.put("department", [("code", text("top"))]).await;
    let mut below = w.record("department", [("code", text("below"))]);
    below.parent = Some(top.id);
    w.insert(&below).await.unwrap();
    w.put(
        "supplier",
        [("code", text("S")), ("department", Value::Link(below.id))],
    )
    .await;
    let ask = Query {
        filter: test("department", Test::Under(top.id)),
        ..Query::of(&form("supplier"))
    };
    for (rows, seen) in [
        (Filter::everything(), 1),
        (test("code", Test::Is(text("below"))), 0),
        (test("code", Test::Is(text("top"))), 0),
    ] {
        let mut g = grants(&w, Filter::everything());
        g.forms.insert(form("department"), Grant::reading(rows));
        let out = found(&w, Scope::of(g), ask.clone()).await.unwrap();
        assert_eq!(out.len(), seen);
    }
    // A grant's own rows walk over everything.
    let mut g = grants(&w, Filter::everything());
    g.forms.get_mut(&form("supplier")).unwrap().rows = test("department", Test::Under(top.id));
    let out = found(&w, Scope::of(g), Query::of(&form("supplier"))).await;
    assert_eq!(out.unwrap().len(), 1);
}
async fn a_record_that_is_not_seen_is_not_found_by_its_title(w: World) {
    let (_, [a, _]) = orders(&w).await;
    let values = [("number", text("p9")), ("supplier", Value::Link(a))];
    let r = w.record("purchase", values);
    let words = (w.tables.clone(), r.clone());
    w.store
        .write_with(words, |tx, (t, r)| {
            Box::pin(async move {
                let text = store::Text {
                    title: "p9",
                    words: "p9 Alpha",
                };
                tx.insert_record(t, r, text).await
            })
        })
        .await
        .unwrap();
    let ask = Query {
        filter: Filter::Text("alpha".into()),
        ..Query::of(&form("purchase"))
    };
    let mut g = grants(&w, Filter::everything());
    g.forms
        .insert(form("item"), Grant::reading(Filter::everything()));
    let seen = found(&w, Scope::of(g.clone()), ask.clone()).await;
    assert_eq!(seen.unwrap(), ["p9"]);
    // Who sees the supplier may find by its title, who does not may not.
    for (code, rows) in [("SA", &["p9", "p2", "p1", "p0"][..]), ("SB", &[])] {
        g.forms.get_mut(&form("supplier")).unwrap().rows = test("code", Test::Is(text(code)));
        let out = found(&w, Scope::of(g.clone()), ask.clone()).await;
        assert_eq!(out.unwrap(), rows, "{code}");
    }
}
