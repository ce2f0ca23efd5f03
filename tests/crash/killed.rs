//! Killed again and again while people work; nothing answered is lost, nothing is done twice.

use crate::{
    client::{Answered, Client, Whereabouts},
    served::Place,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};

const CLIENTS: usize = 16;
/// On each of the two databases.
const CYCLES: usize = 15;
/// Longest time between two kills.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// On hand at the beginning; the clients want more.
const ON_HAND: u64 = 60;

/// What one client does until it is told to stop: memos of his own, other people's tasks, issues
/// from a stock that will run out.
fn work(client: &mut Client, item: &str, at: &Whereabouts) {
    while !at.over() {
        let text = uuid::Uuid::new_v4().to_string();
        let body = json!({ "values": { "text": text, "hours": "1.25" } });
        let made = client.command("/api/records/lab/memo".into(), body);
        assert_eq!(made.status, 201, "{made:?}");
        let path = format!(
            "/api/records/lab/memo/{}/submit",
            made.said["id"].as_str().unwrap()
        );
        let sent = client.command(path, json!({ "version": 1 }));
        assert_eq!(sent.status, 200, "{sent:?}");
        let tasks = client.get("/api/tasks?limit=3");
        for task in tasks["rows"].as_array().unwrap().iter().rev().take(2) {
            let path = format!("/api/tasks/{}/complete", task["id"].as_str().unwrap());
            let version = &task["record"]["version"];
            let body = json!({ "outcome": "approve", "version": version });
            let done = client.command(path, body);
            // Others want it too, and nobody decides on his own.
            let fits = match done.status {
                200 => true,
                409 => code(&done) == "already_done",
                _ => code(&done) == "starter_may_not",
            };
            assert!(fits, "{done:?}");
        }
        let lines = json!([{ "item": item, "quantity": "1" }]);
        let body = json!({ "values": { "text": text, "lines": lines } });
        let made = client.command("/api/records/lab/issue".into(), body);
        let path = format!(
            "/api/records/lab/issue/{}/submit",
            made.said["id"].as_str().unwrap()
        );
        let sent = client.command(path, json!({ "version": 1 }));
        let fits = sent.status == 200 || code(&sent) == "constraint_broken";
        assert!(fits, "{sent:?}");
    }
}

fn code(answered: &Answered) -> &str {
    answered.said["code"].as_str().unwrap_or_default()
}

/// Something below a bound.
fn chance(below: u64) -> u64 {
    uuid::Uuid::new_v4().as_u128() as u64 % below
}

/// Lets the clients work until some commands more were answered, then a moment longer, so that
/// the kill comes in the middle of others; on a slow machine not for ever.
fn a_while(at: &Whereabouts) {
    let (enough, since) = (at.answers() + chance(60), Instant::now());
    while at.answers() < enough && since.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(2));
    }
    thread::sleep(Duration::from_millis(chance(20)));
}

async fn killed(place: Place) {
    place.furnish(CLIENTS).await;
    let item = stock(&place).await;
    let at = Whereabouts::default();
    // Passwords are slow to check by design: everybody is in before the first kill.
    let server = place.serve();
    at.is(Some(server.address.clone()));
    let people: Vec<Client> = thread::scope(|scope| {
        let people: Vec<_> = (0..CLIENTS)
            .map(|n| {
                scope.spawn({
                    let at = &at;
                    move || Client::log_in(&format!("c{n}"), at)
                })
            })
            .collect();
        people.into_iter().map(|c| c.join().unwrap()).collect()
    });
    server.kill();
    let journals: Vec<Vec<Answered>> = thread::scope(|scope| {
        let clients: Vec<_> = people
            .into_iter()
            .map(|mut client| {
                let (at, item) = (&at, item.clone());
                scope.spawn(move || {
                    work(&mut client, &item, at);
                    client
                })
            })
            .collect();
        for _ in 0..CYCLES {
            let server = place.serve();
            at.is(Some(server.address.clone()));
            a_while(&at);
            at.is(None);
            server.kill();
        }
        at.end();
        let server = place.serve();
        at.is(Some(server.address.clone()));
        let clients: Vec<Client> = clients.into_iter().map(|c| c.join().unwrap()).collect();
        let journals = clients.into_iter().map(repeated).collect();
        server.kill();
        journals
    });
    place.verify();
    compare(&place, &item, &journals).await;
}

/// Whatever was answered is answered the same again. Gives the journal as it was before.
fn repeated(mut client: Client) -> Vec<Answered> {
    let journal = std::mem::take(&mut client.journal);
    let done = journal.iter().filter(|a| a.status < 300);
    // Those that were sent more than once, and the last ones.
    let (again, once): (Vec<_>, Vec<_>) = done.partition(|a| a.again);
    for one in again.into_iter().chain(once.into_iter().rev().take(4)) {
        let (status, said) = client.repeat(one);
        assert_eq!((status, whose(&said)), (one.status, whose(&one.said)));
    }
    journal
}

/// The record and version of an answer.
fn whose(said: &Value) -> (Value, Value) {
    let record = said.get("record").unwrap_or(said);
    (record["id"].clone(), record["version"].clone())
}

/// An item, with something on hand.
async fn stock(place: &Place) -> String {
    let site = place.open().await;
    let values = json!({ "code": "bolt" }).as_object().unwrap().clone();
    let form = "lab/item".parse().unwrap();
    let item = site.engine_create(&form, values).await.unwrap();
    let key = [("item".parse().unwrap(), model::Value::Link(item))];
    let measures = [("on_hand".parse().unwrap(), ON_HAND.into())];
    site.engine_opening(
        &"lab/stock".parse().unwrap(),
        key.into_iter().collect(),
        measures.into_iter().collect(),
        "2026-01-01".parse().unwrap(),
    )
    .await
    .unwrap();
    site.close().await;
    item.to_string()
}

/// Compares what is kept with what was answered.
async fn compare(place: &Place, item: &str, journals: &[Vec<Answered>]) {
    let site = place.open().await;
    let reader = site.caller_named("c0").await.unwrap();
    let all: Vec<&Answered> = journals.iter().flatten().collect();
    let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for form in ["lab/memo", "lab/issue"] {
        let mut after = None;
        loop {
            let asked = runtime::ListAsked {
                sort: vec!["id".into()],
                columns: vec!["text".into()],
                after,
                limit: Some(200),
                ..Default::default()
            };
            let page = site.list(&reader, &form.parse().unwrap(), asked).await;
            let page = page.unwrap();
            for row in page.rows {
                let text = row.values["text"].as_str().unwrap().to_owned();
                let one = (row.id.to_string(), row.status);
                found.entry(format!("{form} {text}")).or_default().push(one);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    let mut status: BTreeMap<&str, &str> = BTreeMap::new();
    for (what, rows) in &found {
        assert_eq!(rows.len(), 1, "{what} is there twice: {rows:?}");
        status.insert(&rows[0].0, &rows[0].1);
    }
    let (mut created, mut posted, mut again) = (BTreeSet::new(), 0, 0);
    for one in &all {
        again += usize::from(one.again);
        let id = whose(&one.said).0;
        let Some(id) = id.as_str().filter(|_| one.status < 300) else {
            continue;
        };
        let now = status.get(id).copied().unwrap_or("lost");
        let fits = match (one.path.rsplit('/').next().unwrap(), &*one.path) {
            ("submit", path) if path.contains("/issue/") => {
                posted += 1;
                now == "posted"
            }
            ("submit", _) => matches!(now, "submitted" | "posted"),
            ("complete", _) => now == "posted",
            _ => created.insert(id.to_owned()) && now != "lost",
        };
        assert!(fits, "{one:?} is {now}");
    }
    // Every client waited for each of its answers: there is nothing that nobody was told of.
    assert_eq!(created.len(), found.len());
    assert!(posted <= ON_HAND, "{posted}");
    let asked = runtime::BalanceAsked {
        filter: json!({ "item": item }).as_object().unwrap().clone(),
        ..Default::default()
    };
    let stock = "lab/stock".parse().unwrap();
    let rows = site.balance(&reader, &stock, asked).await.unwrap().rows;
    let left = rows
        .first()
        .map_or(Some("0"), |row| row.measures["on_hand"].as_str());
    assert_eq!(left, Some(&*(ON_HAND - posted).to_string()));
    site.close().await;
    let completed = |status| {
        let fits = |a: &&&Answered| a.path.ends_with("/complete") && a.status == status;
        all.iter().filter(fits).count()
    };
    println!(
        "{CYCLES} kills, {} commands answered, {again} of them asked for again; {} records, {} \
         approvals and {} that came too late, {posted} issues",
        all.len(),
        found.len(),
        completed(200),
        completed(409)
    );
    assert!(again > 0, "no kill hit a command");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_or_doubled_on_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    killed(Place::sqlite(&dir.path().join("site"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_or_doubled_on_postgres() {
    let dir = tempfile::tempdir().unwrap();
    killed(Place::postgres(&dir.path().join("site"))).await;
}
