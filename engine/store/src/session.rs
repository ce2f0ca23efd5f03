//! Sessions, bearer tokens and the throttle of failed logins. Only hashes of secrets are kept.

use crate::{
    Failure, Tx,
    cell::{Type, cells},
    sql::Dialect,
};
use chrono::{DateTime, Utc};
use model::Id;

/// The first word of the keys under which a login that was right is noted.
pub const KNOWN_LOGIN: &str = "known";

/// Somebody logged in.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// SHA-256 of the secret in the cookie.
    pub hash: Vec<u8>,
    pub user: Id,
    /// The user's epoch when the session began; an older one than the user's is worth nothing.
    pub epoch: u64,
    /// What a changing request must also carry.
    pub csrf: String,
    pub agent: String,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// A secret for programs.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub id: Id,
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    pub user: Id,
    pub epoch: u64,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub seen_at: Option<DateTime<Utc>>,
    /// Worth nothing from then on; left out: no end.
    pub until: Option<DateTime<Utc>>,
}

const TOKEN: &[Type] = &[
    Type::Id,
    Type::Bytes,
    Type::Id,
    Type::Int,
    Type::Text,
    Type::Moment,
    Type::Moment,
    Type::Moment,
];

fn token(r: &mut crate::cell::Row) -> Result<Token, Failure> {
    Ok(Token {
        id: r.id()?,
        hash: r.bytes()?.to_vec(),
        user: r.id()?,
        epoch: r.count()?,
        name: r.string()?,
        created_at: r.moment()?,
        seen_at: r.maybe_moment()?,
        until: r.maybe_moment()?,
    })
}

impl Tx {
    /// Keeps a new session.
    pub async fn add_session(&mut self, s: &Session) -> Result<(), Failure> {
        self.run(
            "insert into session(hash, \"user\", epoch, csrf, agent, created_at, seen_at, until) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            &cells![
                &*s.hash,
                s.user,
                s.epoch,
                &s.csrf,
                &s.agent,
                s.created_at,
                s.seen_at,
                s.until
            ],
        )
        .await
        .map(|_| ())
    }
    /// The session behind a secret, if it has not run out and its user is active and has the
    /// same epoch still.
    pub async fn session(
        &mut self,
        hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, Failure> {
        let row = self
            .row(
                "select s.\"user\", s.epoch, s.csrf, s.agent, s.created_at, s.seen_at, s.until \
                 from session s join \"user\" u on u.id = s.\"user\" \
                 where s.hash = $1 and s.until > $2 and u.active = $3 and u.epoch = s.epoch",
                &cells![hash, now, true],
                &[
                    Type::Id,
                    Type::Int,
                    Type::Text,
                    Type::Text,
                    Type::Moment,
                    Type::Moment,
                    Type::Moment,
                ],
            )
            .await?;
        row.map(|mut r| {
            Ok(Session {
                hash: hash.to_vec(),
                user: r.id()?,
                epoch: r.count()?,
                csrf: r.string()?,
                agent: r.string()?,
                created_at: r.moment()?,
                seen_at: r.moment()?,
                until: r.moment()?,
            })
        })
        .transpose()
    }
    /// Notes that a session was used, and until when it is worth something now.
    pub async fn touch_session(
        &mut self,
        hash: &[u8],
        seen_at: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<(), Failure> {
        self.run(
            "update session set seen_at = $1, until = $2 where hash = $3",
            &cells![seen_at, until, hash],
        )
        .await
        .map(|_| ())
    }
    /// Ends one session.
    pub async fn end_session(&mut self, hash: &[u8]) -> Result<(), Failure> {
        self.run("delete from session where hash = $1", &cells![hash])
            .await
            .map(|_| ())
    }
    /// Ends every session of a user.
    pub async fn end_sessions(&mut self, user: Id) -> Result<(), Failure> {
        self.run("delete from session where \"user\" = $1", &cells![user])
            .await
            .map(|_| ())
    }
    /// Forgets sessions that ran out before `now`, failed logins before `attempts` and known ones
    /// before `known`.
    pub async fn sweep_sessions(
        &mut self,
        now: DateTime<Utc>,
        attempts: DateTime<Utc>,
        known: DateTime<Utc>,
    ) -> Result<u64, Failure> {
        let gone = self
            .run("delete from session where until < $1", &cells![now])
            .await?;
        let more = self
            .run(
                "delete from login_attempt where at < $1 or at < $2 and key not like $3",
                &cells![known, attempts, format!("{KNOWN_LOGIN} %")],
            )
            .await?;
        Ok(gone + more)
    }

    /// Keeps a new token.
    pub async fn add_token(&mut self, t: &Token) -> Result<(), Failure> {
        self.run(
            "insert into token(id, hash, \"user\", epoch, name, created_at, seen_at, until) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            &cells![
                t.id,
                &*t.hash,
                t.user,
                t.epoch,
                &t.name,
                t.created_at,
                t.seen_at,
                t.until
            ],
        )
        .await
        .map(|_| ())
    }
    /// The token behind a secret, under the same conditions as [`Tx::session`].
    pub async fn token(
        &mut self,
        hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Token>, Failure> {
        let row = self
            .row(
                "select t.id, t.hash, t.\"user\", t.epoch, t.name, t.created_at, t.seen_at, t.until \
                 from token t join \"user\" u on u.id = t.\"user\" \
                 where t.hash = $1 and (t.until is null or t.until > $2) and u.active = $3 \
                 and u.epoch = t.epoch",
                &cells![hash, now, true],
                TOKEN,
            )
            .await?;
        row.map(|mut r| token(&mut r)).transpose()
    }
    /// A user's tokens, oldest first.
    pub async fn tokens_of(&mut self, user: Id) -> Result<Vec<Token>, Failure> {
        let mut rows = self
            .rows(
                "select id, hash, \"user\", epoch, name, created_at, seen_at, until from token \
                 where \"user\" = $1 order by id",
                &cells![user],
                TOKEN,
            )
            .await?;
        rows.iter_mut().map(token).collect()
    }
    /// Takes a token away from its user; [`Failure::NotFound`] if it is not his.
    pub async fn delete_token(&mut self, id: Id, user: Id) -> Result<(), Failure> {
        match self
            .run(
                "delete from token where id = $1 and \"user\" = $2",
                &cells![id, user],
            )
            .await?
        {
            0 => Err(Failure::NotFound),
            _ => Ok(()),
        }
    }

    /// One at a time may look at what is noted under a key and note more, until the end of the
    /// command.
    pub async fn lock_attempts(&mut self, key: &str) -> Result<(), Failure> {
        // SQLite has one writer anyway.
        if self.dialect() == Dialect::Postgres {
            self.run(
                "select pg_advisory_xact_lock(hashtextextended(current_schema() || ' ' || $1, 0))",
                &cells![key],
            )
            .await?;
        }
        Ok(())
    }
    /// Notes a login under a key the server chose (a login, an address).
    pub async fn add_attempt(
        &mut self,
        id: Id,
        key: &str,
        at: DateTime<Utc>,
    ) -> Result<(), Failure> {
        self.run(
            "insert into login_attempt(key, at, id) values ($1, $2, $3)",
            &cells![key, at, id],
        )
        .await
        .map(|_| ())
    }
    /// How many logins are noted under a key since then, and the moment of the last.
    pub async fn attempts(
        &mut self,
        key: &str,
        since: DateTime<Utc>,
    ) -> Result<(u64, Option<DateTime<Utc>>), Failure> {
        let row = self
            .row(
                "select count(*), max(at) from login_attempt where key = $1 and at >= $2",
                &cells![key, since],
                &[Type::Int, Type::Moment],
            )
            .await?;
        row.map_or(Ok((0, None)), |mut r| Ok((r.count()?, r.maybe_moment()?)))
    }
    /// Takes back what was noted for one login, under all its keys.
    pub async fn take_back_attempt(&mut self, id: Id, keys: &[&str]) -> Result<(), Failure> {
        for key in keys {
            self.run(
                "delete from login_attempt where key = $1 and id = $2",
                &cells![*key, id],
            )
            .await?;
        }
        Ok(())
    }
    /// Forgets the failed logins of a key.
    pub async fn clear_attempts(&mut self, key: &str) -> Result<(), Failure> {
        self.run("delete from login_attempt where key = $1", &cells![key])
            .await
            .map(|_| ())
    }
}
