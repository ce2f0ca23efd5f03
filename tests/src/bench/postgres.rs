//! S3: the approval cycle on PostgreSQL, with one node and with two.

use super::{
    Outcome, Place,
    cycle::{Direct, clients, run},
    place::{DESKS, furnish, told},
    raw,
    rounds::{Target, pair},
};
use anyhow::Context as _;
use runtime::{Options, Site, story};
use std::sync::Arc;

/// Connections of the raw limit: about four a core.
const CONNECTIONS: usize = 8;

/// Two databases on the server: the engine's, and the raw limit's.
const DATABASES: [&str; 2] = ["bench_engine", "bench_raw"];

/// S3.
pub async fn cycles(place: &Place) -> Outcome {
    let url = place
        .postgres
        .clone()
        .context("FORMWORK_TEST_PG names no PostgreSQL; `cargo xtask bench` starts one")?;
    let [ours, raw] = DATABASES;
    let ours = story::create_database(&url, ours, None)
        .await
        .map_err(told)?;
    let raw = story::create_database(&url, raw, None)
        .await
        .map_err(told)?;
    let done = measure(place, &ours, &raw).await;
    for name in DATABASES {
        story::drop_database(&url, name).await.map_err(told)?;
    }
    done
}

async fn node(place: &Place, database: &str, n: usize) -> Outcome<Site> {
    let options = Options {
        database: Some(database.to_owned()),
        ..place.options(&format!("s3-{n}"))
    };
    Site::open(options).await.map_err(told)
}

async fn measure(place: &Place, ours: &str, raw: &str) -> Outcome {
    let server = raw::server_of(raw).await?;
    let first = node(place, ours, 0).await?;
    let world = Arc::new(furnish(&first, None).await?);
    let second = node(place, ours, 1).await?;
    let doors = [first, second].map(|site| Direct {
        site,
        world: world.clone(),
    });
    let mut all = clients(&doors[0], DESKS).await?;
    let mut limit = raw::Postgres::open(raw, CONNECTIONS, server).await?;
    for nodes in [1, 2] {
        let mut rounds = vec![];
        for _ in 0..place.rounds {
            let raw = limit.run(place.span).await?;
            let door = |client: usize| doors[client % nodes].clone();
            let engine = run(&mut all, door, place.span, || raw::both(server)).await?;
            rounds.push((raw, engine));
        }
        let name = format!("S3 {nodes} node{}", if nodes > 1 { "s" } else { "" });
        println!("{}", pair(&name, &rounds, Target::AtLeast(0.50)));
    }
    drop(all);
    for door in doors {
        door.site.close().await;
    }
    Ok(())
}
