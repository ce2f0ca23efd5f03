//! A running `formwork serve` over a site with the lab package, and what the program says of it.

use runtime::{Clock, Language, NewUser, Options, Site, folder};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The password of every client.
pub const PASSWORD: &str = "killed and come back";

/// Where a site is kept.
#[derive(Clone)]
pub struct Place {
    pub data: PathBuf,
    /// Address and schema of a PostgreSQL.
    pub postgres: Option<(String, String)>,
}

impl Place {
    pub fn sqlite(data: &Path) -> Self {
        Self {
            data: data.into(),
            postgres: None,
        }
    }
    pub fn postgres(data: &Path) -> Self {
        let url = std::env::var("FORMWORK_TEST_PG")
            .expect("FORMWORK_TEST_PG names no PostgreSQL; `cargo xtask test` starts one");
        let schema = format!("t_{}", uuid::Uuid::new_v4().simple());
        Self {
            data: data.into(),
            postgres: Some((url, schema)),
        }
    }

    pub async fn open(&self) -> Site {
        let mut options = Options::folder(self.data.clone(), program());
        options.clock = Clock::System;
        options.allow_unsafe = true;
        if let Some((url, schema)) = &self.postgres {
            options.database = Some(url.clone());
            options.schema.clone_from(schema);
        }
        Site::open(options).await.unwrap()
    }

    /// Publishes the lab and adds users who may decide: `c0`, `c1`, …
    pub async fn furnish(&self, users: usize) {
        let site = self.open().await;
        let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/runtime/tests/lab");
        let lab = folder::package(Path::new(lab)).unwrap();
        site.publish(None, vec![lab], false).await.unwrap();
        for n in 0..users {
            let new = NewUser {
                login: format!("c{n}"),
                name: None,
                password: Some(PASSWORD.into()),
                person: None,
                roles: vec![("lab/approver".parse().unwrap(), None)],
                language: Language::En,
            };
            site.add_user(new).await.unwrap();
        }
        site.close().await;
    }

    /// A verb of the program on this site.
    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(program());
        for (name, _) in std::env::vars().filter(|(n, _)| n.starts_with("FORMWORK_")) {
            command.env_remove(name);
        }
        command.arg(verb).arg("--data").arg(&self.data);
        if let Some((url, schema)) = &self.postgres {
            command.args(["--database", url, "--schema", schema, "--allow-unsafe"]);
        }
        command
    }

    pub fn serve(&self) -> Served {
        let mut command = self.command("serve");
        command
            .args(["--listen", "127.0.0.1:0", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line)
            .unwrap_or_else(|e| panic!("the server did not get ready: {e}: {line}"));
        let address = ready["address"].as_str().unwrap().to_owned();
        Served { child, address }
    }

    /// `formwork verify`, which must find nothing.
    pub fn verify(&self) {
        let out = self.command("verify").arg("--json").output().unwrap();
        let told = String::from_utf8_lossy(&out.stdout);
        let say = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{told}\n{say}");
    }
}

fn program() -> PathBuf {
    std::env::var_os("FORMWORK_BIN")
        .expect("FORMWORK_BIN names no program; `cargo xtask test` builds and names it")
        .into()
}

/// A server at work. It ends with this, without a word.
pub struct Served {
    child: Child,
    pub address: String,
}

impl Served {
    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
    pub fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Killed already, or killed now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
