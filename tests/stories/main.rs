//! The stories of the builtin modules, told by the program itself: all of them on both databases
//! and over HTTP, and those a person would show in a browser.

use std::{path::Path, process::Command};

/// What drives the browser.
const PLAYER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../designer/browser/player.mjs"
);

/// Tells every story on a stage, expects each to come out as it says, and gives what was printed.
fn tell(on: &str) -> String {
    let program = std::env::var("FORMWORK_BIN")
        .expect("FORMWORK_BIN names no program; `cargo xtask test` builds and names it");
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../builtin-modules");
    let mut command = Command::new(program);
    command.arg("test").arg(modules).args(["--on", on]);
    command.args(["--player", PLAYER]);
    let out = command.output().expect("the program runs");
    let told = String::from_utf8_lossy(&out.stdout);
    let say = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{told}\n{say}");
    told.into_owned()
}

#[test]
fn every_story_of_the_builtin_modules_on_sqlite() {
    tell("sqlite");
}

#[test]
fn every_story_of_the_builtin_modules_on_postgres() {
    tell("postgres");
}

#[test]
fn every_story_of_the_builtin_modules_over_http() {
    tell("http");
}

#[test]
fn stories_that_a_person_would_show_in_the_browser() {
    let told = tell("browser");
    for package in ["leave", "purchasing"] {
        let line = format!("ok   {package}/");
        assert!(told.contains(&line), "no story of {package}\n{told}");
    }
}
