//! What can go wrong with a database, in the words of the engine.

use model::{Id, Ref};

/// The world broke, or somebody was faster. Never a rule of the business.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The row is not at the version or in the state the command read. Read again and decide anew.
    #[error("{what} has changed meanwhile")]
    Stale { what: String },
    /// Another row has this value already; `constraint` is `table.column…`.
    #[error("{constraint} is taken already")]
    Duplicate { constraint: String },
    /// A link points to a record that is not there (any more).
    #[error("{at} points to {id}, which is not there")]
    Dangling { at: String, id: Id },
    /// The record cannot be deleted: others point to it.
    #[error("{count} records of {form} still point to it")]
    Referenced { form: Ref, count: u64 },
    /// No such row, or none this scope may see: both look alike.
    #[error("not found")]
    NotFound,
    /// The question cannot be asked: `code` is stable, `at` names the place in it.
    #[error("{at}: {code}")]
    Bad { code: &'static str, at: String },
    /// Too much at once, or a lock was not given in time. Trying again may help.
    #[error("busy: {0}")]
    Busy(String),
    /// No space left on the device. Nothing was written.
    #[error("the disk is full")]
    Full,
    /// Reading or writing failed. On SQLite the store takes no writes any more after it.
    #[error("input or output failed: {0}")]
    Io(String),
    /// What is stored cannot be what was written.
    #[error("the stored data is damaged: {0}")]
    Corrupt(String),
    /// The connection broke while committing: the command may be done or not. Ask by its
    /// idempotency key.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// The database is set up in a way that loses data, or is used by somebody else.
    #[error("unsafe: {0}")]
    Unsafe(String),
    /// The command panicked; everything it did was undone.
    #[error("the command panicked: {0}")]
    Panicked(String),
    /// An error of the database that no rule above expects.
    #[error("database: {0}")]
    Database(String),
}

impl Failure {
    /// A question that cannot be asked.
    pub(crate) fn bad(code: &'static str, at: impl ToString) -> Self {
        Self::Bad {
            code,
            at: at.to_string(),
        }
    }
    /// Something changed under the command.
    pub(crate) fn stale(what: impl ToString) -> Self {
        Self::Stale {
            what: what.to_string(),
        }
    }
    /// A stored value does not read as what it should be.
    pub(crate) fn corrupt(what: impl ToString) -> Self {
        Self::Corrupt(what.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(e: std::io::Error) -> Self {
        if e.kind() == std::io::ErrorKind::StorageFull {
            Self::Full
        } else {
            Self::Io(e.to_string())
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as C;
        let rusqlite::Error::SqliteFailure(code, text) = &e else {
            return match e {
                rusqlite::Error::ToSqlConversionFailure(why) => {
                    let code = match why.downcast_ref::<model::decimal::Unfit>() {
                        Some(_) => "too_large",
                        None => "bad_value",
                    };
                    Self::bad(code, why)
                }
                other => Self::Database(other.to_string()),
            };
        };
        let say = || text.clone().unwrap_or_else(|| e.to_string());
        match code.code {
            C::ConstraintViolation => {
                let say = say();
                match say.strip_prefix("UNIQUE constraint failed: ") {
                    Some(columns) => Self::Duplicate {
                        constraint: columns.into(),
                    },
                    None => Self::Database(say),
                }
            }
            C::DiskFull => Self::Full,
            C::SystemIoFailure | C::CannotOpen | C::ReadOnly | C::NoLargeFileSupport => {
                Self::Io(say())
            }
            C::DatabaseCorrupt | C::NotADatabase => Self::Corrupt(say()),
            C::DatabaseBusy | C::DatabaseLocked => Self::Busy(say()),
            C::OperationInterrupted => Self::Busy("the question took too long".into()),
            _ => Self::Database(say()),
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(e: sqlx::Error) -> Self {
        match &e {
            sqlx::Error::Database(d) => {
                let code = d.code().unwrap_or_default();
                match code.as_ref() {
                    "23505" => Self::Duplicate {
                        constraint: match (d.table(), d.constraint()) {
                            // `i_<table>__<columns>`, the name of an index of ours.
                            (Some(t), Some(c)) => match c.strip_prefix(&format!("i_{t}__")) {
                                Some(columns) => format!("{t}.{columns}"),
                                None => format!("{t}.{c}"),
                            },
                            _ => d.message().into(),
                        },
                    },
                    // 40001, 40P01: run again; 55P03 lock timeout; 57014 statement timeout;
                    // 53xxx: no resources; 53100 disk full.
                    "53100" => Self::Full,
                    "40001" | "40P01" | "55P03" | "57014" | "53000" | "53200" | "53300" => {
                        Self::Busy(d.message().into())
                    }
                    "58030" => Self::Io(d.message().into()),
                    "XX001" | "XX002" => Self::Corrupt(d.message().into()),
                    "22003" => Self::bad("too_large", d.message()),
                    _ => Self::Database(format!("{code} {}", d.message())),
                }
            }
            sqlx::Error::Encode(why) => Self::bad("bad_value", why),
            sqlx::Error::PoolTimedOut => Self::Busy("no free connection".into()),
            sqlx::Error::Io(io) => Self::Io(io.to_string()),
            other => Self::Database(other.to_string()),
        }
    }
}

/// Whether PostgreSQL asks to run the whole transaction again (5.3.1).
pub(crate) fn again(e: &sqlx::Error) -> bool {
    matches!(e, sqlx::Error::Database(d)
        if matches!(d.code().as_deref(), Some("40001" | "40P01")))
}

/// Whether a publish changed a column under a prepared statement of this connection: the
/// statement must be prepared anew and the transaction run again.
pub(crate) fn outdated(e: &sqlx::Error) -> bool {
    matches!(e, sqlx::Error::Database(d)
    if matches!(
        d.code().as_deref(),
        Some("0A000" | "42883" | "42804" | "22021" | "22P03" | "08P01" | "42703" | "42P18")
    ))
}
