//! `conformance`: the public cases, held against the engine.

use crate::{
    needs,
    postgres::{Cluster, Durable},
    tools::{self, House},
};

pub const HELP: &str = "\
cargo xtask conformance [DIR] [SUITE …]

Runs the public cases of a folder (../shared/cases where none is named): per suite one line with
counts and rate, then every refusal and failure by name. Suites are chosen by how their names
begin. Cases that need a database run on SQLite and on a PostgreSQL of their own.
";

/// Where the cases lie beside this repository.
const CASES: &str = "../shared/cases";

pub fn run(house: &House, words: &[String]) -> Result<bool, String> {
    if let Some(flag) = words.iter().find(|word| word.starts_with('-')) {
        return Err(format!("`{flag}` is not understood\n\n{HELP}"));
    }
    let (dir, suites) = match words.split_first() {
        Some((dir, suites)) if house.root.join(dir).is_dir() => (house.root.join(dir), suites),
        _ => (house.root.join(CASES), words),
    };
    if !dir.is_dir() {
        return Err(format!("there is no folder {}", dir.display()));
    }
    let programs = needs::postgres()?;
    if !house.build(false)? {
        return Err("the build failed".into());
    }
    let cluster = Cluster::start(&programs, Durable::No)?;
    tools::run(
        house
            .command(house.binary("formwork-conformance", false))
            .arg(dir)
            .args(suites)
            .env("FORMWORK_TEST_PG", cluster.url())
            .env("FORMWORK_BIN", house.formwork(false)),
    )
}
