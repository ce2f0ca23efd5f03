//! The web app: its packages installed only when the lock file changed, built only when a source
//! is newer than what was built.

use crate::tools::{self, House};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

/// Folders of `designer/` that no build reads.
const UNREAD: [&str; 4] = ["node_modules", "dist", "mock", "browser"];

/// How to build it by hand, for who has no Node.js here.
pub const BY_HAND: &str = "install Node.js 20.19 or newer with npm, then run `cargo xtask run` again, \
     or: cd designer && npm ci --ignore-scripts && npm run build";

/// The folder of the web app, where this workspace has one.
pub fn folder(house: &House) -> Option<PathBuf> {
    let folder = house.root.join("designer");
    folder.join("package.json").is_file().then_some(folder)
}

/// Where the built web app lies; the server is told by `FORMWORK_DESIGNER_DIST`.
pub fn dist(house: &House) -> PathBuf {
    house.root.join("designer/dist")
}

/// The server embeds the folder, so it must be there before the server is compiled.
pub fn make_dist_folder(house: &House) -> Result<(), String> {
    let dist = dist(house);
    fs::create_dir_all(&dist).map_err(|e| format!("cannot make {}: {e}", dist.display()))
}

/// Node.js and npm, or what to do without them.
pub fn npm() -> Result<PathBuf, String> {
    match (tools::find("node"), tools::find("npm")) {
        (Some(_), Some(npm)) => Ok(npm),
        _ => Err(format!("there is no Node.js with npm here; {BY_HAND}")),
    }
}

/// A command of npm in the web app's folder.
pub fn command(folder: &Path) -> Result<Command, String> {
    let mut command = Command::new(npm()?);
    command.current_dir(folder).env("NO_COLOR", "1");
    Ok(command)
}

/// Installs what the lock file names, if it is not what was installed last.
pub fn install(folder: &Path) -> Result<bool, String> {
    let lock = fs::read(folder.join("package-lock.json"))
        .map_err(|e| format!("designer/package-lock.json: {e}"))?;
    // The stamp is the lock file as it was installed. npm removes it together with the folder.
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|old| old == lock) {
        return Ok(true);
    }
    let mut ci = command(folder)?;
    // No package may run a program of its own while it is installed.
    ci.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    if !tools::run(&mut ci)? {
        return Ok(false);
    }
    fs::write(&stamp, lock).map_err(|e| format!("cannot write {}: {e}", stamp.display()))?;
    Ok(true)
}

/// Checks the types and builds, if a source is newer than what was built.
pub fn build(folder: &Path) -> Result<bool, String> {
    let built = modified(&folder.join("dist/index.html"));
    if built.is_some_and(|built| newest(folder).is_none_or(|source| source < built)) {
        eprintln!("the web app is up to date");
        return Ok(true);
    }
    tools::run(command(folder)?.args(["run", "build"]))
}

/// When a file below was last changed; a folder counts too, so a removed file is seen.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).ok()?;
    entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && !UNREAD.contains(&name.as_ref())
        })
        .filter_map(|entry| {
            let path = entry.path();
            let own = modified(&path);
            if path.is_dir() {
                own.max(newest(&path))
            } else {
                own
            }
        })
        .max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_source_is_seen_and_what_is_built_is_not_a_source() {
        let folder = std::env::temp_dir().join(format!("formwork-web-{}", std::process::id()));
        fs::create_dir_all(folder.join("src")).expect("folder");
        fs::create_dir_all(folder.join("dist")).expect("folder");
        fs::write(folder.join("src/a.ts"), "").expect("file");
        let before = newest(&folder).expect("a time");
        fs::write(folder.join("dist/index.html"), "").expect("file");
        assert_eq!(newest(&folder), Some(before));
        fs::remove_dir_all(&folder).expect("removed");
    }
}
