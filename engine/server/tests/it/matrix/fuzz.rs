//! Any filter, sort, column, cursor and word is a bound query or a 400, whoever asks, and the
//! answer names neither the database nor what is hidden (V1).

use super::{
    probe::Probe,
    who::{Access, Kind, Scope},
    world::{On, World},
};
use crate::house::in_query;
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};

const CASES: usize = 600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_question_is_bound_or_refused_on_sqlite() {
    ask_anything(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_question_is_bound_or_refused_on_postgres() {
    ask_anything(On::Postgres).await;
}

fn hostile() -> impl Strategy<Value = String> {
    const TEXTS: &[&str] = &[
        "'; drop table f_m__paper; --",
        "\" or 1=1 --",
        "$1 ?1 :x @x %_\\",
        "plain\" from f_m__paper --",
        "x' union select password from \"user\" --",
        "..",
        ".",
        "",
        "\u{0}",
        "\u{feff}\u{202e}é😀",
        "1e999",
        "-0.000000000000000000000000000000001",
        "99999999999999999999999999999999999999",
        "0000-00-00",
        "9999-12-31T23:59:59Z",
        "+275760-09-13",
        "2026-02-30",
        "NaN",
        "null",
        "0198f2c8-7f1e-7c3a-9d1b-2f6a3c4d5e6f",
        "00000000-0000-0000-0000-000000000000",
    ];
    prop_oneof![
        3 => prop::sample::select(TEXTS).prop_map(ToOwned::to_owned),
        1 => "\\PC{0,16}",
        1 => "[a-z_]{1,8}",
        1 => Just("z".repeat(5_000)),
    ]
}

fn path() -> impl Strategy<Value = String> {
    const NAMES: &[&str] = &[
        "id",
        "version",
        "status",
        "created_at",
        "created_by",
        "updated_by",
        "parent",
        "record",
        "number",
        "plain",
        "amount",
        "owner",
        "department",
        "branch",
        "tier",
        "date",
        "x_text",
        "x_money",
        "x_date",
        "x_month",
        "x_moment",
        "x_choice",
        "x_link",
        "x_file",
        "x_calc",
        "x_live",
        "x_lines",
        "s_text",
        "s_money",
        "lines",
        "paper",
        "line",
        "box",
        "code",
        "name",
        "open",
        "text",
        "rowid",
        "_title",
        "_key",
        "nothing",
    ];
    prop_oneof![
        6 => prop::collection::vec(prop::sample::select(NAMES), 1..5).prop_map(|p| p.join(".")),
        1 => hostile(),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|n| json!(n)),
        hostile().prop_map(Value::String),
        Just(json!("red")),
        Just(json!("posted")),
        Just(json!("2026-03-01")),
        Just(json!({ "id": "0198f2c8-7f1e-7c3a-9d1b-2f6a3c4d5e6f" })),
        hostile().prop_map(|k| json!({ "key": k })),
    ]
}

fn test() -> impl Strategy<Value = Value> {
    const OPERATORS: &[&str] = &[
        "above", "below", "at_least", "at_most", "not", "like", "in", "under", "empty", "is", "or",
        "$or",
    ];
    let leaf = scalar();
    leaf.prop_recursive(3, 12, 4, |inner| {
        let operator = prop::sample::select(OPERATORS);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((operator, inner), 1..4).prop_map(|tests| {
                Value::Object(tests.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
            }),
        ]
    })
}

fn filter() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::collection::vec((path(), test()), 0..4)
            .prop_map(|t| Value::Object(t.into_iter().collect::<Map<_, _>>()).to_string()),
        1 => hostile(),
        1 => (1usize..40).prop_map(|n| format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n))),
    ]
}

fn question() -> impl Strategy<Value = String> {
    const PATHS: &[(&str, &[&str])] = &[
        (
            "/api/records/m/paper",
            &["filter", "sort", "columns", "after", "q", "limit", "box"],
        ),
        (
            "/api/records/m/note",
            &["filter", "sort", "columns", "after", "q"],
        ),
        ("/api/records/m/paper/count", &["filter", "q"]),
        ("/api/records/m/note/new", &["values"]),
        (
            "/api/ledgers/m/book/balance",
            &["filter", "by", "at", "after"],
        ),
        (
            "/api/ledgers/m/book/turnover",
            &["filter", "by", "from", "to"],
        ),
        ("/api/ledgers/m/book/entries", &["filter", "after", "from"]),
        ("/api/lookup/m/paper", &["q", "limit"]),
        ("/api/lookup/m/thing?for=m/paper", &["field", "values", "q"]),
        ("/api/tasks", &["after", "q", "box"]),
        ("/api/people", &["q"]),
    ];
    let one = |key: &'static str| match key {
        "filter" | "values" => filter().boxed(),
        "sort" | "columns" | "by" => {
            let dash = any::<bool>().prop_map(|d| if d { "-" } else { "" });
            prop::collection::vec((dash, path()), 1..4)
                .prop_map(|l| {
                    l.into_iter()
                        .map(|(d, p)| format!("{d}{p}"))
                        .collect::<Vec<_>>()
                        .join(",")
                })
                .boxed()
        }
        "field" => path().boxed(),
        "after" => prop_oneof![hostile(), "[0-9a-f]{2,80}", "[0-9]{1,8}_[0-9a-f-]{36}"].boxed(),
        "at" | "from" | "to" => prop_oneof![hostile(), Just("2026-03-01".to_owned())].boxed(),
        _ => hostile().boxed(),
    };
    prop::sample::select(PATHS).prop_flat_map(move |(path, keys)| {
        let all: Vec<_> = keys
            .iter()
            .map(|k| (Just(*k), prop::option::of(one(k))))
            .collect();
        all.prop_map(move |values| {
            let mut out = path.to_owned();
            for (key, value) in values {
                if let Some(value) = value {
                    let sign = if out.contains('?') { '&' } else { '?' };
                    out.push_str(&format!("{sign}{key}={}", in_query(&value)));
                }
            }
            out
        })
    })
}

async fn ask_anything(on: On) {
    let kinds = [
        Kind::Clerk,
        Kind::Approver,
        Kind::Mixed(Access::Masked),
        Kind::Plain(Scope::Tree, Access::Hidden),
    ];
    let world = World::with(on, &kinds).await;
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = question();
    let (mut answered, mut refused) = (0, 0);
    for n in 0..CASES {
        let question = strategy.new_tree(&mut runner).unwrap().current();
        let (wrong, status) = Probe::get(&question)
            .answer(&world, kinds[n % kinds.len()])
            .await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        match status {
            200 => answered += 1,
            // Who knows nothing of the ledger is told that there is none; a computed value that
            // cannot be worked out is a finding.
            400 | 404 | 414 | 422 => refused += 1,
            other => panic!("{other} to {question:.500}"),
        }
    }
    assert!(
        answered > 50 && refused > 200,
        "{answered} answered, {refused} refused"
    );
    // The tables are there still.
    let all = Probe::get("/api/records/m/paper/count").is("/count", super::who::PAPERS);
    assert_eq!(all.ask(&world, Kind::Clerk).await, [""; 0]);
}
