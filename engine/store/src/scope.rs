//! Who asks: the only key to the query builder. It is made from what the kernel worked out of
//! roles and grants, or is the engine itself.

use model::{Filter, Id, Look, Path, Ref};
use std::{collections::HashMap, fmt, sync::Arc};

/// What somebody may read of a form (or a register's form) or of a ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// Which rows, beside those he takes part in. It may test fields he may not read.
    pub rows: Filter,
    /// How fields look, by `field` or `table.field` (of a ledger: by dimension, attribute or
    /// measure).
    pub looks: HashMap<Path, Look>,
    /// How a field looks that `looks` does not name.
    pub others: Look,
    /// Fields of a form that may be read on these rows only, though they look as said above on
    /// others. The rows may be told by fields he may not read.
    pub open: HashMap<Path, Filter>,
}
impl Grant {
    /// A grant on some rows in which nothing is seen but what [`Grant::looks`] will name.
    pub fn on(rows: Filter) -> Self {
        Self {
            rows,
            looks: HashMap::new(),
            others: Look::Hidden,
            open: HashMap::new(),
        }
    }
    /// A grant on some rows in which everything is read that [`Grant::looks`] does not name.
    pub fn reading(rows: Filter) -> Self {
        Self {
            others: Look::Read,
            ..Self::on(rows)
        }
    }
    /// How a field looks on every row.
    pub fn look(&self, path: &Path) -> Look {
        self.looks.get(path).copied().unwrap_or(self.others)
    }
}

/// Everything somebody may read. What is in neither map is not there for him.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grants {
    /// `u:<user id>`, `r:<role>`, `r:<role>@<within id>`: as whom he takes part in records.
    pub principals: Vec<String>,
    pub forms: HashMap<Ref, Grant>,
    pub ledgers: HashMap<Ref, Grant>,
}

/// The principal of a user.
pub fn user_principal(user: Id) -> String {
    format!("u:{user}")
}
/// The principal of all who hold a role (within a record).
pub fn role_principal(role: &Ref, within: Option<Id>) -> String {
    match within {
        Some(within) => format!("r:{role}@{within}"),
        None => format!("r:{role}"),
    }
}

/// Who asks. Cheap to clone.
#[derive(Clone)]
pub struct Scope(Option<Arc<Grants>>);

impl Scope {
    /// The engine itself: sees everything. For decisions, never for answers.
    pub fn engine() -> Self {
        Self(None)
    }
    /// Somebody with these grants.
    pub fn of(grants: Grants) -> Self {
        Self(Some(Arc::new(grants)))
    }
    /// The grants of somebody; `None` for the engine.
    pub(crate) fn grants(&self) -> Option<&Grants> {
        self.0.as_deref()
    }
}
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.0 {
            None => f.write_str("Scope(engine)"),
            Some(g) => write!(f, "Scope({})", g.principals.join(", ")),
        }
    }
}
