//! The store: the one door to either database.

use crate::{
    Failure, Tx,
    ledger::Known,
    migrate,
    pool::Pool,
    postgres, private,
    sql::Dialect,
    sqlite::{self, Job, Sqlite},
    tx::Link,
};
use futures::{FutureExt as _, future::BoxFuture};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::oneshot;

/// Where a site is kept.
#[derive(Clone, Debug)]
pub enum Address {
    /// A folder: `site.db` and `blobs/` in it.
    Sqlite { dir: PathBuf },
    /// A schema of a PostgreSQL database; blobs in the folder `dir`.
    Postgres {
        url: String,
        schema: String,
        dir: PathBuf,
        /// Also start where the server's settings lose acknowledged work (tests).
        allow_unsafe: bool,
    },
}

/// The store of a site; cheap to clone. When the last clone is dropped, what waits is finished.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}
struct Inner {
    base: Base,
    known: Arc<Known>,
    dir: PathBuf,
}
enum Base {
    Sqlite(Sqlite),
    Postgres(postgres::Pools),
}

/// A closure with what it reads, and whoever waits for what it gives.
struct Command<C, F, T, E> {
    with: C,
    run: F,
    out: Option<Result<T, E>>,
    reply: oneshot::Sender<Answer<C, F, T, E>>,
}
/// What a command gives, with the closure and what it reads: they are dropped by whoever waits,
/// not by the one thread that writes.
type Answer<C, F, T, E> = (Result<T, E>, C, F);

impl<C, F, T, E> Job for Command<C, F, T, E>
where
    C: Send + Sync + 'static,
    F: for<'a> Fn(&'a mut Tx, &'a C) -> BoxFuture<'a, Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<Failure> + Send + 'static,
{
    fn run(&mut self, tx: &mut Tx) -> bool {
        // Nothing of the command stays after a panic: the savepoint is rolled back, and the
        // closure only has a shared view of what it holds.
        let with = &self.with;
        let out = catch_unwind(AssertUnwindSafe(|| (self.run)(tx, with).now_or_never()));
        let out = match out {
            Ok(Some(out)) => match (out, &tx.failed) {
                (Ok(_), Some(f)) => Err(f.clone().into()),
                (out, _) => out,
            },
            Ok(None) => Err(Failure::Panicked(
                "a command on SQLite waited for something other than its transaction".into(),
            )
            .into()),
            Err(panic) => Err(Failure::Panicked(words(&*panic)).into()),
        };
        let keep = out.is_ok();
        self.out = Some(out);
        keep
    }
    fn end(self: Box<Self>, fate: Result<(), Failure>) {
        let command = *self;
        let out = match (fate, command.out) {
            (Ok(()), Some(out)) | (Err(_), Some(out @ Err(_))) => out,
            (Ok(()), None) => Err(Failure::Busy("not run".into()).into()),
            (Err(f), _) => Err(f.into()),
        };
        // Whoever asked may have gone away; the command is done all the same.
        let _ = command.reply.send((out, command.with, command.run));
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no words".into())
}

impl Store {
    /// Opens a site, creating it where it is missing, and brings the engine's own tables up to
    /// date. Fails if another process uses the folder, or if the server's settings lose data.
    pub async fn open(address: Address) -> Result<Self, Failure> {
        match address {
            Address::Sqlite { dir } => {
                private::folder(&dir)?;
                let lock = sqlite::lock(&dir)?;
                Self::in_folder(dir, Some(lock))
            }
            Address::Postgres {
                url,
                schema,
                dir,
                allow_unsafe,
            } => {
                private::folder(&dir)?;
                let cores = cores();
                let pools = postgres::connect(&url, &schema, cores as u32, allow_unsafe).await?;
                migrate::postgres(&pools.writes, &schema).await?;
                Ok(Self::new(Base::Postgres(pools), Arc::default(), dir))
            }
        }
    }
    /// Opens a site that another process may be serving: to copy it, to look at it, and to write
    /// rows of which no process keeps a copy (users). On PostgreSQL every process is such a one;
    /// on SQLite the write-ahead log lets several read, and one at a time write for a moment.
    pub async fn open_beside(address: Address) -> Result<Self, Failure> {
        let Address::Sqlite { dir } = &address else {
            return Self::open(address).await;
        };
        let lock = match sqlite::lock(dir) {
            Ok(lock) => Some(lock),
            Err(Failure::Unsafe(_)) => None,
            Err(other) => return Err(other),
        };
        Self::in_folder(dir.clone(), lock)
    }
    /// The site of a folder; without its lock, beside the process that has it.
    fn in_folder(dir: PathBuf, lock: Option<std::fs::File>) -> Result<Self, Failure> {
        let known = Arc::new(Known::default());
        let mut writer = sqlite::connect(&dir, true)?;
        match &lock {
            Some(_) => migrate::sqlite(&mut writer)?,
            None => migrate::is_current(&writer)?,
        }
        // Named here, so that a power cut after this cannot lose the file's name.
        std::fs::File::open(&dir)?.sync_all()?;
        let readers = cores().max(2) * 2;
        let base = Sqlite::start(&dir, lock, writer, readers, known.clone())?;
        Ok(Self::new(Base::Sqlite(base), known, dir))
    }
    fn new(base: Base, known: Arc<Known>, dir: PathBuf) -> Self {
        Self {
            inner: Arc::new(Inner { base, known, dir }),
        }
    }
    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match self.inner.base {
            Base::Sqlite(_) => Dialect::Sqlite,
            Base::Postgres(_) => Dialect::Postgres,
        }
    }
    /// The folder for blobs, and for the database on SQLite.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }
    /// The failure after which nothing is written any more, if one happened (6.1 rule 10).
    pub fn dead(&self) -> Option<Failure> {
        match &self.inner.base {
            Base::Sqlite(s) => s.dead(),
            Base::Postgres(_) => None,
        }
    }
    pub(crate) fn pool(&self) -> Option<&Pool> {
        match &self.inner.base {
            Base::Sqlite(_) => None,
            Base::Postgres(pools) => Some(&pools.reads),
        }
    }

    /// Runs `ask` on one snapshot. It may await nothing but its transaction. Takes at most 5 s on
    /// SQLite, 30 s a statement on PostgreSQL, then [`Failure::Busy`].
    pub async fn read<T, E, F>(&self, ask: F) -> Result<T, E>
    where
        F: for<'a> Fn(&'a mut Tx) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Failure> + Send + 'static,
    {
        self.read_with(ask, |tx, ask| ask(tx)).await
    }

    /// [`Store::read`] with something for the closure to borrow.
    pub async fn read_with<C, T, E, F>(&self, with: C, ask: F) -> Result<T, E>
    where
        C: Send + Sync + 'static,
        F: for<'a> Fn(&'a mut Tx, &'a C) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Failure> + Send + 'static,
    {
        match &self.inner.base {
            Base::Sqlite(s) => hand_over(with, ask, |job| s.read(job)).await,
            Base::Postgres(pools) => {
                let mut tries = 0;
                loop {
                    tries += 1;
                    let begun = pools.reads.begin(postgres::READ).await;
                    let t = begun.map_err(Failure::from)?;
                    let mut tx = Tx::new(Link::Postgres(Box::new(t)), self.inner.known.clone());
                    let out = guarded(ask(&mut tx, &with)).await;
                    let again = out.is_err() && tx.again && tries < postgres::TRIES;
                    if let Link::Postgres(t) = tx.link {
                        let _ = t.end("rollback").await;
                    }
                    if !again {
                        return out;
                    }
                }
            }
        }
    }

    /// Asks one question: like [`Store::read`], but without a transaction around it, so that
    /// PostgreSQL is asked once instead of three times. Several questions may see several states.
    pub async fn ask<T, E, F>(&self, ask: F) -> Result<T, E>
    where
        F: for<'a> Fn(&'a mut Tx) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Failure> + Send + 'static,
    {
        if let Base::Postgres(pools) = &self.inner.base {
            let lent = pools.reads.lent().await.map_err(Failure::from)?;
            let mut tx = Tx::new(Link::Postgres(Box::new(lent)), self.inner.known.clone());
            let out = guarded(ask(&mut tx)).await;
            if out.is_ok() {
                if let Link::Postgres(lent) = tx.link {
                    lent.back();
                }
                return out;
            }
            // It may have been the connection: that one is closed, and a sound one is asked.
        }
        self.read(ask).await
    }

    /// Runs `command` in one transaction and answers after it is durable. Whatever it returns as
    /// an error undoes everything it did. It may run more than once (PostgreSQL asks for it), and
    /// awaits nothing but its transaction. Fails with [`Failure::Busy`] when too many wait and
    /// [`Failure::Unknown`] when the connection broke in the commit.
    pub async fn write<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: for<'a> Fn(&'a mut Tx) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Failure> + Send + 'static,
    {
        self.write_with(command, |tx, command| command(tx)).await
    }

    /// [`Store::write`] with something for the closure to borrow.
    pub async fn write_with<C, T, E, F>(&self, with: C, command: F) -> Result<T, E>
    where
        C: Send + Sync + 'static,
        F: for<'a> Fn(&'a mut Tx, &'a C) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Failure> + Send + 'static,
    {
        match &self.inner.base {
            Base::Sqlite(s) => hand_over(with, command, |job| s.write(job)).await,
            Base::Postgres(pools) => {
                let mut tries = 0;
                loop {
                    tries += 1;
                    match attempt(&pools.writes, &self.inner.known, &with, &command).await {
                        Err((_, true)) if tries < postgres::TRIES => postgres::pause(tries).await,
                        Err((e, _)) => return Err(e),
                        Ok(out) => return Ok(out),
                    }
                }
            }
        }
    }
}

/// One try of a command on PostgreSQL; says with a failure whether to try again.
async fn attempt<C, T, E, F>(
    pool: &Pool,
    known: &Arc<Known>,
    with: &C,
    command: &F,
) -> Result<T, (E, bool)>
where
    F: for<'a> Fn(&'a mut Tx, &'a C) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    E: From<Failure> + Send + 'static,
{
    let begun = pool.begin(postgres::WRITE).await;
    let t = begun.map_err(|e| (Failure::from(e).into(), false))?;
    let mut tx = Tx::new(Link::Postgres(Box::new(t)), known.clone());
    let mut out = guarded(command(&mut tx, with)).await;
    if out.is_ok()
        && let Err(f) = tx.flush().await
    {
        out = Err(f.into());
    }
    match out {
        Ok(out) => match postgres::commit(tx).await {
            Ok(()) => Ok(out),
            Err((f, again)) => Err((f.into(), again)),
        },
        Err(e) => {
            let again = tx.again;
            if let Link::Postgres(t) = tx.link {
                // A connection that cannot even roll back is thrown away by the pool.
                let _ = t.end("rollback").await;
            }
            Err((e, again))
        }
    }
}

/// Awaits a command and turns a panic in it into a failure.
async fn guarded<T, E: From<Failure>>(run: BoxFuture<'_, Result<T, E>>) -> Result<T, E> {
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(out) => out,
        Err(panic) => Err(Failure::Panicked(words(&*panic)).into()),
    }
}

/// Gives a closure to a thread and waits for its answer.
async fn hand_over<C, T, E, F>(with: C, run: F, queue: impl FnOnce(Box<dyn Job>)) -> Result<T, E>
where
    C: Send + Sync + 'static,
    F: for<'a> Fn(&'a mut Tx, &'a C) -> BoxFuture<'a, Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<Failure> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    queue(Box::new(Command {
        with,
        run,
        out: None,
        reply,
    }));
    match answer.await {
        Ok((out, _, _)) => out,
        Err(_) => Err(Failure::Io("the database thread has stopped".into()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::cells;

    async fn site(dir: &Path, pages: Option<u32>) -> Store {
        let lock = sqlite::lock(dir).unwrap();
        let mut writer = sqlite::connect(dir, true).unwrap();
        migrate::sqlite(&mut writer).unwrap();
        if let Some(pages) = pages {
            writer
                .execute_batch(&format!("pragma max_page_count = {pages}"))
                .unwrap();
        }
        let known = Arc::new(Known::default());
        let base = Sqlite::start(dir, Some(lock), writer, 2, known.clone()).unwrap();
        Store::new(Base::Sqlite(base), known, dir.into())
    }
    async fn keep(store: &Store, key: &'static str, size: usize) -> Result<(), Failure> {
        store
            .write(move |tx| Box::pin(async move { tx.set_site(key, &"x".repeat(size)).await }))
            .await
    }
    async fn kept(store: &Store, key: &'static str) -> Option<usize> {
        let read = store.read(move |tx| Box::pin(async move { tx.site(key).await }));
        let value: Result<_, Failure> = read.await;
        value.unwrap().map(|v| v.len())
    }

    #[tokio::test]
    async fn a_full_disk_undoes_the_command_and_is_survived() {
        let dir = tempfile::tempdir().unwrap();
        let store = site(dir.path(), Some(400)).await;
        keep(&store, "small", 10).await.unwrap();
        assert_eq!(keep(&store, "large", 4_000_000).await, Err(Failure::Full));
        assert_eq!(kept(&store, "large").await, None);
        assert_eq!(store.dead(), None);
        keep(&store, "again", 20).await.unwrap();
        assert_eq!(
            (kept(&store, "small").await, kept(&store, "again").await),
            (Some(10), Some(20))
        );
    }

    #[tokio::test]
    async fn nothing_is_written_after_the_first_io_error() {
        let dir = tempfile::tempdir().unwrap();
        let store = site(dir.path(), None).await;
        keep(&store, "before", 10).await.unwrap();
        let broken = Failure::Io("fsync".into());
        let failure = broken.clone();
        let out: Result<(), Failure> = store
            .write(move |tx| {
                let failure = failure.clone();
                Box::pin(async move {
                    tx.run(
                        "insert into site(key, value) values ($1, $2)",
                        &cells!["a", "b"],
                    )
                    .await?;
                    tx.failed = Some(failure);
                    Ok(())
                })
            })
            .await;
        assert_eq!(out, Err(broken.clone()));
        assert_eq!(keep(&store, "after", 10).await, Err(broken.clone()));
        assert_eq!(store.dead(), Some(broken));
        assert_eq!(kept(&store, "before").await, Some(10));
        assert_eq!(kept(&store, "a").await, None);
    }
}
