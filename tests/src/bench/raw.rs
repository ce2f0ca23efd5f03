//! The raw limit: the rows of `raw_rows`, written as fast as the database takes them.

use super::{
    Outcome,
    place::{LINES, PARTS},
    raw_rows as rows,
    rounds::{Done, Meter},
    usage,
};
use rusqlite::params;
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// Most actions in one commit.
const GROUP: usize = 256;
/// The moment of every row.
const AT: i64 = 1_795_000_000;

/// One of the three transactions of a cycle, of the cycle with this number.
#[derive(Clone, Copy, Debug)]
enum Act {
    HandIn(i64),
    Decide(i64),
    Post(i64),
}
fn cycle(n: i64) -> [Act; 3] {
    [Act::HandIn(n), Act::Decide(n), Act::Post(n)]
}

/// The part of a line: spread like those of the engine's side.
fn part(n: i64, line: i64) -> i64 {
    (n.wrapping_mul(7919) + line * 199).rem_euclid(PARTS as i64)
}
fn parts(n: i64) -> Vec<i64> {
    (0..LINES as i64).map(|line| part(n, line)).collect()
}

/// A request to the writer, and whoever waits for its commit.
type Job = (Act, oneshot::Sender<()>);

/// A database with the raw tables and one writer that groups what waits.
pub struct Sqlite {
    jobs: mpsc::Sender<Job>,
    writer: std::thread::JoinHandle<rusqlite::Result<()>>,
    next: Arc<AtomicI64>,
}

impl Sqlite {
    pub fn open(file: &Path) -> Outcome<Self> {
        let connection = rusqlite::Connection::open(file)?;
        connection.execute_batch(rows::SETTINGS)?;
        connection.execute_batch(rows::TABLES)?;
        connection.set_prepared_statement_cache_capacity(64);
        let (jobs, queue) = mpsc::channel(1024);
        Ok(Self {
            jobs,
            writer: std::thread::spawn(move || write(&connection, queue)),
            next: Arc::default(),
        })
    }
    /// Runs cycles with so many clients for a while.
    pub async fn run(&self, clients: usize, span: Duration) -> Outcome<Done> {
        let meter = Meter::start(|| usage::cpu(std::process::id()));
        let began = Instant::now();
        let each = (0..clients).map(|_| {
            let (jobs, next) = (self.jobs.clone(), self.next.clone());
            tokio::spawn(async move {
                let mut done = 0;
                while began.elapsed() < span {
                    for act in cycle(next.fetch_add(1, Ordering::Relaxed)) {
                        let (tell, told) = oneshot::channel();
                        jobs.send((act, tell)).await?;
                        told.await?;
                    }
                    done += 1;
                }
                Outcome::Ok(done)
            })
        });
        let mut done = 0;
        for client in futures::future::join_all(each).await {
            done += client??;
        }
        Ok(meter.stop(done))
    }
    /// Ends the writer; says what went wrong with it.
    pub fn close(self) -> Outcome {
        drop(self.jobs);
        match self.writer.join() {
            Ok(ended) => Ok(ended?),
            Err(_) => anyhow::bail!("the raw writer broke"),
        }
    }
}

/// Commits what waits, in one go.
fn write(c: &rusqlite::Connection, mut queue: mpsc::Receiver<Job>) -> rusqlite::Result<()> {
    let plain = |text: &str| c.prepare_cached(text)?.execute([]).map(|_| ());
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP {
            let Ok(next) = queue.try_recv() else { break };
            group.push(next);
        }
        plain("begin immediate")?;
        for (act, _) in &group {
            plain("savepoint s")?;
            lite(c, *act)?;
            plain("release s")?;
        }
        plain("commit")?;
        for (_, tell) in group {
            // A client that went away needs no answer.
            let _ = tell.send(());
        }
    }
    Ok(())
}

fn lite(c: &rusqlite::Connection, act: Act) -> rusqlite::Result<()> {
    let one = |text: &str, values: &[&dyn rusqlite::ToSql]| c.prepare_cached(text)?.execute(values);
    let lines = 0..LINES as i64;
    match act {
        Act::HandIn(n) => {
            let number = format!("PO-{n}");
            one(rows::DOC, params![n, number, AT, rows::NOTE, rows::MORE])?;
            for i in lines {
                one(rows::LINE, params![n * 8 + i, n, i, part(n, i)])?;
            }
            one(rows::RUN, params![n, AT])?;
            one(rows::WAITING, params![n * 2, n, "manager", n % 50, AT])?;
        }
        Act::Decide(n) => {
            one(rows::DECIDED, params![AT, n * 2])?;
            one(rows::PAST, params![n * 2, n, AT])?;
            one(rows::WAITING, params![n * 2 + 1, n, "finance", n % 50, AT])?;
        }
        Act::Post(n) => {
            one(rows::DECIDED, params![AT, n * 2 + 1])?;
            one(rows::PAST, params![n * 2 + 1, n, AT])?;
            one(rows::DOC_DONE, params![AT, n])?;
            for i in lines.clone() {
                one(rows::ENTRY, params![n * 8 + i, n, i, part(n, i), AT])?;
            }
            for i in lines {
                one(rows::BALANCE, params![part(n, i)])?;
            }
        }
    }
    Ok(())
}

/// The same on PostgreSQL, over so many connections.
pub struct Postgres {
    connections: Vec<PgConnection>,
    next: Arc<AtomicI64>,
    server: u32,
}

impl Postgres {
    pub async fn open(url: &str, connections: usize, server: u32) -> Outcome<Self> {
        let mut first = PgConnection::connect(url).await?;
        first.execute(sqlx::raw_sql(rows::TABLES)).await?;
        let mut all = vec![first];
        while all.len() < connections {
            all.push(PgConnection::connect(url).await?);
        }
        Ok(Self {
            connections: all,
            next: Arc::default(),
            server,
        })
    }
    /// Runs cycles on every connection for a while.
    pub async fn run(&mut self, span: Duration) -> Outcome<Done> {
        let server = self.server;
        let meter = Meter::start(move || both(server));
        let began = Instant::now();
        let each = std::mem::take(&mut self.connections)
            .into_iter()
            .map(|mut c| {
                let next = self.next.clone();
                tokio::spawn(async move {
                    let mut done = 0;
                    while began.elapsed() < span {
                        for act in cycle(next.fetch_add(1, Ordering::Relaxed)) {
                            c.execute("begin").await?;
                            pg(&mut c, act).await?;
                            c.execute("commit").await?;
                        }
                        done += 1;
                    }
                    Outcome::Ok((c, done))
                })
            });
        let mut done = 0;
        for client in futures::future::join_all(each).await {
            let (connection, n) = client??;
            self.connections.push(connection);
            done += n;
        }
        Ok(meter.stop(done))
    }
}

/// CPU of this process and of a server with all it has started.
pub fn both(server: u32) -> Duration {
    usage::cpu(std::process::id()) + usage::cpu_of_family(server)
}

/// The process that a PostgreSQL's connections come from.
pub async fn server_of(url: &str) -> Outcome<u32> {
    let mut c = PgConnection::connect(url).await?;
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(&mut c)
        .await?;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let parent = stat.rsplit(')').next().and_then(|rest| {
        let rest = rest.split_whitespace().nth(1)?;
        rest.parse().ok()
    });
    Ok(parent.unwrap_or(0))
}

async fn pg(c: &mut PgConnection, act: Act) -> Result<(), sqlx::Error> {
    macro_rules! one {
        ($text:expr $(, $value:expr)*) => {
            sqlx::query($text)$(.bind($value))*.execute(&mut *c).await?
        };
    }
    match act {
        Act::HandIn(n) => {
            one!(rows::DOC, n, format!("PO-{n}"), AT, rows::NOTE, rows::MORE);
            one!(rows::LINES_AT_ONCE, n * 8, n, parts(n));
            one!(rows::RUN, n, AT);
            one!(rows::WAITING, n * 2, n, "manager", n % 50, AT);
        }
        Act::Decide(n) => {
            one!(rows::DECIDED, AT, n * 2);
            one!(rows::PAST, n * 2, n, AT);
            one!(rows::WAITING, n * 2 + 1, n, "finance", n % 50, AT);
        }
        Act::Post(n) => {
            one!(rows::DECIDED, AT, n * 2 + 1);
            one!(rows::PAST, n * 2 + 1, n, AT);
            one!(rows::DOC_DONE, AT, n);
            one!(rows::ENTRIES_AT_ONCE, n * 8, n, parts(n), AT);
            one!(rows::BALANCES_AT_ONCE, parts(n));
        }
    }
    Ok(())
}

/// A page of the list by hand, over connections that only read; gives how long each took.
pub async fn pages(
    file: &Path,
    clients: usize,
    span: Duration,
    asks: Arc<Vec<([u8; 16], [u8; 16])>>,
) -> Outcome<Vec<f64>> {
    let began = Instant::now();
    let each = (0..clients).map(|client| {
        let (file, asks) = (file.to_owned(), asks.clone());
        tokio::task::spawn_blocking(move || {
            let c = rusqlite::Connection::open(file)?;
            c.execute_batch("pragma query_only = on; pragma cache_size = -4096")?;
            let mut took = vec![];
            let mut page = c.prepare(rows::PAGE)?;
            let width = page.column_count();
            for ask in asks.iter().cycle().skip(client * 7) {
                if began.elapsed() > span {
                    break;
                }
                let start = Instant::now();
                let mut found = page.query(params![ask.0, ask.1])?;
                let mut seen = 0;
                while let Some(row) = found.next()? {
                    for column in 0..width {
                        seen +=
                            usize::from(row.get_ref(column)? != rusqlite::types::ValueRef::Null);
                    }
                }
                anyhow::ensure!(seen > 0, "the page by hand is empty");
                took.push(start.elapsed().as_secs_f64() * 1e3);
            }
            Outcome::Ok(took)
        })
    });
    let mut all = vec![];
    for client in futures::future::join_all(each).await {
        all.extend(client??);
    }
    Ok(all)
}
