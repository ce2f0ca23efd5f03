//! Ledgers: balances are the fold, and what does not fit is not posted.

use crate::world::*;
use chrono::{Days, NaiveDate};
use model::{Decimal, Fields, Filter, Id, Look, Ref, Test, Value};
use std::collections::{BTreeMap, HashMap};
use store::{
    Balances, Entries, Entry, Every, Failure, Grant, Grants, Locked, Measures, Posting, Scope,
    Tables, Turnover, Tx,
};

both!(
    outflows_against_a_stock_commit_exactly_those_that_fit
    many_keys_in_any_order_never_deadlock
    balances_at_any_day_are_the_fold
    turnover_by_month_is_the_fold
    entries_are_never_changed
    a_posting_is_written_once
    a_back_dated_outflow_sees_every_later_day
    entries_come_in_pages_under_a_scope
    reversal_brings_everything_back
    two_postings_of_one_command_see_each_other
);

fn stock() -> Ref {
    form("stock")
}
fn entry(ledger: Ref, item: Id, place: Option<&str>, day: NaiveDate, quantity: &str) -> Entry {
    let mut dimensions = fields([("item", Value::Link(item))]);
    if let Some(place) = place {
        dimensions.insert(name("place"), text(place));
    }
    let measure = match &*ledger.name {
        "stock" => "quantity",
        "sales" => "amount",
        _ => "count",
    };
    Entry {
        ledger,
        rule: name("main"),
        line: None,
        date: day,
        dimensions,
        attributes: Fields::new(),
        measures: Measures::from([(name(measure), dec(quantity))]),
    }
}
fn posting(w: &World, record: Id, day: NaiveDate) -> Posting {
    Posting {
        id: id(),
        form: form("receipt"),
        record,
        version: 1,
        kind: "post".into(),
        reverses: None,
        date: day,
        seq: 0,
        rules: "1".into(),
        hash: vec![1, 2, 3],
        at: now(),
        by: w.user,
    }
}
fn keys(entries: &[Entry]) -> Vec<(Ref, Fields)> {
    entries
        .iter()
        .map(|e| (e.ledger.clone(), e.dimensions.clone()))
        .collect()
}

/// Posts if no key would fall below zero on any day; says whether it did.
async fn post_if_it_fits(
    tx: &mut Tx,
    tables: &Tables,
    posting: &Posting,
    entries: &[Entry],
) -> Result<bool, Failure> {
    let locked: Vec<Locked> = tx.lock_balances(tables, &keys(entries)).await?;
    for l in &locked {
        let moved: Vec<&Entry> = entries
            .iter()
            .filter(|e| e.ledger == l.ledger && e.dimensions == l.dimensions)
            .collect();
        let delta: Decimal = moved.iter().map(|e| e.measures["quantity"]).sum();
        let first = moved.iter().map(|e| e.date).min().unwrap();
        for day in tx.running(tables, l, first).await? {
            if delta < Decimal::ZERO && day.measures["quantity"] + delta < Decimal::ZERO {
                return Ok(false);
            }
        }
    }
    tx.post(tables, posting, entries, &locked).await?;
    Ok(true)
}
async fn put(w: &World, p: Posting, entries: Vec<Entry>) -> Result<bool, Failure> {
    w.tell((p, entries), |tx, (t, (p, e))| {
        Box::pin(async move { post_if_it_fits(tx, t, p, e).await })
    })
    .await
}
async fn post(w: &World, entries: Vec<Entry>) {
    let p = posting(w, id(), entries[0].date);
    assert!(put(w, p, entries).await.unwrap());
}
async fn balances(w: &World, ask: Balances) -> Vec<(Fields, Measures)> {
    w.ask(ask, |tx, (t, a)| {
        Box::pin(async move { tx.balances(t, &Scope::engine(), a).await })
    })
    .await
    .unwrap()
}
fn of(ledger: Ref) -> Balances {
    Balances {
        ledger,
        at: None,
        by: vec![],
        filter: Filter::everything(),
        limit: 1000,
    }
}
async fn folds(w: &World) {
    let wrong = w
        .ask((), |tx, (t, ())| {
            Box::pin(async move { tx.check_ledgers(t).await })
        })
        .await
        .unwrap();
    assert!(wrong.is_empty(), "{wrong:?}");
}

async fn outflows_against_a_stock_commit_exactly_those_that_fit(w: World) {
    let w = std::sync::Arc::new(w);
    let item = w.put("item", [("code", text("I"))]).await.id;
    let day = day("2026-11-24");
    post(&w, vec![entry(stock(), item, None, day, "37")]).await;
    let mut tasks = vec![];
    for _ in 0..64 {
        let w = w.clone();
        tasks.push(tokio::spawn(async move {
            let p = posting(&w, id(), day);
            put(&w, p, vec![entry(stock(), item, None, day, "-1")])
                .await
                .unwrap()
        }));
    }
    let mut done = 0;
    for task in tasks {
        done += u32::from(task.await.unwrap());
    }
    assert_eq!(done, 37);
    assert_eq!(balances(&w, of(stock())).await, []);
    folds(&w).await;
}

async fn many_keys_in_any_order_never_deadlock(w: World) {
    let w = std::sync::Arc::new(w);
    let mut items = vec![];
    for n in 0..6 {
        items.push(w.put("item", [("code", text(&format!("I{n}")))]).await.id);
    }
    let day = day("2026-11-24");
    let mut tasks = vec![];
    for n in 0..48usize {
        let (w, items) = (w.clone(), items.clone());
        tasks.push(tokio::spawn(async move {
            // Different keys in different orders, all of them new at first.
            let mut entries = vec![];
            for k in 0..4 {
                let item = items[(n * 5 + k * (n % 5 + 1)) % 6];
                entries.push(entry(stock(), item, Some("a"), day, "2"));
                entries.push(entry(form("sales"), item, None, day, "1.50"));
            }
            let w2 = w.clone();
            let p = posting(&w, id(), day);
            w2.tell((p, entries), |tx, (t, (p, e))| {
                Box::pin(async move {
                    let locked = tx.lock_balances(t, &keys(e)).await?;
                    tx.post(t, p, e, &locked).await
                })
            })
            .await
            .unwrap()
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let all = balances(&w, of(stock())).await;
    assert_eq!(all[0].1["quantity"], dec("384"));
    let all = balances(&w, of(form("sales"))).await;
    assert_eq!(all[0].1["amount"], dec("288"));
    folds(&w).await;
}

/// Entries on many days, and a plain list of them.
async fn year(w: &World, ledger: &str) -> (Vec<Entry>, Vec<Id>) {
    let mut items = vec![];
    for n in 0..3 {
        items.push(w.put("item", [("code", text(&format!("I{n}")))]).await.id);
    }
    let mut all = vec![];
    let mut seed = 7u64;
    for _ in 0..60 {
        let mut entries = vec![];
        for _ in 0..3 {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let r = (seed >> 33) as usize;
            let place = ["a", "b", ""][r / 16 % 3];
            let place = Some(place).filter(|p| !p.is_empty() && ledger == "stock");
            let at = day("2026-01-01") + Days::new((r % 200) as u64);
            let amount = Decimal::new(
                (r % 2000) as i64 - 600,
                if ledger == "notes" { 0 } else { 2 },
            );
            entries.push(entry(
                form(ledger),
                items[r % 3],
                place,
                at,
                &amount.to_string(),
            ));
        }
        let p = posting(w, id(), entries[0].date);
        w.tell((p, entries.clone()), |tx, (t, (p, e))| {
            Box::pin(async move {
                let locked = tx.lock_balances(t, &keys(e)).await?;
                tx.post(t, p, e, &locked).await
            })
        })
        .await
        .unwrap();
        all.extend(entries);
    }
    (all, items)
}

async fn balances_at_any_day_are_the_fold(w: World) {
    for ledger in ["stock", "sales", "notes"] {
        let (all, items) = year(&w, ledger).await;
        for at in [
            None,
            Some("2026-01-01"),
            Some("2026-03-31"),
            Some("2026-04-15"),
            Some("2030-01-01"),
        ] {
            let at = at.map(day);
            let mut fold: BTreeMap<String, Decimal> = BTreeMap::new();
            for e in all.iter().filter(|e| at.is_none_or(|at| e.date <= at)) {
                let measure = e.measures.values().next().unwrap();
                *fold
                    .entry(format!("{:?}", e.dimensions["item"]))
                    .or_default() += *measure;
            }
            fold.retain(|_, v| !v.is_zero());
            let found = balances(
                &w,
                Balances {
                    at,
                    by: vec![name("item")],
                    ..of(form(ledger))
                },
            )
            .await;
            let found: BTreeMap<String, Decimal> = found
                .into_iter()
                .map(|(d, m)| {
                    let measure = if ledger == "stock" {
                        "quantity"
                    } else {
                        m.keys().next().unwrap()
                    };
                    (format!("{:?}", d["item"]), m[measure])
                })
                .collect();
            assert_eq!(found, fold, "{ledger} at {at:?}");
        }
        let one = Filter::Field(path("item"), Test::Is(Value::Link(items[0])));
        let found = balances(
            &w,
            Balances {
                filter: one,
                ..of(form(ledger))
            },
        )
        .await;
        let by_key = w
            .ask((form(ledger), items[0]), |tx, (t, (l, i))| {
                Box::pin(async move {
                    tx.stored_balance(t, l, &[(name("item"), Some(Value::Link(*i)))])
                        .await
                })
            })
            .await
            .unwrap();
        assert_eq!(found[0].1, by_key);
    }
    folds(&w).await;
}

async fn turnover_by_month_is_the_fold(w: World) {
    let (all, _) = year(&w, "stock").await;
    for (from, to) in [
        ("2026-01-01", "2026-06-30"),
        ("2026-01-15", "2026-04-20"),
        ("2026-02-10", "2026-02-20"),
        ("2026-02-01", "2026-02-28"),
        ("2026-02-02", "2026-03-31"),
    ] {
        let (from, to) = (day(from), day(to));
        let mut fold: BTreeMap<(String, String), (Decimal, Decimal)> = BTreeMap::new();
        for e in all.iter().filter(|e| e.date >= from && e.date <= to) {
            let key = (
                format!("{:?}", e.dimensions.get("place")),
                e.date.format("%Y-%m").to_string(),
            );
            let side = fold.entry(key).or_default();
            let q = e.measures["quantity"];
            if q.is_sign_negative() {
                side.1 -= q
            } else {
                side.0 += q
            }
        }
        let ask = Turnover {
            ledger: stock(),
            from,
            to,
            by: vec![name("place")],
            every: Every::Month,
            filter: Filter::everything(),
            limit: 1000,
        };
        let found = w
            .ask(ask, |tx, (t, a)| {
                Box::pin(async move { tx.turnover(t, &Scope::engine(), a).await })
            })
            .await
            .unwrap();
        let found: BTreeMap<_, _> = found
            .into_iter()
            .map(|r| {
                let key = (
                    format!("{:?}", r.dimensions.get("place")),
                    r.month.unwrap().to_string(),
                );
                (key, (r.into["quantity"], r.out["quantity"]))
            })
            .collect();
        assert_eq!(found, fold, "{from} {to}");
    }
}

async fn entries_are_never_changed(w: World) {
    let item = w.put("item", [("code", text("I"))]).await.id;
    post(&w, vec![entry(stock(), item, None, day("2026-01-01"), "5")]).await;
    for sql in [
        "update e_shop__stock set quantity = 6",
        "delete from e_shop__stock",
        "delete from posting",
        "update event set kind = 'x'",
    ] {
        let out = raw(&w, sql).await;
        let empty = sql.contains("event") && w.lite();
        assert!(out.is_err() || empty, "{sql}");
    }
    folds(&w).await;
}

/// Runs a statement past the store, as a stranger with a shell would.
pub async fn raw(w: &World, sql: &str) -> Result<(), String> {
    match &w.address {
        store::Address::Sqlite { dir } => {
            let c = rusqlite::Connection::open(dir.join(store::FILE)).unwrap();
            c.execute_batch(sql).map_err(|e| e.to_string())
        }
        store::Address::Postgres { url, schema, .. } => {
            use sqlx::{Connection, Executor};
            let mut c = sqlx::PgConnection::connect(url).await.unwrap();
            let sql = format!("set search_path = {schema}; {sql}");
            c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)))
                .await
                .map(|_| ())
                .map_err(|e| e.to_string())
        }
    }
}

async fn a_posting_is_written_once(w: World) {
    let item = w.put("item", [("code", text("I"))]).await.id;
    let record = id();
    let at = day("2026-01-01");
    let e = vec![entry(stock(), item, None, at, "5")];
    assert!(put(&w, posting(&w, record, at), e.clone()).await.unwrap());
    let out = put(&w, posting(&w, record, at), e).await;
    assert!(matches!(out, Err(Failure::Duplicate { .. })), "{out:?}");
    assert_eq!(balances(&w, of(stock())).await[0].1["quantity"], dec("5"));
    // A key that was not locked is not written.
    let p = posting(&w, id(), at);
    let out = w
        .tell(
            (p, entry(stock(), item, Some("x"), at, "5")),
            |tx, (t, (p, e))| {
                Box::pin(async move { tx.post(t, p, std::slice::from_ref(e), &[]).await })
            },
        )
        .await;
    assert!(
        matches!(
            out,
            Err(Failure::Bad {
                code: "not_locked",
                ..
            })
        ),
        "{out:?}"
    );
    folds(&w).await;
}

async fn a_back_dated_outflow_sees_every_later_day(w: World) {
    let item = w.put("item", [("code", text("I"))]).await.id;
    let e = |d: &str, q: &str| vec![entry(stock(), item, None, day(d), q)];
    post(&w, e("2026-01-01", "10")).await;
    post(&w, e("2026-01-10", "-8")).await;
    post(&w, e("2026-01-20", "50")).await;
    let fits = async |d: &str, q: &str| put(&w, posting(&w, id(), day(d)), e(d, q)).await.unwrap();
    assert!(!fits("2026-01-05", "-3").await);
    assert!(fits("2026-01-05", "-2").await);
    assert!(!fits("2026-01-02", "-1").await);
    assert!(fits("2026-01-20", "-50").await);
    assert!(!fits("2026-01-21", "-1").await);
    folds(&w).await;
}

async fn entries_come_in_pages_under_a_scope(w: World) {
    let (all, items) = year(&w, "stock").await;
    let mut grant = Grant::reading(Filter::Field(path("item"), Test::Is(Value::Link(items[1]))));
    grant.looks.insert(path("value"), Look::Hidden);
    grant.looks.insert(path("lot"), Look::Masked);
    let scope = Scope::of(Grants {
        ledgers: HashMap::from([(stock(), grant)]),
        ..Default::default()
    });
    let (mut seen, mut after) = (0, None);
    loop {
        let ask = Entries {
            ledger: stock(),
            filter: Filter::everything(),
            after: after.clone(),
            limit: 7,
        };
        let page = w
            .ask((scope.clone(), ask), |tx, (t, (s, a))| {
                Box::pin(async move { tx.entries(t, s, a).await })
            })
            .await
            .unwrap();
        for e in &page {
            assert_eq!(e.entry.dimensions["item"], Value::Link(items[1]));
            assert_eq!((e.kind.as_str(), &e.form), ("post", &form("receipt")));
        }
        seen += page.len();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor.clone());
    }
    let of_item = all
        .iter()
        .filter(|e| e.dimensions["item"] == Value::Link(items[1]))
        .count();
    assert_eq!(seen, of_item);
    let found = w
        .ask(scope.clone(), |tx, (t, s)| {
            Box::pin(async move {
                tx.balances(
                    t,
                    s,
                    &Balances {
                        by: vec![name("item")],
                        ..of(stock())
                    },
                )
                .await
            })
        })
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert!(!found[0].1.contains_key("value"));
    for filter in ["value", "lot", "nothing"] {
        let ask = Entries {
            ledger: stock(),
            filter: Filter::Field(path(filter), Test::Empty(true)),
            after: None,
            limit: 7,
        };
        let out = w
            .ask((scope.clone(), ask), |tx, (t, (s, a))| {
                Box::pin(async move { tx.entries(t, s, a).await })
            })
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
    }
    let out = w
        .ask(Scope::of(Grants::default()), |tx, (t, s)| {
            Box::pin(async move { tx.balances(t, s, &of(stock())).await })
        })
        .await;
    assert!(matches!(out, Err(Failure::Bad { .. })), "{out:?}");
}

async fn reversal_brings_everything_back(w: World) {
    let item = w.put("item", [("code", text("I"))]).await.id;
    let at = day("2026-01-01");
    let p = posting(&w, id(), at);
    let mut e = vec![
        entry(stock(), item, Some("a"), at, "5.000001"),
        entry(form("sales"), item, None, at, "2.00"),
    ];
    e[0].attributes.insert(name("lot"), text("L1"));
    e[0].line = Some(id());
    assert!(put(&w, p.clone(), e.clone()).await.unwrap());
    let back = w
        .ask(p.id, |tx, (t, p)| {
            Box::pin(async move { tx.entries_of(t, *p).await })
        })
        .await
        .unwrap();
    assert_eq!(back, e);
    let mut against = back;
    for e in &mut against {
        for m in e.measures.values_mut() {
            *m = -*m;
        }
    }
    let mut r = posting(&w, p.record, at);
    r.kind = "reverse".into();
    r.reverses = Some(p.id);
    w.tell((r, against), |tx, (t, (p, e))| {
        Box::pin(async move {
            let locked = tx.lock_balances(t, &keys(e)).await?;
            tx.post(t, p, e, &locked).await
        })
    })
    .await
    .unwrap();
    assert_eq!(balances(&w, of(stock())).await, []);
    let all = w
        .ask(p.record, |tx, (_, r)| {
            Box::pin(async move { tx.postings_of(*r).await })
        })
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
    assert!(all[0].seq < all[1].seq);
    assert_eq!((all[1].reverses, &*all[1].kind), (Some(p.id), "reverse"));
    folds(&w).await;
}

async fn two_postings_of_one_command_see_each_other(w: World) {
    let item = w.put("item", [("code", text("I"))]).await.id;
    let at = day("2026-01-01");
    let list: Vec<_> = ["5", "-5", "-1"]
        .iter()
        .map(|q| {
            (
                posting(&w, id(), at),
                vec![entry(stock(), item, None, at, q)],
            )
        })
        .collect();
    let done = w
        .tell(list, |tx, (t, list)| {
            Box::pin(async move {
                let mut done = vec![];
                for (p, e) in list {
                    done.push(post_if_it_fits(tx, t, p, e).await?);
                }
                Ok(done)
            })
        })
        .await
        .unwrap();
    assert_eq!(done, [true, true, false]);
    assert_eq!(balances(&w, of(stock())).await, []);
    folds(&w).await;
}
