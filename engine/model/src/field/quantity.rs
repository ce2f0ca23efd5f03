use crate::Name;
use serde::{Deserialize, Serialize};

/// How many, in a unit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Quantity {
    /// The field beside it that names the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Name>,
}
impl Quantity {
    /// Digits after the point (5 P13).
    pub const SCALE: u32 = 6;
}
