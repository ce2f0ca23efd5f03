use super::Field;
use crate::{Name, form::Checks};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Rows of their own, with a lasting id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lines {
    pub fields: IndexMap<Name, Field>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub checks: Checks,
    /// Fewest lines on submit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}
impl Lines {
    /// Most lines of one record, whatever `max` says.
    pub const MAX: u32 = 5_000;
}
