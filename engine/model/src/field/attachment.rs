use serde::{Deserialize, Serialize};

/// Files of any allowed kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Attachment {
    /// Most files in the field; 20 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}
