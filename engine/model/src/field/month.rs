use serde::{Deserialize, Serialize};

/// A month of a year.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MonthKind {}
