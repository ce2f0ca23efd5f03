//! The web app as a person meets it: a demo site served by the program itself, driven in a
//! Chromium. What is done there stands in the scripts beside this file.

use std::{
    io::BufReader,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A demo site that is served as long as this lives.
struct Served {
    server: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Served {
    fn start() -> Self {
        let program = std::env::var("FORMWORK_BIN")
            .expect("FORMWORK_BIN names no program; `cargo xtask test` builds and names it");
        let folder = tempfile::tempdir().expect("a folder");
        let mut server = Command::new(program)
            .args(["serve", "--demo", "--json", "--listen", "127.0.0.1:0"])
            .args(["--log-level", "warn", "--data"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        // Printed when it is ready; only what is printed then says which port was free.
        let said = server.stdout.take().expect("its output");
        let mut ready = serde_json::Deserializer::from_reader(BufReader::new(said))
            .into_iter::<serde_json::Value>();
        let ready = ready.next().expect("an address").expect("JSON");
        let address = ready["address"].as_str().expect("an address").to_owned();
        Self {
            server,
            address,
            _folder: folder,
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// Runs a script on a site of its own and expects a line `ok …` for each of `parts`.
fn drive(script: &str, parts: &[&str]) {
    let served = Served::start();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("browser")
        .join(script);
    let out = Command::new("node")
        .arg(path)
        .arg(&served.address)
        .output()
        .expect("Node.js runs");
    let said = String::from_utf8_lossy(&out.stdout);
    let wrong = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}\n{wrong}");
    let done: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("ok "))
        .collect();
    assert_eq!(done.len(), parts.len(), "{said}");
    for part in parts {
        assert!(done.iter().any(|line| line.ends_with(part)), "{said}");
    }
}

#[test]
fn an_order_is_written_approved_on_a_phone_and_seen_in_the_ledger() {
    drive("order.mjs", &["on a desk", "on a phone"]);
}
