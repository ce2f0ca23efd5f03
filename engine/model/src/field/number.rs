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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<NumberFormat>,
}

/// How a number is shown and typed; its value is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberFormat {
    /// 0.13 as 13%.
    Percent,
}
