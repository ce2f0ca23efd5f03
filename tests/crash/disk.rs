//! A disk that is full: a clear answer, nothing lost, and on it goes once there is space again.

use crate::{
    client::{Client, Whereabouts},
    served::Place,
};
use serde_json::{Value, json};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How often the disk is filled and freed.
const FILLS: usize = 3;
/// After space is back, commands are taken again within this (6.4.1).
const BACK: Duration = Duration::from_secs(5);

/// A small disk of its own, as root may make one; it is gone with this.
struct Small(PathBuf);

impl Small {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=48m", "formwork-test"]);
        let done = mount.arg(at).stderr(Stdio::null()).status();
        done.is_ok_and(|s| s.success()).then(|| Self(at.into()))
    }
    /// Takes all the space that is left.
    fn fill(&self) {
        let mut file = fs::File::create(self.filler()).unwrap();
        let block = [7u8; 4096];
        while file.write_all(&block).is_ok() {}
    }
    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: the server that still holds it is killed by its own drop.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn memo(text: &str) -> Value {
    json!({ "values": { "text": text.repeat(600) } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_survived() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Small::mount(&dir.path().join("disk")) else {
        // Who may not mount has the same proof on a file that may not grow, in the store.
        println!("not run: only root can mount; the store's own test holds without a mount");
        return;
    };
    let place = Place::sqlite(&disk.0.join("site"));
    place.furnish(1).await;
    let mut server = place.serve();
    let at = Whereabouts::default();
    at.is(Some(server.address.clone()));
    let mut client = Client::log_in("c0", &at);
    let path = "/api/records/lab/memo";
    let mut kept = vec![];
    for fill in 0..FILLS {
        for n in 0..5 {
            let made = client.command(path.into(), memo(&format!("{fill}-{n} ")));
            assert_eq!(made.status, 201, "{made:?}");
            kept.push(made.said["id"].as_str().unwrap().to_owned());
        }
        disk.fill();
        // The log has room within what it holds already; then there is none.
        let mut full = 0;
        for n in 0..400 {
            let (status, said) = client
                .once(path, &memo(&format!("{fill}+{n} ")))
                .expect("an answer");
            match status {
                201 => kept.push(said["id"].as_str().unwrap().to_owned()),
                507 => {
                    assert_eq!(said["code"], "disk_full", "{said}");
                    full += 1;
                }
                _ => panic!("{status} {said}"),
            }
            if full == 5 {
                break;
            }
        }
        assert_eq!(full, 5, "the disk was never full");
        // Reading goes on.
        let last = kept.last().unwrap();
        client.get(&format!("{path}/{last}"));
        assert_eq!(client.get("/api/health")["status"], "ok");
        disk.free();
        let freed = Instant::now();
        loop {
            let (status, said) = client
                .once(path, &memo(&format!("{fill}! ")))
                .expect("an answer");
            if status == 201 {
                kept.push(said["id"].as_str().unwrap().to_owned());
                break;
            }
            assert_eq!(status, 507, "{said}");
            assert!(
                freed.elapsed() < BACK,
                "no command was taken after {BACK:?}"
            );
            thread::sleep(Duration::from_millis(50));
        }
        assert!(server.lives());
    }
    for id in &kept {
        client.get(&format!("{path}/{id}"));
    }
    let count = client.get(&format!("{path}/count"));
    assert_eq!(count["count"], kept.len(), "{count}");
    server.kill();
    place.verify();
    drop(disk);
}
