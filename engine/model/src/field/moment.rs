use serde::{Deserialize, Serialize};

/// A point in time, UTC.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Moment {}
