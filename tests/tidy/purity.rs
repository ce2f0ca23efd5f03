//! What the pure rooms never do: `model`, `kernel` and `bpmn` are functions of what they are given.

use crate::{
    none,
    sources::{engine, places, words},
};

const PURE: [&str; 3] = ["engine/model/", "engine/kernel/", "engine/bpmn/"];

/// A sign in code, and what it would mean.
const SIGNS: [(&str, &str); 17] = [
    (".await", "awaits"),
    ("async fn", "awaits"),
    ("async move", "awaits"),
    ("SystemTime", "reads a clock"),
    ("Instant::", "reads a clock"),
    ("Utc::now", "reads a clock"),
    ("Local::now", "reads a clock"),
    ("thread::sleep", "waits"),
    ("std::fs", "opens a file"),
    ("File::open", "opens a file"),
    ("std::net", "opens a connection"),
    ("std::env", "reads the environment"),
    ("std::process", "starts a process"),
    ("getrandom", "draws a random number"),
    ("rand::", "draws a random number"),
    ("new_v4", "draws a random number"),
    ("now_v7", "reads a clock and draws a random number"),
];

#[test]
fn model_and_kernel_are_pure() {
    let mut found = vec![];
    for source in engine() {
        if !PURE.iter().any(|room| source.path.starts_with(room)) {
            continue;
        }
        let code = source.code();
        for (sign, means) in SIGNS {
            for place in places(&source, &code, sign) {
                found.push(format!("{place} {means} ({sign})"));
            }
        }
    }
    none(
        found,
        "`model`, `kernel` and `bpmn` never await, read a clock, open a file or draw a random number; \
         what they need to know is handed in.",
    );
}

/// Floats cannot hold an amount, so the rooms that values live in have none at all.
#[test]
fn values_are_never_floats() {
    const ROOMS: [&str; 3] = ["engine/model/", "engine/kernel/", "engine/store/"];
    // A number of a JSON file comes from the parser as it will; it goes into text, not into a value.
    const PARSER: &str = "engine/model/src/canonical.rs";
    let mut found = vec![];
    for source in engine() {
        if !ROOMS.iter().any(|room| source.path.starts_with(room)) || source.path == PARSER {
            continue;
        }
        for (line, word) in words(&source.code()) {
            if word == "f64" || word == "f32" {
                found.push(format!("{}:{line}", source.path));
            }
        }
    }
    none(
        found,
        "An amount is a decimal; a float never stands for one.",
    );
}
