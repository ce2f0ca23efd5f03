//! The stories of the builtin modules and of the worked packages, told by the program itself: all
//! of them on both databases and over HTTP, and those a person would show in a browser.

use std::{path::Path, process::Command};

/// What drives the browser.
const PLAYER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../designer/browser/player.mjs"
);

/// Tells every story of the builtin modules on a stage, and gives what was printed.
fn tell(on: &str) -> String {
    tell_those("../builtin-modules", &[], on)
}

/// Tells every story of the worked packages, which stand on nothing but each other.
fn tell_worked(on: &str) -> String {
    tell_those("worked", &["--alone"], on)
}

/// Tells every story of some packages on stages, and expects each to come out as it says.
fn tell_those(folder: &str, how: &[&str], on: &str) -> String {
    let program = std::env::var("FORMWORK_BIN")
        .expect("FORMWORK_BIN names no program; `cargo xtask test` builds and names it");
    let mut command = Command::new(program);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    command.arg("test").arg(folder).args(how).args(["--on", on]);
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
fn every_story_of_the_worked_packages() {
    let told = tell_worked("sqlite,postgres,http");
    for package in ["base", "trade"] {
        for on in ["sqlite", "postgres", "http"] {
            let told = told.lines().any(|line| {
                line.starts_with(&format!("ok   {package}/"))
                    && line.contains(&format!(" on {on},"))
            });
            assert!(told, "no story of {package} on {on}");
        }
    }
}

#[test]
fn stories_that_a_person_would_show_in_the_browser() {
    let told = tell("browser");
    for package in ["leave", "purchasing"] {
        let line = format!("ok   {package}/");
        assert!(told.contains(&line), "no story of {package}\n{told}");
    }
    let told = tell_worked("browser");
    assert!(told.contains("ok   trade/"), "no worked story\n{told}");
}
