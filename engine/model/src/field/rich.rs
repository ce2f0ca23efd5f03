use serde::{Deserialize, Serialize};

/// Formatted text; sanitised HTML.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rich {}
