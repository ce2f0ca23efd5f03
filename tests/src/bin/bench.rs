//! `formwork-bench [--quick] [S1 S2 …]`: runs the named benchmarks, or all. `cargo xtask bench`
//! builds it and names the program (`FORMWORK_BIN`) and the PostgreSQL (`FORMWORK_TEST_PG`).

use formwork_tests::bench::{Outcome, Place, SCENARIOS};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{cause:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(mut words: Vec<String>) -> Outcome {
    let quick = words.iter().any(|word| word == "--quick");
    words.retain(|word| word != "--quick");
    if let Some(word) = words
        .iter()
        .find(|w| SCENARIOS.iter().all(|s| s.name != **w))
    {
        let names: Vec<&str> = SCENARIOS.iter().map(|s| s.name).collect();
        anyhow::bail!(
            "there is no scenario `{word}`; there are {}",
            names.join(", ")
        );
    }
    let place = Place::new(quick)?;
    for scenario in SCENARIOS {
        if words.is_empty() || words.iter().any(|word| word == scenario.name) {
            println!("{}: {}", scenario.name, scenario.says);
            (scenario.run)(&place).await?;
        }
    }
    Ok(())
}
