use serde::{Deserialize, Serialize};

/// A calendar day.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Date {}
