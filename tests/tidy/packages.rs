//! The packages of the repository: whole, in their one layout, in every language; and unknown to
//! the engine.

use crate::{
    none,
    sources::{self, Source, below, designer, engine, root, says, words},
};
use model::{
    Catalogue, Name, Package, Problem, check,
    read::{self, Files},
};
use std::{collections::BTreeSet, fs, sync::Arc};

/// Languages that every module of ours speaks besides its own.
const LANGUAGES: [&str; 2] = ["zh-CN", "zh-TW"];

/// The folders whose packages stand together. The worked packages stand alone.
const SITES: [&[&str]; 2] = [&["builtin-modules", "examples"], &["tests/worked"]];

/// The folders of packages below a folder, sorted. A folder that is not there has none.
fn folders(under: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join(under))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join("manifest.json").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The packages that both READMEs build up, file by file: each file is its path in backquotes on a
/// line of its own, and a block of JSON.
fn first_form(page: &str) -> Files {
    let text = sources::read(page);
    let mut files = Files::new();
    for block in text.split("\n`visits/").skip(1) {
        let Some((path, rest)) = block.split_once("`\n\n```json\n") else {
            continue;
        };
        let json = rest.split("```").next().unwrap_or_default();
        files.insert(path.to_owned(), json.as_bytes().to_vec());
    }
    files
}

#[test]
fn the_first_form_of_the_readmes_has_no_problem() {
    let (site, _) = site(&["builtin-modules"]);
    let name = Name::new("visits").expect("a name");
    for page in ["README.md", "README.zh-CN.md"] {
        let files = first_form(page);
        assert_eq!(files.len(), 6, "{page}: {:?}", files.keys());
        let package = Arc::new(
            read::package(&name, &files)
                .unwrap_or_else(|p| panic!("{page}\n{}", lines(p).join("\n"))),
        );
        let mut problems = check::layout(&package);
        problems.extend(check::package(&package, &site.with(package.clone())));
        none(lines(problems), page);
    }
}

/// Reads every package below the folders. What cannot be read is among the problems.
fn site(under: &[&str]) -> (Catalogue, Vec<Problem>) {
    let (mut packages, mut problems) = (vec![], vec![]);
    for under in under {
        for folder in folders(under) {
            match package(under, &folder) {
                Ok(package) => packages.push(Arc::new(package)),
                Err(more) => problems.extend(more),
            }
        }
    }
    (Catalogue::new(packages), problems)
}

fn package(under: &str, folder: &str) -> Result<Package, Vec<Problem>> {
    let home = format!("{under}/{folder}");
    let name = Name::new(folder)
        .map_err(|e| vec![Problem::new(&home, "", "bad_name", &[], e.to_string())])?;
    let files = below(&home, &[""])
        .into_iter()
        .filter_map(|Source { path, text }| {
            let inside = path.split_once(&format!("{home}/"))?.1.to_owned();
            Some((inside, text.into_bytes()))
        })
        .collect();
    read::package(&name, &files)
}

fn lines(problems: Vec<Problem>) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn packages_have_no_problem() {
    let mut found = vec![];
    for site_of in SITES {
        let (site, mut problems) = site(site_of);
        assert!(!site.packages.is_empty() || !problems.is_empty());
        for package in site.packages.values() {
            problems.extend(check::package(package, &site));
        }
        found.extend(lines(problems));
    }
    none(
        found,
        "Every package of this repository passes `formwork check`.",
    );
}

#[test]
fn packages_are_formatted() {
    let mut found = vec![];
    for site_of in SITES {
        let (site, _) = site(site_of);
        let problems = site.packages.values().flat_map(|p| check::layout(p));
        found.extend(lines(problems.collect()));
    }
    none(
        found,
        "A package file has one layout; `cargo xtask fmt` writes it.",
    );
}

/// That a promised language is complete and sorted is among the problems of a package; this is
/// about the promise.
#[test]
fn builtin_modules_speak_every_language() {
    let (site, _) = site(&["builtin-modules"]);
    let mut found = vec![];
    for package in site.packages.values() {
        for language in LANGUAGES {
            let promised = &package.manifest.translations;
            if !promised.iter().any(|l| l == language) && package.manifest.language != language {
                found.push(format!("{} does not promise {language}", package.name));
            }
        }
    }
    none(
        found,
        "A module speaks en, zh-CN and zh-TW; a label that is not translated is a fault.",
    );
}

#[test]
fn schemas_are_formatted() {
    let mut found = vec![];
    for source in below("schemas", &[".json"]) {
        // What the server prints, and fixtures of what is not right.
        if source.path == "schemas/openapi.json" || source.path.contains("/bad/") {
            continue;
        }
        match model::canonical::format(&source.text) {
            Ok(good) if good == source.text => {}
            Ok(_) => found.push(format!("{}: not in its canonical layout", source.path)),
            Err(why) => found.push(format!("{}: {why}", source.path)),
        }
    }
    none(found, "The schemas have the layout of package files.");
}

/// Names of one word that the engine or the language of packages uses itself, so a form of that
/// name proves nothing.
const ORDINARY: [&str; 12] = [
    "branch",
    "company",
    "currency",
    "department",
    "employee",
    "location",
    "position",
    "settings",
    "stock",
    "template",
    "period",
    "language",
];

/// Names that are English verbs besides: a token may leave a node, and the pointer a button. Only
/// in quotes do they name a module.
const VERBS: [&str; 1] = ["leave"];

/// Shortest name that is looked for: shorter ones are words of every language.
const NAME_MIN: usize = 5;

/// Names of modules, and of what they define in files of their own.
fn names() -> BTreeSet<String> {
    /// A folder, and whether a name of one word counts: a script or a making may be called
    /// anything.
    const DEFINE: [(&str, bool); 6] = [
        ("forms", true),
        ("ledgers", true),
        ("registers", true),
        ("makes", false),
        ("messages", false),
        ("scripts", false),
    ];
    let mut names = BTreeSet::new();
    for folder in folders("builtin-modules") {
        for (kind, one_word) in DEFINE {
            let files = below(
                &format!("builtin-modules/{folder}/{kind}"),
                &[".json", ".rhai"],
            );
            for source in files {
                let file = source.path.rsplit('/').next().unwrap_or_default();
                let name = file.split('.').next().unwrap_or_default();
                if one_word || name.contains('_') {
                    names.insert(name.to_owned());
                }
            }
        }
        names.insert(folder);
    }
    names.retain(|name| name.len() >= NAME_MIN && !ORDINARY.contains(&name.as_str()));
    names
}

#[test]
fn no_module_or_form_is_known_to_the_code() {
    let names = names();
    let mut found = vec![];
    for source in engine().into_iter().chain(designer()) {
        let spoken = source.spoken();
        let words = words(&spoken);
        for name in &names {
            let lines = if VERBS.contains(&name.as_str()) {
                quoted(&spoken, name)
            } else {
                let phrase: Vec<&str> = name.split('_').collect();
                says(&words, &phrase)
            };
            for line in lines {
                found.push(format!("{}:{line}: {name}", source.path));
            }
        }
    }
    none(
        found,
        "A module, form or ledger is data; no code names one. If the word is an ordinary one that \
         the engine needs, it joins ORDINARY in tests/tidy/packages.rs.",
    );
}

/// The lines that hold `name` alone in quotes, or as the package of a reference.
fn quoted(text: &str, name: &str) -> Vec<usize> {
    let holds = |line: &str| {
        ['"', '\'', '`'].iter().any(|quote| {
            let open = format!("{quote}{name}");
            line.match_indices(&open).any(|(at, _)| {
                let after = line[at + open.len()..].chars().next();
                after == Some(*quote) || after == Some('/')
            })
        })
    };
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| holds(line))
        .map(|(n, _)| n)
        .collect()
}

#[test]
fn a_verb_in_quotes_is_a_name() {
    let text = "leave(node);\nlet a = \"leave\";\nlet b = \"leave/leave_request\";\n\"leave it\"\n";
    assert_eq!(quoted(text, "leave"), [2, 3]);
}
