//! Who knows whom: the arrows between the rooms, the one door of each heavy dependency, and what
//! every manifest must say.

use crate::{
    none,
    sources::{below, engine, places, read},
};

/// A room, and the rooms it may know. Arrows point down only.
const ARROWS: [(&str, &[&str]); 7] = [
    ("model", &[]),
    ("bpmn", &["model"]),
    ("kernel", &["model"]),
    ("store", &["model"]),
    ("print", &["model"]),
    ("runtime", &["model", "kernel", "store", "print"]),
    ("server", &["model", "bpmn", "runtime"]),
];

/// A heavy dependency, and its door. A name that ends in `*` stands for all that begin so.
const DOORS: [(&str, &str); 18] = [
    ("argon2", "runtime"),
    ("axum*", "server"),
    ("clap", "server"),
    ("jsonschema", "model"),
    ("lettre", "runtime"),
    ("minijinja", "runtime"),
    ("object_store", "runtime"),
    ("quick-xml", "bpmn"),
    ("reqwest", "runtime"),
    ("rhai", "kernel"),
    ("rusqlite", "store"),
    ("rust-embed", "server"),
    ("sea-query*", "store"),
    ("sqlx*", "store"),
    ("tower*", "server"),
    ("tracing-subscriber", "server"),
    ("typst*", "print"),
    ("utoipa*", "server"),
];

/// A crate of the engine and what it is built from.
struct Room {
    name: String,
    manifest: String,
    needs: Vec<String>,
}

fn rooms() -> Vec<Room> {
    let rooms: Vec<Room> = below("engine", &["/Cargo.toml"])
        .into_iter()
        .map(|source| Room {
            name: source.path.split('/').nth(1).unwrap_or_default().to_owned(),
            needs: needs(&source.text, &["[dependencies", "[build-dependencies"]),
            manifest: source.text,
        })
        .collect();
    assert!(rooms.len() >= 5, "the engine has its rooms");
    rooms
}

/// The keys of the tables of a manifest whose head begins with one of `heads`.
fn needs(manifest: &str, heads: &[&str]) -> Vec<String> {
    let mut inside = false;
    let mut out = vec![];
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = heads.iter().any(|head| line.starts_with(head));
            // `[dependencies.name]` names one by itself.
            if inside && let Some((_, name)) = line.trim_end_matches(']').split_once('.') {
                out.push(name.to_owned());
            }
        } else if inside && let Some((name, _)) = line.split_once(['=', '.']) {
            out.push(name.trim().to_owned());
        }
    }
    out
}

#[test]
fn arrows_point_down_only() {
    let ours: Vec<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let mut found = vec![];
    for room in rooms() {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room.name) else {
            found.push(format!("engine/{} is no room of the house", room.name));
            continue;
        };
        for need in &room.needs {
            if ours.contains(&need.as_str()) && !allowed.contains(&need.as_str()) {
                found.push(format!("{} may not know {need}", room.name));
            }
        }
    }
    none(found, "A room knows only the rooms beneath it (2.2).");
}

#[test]
fn a_heavy_dependency_has_one_door() {
    let mut found = vec![];
    for room in rooms() {
        for need in &room.needs {
            let door = DOORS.iter().find(|(name, _)| match name.strip_suffix('*') {
                Some(start) => need.starts_with(start),
                None => need == name,
            });
            if let Some((_, door)) = door
                && room.name != *door
            {
                found.push(format!(
                    "{} asks for {need}, whose door is {door}",
                    room.name
                ));
            }
        }
    }
    none(
        found,
        "A heavy dependency has one door; a second one is a design question.",
    );
}

#[test]
fn the_task_runner_needs_nothing() {
    let needs = needs(&read("xtask/Cargo.toml"), &["[dependencies", "[build-"]);
    none(needs, "xtask is built from the standard library alone.");
}

#[test]
fn every_crate_forbids_unsafe_code() {
    let mut found = vec![];
    if !read("Cargo.toml").contains("unsafe_code = \"forbid\"") {
        found.push("Cargo.toml: the workspace does not forbid unsafe_code".to_owned());
    }
    let manifests = rooms()
        .into_iter()
        .map(|room| (format!("engine/{}/Cargo.toml", room.name), room.manifest))
        .chain(["xtask/Cargo.toml", "tests/Cargo.toml"].map(|path| (path.to_owned(), read(path))));
    for (path, manifest) in manifests {
        let inherits = manifest
            .split("[lints]")
            .nth(1)
            .is_some_and(|rest| rest.trim_start().starts_with("workspace = true"));
        if !inherits {
            found.push(format!("{path}: no `[lints] workspace = true`"));
        }
    }
    none(found, "Every crate takes the lints of the workspace.");
}

/// Routes are declared through one function whose argument is the permission, so a route without
/// one does not compile. That holds only while nobody reaches around that function.
#[test]
fn routes_are_declared_in_one_file() {
    let mut files: Vec<String> = engine()
        .iter()
        .filter(|source| source.path.starts_with("engine/server/"))
        .filter(|source| source.code().contains(".route("))
        .map(|source| source.path.clone())
        .collect();
    if files.len() <= 1 {
        files.clear();
    }
    none(
        files,
        "Only one file may call `Router::route`: the one that asks each route for its permission.",
    );
}

#[test]
fn sql_stands_in_the_store_only() {
    /// How a statement begins, and what it must hold besides.
    const SQL: [(&str, &str); 10] = [
        ("select ", " from "),
        ("insert into ", "("),
        ("insert or ", " into "),
        ("update ", " set "),
        ("delete from ", ""),
        ("create table ", "("),
        ("create index ", " on "),
        ("alter table ", " "),
        ("pragma ", ""),
        ("with recursive ", ""),
    ];
    let mut found = vec![];
    for source in engine() {
        if source.path.starts_with("engine/store/") {
            continue;
        }
        let quoted = source.quoted();
        for (n, line) in quoted.lines().enumerate() {
            for text in line.split('"') {
                let text = text.trim_start().to_lowercase();
                if SQL
                    .iter()
                    .any(|(head, also)| text.starts_with(head) && text.contains(also))
                {
                    found.push(format!("{}:{}: {}", source.path, n + 1, text.trim()));
                }
            }
        }
    }
    none(found, "SQL text is built in one room, from metadata.");
}

#[test]
fn a_text_becomes_sql_in_one_file() {
    // Split, so that this file does not hold the word.
    let word = ["Assert", "SqlSafe"].concat();
    let mut files = vec![];
    for source in engine() {
        let found = places(&source, &source.code(), &word);
        if found.is_empty() {
            continue;
        }
        if !source.path.starts_with("engine/store/") {
            files.extend(found);
        } else {
            files.push(source.path.clone());
        }
    }
    if files.len() == 1 && files[0].starts_with("engine/store/") {
        files.clear();
    }
    none(
        files,
        "One file of the store may vouch for a text as SQL; whoever wants to needs its function.",
    );
}
