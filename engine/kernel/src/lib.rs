//! What follows: rights, rules, values, postings and workflows, worked out from data alone.
//!
//! Comes in: a [`model::Catalogue`], records, who asks, and [`facts::Facts`]. Goes out: a decision
//! as data, or the list of facts still missing ([`facts::Outcome::Need`]). Refuses to know:
//! clocks, databases, files, random numbers; nothing here awaits.

pub mod access;
pub mod asker;
pub mod expr;
pub mod facts;
pub mod fault;
pub mod form;
pub mod limits;
pub mod make;
pub mod numbering;
pub mod posting;
pub mod rules;
pub mod script;
pub mod workflow;

pub use asker::{Asker, HeldRole, User};
pub use facts::{Answer, Ask, Facts, Measures, Outcome};
pub use fault::Fault;
pub use rules::Rules;
