//! What is wrong with a file: which rule, which element, which line, in words.

use crate::rule::{Rule, Weight};
use std::fmt;

/// One thing wrong with a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub rule: Rule,
    pub weight: Weight,
    /// The tag of the element.
    pub tag: String,
    /// The id of the element, or of the nearest one around it that has one.
    pub id: Option<String>,
    pub line: u32,
    /// What is wrong here.
    pub says: String,
}

impl Problem {
    /// What is wrong with a file as a whole.
    pub fn of_file(rule: Rule, line: u32, says: impl Into<String>) -> Self {
        Self {
            rule,
            weight: rule.weight(),
            tag: String::new(),
            id: None,
            line,
            says: says.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if !self.tag.is_empty() {
            write!(f, "{} ", self.tag)?;
        }
        if let Some(id) = &self.id {
            write!(f, "`{id}` ")?;
        }
        write!(f, "[{}]: {}", self.rule.name(), self.says)
    }
}
