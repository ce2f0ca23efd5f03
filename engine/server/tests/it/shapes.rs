//! Strict bodies, query strings and keys.

use crate::house::{ask, get, house, log_in, to};
use axum::http::Method;
use server::Permission;

const RECORD: &str = "/api/records/nothing/nothing";

#[tokio::test]
async fn every_route_refuses_a_parameter_it_does_not_know() {
    let house = house().await;
    let who = log_in(&house).await;
    for route in server::api()
        .iter()
        .filter(|r| r.permission != Permission::Admin)
    {
        let path = to(route);
        let got = path.key().by(&who).query("surprise=1").of(&house).await;
        if route.permission == Permission::Open && !route.safe() {
            continue;
        }
        assert_eq!(
            got.problem(),
            (400, "unknown_parameter".into()),
            "{}",
            route.path
        );
        assert_eq!(got.at(), "surprise");
    }
}

#[tokio::test]
async fn every_command_needs_its_key() {
    let house = house().await;
    let who = log_in(&house).await;
    let mut seen = 0;
    for route in server::api().iter().filter(|r| r.keyed) {
        let sent = || {
            let one = to(route).by(&who);
            if route.query.is_empty() {
                one
            } else {
                one.query("version=1")
            }
        };
        let got = sent().of(&house).await;
        assert_eq!(
            got.problem(),
            (400, "idempotency_key_missing".into()),
            "{}",
            route.path
        );
        for bad in ["", "with space", &"k".repeat(201)] {
            let got = sent().header("idempotency-key", bad).of(&house).await;
            assert_eq!(
                got.problem(),
                (400, "idempotency_key_bad".into()),
                "{}",
                route.path
            );
        }
        seen += 1;
    }
    assert!(seen > 10, "only {seen} commands");
}

#[tokio::test]
async fn a_body_is_json_once_flat_enough_and_nothing_else() {
    let house = house().await;
    let who = log_in(&house).await;
    let post = |body: &str| {
        ask(Method::POST, RECORD)
            .key()
            .by(&who)
            .json(body.to_string())
    };
    let deep = format!("{{\"values\":{}1{}}}", "[".repeat(70), "]".repeat(70));
    let very_deep = format!("{{\"values\":{}", "[".repeat(10_000));
    for (body, code, at) in [
        ("{", "not_json", ""),
        ("{\"values\":{\"a\":1,\"a\":2}}", "duplicate_key", ""),
        (deep.as_str(), "too_deep", ""),
        (very_deep.as_str(), "too_deep", ""),
        (
            "{\"values\":{},\"status\":\"posted\"}",
            "unknown_key",
            "/status",
        ),
        ("{\"values\":[]}", "bad_value", "/values"),
        ("[]", "bad_value", ""),
        ("{\"values\":{\"n\":1e999}}", "not_json", ""),
        ("{\"values\":{\"t\":\"\\ud800\"}}", "not_json", ""),
        ("{}{}", "not_json", ""),
    ] {
        let got = post(body).of(&house).await;
        assert_eq!(got.problem(), (400, code.into()), "{}", got.text());
        assert_eq!(got.at(), at, "{body:.60}");
    }
    let got = ask(Method::POST, RECORD)
        .key()
        .by(&who)
        .bytes("text/plain", "{}")
        .of(&house)
        .await;
    assert_eq!(got.problem(), (415, "unsupported_media".into()));
    let latin = [b"{\"values\":{\"t\":\"".as_slice(), &[0xe9], b"\"}}"].concat();
    let got = ask(Method::POST, RECORD)
        .key()
        .by(&who)
        .json(latin)
        .of(&house)
        .await;
    assert_eq!(got.problem(), (400, "not_utf8".into()));
    let got = ask(Method::POST, "/api/session")
        .json("{\"login\":\"x\"}")
        .of(&house)
        .await;
    assert_eq!(
        (got.problem().1.as_str(), got.at().as_str()),
        ("missing_key", "/password")
    );
}

#[tokio::test]
async fn what_names_nothing_is_not_found_whatever_is_wrong_with_it() {
    let house = house().await;
    let who = log_in(&house).await;
    let mut bodies = std::collections::HashSet::new();
    for path in [
        "/api/records/nothing/nothing/no-id",
        "/api/records/nothing/nothing/0198f2c8-7f1e-7c3a-9d1b-2f6a3c4d5e6f",
        "/api/records/No/name/0198f2c8-7f1e-7c3a-9d1b-2f6a3c4d5e6f",
        "/api/records/%ff/x",
        "/api/forms/nothing/nothing",
        "/api/tasks/0198f2c8-7f1e-7c3a-9d1b-2f6a3c4d5e6f",
        "/api/ledgers/nothing/nothing/balance",
    ] {
        let got = get(path).by(&who).of(&house).await;
        assert_eq!(got.problem(), (404, "not_found".into()), "{path}");
        bodies.insert(got.text());
    }
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test]
async fn a_query_string_is_read_strictly() {
    let house = house().await;
    let who = log_in(&house).await;
    for (query, code, at) in [
        ("limit=1&limit=2", "repeated_parameter", "limit"),
        ("limit=many", "bad_value", "limit"),
        (
            "filter=%7B%22a%22:1,%22a%22:2%7D",
            "duplicate_key",
            "filter",
        ),
        ("filter=%5B%5D", "bad_value", "filter"),
        ("box=everything", "bad_value", "box"),
    ] {
        let got = get(RECORD).by(&who).query(query).of(&house).await;
        assert_eq!(got.problem(), (400, code.into()), "{query}");
        assert_eq!(got.at(), at, "{query}");
    }
}
