//! The stories of the builtin modules, told by the program itself: all of them on SQLite, some on
//! PostgreSQL and over HTTP.

use std::{path::Path, process::Command};

/// Tells stories and expects every one to come out as it says.
fn tell(on: &str, only: Option<&str>) {
    let program = std::env::var("FORMWORK_BIN")
        .expect("FORMWORK_BIN names no program; `cargo xtask test` builds and names it");
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../builtin-modules");
    let mut command = Command::new(program);
    command.arg("test").arg(modules).args(["--on", on]);
    if let Some(only) = only {
        command.args(["--only", only]);
    }
    let out = command.output().expect("the program runs");
    let told = String::from_utf8_lossy(&out.stdout);
    let say = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{told}\n{say}");
}

#[test]
fn every_story_of_the_builtin_modules_on_sqlite() {
    tell("sqlite", None);
}

#[test]
fn orders_are_returned_on_postgres() {
    tell("postgres", Some("purchasing/return"));
}

#[test]
fn orders_are_routed_over_http() {
    tell("http", Some("purchasing/rout"));
}
