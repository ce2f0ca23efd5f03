//! `formwork fmt`.

use super::{Outcome, Trouble, print_json, print_line};
use clap::Args;
use model::canonical;
use serde_json::json;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folders deeper than this hold no package files.
const DEPTH_MAX: usize = 16;

#[derive(Args)]
pub struct Fmt {
    /// Package folders, folders of packages, or single JSON files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change nothing; name the files that would change, and end with 1 if there are any
    #[arg(long)]
    check: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Fmt {
    pub fn run(self) -> Outcome {
        let mut files = vec![];
        for path in &self.paths {
            find(path, 0, &mut files)
                .map_err(|e| Trouble::Failed(format!("{}: {e}", path.display())))?;
        }
        files.sort();
        files.dedup();
        let (mut changed, mut broken) = (vec![], vec![]);
        for file in &files {
            let shown = file.display();
            let failed = |e: io::Error| Trouble::Failed(format!("{shown}: {e}"));
            let Ok(text) = String::from_utf8(fs::read(file).map_err(failed)?) else {
                broken.push(format!("{shown}: not UTF-8"));
                continue;
            };
            match canonical::format(&text) {
                Err(why) => broken.push(format!("{shown}: {why}")),
                Ok(formed) if formed == text => {}
                Ok(formed) => {
                    if !self.check {
                        replace(file, &formed).map_err(failed)?;
                    }
                    changed.push(shown.to_string());
                }
            }
        }
        if self.json {
            let told = json!({ "files": files.len(), "changed": changed, "problems": broken });
            print_json(&told)?;
        } else {
            for line in changed.iter().chain(&broken) {
                print_line(line)?;
            }
            let verb = if self.check {
                "would change"
            } else {
                "changed"
            };
            print_line(&format!("{} files, {} {verb}", files.len(), changed.len()))?;
        }
        if broken.is_empty() && (changed.is_empty() || !self.check) {
            Ok(())
        } else {
            Err(Trouble::Problems)
        }
    }
}

/// All JSON files under a path; what begins with a dot is left alone.
fn find(path: &Path, depth: usize, out: &mut Vec<PathBuf>) -> io::Result<()> {
    if fs::metadata(path)?.is_file() {
        out.push(path.to_path_buf());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let (inner, kind) = (entry.path(), entry.file_type()?);
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() && depth < DEPTH_MAX {
            find(&inner, depth + 1, out)?;
        } else if kind.is_file() && inner.extension().is_some_and(|e| e == "json") {
            out.push(inner);
        }
    }
    Ok(())
}

/// Writes beside and renames, so that nobody ever reads half a file.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let beside = file.with_extension("json.new");
    fs::write(&beside, text)?;
    fs::rename(&beside, file)
}
