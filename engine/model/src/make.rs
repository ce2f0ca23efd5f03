//! Makes: one form made from another.

use crate::{Expr, Given, Name, Path, Ref, access::Rows};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Push from the source, pull from the target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Make {
    #[serde(skip, default = "crate::form::nowhere")]
    pub name: Ref,
    pub label: String,
    pub from: Ref,
    pub to: Ref,
    #[serde(default, skip_serializing_if = "Rows::is_empty")]
    pub rows: Rows,
    /// Records that agree in these become one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<Path>,
    pub set: IndexMap<Name, Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<MadeLines>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Lines made from lines.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MadeLines {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Name>,
    pub to: Name,
    /// What is left of this line; nothing left, no line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Expr>,
    pub set: IndexMap<Name, Given>,
}
