//! Problems of a package: the data is wrong, here and here.

use serde::Serialize;
use std::fmt;

/// One thing wrong with a package. Always reported in lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, PartialOrd, Ord)]
pub struct Problem {
    /// `package/forms/x.json`.
    pub file: String,
    /// JSON pointer inside the file.
    pub at: String,
    /// Stable, snake_case.
    pub code: String,
    /// What fills the sentence.
    pub with: Vec<String>,
    /// An English sentence for a person.
    pub say: String,
}

impl Problem {
    /// A problem in `file` at a JSON pointer.
    pub fn new(
        file: impl Into<String>,
        at: impl Into<String>,
        code: &str,
        with: &[&str],
        say: impl Into<String>,
    ) -> Self {
        Self {
            file: file.into(),
            at: at.into(),
            code: code.into(),
            with: with.iter().map(|w| w.to_string()).collect(),
            say: say.into(),
        }
    }
}
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}{}: {} [{}]", self.file, self.at, self.say, self.code)
    }
}
