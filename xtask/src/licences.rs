//! What may be in the graph of dependencies: licences and bans, read from `deny.toml`, held
//! against what cargo says. The same file serves cargo-deny where it is installed.

use crate::tools::{self, House};
use std::{collections::BTreeMap, fs};

pub const HELP: &str = "\
cargo xtask licences

Holds every dependency against deny.toml: its licence must be allowed, and it must not be banned
or, where the file says so, be there in two versions.
";

pub fn run(house: &House, _: &[String]) -> Result<bool, String> {
    hold(house)
}

/// What `deny.toml` says, as far as this program reads it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rules {
    allowed: Vec<String>,
    banned: Vec<String>,
    once: Vec<String>,
}

/// Whether everything in the graph is allowed. All that is not is shown.
pub fn hold(house: &House) -> Result<bool, String> {
    let text =
        fs::read_to_string(house.root.join("deny.toml")).map_err(|e| format!("deny.toml: {e}"))?;
    let rules = read(&text);
    if rules.allowed.is_empty() {
        return Err("deny.toml allows no licence".into());
    }
    let said = tools::ask(house.cargo().args([
        "tree",
        "--workspace",
        "--locked",
        "--edges=normal,build",
        "--prefix=none",
        "--format={p}|{l}",
    ]))?;
    let wrong = wrong(&rules, &said);
    for line in &wrong {
        eprintln!("{line}");
    }
    Ok(wrong.is_empty())
}

/// Reads quoted words by the list they stand in. `deny` holds `{ crate = "x" }`; with
/// `deny-multiple-versions` the crate is allowed, but once.
fn read(text: &str) -> Rules {
    let mut rules = Rules::default();
    let (mut section, mut list) = ("", "");
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.starts_with('[') && line.ends_with(']') && list.is_empty() {
            section = line;
            continue;
        }
        if list.is_empty()
            && let Some((key, value)) = line.split_once('=')
            && value.trim_start().starts_with('[')
        {
            list = key.trim();
        }
        let word = line.split('"').nth(1).map(str::to_owned);
        match (section, list) {
            ("[licenses]", "allow") => rules.allowed.extend(word),
            ("[bans]", "deny") if line.contains("deny-multiple-versions") => {
                rules.once.extend(word);
            }
            ("[bans]", "deny") => rules.banned.extend(word),
            _ => {}
        }
        if line.ends_with(']') {
            list = "";
        }
    }
    rules
}

/// A sentence for every package that may not be there. Each line is `name vVERSION …|licence`.
fn wrong(rules: &Rules, graph: &str) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut wrong = vec![];
    for line in graph.lines().filter(|line| !line.trim().is_empty()) {
        let Some((package, licence)) = line.split_once('|') else {
            continue;
        };
        let mut words = package.split(' ');
        let (name, version) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let seen = versions.entry(name).or_default();
        if seen.contains(&version) {
            continue;
        }
        seen.push(version);
        // A package that stands in a subfolder of ours shows its path in brackets.
        let licence = licence.trim_end_matches(" (*)").trim();
        if rules.banned.iter().any(|banned| banned == name) {
            wrong.push(format!("{name} {version} is banned by deny.toml"));
        }
        if !allowed(rules, licence) {
            wrong.push(format!(
                "{name} {version}: deny.toml does not allow its licence `{licence}`"
            ));
        }
    }
    for name in &rules.once {
        if let Some(seen) = versions.get(name.as_str())
            && seen.len() > 1
        {
            wrong.push(format!(
                "{name} is there more than once: {}",
                seen.join(", ")
            ));
        }
    }
    wrong
}

/// Whether a licence expression can be met with what is allowed. `/` is an old way to write `OR`.
fn allowed(rules: &Rules, expression: &str) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any_of(rules, &mut rest) && rest.is_empty()
}

fn any_of(rules: &Rules, rest: &mut &[&str]) -> bool {
    let mut ok = all_of(rules, rest);
    while let ["OR", tail @ ..] = *rest {
        *rest = tail;
        // Both sides are read, whatever the first one says.
        ok |= all_of(rules, rest);
    }
    ok
}

fn all_of(rules: &Rules, rest: &mut &[&str]) -> bool {
    let mut ok = one(rules, rest);
    while let ["AND", tail @ ..] = *rest {
        *rest = tail;
        ok &= one(rules, rest);
    }
    ok
}

fn one(rules: &Rules, rest: &mut &[&str]) -> bool {
    match *rest {
        ["(", tail @ ..] => {
            *rest = tail;
            let ok = any_of(rules, rest);
            if let [")", tail @ ..] = *rest {
                *rest = tail;
                return ok;
            }
            false
        }
        [licence, "WITH", exception, tail @ ..] => {
            *rest = tail;
            let whole = format!("{licence} WITH {exception}");
            rules.allowed.iter().any(|a| *a == whole || a == licence)
        }
        [licence, tail @ ..] => {
            *rest = tail;
            // `MPL-2.0+` may be taken as MPL-2.0.
            let licence = licence.strip_suffix('+').unwrap_or(licence);
            rules.allowed.iter().any(|a| a == licence)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        read(
            "[licenses]\nallow = [\n  \"MIT\", # the usual\n  \"Apache-2.0\",\n]\n\n[bans]\ndeny = [\n  { crate = \"openssl\" },\n  { crate = \"sqlx-core\", deny-multiple-versions = true },\n]\n",
        )
    }

    #[test]
    fn the_file_is_read() {
        let rules = rules();
        assert_eq!(rules.allowed, ["MIT", "Apache-2.0"]);
        assert_eq!(rules.banned, ["openssl"]);
        assert_eq!(rules.once, ["sqlx-core"]);
    }

    #[test]
    fn expressions_are_worked_out() {
        for (expression, ok) in [
            ("MIT", true),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0 OR MIT", true),
            ("MIT/Apache-2.0", true),
            ("MIT AND GPL-3.0", false),
            ("(GPL-3.0 OR MIT) AND Apache-2.0", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT+", true),
            ("GPL-3.0", false),
            ("", false),
        ] {
            assert_eq!(allowed(&rules(), expression), ok, "{expression}");
        }
    }

    #[test]
    fn what_is_banned_or_doubled_is_named() {
        let graph = "a v1.0.0|MIT\nopenssl v0.10.0|MIT\nsqlx-core v0.8.0|MIT\nsqlx-core v0.9.0|MIT\nb v1.0.0|GPL-3.0\na v1.0.0|MIT (*)\n";
        let wrong = wrong(&rules(), graph);
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong[0].contains("openssl"));
        assert!(wrong[1].contains("GPL-3.0"));
        assert!(wrong[2].contains("sqlx-core"));
    }
}
