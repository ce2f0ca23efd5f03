//! What every file must be: short enough to read, finished, and of no particular machine.

use crate::{
    none,
    sources::{Source, below, engine, read},
};

/// Longest file, in lines.
const LINES_MAX: usize = 1_000;
/// From here on a file begins with its story.
const STORY_MIN: usize = 80;
/// From here on a file is a question to ask; it is printed, not refused.
const LINES_MANY: usize = 600;

const SOURCES: [&str; 7] = [".rs", ".ts", ".tsx", ".css", ".html", ".mjs", ".sql"];

/// Everything written here by hand in a programming language.
fn sources() -> Vec<Source> {
    ["engine", "designer", "xtask", "tests", "examples"]
        .into_iter()
        .flat_map(|folder| below(folder, &SOURCES))
        .collect()
}

/// This folder speaks of what it refuses.
fn is_tidy(source: &Source) -> bool {
    source.path.starts_with("tests/tidy/")
}

#[test]
fn no_file_is_too_long() {
    let mut found = vec![];
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > LINES_MAX {
            found.push(format!("{}: {lines} lines", source.path));
        } else if lines > LINES_MANY {
            println!("long: {} has {lines} lines", source.path);
        }
    }
    none(found, "A file has at most 1,000 lines.");
}

#[test]
fn nothing_is_left_undone() {
    const SIGNS: [&str; 8] = [
        "TODO",
        "FIXME",
        "XXX",
        "HACK",
        "todo!",
        "unimplemented!",
        "dbg!",
        "console.log",
    ];
    let mut found = vec![];
    for source in sources().into_iter().filter(|source| !is_tidy(source)) {
        // A program for the command line may print; a page has nobody to print to.
        let page = source.path.starts_with("designer/src/");
        let signs = SIGNS.iter().filter(|sign| page || **sign != "console.log");
        for (n, line) in source.text.lines().enumerate() {
            if let Some(sign) = signs.clone().find(|sign| holds_word(line, sign)) {
                found.push(format!("{}:{}: {sign}", source.path, n + 1));
            }
        }
    }
    none(
        found,
        "What is here is finished; what is not here is an issue.",
    );
}

/// Whether `line` holds `word` with no letter on either side.
fn holds_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !letter(before) && (!letter(after) || word.ends_with(['!']))
    })
}

#[test]
fn no_source_knows_a_machine() {
    const PLACES: [&str; 5] = ["/work/", "/root/", "/home/", "/tmp/", "/Users/"];
    let mut found = vec![];
    for source in sources().into_iter().filter(|source| !source.is_test()) {
        for (n, line) in source.text.lines().enumerate() {
            if let Some(place) = PLACES.iter().find(|place| begins(line, place)) {
                found.push(format!("{}:{}: {place}", source.path, n + 1));
            }
        }
    }
    none(found, "A source names no folder of a machine.");
}

/// Whether `line` holds `place` where a path begins: `./home/x` is a neighbour, not a folder of a
/// machine.
fn begins(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-@~}*".contains(c))
    })
}

#[test]
fn no_file_names_a_registry() {
    const HOSTS: [&str; 6] = [
        "crates.io",
        "npmjs.",
        "npmmirror.",
        "pypi.org",
        "debian.org",
        "pythonhosted.",
    ];
    let mut found = vec![];
    let endings = [&SOURCES[..], &[".json", ".toml", ".md", ".yml", "/run"]].concat();
    for source in below("", &endings).into_iter().filter(|s| !is_tidy(s)) {
        for (n, line) in source.text.lines().enumerate() {
            if let Some(host) = HOSTS.iter().find(|host| line.contains(*host)) {
                found.push(format!("{}:{}: {host}", source.path, n + 1));
            }
        }
    }
    none(
        found,
        "Where packages come from is the business of cargo's and npm's own settings.",
    );
}

#[test]
fn a_file_says_what_it_is_about() {
    const EMPTY_NAMES: [&str; 6] = ["utils", "util", "helpers", "helper", "common", "misc"];
    let mut found = vec![];
    for source in sources() {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        let name = name.split('.').next().unwrap_or_default().to_lowercase();
        if EMPTY_NAMES.contains(&name.as_str()) {
            found.push(format!("{}: a name that says nothing", source.path));
        }
    }
    for source in engine() {
        // One short type with its own words of documentation tells its story by itself.
        let long = source.text.lines().count() > STORY_MIN;
        if long && !source.text.starts_with("//!") {
            found.push(format!("{}: does not begin with `//!`", source.path));
        }
    }
    none(
        found,
        "A file is named after what it holds, and its first lines tell its story.",
    );
}

#[test]
fn ci_runs_what_everybody_runs() {
    let run = read(".ci/run");
    assert!(run.contains("cargo xtask ci"), "{run}");
}
