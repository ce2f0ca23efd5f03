use serde::{Deserialize, Serialize};

/// Pictures.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Image {
    /// Most files in the field; 20 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}
