//! `hooks`: a check of a few seconds before every commit of this clone.

use crate::{
    openapi,
    tools::{self, House},
    web,
};
use std::{fs, path::Path};

/// The inner verb that the hook runs.
pub const QUICK: &str = "quick";

pub const HELP: &str = "\
cargo xtask hooks

Puts a hook into this clone that runs before every commit: formatting, the types of the web app,
and whether schemas/openapi.json is what the last built server says. It takes some seconds.
A hook that is already there and is another one is left alone.
";

const HOOK: &str = "#!/bin/sh\n# Written by `cargo xtask hooks`.\nexec cargo xtask quick\n";

pub fn install(house: &House, _: &[String]) -> Result<bool, String> {
    let said = tools::ask(
        house
            .command("git")
            .args(["rev-parse", "--git-path", "hooks"]),
    )?;
    let folder = house.root.join(said.trim());
    let file = folder.join("pre-commit");
    let cannot = |e: std::io::Error| format!("{}: {e}", file.display());
    if fs::read_to_string(&file).is_ok_and(|old| old != HOOK) {
        return Err(format!(
            "{} is there already and is another one",
            file.display()
        ));
    }
    fs::create_dir_all(&folder).map_err(cannot)?;
    fs::write(&file, HOOK).map_err(cannot)?;
    may_run(&file).map_err(cannot)?;
    eprintln!("{} is in place", file.display());
    Ok(true)
}

#[cfg(unix)]
fn may_run(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn may_run(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// What the hook runs. Only what needs no build; the rest is left to `test`.
pub fn quick(house: &House, _: &[String]) -> Result<bool, String> {
    let mut ok = tools::run(house.cargo().args(["fmt", "--all", "--check"]))?;
    if let Some(folder) = web::folder(house)
        && folder.join("node_modules").is_dir()
    {
        ok &= tools::run(web::command(&folder)?.args(["exec", "tsc", "--", "--noEmit"]))?;
    }
    if house.formwork(false).is_file() {
        ok &= openapi::is_current(house)?;
    }
    Ok(ok)
}
