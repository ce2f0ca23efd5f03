use crate::Expr;
use serde::{Deserialize, Serialize};

/// An amount, rounded once when it enters.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Money {
    /// The currency's code where it is not the company's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Expr>,
}
impl Money {
    /// Digits after the point: the minor unit of the currencies in use.
    pub const SCALE: u32 = 2;
}
