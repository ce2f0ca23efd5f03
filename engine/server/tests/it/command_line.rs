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

/// A server at work on a folder, ended with this value.
struct Served {
    child: std::process::Child,
    address: String,
}

impl Served {
    fn of(data: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_formwork"));
        for (name, _) in std::env::vars().filter(|(n, _)| n.starts_with("FORMWORK_")) {
            command.env_remove(name);
        }
        let mut child = command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--data",
                text(data),
                "--json",
            ])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.as_mut().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        let address = told["address"].as_str().unwrap();
        let address = address.trim_start_matches("http://").to_string();
        Self { child, address }
    }

    fn ask(&self, request: &str) -> String {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_site_is_copied_and_its_users_are_changed_while_it_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let served = Served::of(&data);
    let data = text(&data);
    let said = formwork(&["user", "add", "lin", "--data", data, "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let added: Value = serde_json::from_str(&said.out).unwrap();
    let body = serde_json::json!({ "login": "lin", "password": added["password"] }).to_string();
    let log_in = format!(
        "POST /api/session HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        served.address,
        body.len()
    );
    let answer = served.ask(&log_in);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let cookie = answer
        .lines()
        .find_map(|l| l.strip_prefix("set-cookie: "))
        .and_then(|c| c.split(';').next())
        .unwrap();
    let me = format!(
        "GET /api/me HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n",
        served.address
    );
    assert!(served.ask(&me).starts_with("HTTP/1.1 200"));

    let said = formwork(&["user", "list", "--data", data, "--json"]);
    assert!(said.out.contains("\"lin\""), "{}{}", said.out, said.err);
    let copy = folder.path().join("copy");
    let said = formwork(&["backup", text(&copy), "--data", data]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(formwork(&["verify", "--data", data]).code, 0);

    // Kept out from the very next request on, and he cannot come in again.
    let said = formwork(&["user", "disable", "lin", "--data", data]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(served.ask(&me).starts_with("HTTP/1.1 401"));
    assert!(!served.ask(&log_in).starts_with("HTTP/1.1 200"));

    // A second server is still refused.
    let said = formwork(&["serve", "--data", data, "--listen", "127.0.0.1:0"]);
    assert_eq!(said.code, 3, "{}", said.err);
    drop(served);

    let again = folder.path().join("again");
    let said = formwork(&["restore", text(&copy), "--data", text(&again)]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(formwork(&["verify", "--data", text(&again)]).code, 0);
}

#[test]
fn a_folder_that_holds_the_demo_is_not_shown_to_other_machines() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let site = |data: &Path| {
        let program = env!("CARGO_BIN_EXE_formwork").into();
        runtime::Site::open(runtime::Options::folder(data.into(), program))
    };
    let run = tokio::runtime::Runtime::new().unwrap();
    run.block_on(async {
        let site = site(&data).await.unwrap();
        site.load_demo(|_| {}).await.unwrap();
        site.close().await;
    });
    let serve = |more: &[&str]| {
        let words = ["serve", "--data", text(&data), "--listen"];
        formwork(&[&words[..], more].concat())
    };
    for more in [&["0.0.0.0:0"][..], &["127.0.0.1:0", "--behind-proxy"]] {
        let said = serve(more);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains("--force"), "{}", said.err);
    }
}
