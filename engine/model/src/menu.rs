//! Menus: named entries, nested.

use crate::{Name, Ref};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// `menu.json`.
pub type Menu = IndexMap<Name, Entry>;

/// An entry opens something, or holds further ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Ref>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Ref>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<Ref>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub items: IndexMap<Name, Entry>,
}
