//! SQLite: one writer thread with group commit, a few reader threads, one watchman.
//!
//! Rules: WAL and FULL (6.1 rule 2); the writer takes the commands that wait, a savepoint each,
//! at most [`GROUP`] a commit, and never waits for more; the first I/O error ends all writing
//! (rule 10); a read may take [`AGE`].

use crate::{
    Failure, Tx,
    cell::{Cell, Row, Type},
    ledger::Known,
    private,
    tx::Link,
};
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    collections::VecDeque,
    fs::File,
    path::Path,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Most commands in one commit (6.2 F3).
pub(crate) const GROUP: usize = 32;
/// Longest time a read may hold its snapshot.
const AGE: Duration = Duration::from_secs(5);
/// Most commands that may wait.
const WAITING: usize = 1024;
/// First release without the WAL-reset fault (6.2).
const OLDEST: i32 = 3_051_003;

/// Something to run on a connection: the closure, and whoever waits for its answer.
pub(crate) trait Job: Send {
    /// Runs it; says whether what it did may stay.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Tells whoever waits: what [`Job::run`] gave, or the failure that undid it.
    fn end(self: Box<Self>, fate: Result<(), Failure>);
}

/// Binds and runs a statement on a connection; says how many rows it touched.
pub(crate) fn run(c: &Connection, sql: &str, binds: &[Cell]) -> Result<u64, Failure> {
    let mut statement = c.prepare_cached(sql)?;
    bind(&mut statement, sql, binds)?;
    Ok(statement.raw_execute()? as u64)
}

/// Runs a statement once for each row of values; says how many rows it touched.
pub(crate) fn run_each(c: &Connection, sql: &str, rows: &[Vec<Cell>]) -> Result<u64, Failure> {
    let mut statement = c.prepare_cached(sql)?;
    let mut touched = 0;
    for binds in rows {
        bind(&mut statement, sql, binds)?;
        touched += statement.raw_execute()? as u64;
    }
    Ok(touched)
}

/// Binds a question and reads all its rows; notes if it changes anything.
pub(crate) fn rows(
    c: &Connection,
    sql: &str,
    binds: &[Cell],
    types: &[Type],
    wrote: &mut bool,
) -> Result<Vec<Row>, Failure> {
    let mut statement = c.prepare_cached(sql)?;
    bind(&mut statement, sql, binds)?;
    *wrote |= !statement.readonly();
    let mut found = statement.raw_query();
    let mut out = Vec::new();
    while let Some(row) = found.next()? {
        let cells = types
            .iter()
            .enumerate()
            .map(|(n, kind)| Cell::of_lite(row.get_ref(n)?, *kind))
            .collect::<Result<Vec<_>, _>>()?;
        out.push(Row::new(cells));
    }
    Ok(out)
}

fn bind(statement: &mut rusqlite::Statement, sql: &str, binds: &[Cell]) -> Result<(), Failure> {
    // `$n` is a name to SQLite, numbered by first appearance: the texts keep that order.
    debug_assert!(
        (1..=binds.len()).all(|n| statement.parameter_name(n) == Some(&format!("${n}"))),
        "place-holders out of order in {sql}"
    );
    for (n, cell) in binds.iter().enumerate() {
        statement.raw_bind_parameter(n + 1, cell)?;
    }
    Ok(())
}

/// What the threads share.
struct State {
    /// The failure after which nothing is written any more.
    dead: Mutex<Option<Failure>>,
    closing: AtomicBool,
    queue: Mutex<VecDeque<Box<dyn Job>>>,
    wake: Condvar,
    /// Since when each reader holds its snapshot: milliseconds after `born`, 0 for none.
    since: Vec<AtomicU64>,
    born: Instant,
}

/// A site kept in one SQLite file.
pub(crate) struct Sqlite {
    state: Arc<State>,
    writer: Option<SyncSender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
    /// Held as long as this process uses the folder; not by one that opened it beside another.
    _lock: Option<File>,
}

/// A connection to the file in `dir`, with the settings of 6.1 rule 2.
pub(crate) fn connect(dir: &Path, write: bool) -> Result<Connection, Failure> {
    if rusqlite::version_number() < OLDEST {
        return Err(Failure::Unsafe(format!(
            "SQLite {} is older than 3.51.3",
            rusqlite::version()
        )));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | if write {
            OpenFlags::SQLITE_OPEN_CREATE
        } else {
            OpenFlags::empty()
        };
    if write {
        // The log beside it gets the same rights.
        private::made(&dir.join(crate::FILE))?;
    }
    let c = Connection::open_with_flags(dir.join(crate::FILE), flags)?;
    c.busy_timeout(Duration::from_secs(5))?;
    c.set_prepared_statement_cache_capacity(512);
    // Without it SQLite plans a statement anew whenever another value is bound that it could plan
    // by: an eighth of what readers did.
    c.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    c.execute_batch(if write {
        "pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on;
         pragma temp_store=memory; pragma cache_size=-32768; pragma mmap_size=0;
         pragma journal_size_limit=67108864; pragma wal_autocheckpoint=8000;
         pragma recursive_triggers=on; pragma trusted_schema=off;"
    } else {
        "pragma query_only=on; pragma temp_store=memory; pragma cache_size=-4096;
         pragma mmap_size=0; pragma trusted_schema=off;"
    })?;
    let mode: String = c.query_row("pragma journal_mode", [], |r| r.get(0))?;
    if mode != "wal" {
        return Err(Failure::Unsafe(format!(
            "journal mode {mode} instead of wal"
        )));
    }
    Ok(c)
}

/// Takes the lock file of a folder, so that one process uses it.
pub(crate) fn lock(dir: &Path) -> Result<File, Failure> {
    let file = private::open(&dir.join("lock"))?;
    file.try_lock()
        .map_err(|_| Failure::Unsafe(format!("{} is in use by another process", dir.display())))?;
    Ok(file)
}

impl Sqlite {
    /// Starts the threads on an opened and migrated connection.
    pub(crate) fn start(
        dir: &Path,
        lock: Option<File>,
        writer: Connection,
        readers: usize,
        known: Arc<Known>,
    ) -> Result<Self, Failure> {
        let state = Arc::new(State {
            dead: Mutex::new(None),
            closing: AtomicBool::new(false),
            queue: Mutex::new(VecDeque::new()),
            wake: Condvar::new(),
            since: (0..readers).map(|_| AtomicU64::new(0)).collect(),
            born: Instant::now(),
        });
        let (send, receive) = mpsc::sync_channel(WAITING);
        let mut threads = Vec::new();
        let spawn = |name: String, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name).spawn(run)
        };
        let tx = Tx::new(Link::Sqlite(writer), known.clone());
        let shared = state.clone();
        threads.push(spawn(
            "store-writer".into(),
            Box::new(move || write(tx, &receive, &shared)),
        )?);
        let mut handles = Vec::new();
        for n in 0..readers {
            let c = connect(dir, false)?;
            handles.push(c.get_interrupt_handle());
            let tx = Tx::new(Link::Sqlite(c), known.clone());
            let shared = state.clone();
            threads.push(spawn(
                format!("store-reader-{n}"),
                Box::new(move || read(tx, n, &shared)),
            )?);
        }
        let shared = state.clone();
        threads.push(spawn(
            "store-watch".into(),
            Box::new(move || watch(&handles, &shared)),
        )?);
        Ok(Self {
            state,
            writer: Some(send),
            threads,
            _lock: lock,
        })
    }
    /// Queues a command for the writer. Refuses when too many wait.
    pub(crate) fn write(&self, job: Box<dyn Job>) {
        let Some(writer) = &self.writer else { return };
        match writer.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => {
                job.end(Err(Failure::Busy("too many commands wait".into())));
            }
            Err(TrySendError::Disconnected(job)) => {
                job.end(Err(Failure::Io("the writer has stopped".into())));
            }
        }
    }
    /// Queues a question for the readers. Refuses when too many wait.
    pub(crate) fn read(&self, job: Box<dyn Job>) {
        let mut queue = self
            .state
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if queue.len() >= WAITING {
            drop(queue);
            job.end(Err(Failure::Busy("too many questions wait".into())));
        } else {
            queue.push_back(job);
            drop(queue);
            self.state.wake.notify_one();
        }
    }
    /// The failure after which nothing is written, if it has happened.
    pub(crate) fn dead(&self) -> Option<Failure> {
        self.state
            .dead
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Sqlite {
    /// Lets what waits finish, then ends the threads.
    fn drop(&mut self) {
        self.writer = None;
        self.state.closing.store(true, Ordering::SeqCst);
        self.state.wake.notify_all();
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            // The last hold on the store may be let go of by a command, on one of these threads:
            // that one ends by itself.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

fn exec(tx: &Tx, sql: &str) -> Result<(), Failure> {
    match &tx.link {
        Link::Sqlite(c) => run(c, sql, &[]).map(|_| ()),
        Link::Postgres(_) => Err(Failure::Database("not SQLite".into())),
    }
}

fn open(tx: &Tx) -> bool {
    matches!(&tx.link, Link::Sqlite(c) if !c.is_autocommit())
}

/// Whether a failure says that the disk cannot be trusted any more.
fn fatal(f: &Failure) -> bool {
    matches!(f, Failure::Io(_) | Failure::Corrupt(_))
}

/// The writer: takes what waits, commits it in one go, answers.
fn write(mut tx: Tx, queue: &mpsc::Receiver<Box<dyn Job>>, state: &State) {
    let (mut dirty, mut careful) = (false, 0);
    loop {
        let first = match queue.recv_timeout(Duration::from_secs(1)) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                if std::mem::take(&mut dirty) {
                    // Nobody waits: move the log into the file now rather than in a busy hour.
                    let _ = exec_query(&tx, "pragma wal_checkpoint(passive)");
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let dead = state
            .dead
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(f) = dead {
            first.end(Err(f));
            continue;
        }
        dirty = true;
        let fate = group(&mut tx, first, queue, &mut careful);
        if let Err(f) = fate
            && fatal(&f)
        {
            tracing::error!(error = %f, "the writer stops: the disk cannot be trusted");
            *state.dead.lock().unwrap_or_else(PoisonError::into_inner) = Some(f);
        }
    }
    let _ = exec_query(&tx, "pragma optimize");
    let _ = exec_query(&tx, "pragma wal_checkpoint(truncate)");
}

fn exec_query(tx: &Tx, sql: &str) -> Result<(), Failure> {
    match &tx.link {
        Link::Sqlite(c) => rows(c, sql, &[], &[], &mut false).map(|_| ()),
        Link::Postgres(_) => Ok(()),
    }
}

/// One commit: `first` and what waits behind it. Gives the failure that undid all of it.
///
/// A savepoint a command makes SQLite copy every page before its first change, a tenth of the
/// whole work. So commands run without one as long as all goes well. When one fails after it has
/// written something, everything is undone and run again with savepoints, and so are the next
/// [`CAREFUL`] commits.
fn group(
    tx: &mut Tx,
    first: Box<dyn Job>,
    queue: &mpsc::Receiver<Box<dyn Job>>,
    careful: &mut u32,
) -> Result<(), Failure> {
    let mut done: Vec<Box<dyn Job>> = Vec::with_capacity(GROUP);
    let mut next = Some(first);
    let mut fate = exec(tx, "begin immediate");
    while let Some(mut job) = next.take() {
        if fate.is_ok() {
            fate = command(tx, job.as_mut(), *careful > 0);
        }
        done.push(job);
        if fate == Err(UNDO) {
            *careful = CAREFUL;
            fate = again(tx, &mut done);
        }
        if fate.is_ok() && done.len() < GROUP {
            next = queue.try_recv().ok();
        }
    }
    *careful = careful.saturating_sub(1);
    if fate.is_ok() {
        fate = exec(tx, "commit");
    }
    if open(tx) {
        let _ = exec(tx, "rollback");
    }
    for job in done {
        job.end(fate.clone());
    }
    fate
}

/// Commits in which every command has a savepoint after one has failed half done.
const CAREFUL: u32 = 64;
/// A command failed half done, and there is no savepoint to go back to.
const UNDO: Failure = Failure::NotFound;

/// Undoes everything and runs it once more, each in its savepoint.
fn again(tx: &mut Tx, done: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    exec(tx, "rollback")?;
    exec(tx, "begin immediate")?;
    for job in done {
        command(tx, job.as_mut(), true)?;
    }
    Ok(())
}

/// One command, in a savepoint or not. Fails if the transaction around it is lost, or with
/// [`UNDO`].
fn command(tx: &mut Tx, job: &mut dyn Job, careful: bool) -> Result<(), Failure> {
    tx.begin();
    if careful {
        exec(tx, "savepoint c")?;
    }
    let keep = job.run(tx);
    if !open(tx) {
        // SQLite undoes everything by itself on a full disk or an I/O error.
        return Err(tx
            .failed
            .take()
            .unwrap_or_else(|| Failure::Io("the transaction was lost".into())));
    }
    if let Some(f) = tx.failed.take_if(|f| fatal(f) || *f == Failure::Full) {
        return Err(f);
    }
    match (careful, keep) {
        (true, true) => exec(tx, "release c"),
        (true, false) => exec(tx, "rollback to c").and_then(|()| exec(tx, "release c")),
        (false, false) if tx.wrote => Err(UNDO),
        (false, _) => Ok(()),
    }
}

/// A reader: one question after the other, each on its own snapshot.
fn read(mut tx: Tx, me: usize, state: &State) {
    loop {
        let mut queue = state.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut job = loop {
            if let Some(job) = queue.pop_front() {
                break job;
            }
            if state.closing.load(Ordering::SeqCst) {
                return;
            }
            queue = state
                .wake
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        };
        drop(queue);
        tx.begin();
        let now = state.born.elapsed().as_millis() as u64;
        state.since[me].store(now.max(1), Ordering::SeqCst);
        let begun = exec(&tx, "begin");
        let fate = begun.map(|()| {
            job.run(&mut tx);
        });
        state.since[me].store(0, Ordering::SeqCst);
        if open(&tx) {
            let _ = exec(&tx, "rollback");
        }
        job.end(fate);
    }
}

/// Stops reads that hold their snapshot for too long, which would let the log grow (V25).
fn watch(readers: &[rusqlite::InterruptHandle], state: &State) {
    while !state.closing.load(Ordering::SeqCst) {
        std::thread::park_timeout(Duration::from_millis(500));
        let now = state.born.elapsed().as_millis() as u64;
        for (since, reader) in state.since.iter().zip(readers) {
            let since = since.load(Ordering::SeqCst);
            if since > 0 && now.saturating_sub(since) > AGE.as_millis() as u64 {
                reader.interrupt();
            }
        }
    }
}
