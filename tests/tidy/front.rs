//! The pages everyone reads: that they are there, and that what they promise is held by a test.

use crate::{
    none,
    sources::{read, root},
};

/// The bullets of the section of invariants, each on one line.
fn invariants(page: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![];
    let section = page
        .lines()
        .skip_while(|line| *line != "## Invariants")
        .skip(1)
        .take_while(|line| !line.starts_with("## "));
    for line in section {
        match (line.strip_prefix("- "), out.last_mut()) {
            (Some(text), _) => out.push(text.to_owned()),
            (None, Some(last)) if line.starts_with("  ") => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => {}
        }
    }
    out
}

#[test]
fn every_invariant_names_what_holds_it() {
    let page = read("ARCHITECTURE.md");
    let invariants = invariants(&page);
    assert!(
        invariants.len() >= 10,
        "ARCHITECTURE.md lists its invariants"
    );
    let mut found = vec![];
    for invariant in &invariants {
        let mut held = invariant.contains("[compiler]");
        for mark in invariant.split("[test: ").skip(1) {
            let Some((path, function)) = mark
                .split_once(']')
                .and_then(|(mark, _)| mark.trim().split_once(' '))
            else {
                found.push(format!("{invariant}: write `[test: path function]`"));
                continue;
            };
            held = true;
            let text = std::fs::read_to_string(root().join(path)).unwrap_or_default();
            if !text.contains(&format!("fn {function}(")) {
                found.push(format!("{path} has no test {function}"));
            }
        }
        if !held {
            found.push(format!("held by nothing: {invariant}"));
        }
    }
    none(
        found,
        "Each invariant names the test that holds it, or the compiler.",
    );
}

/// A link between the pages leads somewhere.
#[test]
fn links_lead_somewhere() {
    let mut found = vec![];
    for page in [
        "README.md",
        "README.zh-CN.md",
        "ARCHITECTURE.md",
        "GLOSSARY.md",
        "CHANGELOG.md",
    ] {
        let text = read(page);
        for link in text.split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap_or_default();
            if !link.is_empty() && !link.contains("://") && !root().join(link).exists() {
                found.push(format!("{page}: {link}"));
            }
        }
    }
    none(found, "A link of a page leads to a file of the repository.");
}

/// The two READMEs have the same sections with the same commands.
#[test]
fn the_readmes_say_the_same_commands() {
    let commands = |page: &str| -> Vec<String> {
        let text = read(page);
        let blocks = text.split("```").skip(1).step_by(2);
        blocks
            .filter(|block| block.starts_with("sh"))
            .flat_map(|block| block.lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
            .map(|line| {
                line.split(" #")
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(commands("README.md"), commands("README.zh-CN.md"));
}
