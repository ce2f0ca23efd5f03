//! Idempotency keys: a command sent twice is done once (6.1 rule 4).

use crate::{
    Failure, Tx,
    cell::{Type, cells, row},
    sql::Dialect,
};
use chrono::{DateTime, Utc};
use model::Id;
use std::sync::Arc;

/// What was answered to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u32,
    pub body: String,
}

/// What became of taking a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nobody had it: go on, and call [`Tx::finish_key`] before the end.
    Fresh,
    /// The command was done already; this was the answer.
    Done(Reply),
    /// The key was used for something else.
    Mismatch,
}

/// A key taken by a command that is not done yet.
pub(crate) struct Taken {
    hash: Arc<[u8]>,
    at: DateTime<Utc>,
}

impl Tx {
    /// Takes a key for a command whose content has the hash `hash`. On PostgreSQL a repeat waits
    /// here until the first is done. The first statement of a command; if it is [`Begun::Fresh`],
    /// the last is [`Tx::finish_key`].
    pub async fn begin_key(
        &mut self,
        user: Id,
        key: &str,
        hash: &[u8],
        at: DateTime<Utc>,
    ) -> Result<Begun, Failure> {
        if self.dialect() == Dialect::Sqlite {
            // One writer: nobody else takes it meanwhile, and one insert at the end is enough.
            if let Some(used) = self.used_key(user, key, hash).await? {
                return Ok(used);
            }
            self.key = Some(Taken {
                hash: hash.into(),
                at,
            });
            return Ok(Begun::Fresh);
        }
        let fresh = self
            .run(
                "insert into idempotency(\"user\", key, hash, at) values ($1, $2, $3, $4) \
                 on conflict do nothing",
                &cells![user, key, hash, at],
            )
            .await?;
        if fresh == 1 {
            return Ok(Begun::Fresh);
        }
        self.used_key(user, key, hash).await?.ok_or_else(|| {
            // The first let go of it between the two statements.
            self.run_again("the key was taken and let go")
        })
    }
    /// What became of a key, without taking it; `None`: nobody had it.
    pub async fn used_key(
        &mut self,
        user: Id,
        key: &str,
        hash: &[u8],
    ) -> Result<Option<Begun>, Failure> {
        let row = self
            .row(
                "select hash, status, body from idempotency where \"user\" = $1 and key = $2",
                &cells![user, key],
                &[Type::Bytes, Type::Int, Type::Text],
            )
            .await?;
        let Some(mut row) = row else { return Ok(None) };
        if *row.bytes()? != *hash {
            return Ok(Some(Begun::Mismatch));
        }
        Ok(Some(Begun::Done(Reply {
            status: row.small()?,
            body: row.string()?,
        })))
    }
    /// Keeps the answer of the command that took the key.
    pub async fn finish_key(&mut self, user: Id, key: &str, reply: &Reply) -> Result<(), Failure> {
        if let Some(taken) = self.key.take() {
            return self
                .run(
                    "insert into idempotency(\"user\", key, hash, status, body, at) \
                     values ($1, $2, $3, $4, $5, $6)",
                    &cells![user, key, taken.hash, reply.status, &reply.body, taken.at],
                )
                .await
                .map(|_| ());
        }
        self.append_one(
            "update idempotency set status = ?, body = ? where \"user\" = ? and key = ?",
            row![reply.status, &reply.body, user, key],
        )
        .await
    }
    /// Forgets keys from before a moment.
    pub async fn sweep_keys(&mut self, before: DateTime<Utc>) -> Result<u64, Failure> {
        self.run("delete from idempotency where at < $1", &cells![before])
            .await
    }
}
