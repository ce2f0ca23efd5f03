//! Records: a row of the form's table, its lines, its text for the search, its history.

mod change;
mod links;
mod read;
mod write;

pub use change::Change;
pub(crate) use read::{header, whole};
pub use write::Text;
