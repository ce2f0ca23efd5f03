//! `formwork bpmn`: workflows out of BPMN 2.0 files, and back.

use super::{Outcome, Trouble, check::tell, print_json, print_line};
use ::bpmn::{
    Limits, Weight,
    map::{Draft, Mapping, Verdict},
};
use clap::{Args, Subcommand};
use model::{canonical, read};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

#[derive(Args)]
pub struct Bpmn {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Turn the processes of a BPMN 2.0 file into workflows, with a report of every element
    #[command(
        after_help = "Every element is mapped, approximated or refused; the report goes to \
                            standard error. Where the file leaves open what a workflow must say, \
                            `null` is written, and `formwork check` points there until a person \
                            has filled it in.\n\nExit codes: 0 everything is mapped or \
                            approximated, 1 something was refused or the file is broken, 2 not \
                            understood, 3 it could not be done."
    )]
    Import(Import),
    /// Draw a workflow of a package as a BPMN 2.0 file with a diagram
    #[command(
        after_help = "What BPMN has no word for is kept in extensions of the file, so that \
                            the same workflow comes back; standard error names what other tools \
                            do not see."
    )]
    Export(Export),
}

#[derive(Args)]
struct Import {
    /// The BPMN 2.0 file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write workflows/NAME.json into this package folder; left out: print the workflow
    #[arg(long, value_name = "DIR")]
    package: Option<PathBuf>,
    /// Only the process with this id
    #[arg(long, value_name = "ID")]
    process: Option<String>,
    /// Write over workflows that are there
    #[arg(long, requires = "package")]
    replace: bool,
    /// Print workflows, report and what is to fill in as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Export {
    /// The package folder
    #[arg(value_name = "PACKAGE_DIR")]
    package: PathBuf,
    /// The name of the workflow
    workflow: String,
    /// Write to this file; left out: print it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print file and remarks as JSON
    #[arg(long)]
    json: bool,
}

impl Bpmn {
    pub fn run(self) -> Outcome {
        match self.verb {
            Verb::Import(verb) => verb.run(),
            Verb::Export(verb) => verb.run(),
        }
    }
}

impl Import {
    fn run(self) -> Outcome {
        let limits = Limits::default();
        let bytes = bytes(&self.file, limits)?;
        let (model, mut problems) = match ::bpmn::read(&bytes, limits) {
            Ok(read) => read,
            Err(problem) => return self.broken(&[problem]),
        };
        problems.extend(::bpmn::judge(&model));
        problems.retain(|problem| problem.weight == Weight::Grave);
        if !problems.is_empty() {
            return self.broken(&problems);
        }
        let mut mapping = ::bpmn::map(&model);
        self.choose(&mut mapping)?;
        let mut written = vec![];
        if let Some(package) = &self.package {
            written = self.write(package, &mapping.drafts)?;
        } else if !self.json
            && let [draft] = &mapping.drafts[..]
        {
            print_line(canonical::canonical(&draft.file).trim_end())?;
        }
        self.report(&mapping, &written)?;
        let refused = mapping.report.iter().any(|e| e.verdict == Verdict::Refused);
        if refused || mapping.drafts.is_empty() {
            return Err(Trouble::Problems);
        }
        Ok(())
    }

    /// Tells why nothing comes of the file.
    fn broken(&self, problems: &[::bpmn::Problem]) -> Outcome {
        if self.json {
            let problems: Vec<Value> = problems
                .iter()
                .map(|p| {
                    json!({ "rule": p.rule.name(), "tag": p.tag, "id": p.id, "line": p.line, "say": p.says })
                })
                .collect();
            print_json(&json!({ "problems": problems }))?;
        } else {
            for problem in problems {
                print_error(&format!("{}: {problem}", self.file.display()))?;
            }
        }
        Err(Trouble::Problems)
    }

    /// Keeps the process that is asked for; one alone can be printed as a file.
    fn choose(&self, mapping: &mut Mapping) -> Outcome {
        let ids = |drafts: &[Draft]| {
            let ids: Vec<&str> = drafts.iter().filter_map(|d| d.process.as_deref()).collect();
            ids.join(", ")
        };
        if let Some(id) = &self.process {
            let all = ids(&mapping.drafts);
            mapping
                .drafts
                .retain(|draft| draft.process.as_ref() == Some(id));
            let Some(draft) = mapping.drafts.first() else {
                return Err(Trouble::Usage(format!(
                    "the file has no process `{id}` with a flow; it has: {all}"
                )));
            };
            mapping
                .to_fill_in
                .retain(|open| open.workflow == draft.name);
        }
        if self.package.is_none() && !self.json && mapping.drafts.len() > 1 {
            let all = ids(&mapping.drafts);
            return Err(Trouble::Usage(format!(
                "the file has several processes: {all}; choose one with --process, or write all \
                 with --package"
            )));
        }
        Ok(())
    }

    fn write(&self, package: &Path, drafts: &[Draft]) -> Result<Vec<String>, Trouble> {
        if !package.join("manifest.json").is_file() {
            let shown = package.display();
            return Err(Trouble::Failed(format!(
                "{shown} is no package folder: it has no manifest.json"
            )));
        }
        let folder = package.join("workflows");
        let files: Vec<PathBuf> = drafts
            .iter()
            .map(|draft| folder.join(format!("{}.json", draft.name)))
            .collect();
        if let Some(there) = files.iter().find(|file| !self.replace && file.exists()) {
            return Err(Trouble::Failed(format!(
                "{} is there already; --replace writes over it",
                there.display()
            )));
        }
        fs::create_dir_all(&folder)?;
        for (draft, file) in drafts.iter().zip(&files) {
            put(file, &canonical::canonical(&draft.file))?;
        }
        Ok(files
            .iter()
            .map(|file| file.display().to_string())
            .collect())
    }

    fn report(&self, mapping: &Mapping, written: &[String]) -> Outcome {
        if self.json {
            let drafts = mapping.drafts.iter().map(|draft| {
                json!({ "name": draft.name, "process": draft.process, "workflow": draft.file })
            });
            return print_json(&json!({
                "workflows": drafts.collect::<Vec<_>>(),
                "written": written,
                "report": mapping.report,
                "to_fill_in": mapping.to_fill_in,
            }));
        }
        for file in written {
            print_line(file)?;
        }
        let mut counts = [0; 3];
        for entry in &mapping.report {
            counts[entry.verdict as usize] += 1;
            if entry.verdict != Verdict::Mapped {
                print_error(&entry.to_string())?;
            }
        }
        for open in &mapping.to_fill_in {
            print_error(&open.to_string())?;
        }
        let [mapped, approximated, refused] = counts;
        let open = mapping.to_fill_in.len();
        print_error(&format!(
            "{mapped} elements mapped, {approximated} approximated, {refused} refused; {open} \
             places to fill in"
        ))
    }
}

impl Export {
    fn run(self) -> Outcome {
        let (name, files) = runtime::folder::package(&self.package)?;
        let package = match read::package(&name, &files) {
            Ok(package) => package,
            Err(problems) => {
                tell(&problems)?;
                return Err(Trouble::Problems);
            }
        };
        let mut all = package.workflows.values();
        let Some(workflow) = all.find(|w| *w.name.name == *self.workflow) else {
            let names: Vec<&str> = package.workflows.values().map(|w| &*w.name.name).collect();
            let names = names.join(", ");
            return Err(Trouble::Usage(format!(
                "{name} has no workflow {}; it has: {names}",
                self.workflow
            )));
        };
        let (model, remarks) = ::bpmn::draw(workflow);
        let text = ::bpmn::write(&model);
        if let Some(out) = &self.out {
            put(out, &text)?;
        }
        if self.json {
            let file = self.out.is_none().then_some(&text);
            return print_json(&json!({ "bpmn": file, "written": self.out, "remarks": remarks }));
        }
        if self.out.is_none() {
            print_line(text.trim_end())?;
        }
        for remark in &remarks {
            let says = &remark.says;
            print_error(&format!("{}: other tools do not see: {says}", remark.node))?;
        }
        Ok(())
    }
}

/// The bytes of a file, and one more than may be read where there are too many.
fn bytes(file: &Path, limits: Limits) -> Result<Vec<u8>, Trouble> {
    let failed = |e: io::Error| Trouble::Failed(format!("{}: {e}", file.display()));
    let mut bytes = vec![];
    let most = limits.bytes as u64 + 1;
    let mut source = File::open(file).map_err(failed)?.take(most);
    source.read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Writes beside and renames, so that nobody ever reads half a file.
fn put(file: &Path, text: &str) -> Outcome {
    let failed = |e: io::Error| Trouble::Failed(format!("{}: {e}", file.display()));
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, text).map_err(failed)?;
    fs::rename(&beside, file).map_err(failed)
}

/// Prints a line of a report, which is beside what was asked for.
fn print_error(text: &str) -> Outcome {
    writeln!(io::stderr(), "{text}").map_err(Trouble::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(file: PathBuf, package: Option<PathBuf>) -> Outcome {
        let verb = Import {
            file,
            package,
            process: None,
            replace: false,
            json: false,
        };
        verb.run()
    }

    #[test]
    fn a_file_that_is_meant_to_hurt_is_a_problem_and_writes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("manifest.json"), "{}").expect("written");
        let file = folder.path().join("f.bpmn");
        let deep = "<a>".repeat(5_000);
        let entity = "<!DOCTYPE d [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><d>&a;</d>";
        for text in [entity, &deep, "<d/>", "", "\0"] {
            fs::write(&file, text).expect("written");
            let done = import(file.clone(), Some(folder.path().to_owned()));
            assert!(matches!(done, Err(Trouble::Problems)), "{text:.30}");
        }
        assert!(!folder.path().join("workflows").exists());
        let done = import(folder.path().join("none"), None);
        assert!(matches!(done, Err(Trouble::Failed(_))));
    }

    #[test]
    fn what_is_written_is_in_the_one_layout_and_not_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let package = folder.path().to_owned();
        let file = package.join("f.bpmn");
        let text = "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" \
                    targetNamespace=\"t\"><process id=\"p\"><startEvent id=\"s\"/><endEvent \
                    id=\"e\"/><sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"e\"/></process>\
                    </definitions>";
        fs::write(&file, text).expect("written");
        let done = import(file.clone(), Some(package.clone()));
        assert!(matches!(done, Err(Trouble::Failed(_))), "no package folder");
        fs::write(package.join("manifest.json"), "{}").expect("written");
        assert!(import(file.clone(), Some(package.clone())).is_ok());
        let text = fs::read_to_string(package.join("workflows/p.json")).expect("it is there");
        assert_eq!(canonical::format(&text), Ok(text));
        let again = import(file, Some(package));
        assert!(matches!(again, Err(Trouble::Failed(_))));
    }
}
