//! S5: a page of a list with row scope, filter and sort, beside the same page by hand; among many
//! records and among very many.

use super::{
    Outcome, Place,
    growth::grow,
    place::{DESKS, PARTNERS, World, paper, told},
    raw,
    rounds::{Target, line, median},
};
use crate::bench::cycle::{Direct, clients, run};
use runtime::{ListAsked, Site};
use serde_json::{Map, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const CLIENTS: usize = 8;
/// Records of the smaller site.
const SMALL: i64 = 100_000;

/// A site with so many papers that went through their workflow, in the folder of that name.
pub async fn grown(place: &Place, name: &str, records: i64) -> Outcome<(Site, Arc<World>)> {
    let (site, world) = place.site(name, None).await?;
    let door = Direct {
        site,
        world: Arc::new(world),
    };
    let mut some = clients(&door, 1).await?;
    let span = Duration::from_millis(100);
    run(&mut some, |_| door.clone(), span, || Duration::ZERO).await?;
    let Direct { site, world } = door;
    site.close().await;
    grow(&place.at(name).join(store::FILE), 0, records)?;
    let site = Site::open(place.options(name)).await.map_err(told)?;
    Ok((site, world))
}

/// S5.
pub async fn pages(place: &Place) -> Outcome {
    let mut sites = vec![];
    for (name, records) in [("s5-small", SMALL), ("s5-large", place.large)] {
        let (site, world) = grown(place, name, records).await?;
        sites.push((place.at(name).join(store::FILE), site, world));
    }
    let mut took = [vec![], vec![]];
    let mut by_hand = [vec![], vec![]];
    for _ in 0..place.rounds {
        for (n, (file, site, world)) in sites.iter().enumerate() {
            let asks: Vec<_> = (0..DESKS * PARTNERS)
                .map(|n| {
                    (
                        world.desks[n % DESKS].clerk.user.id,
                        world.partners[n / DESKS],
                    )
                })
                .map(|(clerk, partner)| (clerk.0.into_bytes(), partner.0.into_bytes()))
                .collect();
            let span = place.span / 2;
            let hand = raw::pages(file, CLIENTS, span, Arc::new(asks)).await?;
            by_hand[n].push(median(&hand));
            took[n].push(median(&listed(site, world, span).await?));
        }
    }
    let ratio =
        |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a / b).collect() };
    let large = place.large / 1000;
    for (n, size) in [SMALL / 1000, large].into_iter().enumerate() {
        let ratios = ratio(&took[n], &by_hand[n]);
        let context = format!(
            "p50 {:.2} ms, by hand {:.2} ms",
            median(&took[n]),
            median(&by_hand[n])
        );
        println!(
            "{}",
            line(
                &format!("S5 {size} k"),
                &ratios,
                Target::AtMost(3.0),
                &context
            )
        );
    }
    let name = format!("S5 {large} k to {} k", SMALL / 1000);
    let ratios = ratio(&took[1], &took[0]);
    println!(
        "{}",
        line(&name, &ratios, Target::AtMost(1.5), "p50 to p50")
    );
    for (_, site, _) in sites {
        site.close().await;
    }
    Ok(())
}

/// How long pages took, in milliseconds.
async fn listed(site: &Site, world: &Arc<World>, span: Duration) -> Outcome<Vec<f64>> {
    let began = Instant::now();
    let each = (0..CLIENTS).map(|client| {
        let (site, world) = (site.clone(), world.clone());
        tokio::spawn(async move {
            let mut took = vec![];
            for n in client * 7.. {
                if began.elapsed() > span {
                    break;
                }
                let partner = world.partners[n / DESKS % PARTNERS];
                let asked = ListAsked {
                    filter: Map::from_iter([("partner".into(), json!(partner))]),
                    sort: vec!["-date".into()],
                    limit: Some(50),
                    ..ListAsked::default()
                };
                let start = Instant::now();
                let clerk = &world.desks[n % DESKS].clerk;
                let page = site.list(clerk, &paper(), asked).await.map_err(told)?;
                anyhow::ensure!(!page.rows.is_empty(), "the page is empty");
                took.push(start.elapsed().as_secs_f64() * 1e3);
            }
            Outcome::Ok(took)
        })
    });
    let mut all = vec![];
    for client in futures::future::join_all(each).await {
        all.extend(client??);
    }
    Ok(all)
}
