use super::ChoiceOption;
use crate::Name;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Any of a few named options.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Choices {
    pub options: IndexMap<Name, ChoiceOption>,
}
