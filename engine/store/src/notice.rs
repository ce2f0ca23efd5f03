//! Notices to users inside the product, and the stream that tells open pages what changed.

use crate::{
    Failure, Tx,
    cell::{Cell, Row, Type, cells, row},
    sql::{Dialect, Insert, Sql},
};
use chrono::{DateTime, Utc};
use model::{Id, Ref};
use std::sync::LazyLock;

/// Something a user should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub id: Id,
    pub user: Id,
    pub at: DateTime<Utc>,
    pub kind: String,
    pub form: Option<Ref>,
    pub record: Option<Id>,
    /// What fills the sentence, as JSON.
    pub args: String,
    pub read_at: Option<DateTime<Utc>>,
}

/// Something changed that a principal may want to read again. Never holds what changed (V13).
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRow {
    pub id: Id,
    /// When it was added; see [`Tx::add_stream`].
    pub at: DateTime<Utc>,
    /// See [`crate::user_principal`]; `*` for everybody.
    pub principal: String,
    pub kind: String,
    pub form: Option<Ref>,
    pub record: Option<Id>,
}

static NOTICE: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "notice",
        &[
            ("id", Type::Id),
            ("user", Type::Id),
            ("at", Type::Moment),
            ("kind", Type::Text),
            ("form", Type::Text),
            ("record", Type::Id),
            ("args", Type::Text),
            ("read_at", Type::Moment),
        ],
        "",
    )
});
static STREAM: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "stream",
        &[
            ("id", Type::Id),
            ("at", Type::Moment),
            ("principal", Type::Text),
            ("kind", Type::Text),
            ("form", Type::Text),
            ("record", Type::Id),
        ],
        "",
    )
});

/// Rows of the stream that get their moment when they are written.
const LATE: &str = "insert into stream(id, at, principal, kind, form, record) \
     select d.id, clock_timestamp(), d.principal, d.kind, d.form, d.record \
     from unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::uuid[]) \
     as d(id, principal, kind, form, record)";

fn form(r: &mut Row) -> Result<Option<Ref>, Failure> {
    let text = r.maybe_text()?;
    text.map(|t| t.parse().map_err(|_| Failure::corrupt("form")))
        .transpose()
}

impl Tx {
    /// Tells users something. Written at the end of the command.
    pub async fn add_notices(&mut self, notices: &[Notice]) -> Result<(), Failure> {
        let rows = notices
            .iter()
            .map(|n| {
                row![
                    n.id,
                    n.user,
                    n.at,
                    &n.kind,
                    n.form.as_ref().map(ToString::to_string),
                    n.record,
                    &n.args,
                    n.read_at
                ]
            })
            .collect();
        self.append(&NOTICE, rows).await
    }
    /// A user's notices, newest first; `before` is the id of the last one seen.
    pub async fn notices(
        &mut self,
        user: Id,
        before: Option<Id>,
        limit: u32,
    ) -> Result<Vec<Notice>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select id, at, kind, form, record, args, read_at from notice where \"user\" = ");
        sql.bind(user);
        if let Some(before) = before {
            sql.push(" and id < ").bind(before);
        }
        sql.push(" order by id desc limit ").bind(limit);
        let (text, binds) = sql.done();
        let rows = self
            .rows(
                text,
                &binds,
                &[
                    Type::Id,
                    Type::Moment,
                    Type::Text,
                    Type::Text,
                    Type::Id,
                    Type::Text,
                    Type::Moment,
                ],
            )
            .await?;
        rows.into_iter()
            .map(|mut r| {
                Ok(Notice {
                    id: r.id()?,
                    user,
                    at: r.moment()?,
                    kind: r.string()?,
                    form: form(&mut r)?,
                    record: r.maybe_id()?,
                    args: r.string()?,
                    read_at: r.maybe_moment()?,
                })
            })
            .collect()
    }
    /// How many notices a user has not read, counted up to 100.
    pub async fn unread(&mut self, user: Id) -> Result<u64, Failure> {
        let row = self
            .row(
                "select count(*) from (select id from notice where \"user\" = $1 \
                 and read_at is null limit 100) as n",
                &cells![user],
                &[Type::Int],
            )
            .await?;
        row.map_or(Ok(0), |mut r| r.count())
    }
    /// Marks a user's notices as read: these, or all where none is named.
    pub async fn read_notices(
        &mut self,
        user: Id,
        ids: &[Id],
        at: DateTime<Utc>,
    ) -> Result<u64, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("update notice set read_at = ")
            .bind(at)
            .push(" where \"user\" = ")
            .bind(user);
        sql.push(" and read_at is null");
        if !ids.is_empty() {
            sql.push(" and id");
            sql.within(Type::Id, ids.iter().map(|id| (*id).into()).collect());
        }
        let (text, binds) = sql.done();
        self.run(text, &binds).await
    }

    /// Adds to the stream. Written at the end of the command, and at that moment by the
    /// database's clock, so that a command that took long is still heard of; with `as_said` (a
    /// clock that stands still) at the moment each row says.
    pub async fn add_stream(&mut self, rows: &[StreamRow], as_said: bool) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        if !as_said && self.dialect() == Dialect::Postgres {
            let rows: Vec<Vec<Cell>> = rows
                .iter()
                .map(|s| {
                    let form = s.form.as_ref().map(ToString::to_string);
                    row![s.id, &s.principal, &s.kind, form, s.record]
                })
                .collect();
            let types = [Type::Id, Type::Text, Type::Text, Type::Text, Type::Id];
            let columns = (0..types.len()).map(|n| {
                let cells = rows.iter().map(|row| row[n].clone()).collect();
                Cell::List(types[n], cells)
            });
            return self.append_one(LATE, columns.collect()).await;
        }
        let now = match as_said {
            true => None,
            false => Some(self.now().await?),
        };
        let rows = rows
            .iter()
            .map(|s| {
                row![
                    s.id,
                    now.unwrap_or(s.at),
                    &s.principal,
                    &s.kind,
                    s.form.as_ref().map(ToString::to_string),
                    s.record
                ]
            })
            .collect();
        self.append(&STREAM, rows).await
    }
    /// What was added to the stream since a moment, oldest first. Commands end in another order
    /// than they begin: ask from some seconds before the last answer, and skip known ids.
    pub async fn stream_since(
        &mut self,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<StreamRow>, Failure> {
        let rows = self
            .rows(
                "select id, at, principal, kind, form, record from stream where at >= $1 \
                 order by at, id limit $2",
                &cells![since, limit],
                &[
                    Type::Id,
                    Type::Moment,
                    Type::Text,
                    Type::Text,
                    Type::Text,
                    Type::Id,
                ],
            )
            .await?;
        rows.into_iter()
            .map(|mut r| {
                Ok(StreamRow {
                    id: r.id()?,
                    at: r.moment()?,
                    principal: r.string()?,
                    kind: r.string()?,
                    form: form(&mut r)?,
                    record: r.maybe_id()?,
                })
            })
            .collect()
    }
    /// Forgets what was added to the stream before a moment.
    pub async fn sweep_stream(&mut self, before: DateTime<Utc>) -> Result<u64, Failure> {
        self.run("delete from stream where at < $1", &cells![before])
            .await
    }
}
