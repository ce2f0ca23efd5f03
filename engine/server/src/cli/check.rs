//! `formwork check`.

use super::{Outcome, Trouble, packages, print_json, print_line};
use clap::Args;
use model::{Package, Problem, read};
use serde_json::json;
use std::{path::PathBuf, sync::Arc};

#[derive(Args)]
pub struct Check {
    /// Package folders, or folders of packages
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The packages given and no others: without the builtin modules beneath
    #[arg(long)]
    alone: bool,
    /// Print the problems as JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub fn run(self) -> Outcome {
        let packages = packages(&self.paths)?;
        let problems = match runtime::folder::check(&packages, &beneath(self.alone)?) {
            Ok(_) => vec![],
            Err(problems) => problems,
        };
        if self.json {
            let names: Vec<_> = packages.iter().map(|(name, _)| name).collect();
            print_json(&json!({ "packages": names, "problems": problems }))?;
        } else {
            tell(&problems)?;
            print_line(&format!(
                "{} packages, {} problems",
                packages.len(),
                problems.len()
            ))?;
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Trouble::Problems)
        }
    }
}

/// One line a problem.
pub fn tell(problems: &[Problem]) -> Outcome {
    for problem in problems {
        print_line(&problem.to_string())?;
    }
    Ok(())
}

/// The builtin modules, which every package may lean on that does not stand alone.
pub fn beneath(alone: bool) -> Result<Vec<Arc<Package>>, Trouble> {
    let mut out = vec![];
    if alone {
        return Ok(out);
    }
    for (name, files) in server::builtin::packages() {
        let package = read::package(&name, &files).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Trouble::Failed(format!(
                "the builtin module {name} is broken:\n{}",
                lines.join("\n")
            ))
        })?;
        out.push(Arc::new(package));
    }
    Ok(out)
}
