//! BPMN 2.0 files: what they say, whether they may say it, and how to say it back.
//!
//! Comes in: the bytes of a file. Goes out: a model, or every problem with element and line; and
//! the file of a model. Refuses to know: files, clocks, the engine that runs what is described.

pub mod element;
pub mod graph;
pub mod kind;
pub mod problem;
pub mod read;
pub mod rule;
pub mod rules;
pub mod soundness;
pub mod write;
pub mod xml;

pub use element::{Element, Ix, Model};
pub use graph::Graph;
pub use kind::Kind;
pub use problem::Problem;
pub use read::read;
pub use rule::{Rule, Weight};
pub use rules::judge;
pub use write::write;
pub use xml::Limits;
