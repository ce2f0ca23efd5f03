//! What comes out of an evaluation: the record, its live values, how its fields look, what is
//! wrong with it.

use super::Place;
use indexmap::IndexMap;
use model::{Fields, Id, Look, Name, Path, Record, form::Level};
use std::collections::HashMap;

/// At which moment of a record's life it is evaluated: chooses the checks that run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is being made.
    New,
    /// A change is being saved, or the record is only looked at.
    Change,
    /// It is submitted: required fields, fewest lines, checks `on: submit`.
    Submit,
    /// Somebody completes a task at this node: as submit, with the node's checks.
    Node(Name),
    /// It is posted: checks `on: post`.
    Post,
}

/// A record worked out.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// After defaults, copies and computed values; without live ones.
    pub record: Record,
    pub live: Live,
    pub looks: Looks,
    pub findings: Vec<Finding>,
}
impl Sheet {
    /// Whether something refuses the command.
    pub fn refused(&self) -> bool {
        self.findings.iter().any(|f| f.level == Level::Refuse)
    }
}

/// Values that are shown and never stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    pub header: Fields,
    /// By line id.
    pub lines: HashMap<Id, Fields>,
}

/// How one field looks. `look` already holds what the status, the node, the rights, `shown` and
/// `readonly` leave of it; [`Look::Required`] does not occur here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldLook {
    pub look: Look,
    pub required: bool,
    /// By the form's `readonly`; `look` is then at most `read`.
    pub readonly: bool,
    /// By the form's `shown` and its sections'. A field not shown keeps its value, is not
    /// required and cannot be edited.
    pub shown: bool,
}

/// How all fields look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Looks {
    pub header: IndexMap<Name, FieldLook>,
    /// Table → column, as on a new line that is still empty.
    pub columns: IndexMap<Name, IndexMap<Name, FieldLook>>,
    /// Line → column, only where it differs from `columns`.
    pub lines: HashMap<Id, IndexMap<Name, FieldLook>>,
}
impl Looks {
    /// How the field at a place looks; `None` for a field that does not exist.
    pub fn at(&self, place: &Place) -> Option<FieldLook> {
        match &place.line {
            None => self.header.get(&place.field).copied(),
            Some((table, line)) => {
                let own = self.lines.get(line).and_then(|l| l.get(&place.field));
                own.or_else(|| self.columns.get(table)?.get(&place.field))
                    .copied()
            }
        }
    }
}

/// Something wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Stable, snake_case; for a failing check the check's name.
    pub code: String,
    /// The check that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<Name>,
    pub at: Place,
    pub level: Level,
    /// What a check says, and where its translations stand; the engine's own codes have none.
    #[serde(skip)]
    pub say: Option<Say>,
    /// What fills the sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<String>,
}

/// Words of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    pub package: Name,
    /// The path under which `i18n/` has it: `forms/x/checks/y`.
    pub path: String,
    /// In the package's own language.
    pub text: String,
}

impl Finding {
    /// A finding of the engine itself that refuses.
    pub fn refuse(code: &str, at: Place, with: &[&str]) -> Self {
        Self {
            code: code.into(),
            check: None,
            at,
            level: Level::Refuse,
            say: None,
            with: with.iter().map(|w| w.to_string()).collect(),
        }
    }
}

/// Field access at a workflow node; a field that is not named may be read.
pub type NodeFields = IndexMap<Path, Look>;
