//! Posting rules: what a post node writes.

use crate::{Expr, Given, Name, Ref};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// What posting a record of `form` writes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Posting {
    pub form: Ref,
    pub date: Expr,
    pub entries: IndexMap<Name, EntryRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One rule: an entry, or one for each line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EntryRule {
    pub ledger: Ref,
    /// Once per line of this table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expr>,
    /// Dimensions, attributes, measures.
    pub set: IndexMap<Name, Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
