//! Postings: the entries a record writes, their reversal, and what must hold on a balance.
//!
//! Comes in: a frozen record and facts, or locked balances. Goes out: [`Entry`]s in order and
//! [`Broken`] constraints. Refuses to know: locks, tables, the number of database servers.

mod check;
mod entries;
mod measures;

pub use check::{Added, Broken, Later, Locked, check};
pub use entries::{Entry, content_hash, entries, reverse};
pub use measures::measures;
