//! `bench`: the benchmarks of page 10.4, on a release build and a PostgreSQL that flushes.

use crate::{
    needs,
    postgres::{Cluster, Durable},
    tools::{self, House},
};

pub const HELP: &str = "\
cargo xtask bench [--quick] [S1 S2 …]

Builds with optimisation, starts a PostgreSQL of its own (with its durability on) and runs the
named scenarios, or all. Each ends with one line: scenario, median ratio, range, target.
`--quick` measures for seconds and on smaller sites: enough to see that it runs.
";

/// The source of the binary `formwork-bench`.
const SOURCE: &str = "tests/src/bin/bench.rs";

pub fn run(house: &House, words: &[String]) -> Result<bool, String> {
    if let Some(flag) = words.iter().find(|w| w.starts_with('-') && *w != "--quick") {
        return Err(format!("`{flag}` is not understood\n\n{HELP}"));
    }
    // Said before a build of many minutes, not after it.
    if !house.root.join(SOURCE).is_file() {
        return Err(format!("this workspace has no benchmarks ({SOURCE})"));
    }
    let programs = needs::postgres()?;
    if !house.build(true)? {
        return Err("the build failed".into());
    }
    let bench = house.binary("formwork-bench", true);
    if !bench.is_file() {
        return Err(
            "this workspace has no binary `formwork-bench` (tests/src/bin/bench.rs)".into(),
        );
    }
    let cluster = Cluster::start(&programs, Durable::Yes)?;
    tools::run(
        house
            .command(house.binary("formwork-bench", true))
            .args(words)
            .env("FORMWORK_TEST_PG", cluster.url())
            .env("FORMWORK_BIN", house.formwork(true)),
    )
}
