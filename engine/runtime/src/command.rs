//! Commands: decided on a snapshot, then committed in one transaction that checks what was read.

use crate::{
    Caller, Clock, Error, Site,
    desk::{Desk, Halt},
    site::Definitions,
    view::Done,
    words::Language,
};
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use kernel::{
    Facts, Outcome,
    posting::{Added, Broken, Entry, Later},
    workflow::{self, About, Effects, Principal},
};
use model::{Id, Kind, Look, Name, Path, Record, Value, ledger::Mode};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};
use store::{
    Audit, Begun, Change, Failure, Instance, Notice, Participant, Queue, Reply, Stands, StreamRow,
    Text, Tx, Work, role_principal, user_principal,
};

/// How often a command is decided anew when somebody was faster.
const TRIES: usize = 5;

/// Commands on one record that found each other in the way stand in line here, so that of many at
/// once each is decided anew once or twice, and none is sent away. Of one process: between two
/// processes only the tries are left.
pub(crate) struct Line([tokio::sync::Mutex<()>; PLACES]);

/// Records share places; sharing one costs time and nothing else.
const PLACES: usize = 64;

impl Default for Line {
    fn default() -> Self {
        Self(std::array::from_fn(|_| tokio::sync::Mutex::default()))
    }
}
impl Line {
    /// Waits for one's turn on a record; who came first is first.
    async fn turn(&self, record: Id) -> tokio::sync::MutexGuard<'_, ()> {
        self.0[(record.0.as_u128() % PLACES as u128) as usize]
            .lock()
            .await
    }
}

/// What makes a repeated command harmless.
#[derive(Clone, Debug)]
pub struct Key {
    /// The sender's idempotency key.
    pub text: String,
    /// Over what was asked; the same key with another content is refused.
    pub hash: [u8; 32],
}
impl Key {
    /// A key nobody has used.
    pub fn fresh(clock: &Clock) -> Self {
        Self {
            text: clock.id().to_string(),
            hash: [0; 32],
        }
    }
}

/// Constraints that a commit found broken and that an approval may let through: the next try goes
/// to that approval.
pub(crate) type Forced = Vec<String>;

/// A postings' entries, ready to be written.
pub(crate) struct PostingPlan {
    /// `post`, `reverse`, `open`.
    pub kind: &'static str,
    /// Of the record; the one this command makes where nothing is said.
    pub version: Option<u64>,
    pub entries: Vec<Entry>,
    pub reverses: Option<Id>,
    /// Constraints let through by an approval.
    pub overridden: Vec<String>,
    /// Constraints that have an approval to go to, `package/ledger/constraint`.
    pub over: Vec<String>,
}

/// A step of the record's workflow.
pub(crate) struct FlowStep {
    pub fresh: bool,
    /// As it is after the step; its rev is the new one.
    pub instance: Instance,
    pub state: workflow::State,
    /// Hash of the last event before the step.
    pub last: Vec<u8>,
    pub events: Vec<workflow::Event>,
    /// In whose stead the caller did each of them.
    pub stood_in_for: Vec<Option<Id>>,
    pub effects: Effects,
    /// The work that fired a timer: finished with the step.
    pub work: Option<(Id, Id)>,
}

/// Everything a command writes.
pub(crate) struct Commit {
    pub key: Option<Key>,
    pub caller: Caller,
    pub now: DateTime<Utc>,
    /// By a clock that stands still.
    pub fixed: bool,
    pub definitions: Arc<Definitions>,
    /// What was published when it was decided, where it was decided by older definitions.
    pub published: Arc<Definitions>,
    pub facts: Facts,
    /// The records it was decided by, with their versions.
    pub reads: BTreeMap<(model::Ref, Id), u64>,
    pub act: String,
    pub node: Option<Name>,
    pub opinion: Option<String>,
    /// How a task was decided.
    pub outcome: Option<Name>,
    pub before: Option<Record>,
    /// Version, numbers and times are set by the commit.
    pub after: Record,
    pub deleted: bool,
    /// Text to be found by, without the number; `None` where it stays as it is.
    pub words: Option<String>,
    pub flow: Option<FlowStep>,
    pub postings: Vec<PostingPlan>,
    /// The number is due with this command.
    pub number: bool,
    /// Ids that the commit needs, drawn beforehand so that a repeat writes the same.
    pub ids: Id,
}

/// Why a commit did not happen.
pub(crate) enum Fail {
    Stop(Error),
    Stale,
    /// Something was published since it was decided.
    Outdated,
    Broken(Box<Broken>, bool),
}
impl From<Failure> for Fail {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Stale { .. } => Self::Stale,
            other => Self::Stop(other.into()),
        }
    }
}
impl From<Error> for Fail {
    fn from(e: Error) -> Self {
        Self::Stop(e)
    }
}

impl Site {
    /// Decides and commits; decides anew when somebody was faster.
    ///
    /// Whether the command had been done before is asked in the commit. A repeat that is refused
    /// before it (the first has changed what it stands on) is asked for then.
    pub(crate) async fn command<F>(
        &self,
        caller: &Caller,
        key: Option<&Key>,
        prepare: F,
    ) -> Result<Done, Error>
    where
        F: for<'d, 't> Fn(&'d mut Desk<'t>, Forced) -> BoxFuture<'d, Result<Box<Commit>, Halt>>
            + Send
            + Sync
            + 'static,
    {
        let prepare = Arc::new(prepare);
        let mut forced = Forced::new();
        let counters = &self.inner.counters;
        let mut caller = caller.clone();
        let mut turn = None;
        for _ in 0..TRIES {
            let (work, goes) = (prepare.clone(), forced.clone());
            let prepared = self
                .desk(&caller, move |desk| {
                    let (work, goes) = (work.clone(), goes.clone());
                    Box::pin(async move {
                        desk.by_the_database().await?;
                        work(desk, goes).await
                    })
                })
                .await;
            let commit = match prepared {
                Ok(commit) => Arc::new(*commit),
                Err(e) => match self.done_before(&caller, key).await? {
                    Some(done) => {
                        counters.one(&counters.replayed);
                        return Ok(done);
                    }
                    None => {
                        counters.one(&counters.refused);
                        return Err(e);
                    }
                },
            };
            let (site, plan) = (self.clone(), commit.clone());
            let written = self
                .inner
                .store
                .write(move |tx| {
                    let (site, plan) = (site.clone(), plan.clone());
                    Box::pin(async move { plan.run(tx, &site).await })
                })
                .await;
            match written {
                Ok(done) => {
                    counters.one(match done.replayed {
                        true => &counters.replayed,
                        false => &counters.commands,
                    });
                    return Ok(done);
                }
                Err(Fail::Stale) => {
                    counters.stale.fetch_add(1, Ordering::Relaxed);
                    if turn.is_none() {
                        turn = Some(self.inner.line.turn(commit.after.id).await);
                    }
                }
                Err(Fail::Outdated) => {
                    counters.stale.fetch_add(1, Ordering::Relaxed);
                    self.refresh().await?;
                    caller = self.anew(&caller).await?;
                }
                Err(Fail::Broken(broken, true)) => forced.push(constraint(&broken)),
                Err(Fail::Broken(broken, false)) => {
                    counters.one(&counters.refused);
                    return Err(broken_error(&commit.definitions, &broken));
                }
                Err(Fail::Stop(e)) => return Err(named(e, &commit)),
            }
        }
        Err(Error::Busy { retry_after: 1 })
    }

    /// The answer of a command that was done before, if this key was used for it.
    async fn done_before(&self, caller: &Caller, key: Option<&Key>) -> Result<Option<Done>, Error> {
        let Some(key) = key.cloned() else {
            return Ok(None);
        };
        let user = caller.user.id;
        let used = self.inner.store.read(move |tx| {
            let key = key.clone();
            Box::pin(async move { Ok::<_, Error>(tx.used_key(user, &key.text, &key.hash).await?) })
        });
        match used.await? {
            None | Some(Begun::Fresh) => Ok(None),
            Some(Begun::Done(reply)) => Ok(Some(replayed(&reply)?)),
            Some(Begun::Mismatch) => Err(Error::KeyReused),
        }
    }
}

/// `package/ledger/constraint`.
fn constraint(broken: &Broken) -> String {
    format!("{}/{}", broken.ledger, broken.constraint)
}

fn broken_error(definitions: &Definitions, broken: &Broken) -> Error {
    let path = format!(
        "ledgers/{}/constraints/{}",
        broken.ledger.name, broken.constraint
    );
    let package = &broken.ledger.package;
    let say = Language::ALL.iter().map(|language| {
        let words = definitions
            .catalogue
            .word(package, language.as_str(), &path, &broken.say);
        (*language, words)
    });
    Error::Refused {
        code: "constraint_broken".into(),
        with: vec![constraint(broken), broken.short.normalize().to_string()],
        say: Some(say.collect()),
    }
}

/// A database error in the words of the record it is about.
fn named(e: Error, commit: &Commit) -> Error {
    match e {
        Error::Failure(Failure::Duplicate { constraint }) if constraint.contains('.') => {
            let column = constraint.rsplit('.').next().unwrap_or_default();
            let field = commit
                .after
                .values
                .iter()
                .find(|(n, _)| n.as_str() == column);
            // Said of what the sender may read only; a line's column is not among the values.
            let rules = &commit.definitions.rules;
            let looks = commit.caller.rights.wide_looks(rules, &commit.after.form);
            let field = field.filter(|(n, _)| looks.at(&Path::one(n)) >= Look::Read);
            let value = field.map_or("…".to_owned(), |(_, v)| v.to_json().to_string());
            Error::Refused {
                code: "duplicate".into(),
                with: vec![value],
                say: None,
            }
        }
        // Not how many: there may be such among them as the caller does not see.
        Error::Failure(Failure::Referenced { .. }) => Error::refused("still_referenced"),
        Error::Failure(Failure::Dangling { at, .. }) => Error::BadRequest {
            code: "no_such_record".into(),
            at,
            with: vec![],
        },
        other => other,
    }
}

impl Commit {
    /// Writes everything in the one lock order of 5.3.1.
    async fn run(&self, tx: &mut Tx, site: &Site) -> Result<Done, Fail> {
        let user = self.caller.user.id;
        if let Some(key) = &self.key {
            match tx.begin_key(user, &key.text, &key.hash, self.now).await? {
                Begun::Fresh => {}
                Begun::Done(reply) => return replayed(&reply).map_err(Fail::Stop),
                Begun::Mismatch => return Err(Error::KeyReused.into()),
            }
        }
        if tx.hold_catalogue().await? != self.published.number {
            return Err(Fail::Outdated);
        }
        if let Some(flow) = &self.flow
            && !flow.fresh
        {
            tx.hold_instance(flow.instance.id).await?;
        }
        let names = &self.definitions.names;
        let before = self.before.clone().map(|b| names.today(b));
        let mut after = self.after.clone();
        after.version = before.as_ref().map_or(1, |b| b.version + 1);
        after.updated_at = self.now;
        after.updated_by = user;
        tx.hold(
            &self.published.tables,
            &Stands {
                before: before.as_ref(),
                after: &names.today(after.clone()),
                deleted: self.deleted,
                reads: &self.reads,
            },
        )
        .await?;
        self.post(tx, &after, site).await?;
        self.free(tx, before.as_ref(), &after).await?;
        // From here on nothing waits: the number's row is held shortest (5.3.1, step 7).
        if self.number {
            self.take_number(tx, &mut after).await?;
        }
        let title = self.title(&after)?;
        let after = names.today(after);
        self.keep_record(tx, before.as_ref(), &after, &title)
            .await?;
        if let Some(flow) = &self.flow {
            self.keep_flow(tx, flow, &after, &title).await?;
        }
        self.tell(tx, &after, &title).await?;
        let done = self.done(&after);
        if let Some(key) = &self.key {
            let body = serde_json::to_string(&done).unwrap_or_default();
            tx.finish_key(user, &key.text, &Reply { status: 200, body })
                .await?;
        }
        Ok(done)
    }

    fn done(&self, after: &Record) -> Done {
        let form = self.published.catalogue.form(&after.form);
        let number = form
            .and_then(|f| f.sequence())
            .and_then(|(name, _)| after.values.get(name)?.text().map(ToOwned::to_owned));
        Done {
            form: after.form.clone(),
            id: after.id,
            version: after.version,
            status: after.status.to_string(),
            number,
            next: None,
            replayed: false,
        }
    }

    fn title(&self, after: &Record) -> Result<String, Fail> {
        let form = self.definitions.form(&after.form)?;
        match kernel::form::title(&self.definitions.rules, form, after, &self.facts) {
            Outcome::Done(title) => Ok(title),
            // Every link was looked up when the command was prepared.
            Outcome::Need(_) => Err(Fail::Stale),
        }
    }

    /// Locks the balances of all postings, checks constraints on what they come to together, and
    /// writes them.
    async fn post(&self, tx: &mut Tx, after: &Record, site: &Site) -> Result<(), Fail> {
        let tables = &self.definitions.tables;
        let entries = || self.postings.iter().flat_map(|p| &p.entries);
        let mut locked = tx.lock_balances(tables, &keys(entries())).await?;
        locked.sort_by(|a, b| (&a.ledger, a.key).cmp(&(&b.ledger, b.key)));
        locked.dedup_by(|a, b| a.ledger == b.ledger && a.key == b.key);
        for balance in &locked {
            let of =
                |e: &&Entry| e.ledger == balance.ledger && same_key(&e.dims, &balance.dimensions);
            let added = by_day(entries().filter(of));
            let Some(day) = added.first().map(|a| a.day) else {
                continue;
            };
            let later: Vec<Later> = if balance.last.is_some_and(|last| last > day) {
                let rows = tx.running(tables, balance, day).await?;
                rows.into_iter()
                    .map(|r| Later {
                        day: r.day,
                        measures: r.measures,
                    })
                    .collect()
            } else {
                vec![]
            };
            for broken in self.check(tx, balance, &added, &later, site).await? {
                let name = constraint(&broken);
                let mut plans = self.postings.iter();
                if plans.all(|p| p.overridden.contains(&name) || !p.entries.iter().any(|e| of(&e)))
                {
                    continue;
                }
                let goes = broken.mode == Mode::Override
                    && self.postings.iter().any(|p| p.over.contains(&name));
                return Err(Fail::Broken(Box::new(broken), goes));
            }
        }
        for (n, plan) in self.postings.iter().enumerate() {
            if n > 0 {
                // As the one before left them.
                locked = tx.lock_balances(tables, &keys(plan.entries.iter())).await?;
            }
            self.keep_posting(tx, after, plan, n, &locked).await?;
        }
        Ok(())
    }

    async fn keep_posting(
        &self,
        tx: &mut Tx,
        after: &Record,
        plan: &PostingPlan,
        n: usize,
        locked: &[store::Locked],
    ) -> Result<(), Fail> {
        let first = plan.entries.first().map(|e| e.date);
        let Some(date) = first else { return Ok(()) };
        let posting = store::Posting {
            id: Id::derived(self.ids, &["posting", &n.to_string()]),
            form: after.form.clone(),
            record: after.id,
            version: plan.version.unwrap_or(after.version),
            kind: plan.kind.into(),
            reverses: plan.reverses,
            date,
            seq: 0,
            rules: self.definitions.revision(&after.form).to_string(),
            hash: kernel::posting::content_hash(&plan.entries).into_bytes(),
            at: self.now,
            by: self.caller.user.id,
        };
        let entries: Vec<store::Entry> = plan.entries.iter().map(entry).collect();
        let tables = &self.definitions.tables;
        tx.post(tables, &posting, &entries, locked).await?;
        Ok(())
    }

    /// The constraints of one balance; facts that are still missing are read in the transaction.
    async fn check(
        &self,
        tx: &mut Tx,
        balance: &store::Locked,
        added: &[Added],
        later: &[Later],
        site: &Site,
    ) -> Result<Vec<Broken>, Fail> {
        // A ledger has one law, today's; what was known in older names it does not know.
        let facts = match Arc::ptr_eq(&self.definitions, &self.published) {
            true => self.facts.clone().without_balances(),
            false => Facts::default(),
        };
        let mut desk = Desk::new(tx, site, self.caller.clone(), facts);
        desk.definitions = self.published.clone();
        let (now, key, ledger) = (&balance.measures, &balance.dimensions, &balance.ledger);
        let out = desk
            .settle(|d, _, facts| {
                let locked = kernel::posting::Locked {
                    key,
                    now,
                    added,
                    later,
                };
                kernel::posting::check(&d.rules, ledger, &locked, facts)
            })
            .await;
        out.map_err(|halt| match halt {
            Halt::Stop(e) => Fail::Stop(e),
            Halt::Scripts(..) | Halt::Pinned(..) => Fail::Stop(Error::refused("script_failed")),
        })
    }

    /// Gives the record its number: the last row that is locked.
    async fn take_number(&self, tx: &mut Tx, after: &mut Record) -> Result<(), Fail> {
        let form = self.definitions.form(&after.form)?;
        let Some((name, sequence)) = form.sequence() else {
            return Ok(());
        };
        let dated = form.dated_by().and_then(|d| after.values.get(d));
        let date = match dated {
            Some(Value::Date(day)) => *day,
            _ => self.published.catalogue.zone.day_of(self.now),
        };
        let per = sequence
            .per
            .as_ref()
            .and_then(|f| after.values.get(f)?.link());
        let period = kernel::numbering::period(&sequence.pattern, date);
        let per = format!(
            "{}/{period}",
            per.map(|id| id.to_string()).unwrap_or_default()
        );
        let n = tx.take(&format!("{}/{name}", form.name), &per, 1).await?;
        let text = kernel::numbering::format(&sequence.pattern, date, n);
        after.values.insert(name.clone(), Value::Text(text.into()));
        Ok(())
    }

    /// Work that is no longer to be done, and files that are used otherwise.
    async fn free(&self, tx: &mut Tx, before: Option<&Record>, after: &Record) -> Result<(), Fail> {
        if let Some(flow) = &self.flow {
            for timer in &flow.effects.timers_cancelled {
                tx.cancel_one(Queue::Job, *timer).await?;
            }
            if let Some((work, token)) = flow.work {
                tx.finish(Queue::Job, work, token).await?;
            }
        }
        if self.deleted {
            return Ok(());
        }
        let after = self.definitions.names.today(after.clone());
        let form = self.published.form(&after.form)?;
        let uses = crate::record::file_uses(form, &after);
        let had = before.map_or(vec![], |b| crate::record::file_uses(form, b));
        if uses != had {
            tx.set_file_uses(after.id, &uses).await?;
            // One that was never used may be swept away in this very moment.
            let hashes: Vec<String> = uses.into_iter().map(|u| u.hash).collect();
            match tx.hold_files(&hashes).await {
                Err(Failure::NotFound) => return Err(refused("file_gone", &[]).into()),
                other => other?,
            }
        }
        Ok(())
    }

    async fn keep_record(
        &self,
        tx: &mut Tx,
        before: Option<&Record>,
        after: &Record,
        title: &str,
    ) -> Result<(), Fail> {
        let tables = &self.published.tables;
        let form = self.published.form(&after.form)?;
        let number = form
            .sequence()
            .filter(|(n, _)| form.fields[*n].sealed.is_none())
            .and_then(|(n, _)| after.values.get(n)?.text());
        let words = self.words.as_ref();
        let words = words.map(|words| format!("{} {words}", number.unwrap_or_default()));
        match before {
            Some(before) if self.deleted => tx.delete_record(tables, before).await?,
            Some(before) => {
                tx.update_record(tables, before, after, title, words.as_deref())
                    .await?;
            }
            None => {
                tx.insert_record(
                    tables,
                    after,
                    Text {
                        title,
                        words: words.as_deref().unwrap_or_default(),
                    },
                )
                .await?
            }
        }
        if self.deleted {
            return Ok(());
        }
        let change = Change {
            form: after.form.clone(),
            record: after.id,
            version: after.version,
            at: self.now,
            by: self.caller.user.id,
            act: self.act.clone(),
            diff: self.diff(before, after),
        };
        tx.add_changes(&[change]).await?;
        Ok(())
    }

    /// What the history keeps of this command.
    fn diff(&self, before: Option<&Record>, after: &Record) -> Json {
        let blank = crate::desk::blank(&after.form, after.id, self.caller.user.id, self.now);
        let before = before.unwrap_or(&blank);
        let json = |v: &Option<Value>| v.as_ref().map_or(Json::Null, Value::to_json);
        let fields: Vec<Json> = kernel::form::diff(before, after)
            .iter()
            .map(|d| json!({ "at": d.at.to_string(), "old": json(&d.old), "new": json(&d.new) }))
            .collect();
        let mut out = json!({ "fields": fields });
        if before.status != after.status {
            out["status"] = json!([before.status.as_str(), after.status.as_str()]);
        }
        if let Some(opinion) = &self.opinion {
            out["opinion"] = json!(opinion);
        }
        if let Some(outcome) = &self.outcome {
            out["outcome"] = json!(outcome);
        }
        if let Some(node) = &self.node {
            out["node"] = json!(node);
        }
        out
    }

    async fn keep_flow(
        &self,
        tx: &mut Tx,
        flow: &FlowStep,
        after: &Record,
        title: &str,
    ) -> Result<(), Fail> {
        let first = flow.state.rev - flow.events.len() as u64;
        let events: Vec<store::Event> = flow
            .events
            .iter()
            .enumerate()
            .map(|(n, event)| {
                let payload = serde_json::to_value(event).unwrap_or_default();
                store::Event {
                    instance: flow.instance.id,
                    seq: first + n as u64 + 1,
                    at: self.now,
                    actor: Some(self.caller.user.id),
                    on_behalf_of: flow.stood_in_for[n],
                    kind: payload["kind"].as_str().unwrap_or_default().into(),
                    payload: payload.to_string(),
                }
            })
            .collect();
        let last = tx.add_events(&flow.last, &events).await?;
        let hex: String = last.iter().map(|b| format!("{b:02x}")).collect();
        let mut instance = flow.instance.clone();
        instance.record_version = after.version;
        instance.state = json!({ "state": flow.state, "last": hex }).to_string();
        if flow.fresh {
            tx.add_instance(&instance).await?;
        } else {
            tx.update_instance(&instance).await?;
        }
        let effects = &flow.effects;
        let row = |t: &workflow::Task| self.task_row(t, flow, after, title);
        let fresh = effects
            .tasks_opened
            .iter()
            .chain(&effects.tasks_closed)
            .filter(|t| t.fresh);
        tx.add_tasks(&fresh.map(row).collect::<Vec<_>>()).await?;
        let old = effects
            .tasks_changed
            .iter()
            .chain(&effects.tasks_closed)
            .filter(|t| !t.fresh);
        tx.update_tasks(&old.map(row).collect::<Vec<_>>()).await?;
        let timers: Vec<Work> = effects
            .timers_set
            .iter()
            .map(|timer| {
                let payload =
                    json!({ "instance": flow.instance.id, "timer": timer.id }).to_string();
                let subject = Some(flow.instance.id.to_string());
                Work::new(timer.id, "timer", subject, payload, timer.at, self.now)
            })
            .collect();
        tx.add_work(Queue::Job, &timers).await?;
        let people: Vec<Participant> = effects
            .participants
            .iter()
            .map(|p| Participant {
                principal: principal(p),
                form: after.form.clone(),
                record: after.id,
            })
            .collect();
        tx.add_participants(&people).await?;
        Ok(())
    }

    fn task_row(
        &self,
        t: &workflow::Task,
        flow: &FlowStep,
        after: &Record,
        title: &str,
    ) -> store::Task {
        let over = !matches!(t.now, workflow::TaskNow::Open | workflow::TaskNow::Parked);
        store::Task {
            id: t.id,
            instance: flow.instance.id,
            form: after.form.clone(),
            record: after.id,
            node: t.node.clone(),
            attempt: t.attempt,
            seat: t.visit.to_string(),
            role: t.role.clone(),
            within: t.within,
            holder: t.holder,
            status: t.now.as_str().into(),
            opened_at: self.now,
            due_at: t.due,
            done_at: over.then_some(self.now),
            outcome: t.outcome.as_ref().map(ToString::to_string),
            opinion: t.opinion.clone(),
            acted_by: t.by,
            title: title.into(),
            started_by: flow.instance.started_by,
        }
    }

    /// Audit, notices, messages and the stream.
    async fn tell(&self, tx: &mut Tx, after: &Record, title: &str) -> Result<(), Fail> {
        let id = |what: &str, n: usize| Id::derived(self.ids, &[what, &n.to_string()]);
        let (form, record) = (Some(after.form.clone()), Some(after.id));
        let mut heard = vec![];
        let mut hear = |principal: String, kind: &str| {
            let n = heard.len();
            heard.push(StreamRow {
                id: id("stream", n),
                at: self.now,
                principal,
                kind: kind.into(),
                form: form.clone(),
                record,
            });
        };
        hear(user_principal(after.created_by), "record");
        if let Some(flow) = &self.flow {
            let effects = &flow.effects;
            let tasks = effects.tasks_opened.iter().chain(&effects.tasks_closed);
            for task in tasks.chain(&effects.tasks_changed) {
                match (task.holder, &task.role) {
                    (Some(user), _) => hear(user_principal(user), "task"),
                    (None, Some(role)) => hear(role_principal(role, task.within), "task"),
                    (None, None) => {}
                }
            }
            let mut notices = vec![];
            let mut messages = vec![];
            for (n, notice) in effects.notices.iter().enumerate() {
                let kind = match &notice.about {
                    About::Message(message) => {
                        let payload = json!({ "message": message, "form": after.form,
                            "record": after.id, "users": notice.to });
                        let subject = Some(format!("{}/{}", after.form, after.id));
                        messages.push(Work::new(
                            id("message", n),
                            "message",
                            subject,
                            payload.to_string(),
                            self.now,
                            self.now,
                        ));
                        continue;
                    }
                    About::Copy => "copy",
                    About::Reminder if notice.by.is_none() => "nudge",
                    About::Reminder => "reminder",
                    About::Overdue => "overdue",
                    About::Withdrawn => "withdrawn",
                    About::Terminated => "terminated",
                };
                for (m, user) in notice.to.iter().enumerate() {
                    hear(user_principal(*user), "notice");
                    notices.push(Notice {
                        id: Id::derived(self.ids, &["notice", &n.to_string(), &m.to_string()]),
                        user: *user,
                        at: self.now,
                        kind: kind.into(),
                        form: form.clone(),
                        record,
                        args: json!([self.caller.user.name, title]).to_string(),
                        read_at: None,
                    });
                }
            }
            tx.add_notices(&notices).await?;
            tx.add_work(Queue::Outbox, &messages).await?;
        }
        tx.add_stream(&heard, self.fixed).await?;
        let audit = Audit {
            id: id("audit", 0),
            at: self.now,
            actor: Some(self.caller.user.id),
            on_behalf_of: self
                .flow
                .as_ref()
                .and_then(|flow| flow.stood_in_for.iter().find_map(|of| *of)),
            act: self.act.clone(),
            form: form.clone(),
            record,
            version: Some(after.version),
            detail: json!({ "node": self.node, "status": after.status }).to_string(),
        };
        tx.add_audit(&[audit]).await?;
        Ok(())
    }
}

fn principal(p: &Principal) -> String {
    match p {
        Principal::User(user) => user_principal(*user),
        Principal::Role { role, within } => role_principal(role, *within),
    }
}

/// The keys that entries are added to.
fn keys<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<(model::Ref, model::Fields)> {
    entries
        .map(|e| (e.ledger.clone(), e.dims.clone()))
        .collect()
}

/// What entries add, by day.
fn by_day<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<Added> {
    let mut days: BTreeMap<chrono::NaiveDate, kernel::Measures> = BTreeMap::new();
    for entry in entries {
        crate::desk::add(days.entry(entry.date).or_default(), &entry.measures);
    }
    let added = |(day, measures)| Added { day, measures };
    days.into_iter().map(added).collect()
}

/// Whether two keys are the same: what is empty in one may be left out in the other.
fn same_key(a: &model::Fields, b: &model::Fields) -> bool {
    a.iter().all(|(n, v)| b.get(n) == Some(v)) && b.iter().all(|(n, v)| a.get(n) == Some(v))
}

/// An entry as the store keeps it.
fn entry(e: &Entry) -> store::Entry {
    store::Entry {
        ledger: e.ledger.clone(),
        rule: e.rule.clone(),
        line: e.line,
        date: e.date,
        dimensions: e.dims.clone(),
        attributes: e.attrs.clone(),
        measures: e
            .measures
            .iter()
            .filter(|(_, d)| !d.is_zero())
            .map(|(n, d)| (n.clone(), *d))
            .collect(),
    }
}

/// The stored answer of a command that had been done.
pub(crate) fn replayed(reply: &Reply) -> Result<Done, Error> {
    let mut done: Done = serde_json::from_str(&reply.body)
        .map_err(|e| Error::Failure(Failure::Corrupt(e.to_string())))?;
    done.replayed = true;
    Ok(done)
}

impl Desk<'_> {
    /// Everything a record can be found by, without its number and without sealed fields.
    pub async fn words(&mut self, record: &Record) -> Result<String, Halt> {
        let definitions = self.definitions.clone();
        let form = definitions.form(&record.form)?.clone();
        let mut wanted: indexmap::IndexMap<model::Target, Vec<Id>> = indexmap::IndexMap::new();
        let mut out = vec![];
        let mut collect =
            |field: &model::Field, value: &Value, open: bool| match (&field.kind, value) {
                // By what is sealed nothing is found, nor by what it points to.
                _ if field.sealed.is_some() || !open => {}
                (Kind::Link(link), Value::Link(id)) => {
                    wanted.entry(link.to.clone()).or_default().push(*id);
                }
                (Kind::Text(_), Value::Text(text)) => out.push(text.to_string()),
                (Kind::Choice(k), Value::Text(name)) => {
                    out.extend(k.options.get(&**name).map(|o| o.label.clone()));
                }
                _ => {}
            };
        for (name, field) in &form.fields {
            let Some(value) = record.values.get(name) else {
                continue;
            };
            match field.as_lines() {
                None => collect(field, value, true),
                Some(table) => {
                    let open = field.sealed.is_none();
                    for line in value.lines() {
                        for (column, field) in &table.fields {
                            if let Some(value) = line.values.get(column) {
                                collect(field, value, open);
                            }
                        }
                    }
                }
            }
        }
        for (to, ids) in wanted {
            for (_, title) in self.titles_of(&to, &ids).await? {
                out.push(title);
            }
        }
        out.dedup();
        Ok(out.join(" "))
    }

    /// Looks up what a record's title needs, so that the commit knows it.
    pub async fn know_title(&mut self, form: &model::Form, record: &Record) -> Result<(), Halt> {
        self.settle(|d, _, facts| Ok(kernel::form::title(&d.rules, form, record, facts)))
            .await
            .map(|_| ())
    }
}

/// Names a form's record in a refusal.
pub(crate) fn refused(code: &str, with: &[String]) -> Error {
    Error::Refused {
        code: code.into(),
        with: with.to_vec(),
        say: None,
    }
}
