//! `check` and `fmt`: the engine's own verbs over every package of this repository.

use crate::tools::{self, House};

pub const CHECK_HELP: &str = "\
cargo xtask check [--json]

Builds, and runs `formwork check` on builtin-modules and examples.
";

pub const FMT_HELP: &str = "\
cargo xtask fmt

Formats the Rust sources, then builds and runs `formwork fmt` on builtin-modules and examples.
";

pub fn check(house: &House, words: &[String]) -> Result<bool, String> {
    over_all(house, "check", words)
}

pub fn fmt(house: &House, words: &[String]) -> Result<bool, String> {
    if !tools::run(house.cargo().args(["fmt", "--all"]))? {
        return Ok(false);
    }
    over_all(house, "fmt", words)
}

/// A verb of the engine over the folders of packages that are there.
fn over_all(house: &House, verb: &str, words: &[String]) -> Result<bool, String> {
    let folders: Vec<&str> = ["builtin-modules", "examples"]
        .into_iter()
        .filter(|folder| house.root.join(folder).is_dir())
        .collect();
    if folders.is_empty() {
        eprintln!("there is no folder of packages here");
        return Ok(true);
    }
    if !house.build(false)? {
        return Ok(false);
    }
    tools::run(
        house
            .command(house.formwork(false))
            .arg(verb)
            .args(words)
            .args(folders),
    )
}
