//! Publishing: the tables follow the catalogue, and nothing that holds data is lost.

mod build;
mod package;
mod plan;

pub(crate) use build::insert_only;
pub use package::{Revision, RevisionHead, files_hash};
pub use plan::{Loss, Plan};
