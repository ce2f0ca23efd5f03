//! Connections to PostgreSQL, lent for one transaction each.
//!
//! SQLx's own pool asks the server for a sign of life each time a connection comes back: one trip
//! more for every transaction, a tenth of a short command. Here a connection comes back only after
//! its transaction has ended without an error; any other is closed, and the server rolls back.

use sqlx::{ConnectOptions as _, Executor as _, PgConnection, postgres::PgConnectOptions};
use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Longest wait for a free connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections of one kind to one site. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Inner>);
struct Inner {
    options: PgConnectOptions,
    /// The one used last is lent first: its caches are warm.
    idle: Mutex<Vec<PgConnection>>,
    room: Arc<Semaphore>,
}

/// A connection, mostly in a transaction. Closed when dropped; [`Lent::end`] gives it back.
pub(crate) struct Lent {
    /// Taken out only by [`Lent::back`].
    connection: Option<Box<PgConnection>>,
    pool: Pool,
    _room: OwnedSemaphorePermit,
}

impl Pool {
    /// At most `most` connections, made when they are needed.
    pub(crate) fn new(options: PgConnectOptions, most: u32) -> Self {
        Self(Arc::new(Inner {
            options,
            idle: Mutex::new(Vec::new()),
            room: Arc::new(Semaphore::new(most as usize)),
        }))
    }
    fn idle(&self) -> Option<PgConnection> {
        self.0
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }
    /// Begins a transaction on a connection. Connections that broke while nobody used them (the
    /// server was started anew) are thrown away.
    pub(crate) async fn begin(&self, begin: &'static str) -> Result<Lent, sqlx::Error> {
        let room = self.room().await?;
        while let Some(mut connection) = self.idle() {
            if connection.execute(begin).await.is_ok() {
                return Ok(self.lend(connection, room));
            }
        }
        let mut connection = self.0.options.connect().await?;
        connection.execute(begin).await?;
        Ok(self.lend(connection, room))
    }
    /// A connection without a transaction. It may have broken while nobody used it.
    pub(crate) async fn lent(&self) -> Result<Lent, sqlx::Error> {
        let room = self.room().await?;
        let connection = match self.idle() {
            Some(connection) => connection,
            None => self.0.options.connect().await?,
        };
        Ok(self.lend(connection, room))
    }
    async fn room(&self) -> Result<OwnedSemaphorePermit, sqlx::Error> {
        let waiting = self.0.room.clone().acquire_owned();
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) => Err(sqlx::Error::PoolClosed),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }
    fn lend(&self, connection: PgConnection, room: OwnedSemaphorePermit) -> Lent {
        Lent {
            connection: Some(Box::new(connection)),
            pool: self.clone(),
            _room: room,
        }
    }
}

impl Lent {
    /// Ends the transaction with `commit` or `rollback` and gives the connection back.
    pub(crate) async fn end(mut self, end: &'static str) -> Result<(), sqlx::Error> {
        if let Some(connection) = &mut self.connection {
            connection.execute(end).await?;
        }
        self.back();
        Ok(())
    }
    /// Gives back a connection that is in no transaction.
    pub(crate) fn back(mut self) {
        if let Some(connection) = self.connection.take() {
            let pool = &self.pool.0;
            pool.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(*connection);
        }
    }
}

impl Deref for Lent {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a connection is only taken by what consumes it"),
        }
    }
}
impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("a connection is only taken by what consumes it"),
        }
    }
}
