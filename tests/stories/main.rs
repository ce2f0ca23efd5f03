//! The stories of the builtin modules, told by the program itself: all of them on both databases
//! and over HTTP.

use std::{path::Path, process::Command};

/// Tells every story on a stage and expects each to come out as it says.
fn tell(on: &str) {
    let program = std::env::var("FORMWORK_BIN")
        .expect("FORMWORK_BIN names no program; `cargo xtask test` builds and names it");
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../builtin-modules");
    let mut command = Command::new(program);
    command.arg("test").arg(modules).args(["--on", on]);
    let out = command.output().expect("the program runs");
    let told = String::from_utf8_lossy(&out.stdout);
    let say = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{told}\n{say}");
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
