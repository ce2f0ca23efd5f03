//! Who sees what, over every route there is: everybody asks everything, and no answer holds a
//! value that was not his to know, nor lacks one that was.
//!
//! Each secret is a canary, a value that occurs nowhere else. What somebody may know is worked out
//! in `who`, from a table, without anything of the engine.

mod canary;
mod channels;
mod fuzz;
mod others;
mod package;
mod probe;
mod reads;
mod who;
mod world;

use crate::house::get;
use axum::http::Method;
use futures::{StreamExt, stream};
use serde_json::json;
use std::{collections::HashSet, time::Duration};
use who::Kind;
use world::{On, World, command, fresh};

/// Requests on their way at once.
const AT_ONCE: usize = 4;

#[test]
fn every_route_is_in_the_matrix_once() {
    let routes: Vec<(String, &str)> = server::api()
        .iter()
        .map(|r| (r.method.to_string(), r.path))
        .collect();
    let known: Vec<(String, &str)> = channels::CHANNELS
        .iter()
        .map(|c| (c.method.to_string(), c.path))
        .collect();
    let twice: HashSet<_> = known.iter().collect();
    assert_eq!(twice.len(), known.len(), "a route is there twice");
    for route in &routes {
        assert!(
            known.contains(route),
            "{route:?} is not in the matrix: say what it can tell"
        );
    }
    for channel in &known {
        assert!(routes.contains(channel), "there is no route {channel:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_learns_what_is_not_his_on_sqlite() {
    walk(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_learns_what_is_not_his_on_postgres() {
    walk(On::Postgres).await;
}

async fn walk(on: On) {
    let world = World::new(on).await;
    let mut wrong = vec![];
    let mut asked = 0;
    for kind in world.actors.iter().map(|a| a.kind) {
        let probes: Vec<_> = channels::probes(&world, kind);
        asked += probes.len();
        let mut answers =
            stream::iter(probes.into_iter().map(|p| p.ask(&world, kind))).buffer_unordered(AT_ONCE);
        while let Some(found) = answers.next().await {
            wrong.extend(found);
        }
    }
    wrong.sort();
    assert!(asked > 5_000, "only {asked} questions");
    let first = wrong
        .iter()
        .take(60)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {asked} answers are wrong on {on:?}:\n{first}",
        wrong.len()
    );
    news(&world).await;
    refusals(&world).await;
}

/// Who may not is told in his language which grant is missing, of a form that he knows.
async fn refusals(world: &World) {
    let reader = Kind::Plain(who::Scope::All, who::Access::Read);
    let paper = &world.papers[10];
    let path = format!("/api/records/m/paper/{}", paper.id);
    let body = json!({ "version": paper.version, "values": { "tier": "1" } });
    for (language, sentence) in [
        (
            "en",
            "You may not change this record: no role of yours has a grant of “Edit” on “Paper”",
        ),
        ("zh-CN", "你不能改这张单据：你的角色没有“Paper”的“修改”授权"),
        (
            "zh-TW",
            "您無權修改此單據：您的角色沒有「Paper」的「修改」授權",
        ),
    ] {
        let ask = command(Method::PATCH, &path, body.clone(), &fresh());
        let ask = ask.header("x-language", language).by(&world.of(reader).who);
        let got = ask.of(&world.house).await;
        assert_eq!(got.problem(), (403, "may_not_edit".into()));
        assert_eq!(got.json()["title"], sentence);
    }
    let ask = command(Method::POST, "/api/records/m/vault", json!({}), &fresh());
    let got = ask.by(&world.of(reader).who).of(&world.house).await;
    assert_eq!(got.problem(), (404, "not_found".into()));
}

/// Whoever listens hears of records he sees, and of no others.
async fn news(world: &World) {
    let jobs = world.house.site.spawn_jobs();
    let listening = [
        Kind::Approver,
        Kind::Clerk,
        world.actors[0].kind,
        world.actors[34].kind,
    ];
    let mut streams = vec![];
    for kind in listening {
        let request = get("/api/stream").by(&world.of(kind).who).request();
        let answer = tower::ServiceExt::oneshot(world.house.router.clone(), request)
            .await
            .unwrap();
        streams.push((kind, answer.into_body().into_data_stream()));
    }
    for paper in &world.papers {
        let path = format!("/api/records/m/paper/{}/comments", paper.id);
        let body = json!({ "text": "heard" });
        let clerk = &world.clerk().who;
        world.send(clerk, Method::POST, &path, body).await;
    }
    for (kind, mut stream) in streams {
        let mut heard = String::new();
        let until = tokio::time::sleep(Duration::from_millis(1_500));
        tokio::pin!(until);
        loop {
            tokio::select! {
                piece = stream.next() => heard.push_str(&String::from_utf8_lossy(&piece.unwrap().unwrap())),
                () = &mut until => break,
            }
        }
        for (n, paper) in world.papers.iter().enumerate() {
            let told = heard.contains(&paper.id);
            assert!(!told || kind.sees(n), "{} hears of paper {n}", kind.login());
            assert!(
                told || kind != Kind::Clerk,
                "the clerk does not hear of paper {n}"
            );
        }
    }
    jobs.stop().await;
}
