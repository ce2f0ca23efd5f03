//! What goes wrong while something is worked out: a division by zero, a year no calendar covers,
//! a script that fails. Not the business saying no; that is a finding or a refusal.

use std::fmt;

/// Why a value could not be worked out. `code` is stable, snake_case; `with` fills the sentence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Fault {
    pub code: String,
    pub with: Vec<String>,
    /// An English sentence for a person.
    pub say: String,
}

impl Fault {
    /// A fault with its stable code and sentence.
    pub fn new(code: &str, with: &[&str], say: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            with: with.iter().map(|w| w.to_string()).collect(),
            say: say.into(),
        }
    }
}
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} [{}]", self.say, self.code)
    }
}
impl std::error::Error for Fault {}
