//! The business says no.

use serde::Serialize;
use std::fmt;

/// Why a command is refused. `code` is stable, snake_case and translated by the shell; `with`
/// names what fills the sentence. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    pub code: &'static str,
    pub with: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal that needs no parameters.
    pub fn new(code: &'static str) -> Self {
        Self {
            code,
            with: Vec::new(),
        }
    }
    /// The same with one parameter more.
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.with.push((name, value.to_string()));
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.code)?;
        for (name, value) in &self.with {
            write!(f, " {name}={value}")?;
        }
        Ok(())
    }
}
impl std::error::Error for Refusal {}
