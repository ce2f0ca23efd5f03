//! A PostgreSQL of one's own for a while: made in a temporary folder, on a free port of this
//! machine, gone afterwards.
//!
//! Who stops it is a second process of this program, the guard. It waits on a pipe that only this
//! process holds open; when this process ends in whatever way (done, panic, Ctrl-C, killed), the
//! pipe closes, and the guard stops the server and removes the folder.

use crate::tools::{self, House};
use std::{
    env, fs,
    io::Read,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::SystemTime,
};

/// The inner verb of the guard.
pub const GUARD: &str = "guard-postgres";

/// Where `initdb`, `pg_ctl` and `postgres` lie together.
#[derive(Clone)]
pub struct Programs(PathBuf);

impl Programs {
    /// On PATH, or where Debian puts them (the newest version).
    pub fn find() -> Option<Self> {
        let on_path = tools::find("pg_ctl")
            .and_then(|file| fs::canonicalize(file).ok())
            .and_then(|file| Some(file.parent()?.to_path_buf()));
        let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let version = entry.file_name().to_string_lossy().parse().ok()?;
                Some((version, entry.path().join("bin")))
            })
            .collect();
        versions.sort();
        on_path
            .into_iter()
            .chain(versions.into_iter().rev().map(|(_, folder)| folder))
            .find(|folder| {
                ["initdb", "pg_ctl", "postgres"].iter().all(|name| {
                    folder
                        .join(format!("{name}{}", env::consts::EXE_SUFFIX))
                        .is_file()
                })
            })
            .map(Self)
    }

    /// One of them, to be run as a user it accepts: PostgreSQL refuses the superuser.
    fn command(&self, name: &str, folder: &Path) -> Result<Command, String> {
        let program = self.0.join(name);
        let mut command = if tools::is_root() {
            as_postgres(&program)?
        } else {
            Command::new(program)
        };
        // The user that it runs as may not be allowed to stand where we stand.
        command.current_dir(folder).stdin(Stdio::null());
        Ok(command)
    }
}

fn as_postgres(program: &Path) -> Result<Command, String> {
    if let Some(runuser) = tools::find("runuser") {
        let mut command = Command::new(runuser);
        command.args(["-u", "postgres", "--"]).arg(program);
        return Ok(command);
    }
    if let Some(setpriv) = tools::find("setpriv") {
        let mut command = Command::new(setpriv);
        command
            .args(["--reuid=postgres", "--regid=postgres", "--init-groups"])
            .arg(program);
        return Ok(command);
    }
    if let Some(su) = tools::find("su") {
        let mut command = Command::new(su);
        // What follows the user are the words of the shell's `"$0" "$@"`.
        command
            .args([
                "postgres",
                "-s",
                "/bin/sh",
                "-c",
                "exec \"$0\" \"$@\"",
                "--",
            ])
            .arg(program);
        return Ok(command);
    }
    Err("PostgreSQL refuses to run as root, and there is no runuser, setpriv or su here".into())
}

/// How much the server cares about its files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durable {
    /// For tests: the folder is thrown away, so nothing is flushed.
    No,
    /// For benchmarks: as a customer runs it.
    Yes,
}

/// A running server; dropping it stops it.
pub struct Cluster {
    url: String,
    guard: Child,
}

impl Cluster {
    /// Makes and starts one.
    pub fn start(programs: &Programs, durable: Durable) -> Result<Self, String> {
        let folder = make_folder()?;
        // From here on the guard cleans up, even after a failure half way.
        let exe = env::current_exe().map_err(|e| format!("cannot tell where xtask lies: {e}"))?;
        let mut guard = Command::new(exe);
        guard
            .arg(GUARD)
            .arg(&folder)
            .arg(&programs.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        #[cfg(unix)]
        {
            // Ctrl-C goes to the whole group of the terminal; the guard must outlive it.
            use std::os::unix::process::CommandExt;
            guard.process_group(0);
        }
        let guard = guard
            .spawn()
            .map_err(|e| format!("cannot start the guard of PostgreSQL: {e}"))?;
        let mut cluster = Self {
            url: String::new(),
            guard,
        };
        cluster.make(programs, &folder, durable)?;
        Ok(cluster)
    }

    /// The address of its database `postgres`, as its superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn make(&mut self, programs: &Programs, folder: &Path, durable: Durable) -> Result<(), String> {
        let data = folder.join("data");
        tools::ask(
            programs
                .command("initdb", folder)?
                .args(["--no-sync", "--auth=trust", "--username=postgres"])
                .args(["--encoding=UTF8", "--locale=C.UTF-8", "-D"])
                .arg(&data),
        )?;
        // Another program may take the free port before the server does.
        let mut why = String::new();
        for _ in 0..3 {
            let port = free_port()?;
            let log = folder.join("log");
            let started = tools::ask(
                programs
                    .command("pg_ctl", folder)?
                    .args(["start", "--wait", "--timeout=60", "-D"])
                    .arg(&data)
                    .arg("-l")
                    .arg(&log)
                    .arg("-o")
                    .arg(settings(port, folder, durable)),
            );
            match started {
                Ok(_) => {
                    self.url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
                    eprintln!("PostgreSQL on port {port}, until this ends");
                    return Ok(());
                }
                Err(e) => {
                    let log = fs::read_to_string(&log).unwrap_or_default();
                    why = format!("{e}\n{}", log.trim());
                }
            }
        }
        Err(why)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Nothing to be done about a guard that is gone; it has said why itself.
        let _ = self.guard.wait();
    }
}

/// Options of the server.
fn settings(port: u16, folder: &Path, durable: Durable) -> String {
    let mut words = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".into(),
        format!("unix_socket_directories='{}'", folder.display()),
        // Each test has a pool of its own, and several run at once.
        "max_connections=300".into(),
        "timezone=UTC".into(),
    ];
    match durable {
        Durable::No => words.extend(["fsync=off".into(), "full_page_writes=off".into()]),
        Durable::Yes => words.push("shared_buffers=512MB".into()),
    }
    let words: Vec<String> = words.iter().map(|word| format!("-c {word}")).collect();
    words.join(" ")
}

fn free_port() -> Result<u16, String> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|e| format!("no free port: {e}"))
}

/// A new temporary folder that belongs to whom PostgreSQL runs as.
fn make_folder() -> Result<PathBuf, String> {
    let moment = SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(0, |since| since.subsec_nanos());
    // Short, because the path of a socket may have some hundred bytes only.
    let name = format!("formwork-pg-{}-{moment}", std::process::id());
    let folder = env::temp_dir().join(name);
    let cannot = |e: std::io::Error| format!("cannot make {}: {e}", folder.display());
    fs::create_dir(&folder).map_err(cannot)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, chown};
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(cannot)?;
        if tools::is_root() {
            let id = |of: &str| {
                let said = tools::ask(Command::new("id").args([of, "postgres"]))?;
                said.trim()
                    .parse::<u32>()
                    .map_err(|e| format!("user postgres: {e}"))
            };
            chown(&folder, Some(id("-u")?), Some(id("-g")?)).map_err(cannot)?;
        }
    }
    Ok(folder)
}

/// The guard: waits until its starter is gone, then stops the server and removes the folder.
pub fn guard(_: &House, words: &[String]) -> Result<bool, String> {
    let [folder, programs] = words else {
        return Err("not to be started by hand".into());
    };
    let (folder, programs) = (Path::new(folder), Programs(programs.into()));
    // Ends with the last holder of the other end; an error means the same.
    let _ = std::io::stdin().read_to_end(&mut vec![]);
    let data = folder.join("data");
    let pid_file = data.join("postmaster.pid");
    if pid_file.exists() {
        let stopped = tools::ask(
            programs
                .command("pg_ctl", folder)?
                .args(["stop", "--mode=immediate", "--wait", "--timeout=20", "-D"])
                .arg(&data),
        );
        if let Err(why) = stopped {
            eprintln!("{why}");
            kill(&pid_file);
        }
    }
    fs::remove_dir_all(folder).map_err(|e| format!("cannot remove {}: {e}", folder.display()))?;
    Ok(true)
}

/// The last means: the process named by the first line of the server's own file.
fn kill(pid_file: &Path) {
    let pid = fs::read_to_string(pid_file)
        .ok()
        .and_then(|text| text.lines().next()?.trim().parse::<u32>().ok());
    if let Some(pid) = pid {
        let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_for_tests_flushes_nothing_and_one_for_benchmarks_does() {
        let folder = Path::new("x");
        assert!(settings(1, folder, Durable::No).contains("-c fsync=off"));
        assert!(!settings(1, folder, Durable::Yes).contains("fsync"));
    }

    #[test]
    fn a_free_port_can_be_bound() {
        let port = free_port().expect("a port");
        TcpListener::bind(("127.0.0.1", port)).expect("free");
    }
}
