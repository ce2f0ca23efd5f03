//! `formwork-conformance DIR [SUITE…]`: the public cases of a folder, one line a suite, then what
//! did not come out, by name.

use formwork_tests::conformance;
use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((dir, wanted)) = words.split_first() else {
        eprintln!("which folder? It is laid out like the public cases.");
        return ExitCode::from(2);
    };
    let tell = |suite: &conformance::Suite| {
        println!("{}", suite.line());
        for case in &suite.cases {
            if let Some(problem) = &case.problem {
                println!("    {}: {problem}", case.name);
            }
        }
    };
    match conformance::run(Path::new(dir), wanted, tell) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}
