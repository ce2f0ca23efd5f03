//! `cargo xtask <verb>`: every chore of this repository, with nothing but the standard library.
//!
//! Comes in: a verb and its words. Goes out: what the tools print, and an exit code that a script
//! can use (0 done, 1 something failed, 2 not understood). Refuses to know: what the engine does.

mod bench;
mod conformance;
mod hooks;
mod licences;
mod needs;
mod openapi;
mod packages;
mod postgres;
mod report;
mod run;
mod test;
mod tools;
mod web;

use std::process::ExitCode;
use tools::House;

/// What a verb takes: the house it works in, and the words after it. Goes out: whether all is well.
type Act = fn(&House, &[String]) -> Result<bool, String>;

struct Verb {
    name: &'static str,
    says: &'static str,
    help: &'static str,
    act: Act,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "run",
        says: "build the web app and the server, and start it with the demo company",
        help: run::HELP,
        act: run::run,
    },
    Verb {
        name: "test",
        says: "everything: format, lints, licences, web app, tests on both databases, drift",
        help: test::HELP,
        act: test::run,
    },
    Verb {
        name: "bench",
        says: "the benchmarks, each beside its pair",
        help: bench::HELP,
        act: bench::run,
    },
    Verb {
        name: "conformance",
        says: "the public cases, one line a suite",
        help: conformance::HELP,
        act: conformance::run,
    },
    Verb {
        name: "ci",
        says: "what the continuous integration runs: the same as `test`",
        help: test::HELP,
        act: test::run,
    },
    Verb {
        name: "check",
        says: "check every package of this repository",
        help: packages::CHECK_HELP,
        act: packages::check,
    },
    Verb {
        name: "fmt",
        says: "format the Rust sources and every package",
        help: packages::FMT_HELP,
        act: packages::fmt,
    },
    Verb {
        name: "openapi",
        says: "write schemas/openapi.json from what the server says of itself",
        help: openapi::HELP,
        act: openapi::write,
    },
    Verb {
        name: "licences",
        says: "hold the dependencies against deny.toml",
        help: licences::HELP,
        act: licences::run,
    },
    Verb {
        name: "hooks",
        says: "put a quick check before every commit of this clone",
        help: hooks::HELP,
        act: hooks::install,
    },
];

/// Verbs that other verbs start; a person has no use for them, so the help is silent about them.
const INNER: &[(&str, Act)] = &[
    (postgres::GUARD, postgres::guard),
    (hooks::QUICK, hooks::quick),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = words.split_first() else {
        print!("{}", help());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "--help" | "-h" | "help") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let inner = INNER.iter().find(|(n, _)| n == name).map(|(_, act)| *act);
    let verb = VERBS.iter().find(|v| v.name == name);
    if let Some(verb) = verb {
        // What stands after `--` is for the program that is started.
        let asks = rest.iter().take_while(|w| *w != "--");
        if asks.into_iter().any(|w| w == "--help" || w == "-h") {
            print!("{}", verb.help);
            return ExitCode::SUCCESS;
        }
    }
    let Some(act) = inner.or(verb.map(|v| v.act)) else {
        eprintln!("xtask: there is no verb `{name}`\n\n{}", help());
        return ExitCode::from(2);
    };
    match House::find().and_then(|house| act(&house, rest)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("xtask {name}: {why}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let mut text = String::from("cargo xtask <verb>\n\n");
    for verb in VERBS {
        text += &format!("  {:<9} {}\n", verb.name, verb.says);
    }
    text + "\n`cargo xtask <verb> --help` says more about one verb.\n"
}
