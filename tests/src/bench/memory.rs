//! S13: resident memory of a server that nobody uses, and of one under the cycles of S2.

use super::{
    Outcome, Place,
    cycle::{Client, run},
    http::Server,
    place::{DESKS, PASSWORD},
    rounds::{Target, line},
    usage,
};
use anyhow::Context as _;
use std::time::Duration;

/// S13. What is told are MiB, not a ratio.
pub async fn resident(place: &Place) -> Outcome {
    let (site, world) = place.site("s13", Some(PASSWORD)).await?;
    let server = Server::start(place, "s13", site, world).await?;
    let pid = server.pid();
    let mib = || usage::memory(pid, false).context("the memory of the server cannot be read");
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!(
        "{}",
        line("S13 idle, MiB", &[mib()?], Target::AtMost(64.0), "")
    );
    let doors = server.log_in(DESKS).await?;
    let mut all = vec![];
    for (desk, door) in doors.iter().enumerate() {
        all.push(Client::start(door, desk).await?);
    }
    let mut seen = vec![];
    for _ in 0..place.rounds {
        let cpu = || usage::cpu(pid);
        run(&mut all, |n| doors[n].clone(), place.span, cpu).await?;
        seen.push(mib()?);
    }
    let most = usage::memory(pid, true).unwrap_or_default();
    let context = format!("the most it had at any time was {most:.0} MiB");
    println!(
        "{}",
        line("S13 under S2, MiB", &seen, Target::AtMost(128.0), &context)
    );
    server.stop()
}
