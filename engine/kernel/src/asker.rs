//! Who asks, and when: the only way a person or a day comes into the kernel.

use chrono::{DateTime, NaiveDate, Utc};
use model::{Id, Ref};

/// A user with the person behind it and the roles held, as loaded by the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: Id,
    pub login: String,
    pub name: String,
    /// `en`, `zh-CN`, `zh-TW`.
    pub language: String,
    /// The record of the people form that stands behind this user.
    pub person: Option<Id>,
    /// The person's branch, by the manifest's `people.branch`.
    pub branch: Option<Id>,
    /// The own branch and every record a role is held within, each once. A grant sees those of
    /// its own role only.
    pub branches: Vec<Id>,
    /// The person's department, by the manifest's `people.department`.
    pub department: Option<Id>,
    pub roles: Vec<HeldRole>,
}

/// A role somebody holds, everywhere or within one record (a branch, a warehouse).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeldRole {
    pub role: Ref,
    pub within: Option<Id>,
}

impl User {
    /// Whether the user holds a role, anywhere.
    pub fn holds(&self, role: &Ref) -> bool {
        self.roles.iter().any(|held| held.role == *role)
    }
}

/// Who asks, on which day, at which moment. `today` is the site's civil day of `now`.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    pub user: &'a User,
    pub today: NaiveDate,
    pub now: DateTime<Utc>,
}
