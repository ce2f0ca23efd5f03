//! What somebody sends who means harm: scripts and templates that never end, eat memory or reach
//! out, through the worker process; bodies that are too much, and commands on what has changed.

use crate::house::{Ask, House, ask, get, house, log_in};
use axum::http::Method;
use runtime::{
    folder,
    worker::{Limits, Pool, Reply, Request},
};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// Ended by a limit: of the script, or of its process.
const LIMIT: &[&str] = &["script_limit", "script_expired", "script_limits"];
/// There is no such word, name or thing.
const REFUSED: &[&str] = &["script_syntax", "script_failed"];

const SCRIPTS: &[(&str, &[&str])] = &[
    // Never ends.
    ("fn f() { loop { } }", LIMIT),
    ("fn f() { f() }", LIMIT),
    ("fn f() { g() } fn g() { f() }", LIMIT),
    ("fn f() { for i in 0..9223372036854775807 { } }", LIMIT),
    ("fn f() { loop { try { f() } catch { } } }", LIMIT),
    // Huge texts, lists and maps.
    ("fn f() { let s = `x`; loop { s += s; } }", LIMIT),
    (
        "fn f() { let s = `x`.repeat(60000); s.replace(`x`, s); s }",
        LIMIT,
    ),
    ("fn f() { let l = [1]; loop { l += l; } }", LIMIT),
    (
        "fn f() { let m = #{}; loop { m = #{ a: m, b: m }; } }",
        LIMIT,
    ),
    (
        "fn f() { let l = []; for i in 0..9999 { l.push(`x`.repeat(60000)); } l }",
        LIMIT,
    ),
    (
        "fn f() { let l = []; for i in 0..60 { l.push(`x`.repeat(60000)); } let m = []; for i in 0..9999 { m.push(l + i); } m }",
        &[
            "script_limit",
            "script_expired",
            "script_limits",
            "script_failed",
        ],
    ),
    // Files, network, time, text as code.
    ("fn f() { open_file(`/etc/passwd`) }", REFUSED),
    ("fn f() { read(`/etc/passwd`) }", REFUSED),
    ("fn f() { import `/etc/passwd` as x; x::y }", REFUSED),
    ("import `x` as y; fn f() { y::z() }", REFUSED),
    ("fn f() { eval(`1`) }", REFUSED),
    ("fn f() { http_get(`http://127.0.0.1/`) }", REFUSED),
    ("fn f() { exec(`id`) }", REFUSED),
    ("fn f() { env(`PATH`) }", REFUSED),
    ("fn f() { sleep(10) }", REFUSED),
    ("fn f() { timestamp() }", REFUSED),
    ("fn f() { Fn(`f`).call() }", REFUSED),
    ("fn f() { [1].map(|x| x) }", REFUSED),
    ("fn f() { print(`x`) }", REFUSED),
    ("fn f() { blob(2000000000) }", REFUSED),
];

const TEMPLATES: &[&str] = &[
    "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
    "{{ 'x' * 100000000 }}",
    "{{ 'x' * 1000000000000 }}",
    "{{ range(9999) | join('x' * 100000) }}",
    "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    "{{ ('x' * 100000) | replace('x', 'y' * 100000) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include '/etc/passwd' %}",
    "{% extends '/etc/passwd' %}",
    "{% import '/etc/passwd' as x %}",
    "{{ open('/etc/passwd') }}",
];

fn script(source: &str) -> Request {
    Request::Script {
        source: source.into(),
        function: "f".into(),
        args: vec![],
        zone: model::zone::Zone::default(),
    }
}

/// The worker answers the next request as if nothing had been.
async fn lives(pool: &Pool, after: &str) {
    let said = pool.ask(&script("fn f() { `as ever` }")).await;
    assert_eq!(said, Reply::Value(json!("as ever")), "after {after}");
}

/// Everything a process holds, in KiB, as the kernel counts it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_script_ends_and_the_server_lives_on() {
    let pool = Pool::new(env!("CARGO_BIN_EXE_formwork").into(), Limits::default());
    lives(&pool, "nothing").await;
    let before = resident();
    for (source, codes) in SCRIPTS {
        let Reply::Failed { code, say } = pool.ask(&script(source)).await else {
            panic!("{source} gave something");
        };
        assert!(codes.contains(&&*code), "{source}: {code} {say}");
        lives(&pool, source).await;
    }
    // What they ate was not ours.
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after - before < 64 << 10, "{before} KiB, then {after} KiB");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_template_ends_and_the_server_lives_on() {
    let pool = Pool::new(env!("CARGO_BIN_EXE_formwork").into(), Limits::default());
    for source in TEMPLATES {
        let request = Request::Template {
            source: (*source).into(),
            html: false,
            with: json!({}),
        };
        let said = pool.ask(&request).await;
        let Reply::Failed { code, .. } = said else {
            panic!("{source} gave something");
        };
        assert!(["template", "script_limits"].contains(&&*code), "{code}");
        lives(&pool, source).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_do_not_keep_an_honest_one_out() {
    let pool = Pool::new(env!("CARGO_BIN_EXE_formwork").into(), Limits::default());
    let bombs = (0..6).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move { pool.ask(&script("fn f() { loop { } }")).await })
    });
    let bombs: Vec<_> = bombs.collect();
    let honest = tokio::time::timeout(Duration::from_secs(30), lives(&pool, "bombs"));
    honest.await.expect("its turn comes");
    for bomb in bombs {
        assert!(matches!(bomb.await.unwrap(), Reply::Failed { .. }));
    }
}

/// A site with the lab of the runtime's tests.
async fn lab() -> House {
    let house = house().await;
    let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/../runtime/tests/lab");
    let lab = folder::package(Path::new(lab)).unwrap();
    house.site.publish(None, vec![lab], false).await.unwrap();
    house
}

fn keyed(ask: Ask, key: &str) -> Ask {
    ask.header("idempotency-key", key)
}

#[tokio::test]
async fn a_body_of_fifty_megabytes_is_refused_and_stores_nothing() {
    let house = lab().await;
    let who = log_in(&house).await;
    let text = "x".repeat(50 << 20);
    let body = json!({ "values": { "text": text } }).to_string();
    let made = keyed(ask(Method::POST, "/api/records/lab/memo"), "huge").json(body);
    let got = made.by(&who).of(&house).await;
    assert_eq!(got.problem(), (413, "body_too_large".into()));
    let count = get("/api/records/lab/memo/count").by(&who).of(&house).await;
    assert_eq!(count.json()["count"], 0);
}

#[tokio::test]
async fn an_unknown_field_is_named_and_stores_nothing() {
    let house = lab().await;
    let who = log_in(&house).await;
    for (n, (values, at)) in [
        (json!({ "colour": "red" }), "colour"),
        (json!({ "status": "posted" }), "status"),
        (json!({ "version": 9 }), "version"),
        (json!({ "created_by": null }), "created_by"),
        (json!({ "number": "M-9999" }), "number"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({ "values": values }).to_string();
        let made = keyed(ask(Method::POST, "/api/records/lab/memo"), &format!("k{n}")).json(body);
        let got = made.by(&who).of(&house).await;
        assert_eq!(got.problem(), (422, "invalid".into()), "{at}");
        assert_eq!(got.json()["findings"][0]["at"], at);
    }
    let count = get("/api/records/lab/memo/count").by(&who).of(&house).await;
    assert_eq!(count.json()["count"], 0);
}

#[tokio::test]
async fn a_stale_version_shows_both_sides() {
    let house = lab().await;
    let who = log_in(&house).await;
    let send = async |key: &str, method: Method, path: &str, body: Value| {
        let sent = keyed(ask(method, path), key).json(body.to_string());
        sent.by(&who).of(&house).await
    };
    let all = "/api/records/lab/memo";
    let first = json!({ "values": { "text": "first", "hours": "2" } });
    let made = send("a", Method::POST, all, first).await.json();
    let one = format!("{all}/{}", made["record"]["id"].as_str().unwrap());
    let theirs = json!({ "version": 1, "values": { "text": "theirs" } });
    assert_eq!(send("b", Method::PATCH, &one, theirs).await.status, 200);
    let mine = json!({ "version": 1, "values": { "text": "mine" } });
    for (key, method, path, body) in [
        ("c", Method::PATCH, one.clone(), mine),
        (
            "d",
            Method::POST,
            format!("{one}/submit"),
            json!({ "version": 1 }),
        ),
    ] {
        let got = send(key, method, &path, body).await;
        assert_eq!(got.problem(), (409, "stale_version".into()), "{path}");
        let said = got.json();
        assert_eq!(said["with"]["version"], 2);
        assert_eq!(
            said["theirs"]["record"]["values"]["text"], "theirs",
            "{said}"
        );
        assert_eq!(said["changed"], json!(["text"]), "{said}");
    }
    // The same key with another body is no repeat.
    let other = json!({ "version": 2, "values": { "text": "other" } });
    let got = send("b", Method::PATCH, &one, other).await;
    assert_eq!(got.problem(), (422, "key_reused".into()));
    assert_eq!(
        get(&one).by(&who).of(&house).await.json()["record"]["version"],
        2
    );
}
