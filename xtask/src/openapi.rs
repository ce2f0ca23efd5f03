//! The description of the HTTP API: kept in the repository so that a change of it is read in
//! review, and held against what the server says.

use crate::tools::{self, House};
use std::{fs, path::PathBuf};

pub const HELP: &str = "\
cargo xtask openapi

Builds, and writes what `formwork openapi` says to schemas/openapi.json. `cargo xtask test`
fails while the two differ.
";

fn file(house: &House) -> PathBuf {
    house.root.join("schemas/openapi.json")
}

fn said(house: &House) -> Result<String, String> {
    tools::ask(house.command(house.formwork(false)).arg("openapi"))
}

pub fn write(house: &House, _: &[String]) -> Result<bool, String> {
    if !house.build(false)? {
        return Ok(false);
    }
    let file = file(house);
    fs::write(&file, said(house)?).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(true)
}

/// Whether the file says what the built server says.
pub fn is_current(house: &House) -> Result<bool, String> {
    let said = said(house)?;
    let kept = fs::read_to_string(file(house)).unwrap_or_default();
    if said == kept {
        return Ok(true);
    }
    let line = said
        .lines()
        .zip(kept.lines())
        .take_while(|(a, b)| a == b)
        .count();
    Err(format!(
        "schemas/openapi.json differs from the server from line {} on; `cargo xtask openapi` writes it",
        line + 1
    ))
}
