//! Stories: a package's acceptance tests as data, and the runs that make demo data.
//!
//! Comes in: a story, and a stage to play it on. Goes out: nothing, or the step that did not come
//! out as it says, with what was expected and what was found. The same telling runs on every
//! stage (10.1); a stage only knows how to carry out one step.

mod direct;
mod expect;
mod stage;
mod tell;

pub use direct::Direct;
pub use stage::{Act, Answer, OpenTask, Seen, Stage, Trouble};
pub use tell::{Failed, tell};

use crate::Error;

/// Makes a database of a PostgreSQL server for a while, as a copy of another one where `like`
/// names it, and tells its address.
pub async fn create_database(url: &str, name: &str, like: Option<&str>) -> Result<String, Error> {
    Ok(store::create_database(url, name, like).await?)
}

/// Removes a database that was made for a while.
pub async fn drop_database(url: &str, name: &str) -> Result<(), Error> {
    Ok(store::drop_database(url, name).await?)
}
