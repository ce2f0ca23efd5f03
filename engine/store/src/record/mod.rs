//! Records: a row of the form's table, its lines, its text for the search, its history.

mod change;
mod links;
mod read;
mod write;

pub use change::Change;
pub use write::Text;
