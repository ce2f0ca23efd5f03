//! Server-sent events.

use crate::house::{House, Who, get, house_with, log_in};
use axum::{body::BodyDataStream, http::StatusCode};
use futures::StreamExt;
use std::time::Duration;
use tower::ServiceExt;

async fn listen(house: &House, who: &Who) -> Result<BodyDataStream, StatusCode> {
    let request = get("/api/stream").by(who).request();
    let answer = house.router.clone().oneshot(request).await.unwrap();
    if answer.status() != StatusCode::OK {
        return Err(answer.status());
    }
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    Ok(answer.into_body().into_data_stream())
}

async fn next(stream: &mut BodyDataStream) -> Option<String> {
    let piece = tokio::time::timeout(Duration::from_secs(5), stream.next()).await;
    let bytes = piece.expect("nothing came").map(Result::unwrap)?;
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

async fn site() -> House {
    let heartbeat = Duration::from_millis(50);
    house_with(server::Options {
        heartbeat,
        ..Default::default()
    })
    .await
}

#[tokio::test]
async fn it_beats_and_ends_when_the_server_stops() {
    let house = site().await;
    let who = log_in(&house).await;
    let mut stream = listen(&house, &who).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap(), "retry: 3000\n\n");
    assert_eq!(next(&mut stream).await.unwrap(), ": beat\n\n");
    assert_eq!(next(&mut stream).await.unwrap(), ": beat\n\n");
    house.stop.send_replace(true);
    while let Some(text) = next(&mut stream).await {
        assert_eq!(text, ": beat\n\n");
    }
}

#[tokio::test]
async fn one_user_has_five_and_a_place_comes_back() {
    let house = site().await;
    let who = log_in(&house).await;
    let mut open = vec![];
    for _ in 0..5 {
        open.push(listen(&house, &who).await.unwrap());
    }
    assert_eq!(
        listen(&house, &who).await.err(),
        Some(StatusCode::TOO_MANY_REQUESTS)
    );
    open.pop();
    assert!(listen(&house, &who).await.is_ok());
}

#[tokio::test]
async fn it_ends_with_the_session() {
    let house = site().await;
    let who = log_in(&house).await;
    let mut stream = listen(&house, &who).await.unwrap();
    next(&mut stream).await.unwrap();
    let token = who.cookie.split_once('=').unwrap().1;
    house.site.log_out(token).await.unwrap();
    let ended = async { while next(&mut stream).await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(5), ended)
        .await
        .expect("it goes on");
}
