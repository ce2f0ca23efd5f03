//! One transaction, the same for both databases.
//!
//! On SQLite every call runs at once on the thread that owns the connection and never waits; on
//! PostgreSQL it awaits the server. After a failure the transaction answers nothing but that
//! failure: what a command did is kept whole or not at all.

use crate::{
    Failure,
    cell::{Cell, Row, Type},
    postgres,
    sql::{Dialect, Insert, Text, columns},
    sqlite,
};
use model::Id;
use sqlx::Connection as _;
use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

/// A transaction of [`crate::Store::read`] or [`crate::Store::write`].
pub struct Tx {
    pub(crate) link: Link,
    /// The first failure; nothing runs after it.
    pub(crate) failed: Option<Failure>,
    /// Something was changed (SQLite): it must be undone if the command fails.
    pub(crate) wrote: bool,
    /// The idempotency key taken by the command (SQLite keeps it with the answer).
    pub(crate) key: Option<crate::idempotency::Taken>,
    /// PostgreSQL asks to run the transaction again.
    pub(crate) again: bool,
    /// Rows kept back until the end of the command, so that PostgreSQL gets them in one trip.
    pub(crate) later: Vec<Later>,
    /// Among them are records: they are written before anything is asked.
    pub(crate) hurry: bool,
    /// Among them are entries: they are written before balances are locked again.
    pub(crate) posted: bool,
    /// The version of each row this command has locked (PostgreSQL).
    pub(crate) held: HashMap<Id, u64>,
    /// Records whose new links this command has found to be there.
    pub(crate) linked: HashSet<Id>,
    /// What this process knows about stored balances (see `ledger::lock`).
    pub(crate) known: std::sync::Arc<crate::ledger::Known>,
}

/// A statement kept back until the end of the command.
pub(crate) enum Later {
    Rows(&'static Insert, Vec<Vec<Cell>>),
    /// A text with `?` where values stand.
    One(Text, Vec<Cell>),
}
impl Later {
    /// The text with place-holders from `offset` + 1 on, and its values.
    fn part(self, offset: usize) -> (String, Vec<Cell>) {
        match self {
            Self::Rows(insert, mut rows) if rows.len() == 1 => {
                (insert.text(offset, true), rows.remove(0))
            }
            Self::Rows(insert, rows) => (insert.text(offset, false), insert.arrays(rows)),
            Self::One(text, binds) => {
                let text = text.as_str();
                let mut out = String::with_capacity(text.len() + 16);
                for (n, piece) in text.split('?').enumerate() {
                    if n > 0 {
                        let _ = write!(out, "${}", offset + n);
                    }
                    out.push_str(piece);
                }
                (out, binds)
            }
        }
    }
}

/// The connection behind a transaction.
pub(crate) enum Link {
    Sqlite(rusqlite::Connection),
    Postgres(Box<crate::pool::Lent>),
}

impl Tx {
    pub(crate) fn new(link: Link, known: std::sync::Arc<crate::ledger::Known>) -> Self {
        Self {
            link,
            failed: None,
            wrote: false,
            key: None,
            again: false,
            later: Vec::new(),
            hurry: false,
            posted: false,
            held: HashMap::new(),
            linked: HashSet::new(),
            known,
        }
    }
    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match self.link {
            Link::Sqlite(_) => Dialect::Sqlite,
            Link::Postgres(_) => Dialect::Postgres,
        }
    }
    /// Forgets the command before (SQLite uses one transaction object for all).
    pub(crate) fn begin(&mut self) {
        self.failed = None;
        self.wrote = false;
        self.key = None;
        self.linked.clear();
    }
    fn sound(&self) -> Result<(), Failure> {
        match &self.failed {
            Some(f) => Err(f.clone()),
            None => Ok(()),
        }
    }
    /// Whether the transaction goes on; writes records that were kept back, so that what follows
    /// sees them.
    async fn settle(&mut self) -> Result<(), Failure> {
        if std::mem::take(&mut self.hurry) {
            Box::pin(self.flush()).await?;
        }
        self.sound()
    }
    fn note<T>(&mut self, out: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(f) = &out {
            self.failed = Some(f.clone());
        }
        out
    }
    async fn note_pg<T>(&mut self, out: Result<T, sqlx::Error>) -> Result<T, Failure> {
        if let Err(e) = &out {
            self.again |= crate::failure::again(e);
            if crate::failure::outdated(e)
                && let Link::Postgres(t) = &mut self.link
                && t.cached_statements_size() > 0
            {
                self.again = t.clear_cached_statements().await.is_ok();
            }
        }
        self.note(out.map_err(Failure::from))
    }
    /// Asks PostgreSQL's loop to run the command again from the start.
    pub(crate) fn run_again(&mut self, why: &str) -> Failure {
        self.again = true;
        let failure = Failure::Busy(why.into());
        self.failed = Some(failure.clone());
        failure
    }

    /// Every row of a question; `types` are those of its columns.
    pub(crate) async fn rows(
        &mut self,
        sql: impl Into<Text>,
        binds: &[Cell],
        types: &[Type],
    ) -> Result<Vec<Row>, Failure> {
        self.settle().await?;
        let sql = sql.into();
        match &mut self.link {
            Link::Sqlite(c) => {
                let out = sqlite::rows(c, sql.as_str(), binds, types, &mut self.wrote);
                self.note(out)
            }
            Link::Postgres(t) => {
                let out = postgres::rows(t, sql, binds, types).await;
                self.note_pg(out).await
            }
        }
    }
    /// The first row of a question, if there is one.
    pub(crate) async fn row(
        &mut self,
        sql: impl Into<Text>,
        binds: &[Cell],
        types: &[Type],
    ) -> Result<Option<Row>, Failure> {
        Ok(self.rows(sql, binds, types).await?.into_iter().next())
    }
    /// Runs several statements without values in one trip (PostgreSQL); gives the first column of
    /// the last row, a text.
    pub(crate) async fn last_text(&mut self, sql: &'static str) -> Result<Option<String>, Failure> {
        self.settle().await?;
        match &mut self.link {
            Link::Sqlite(_) => Err(Failure::bad("not_here", sql)),
            Link::Postgres(t) => {
                let out = postgres::last_text(t, sql).await;
                self.note_pg(out).await
            }
        }
    }
    /// Runs a statement; says how many rows it touched.
    pub(crate) async fn run(
        &mut self,
        sql: impl Into<Text>,
        binds: &[Cell],
    ) -> Result<u64, Failure> {
        self.settle().await?;
        let sql = sql.into();
        match &mut self.link {
            Link::Sqlite(c) => {
                self.wrote = true;
                let out = sqlite::run(c, sql.as_str(), binds);
                self.note(out)
            }
            Link::Postgres(t) => {
                let out = postgres::run(t, sql, binds).await;
                self.note_pg(out).await
            }
        }
    }
    /// Runs a statement once for each row (`lite`), or for several rows once with arrays on
    /// PostgreSQL (`pg`). The two texts take the same columns.
    pub(crate) async fn each(
        &mut self,
        lite: &Text,
        pg: &Text,
        types: &[Type],
        rows: Vec<Vec<Cell>>,
    ) -> Result<u64, Failure> {
        if rows.is_empty() {
            return self.sound().map(|()| 0);
        }
        match self.dialect() {
            Dialect::Sqlite => self.run_each(lite.as_str(), &rows).await,
            Dialect::Postgres if rows.len() == 1 => self.run(lite.clone(), &rows[0]).await,
            Dialect::Postgres => self.run(pg.clone(), &columns(types, rows)).await,
        }
    }
    /// Inserts rows now; says how many were inserted.
    pub(crate) async fn insert(
        &mut self,
        insert: &Insert,
        mut rows: Vec<Vec<Cell>>,
    ) -> Result<u64, Failure> {
        if self.dialect() == Dialect::Sqlite {
            return self.run_each(insert.one(), &rows).await;
        }
        match rows.len() {
            0 => self.sound().map(|()| 0),
            1 => self.run(insert.one(), &rows.remove(0)).await,
            _ => self.run(insert.many(), &insert.arrays(rows)).await,
        }
    }
    /// Runs a statement once for each row of values (SQLite).
    async fn run_each(&mut self, text: &str, rows: &[Vec<Cell>]) -> Result<u64, Failure> {
        self.settle().await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let out = match &mut self.link {
            Link::Sqlite(c) => {
                self.wrote = true;
                sqlite::run_each(c, text, rows)
            }
            Link::Postgres(_) => Err(Failure::Database("not SQLite".into())),
        };
        self.note(out)
    }
    /// Inserts rows at the end of the command at the latest; nothing in the command reads them.
    pub(crate) async fn append(
        &mut self,
        insert: &'static Insert,
        rows: Vec<Vec<Cell>>,
    ) -> Result<(), Failure> {
        if self.dialect() == Dialect::Sqlite {
            return self.insert(insert, rows).await.map(|_| ());
        }
        self.sound()?;
        if rows.is_empty() {
            return Ok(());
        }
        for later in &mut self.later {
            if let Later::Rows(i, waiting) = later
                && std::ptr::eq(*i, insert)
            {
                waiting.extend(rows);
                return Ok(());
            }
        }
        self.later.push(Later::Rows(insert, rows));
        Ok(())
    }
    /// Runs a statement at the end of the command at the latest; nothing in the command reads
    /// what it writes. `?` stands for each value, in order.
    pub(crate) async fn append_one(
        &mut self,
        text: impl Into<Text>,
        binds: Vec<Cell>,
    ) -> Result<(), Failure> {
        self.sound()?;
        let later = Later::One(text.into(), binds);
        if self.dialect() == Dialect::Sqlite {
            let (text, binds) = later.part(0);
            return self.run(text, &binds).await.map(|_| ());
        }
        self.later.push(later);
        Ok(())
    }
    /// Inserts a record's rows: at the end of the command or before anything else is asked.
    pub(crate) async fn append_record(
        &mut self,
        insert: &Insert,
        rows: Vec<Vec<Cell>>,
    ) -> Result<(), Failure> {
        if self.dialect() == Dialect::Sqlite {
            return self.insert(insert, rows).await.map(|_| ());
        }
        self.sound()?;
        if !rows.is_empty() {
            let (text, binds) = insert.later(rows);
            self.later.push(Later::One(text, binds));
            self.hurry = true;
        }
        Ok(())
    }
    /// Writes what was kept back: one statement for all tables together.
    pub(crate) async fn flush(&mut self) -> Result<(), Failure> {
        (self.hurry, self.posted) = (false, false);
        let mut later = std::mem::take(&mut self.later);
        let Some(last) = later.pop() else {
            return self.sound();
        };
        let (mut text, mut binds) = (String::new(), Vec::new());
        for (n, one) in later.into_iter().enumerate() {
            let (part, more) = one.part(binds.len());
            let lead = if n == 0 { "with" } else { "," };
            let _ = write!(text, "{lead} w{n} as ({part}) ");
            binds.extend(more);
        }
        let (part, more) = last.part(binds.len());
        text.push_str(&part);
        binds.extend(more);
        self.run(text, &binds).await.map(|_| ())
    }
}
