//! S6: an inbox of 200 open tasks among few and among very many ended instances.

use super::{
    Outcome, Place,
    cycle::{Direct, Door},
    list::grown,
    place::told,
    rounds::{Target, line, median},
};
use runtime::Folder;
use std::time::Instant;

/// Tasks that wait.
const OPEN: u64 = 200;
/// Ended instances of the smaller site.
const SMALL: i64 = 10_000;
/// The desk they wait at: one that no other paper of the sites came from.
const DESK: usize = 1;

/// S6.
pub async fn pages(place: &Place) -> Outcome {
    let mut doors = vec![];
    for (name, records) in [("s6-small", SMALL), ("s6-large", place.large)] {
        let (site, world) = grown(place, name, records).await?;
        let door = Direct { site, world };
        let each = (0..OPEN).map(|n| door.hand_in(DESK, n));
        futures::future::try_join_all(each).await?;
        doors.push(door);
    }
    let mut took = [vec![], vec![]];
    for _ in 0..place.rounds {
        for (n, door) in doors.iter().enumerate() {
            took[n].push(median(&read(door, place.span / 2).await?));
        }
    }
    let ratios: Vec<f64> = took[1].iter().zip(&took[0]).map(|(a, b)| a / b).collect();
    let name = format!("S6 {} k to {} k", place.large / 1000, SMALL / 1000);
    let context = format!(
        "p50 {:.2} ms to {:.2} ms",
        median(&took[1]),
        median(&took[0])
    );
    println!("{}", line(&name, &ratios, Target::AtMost(1.3), &context));
    for door in doors {
        door.site.close().await;
    }
    Ok(())
}

/// How long the first page of the inbox took, in milliseconds, again and again.
async fn read(door: &Direct, span: std::time::Duration) -> Outcome<Vec<f64>> {
    let manager = &door.world.desks[DESK].manager;
    let (began, mut took) = (Instant::now(), vec![]);
    while began.elapsed() < span {
        let start = Instant::now();
        let page = door.site.tasks(manager, Folder::Todo, "", None, Some(50));
        let page = page.await.map_err(told)?;
        anyhow::ensure!(page.rows.len() == 50, "{} tasks", page.rows.len());
        took.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}
