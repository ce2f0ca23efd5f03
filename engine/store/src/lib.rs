//! What is kept: the one door to SQLite (rusqlite) and PostgreSQL (sqlx).
//!
//! Comes in: nouns of `model` and closures over a [`Tx`]. Goes out: rows as nouns, or a
//! [`Failure`]. Refuses to know: business rules, HTTP, who may do what beyond the [`Scope`] it is
//! given. All SQL text is made here, from metadata; values are always bound.

mod audit;
mod backup;
mod blob;
mod cell;
mod desk;
mod engine_tables;
mod failure;
mod flow;
mod idempotency;
mod ledger;
mod migrate;
mod notice;
mod pool;
mod postgres;
mod private;
mod publish;
mod query;
mod queue;
mod record;
mod scope;
mod scratch;
mod search;
mod series;
mod session;
mod sql;
mod sqlite;
mod store;
mod table;
mod tx;
mod user;
mod verify;

pub use audit::Audit;
pub use desk::{Comment, File, FileUse, View};
pub use failure::Failure;
pub use flow::{Event, Inbox, Instance, Participant, Task};
pub use idempotency::{Begun, Reply};
pub use ledger::{
    Balances, Entries, Entry, EntryFound, Every, Locked, Measures, Posting, Running, Turnover,
    TurnoverRow,
};
pub use notice::{Notice, StreamRow};
pub use publish::{Loss, Plan, Revision, RevisionHead, files_hash};
pub use query::{Columns, Count, Found, Page, Query, Title};
pub use queue::{Queue, Work};
pub use record::{Change, Stands, Text};
pub use scope::{Grant, Grants, Scope, role_principal, user_principal};
pub use scratch::{create_database, drop_database};
pub use session::{KNOWN_LOGIN, Session, Token};
pub use sql::Dialect;
pub use store::{Address, Store};
pub use table::Tables;
pub use tx::Tx;
pub use user::{HeldRole, User};
pub use verify::{Answered, Wrong};

/// The database's file inside a site's folder (SQLite).
pub const FILE: &str = "site.db";
