//! BPMN 2.0 files of others: whether they are read, written as they were, and judged as their
//! makers judge them.

mod facts;
mod mapped;
mod rules;
mod sound;

use super::{Suite, files};
use bpmn::{Limits, Model, Problem, Weight, xml};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub fn run(dir: &Path) -> Result<Vec<Suite>, String> {
    let folder = dir.join("workflow/bpmn");
    let mut suites = vec![];
    for group in groups(&folder)? {
        // Whose models are wrong on purpose.
        if !group.name.ends_with("-constraints") {
            suites.push(import(&group)?);
            suites.push(round_trip(&group)?);
            suites.push(mapped::elements(&group)?);
            suites.push(mapped::drafts(&group)?);
        }
        // Its other models break the rules one by one; these break none.
        if group.name == "betsy" {
            suites.push(rules::no_false_refusal(&group)?);
        }
    }
    suites.push(against_the_reference(&folder.join("miwg"))?);
    suites.extend(rules::constraints(&dir.join("workflow"))?);
    suites.push(sound::run(&dir.join("workflow"))?);
    Ok(suites)
}

/// Models of one origin.
struct Group {
    name: String,
    folder: PathBuf,
    files: Vec<PathBuf>,
}

/// The folders of the models; the references among the exchanged files stand by themselves.
fn groups(folder: &Path) -> Result<Vec<Group>, String> {
    let mut all: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in files(folder, "")? {
        let name = named(folder, &file);
        let mut parts = name.split('/');
        let mut group = parts.next().unwrap_or_default().to_owned();
        if parts.next() == Some("reference") {
            group.push_str("/reference");
        }
        all.entry(group).or_default().push(file);
    }
    let groups = all.into_iter().map(|(name, files)| Group {
        name,
        folder: folder.to_path_buf(),
        files,
    });
    Ok(groups.collect())
}

fn named(folder: &Path, file: &Path) -> String {
    let name = file.strip_prefix(folder).unwrap_or(file);
    name.to_string_lossy().into_owned()
}

fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))
}

/// A model and what is wrong with it; one that cannot be read has no model.
fn judged(file: &Path) -> Result<(Option<Model>, Vec<Problem>), String> {
    Ok(match bpmn::read(&bytes(file)?, Limits::default()) {
        Ok((model, mut problems)) => {
            problems.extend(bpmn::judge(&model));
            (Some(model), problems)
        }
        Err(problem) => (None, vec![problem]),
    })
}

/// Problems in one line, by rule and element.
fn told<'a>(problems: impl Iterator<Item = &'a Problem>) -> Result<(), String> {
    let told: Vec<String> = problems.map(Problem::to_string).collect();
    match told.is_empty() {
        true => Ok(()),
        false => Err(told.join("; ")),
    }
}

fn import(group: &Group) -> Result<Suite, String> {
    let mut suite = Suite::new(format!("bpmn: import {}", group.name), "models");
    for file in &group.files {
        let (_, problems) = judged(file)?;
        let grave = problems.iter().filter(|p| p.weight == Weight::Grave);
        suite.add(named(&group.folder, file), told(grave));
    }
    Ok(suite)
}

/// What is read, written and read again says the same in every element, attribute and text, the
/// layout and the extensions of others among them; not in the order of elements, nor in prefixes.
fn round_trip(group: &Group) -> Result<Suite, String> {
    let mut suite = Suite::new(format!("bpmn: round trip {}", group.name), "models");
    for file in &group.files {
        suite.add(named(&group.folder, file), same_again(&bytes(file)?));
    }
    Ok(suite)
}

fn same_again(source: &[u8]) -> Result<(), String> {
    let tree = |bytes: &[u8]| xml::read(bytes, Limits::default()).map_err(|p| p.to_string());
    let (model, _) = bpmn::read(source, Limits::default()).map_err(|p| p.to_string())?;
    let written = bpmn::write(&model);
    let (before, after) = (
        facts::of_tree(&tree(source)?),
        facts::of_tree(&tree(written.as_bytes())?),
    );
    facts::same(&before, &after)
}

/// The exchanged files, each against the reference of its number: nodes, flows, events, messages
/// and lanes by their names, as ids are each tool's own.
fn against_the_reference(folder: &Path) -> Result<Suite, String> {
    let mut suite = Suite::new("bpmn: against the reference", "models");
    let reference = folder.join("reference");
    let all = files(folder, ".bpmn")?;
    for file in all.iter().filter(|file| !file.starts_with(&reference)) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let number = name.split('-').next().unwrap_or_default();
        let of = reference.join(format!("{number}.bpmn"));
        if !of.is_file() {
            continue;
        }
        let outcome = match (judged(&of)?.0, judged(file)?.0) {
            (Some(of), Some(model)) => facts::same(&facts::of_model(&of), &facts::of_model(&model)),
            _ => Err("it is not read".to_owned()),
        };
        suite.add(named(folder, file), outcome);
    }
    Ok(suite)
}
