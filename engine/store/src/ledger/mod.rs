//! Ledgers: insert-only entries, and the balances kept beside them in the same transaction.

mod known;
mod lock;
mod lows;
mod post;
mod read;
mod turnover;

pub(crate) use known::Known;
pub use lock::Locked;
pub use lows::Running;
pub use post::{Entry, Posting};
pub use read::{Balances, Entries, EntryFound};
pub use turnover::{Every, Turnover, TurnoverRow};

use indexmap::IndexMap;
use model::{Decimal, Name};

/// How much, by measure.
pub type Measures = IndexMap<Name, Decimal>;
