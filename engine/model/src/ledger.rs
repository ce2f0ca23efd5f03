//! Ledgers: whose, how much, and what must always hold.

use crate::{Expr, Field, Name, Ref};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A ledger: insert-only entries by dimensions, with balances kept beside them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ledger {
    #[serde(skip, default = "crate::form::nowhere")]
    pub name: Ref,
    pub label: String,
    pub dimensions: IndexMap<Name, Field>,
    /// Kept on the entry, not part of the key.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub attributes: IndexMap<Name, Field>,
    pub measures: IndexMap<Name, Measure>,
    pub balance: Balance,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub constraints: IndexMap<Name, Constraint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Which balances are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// Entries only.
    None,
    /// Turnover by month.
    Period,
    /// Turnover by month, and the balance now.
    Current,
}

/// How much.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measure {
    pub label: String,
    #[serde(default)]
    pub kind: MeasureKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// Derived from the others, never posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Expr>,
    /// False: counts at now only.
    #[serde(default = "yes")]
    pub dated: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
fn yes() -> bool {
    true
}

/// What a measure counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    #[default]
    Number,
    Money,
    Quantity,
}

impl Measure {
    /// Digits after the point.
    pub fn scale(&self) -> u32 {
        match self.kind {
            MeasureKind::Number => self.scale.unwrap_or(0),
            MeasureKind::Money => crate::field::Money::SCALE,
            MeasureKind::Quantity => crate::field::Quantity::SCALE,
        }
    }
    /// Whether it has a column: posted, not derived.
    pub fn stored(&self) -> bool {
        self.computed.is_none()
    }
}

/// What must hold on a balance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Constraint {
    /// Comparisons over measures, joined by `&&`.
    pub holds: Expr,
    /// Checked only where this is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expr>,
    #[serde(default)]
    pub horizon: Horizon,
    #[serde(default)]
    pub mode: Mode,
    pub say: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// From when on a constraint must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Horizon {
    #[default]
    Now,
    /// At the end of the entry's day and of every later day.
    AllLater,
}

/// What a broken constraint does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Refuse,
    /// A post node names the approval that may let it through.
    Override,
}

impl Ledger {
    /// The measures that have a column, in order.
    pub fn stored(&self) -> impl Iterator<Item = (&Name, &Measure)> {
        self.measures.iter().filter(|(_, m)| m.stored())
    }
}
