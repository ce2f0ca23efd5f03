//! BPMN 2.0 files: what they say, whether they may say it, and how to say it back.
//!
//! Comes in: the bytes of a file, or a workflow. Goes out: a model, or every problem with element
//! and line; the file of a model; and a model as workflows, with a report of every element. Refuses to know: files, clocks, the engine that runs what is described.

pub mod draw;
pub mod element;
pub mod graph;
pub mod kind;
pub mod map;
pub mod own;
pub mod problem;
pub mod read;
pub mod rule;
pub mod rules;
pub mod soundness;
pub mod write;
pub mod xml;

pub use draw::draw;
pub use element::{Element, Ix, Model};
pub use graph::Graph;
pub use kind::Kind;
pub use map::{Verdict, map};
pub use problem::Problem;
pub use read::read;
pub use rule::{Rule, Weight};
pub use rules::judge;
pub use write::write;
pub use xml::Limits;
