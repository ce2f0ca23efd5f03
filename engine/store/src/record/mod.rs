//! Records: a row of the form's table, its lines, its text for the search, its history.

mod change;
mod hold;
mod links;
mod read;
mod write;

pub use change::Change;
pub use hold::Stands;
pub(crate) use read::{header, whole};
pub use write::Text;
