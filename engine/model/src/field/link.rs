use crate::{Target, access::Rows};
use serde::{Deserialize, Serialize};

/// Another record, or a line of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Link {
    pub to: Target,
    /// Which may be chosen; expressions see the record.
    #[serde(default, skip_serializing_if = "Rows::is_empty")]
    pub rows: Rows,
}
