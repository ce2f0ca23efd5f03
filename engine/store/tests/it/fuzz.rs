//! Any filter, sort and column is a bound query or an error that names the place (V1).

use crate::world::*;
use model::{Filter, Id, Look, Name, Path, Test, Value};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use std::{collections::HashMap, sync::Arc};
use store::{Columns, Failure, Grant, Grants, Query, Scope};

both!(any_question_is_bound_or_refused);

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("'; drop table f_shop__purchase; --".to_owned()),
        Just("\" or 1=1 --".to_owned()),
        Just("$1 ?1 :x @x %_\\".to_owned()),
        Just("canary".to_owned()),
        Just("\u{0}".to_owned()),
        "[a-z]{0,6}",
        "\\PC{0,12}",
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_text().prop_map(|t| Value::Text(t.into())),
        (any::<i64>(), 0u32..10).prop_map(|(n, s)| Value::Number(model::Decimal::new(n, s))),
        Just(Value::Number(model::Decimal::MAX)),
        any::<bool>().prop_map(Value::Bool),
        (0i32..20_000).prop_map(|d| Value::Date(day("1990-01-01") + chrono::Days::new(d as u64))),
        Just(Value::Moment(now())),
        any::<u128>().prop_map(|n| Value::Link(Id(uuid::Uuid::from_u128(n)))),
        prop::collection::vec(any_text(), 0..3)
            .prop_map(|l| Value::Choices(l.into_iter().map(Arc::from).collect())),
        Just(Value::Lines(vec![])),
        Just(Value::Files(vec![])),
    ]
}

fn any_path() -> impl Strategy<Value = Path> {
    const NAMES: [&str; 28] = [
        "id",
        "version",
        "status",
        "created_at",
        "created_by",
        "parent",
        "record",
        "number",
        "date",
        "due",
        "month",
        "supplier",
        "urgent",
        "way",
        "tags",
        "remark",
        "total",
        "files",
        "lines",
        "item",
        "quantity",
        "cost",
        "secret",
        "name",
        "code",
        "department",
        "rowid",
        "nothing",
    ];
    prop::collection::vec(prop::sample::select(&NAMES[..]), 1..5)
        .prop_map(|l| Path(l.into_iter().map(|n| Name::new(n).unwrap()).collect()))
}

fn any_test() -> impl Strategy<Value = Test> {
    prop_oneof![
        any_value().prop_map(Test::Is),
        prop::collection::vec(any_value(), 0..4).prop_map(Test::In),
        any_value().prop_map(Test::Above),
        any_value().prop_map(Test::Below),
        any_value().prop_map(Test::AtLeast),
        any_value().prop_map(Test::AtMost),
        any_value().prop_map(Test::Not),
        any_text().prop_map(Test::Like),
        any::<u128>().prop_map(|n| Test::Under(Id(uuid::Uuid::from_u128(n)))),
        any::<bool>().prop_map(Test::Empty),
    ]
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let leaf = prop_oneof![
        4 => (any_path(), any_test()).prop_map(|(p, t)| Filter::Field(p, t)),
        1 => any_text().prop_map(Filter::Text),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::Any),
            inner.prop_map(|f| Filter::Not(Box::new(f))),
        ]
    })
}

fn any_query() -> impl Strategy<Value = Query> {
    (
        any_filter(),
        prop::collection::vec((any_path(), any::<bool>()), 0..3),
        prop_oneof![
            Just(Columns::Header),
            Just(Columns::Whole),
            prop::collection::vec(any_path(), 0..4).prop_map(Columns::These),
        ],
        prop::option::weighted(0.2, any_text()),
    )
        .prop_map(|(filter, sort, columns, after)| Query {
            filter,
            sort,
            columns,
            after,
            limit: 5,
            ..Query::of(&form("purchase"))
        })
}

async fn any_question_is_bound_or_refused(w: World) {
    let s = w
        .put(
            "supplier",
            [("secret", text("canary")), ("name", text("canary"))],
        )
        .await;
    let line = lines([fields([("cost", number("47110815.00"))])]);
    w.put(
        "purchase",
        [
            ("supplier", Value::Link(s.id)),
            ("remark", text("x")),
            ("lines", line),
        ],
    )
    .await;
    let mut purchase = Grant::reading(Filter::Field(path("remark"), Test::Is(text("x"))));
    purchase.looks.insert(path("lines.cost"), Look::Hidden);
    purchase.looks.insert(path("remark"), Look::Masked);
    let mut supplier = Grant::reading(Filter::everything());
    for field in ["secret", "name"] {
        supplier.looks.insert(path(field), Look::Hidden);
    }
    let scope = Scope::of(Grants {
        principals: vec!["u:'".into()],
        forms: HashMap::from([(form("purchase"), purchase), (form("supplier"), supplier)]),
        ledgers: HashMap::new(),
    });
    let cases = if w.lite() { 3_000 } else { 1_000 };
    let mut runner = TestRunner::new_with_rng(
        proptest::test_runner::Config {
            cases,
            ..Default::default()
        },
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let strategy = any_query();
    let (mut asked, mut refused) = (0, 0);
    for _ in 0..cases {
        let query = strategy.new_tree(&mut runner).unwrap().current();
        for scope in [Scope::engine(), scope.clone()] {
            let hides = scope.clone();
            let out = w
                .ask((scope, query.clone()), |tx, (t, (s, q))| {
                    Box::pin(async move {
                        let page = tx.list(t, s, q).await?;
                        let count = tx.count(t, s, &q.form, &q.filter, 10).await?;
                        Ok((page, count))
                    })
                })
                .await;
            match out {
                Ok((page, _)) => {
                    asked += 1;
                    if !format!("{hides:?}").contains("engine") {
                        let said = format!("{page:?}");
                        assert!(
                            !said.contains("canary") && !said.contains("47110815"),
                            "{query:?}"
                        );
                    }
                }
                Err(Failure::Bad { .. }) => refused += 1,
                Err(other) => panic!("{query:?}\n→ {other:?}"),
            }
        }
    }
    assert!(
        asked > 50 && refused > 500,
        "{asked} asked, {refused} refused"
    );
    // The tables are there still.
    assert_eq!(w.read(&s).await.unwrap(), s);
}
