//! What a machine must have for the tests: PostgreSQL, a Chromium, a CJK font. What is missing is
//! installed where this program may, else the exact line to run is said.

use crate::{postgres::Programs, tools};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What was found.
pub struct Found {
    pub postgres: Programs,
    /// A Chromium or Chrome.
    pub chromium: PathBuf,
}

/// Finds everything, after installing what is missing on a Debian where this program is root.
pub fn all() -> Result<Found, String> {
    let missing = missing();
    if !missing.is_empty() {
        install(&missing)?;
    }
    Ok(Found {
        postgres: Programs::find().ok_or("no PostgreSQL even after the installation")?,
        chromium: chromium().ok_or("no Chromium even after the installation")?,
    })
}

/// PostgreSQL alone: what the benchmarks need.
pub fn postgres() -> Result<Programs, String> {
    if Programs::find().is_none() {
        install(&["postgresql"])?;
    }
    Programs::find().ok_or_else(|| "no PostgreSQL even after the installation".into())
}

/// Names of Debian's packages, because that is what can be installed here.
fn missing() -> Vec<&'static str> {
    let mut names = vec![];
    if Programs::find().is_none() {
        names.push("postgresql");
    }
    if chromium().is_none() {
        names.push("chromium");
    }
    if !has_cjk_font() {
        names.push("fonts-noto-cjk");
    }
    names
}

fn install(names: &[&str]) -> Result<(), String> {
    let line = format!("apt-get install --yes {}", names.join(" "));
    let apt = match tools::find("apt-get") {
        Some(apt) if tools::is_root() => apt,
        Some(_) => {
            return Err(format!(
                "missing: {}; run `sudo {line}` and then this again",
                names.join(", ")
            ));
        }
        None => {
            return Err(format!(
                "missing: {}; install them with this system's own means (on Debian: `{line}`) and then run this again",
                names.join(", ")
            ));
        }
    };
    let steps: [&[&str]; 2] = [
        &["update"],
        &["install", "--yes", "--no-install-recommends"],
    ];
    for (n, step) in steps.iter().enumerate() {
        let mut command = Command::new(&apt);
        command.args(*step).env("DEBIAN_FRONTEND", "noninteractive");
        if n == 1 {
            command.args(names);
        }
        // A list that could not be renewed may still be good enough to install from.
        if !tools::run(&mut command)? && n == 1 {
            return Err(format!("`{line}` failed"));
        }
    }
    Ok(())
}

fn chromium() -> Option<PathBuf> {
    if let Some(told) = env::var_os("FORMWORK_CHROMIUM") {
        return Some(told.into());
    }
    ["chromium", "chromium-browser", "google-chrome", "chrome"]
        .iter()
        .find_map(|name| tools::find(name))
}

/// Whether a font with Chinese characters lies where Linux keeps fonts. Other systems have one.
fn has_cjk_font() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let folders = [
        PathBuf::from("/usr/share/fonts"),
        PathBuf::from("/usr/local/share/fonts"),
        home.join(".local/share/fonts"),
        home.join(".fonts"),
    ];
    folders.iter().any(|folder| holds_cjk(folder, 0))
}

/// Fonts are told by their file names: reading them would need a font library.
fn holds_cjk(folder: &Path, depth: usize) -> bool {
    const SIGNS: [&str; 5] = ["cjk", "wqy", "sourcehan", "notosanssc", "droidsansfallback"];
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let path = entry.path();
        if path.is_dir() {
            return depth < 5 && holds_cjk(&path, depth + 1);
        }
        SIGNS.iter().any(|sign| name.contains(sign))
    })
}
