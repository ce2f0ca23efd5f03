//! `formwork`: the server and everything around it, one verb each.
//!
//! Exit codes: 0 all is well, 1 something is wrong with what was looked at, 2 the words were not
//! understood, 3 it could not be done.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A worker does nothing else in its life, and starts before anything else could.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|verb| verb == "worker")
    {
        return runtime::worker::child::main();
    }
    cli::main()
}
