use crate::Name;
use serde::{Deserialize, Serialize};

/// A number given by the engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sequence {
    /// `PO-{year}-{0000}`: {year} {month} {day} of the record's date and the counter.
    pub pattern: String,
    /// A link of the form whose record starts a series of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Name>,
    /// Without gaps: taken last in the posting transaction.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gapless: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
}

/// When the number is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Draft,
    Post,
}

impl Sequence {
    /// When this sequence gives its number: a gapless one never before the post.
    pub fn when(&self) -> When {
        if self.gapless {
            When::Post
        } else {
            self.when.unwrap_or(When::Draft)
        }
    }
}
