//! Records worked out: values in the order of their dependencies, looks, findings; bodies applied;
//! differences; titles.
//!
//! Comes in: a form, a record, what it was before, who asks, facts. Goes out: a [`Sheet`].
//! Refuses to know: where records are kept, and which of them somebody may see (see
//! [`crate::access`]).

mod apply;
mod diff;
mod evaluate;
mod judge;
mod links;
mod place;
mod sheet;
mod title;

pub use apply::{Applied, Body, apply};
pub use diff::{Difference, diff};
pub use evaluate::{Evaluation, evaluate};
pub use links::{Chosen, chosen, link_rows};
pub use place::Place;
pub use sheet::{FieldLook, Finding, Live, Looks, NodeFields, Phase, Say, Sheet};
pub use title::title;
