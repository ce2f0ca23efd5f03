//! What became of every element, and what a person must still decide.

use crate::element::{Ix, Model};
use model::Name;
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// What became of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The workflow says the same.
    Mapped,
    /// The workflow says something near; the report says what is different.
    Approximated,
    /// The workflow does not say it; the report says why.
    Refused,
}

/// What became of one element, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub verdict: Verdict,
    pub tag: &'static str,
    pub id: Option<String>,
    /// What people read on it.
    pub label: String,
    pub line: u32,
    /// The node that stands for it.
    pub node: Option<Name>,
    pub says: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Mapped => "mapped",
            Verdict::Approximated => "approximated",
            Verdict::Refused => "refused",
        };
        write!(f, "line {}: {}", self.line, self.tag)?;
        if let Some(id) = &self.id {
            write!(f, " `{id}`")?;
        }
        if !self.label.is_empty() {
            write!(f, " {:?}", self.label)?;
        }
        write!(f, ": {verdict}")?;
        if let Some(node) = &self.node {
            write!(f, " as {node}")?;
        }
        if !self.says.is_empty() {
            write!(f, ": {}", self.says)?;
        }
        Ok(())
    }
}

/// A place of a written file that holds `null`: what only a person can say.
#[derive(Clone, Debug, Serialize)]
pub struct ToFillIn {
    pub workflow: Name,
    /// JSON pointer.
    pub at: String,
    pub says: String,
}

impl fmt::Display for ToFillIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workflow, at, says } = self;
        write!(f, "workflows/{workflow}.json {at}: to fill in: {says}")
    }
}

/// The entries by element: one each, with the gravest verdict.
#[derive(Default)]
pub struct Report(BTreeMap<Ix, Entry>);

impl Report {
    pub fn tell(&mut self, model: &Model, ix: Ix, verdict: Verdict, says: &str) {
        let element = model.at(ix);
        let entry = self.0.entry(ix).or_insert_with(|| Entry {
            verdict: Verdict::Mapped,
            tag: element.tag,
            id: element.id().map(str::to_owned),
            label: element
                .name()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            line: element.line,
            node: None,
            says: String::new(),
        });
        if verdict > entry.verdict {
            entry.verdict = verdict;
            entry.says.clear();
        }
        if verdict == entry.verdict && !entry.says.contains(says) {
            if !entry.says.is_empty() {
                entry.says.push_str("; ");
            }
            entry.says.push_str(says);
        }
    }
    /// Names the node that stands for an element.
    pub fn stands(&mut self, model: &Model, ix: Ix, node: &Name) {
        self.tell(model, ix, Verdict::Mapped, "");
        if let Some(entry) = self.0.get_mut(&ix) {
            entry.node.get_or_insert_with(|| node.clone());
        }
    }
    pub fn is_told(&self, ix: Ix) -> bool {
        self.0.contains_key(&ix)
    }
    pub fn into_entries(self) -> Vec<Entry> {
        self.0.into_values().collect()
    }
}
