//! The benchmarks of page 10.4: each scenario beside its pair, in the same rounds.
//!
//! Comes in: names of scenarios. Goes out: one line each, with the median ratio of the rounds and
//! its range. A noisy machine hits both sides of a round alike, so the ratio is what counts; rates
//! and CPU are context.

mod create;
mod cycle;
mod growth;
mod http;
mod inbox;
mod list;
mod memory;
mod place;
mod postgres;
mod raw;
mod raw_rows;
mod rounds;
mod usage;

pub use place::Place;

use futures::future::BoxFuture;

/// What the benchmarks return when they cannot go on.
pub type Outcome<T = ()> = anyhow::Result<T>;

/// A scenario: its name, what it shows, and the function that runs it and prints its lines.
pub struct Scenario {
    pub name: &'static str,
    pub says: &'static str,
    pub run: fn(&Place) -> BoxFuture<'_, Outcome>,
}

/// Every scenario, in the order they run.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "S1",
        says: "approval cycle through the engine, SQLite FULL",
        run: |place| Box::pin(cycle::direct(place)),
    },
    Scenario {
        name: "S2",
        says: "approval cycle over HTTP, SQLite FULL",
        run: |place| Box::pin(cycle::over_http(place)),
    },
    Scenario {
        name: "S3",
        says: "approval cycle through the engine, PostgreSQL, 1 and 2 nodes",
        run: |place| Box::pin(postgres::cycles(place)),
    },
    Scenario {
        name: "S4",
        says: "a record with 5 lines made over HTTP",
        run: |place| Box::pin(create::records(place)),
    },
    Scenario {
        name: "S5",
        says: "a page of a list among 100 k and 1 M records",
        run: |place| Box::pin(list::pages(place)),
    },
    Scenario {
        name: "S6",
        says: "an inbox of 200 tasks among 10 k and 1 M ended instances",
        run: |place| Box::pin(inbox::pages(place)),
    },
    Scenario {
        name: "S13",
        says: "resident memory, idle and under S2",
        run: |place| Box::pin(memory::resident(place)),
    },
];
