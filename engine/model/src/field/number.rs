use serde::{Deserialize, Serialize};

/// An exact decimal.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Number {
    /// Digits after the point, 0 to 8.
    #[serde(default)]
    pub scale: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}
