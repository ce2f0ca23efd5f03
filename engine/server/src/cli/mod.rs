//! The command line: what is understood, what is printed, and which code the process ends with.

mod backup;
mod bpmn;
mod check;
mod doctor;
mod fmt;
mod in_browser;
mod openapi;
mod over_http;
mod restore;
mod serve;
mod site;
mod test;
mod user;
mod verify;

use clap::{Parser, Subcommand, ValueEnum};
use runtime::{Error, words::Language};
use serde::Serialize;
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Low-code forms, workflows and ledgers: packages of data in, a running site out.
#[derive(Parser)]
#[command(name = "formwork", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 all is well, 1 problems were found, 2 not understood, \
                        3 it could not be done."
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// How log lines are written to standard error
    #[arg(
        long,
        global = true,
        env = "FORMWORK_LOG",
        value_enum,
        default_value = "text"
    )]
    log: Log,
    /// Which log lines: error, warn, info, debug, trace, or `target=level` with commas
    #[arg(long, global = true, env = "FORMWORK_LOG_LEVEL", value_name = "LEVEL")]
    log_level: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Log {
    Text,
    Json,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve a site: the web app and the interface for programs
    Serve(serve::Serve),
    /// Check packages: all problems at once, each with its file and place
    Check(check::Check),
    /// Bring the files of packages into their one layout
    Fmt(fmt::Fmt),
    /// Turn BPMN 2.0 files into workflows, and workflows into BPMN 2.0 files
    Bpmn(bpmn::Bpmn),
    /// Play the stories of packages on a fresh site, with the builtin modules beneath
    Test(test::Test),
    /// Verify a site: balances, numbers, audit chain, files, replay
    Verify(verify::Verify),
    /// Look for settings and circumstances that endanger a site
    Doctor(doctor::Doctor),
    /// Copy a site to an empty folder
    Backup(backup::Backup),
    /// Bring a copy back into an empty place
    Restore(restore::Restore),
    /// Who may log in
    User(user::User),
    /// Print the description of the HTTP interface (OpenAPI 3.1)
    Openapi(openapi::Openapi),
    /// Runs scripts for a server; never started by hand
    #[command(hide = true)]
    Worker,
}

/// Why a verb did not do what it was asked.
enum Trouble {
    /// Something is wrong with what was looked at; it has been told. Exit code 1.
    Problems,
    /// The words do not make sense together. Exit code 2.
    Usage(String),
    /// It could not be done. Exit code 3.
    Failed(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match &error {
            Error::Problems(problems) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Self::Failed(lines.join("\n"))
            }
            // The cause is for whoever runs the site, and that is who reads this.
            Error::Failure(cause) => Self::Failed(cause.to_string()),
            Error::BadRequest { at, .. } if !at.is_empty() => {
                Self::Failed(format!("{at}: {}", error.say(Language::En)))
            }
            _ => Self::Failed(error.say(Language::En)),
        }
    }
}
impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

type Outcome = Result<(), Trouble>;

/// Understands the words and does what they say.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(&cli);
    let done = match cli.verb {
        Verb::Serve(verb) => waiting(verb.run()),
        Verb::Check(verb) => verb.run(),
        Verb::Fmt(verb) => verb.run(),
        Verb::Bpmn(verb) => verb.run(),
        Verb::Test(verb) => waiting(verb.run()),
        Verb::Verify(verb) => waiting(verb.run()),
        Verb::Doctor(verb) => waiting(verb.run()),
        Verb::Backup(verb) => waiting(verb.run()),
        Verb::Restore(verb) => waiting(verb.run()),
        Verb::User(verb) => waiting(verb.run()),
        Verb::Openapi(verb) => verb.run(),
        Verb::Worker => return runtime::worker::child::main(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble::Problems) => ExitCode::from(1),
        Err(Trouble::Usage(say)) => {
            eprintln!("formwork: {say}");
            ExitCode::from(2)
        }
        Err(Trouble::Failed(say)) => {
            eprintln!("formwork: {say}");
            ExitCode::from(3)
        }
    }
}

/// Runs a verb that waits for a database or for requests.
fn waiting(work: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Trouble::from)?
        .block_on(work)
}

fn log_to_stderr(cli: &Cli) {
    use tracing_subscriber::EnvFilter;
    let serving = matches!(cli.verb, Verb::Serve(_));
    let level = cli
        .log_level
        .as_deref()
        .unwrap_or(if serving { "info" } else { "warn" });
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match cli.log {
        Log::Text => lines.with_target(false).init(),
        Log::Json => lines.json().init(),
    }
    // A panic is one line of the log like any other, without a backtrace that could hold values.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let text = panic.payload_as_str().unwrap_or("panicked");
        tracing::error!(place, "{text}");
    }));
}

/// Prints a result as one JSON document.
fn print_json(value: &impl Serialize) -> Outcome {
    let text = serde_json::to_string(value).map_err(|e| Trouble::Failed(e.to_string()))?;
    print_line(&text)
}

/// Prints a line; a reader that went away (`| head`) is no failure.
fn print_line(text: &str) -> Outcome {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// The packages at several paths, each a package folder or a folder of packages.
fn packages(paths: &[PathBuf]) -> Result<Vec<runtime::folder::Named>, Trouble> {
    let mut out: Vec<runtime::folder::Named> = vec![];
    for path in paths {
        for (name, files) in runtime::folder::packages(path)? {
            if out.iter().any(|(known, _)| *known == name) {
                return Err(Trouble::Usage(format!("the package {name} is given twice")));
            }
            out.push((name, files));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
