//! Where things are, and how programs are started: the root of the workspace, the target folder,
//! programs on PATH, and commands whose output is shown and read at the same time.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
};

/// The workspace a verb works in.
pub struct House {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Where cargo puts what it builds.
    pub target: PathBuf,
}

impl House {
    /// The workspace this program was built from.
    pub fn find() -> Result<Self, String> {
        // Cargo says at run time which folder the program belongs to; a program started by hand
        // looks upwards from where it stands.
        let start = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => env::current_dir().map_err(|e| format!("no working folder: {e}"))?,
        };
        let root = start
            .ancestors()
            .find(|folder| folder.join("xtask/Cargo.toml").is_file())
            .ok_or("run it from inside the repository")?
            .to_path_buf();
        // This program lies in <target>/debug, wherever the target folder was moved to.
        let target = env::current_exe()
            .ok()
            .and_then(|exe| Some(exe.parent()?.parent()?.to_path_buf()))
            .ok_or("cannot tell where this program lies")?;
        Ok(Self { root, target })
    }

    /// The engine's binary, as built by `cargo build --workspace`.
    pub fn formwork(&self, release: bool) -> PathBuf {
        self.binary("formwork", release)
    }

    /// A binary of the workspace.
    pub fn binary(&self, name: &str, release: bool) -> PathBuf {
        let profile = if release { "release" } else { "debug" };
        let name = format!("{name}{}", env::consts::EXE_SUFFIX);
        self.target.join(profile).join(name)
    }

    /// A command that starts in the root of the workspace.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// Cargo itself, the one that started this program, as if started by hand: what it said to
    /// this program about its package would make some build scripts run again.
    pub fn cargo(&self) -> Command {
        let mut command = self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// Builds everything at once. Always the whole workspace: a selection of crates would unify
    /// other features and recompile most of the graph.
    pub fn build(&self, release: bool) -> Result<bool, String> {
        crate::web::make_dist_folder(self)?;
        let mut build = self.cargo();
        build.args(["build", "--workspace"]);
        if release {
            build.arg("--release");
        }
        run(&mut build)
    }
}

/// A program on PATH, or in the folders for administrators that PATH of a plain user may lack.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    // npm is a script with another ending on Windows.
    let endings: &[&str] = if cfg!(windows) {
        &[".exe", ".cmd"]
    } else {
        &[""]
    };
    env::split_paths(&path)
        .chain(more)
        .flat_map(|folder| {
            endings
                .iter()
                .map(move |ending| folder.join(format!("{name}{ending}")))
        })
        .find(|file| file.is_file())
}

/// Shows a command and runs it. False: it ran and failed.
pub fn run(command: &mut Command) -> Result<bool, String> {
    announce(command);
    let status = command.status().map_err(|e| cannot(command, &e))?;
    Ok(status.success())
}

/// Runs a command without showing it. Goes out: what it printed on standard output.
pub fn ask(command: &mut Command) -> Result<String, String> {
    let out = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| cannot(command, &e))?;
    if out.status.success() {
        return Ok(String::from_utf8_lossy(&out.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&out.stderr);
    Err(format!(
        "{} failed ({}): {}",
        shown(command),
        out.status,
        said.trim()
    ))
}

/// Shows a command, runs it, shows what it prints and hands every line to `read`, stripped of
/// colours. False: it ran and failed.
pub fn watch(command: &mut Command, mut read: impl FnMut(&str)) -> Result<bool, String> {
    announce(command);
    if std::io::stderr().is_terminal() {
        // Cargo sees a pipe and would leave its colours out.
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| cannot(command, &e))?;
    let (send, lines) = mpsc::channel();
    let out = child
        .stdout
        .take()
        .map(|out| forward(out, std::io::stdout(), send.clone()));
    let err = child
        .stderr
        .take()
        .map(|err| forward(err, std::io::stderr(), send.clone()));
    drop(send);
    for line in lines {
        read(&plain(&line));
    }
    for thread in [out, err].into_iter().flatten() {
        let _ = thread.join();
    }
    let status = child.wait().map_err(|e| cannot(command, &e))?;
    Ok(status.success())
}

fn forward(
    from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
    send: mpsc::Sender<String>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while matches!(from.read_until(b'\n', &mut line), Ok(n) if n > 0) {
            // Nobody may be listening any more (`| head`); the counts are still wanted.
            let _ = to.write_all(&line).and_then(|()| to.flush());
            let _ = send.send(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
    })
}

/// A line without terminal colours.
fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            // ESC [ … letter
            rest.by_ref().find(|c| c.is_ascii_alphabetic());
        } else {
            out.push(c);
        }
    }
    out
}

fn announce(command: &Command) {
    eprintln!("· {}", shown(command));
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![
        program
            .file_stem()
            .unwrap_or(program.as_os_str())
            .to_string_lossy()
            .into_owned(),
    ];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    words.join(" ")
}

fn cannot(command: &Command, why: &std::io::Error) -> String {
    format!("cannot start {}: {why}", shown(command))
}

/// Whether this program runs as the superuser.
pub fn is_root() -> bool {
    cfg!(unix) && ask(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_stripped() {
        assert_eq!(plain("\u{1b}[32;1m     3\u{1b}[0m passed"), "     3 passed");
    }

    #[test]
    fn output_is_read_line_by_line() {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let mut lines = vec![];
        let ok = watch(cargo.arg("--version"), |line| lines.push(line.to_owned()));
        assert_eq!(ok, Ok(true));
        assert!(lines[0].starts_with("cargo "), "{lines:?}");
    }
}
