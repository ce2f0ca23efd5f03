//! Messages: a head, and a minijinja body a language.

use crate::{Name, Ref};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A message that a notify node sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    #[serde(skip, default = "crate::form::nowhere")]
    pub name: Ref,
    pub label: String,
    pub form: Ref,
    /// A minijinja template in the package's language; others stand in `i18n/`.
    pub subject: String,
    /// Bodies by language; the package's own language is always there.
    #[serde(skip)]
    pub bodies: IndexMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The name of a script file, and its source.
#[derive(Clone, Debug)]
pub struct Script {
    pub name: Name,
    pub source: String,
}
