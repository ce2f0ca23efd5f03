//! What can be said: the nouns of the engine, as plain data.
//!
//! Comes in: the bytes of package files. Goes out: [`Package`]s and a [`Catalogue`] of everything
//! a site knows, or a list of [`Problem`]s, all at once. Refuses to know: databases, clocks,
//! HTTP, how an expression is evaluated.

pub mod access;
pub mod calendar;
pub mod canonical;
pub mod catalogue;
pub mod check;
pub mod day;
pub mod decimal;
pub mod expr;
pub mod field;
pub mod form;
pub mod ledger;
pub mod make;
pub mod manifest;
pub mod menu;
pub mod message;
pub mod name;
pub mod package;
pub mod posting;
pub mod problem;
pub mod read;
pub mod record;
pub mod register;
pub mod roles;
pub mod schema;
pub mod story;
pub mod value;
pub mod workflow;
pub mod zone;

pub use access::{Filter, Look, Test, Verb};
pub use catalogue::Catalogue;
pub use expr::{Expr, Flag, Given};
pub use field::{Field, Kind};
pub use form::{Form, FormKind};
pub use ledger::Ledger;
pub use name::{Id, Name, Path, Ref, Target};
pub use package::Package;
pub use problem::Problem;
pub use record::{Line, Record, Status};
pub use value::{Fields, Month, Value};
pub use workflow::Workflow;

/// Decimals are exact everywhere; a float never stands for an amount.
pub use rust_decimal::Decimal;
