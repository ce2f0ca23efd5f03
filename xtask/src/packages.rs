//! `check` and `fmt`: the engine's own verbs over every package of this repository.

use crate::tools::{self, House};

/// The folders of packages that stand together.
const TOGETHER: [&str; 2] = ["builtin-modules", "examples"];

/// The folder of packages that stand alone, without the builtin modules beneath.
const ALONE: &str = "tests/worked";

pub const CHECK_HELP: &str = "\
cargo xtask check [--json]

Builds, and runs `formwork check` on builtin-modules and examples, and on the packages of
tests/worked, which stand alone.
";

pub const FMT_HELP: &str = "\
cargo xtask fmt

Formats the Rust sources, then builds and runs `formwork fmt` on builtin-modules, examples and
tests/worked.
";

pub fn check(house: &House, words: &[String]) -> Result<bool, String> {
    if !house.build(false)? {
        return Ok(false);
    }
    let together = verb(house, "check", words, &TOGETHER)?;
    let alone: Vec<String> = words.iter().cloned().chain(["--alone".into()]).collect();
    Ok(verb(house, "check", &alone, &[ALONE])? && together)
}

pub fn fmt(house: &House, words: &[String]) -> Result<bool, String> {
    if !tools::run(house.cargo().args(["fmt", "--all"]))? || !house.build(false)? {
        return Ok(false);
    }
    verb(house, "fmt", words, &[&TOGETHER[..], &[ALONE]].concat())
}

/// A verb of the engine over those of the folders that are there.
fn verb(house: &House, verb: &str, words: &[String], folders: &[&str]) -> Result<bool, String> {
    let there = folders
        .iter()
        .filter(|folder| house.root.join(folder).is_dir());
    tools::run(
        house
            .command(house.formwork(false))
            .arg(verb)
            .args(words)
            .args(there),
    )
}
