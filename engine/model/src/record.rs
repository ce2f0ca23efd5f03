//! Records and their lines.

use crate::{Fields, Id, Ref};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A row of a child table. Its id lasts for ever; order never changes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    pub id: Id,
    pub values: Fields,
}
impl std::hash::Hash for Line {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Where a record stands in its life (5 P6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    #[default]
    Draft,
    Submitted,
    Approved,
    Posted,
    Rejected,
    Withdrawn,
    Reversed,
    Closed,
}
impl Status {
    /// All of them, in the order of a record's life.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Submitted,
        Self::Approved,
        Self::Posted,
        Self::Rejected,
        Self::Withdrawn,
        Self::Reversed,
        Self::Closed,
    ];
    /// The word used in JSON, SQL and expressions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Posted => "posted",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Reversed => "reversed",
            Self::Closed => "closed",
        }
    }
    /// Whether its author may change everything and submit it.
    pub fn editable(self) -> bool {
        matches!(self, Self::Draft | Self::Rejected | Self::Withdrawn)
    }
}
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl FromStr for Status {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or(())
    }
}

/// A filled-in form.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    pub form: Ref,
    pub id: Id,
    /// Rises by one with every write; 0 while it has never been stored.
    pub version: u64,
    pub status: Status,
    pub created_at: DateTime<Utc>,
    /// The user, not the person.
    pub created_by: Id,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Id,
    /// Of a tree: the record above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// Fields, child tables included.
    pub values: Fields,
    /// Fields with `copy` that somebody typed over, as `field` or `line-id.field`; they are not
    /// copied again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub typed: Vec<String>,
}
