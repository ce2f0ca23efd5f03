//! Form types: what is filled in, kept and shown.

use crate::{Expr, Field, Flag, Name, Path, Ref};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Which engine services a form type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormKind {
    /// Master data.
    Catalog,
    /// Master data with a parent of the same form.
    Tree,
    /// Dated, approved, posted.
    Document,
    /// One record for the site.
    Settings,
}

/// A form type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Form {
    #[serde(skip, default = "nowhere")]
    pub name: Ref,
    pub label: String,
    pub kind: FormKind,
    /// The field people name a record by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Name>,
    /// `{number} · {supplier}`; braces hold field names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<Ref>,
    pub fields: IndexMap<Name, Field>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub checks: Checks,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub layout: IndexMap<Name, Section>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list: Vec<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Rules of a form or a table by name.
pub type Checks = IndexMap<Name, Check>;

/// A rule that refuses or warns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    pub fails: Expr,
    pub at: Path,
    /// `save` (left out), `submit`, `post`, or a node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Name>,
    #[serde(default)]
    pub level: Level,
    pub say: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether a failing check stops the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    #[default]
    Refuse,
    Warn,
}

/// A part of a form's page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Section {
    pub label: String,
    pub rows: Vec<Vec<Name>>,
    #[serde(default = "Flag::yes", skip_serializing_if = "Flag::always")]
    pub shown: Flag,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

pub(crate) fn nowhere() -> Ref {
    Ref {
        package: Name::known("nowhere"),
        name: Name::known("nothing"),
    }
}

impl Form {
    /// The sequence that numbers its records, if there is one.
    pub fn sequence(&self) -> Option<(&Name, &crate::field::Sequence)> {
        self.fields.iter().find_map(|(name, f)| match &f.kind {
            crate::Kind::Sequence(s) => Some((name, s)),
            _ => None,
        })
    }
    /// The field at `field` or `table.field`.
    pub fn at(&self, path: &Path) -> Option<&Field> {
        let field = self.fields.get(path.head())?;
        match path.tail() {
            [] => Some(field),
            [column] => field.as_lines()?.fields.get(column),
            _ => None,
        }
    }
    /// Its child tables.
    pub fn tables(&self) -> impl Iterator<Item = (&Name, &crate::field::Lines)> {
        self.fields
            .iter()
            .filter_map(|(name, f)| Some((name, f.as_lines()?)))
    }
    /// The field that dates a document: `date`, else its first date field.
    pub fn dated_by(&self) -> Option<&Name> {
        let is_date = |f: &Field| matches!(f.kind, crate::Kind::Date(_));
        match self.fields.get_key_value("date") {
            Some((name, f)) if is_date(f) => Some(name),
            _ => self
                .fields
                .iter()
                .find(|(_, f)| is_date(f))
                .map(|(name, _)| name),
        }
    }
}
