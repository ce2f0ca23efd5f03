//! Who may see and do what: grants turned into row filters and looks for one user.
//!
//! Comes in: a user and the facts about the person behind it. Goes out: a [`Scope`], which the
//! runtime hands to the store's query builder; verdicts with their reason. Refuses to know: SQL.

mod holds;
mod looks;
mod rows;
mod scope;

pub use holds::holds;
pub use looks::FieldLooks;
pub(crate) use rows::{Blank, row_type, rows};
pub use scope::{Allowed, Right, Scope, Verdict, Why, looks_on, scope, verb};
