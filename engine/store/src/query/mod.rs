//! The one query builder: the only way to read records and ledgers.
//!
//! Every path in a filter, sort or column list is looked up in the metadata under the asker's
//! scope; a field that is hidden, masked or missing is the same `unknown_field`. Values are
//! always bound.

mod builder;
mod cursor;
mod filter;
mod leaf;
mod list;
mod look_up;
mod select;

pub(crate) use builder::{Builder, Place};
pub use list::{Columns, Count, Found, Page, Query};
pub use look_up::Title;
