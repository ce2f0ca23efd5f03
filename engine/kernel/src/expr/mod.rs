//! Expressions: parsed by rhai, resolved against the catalogue, worked out by an evaluator of our
//! own.
//!
//! Comes in: the text after `= ` and the place it stands at. rhai's parser reads it; [`lower`]
//! walks rhai's syntax tree and keeps only what the language allows (page 3.1 rule 3): paths,
//! operators, `if`, lists, maps and the closed list of functions in [`function`]. What comes out is
//! a [`tree::Compiled`] whose paths are resolved to fields, built-ins and links. Nothing else of
//! rhai can be reached when it runs: there are no statements, loops or call-backs in the tree, so
//! every evaluation ends after as many steps as the tree has nodes times the lines it reads.
//! Refuses to know: where facts come from.

mod calls;
pub(crate) mod eval;
mod facade;
pub(crate) mod fit;
pub(crate) mod function;
mod functions;
pub(crate) mod lower;
mod names;
mod operators;
mod parse;
pub(crate) mod paths;
mod seats;
pub(crate) mod tree;
pub(crate) mod types;
pub(crate) mod value;

pub use facade::{At, flag, given, value};
pub(crate) use facade::{constant, literal};
pub(crate) use names::Where;
pub(crate) use operators::{apply, compare};
pub(crate) use parse::functions_of;
pub use seats::{SeatValue, seats};
pub(crate) use value::Val;
