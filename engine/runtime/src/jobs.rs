//! What happens without anybody asking: timers, messages, the stream, the audit's seal.
//!
//! Work is found by polling; a lease makes sure that one of many processes does it, and a lost
//! lease makes what it would have written nothing (4.6).

use crate::{
    Error, Site,
    stream::Heard,
    worker::{Reply, Request},
};
use chrono::TimeDelta;
use model::{Id, Ref, Value};
use serde_json::json;
use std::{collections::HashSet, time::Duration};
use store::{Notice, Queue, Work};
use tokio::{sync::watch, task::JoinHandle};

/// How long claimed work is nobody else's.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// Claims after which work is given up.
const ATTEMPTS: u32 = 5;
/// Work claimed at once.
const BATCH: u32 = 20;

/// The loops of a process; stopped before the site is closed.
pub struct JobsHandle {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}
impl JobsHandle {
    /// Lets every loop finish what it is at.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

impl Site {
    /// Starts the loops: work, stream, and the slow ones.
    pub fn spawn_jobs(&self) -> JobsHandle {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = vec![];
        let site = self.clone();
        tasks.push(every(
            Duration::from_millis(500),
            stopped.clone(),
            move || {
                let site = site.clone();
                async move { site.run_due_once().await.map(|_| ()) }
            },
        ));
        let site = self.clone();
        let seen = std::sync::Arc::new(std::sync::Mutex::new(HashSet::new()));
        tasks.push(every(
            Duration::from_millis(300),
            stopped.clone(),
            move || {
                let (site, seen) = (site.clone(), seen.clone());
                async move { site.poll_stream(&seen).await }
            },
        ));
        let site = self.clone();
        tasks.push(every(Duration::from_secs(2), stopped.clone(), move || {
            let site = site.clone();
            async move {
                site.refresh().await?;
                site.seal().await
            }
        }));
        let site = self.clone();
        tasks.push(every(Duration::from_secs(3_600), stopped, move || {
            let site = site.clone();
            async move { site.sweep().await }
        }));
        JobsHandle { stop, tasks }
    }

    /// Does everything whose time has come, once; says how much was done. Timers of a fixed clock
    /// are due by it, others by the database's.
    pub async fn run_due_once(&self) -> Result<u32, Error> {
        Ok(self.run_queue(Queue::Job).await? + self.run_queue(Queue::Outbox).await?)
    }

    async fn run_queue(&self, queue: Queue) -> Result<u32, Error> {
        let token = self.clock.id();
        let work = self
            .inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.bury_exhausted(queue, ATTEMPTS).await?;
                    Ok::<_, Error>(tx.claim(queue, token, LEASE, BATCH).await?)
                })
            })
            .await?;
        let mut done = 0;
        for work in work {
            let out = match queue {
                Queue::Job => self.fire(&work, token).await,
                Queue::Outbox => self.deliver(&work, token).await,
            };
            let counters = &self.inner.counters;
            match out {
                Ok(()) => {
                    counters.one(&counters.jobs);
                    done += 1;
                }
                Err(e) => {
                    counters.one(&counters.job_failures);
                    tracing::warn!(work = %work.id, kind = work.kind, "a job failed: {e}");
                    self.give_back(queue, &work, token, &e.to_string()).await?;
                }
            }
        }
        Ok(done)
    }

    async fn give_back(
        &self,
        queue: Queue,
        work: &Work,
        token: Id,
        why: &str,
    ) -> Result<(), Error> {
        // 2, 4, 8 … seconds; after the last attempt it is dead and shown.
        let wait = TimeDelta::seconds(1 << work.attempts.min(8));
        let due = (work.attempts < ATTEMPTS).then(|| self.clock.now() + wait);
        let (id, why) = (work.id, why.to_owned());
        let out = self
            .inner
            .store
            .write(move |tx| {
                let why = why.clone();
                Box::pin(
                    async move { Ok::<_, Error>(tx.give_back(queue, id, token, due, &why).await?) },
                )
            })
            .await;
        match out {
            // Somebody else has it by now.
            Err(Error::Failure(store::Failure::Stale { .. })) => Ok(()),
            other => other,
        }
    }

    /// Renders a message for each of its users and puts it among their notices.
    async fn deliver(&self, work: &Work, token: Id) -> Result<(), Error> {
        #[derive(serde::Deserialize)]
        struct Payload {
            message: Ref,
            form: Ref,
            record: Id,
            users: Vec<Id>,
        }
        let broken = |e: serde_json::Error| Error::Failure(store::Failure::Corrupt(e.to_string()));
        let payload: Payload = serde_json::from_str(&work.payload).map_err(broken)?;
        let definitions = self.definitions();
        let message = definitions
            .catalogue
            .message(&payload.message)
            .ok_or(Error::NotFound)?;
        let data = self.message_data(&payload.form, payload.record).await?;
        let mut notices = vec![];
        for (n, user) in payload.users.iter().enumerate() {
            let Ok(reader) = self.caller_by_id(*user).await else {
                continue;
            };
            let language = reader.language.as_str();
            let package = &payload.message.package;
            let path = format!("messages/{}/subject", payload.message.name);
            let subject = definitions
                .catalogue
                .word(package, language, &path, &message.subject);
            let own = definitions
                .catalogue
                .packages
                .get(package)
                .map(|p| p.manifest.language.clone());
            let body = message
                .bodies
                .get(language)
                .or_else(|| message.bodies.get(own.as_deref().unwrap_or_default()))
                .cloned()
                .unwrap_or_default();
            let subject = self.render(&subject, &data).await?;
            let body = self.render(&body, &data).await?;
            notices.push(Notice {
                id: Id::derived(work.id, &["notice", &n.to_string()]),
                user: *user,
                at: self.clock.now(),
                kind: "message".into(),
                form: Some(payload.form.clone()),
                record: Some(payload.record),
                args: json!([subject, body]).to_string(),
                read_at: None,
            });
        }
        let id = work.id;
        self.inner
            .store
            .write(move |tx| {
                let notices = notices.clone();
                Box::pin(async move {
                    tx.finish(Queue::Outbox, id, token).await?;
                    tx.add_notices(&notices).await?;
                    Ok::<_, Error>(())
                })
            })
            .await
    }

    async fn render(&self, source: &str, data: &serde_json::Value) -> Result<String, Error> {
        let request = Request::Template {
            source: source.into(),
            html: false,
            with: json!({ "record": data }),
        };
        match self.inner.pool.ask(&request).await {
            Reply::Value(text) => Ok(text.as_str().unwrap_or_default().to_string()),
            Reply::Failed { code, say } => Err(Error::Refused {
                code,
                with: vec![say],
                say: None,
            }),
        }
    }

    /// A record as a template reads it: values as text, links with the values of their target.
    async fn message_data(&self, form: &Ref, id: Id) -> Result<serde_json::Value, Error> {
        let form = form.clone();
        self.desk(&self.engine(), move |desk| {
            let form = form.clone();
            Box::pin(async move {
                let record = desk.record(&form, id).await?.ok_or(Error::NotFound)?;
                let definitions = desk.definitions.clone();
                let fields = definitions.form(&form)?.fields.clone();
                let mut out = serde_json::Map::new();
                for (name, field) in &fields {
                    let value = record.values.get(name);
                    let json = match (field.as_link(), field.as_lines(), value) {
                        (Some(link), _, Some(Value::Link(to))) => {
                            desk.plain(&link.to.form, *to).await?
                        }
                        (_, Some(table), Some(Value::Lines(lines))) => {
                            let mut rows = vec![];
                            for line in lines {
                                let mut row = serde_json::Map::new();
                                for (column, field) in &table.fields {
                                    let json = match (field.as_link(), line.values.get(column)) {
                                        (Some(link), Some(Value::Link(to))) => {
                                            desk.plain(&link.to.form, *to).await?
                                        }
                                        (_, Some(value)) => text(field, value),
                                        (_, None) => json!(""),
                                    };
                                    row.insert(column.to_string(), json);
                                }
                                rows.push(serde_json::Value::Object(row));
                            }
                            serde_json::Value::Array(rows)
                        }
                        (_, Some(_), _) => json!([]),
                        (_, _, Some(value)) => text(field, value),
                        (_, _, None) => json!(""),
                    };
                    out.insert(name.to_string(), json);
                }
                Ok(serde_json::Value::Object(out))
            })
        })
        .await
    }

    async fn poll_stream(&self, seen: &std::sync::Mutex<HashSet<Id>>) -> Result<(), Error> {
        let since = self.clock.now() - TimeDelta::seconds(5);
        let rows = self
            .inner
            .store
            .read(move |tx| {
                Box::pin(async move { Ok::<_, Error>(tx.stream_since(since, 2_000).await?) })
            })
            .await?;
        let mut seen = seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let ids: HashSet<Id> = rows.iter().map(|r| r.id).collect();
        for row in rows {
            if let (Some(form), Some(record)) = (row.form, row.record)
                && !seen.contains(&row.id)
            {
                self.inner.hub.tell(Heard {
                    id: row.id,
                    principal: row.principal.into(),
                    form: form.to_string(),
                    record,
                    kind: row.kind.into(),
                });
            }
        }
        *seen = ids;
        Ok(())
    }

    /// Seals the audit as far as it has come.
    pub(crate) async fn seal(&self) -> Result<(), Error> {
        let now = self.clock.now();
        self.inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.seal_audit(now, 1_000).await?;
                    Ok::<_, Error>(())
                })
            })
            .await
    }

    async fn sweep(&self) -> Result<(), Error> {
        let now = self.clock.now();
        self.inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.sweep_sessions(now, now - TimeDelta::days(1)).await?;
                    tx.sweep_keys(now - TimeDelta::days(7)).await?;
                    tx.sweep_stream(now - TimeDelta::hours(1)).await?;
                    Ok::<_, Error>(())
                })
            })
            .await
    }
}

impl crate::desk::Desk<'_> {
    /// The values of a record as text, for a template.
    async fn plain(&mut self, form: &Ref, id: Id) -> Result<serde_json::Value, crate::desk::Halt> {
        let definitions = self.definitions.clone();
        let Some(record) = self.record(form, id).await? else {
            return Ok(json!({}));
        };
        let mut out = serde_json::Map::new();
        for (name, field) in &definitions.form(form)?.fields {
            let value = record
                .values
                .get(name)
                .filter(|_| field.as_lines().is_none());
            out.insert(
                name.to_string(),
                value.map_or(json!(""), |v| text(field, v)),
            );
        }
        Ok(serde_json::Value::Object(out))
    }
}

/// A value as people read it.
fn text(field: &model::Field, value: &Value) -> serde_json::Value {
    match value {
        Value::Number(n) => json!(crate::show::shown_number(field, *n)),
        other => other.to_json(),
    }
}

/// Runs `work` again and again until it is stopped; a failure is told and tried again.
fn every<F, W>(pause: Duration, mut stopped: watch::Receiver<bool>, work: F) -> JoinHandle<()>
where
    F: Fn() -> W + Send + 'static,
    W: Future<Output = Result<(), Error>> + Send,
{
    tokio::spawn(async move {
        loop {
            if let Err(e) = work().await {
                tracing::warn!("background work: {e}");
            }
            tokio::select! {
                _ = stopped.wait_for(|s| *s) => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    })
}
