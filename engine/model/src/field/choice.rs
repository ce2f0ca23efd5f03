use crate::Name;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// One of a few named options.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Choice {
    pub options: IndexMap<Name, ChoiceOption>,
}

/// An option of a choice.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ChoiceOption {
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
