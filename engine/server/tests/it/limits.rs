//! Bounds: size, number, time.

use crate::house::{PASSWORD, ask, credentials, get, house, house_of, house_with, log_in};
use axum::{body::Body, http::Method};
use server::{Answer, Ask, Open, Route};
use std::time::Duration;
use tower::ServiceExt;

#[tokio::test]
async fn a_body_over_the_limit_of_its_route_is_refused_however_it_is_sent() {
    let house = house().await;
    let who = log_in(&house).await;
    let large = format!("{{\"values\":{{\"t\":\"{}\"}}}}", "x".repeat(1 << 20));
    let post = || ask(Method::POST, "/api/records/a/b").key().by(&who);
    let got = post().json(large.clone()).of(&house).await;
    assert_eq!(got.problem(), (413, "body_too_large".into()));
    assert!(got.json()["title"].as_str().unwrap().contains("1 MB"));

    // The same without saying beforehand how much it is.
    let pieces: Vec<_> = large
        .as_bytes()
        .chunks(4096)
        .map(|c| Ok::<_, std::io::Error>(c.to_vec()))
        .collect();
    let mut request = post().json("").request();
    *request.body_mut() = Body::from_stream(futures::stream::iter(pieces));
    let answer = house.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 413);

    let said = ask(Method::POST, "/api/files").by(&who);
    let said = said.header("content-length", &(50 << 20).to_string());
    let got = said
        .bytes("multipart/form-data; boundary=x", "")
        .of(&house)
        .await;
    assert_eq!(got.problem(), (413, "body_too_large".into()));
    assert!(got.json()["title"].as_str().unwrap().contains("25 MB"));
}

#[tokio::test]
async fn a_file_is_taken_up_to_its_limit() {
    let house = house().await;
    let who = log_in(&house).await;
    let send = |size: usize| {
        let head = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                    content-type: text/plain\r\n\r\n";
        let body = [head.as_bytes(), &vec![b'x'; size], b"\r\n--x--\r\n"].concat();
        ask(Method::POST, "/api/files")
            .key()
            .by(&who)
            .bytes("multipart/form-data; boundary=x", body)
    };
    let got = send(3 << 20).of(&house).await;
    assert_eq!(got.status, 201, "{}", got.text());
    assert_eq!(got.json()["size"], 3 << 20);
    let got = send((25 << 20) + 1).of(&house).await;
    assert_eq!(got.problem(), (413, "body_too_large".into()));
}

#[tokio::test]
async fn a_full_server_says_so_at_once_and_stays_healthy() {
    let options = server::Options {
        concurrency: 0,
        ..Default::default()
    };
    let house = house_with(options).await;
    let got = get("/api/me").of(&house).await;
    assert_eq!(got.problem(), (503, "busy".into()));
    assert_eq!(got.header("retry-after"), "1");
    assert_eq!(get("/api/health").of(&house).await.status, 200);
    assert_ne!(get("/").of(&house).await.problem_or_page(), "busy");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let options = server::Options {
        timeout: Duration::from_millis(1),
        ..Default::default()
    };
    let house = house_with(options).await;
    // Checking a password takes longer by design.
    let got = credentials(PASSWORD).of(&house).await;
    assert_eq!(got.problem(), (503, "timed_out".into()));
}

#[tokio::test]
async fn numbers_are_for_this_machine() {
    let house = house().await;
    get("/api/me").of(&house).await;
    let got = get("/metrics").of(&house).await;
    assert_eq!(got.status, 200);
    let line = "formwork_http_answers_total{method=\"GET\",route=\"/api/me\",status=\"4xx\"} 1";
    assert!(got.text().contains(line), "{}", got.text());
    let options = server::Options {
        behind_proxy: true,
        ..Default::default()
    };
    let proxied = house_with(options).await;
    assert_eq!(
        get("/metrics").of(&proxied).await.problem(),
        (404, "not_found".into())
    );
}

async fn breaks(ask: Ask<Open>) -> Answer {
    assert_ne!(ask.method, Method::GET, "the secret of the site");
    Err(runtime::Error::NotFound.into())
}

#[tokio::test]
async fn a_handler_that_breaks_is_a_problem_without_details() {
    let mut routes = server::api();
    routes.push(Route::get("/api/break", Open, breaks));
    let house = house_of(routes, server::Options::default()).await;
    let got = get("/api/break").of(&house).await;
    assert_eq!(got.problem(), (500, "failure".into()));
    assert!(!got.text().contains("secret"));
    assert_eq!(get("/api/health").of(&house).await.status, 200);
}
