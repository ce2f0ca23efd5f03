//! What has been answered so far, and what is still asked.
//!
//! An evaluation never reaches out. Where it misses something it notes an [`Ask`], goes on with
//! everything else it can, and gives back [`Outcome::Need`]; the runtime answers all asks of a
//! round on its snapshot and calls again.

use crate::Fault;
use chrono::NaiveDate;
use indexmap::IndexMap;
use model::{Decimal, Fields, Id, Name, Record, Ref, Target, Value};
use std::{collections::HashMap, sync::Arc};

/// Amounts by measure.
pub type Measures = IndexMap<Name, Decimal>;

/// Something an evaluation needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// A record with its lines. Answer: [`Answer::Record`], `None` where there is none.
    Record { form: Ref, id: Id },
    /// The record that holds a line. Answer: [`Answer::Record`].
    LineRecord { form: Ref, table: Name, line: Id },
    /// The stored measures of a ledger now, added up over the dimensions that are not named; a
    /// dimension without a value must be empty. Answer: [`Answer::Measures`].
    Balance {
        ledger: Ref,
        key: Vec<(Name, Option<Value>)>,
    },
    /// What a register says on a day, by its chain. Answer: [`Answer::Row`].
    Slice {
        register: Ref,
        key: Vec<(Name, Option<Value>)>,
        day: NaiveDate,
    },
    /// The people above a person, nearest first, at most `levels`. Answer: [`Answer::Ids`].
    Managers { person: Id, levels: u32 },
    /// Who holds a role; with `within`, only those who hold it within that record or everywhere.
    /// Answer: [`Answer::Users`].
    Holders { role: Ref, within: Option<Id> },
    /// The record of a settings form; where none is stored, one with the form's constant defaults.
    /// Answer: [`Answer::Record`].
    Settings { form: Ref },
    /// What a script function returns; `args` in the encoding of [`crate::script::wire`].
    /// Answer: [`Answer::Script`].
    Script {
        package: Name,
        function: Name,
        args: Vec<serde_json::Value>,
    },
    /// The record of a form with this key. Answer: [`Answer::Id`].
    Key { form: Ref, key: String },
    /// The record of a form that somebody named by its key; none that he may not see. Answer:
    /// [`Answer::Id`].
    KeySeen { form: Ref, key: String },
    /// The title of a record, or of the record that holds a line. Answer: [`Answer::Text`].
    Title { to: Target, id: Id },
}

/// An answer; which kind belongs to which ask is said at [`Ask`].
#[derive(Clone, Debug)]
pub enum Answer {
    Record(Option<Arc<Record>>),
    Measures(Measures),
    Row(Option<Row>),
    Ids(Vec<Id>),
    Users(Vec<Holder>),
    Script(Result<serde_json::Value, Fault>),
    Id(Option<Id>),
    Text(String),
}

/// A register's answer: its values, and the chain link that gave them.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub values: Fields,
    pub found: Name,
}

/// Somebody who holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Holder {
    pub user: Id,
    pub person: Option<Id>,
}

/// Done, or what is still needed for it; each ask once.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T> {
    Done(T),
    Need(Vec<Ask>),
}
impl<T> Outcome<T> {
    /// The same with what was done turned into something else.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(t) => Outcome::Done(f(t)),
            Self::Need(asks) => Outcome::Need(asks),
        }
    }
}

/// All answers so far. Cloning is cheap; adding to a shared clone copies once.
#[derive(Clone, Debug, Default)]
pub struct Facts(Arc<Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    /// Ids are unique over all forms, so most look-ups need no more than the id; an ask for
    /// another form with the same id (a link typed by hand) goes to `others`.
    records: HashMap<Id, (Ref, Option<Arc<Record>>)>,
    lines: HashMap<Id, (Ref, Name, Option<Holding>)>,
    settings: HashMap<Ref, Option<Arc<Record>>>,
    others: HashMap<Ask, Answer>,
}

/// A record and the place of one line in it.
type Holding = (Arc<Record>, usize);

/// What is known about a record or line.
pub(crate) enum Found<T> {
    Here(T),
    /// Asked before: there is none.
    Absent,
    /// Never asked.
    Unknown,
}

impl Facts {
    /// Adds an answer; a later answer to the same ask takes the place of the earlier.
    pub fn put(&mut self, ask: Ask, answer: Answer) {
        let known = Arc::make_mut(&mut self.0);
        match (ask, answer) {
            (Ask::Record { form, id }, Answer::Record(record)) => match known.records.get(&id) {
                Some((other, _)) if *other != form => {
                    let ask = Ask::Record { form, id };
                    known.others.insert(ask, Answer::Record(record));
                }
                _ => {
                    known.records.insert(id, (form, record));
                }
            },
            (Ask::LineRecord { form, table, line }, Answer::Record(record)) => {
                let holding = record.and_then(|r| {
                    let lines = r.values.get(&table)?.lines();
                    let at = lines.iter().position(|l| l.id == line)?;
                    Some((r, at))
                });
                if let Some((record, _)) = &holding {
                    let same = (record.form.clone(), Some(record.clone()));
                    known.records.entry(record.id).or_insert(same);
                }
                match known.lines.get(&line) {
                    Some((f, t, _)) if holding.is_none() && (f, t) != (&form, &table) => {
                        let ask = Ask::LineRecord { form, table, line };
                        known.others.insert(ask, Answer::Record(None));
                    }
                    _ => {
                        known.lines.insert(line, (form, table, holding));
                    }
                }
            }
            (Ask::Settings { form }, Answer::Record(record)) => {
                known.settings.insert(form, record);
            }
            (ask, answer) => {
                known.others.insert(ask, answer);
            }
        }
    }
    /// Adds a record that is already at hand.
    pub fn know(&mut self, record: Arc<Record>) {
        let ask = Ask::Record {
            form: record.form.clone(),
            id: record.id,
        };
        self.put(ask, Answer::Record(Some(record)));
    }
    /// The same without balances: under a lock they are asked for anew.
    pub fn without_balances(mut self) -> Self {
        let known = Arc::make_mut(&mut self.0);
        let other = |ask: &Ask, _: &mut Answer| !matches!(ask, Ask::Balance { .. });
        known.others.retain(other);
        self
    }
    /// Whether an ask has been answered.
    pub fn knows(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Record { form, id } => !matches!(self.record(form, *id), Found::Unknown),
            Ask::LineRecord { form, table, line } => {
                !matches!(self.line(form, table, *line), Found::Unknown)
            }
            Ask::Settings { form } => self.0.settings.contains_key(form),
            other => self.0.others.contains_key(other),
        }
    }
    /// A record that has been answered and is there.
    pub fn known(&self, form: &Ref, id: Id) -> Option<&Arc<Record>> {
        match self.record(form, id) {
            Found::Here(record) => Some(record),
            Found::Absent | Found::Unknown => None,
        }
    }
    pub(crate) fn record(&self, form: &Ref, id: Id) -> Found<&Arc<Record>> {
        match self.0.records.get(&id) {
            Some((of, Some(record))) if of == form => Found::Here(record),
            Some((of, None)) if of == form => Found::Absent,
            Some(_) => {
                let form = form.clone();
                match self.0.others.get(&Ask::Record { form, id }) {
                    Some(Answer::Record(Some(record))) => Found::Here(record),
                    Some(_) => Found::Absent,
                    None => Found::Unknown,
                }
            }
            None => Found::Unknown,
        }
    }
    pub(crate) fn line(&self, form: &Ref, table: &Name, line: Id) -> Found<(&Arc<Record>, usize)> {
        match self.0.lines.get(&line) {
            Some((of, at, Some((record, n)))) if of == form && at == table => {
                Found::Here((record, *n))
            }
            // A line id stands in one table of one form; a link to another never finds it.
            Some((_, _, Some(_))) => Found::Absent,
            Some((of, at, None)) if of == form && at == table => Found::Absent,
            Some(_) => {
                let (form, table) = (form.clone(), table.clone());
                match self.0.others.get(&Ask::LineRecord { form, table, line }) {
                    Some(_) => Found::Absent,
                    None => Found::Unknown,
                }
            }
            None => Found::Unknown,
        }
    }
    pub(crate) fn settings(&self, form: &Ref) -> Found<&Arc<Record>> {
        match self.0.settings.get(form) {
            Some(Some(record)) => Found::Here(record),
            Some(None) => Found::Absent,
            None => Found::Unknown,
        }
    }
    pub(crate) fn other(&self, ask: &Ask) -> Option<&Answer> {
        self.0.others.get(ask)
    }
}
