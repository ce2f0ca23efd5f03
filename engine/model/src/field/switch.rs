use serde::{Deserialize, Serialize};

/// Yes or no; empty counts as no.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Switch {}
