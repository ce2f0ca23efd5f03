//! S4: a record with its lines made over HTTP, beside what other products were measured at.

use super::{
    Outcome, Place,
    http::Server,
    place::PASSWORD,
    rounds::{Meter, Target, line},
    usage,
};
use std::time::Instant;

const CLIENTS: usize = 8;

/// Records a second that NocoBase made on two cores, the faster of the two it was compared with.
const PEER: f64 = 40.0;

/// S4.
pub async fn records(place: &Place) -> Outcome {
    let (site, world) = place.site("s4", Some(PASSWORD)).await?;
    let server = Server::start(place, "s4", site, world).await?;
    let doors = server.log_in(CLIENTS).await?;
    let (mut ratios, mut cpu) = (vec![], vec![]);
    for round in 0..place.rounds as u64 {
        let pid = server.pid();
        let meter = Meter::start(move || usage::cpu(pid) + usage::cpu(std::process::id()));
        let began = Instant::now();
        let each = doors.iter().cloned().enumerate().map(|(desk, door)| {
            let span = place.span;
            tokio::spawn(async move {
                let mut done = 0;
                while began.elapsed() < span {
                    door.create(desk, round * 100_000 + done).await?;
                    done += 1;
                }
                Outcome::Ok(done)
            })
        });
        let mut units = 0;
        for client in futures::future::join_all(each).await {
            units += client??;
        }
        let done = meter.stop(units);
        ratios.push(done.rate() / PEER);
        cpu.push(done.cpu_each());
    }
    let context = format!(
        "times a peer's {PEER:.0}/s measured elsewhere, {:.0} µs CPU with the clients",
        super::rounds::median(&cpu)
    );
    println!(
        "{}",
        line("S4 8 clients", &ratios, Target::AtLeast(20.0), &context)
    );
    server.stop()
}
