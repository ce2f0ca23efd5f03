//! The binary: words in, exit codes out.

use serde_json::Value;
use std::{fs, path::Path, process::Command};

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn formwork(words: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_formwork"));
    for (name, _) in std::env::vars().filter(|(n, _)| n.starts_with("FORMWORK_")) {
        command.env_remove(name);
    }
    let done = command.args(words).output().unwrap();
    Said {
        code: done.status.code().unwrap(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn every_verb_helps_and_what_is_not_understood_is_two() {
    for verb in [
        "serve", "check", "fmt", "test", "verify", "doctor", "backup", "restore", "user", "openapi",
    ] {
        let said = formwork(&[verb, "--help"]);
        assert_eq!(said.code, 0, "{verb}");
        assert!(said.out.contains("Usage:"), "{verb}");
    }
    assert_eq!(formwork(&["fly"]).code, 2);
    assert_eq!(formwork(&["check"]).code, 2);
    let said = formwork(&["verify", "--database", "mysql://x"]);
    assert_eq!(said.code, 2, "{}", said.err);
}

#[test]
fn the_demo_is_not_shown_to_other_machines() {
    let said = formwork(&["serve", "--demo", "--listen", "0.0.0.0:0"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("--force"), "{}", said.err);
}

#[test]
fn fmt_is_a_fixed_point_and_check_only_looks() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop/manifest.json");
    write(&file, "{\"label\":\"Shop\",\"needs\":{}}");
    let path = text(folder.path());
    let said = formwork(&["fmt", path, "--check"]);
    assert_eq!(
        (said.code, said.out.lines().count()),
        (1, 2),
        "{}",
        said.out
    );
    assert_eq!(formwork(&["fmt", path]).code, 0);
    let formed = fs::read_to_string(&file).unwrap();
    assert_eq!(formed, "{\n  \"label\": \"Shop\",\n  \"needs\": {}\n}\n");
    assert_eq!(formwork(&["fmt", path, "--check"]).code, 0);
    write(&file, "{\"label\":1,\"label\":2}");
    let said = formwork(&["fmt", path, "--json"]);
    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (said.code, told["problems"].as_array().unwrap().len()),
        (1, 1)
    );
}

#[test]
fn check_tells_all_problems_with_file_and_place() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder.path().join("shop/manifest.json"),
        "{ \"label\": 1, \"colour\": \"red\" }",
    );
    write(
        &folder.path().join("shop/forms/order.json"),
        "{ \"kind\": \"spaceship\" }",
    );
    let said = formwork(&["check", text(folder.path()), "--json"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let told: Value = serde_json::from_str(&said.out).unwrap();
    let problems = told["problems"].as_array().unwrap();
    assert!(problems.len() >= 4, "{}", said.out);
    for problem in problems {
        assert!(
            problem["file"].as_str().unwrap().starts_with("shop/"),
            "{problem}"
        );
        assert!(!problem["say"].as_str().unwrap().is_empty(), "{problem}");
    }
    assert_eq!(formwork(&["check", "/nowhere/at/all"]).code, 3);
}

#[test]
fn a_verb_that_only_looks_makes_no_site() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("none");
    for verb in ["verify", "doctor"] {
        let said = formwork(&[verb, "--data", text(&data)]);
        assert_eq!(said.code, 3, "{}", said.err);
        assert!(!data.exists());
    }
}
