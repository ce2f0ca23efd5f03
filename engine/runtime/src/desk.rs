//! A desk: one snapshot of the store with everything known on it, at which a use case is worked
//! out. Answers what the kernel asks, until it asks no more.

use crate::{
    Caller, Error, Site,
    site::Definitions,
    worker::{Reply, Request},
};
use chrono::{DateTime, NaiveDate, Utc};
use futures::future::BoxFuture;
use kernel::{
    Answer, Ask, Asker, Facts, Fault, Outcome,
    facts::{Holder, Row},
};
use model::{
    Decimal, Fields, Filter, Given, Id, Kind, Name, Path, Record, Ref, Status, Test, Value,
    register::ChainLink,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use store::{Columns, Failure, Query, Scope, Tx};

/// Rounds of questions one evaluation may take; a chain of links is never that long.
const ROUNDS: usize = 64;
/// Rounds of scripts one use case may take.
const SCRIPT_ROUNDS: usize = 16;

/// Why work at a desk stopped before its end.
pub(crate) enum Halt {
    Stop(Error),
    /// Scripts must run first, outside the snapshot.
    Scripts(Vec<Ask>, Arc<Definitions>),
    /// The definitions of an older catalogue must be loaded first.
    Pinned(u64),
}
impl From<Error> for Halt {
    fn from(e: Error) -> Self {
        Self::Stop(e)
    }
}
impl From<Failure> for Halt {
    fn from(f: Failure) -> Self {
        Self::Stop(f.into())
    }
}
impl From<Fault> for Halt {
    fn from(f: Fault) -> Self {
        Self::Stop(f.into())
    }
}

/// One snapshot, and who works on it.
pub(crate) struct Desk<'t> {
    pub tx: &'t mut Tx,
    pub definitions: Arc<Definitions>,
    /// What is published, as this was begun.
    pub published: Arc<Definitions>,
    pub facts: Facts,
    pub caller: Caller,
    pub now: DateTime<Utc>,
    /// Whether the clock stands still.
    pub fixed: bool,
    pub today: NaiveDate,
    /// What the engine itself may read: everything.
    pub engine: Scope,
    /// Older definitions that were loaded for this work.
    pub pinned: Pinned,
    /// What was known when this was begun: what scripts gave.
    begun: Facts,
    /// Every record that was read, with its version: what is decided here stands on them.
    pub read: BTreeMap<(Ref, Id), u64>,
}

/// Definitions by the catalogue's number.
pub(crate) type Pinned = HashMap<u64, Arc<Definitions>>;

impl Site {
    /// Works something out on one snapshot; runs scripts between the tries.
    pub(crate) async fn desk<T, F>(&self, caller: &Caller, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'d, 't> Fn(&'d mut Desk<'t>) -> BoxFuture<'d, Result<T, Halt>>
            + Send
            + Sync
            + 'static,
    {
        let work = Arc::new(work);
        let mut facts = Facts::default();
        let mut pinned = Pinned::new();
        for _ in 0..SCRIPT_ROUNDS {
            let (site, caller, known, work) =
                (self.clone(), caller.clone(), facts.clone(), work.clone());
            let older = pinned.clone();
            let out = self
                .inner
                .store
                .read(move |tx| {
                    let (site, caller, known, work) =
                        (site.clone(), caller.clone(), known.clone(), work.clone());
                    let older = older.clone();
                    Box::pin(async move {
                        let mut desk = Desk::new(tx, &site, caller, known);
                        desk.pinned = older;
                        work(&mut desk).await
                    })
                })
                .await;
            match out {
                Ok(out) => return Ok(out),
                Err(Halt::Stop(e)) => return Err(e),
                Err(Halt::Pinned(number)) => {
                    let found = self.definitions_at(number).await?;
                    pinned.insert(number, found);
                }
                Err(Halt::Scripts(asks, definitions)) => {
                    for ask in asks {
                        let answer = Answer::Script(self.run_script(&ask, &definitions).await);
                        facts.put(ask, answer);
                    }
                }
            }
        }
        Err(Error::refused("script_limits"))
    }

    async fn run_script(
        &self,
        ask: &Ask,
        definitions: &Definitions,
    ) -> Result<serde_json::Value, Fault> {
        let Ask::Script {
            package,
            function,
            args,
        } = ask
        else {
            return Err(Fault::new("script_failed", &[], "not a script"));
        };
        let request = Request::Script {
            source: definitions.rules.scripts(package),
            function: function.to_string(),
            args: args.clone(),
            zone: definitions.catalogue.zone,
        };
        match self.inner.pool.ask(&request).await {
            Reply::Value(value) => Ok(value),
            Reply::Failed { code, say } => Err(Fault::new(&code, &[function.as_str()], say)),
        }
    }
}

impl<'t> Desk<'t> {
    pub(crate) fn new(tx: &'t mut Tx, site: &Site, caller: Caller, facts: Facts) -> Self {
        let (now, definitions) = (site.clock.now(), site.definitions());
        let today = definitions.catalogue.zone.day_of(now);
        Self {
            tx,
            published: definitions.clone(),
            definitions,
            begun: facts.clone(),
            read: BTreeMap::new(),
            facts,
            caller,
            now,
            fixed: site.fixed_now().is_some(),
            today,
            engine: Scope::engine(),
            pinned: Pinned::new(),
        }
    }
    /// From here on it is now by the database's clock, unless a fixed one says otherwise: what a
    /// command writes is judged by that clock on every node.
    pub async fn by_the_database(&mut self) -> Result<(), Halt> {
        if !self.fixed {
            self.now = self.tx.now().await?;
            self.today = self.published.catalogue.zone.day_of(self.now);
        }
        Ok(())
    }
    /// Works on with the definitions of the catalogue an instance began with.
    pub fn pin(&mut self, number: u64) -> Result<(), Halt> {
        if self.definitions.number == number {
            return Ok(());
        }
        let found = match self.pinned.get(&number) {
            Some(found) => found.clone(),
            None if self.published.number == number => self.published.clone(),
            None => return Err(Halt::Pinned(number)),
        };
        self.definitions = found;
        // What was read before is known by today's names.
        self.facts = self.begun.clone();
        Ok(())
    }
    /// Asks the kernel, answers what it needs, and asks again until it is done.
    pub async fn settle<T>(
        &mut self,
        ask: impl Fn(&Definitions, Asker, &Facts) -> Result<Outcome<T>, Fault>,
    ) -> Result<T, Halt> {
        for _ in 0..ROUNDS {
            let definitions = self.definitions.clone();
            let user = self.caller.user.clone();
            let asker = Asker {
                user: &user,
                today: self.today,
                now: self.now,
            };
            match ask(&definitions, asker, &self.facts)? {
                Outcome::Done(out) => return Ok(out),
                Outcome::Need(asks) => self.answer(asks).await?,
            }
        }
        Err(Error::refused("too_many_questions").into())
    }

    /// Answers a round of questions: records of one form in one read.
    pub async fn answer(&mut self, asks: Vec<Ask>) -> Result<(), Halt> {
        let mut records: HashMap<Ref, Vec<Id>> = HashMap::new();
        let mut scripts = vec![];
        for ask in asks {
            match ask {
                Ask::Record { form, id } => records.entry(form).or_default().push(id),
                Ask::Script { .. } => scripts.push(ask),
                other => {
                    let answer = self.one(&other).await?;
                    self.facts.put(other, answer);
                }
            }
        }
        for (form, ids) in records {
            let found = self.records(&form, &ids).await?;
            let mut found: HashMap<Id, Arc<Record>> =
                found.into_iter().map(|r| (r.id, Arc::new(r))).collect();
            for id in ids {
                let record = found.remove(&id);
                self.facts.put(
                    Ask::Record {
                        form: form.clone(),
                        id,
                    },
                    Answer::Record(record),
                );
            }
        }
        if scripts.is_empty() {
            Ok(())
        } else {
            Err(Halt::Scripts(scripts, self.definitions.clone()))
        }
    }

    /// Records with their lines, as the engine reads them.
    pub async fn records(&mut self, form: &Ref, ids: &[Id]) -> Result<Vec<Record>, Halt> {
        let definitions = self.definitions.clone();
        let found = self.tx.records(&definitions.tables, form, ids).await?;
        Ok(self.noted(found))
    }
    /// Notes what was read, and gives it in the names that are worked with.
    pub fn noted(&mut self, found: Vec<Record>) -> Vec<Record> {
        let names = &self.definitions.names;
        let mut out = Vec::with_capacity(found.len());
        for record in found {
            let key = (record.form.clone(), record.id);
            self.read.insert(key, record.version);
            out.push(names.then(record));
        }
        out
    }
    /// One record, as the engine reads it.
    pub async fn record(&mut self, form: &Ref, id: Id) -> Result<Option<Record>, Halt> {
        Ok(self.records(form, &[id]).await?.pop())
    }

    async fn one(&mut self, ask: &Ask) -> Result<Answer, Halt> {
        let definitions = self.definitions.clone();
        let tables = &definitions.tables;
        Ok(match ask {
            Ask::LineRecord { form, table, line } => {
                let held = self
                    .tx
                    .records_of_lines(tables, form, table, &[*line])
                    .await?;
                let record = match held.get(line) {
                    Some(id) => self.record(form, *id).await?,
                    None => None,
                };
                Answer::Record(record.map(Arc::new))
            }
            Ask::Balance { ledger, key } => {
                Answer::Measures(self.tx.stored_balance(tables, ledger, key).await?)
            }
            Ask::Slice { register, key, day } => {
                Answer::Row(self.slice(register, key, *day).await?)
            }
            Ask::Managers { person, levels } => Answer::Ids(self.managers(*person, *levels).await?),
            Ask::Holders { role, within } => {
                let users = self.tx.holders(role, *within).await?;
                Answer::Users(
                    users
                        .into_iter()
                        .map(|u| Holder {
                            user: u.id,
                            person: u.person,
                        })
                        .collect(),
                )
            }
            Ask::Settings { form } => Answer::Record(self.settings(form).await?.map(Arc::new)),
            Ask::Key { form, key } => Answer::Id(self.by_key(form, key).await?),
            Ask::KeySeen { form, key } => Answer::Id(self.key_seen(form, key).await?),
            Ask::Title { to, id } => {
                let titles = self.titles_of(to, &[*id]).await?;
                Answer::Text(titles.get(id).cloned().unwrap_or_default())
            }
            Ask::Record { .. } | Ask::Script { .. } => {
                return Err(Error::refused("too_many_questions").into());
            }
        })
    }

    /// Titles of records, or of the records that hold lines, as the engine reads them.
    pub async fn titles_of(
        &mut self,
        to: &model::Target,
        ids: &[Id],
    ) -> Result<HashMap<Id, String>, Halt> {
        let definitions = self.definitions.clone();
        let titles = self
            .tx
            .titles(&definitions.tables, &self.engine, to, ids)
            .await?;
        Ok(titles.into_iter().map(|(id, t)| (id, t.title)).collect())
    }

    /// The record of a form with this key, as the engine reads it.
    pub async fn by_key(&mut self, form: &Ref, key: &str) -> Result<Option<Id>, Halt> {
        let definitions = self.definitions.clone();
        let keys = [key.to_owned()];
        let found = self
            .tx
            .by_key(&definitions.tables, &self.engine, form, &keys)
            .await?;
        Ok(found.get(key).copied())
    }

    /// The record of a form with this key, if the caller sees it.
    pub async fn key_seen(&mut self, form: &Ref, key: &str) -> Result<Option<Id>, Halt> {
        match self.by_key(form, key).await? {
            Some(id) if self.sees(form, id).await? => Ok(Some(id)),
            _ => Ok(None),
        }
    }

    /// Records that pass a filter, as the engine reads them; at most `limit`.
    pub async fn find(
        &mut self,
        form: &Ref,
        filter: Filter,
        sort: Vec<(Path, bool)>,
        limit: u32,
    ) -> Result<Vec<Record>, Halt> {
        let definitions = self.definitions.clone();
        let names = &definitions.names;
        let query = Query {
            filter: names.filter(form, filter),
            sort,
            limit,
            columns: Columns::Whole,
            ..Query::of(form)
        };
        let page = self
            .tx
            .list(&definitions.tables, &self.engine, &query)
            .await?;
        let found = page.rows.into_iter().map(|found| found.record).collect();
        Ok(self.noted(found))
    }

    /// The record of a settings form; where none is stored, one with the constant defaults.
    pub async fn settings(&mut self, form: &Ref) -> Result<Option<Record>, Halt> {
        let stored = self.find(form, Filter::everything(), vec![], 1).await?;
        if let Some(record) = stored.into_iter().next() {
            return Ok(Some(record));
        }
        let definitions = self.definitions.clone();
        let form = definitions.form(form)?;
        let mut record = blank(
            &form.name,
            crate::caller::ENGINE,
            self.caller.user.id,
            self.now,
        );
        for (name, field) in &form.fields {
            if let Some(value) = constant(field) {
                record.values.insert(name.clone(), value);
            }
        }
        Ok(Some(record))
    }

    /// The people above a person, nearest first.
    pub async fn managers(&mut self, person: Id, levels: u32) -> Result<Vec<Id>, Halt> {
        let definitions = self.definitions.clone();
        let Some(people) = definitions.catalogue.people() else {
            return Ok(vec![]);
        };
        let Some(path) = &people.manager else {
            return Ok(vec![]);
        };
        let mut out = vec![];
        let mut at = person;
        while out.len() < levels as usize {
            match self.follow(&people.form, at, path).await? {
                Some(above) if above != person && !out.contains(&above) => {
                    out.push(above);
                    at = above;
                }
                _ => break,
            }
        }
        Ok(out)
    }

    /// The record at the end of a path of links from a record.
    pub async fn follow(&mut self, form: &Ref, id: Id, path: &Path) -> Result<Option<Id>, Halt> {
        let definitions = self.definitions.clone();
        let (mut form, mut id) = (form.clone(), id);
        for step in &path.0 {
            let ask = Ask::Record {
                form: form.clone(),
                id,
            };
            if !self.facts.knows(&ask) {
                let record = self.record(&form, id).await?.map(Arc::new);
                self.facts.put(ask, Answer::Record(record));
            }
            let next = self
                .facts
                .known(&form, id)
                .and_then(|r| match step.as_str() {
                    "parent" => r.parent,
                    _ => r.values.get(step).and_then(Value::link),
                });
            let Some(next) = next else { return Ok(None) };
            if step.as_str() != "parent"
                && let Some(link) = definitions
                    .form(&form)?
                    .fields
                    .get(step)
                    .and_then(|f| f.as_link())
            {
                form = link.to.form.clone();
            }
            id = next;
        }
        Ok(Some(id))
    }

    /// What a register says on a day: the first link of its chain with a row answers.
    async fn slice(
        &mut self,
        register: &Ref,
        key: &[(Name, Option<Value>)],
        day: NaiveDate,
    ) -> Result<Option<Row>, Halt> {
        let definitions = self.definitions.clone();
        let Some(register) = definitions.catalogue.register(register) else {
            return Ok(None);
        };
        let asked = |name: &Name| {
            key.iter()
                .find(|(n, _)| n == name)
                .and_then(|(_, v)| v.clone())
        };
        for (name, link) in &register.chain {
            let ChainLink { by, .. } = link;
            let mut tests = vec![];
            let mut sort = vec![];
            let mut whole = true;
            for (dimension, field) in &register.dimensions {
                let path = Path::one(dimension);
                let test = match (by.contains(dimension) || field.step, asked(dimension)) {
                    (true, Some(value)) if field.step => {
                        sort.push((path.clone(), true));
                        Test::AtMost(value)
                    }
                    (true, Some(value)) => Test::Is(value),
                    (true, None) if field.step => continue,
                    (true, None) => {
                        whole = false;
                        break;
                    }
                    (false, _) => Test::Empty(true),
                };
                tests.push(Filter::Field(path, test));
            }
            if !whole {
                continue;
            }
            let (from, to) = (
                Path::one(&Name::known("from")),
                Path::one(&Name::known("to")),
            );
            sort.push((from.clone(), true));
            tests.push(Filter::Field(from, Test::AtMost(Value::Date(day))));
            tests.push(Filter::Any(vec![
                Filter::Field(to.clone(), Test::Empty(true)),
                Filter::Field(to, Test::AtLeast(Value::Date(day))),
            ]));
            let rows = self
                .find(&register.name, Filter::All(tests), sort, 1)
                .await?;
            if let Some(row) = rows.into_iter().next() {
                let values = row
                    .values
                    .into_iter()
                    .filter(|(n, _)| register.values.contains_key(n))
                    .collect();
                return Ok(Some(Row {
                    values,
                    found: name.clone(),
                }));
            }
        }
        Ok(None)
    }

    /// The users behind people, and the other way round.
    pub async fn user_of(&mut self, person: Id) -> Result<Option<store::User>, Halt> {
        Ok(self
            .tx
            .users_of(&[person])
            .await?
            .into_iter()
            .find(|u| u.active))
    }
}

/// A record that has never been stored.
pub(crate) fn blank(form: &Ref, id: Id, by: Id, now: DateTime<Utc>) -> Record {
    Record {
        form: form.clone(),
        id,
        version: 0,
        status: Status::Draft,
        created_at: now,
        created_by: by,
        updated_at: now,
        updated_by: by,
        parent: None,
        values: Fields::new(),
        typed: vec![],
    }
}

/// A default that needs nothing worked out.
fn constant(field: &model::Field) -> Option<Value> {
    let json = match field.default.as_ref()? {
        Given::Text(text) => serde_json::Value::String(text.to_string()),
        Given::Number(n) => serde_json::Value::String(n.to_string()),
        Given::Bool(b) => serde_json::Value::Bool(*b),
        Given::Expr(_) | Given::List(_) => return None,
    };
    match (&field.kind, Value::of_json(field, &json)) {
        (Kind::Link(_) | Kind::Lines(_), _) => None,
        (_, Ok(value)) => value,
        (_, Err(_)) => None,
    }
}

/// Amounts added up.
pub(crate) fn add(into: &mut kernel::Measures, more: &kernel::Measures) {
    for (name, amount) in more {
        *into.entry(name.clone()).or_insert(Decimal::ZERO) += *amount;
    }
}
