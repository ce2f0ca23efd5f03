//! Cases that nobody here wrote, held against the engine (10.2).
//!
//! Comes in: a folder laid out like the public cases. Goes out: one line a suite, with counts and
//! rate, and every refusal and failure by name. No file is special-cased: a suite knows only the
//! layout of its folder.

mod bpmn;
mod nets;
mod oa;
mod suite;

pub use suite::{Case, Suite};

use std::path::Path;

/// Runs the suites of one kind over a folder.
type Run = fn(&Path) -> Result<Vec<Suite>, String>;

/// The kinds of suites, by the name one may ask for.
const SUITES: &[(&str, Run)] = &[("bpmn", bpmn::run), ("nets", nets::run), ("oa", oa::run)];

/// Runs the suites of a folder whose name begins with one of `wanted` (all, where nothing is
/// wanted), and tells each as it ends.
pub fn run(dir: &Path, wanted: &[String], tell: impl Fn(&Suite)) -> Result<(), String> {
    for (name, run) in SUITES {
        if wanted.is_empty() || wanted.iter().any(|w| name.starts_with(w.as_str())) {
            run(dir)?.iter().for_each(&tell);
        }
    }
    Ok(())
}

/// The JSON of a file, or why it cannot be read.
pub fn json(file: &Path) -> Result<serde_json::Value, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))
}

/// The files below a folder whose names end like this, in order.
pub fn files(dir: &Path, ending: &str) -> Result<Vec<std::path::PathBuf>, String> {
    let mut found = vec![];
    let mut todo = vec![dir.to_path_buf()];
    while let Some(folder) = todo.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|e| e.to_string())?.path();
            if path.is_dir() {
                todo.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
