//! What every answer wears, and the cookie.

use crate::house::{PASSWORD, ask, credentials, get, house, house_with, log_in};
use axum::http::{Method, StatusCode};

const EVERYWHERE: &[&str] = &[
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "cache-control",
    "x-request-id",
];

#[tokio::test]
async fn every_answer_wears_them() {
    let house = house().await;
    let asks = [
        get("/"),
        get("/records/some/page"),
        get("/assets/none.js"),
        get("/api/health"),
        get("/api/openapi.json"),
        get("/api/me"),
        get("/api/nothing"),
        get("/api/session"),
        get("/metrics"),
        ask(Method::POST, "/api/session").json("{"),
        ask(Method::POST, "/api/files"),
        ask(Method::OPTIONS, "/api/me"),
        ask(Method::TRACE, "/"),
    ];
    for one in asks {
        let got = one.of(&house).await;
        for name in EVERYWHERE {
            assert!(
                !got.header(name).is_empty(),
                "{name} is missing: {}",
                got.text()
            );
        }
        let policy = got.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(got.header("server").is_empty());
    }
}

fn policy_of(got: &crate::house::Got) -> String {
    got.header("content-security-policy").to_string()
}

#[tokio::test]
async fn the_app_answers_everywhere_and_each_page_has_its_own_nonce() {
    let dist = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = dist.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put(
        "index.html",
        "<meta name=\"csp-nonce\" content=\"__NONCE__\">",
    );
    put("assets/app-1a2b.js", "1");
    put("favicon.svg", "<svg/>");
    let web = Some(dist.path().to_path_buf());
    let house = house_with(server::Options {
        web,
        ..Default::default()
    })
    .await;
    let (one, two) = (
        get("/").of(&house).await,
        get("/f/a/b/new?x=1").of(&house).await,
    );
    for got in [&one, &two] {
        assert_eq!(
            (got.status, got.header("content-type")),
            (StatusCode::OK, "text/html; charset=utf-8")
        );
        let nonce = got.text().split('"').nth(3).unwrap().to_string();
        assert_eq!(nonce.len(), 32);
        assert!(policy_of(got).contains(&format!("style-src 'self' 'nonce-{nonce}'")));
        assert_eq!(got.header("cache-control"), "no-store");
    }
    assert_ne!(policy_of(&one), policy_of(&two));

    let got = get("/assets/app-1a2b.js").of(&house).await;
    assert_eq!(got.header("content-type"), "text/javascript; charset=utf-8");
    assert!(got.header("cache-control").contains("immutable"));
    let tag = got.header("etag").to_string();
    let again = get("/assets/app-1a2b.js")
        .header("if-none-match", &tag)
        .of(&house)
        .await;
    assert_eq!(
        (again.status, again.body.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
    assert_eq!(
        get("/favicon.svg").of(&house).await.header("cache-control"),
        "no-cache"
    );
    for path in [
        "/assets/none.js",
        "/robots.txt",
        "/../Cargo.toml",
        "/%2e%2e/x.txt",
        "/.git",
    ] {
        assert_eq!(
            get(path).of(&house).await.problem(),
            (404, "not_found".into()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_program_without_the_app_says_how_to_build_it() {
    let web = Some("/nowhere/at/all".into());
    let house = house_with(server::Options {
        web,
        ..Default::default()
    })
    .await;
    let got = get("/inbox").of(&house).await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(got.text().contains("cargo xtask run"), "{}", got.text());
}

#[tokio::test]
async fn an_address_nobody_knows_is_a_problem_in_the_askers_language() {
    let house = house().await;
    let got = get("/api/nothing")
        .header("x-language", "zh-CN")
        .of(&house)
        .await;
    assert_eq!(got.problem(), (404, "not_found".into()));
    assert!(got.json()["title"].as_str().unwrap().contains("无权"));
    let got = get("/api/nothing")
        .header("accept-language", "zh-TW,en;q=0.5")
        .of(&house)
        .await;
    assert!(got.json()["title"].as_str().unwrap().contains("無權"));
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let got = ask(method, "/api/nothing").of(&house).await;
        assert_eq!(got.problem(), (404, "not_found".into()));
    }
    let got = ask(Method::PUT, "/api/me").of(&house).await;
    assert_eq!(got.problem(), (405, "method_not_allowed".into()));
    assert!(got.header("allow").contains("PATCH"));
}

#[tokio::test]
async fn who_is_known_has_a_language_of_his_own() {
    let house = house().await;
    let got = credentials(PASSWORD)
        .header("x-language", "zh-CN")
        .of(&house)
        .await;
    assert_eq!(got.json()["user"]["language"], "en");
    let who = log_in(&house).await;
    let me = || get("/api/me").by(&who);
    let got = me().header("x-language", "zh-CN").of(&house).await;
    assert_eq!(got.json()["user"]["language"], "en");

    let change = ask(Method::PATCH, "/api/me").key().by(&who);
    let got = change.json(r#"{"language":"zh-TW"}"#).of(&house).await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.text());
    let got = me().header("x-language", "zh-CN").of(&house).await;
    assert_eq!(got.json()["user"]["language"], "zh-TW");
    let got = get("/api/records/some/form").by(&who).of(&house).await;
    assert!(got.json()["title"].as_str().unwrap().contains("無權"));
}

#[tokio::test]
async fn the_cookie_is_locked_and_named_for_its_way() {
    let plain = house().await;
    let got = credentials(PASSWORD).of(&plain).await;
    let cookie = got.header("set-cookie");
    assert!(cookie.starts_with("formwork="), "{cookie}");
    for word in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains("Secure"));
    // Anybody can write the proxy's header; without a proxy it is not believed.
    let got = credentials(PASSWORD)
        .header("x-forwarded-proto", "https")
        .of(&plain)
        .await;
    assert!(got.header("set-cookie").starts_with("formwork="));

    let options = server::Options {
        behind_proxy: true,
        ..Default::default()
    };
    let proxied = house_with(options).await;
    let got = credentials(PASSWORD)
        .header("x-forwarded-proto", "https")
        .of(&proxied)
        .await;
    let cookie = got.header("set-cookie").to_string();
    assert!(
        cookie.starts_with("__Host-formwork=") && cookie.contains("; Secure"),
        "{cookie}"
    );
    assert!(!got.header("strict-transport-security").is_empty());
    let token = cookie.split(';').next().unwrap();
    let me = |cookie: &str, way: &str| {
        get("/api/me")
            .header("cookie", cookie)
            .header("x-forwarded-proto", way)
    };
    assert_eq!(me(token, "https").of(&proxied).await.status, StatusCode::OK);
    // A cookie that a plain connection could have set does not count on an encrypted one.
    let bare = token.trim_start_matches("__Host-");
    assert_eq!(
        me(bare, "https").of(&proxied).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_session_ends_with_log_out_and_with_the_next_log_in() {
    let house = house().await;
    let who = log_in(&house).await;
    assert_eq!(
        get("/api/me").by(&who).of(&house).await.status,
        StatusCode::OK
    );
    let got = ask(Method::DELETE, "/api/session")
        .by(&who)
        .of(&house)
        .await;
    assert_eq!(got.status, StatusCode::NO_CONTENT);
    assert!(got.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(get("/api/me").by(&who).of(&house).await.problem().0, 401);

    let first = log_in(&house).await;
    let got = credentials(PASSWORD)
        .header("cookie", &first.cookie)
        .of(&house)
        .await;
    assert_eq!(got.status, StatusCode::OK);
    assert_ne!(
        got.header("set-cookie").split(';').next().unwrap(),
        first.cookie
    );
    assert_eq!(get("/api/me").by(&first).of(&house).await.problem().0, 401);
}

#[tokio::test]
async fn a_wrong_password_is_told_as_such() {
    let house = house().await;
    let got = credentials("wrong horse").of(&house).await;
    assert_eq!(got.problem(), (401, "wrong_login".into()));
    assert!(got.header("set-cookie").is_empty());
}

#[tokio::test]
async fn large_answers_are_compressed_for_who_can_read_that() {
    let house = house().await;
    let got = get("/api/openapi.json")
        .header("accept-encoding", "gzip")
        .of(&house)
        .await;
    assert_eq!(got.header("content-encoding"), "gzip");
    let plain = get("/api/openapi.json").of(&house).await;
    assert!(plain.header("content-encoding").is_empty());
    assert!(got.body.len() * 4 < plain.body.len());
}

#[tokio::test]
async fn who_changes_himself_is_told_who_he_is() {
    let house = house().await;
    let who = log_in(&house).await;
    let patch = |body: &str| {
        ask(Method::PATCH, "/api/me")
            .by(&who)
            .json(body.to_string())
    };
    let got = patch(r#"{"language":"zh-TW","settings":{"a":1}}"#)
        .of(&house)
        .await;
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(got.json(), get("/api/me").by(&who).of(&house).await.json());
    assert_eq!(got.json()["user"]["language"], "zh-TW");
    let body = format!(r#"{{"password":{{"old":"{PASSWORD}","new":"another horse"}}}}"#);
    let got = patch(&body).of(&house).await;
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(got.json()["user"]["login"], crate::house::LOGIN);
}
