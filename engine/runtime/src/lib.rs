//! In what order things happen: one function a use case, each one transaction.
//!
//! Comes in: who asks, and for what. Goes out: a view, or an [`Error`] with nothing half done.
//! A command line, a timer and a request call the same functions. Refuses to know: HTTP.
//!
//! A command is prepared on a read snapshot at a [`desk`] (everything loaded, evaluated, decided),
//! and then committed in one write transaction that checks what was read and does the rest under
//! locks (5.3.1).

mod caller;
pub mod clock;
mod command;
mod comment;
mod definition;
mod demo;
mod desk;
pub mod due;
mod error;
mod file;
mod filter;
mod flow;
pub mod folder;
mod history;
mod jobs;
mod ledger;
mod login;
mod lookup;
mod me;
mod message;
mod metrics;
mod named;
mod notice;
mod older;
mod opening;
mod password;
mod publish;
mod read;
mod record;
mod records;
mod saved;
mod seats;
mod show;
mod site;
mod sniff;
mod steer;
pub mod story;
pub mod stream;
mod substitute;
mod task;
mod throttle;
mod trail;
mod verdict;
mod verify;
pub mod view;
pub mod words;
pub mod worker;

pub use caller::Caller;
pub use clock::Clock;
pub use command::Key;
pub use error::Error;
pub use jobs::JobsHandle;
pub use ledger::{BalanceAsked, EntriesAsked, TurnoverAsked};
pub use login::{ChangeMe, LoggedIn, NewUser};
pub use lookup::LookupAsked;
pub use read::{EvaluateAsked, ListAsked};
pub use site::{Options, Site};
pub use steer::Steer;
pub use task::{CompleteAsked, Folder};
pub use words::Language;
