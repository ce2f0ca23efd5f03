//! Jobs, timers and the outbox: rows that are claimed with a lease, done, and gone.
//!
//! `due_at` is when a row may be claimed next: a claim moves it to the end of the lease, so a
//! worker that dies is replaced when its lease has run out. What a worker does is fenced by the
//! token of its claim (6.1 rule 9). Due time is judged by the database's clock.

use crate::{
    Failure, Tx,
    cell::{Row, Type, cells, row},
    sql::{Dialect, Insert, Sql},
};
use chrono::{DateTime, Duration, Utc};
use model::Id;
use std::sync::LazyLock;

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Timers and other work of the engine.
    Job,
    /// What leaves the site: mail, notices of others. In order for each subject.
    Outbox,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    pub id: Id,
    pub kind: String,
    /// What it belongs to: to cancel it, or to keep the order. `<instance>`, `<form>/<record>`.
    pub subject: Option<String>,
    /// As JSON.
    pub payload: String,
    pub due_at: DateTime<Utc>,
    /// How often it was claimed.
    pub attempts: u32,
    /// The token of the claim it is under.
    pub lease: Option<Id>,
    /// Nobody tries it any more until [`Tx::revive`].
    pub dead: bool,
    /// What went wrong last.
    pub error: Option<String>,
    pub created_at: DateTime<Utc>,
}
impl Work {
    /// New work, due at `due_at`.
    pub fn new(
        id: Id,
        kind: &str,
        subject: Option<String>,
        payload: String,
        due_at: DateTime<Utc>,
        created_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            kind: kind.into(),
            subject,
            payload,
            due_at,
            attempts: 0,
            lease: None,
            dead: false,
            error: None,
            created_at,
        }
    }
}

const COLUMNS: [(&str, Type); 10] = [
    ("id", Type::Id),
    ("kind", Type::Text),
    ("subject", Type::Text),
    ("payload", Type::Text),
    ("due_at", Type::Moment),
    ("attempts", Type::Int),
    ("lease", Type::Id),
    ("dead", Type::Bool),
    ("error", Type::Text),
    ("created_at", Type::Moment),
];
const NAMES: &str = "id, kind, subject, payload, due_at, attempts, lease, dead, error, created_at";

static JOB: LazyLock<Insert> = LazyLock::new(|| Insert::new("job", &COLUMNS, ""));
static OUTBOX: LazyLock<Insert> = LazyLock::new(|| Insert::new("outbox", &COLUMNS, ""));
static TYPES: LazyLock<Vec<Type>> = LazyLock::new(|| COLUMNS.iter().map(|c| c.1).collect());

impl Queue {
    fn table(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Outbox => "outbox",
        }
    }
    fn insert(self) -> &'static Insert {
        match self {
            Self::Job => &JOB,
            Self::Outbox => &OUTBOX,
        }
    }
}

fn read(r: &mut Row) -> Result<Work, Failure> {
    Ok(Work {
        id: r.id()?,
        kind: r.string()?,
        subject: r.maybe_string()?,
        payload: r.string()?,
        due_at: r.moment()?,
        attempts: r.small()?,
        lease: r.maybe_id()?,
        dead: r.bool()?,
        error: r.maybe_string()?,
        created_at: r.moment()?,
    })
}

impl Tx {
    /// The database's clock: what is due is judged by it. On SQLite the clock of this machine,
    /// where the database is.
    pub async fn now(&mut self) -> Result<DateTime<Utc>, Failure> {
        match self.dialect() {
            Dialect::Sqlite => DateTime::from_timestamp_micros(Utc::now().timestamp_micros())
                .ok_or_else(|| Failure::corrupt("the clock")),
            Dialect::Postgres => {
                let row = self
                    .row("select clock_timestamp()", &[], &[Type::Moment])
                    .await?;
                row.map_or_else(|| Err(Failure::corrupt("no clock")), |mut r| r.moment())
            }
        }
    }

    /// Queues work with the command that causes it. Written at the end of the command.
    pub async fn add_work(&mut self, queue: Queue, work: &[Work]) -> Result<(), Failure> {
        let rows = work
            .iter()
            .map(|w| {
                row![
                    w.id,
                    &w.kind,
                    w.subject.clone(),
                    &w.payload,
                    w.due_at,
                    w.attempts,
                    w.lease,
                    w.dead,
                    w.error.clone(),
                    w.created_at
                ]
            })
            .collect();
        self.append(queue.insert(), rows).await
    }

    /// Claims due work for `lease`, the longest due first; of the outbox only the first of each
    /// subject. No two workers get the same. Attempts count up here, before anything is tried.
    pub async fn claim(
        &mut self,
        queue: Queue,
        token: Id,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Work>, Failure> {
        let now = self.now().await?;
        self.claim_at(queue, token, lease, limit, now).await
    }
    /// [`Tx::claim`] with what is due by another clock than the database's: of a test or a story.
    pub async fn claim_at(
        &mut self,
        queue: Queue,
        token: Id,
        lease: Duration,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Result<Vec<Work>, Failure> {
        let table = queue.table();
        let mut sql = Sql::new(self.dialect());
        sql.push("update ")
            .push(table)
            .push(" set lease = ")
            .bind(token);
        sql.push(", attempts = attempts + 1, due_at = ")
            .bind(now + lease);
        sql.push(" where id in (select q.id from ").push(table);
        sql.push(" q where q.dead = false and q.due_at <= ")
            .bind(now);
        if queue == Queue::Outbox {
            sql.push(
                " and not exists (select 1 from outbox o where o.subject = q.subject \
                 and o.id < q.id and o.dead = false)",
            );
        }
        sql.push(" order by q.due_at limit ").bind(limit);
        if self.dialect() == Dialect::Postgres {
            sql.push(" for update of q skip locked");
        }
        sql.push(") returning ").push(NAMES);
        let (text, binds) = sql.done();
        let mut rows = self.rows(text, &binds, &TYPES).await?;
        let mut out = rows.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
        out.sort_by_key(|w| w.id);
        Ok(out)
    }
    /// Holds on to claimed work for another `lease`. [`Failure::Stale`] if the lease was lost.
    pub async fn extend(
        &mut self,
        queue: Queue,
        id: Id,
        token: Id,
        lease: Duration,
    ) -> Result<(), Failure> {
        let until = self.now().await? + lease;
        let text = format!(
            "update {} set due_at = $1 where id = $2 and lease = $3",
            queue.table()
        );
        let touched = self.run(text, &cells![until, id, token]).await?;
        held(touched)
    }
    /// Work is done and gone. In the transaction of its effects: [`Failure::Stale`] if the lease
    /// was lost, so that none of them stays.
    pub async fn finish(&mut self, queue: Queue, id: Id, token: Id) -> Result<(), Failure> {
        let text = format!("delete from {} where id = $1 and lease = $2", queue.table());
        let touched = self.run(text, &cells![id, token]).await?;
        held(touched)
    }
    /// Lets go of work that failed: to be tried again at `due_at`, or never (`None`).
    pub async fn give_back(
        &mut self,
        queue: Queue,
        id: Id,
        token: Id,
        due_at: Option<DateTime<Utc>>,
        error: &str,
    ) -> Result<(), Failure> {
        let dead = due_at.is_none();
        let due_at = match due_at {
            Some(at) => at,
            None => self.now().await?,
        };
        let text = format!(
            "update {} set lease = null, due_at = $1, dead = $2, error = $3 \
             where id = $4 and lease = $5",
            queue.table()
        );
        let touched = self
            .run(text, &cells![due_at, dead, error, id, token])
            .await?;
        held(touched)
    }
    /// Lets go of work whose moment has not come: it is not tried less often for it.
    pub async fn put_off(
        &mut self,
        queue: Queue,
        id: Id,
        token: Id,
        due_at: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let text = format!(
            "update {} set lease = null, due_at = $1, attempts = attempts - 1 \
             where id = $2 and lease = $3",
            queue.table()
        );
        let touched = self.run(text, &cells![due_at, id, token]).await?;
        held(touched)
    }
    /// Gives up on work that was claimed `most` times and never finished: it kills its workers.
    /// Says how many.
    pub async fn bury_exhausted(&mut self, queue: Queue, most: u32) -> Result<u64, Failure> {
        let now = self.now().await?;
        let text = format!(
            "update {} set dead = true, error = coalesce(error, 'its workers died') \
             where dead = false and due_at <= $1 and attempts >= $2",
            queue.table()
        );
        self.run(text, &cells![now, most]).await
    }
    /// Takes back all work of a subject that nobody has finished. Says how much.
    pub async fn cancel(&mut self, queue: Queue, subject: &str) -> Result<u64, Failure> {
        let text = format!("delete from {} where subject = $1", queue.table());
        self.run(text, &cells![subject]).await
    }
    /// The work of a subject that nobody has finished.
    pub async fn work_of(&mut self, queue: Queue, subject: &str) -> Result<Vec<Id>, Failure> {
        let text = format!("select id from {} where subject = $1", queue.table());
        let mut rows = self.rows(text, &cells![subject], &[Type::Id]).await?;
        rows.iter_mut().map(Row::id).collect()
    }
    /// Takes back one piece of work.
    pub async fn cancel_one(&mut self, queue: Queue, id: Id) -> Result<bool, Failure> {
        let text = format!("delete from {} where id = $1", queue.table());
        Ok(self.run(text, &cells![id]).await? == 1)
    }
    /// Work nobody tries any more, oldest first.
    pub async fn dead_work(&mut self, queue: Queue, limit: u32) -> Result<Vec<Work>, Failure> {
        let text = format!(
            "select {NAMES} from {} where dead = true order by id limit $1",
            queue.table()
        );
        let mut rows = self.rows(text, &cells![limit], &TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
    /// Tries dead work again from the start.
    pub async fn revive(&mut self, queue: Queue, id: Id) -> Result<(), Failure> {
        let now = self.now().await?;
        let text = format!(
            "update {} set dead = false, attempts = 0, lease = null, due_at = $1 \
             where id = $2 and dead = true",
            queue.table()
        );
        match self.run(text, &cells![now, id]).await? {
            0 => Err(Failure::NotFound),
            _ => Ok(()),
        }
    }
    /// When the next work is due, whether or not somebody has it.
    pub async fn next_due(&mut self, queue: Queue) -> Result<Option<DateTime<Utc>>, Failure> {
        let text = format!(
            "select min(due_at) from {} where dead = false",
            queue.table()
        );
        let row = self.row(text, &[], &[Type::Moment]).await?;
        row.map_or(Ok(None), |mut r| r.maybe_moment())
    }
    /// How much work waits, and how much is dead.
    pub async fn backlog(&mut self, queue: Queue) -> Result<(u64, u64), Failure> {
        let text = format!(
            "select coalesce(sum(case when dead then 0 else 1 end), 0){cast}, \
             coalesce(sum(case when dead then 1 else 0 end), 0){cast} from {}",
            queue.table(),
            cast = if self.dialect() == Dialect::Postgres {
                "::bigint"
            } else {
                ""
            }
        );
        let row = self.row(text, &[], &[Type::Int, Type::Int]).await?;
        row.map_or(Ok((0, 0)), |mut r| Ok((r.count()?, r.count()?)))
    }
}

fn held(touched: u64) -> Result<(), Failure> {
    if touched == 1 {
        Ok(())
    } else {
        Err(Failure::stale("the lease"))
    }
}
