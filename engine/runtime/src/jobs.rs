//! What the engine does by itself: timers, messages, the stream, seals, sweeping.
//!
//! Work is claimed with a lease and fenced by its token: whoever lost a lease cannot finish. Any
//! number of nodes may run this on one site.

use crate::{Clock, Error, Site, metrics::Counters, stream::Heard};
use chrono::{DateTime, TimeDelta, Utc};
use model::Id;
use std::{collections::HashMap, future::Future, time::Duration};
use store::{Failure, Queue, Tx, Work};
use tokio::{sync::watch, task::JoinHandle, time::sleep};

/// Between two looks for due work; a little is added by chance, so that nodes do not march.
const WORK: Duration = Duration::from_millis(450);
const STREAM: Duration = Duration::from_millis(300);
const SEAL: Duration = Duration::from_secs(2);
const REFRESH: Duration = Duration::from_secs(2);
const SWEEP: Duration = Duration::from_secs(3_600);
/// After something failed that should not.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a piece of work belongs to who claimed it.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Work claimed at once.
const BATCH: u32 = 8;
/// Work is given up after this many tries.
const TRIES: u32 = 5;
/// Between the end of a command and when it is seen: the stream is asked from this far back.
const BACK: TimeDelta = TimeDelta::seconds(10);
/// Rows of the stream, or of the audit, taken at once.
const ROWS: u32 = 5_000;
/// How long keys of commands are kept.
const KEYS: TimeDelta = TimeDelta::days(7);
/// How long failed logins are kept.
const ATTEMPTS: TimeDelta = TimeDelta::days(1);
/// How long the stream is kept.
const STREAM_KEPT: TimeDelta = TimeDelta::hours(1);

/// The engine's own work, running; dropping it lets it end, [`JobsHandle::stop`] waits for that.
pub struct JobsHandle {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl JobsHandle {
    /// Ends it; what is on its way is finished.
    pub async fn stop(self) {
        // Nobody listening means that everything has ended already.
        let _ = self.stop.send(true);
        for task in self.tasks {
            if let Err(e) = task.await {
                tracing::error!("a loop of the engine broke: {e}");
            }
        }
    }
}

impl Site {
    /// Begins the engine's own work.
    pub fn spawn_jobs(&self) -> JobsHandle {
        let (stop, stopped) = watch::channel(false);
        let site = |s: &Self| s.clone();
        let (work, seal, refresh, sweep) = (site(self), site(self), site(self), site(self));
        let tasks = vec![
            tokio::spawn(every("work", WORK, stopped.clone(), move || {
                let site = work.clone();
                async move { site.work().await.map(|_| ()) }
            })),
            tokio::spawn(listen(self.clone(), stopped.clone())),
            tokio::spawn(every("seal", SEAL, stopped.clone(), move || {
                let site = seal.clone();
                async move { site.seal().await }
            })),
            tokio::spawn(every("refresh", REFRESH, stopped.clone(), move || {
                let site = refresh.clone();
                async move { site.refresh().await }
            })),
            tokio::spawn(every("sweep", SWEEP, stopped, move || {
                let site = sweep.clone();
                async move { site.sweep().await }
            })),
        ];
        JobsHandle { stop, tasks }
    }

    /// Does everything that is due now by the site's clock, and what becomes due by it. Says how
    /// much was done; the first failure is told after everything else was tried.
    pub async fn run_due_once(&self) -> Result<usize, Error> {
        self.work().await
    }

    async fn work(&self) -> Result<usize, Error> {
        let (mut done, mut failed) = (0, None);
        for queue in [Queue::Job, Queue::Outbox] {
            while self.due(queue).await? {
                let claimed = self.claim_work(queue).await?;
                if claimed.is_empty() {
                    break;
                }
                for (work, token) in claimed {
                    match self.one(queue, &work, token).await {
                        Ok(()) => done += 1,
                        Err(e) => failed = failed.or(Some(e)),
                    }
                }
            }
        }
        failed.map_or(Ok(done), Err)
    }

    /// Whether something is due; reading this costs no write.
    async fn due(&self, queue: Queue) -> Result<bool, Error> {
        let fixed = self.fixed_now();
        self.inner
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let now = now_of(tx, fixed).await?;
                    let next = tx.next_due(queue).await?;
                    Ok::<_, Error>(next.is_some_and(|at| at <= now))
                })
            })
            .await
    }

    async fn claim_work(&self, queue: Queue) -> Result<Vec<(Work, Id)>, Error> {
        let (token, fixed) = (self.clock.id(), self.fixed_now());
        let claimed = self
            .inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    Ok::<_, Error>(match fixed {
                        Some(now) => tx.claim_at(queue, token, LEASE, BATCH, now).await?,
                        None => tx.claim(queue, token, LEASE, BATCH).await?,
                    })
                })
            })
            .await?;
        Ok(claimed.into_iter().map(|w| (w, token)).collect())
    }

    /// A clock that stands still decides itself what is due; else the database's does.
    pub(crate) fn fixed_now(&self) -> Option<DateTime<Utc>> {
        match &self.clock {
            Clock::System | Clock::Wrong(_) => None,
            Clock::Fixed(_) => Some(self.clock.now()),
        }
    }

    /// Does one piece of claimed work, or gives it back.
    async fn one(&self, queue: Queue, work: &Work, token: Id) -> Result<(), Error> {
        let c: &Counters = &self.inner.counters;
        // Whoever had it before died of it that often.
        let done = match work.attempts > TRIES {
            true => Err(Error::refused("given_up")),
            false => match &*work.kind {
                "timer" => self.fire(work, token).await,
                "message" => self.deliver(work, token).await,
                _ => Err(Error::refused("unknown_work")),
            },
        };
        let error = match done {
            Ok(()) => {
                c.one(&c.jobs);
                return Ok(());
            }
            // Nothing is left to be done: the instance has gone on, or the record is gone.
            Err(e) if matches!(e.code(), "no_such_timer" | "instance_ended" | "not_found") => {
                return self.finish(queue, work.id, token).await;
            }
            Err(e) => e,
        };
        let early = error.code() == "not_due";
        if !early {
            c.one(&c.job_failures);
            tracing::warn!(kind = %work.kind, id = %work.id, attempts = work.attempts, "{error}");
        }
        let wait = TimeDelta::seconds(5 << work.attempts.min(6));
        let again = work.attempts < TRIES;
        let (id, say, fixed) = (work.id, error.to_string(), self.fixed_now());
        let given = self
            .inner
            .store
            .write(move |tx| {
                let say = say.clone();
                Box::pin(async move {
                    let now = now_of(tx, fixed).await?;
                    if early {
                        let soon = now + TimeDelta::seconds(1);
                        return tx.put_off(queue, id, token, soon).await;
                    }
                    let again = again.then_some(now + wait);
                    tx.give_back(queue, id, token, again, &say).await
                })
            })
            .await;
        if early {
            return Ok(());
        }
        match given {
            // Cancelled meanwhile, or somebody else has it.
            Ok(()) | Err(Failure::Stale { .. }) => Err(error),
            Err(e) => Err(e.into()),
        }
    }

    async fn finish(&self, queue: Queue, id: Id, token: Id) -> Result<(), Error> {
        let done = self
            .inner
            .store
            .write(move |tx| Box::pin(async move { tx.finish(queue, id, token).await }))
            .await;
        match done {
            Ok(()) | Err(Failure::Stale { .. }) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// Seals what the audit has gathered.
    async fn seal(&self) -> Result<(), Error> {
        let store = &self.inner.store;
        let waits = store
            .read(|tx| Box::pin(async move { Ok::<_, Error>(tx.unsealed().await?) }))
            .await?;
        if waits {
            let now = self.clock.now();
            store
                .write(move |tx| {
                    Box::pin(async move { Ok::<_, Error>(tx.seal_audit(now, ROWS).await?) })
                })
                .await?;
        }
        Ok(())
    }

    /// Forgets what nobody needs any more.
    async fn sweep(&self) -> Result<(), Error> {
        let now = self.clock.now();
        while self.sweep_files().await? > 0 {}
        self.inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.sweep_sessions(now, now - ATTEMPTS, now - crate::throttle::KNOWN)
                        .await?;
                    tx.sweep_keys(now - KEYS).await?;
                    tx.sweep_stream(now - STREAM_KEPT).await?;
                    Ok::<_, Error>(())
                })
            })
            .await
    }

    /// Hands what is new in the stream to whoever listens here.
    async fn hear(&self, known: &mut HashMap<Id, DateTime<Utc>>) -> Result<(), Error> {
        if !self.inner.hub.heard() {
            return Ok(());
        }
        let (fixed, mut next) = (self.fixed_now(), None);
        loop {
            let (since, rows) = self
                .inner
                .store
                .read(move |tx| {
                    Box::pin(async move {
                        let since = match next {
                            Some(since) => since,
                            None => now_of(tx, fixed).await? - BACK,
                        };
                        Ok::<_, Error>((since, tx.stream_since(since, ROWS).await?))
                    })
                })
                .await?;
            if next.is_none() {
                known.retain(|_, at| *at >= since);
            }
            let full = rows.len() == ROWS as usize;
            let last = rows.last().map(|r| r.at);
            for row in rows {
                if known.insert(row.id, row.at).is_none() {
                    self.inner.hub.tell(Heard {
                        id: row.id,
                        principal: row.principal.into(),
                        form: row.form.map(|f| f.to_string()).unwrap_or_default(),
                        record: row.record.unwrap_or(crate::caller::ENGINE),
                        kind: row.kind.into(),
                    });
                }
            }
            match last {
                Some(at) if full && at > since => next = Some(at),
                _ => return Ok(()),
            }
        }
    }
}

/// The moment by a clock that stands still, or by the database's.
async fn now_of(tx: &mut Tx, fixed: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, Failure> {
    match fixed {
        Some(now) => Ok(now),
        None => tx.now().await,
    }
}

async fn listen(site: Site, mut stopped: watch::Receiver<bool>) {
    let mut known = HashMap::new();
    loop {
        let wait = match site.hear(&mut known).await {
            Ok(()) => STREAM,
            Err(e) => {
                tracing::error!("stream: {e}");
                PAUSE
            }
        };
        if over(&mut stopped, wait).await {
            return;
        }
    }
}

/// Does something again and again until it is told to stop.
async fn every<F, R>(name: &str, rest: Duration, mut stopped: watch::Receiver<bool>, run: F)
where
    F: Fn() -> R,
    R: Future<Output = Result<(), Error>>,
{
    loop {
        let wait = match run().await {
            Ok(()) => rest + rest.mul_f64(chance() / 4.0),
            Err(e) => {
                tracing::error!("{name}: {e}");
                rest.max(PAUSE)
            }
        };
        if over(&mut stopped, wait).await {
            return;
        }
    }
}

/// Waits; says whether it is time to end.
async fn over(stopped: &mut watch::Receiver<bool>, wait: Duration) -> bool {
    tokio::select! {
        () = sleep(wait) => *stopped.borrow(),
        // The handle told so, or was dropped.
        _ = stopped.changed() => true,
    }
}

/// Something between 0 and 1.
fn chance() -> f64 {
    let mut byte = [0u8];
    // Without chance the nodes march; nothing else depends on it.
    let _ = getrandom::fill(&mut byte);
    f64::from(byte[0]) / 255.0
}
