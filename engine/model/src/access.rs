//! Who may see and do what, as data: verbs, looks, row filters.

use crate::{Given, Path, Value};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// What a grant allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Create,
    Read,
    Edit,
    Delete,
    Submit,
    Withdraw,
    Reverse,
    /// Jump, suspend, resume, terminate and hand over what runs.
    Steer,
    Export,
    Print,
    Share,
}

/// How a field looks to somebody; the order is from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Absent from every answer.
    Hidden,
    /// Shown as dots; never filtered, sorted, grouped or searched.
    Masked,
    Read,
    Edit,
    /// Edit, and must be filled in (only at a workflow node).
    Required,
}

/// Which rows: every line must hold. Written in grants, links, makes.
pub type Rows = IndexMap<Path, RowTest>;

/// One line of [`Rows`]: a value (a list means one of), or a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RowTest {
    Is(Given),
    Test(Tests),
}

/// Tests on one path; all must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tests {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "in")]
    pub one_of: Option<Vec<Given>>,
    /// The record itself or any below it in its tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Given>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<bool>,
}

/// A filter with its values worked out: what the query builder turns into SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every one holds; an empty list is everything.
    All(Vec<Filter>),
    /// One of them holds; an empty list is nothing.
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// A test on a field, or on a field of what it links to.
    Field(Path, Test),
    /// Words in the record's text.
    Text(String),
}
impl Filter {
    /// Lets everything through.
    pub fn everything() -> Self {
        Self::All(vec![])
    }
    /// Lets nothing through.
    pub fn nothing() -> Self {
        Self::Any(vec![])
    }
    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(mut a), Self::All(b)) => {
                a.extend(b);
                Self::All(a)
            }
            (Self::All(mut a), b) => {
                a.push(b);
                Self::All(a)
            }
            (a, b) => Self::All(vec![a, b]),
        }
    }
}

/// A test on one value. Built-in paths: `id`, `status`, `version`, `created_at`, `created_by`,
/// `updated_at`, `updated_by`, `parent`.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    Is(Value),
    In(Vec<Value>),
    Above(Value),
    Below(Value),
    AtLeast(Value),
    AtMost(Value),
    /// Not this value; an empty field is not it either.
    Not(Value),
    /// Contains this text, without regard to case.
    Like(String),
    /// Links to this record or to one below it in its tree.
    Under(crate::Id),
    /// Has no value (`true`) or has one (`false`).
    Empty(bool),
}
