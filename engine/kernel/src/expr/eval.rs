//! Works out a compiled expression. Strict, pure, without call-backs; a missing fact is noted and
//! the rest goes on, so that one round of asks covers as much as possible.

use super::{
    functions, operators,
    tree::{Blank, Built, Compiled, Node, PathRead, Root, Step, UserField},
    types::Type,
    value::{Balance, Link, Val},
};
use crate::{
    Asker, Fault, Measures,
    facts::{Answer, Ask, Facts, Found},
    script::wire,
};
use indexmap::IndexSet;
use model::{Catalogue, Decimal, Fields, Id, Line, Name, Record, Ref, Target, Value};
use std::{cell::RefCell, sync::Arc};

/// Asks noted during one evaluation, each once.
#[derive(Default)]
pub(crate) struct Asks(RefCell<IndexSet<Ask>>);
impl Asks {
    pub(crate) fn note(&self, ask: Ask) {
        self.0.borrow_mut().insert(ask);
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
    pub(crate) fn take(&self) -> Vec<Ask> {
        self.0.take().into_iter().collect()
    }
}

/// A table and one line of it.
pub(crate) type LineAt<'a> = (&'a Name, &'a Line);

/// The measure of an entry above, by the name of its rule.
pub(crate) type Above<'a> = dyn Fn(&Name, &Name) -> Decimal + 'a;

/// What an expression sees.
#[derive(Clone, Copy)]
pub(crate) struct Eval<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) facts: &'a Facts,
    pub(crate) asks: &'a Asks,
    pub(crate) asker: Option<Asker<'a>>,
    pub(crate) record: Option<&'a Record>,
    pub(crate) line: Option<LineAt<'a>>,
    /// A ledger's dimensions and attributes.
    pub(crate) key: Option<&'a Fields>,
    pub(crate) measures: Option<&'a Measures>,
    /// Measures of entries above, by rule.
    pub(crate) entries: Option<&'a Above<'a>>,
    pub(crate) open: Option<Decimal>,
}

/// Where a path has come to.
enum At<'a> {
    Record(&'a Record),
    Line(&'a Record, &'a Line),
    Table(&'a Record, &'a [Line]),
    Value(&'a Value),
    Val(Val),
}

impl<'a> Eval<'a> {
    /// Sees nothing yet but the catalogue and the facts.
    pub(crate) fn new(catalogue: &'a Catalogue, facts: &'a Facts, asks: &'a Asks) -> Self {
        Self {
            catalogue,
            facts,
            asks,
            asker: None,
            record: None,
            line: None,
            key: None,
            measures: None,
            entries: None,
            open: None,
        }
    }

    /// The value of an expression: nothing where a field it reads is empty.
    pub(crate) fn run(&self, c: &Compiled) -> Result<Val, Fault> {
        let mut pending = false;
        for path in &c.must {
            match self.path(path) {
                Val::Empty => return Ok(Val::Empty),
                Val::Pending => pending = true,
                _ => {}
            }
        }
        let value = self.node(&c.root)?;
        Ok(if pending { Val::Pending } else { value })
    }

    /// The value of one node.
    pub(crate) fn node(&self, node: &Node) -> Result<Val, Fault> {
        Ok(match node {
            Node::Const(v) => v.clone(),
            Node::Path(path) => self.path(path),
            Node::Get(both) => match self.node(&both.0)? {
                Val::Pending => Val::Pending,
                from => self.walk(At::Val(from), &both.1, &Type::Any)?,
            },
            Node::Inline(c) => self.run(c)?,
            Node::Not(of) => match self.node(of)? {
                Val::Bool(b) => Val::Bool(!b),
                other => other,
            },
            Node::Negative(of) => match self.node(of)? {
                Val::Number(n) => Val::Number(-n),
                other => other,
            },
            Node::And(parts) => self.joined(parts, false)?,
            Node::Or(parts) => self.joined(parts, true)?,
            Node::Binary(op, both) => {
                let a = self.node(&both.0)?;
                operators::apply(*op, a, self.node(&both.1)?)?
            }
            Node::If(all) => match self.node(&all.0)? {
                Val::Pending => Val::Pending,
                condition if condition.truth() => self.node(&all.1)?,
                _ => self.node(&all.2)?,
            },
            Node::In(both) => functions::within(self.node(&both.0)?, self.node(&both.1)?),
            Node::List(items) => {
                let items = self.all(items)?;
                if items.contains(&Val::Pending) {
                    Val::Pending
                } else {
                    Val::List(items.into_iter().filter(|v| *v != Val::Empty).collect())
                }
            }
            Node::Map(entries) => {
                let mut map = Vec::with_capacity(entries.len());
                for (name, node) in entries {
                    map.push((name.clone(), self.node(node)?));
                }
                Val::Map(map)
            }
            Node::Call(function, args) => functions::call(self, *function, self.all(args)?)?,
            Node::Balance(ledger, key) => self.balance(ledger, self.node(key)?)?,
            Node::Slice(register, both) => {
                let key = self.node(&both.0)?;
                self.slice(register, key, self.node(&both.1)?)
            }
            Node::WorkingDays(calendar, both) => {
                let first = self.node(&both.0)?;
                functions::working_days(self.catalogue, calendar, first, self.node(&both.1)?)?
            }
            Node::Role { role, within, each } => self.role(role, within.as_deref(), *each)?,
            Node::Script {
                package,
                function,
                args,
            } => self.script(package, function, self.all(args)?)?,
        })
    }

    fn all(&self, nodes: &[Node]) -> Result<Vec<Val>, Fault> {
        nodes.iter().map(|node| self.node(node)).collect()
    }

    /// `&&` (`stop` no) or `||` (`stop` yes): the first part that equals `stop` decides.
    fn joined(&self, parts: &[Node], stop: bool) -> Result<Val, Fault> {
        let mut pending = false;
        for part in parts {
            match self.node(part)? {
                Val::Pending => pending = true,
                value if value.truth() == stop => return Ok(Val::Bool(stop)),
                _ => {}
            }
        }
        Ok(if pending {
            Val::Pending
        } else {
            Val::Bool(!stop)
        })
    }

    /// Follows a path from its root.
    pub(crate) fn path(&self, path: &PathRead) -> Val {
        let Some(start) = self.start(path) else {
            return Val::Empty;
        };
        // The steps of a path hold no computed measure, the only step that can fail.
        self.walk(start, &path.steps, &path.kind)
            .unwrap_or(Val::Empty)
    }

    fn start(&self, path: &PathRead) -> Option<At<'a>> {
        let number = |n: Decimal| At::Val(Val::Number(n));
        Some(match &path.root {
            Root::Record => match (path.steps.first(), self.record) {
                // The record itself, as a link.
                (None, Some(record)) => At::Val(link(&path.kind, record.id)?),
                (_, record) => At::Record(record?),
            },
            Root::Line => match (path.steps.first(), self.line?) {
                (None, (_, line)) => At::Val(link(&path.kind, line.id)?),
                (_, (_, line)) => At::Line(self.record?, line),
            },
            Root::User(field) => At::Val(self.user(*field)?),
            Root::Today => At::Val(Val::Date(self.asker?.today)),
            Root::Settings(form) => match self.facts.settings(form) {
                Found::Here(record) => At::Record(record),
                Found::Absent => return None,
                Found::Unknown => {
                    self.asks.note(Ask::Settings { form: form.clone() });
                    At::Val(Val::Pending)
                }
            },
            Root::Key(name) => At::Value(self.key?.get(name)?),
            Root::Measure(name) => number(self.measures?.get(name).copied().unwrap_or_default()),
            Root::Entry(rule, measure) => number(self.entries?(rule, measure)),
            Root::Open => number(self.open?),
        })
    }

    fn user(&self, field: UserField) -> Option<Val> {
        let user = self.asker?.user;
        let people = self.catalogue.people();
        let text = |t: &str| Some(Val::Text(t.into()));
        let at = |path: &Option<model::Path>, id: Id| -> Option<Val> {
            let mut form = people?.form.clone();
            for step in &path.as_ref()?.0 {
                let field = self.catalogue.form(&form)?.fields.get(step)?;
                form = field.as_link()?.to.form.clone();
            }
            let to = Arc::new(Target { form, table: None });
            Some(Val::Link(Link { to, id }))
        };
        match field {
            UserField::Id => Some(Val::User(user.id)),
            UserField::Login => text(&user.login),
            UserField::Name => text(&user.name),
            UserField::Language => text(&user.language),
            UserField::Employee => link(&Type::record(&people?.form), user.person?),
            UserField::Branch => at(&people?.branch, user.branch?),
            UserField::Department => at(&people?.department, user.department?),
            UserField::Branches => {
                let branches = user.branches.iter();
                let links = branches.map(|id| at(&people?.branch, *id));
                Some(Val::List(links.collect::<Option<_>>()?))
            }
        }
    }

    /// Takes the steps; the last value is read as `kind`.
    fn walk(&self, start: At<'a>, steps: &[Step], kind: &Type) -> Result<Val, Fault> {
        let mut at = start;
        for (n, step) in steps.iter().enumerate() {
            at = match (step, at) {
                (_, At::Val(done @ (Val::Empty | Val::Pending))) => return Ok(done),
                (Step::Each, At::Table(record, lines)) => {
                    let rows = lines.iter().map(|line| At::Line(record, line));
                    return self.column(rows, &steps[n + 1..], kind);
                }
                (Step::Each, At::Val(Val::List(_))) => return Ok(Val::List(vec![])),
                (Step::Follow(_), At::Val(Val::List(items))) => {
                    return self.column(items.into_iter().map(At::Val), &steps[n..], kind);
                }
                (step, at) => self.step(step, at, kind)?,
            };
        }
        let this = |id| link(kind.element(), id).unwrap_or(Val::Empty);
        Ok(match at {
            At::Val(v) => v,
            At::Value(v) => Val::of(v, kind),
            At::Record(record) => this(record.id),
            At::Line(_, line) => this(line.id),
            At::Table(_, lines) => Val::List(lines.iter().map(|line| this(line.id)).collect()),
        })
    }

    /// One step that leads to one place.
    fn step(&self, step: &Step, at: At<'a>, kind: &Type) -> Result<At<'a>, Fault> {
        Ok(match (step, at) {
            (Step::Field(name, blank), At::Record(record)) => {
                match (record.values.get(name), blank) {
                    (Some(value), Blank::Rows) => At::Table(record, value.lines()),
                    (value, blank) => field(value, *blank),
                }
            }
            (Step::Field(name, blank), At::Line(_, line)) => field(line.values.get(name), *blank),
            (Step::Built(built), At::Record(record)) => At::Val(built_in(*built, record)),
            (Step::Built(_), At::Line(_, line)) => {
                At::Val(link(kind.element(), line.id).unwrap_or(Val::Empty))
            }
            (Step::Holder, At::Line(record, _)) => At::Record(record),
            (Step::Follow(to), At::Value(Value::Link(id))) => self.follow(to, *id),
            (Step::Follow(to), At::Val(Val::Link(link))) => self.follow(to, link.id),
            (Step::Measure(name), At::Val(Val::Balance(balance))) => {
                let amount = balance.measures.get(name).copied();
                At::Val(Val::Number(amount.unwrap_or_default()))
            }
            (Step::Computed(c), At::Val(Val::Balance(balance))) => {
                let inner = Eval {
                    key: Some(&balance.key),
                    measures: Some(&balance.measures),
                    ..Eval::new(self.catalogue, self.facts, self.asks)
                };
                At::Val(inner.run(c)?)
            }
            (Step::Value(name, of), At::Val(Val::Row(row))) => {
                let value = row.values.get(name).map(|v| Val::of(v, of));
                At::Val(value.unwrap_or(Val::Empty))
            }
            (Step::Found, At::Val(Val::Row(row))) => At::Val(Val::Text(row.found.as_str().into())),
            _ => At::Val(Val::Empty),
        })
    }

    /// The values that the steps give for each start; empty cells are skipped.
    fn column(
        &self,
        starts: impl Iterator<Item = At<'a>>,
        steps: &[Step],
        kind: &Type,
    ) -> Result<Val, Fault> {
        let (mut out, mut pending) = (vec![], false);
        let one = match kind {
            Type::List(of) => of,
            other => other,
        };
        for start in starts {
            match self.walk(start, steps, one)? {
                Val::Pending => pending = true,
                Val::Empty => {}
                Val::List(more) => out.extend(more),
                value => out.push(value),
            }
        }
        Ok(if pending {
            Val::Pending
        } else {
            Val::List(out)
        })
    }

    /// The record or line a link points to.
    fn follow(&self, to: &Target, id: Id) -> At<'a> {
        let own = self.record.filter(|r| r.form == to.form);
        let found = match &to.table {
            None => match own.filter(|r| r.id == id) {
                // What is being worked on is fresher than what is stored.
                Some(record) => return At::Record(record),
                None => match self.facts.record(&to.form, id) {
                    Found::Here(record) => return At::Record(record),
                    Found::Absent => None,
                    Found::Unknown => Some(Ask::Record {
                        form: to.form.clone(),
                        id,
                    }),
                },
            },
            Some(table) => {
                let lines = own.and_then(|r| Some((r, r.values.get(table)?.lines())));
                let here = lines.and_then(|(r, l)| Some((r, l.iter().find(|l| l.id == id)?)));
                match here {
                    Some((record, line)) => return At::Line(record, line),
                    None => match self.facts.line(&to.form, table, id) {
                        Found::Here((record, n)) => match record.values.get(table) {
                            Some(lines) => return At::Line(record, &lines.lines()[n]),
                            None => None,
                        },
                        Found::Absent => None,
                        Found::Unknown => Some(Ask::LineRecord {
                            form: to.form.clone(),
                            table: table.clone(),
                            line: id,
                        }),
                    },
                }
            }
        };
        match found {
            Some(ask) => {
                self.asks.note(ask);
                At::Val(Val::Pending)
            }
            None => At::Val(Val::Empty),
        }
    }

    /// The values of what a link points to; `Err` while that is not known.
    pub(crate) fn target(&self, link: &Link) -> Result<Option<&'a Fields>, ()> {
        match self.follow(&link.to, link.id) {
            At::Record(record) => Ok(Some(&record.values)),
            At::Line(_, line) => Ok(Some(&line.values)),
            At::Val(Val::Pending) => Err(()),
            _ => Ok(None),
        }
    }

    /// An answer, or the ask noted.
    pub(crate) fn ask(&self, ask: Ask) -> Option<&'a Answer> {
        let answer = self.facts.other(&ask);
        if answer.is_none() {
            self.asks.note(ask);
        }
        answer
    }

    /// The record that a text names: its id, or its key.
    pub(crate) fn named(&self, to: &Arc<Target>, text: &str) -> Val {
        let this = |id| {
            let to = to.clone();
            Val::Link(Link { to, id })
        };
        if let Ok(id) = text.parse() {
            return this(id);
        }
        let ask = Ask::Key {
            form: to.form.clone(),
            key: text.into(),
        };
        match self.ask(ask) {
            None => Val::Pending,
            Some(Answer::Id(Some(id))) if to.table.is_none() => this(*id),
            Some(_) => Val::Empty,
        }
    }

    fn balance(&self, ledger: &Ref, key: Val) -> Result<Val, Fault> {
        let Some(key) = plain_key(key) else {
            return Ok(Val::Pending);
        };
        let fields = key
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.clone()?)))
            .collect();
        let ask = Ask::Balance {
            ledger: ledger.clone(),
            key,
        };
        Ok(match self.ask(ask) {
            None => Val::Pending,
            Some(Answer::Measures(measures)) => Val::Balance(Box::new(Balance {
                key: fields,
                measures: measures.clone(),
            })),
            Some(_) => Val::Empty,
        })
    }

    fn slice(&self, register: &Ref, key: Val, day: Val) -> Val {
        let day = match day {
            Val::Date(day) => day,
            Val::Pending => return Val::Pending,
            _ => return Val::Empty,
        };
        let Some(key) = plain_key(key) else {
            return Val::Pending;
        };
        let ask = Ask::Slice {
            register: register.clone(),
            key,
            day,
        };
        match self.ask(ask) {
            None => Val::Pending,
            Some(Answer::Row(Some(row))) => Val::Row(Box::new(row.clone())),
            Some(_) => Val::Empty,
        }
    }

    fn role(&self, role: &Ref, within: Option<&Node>, each: bool) -> Result<Val, Fault> {
        let within = match within.map(|node| self.node(node)).transpose()? {
            None => None,
            Some(Val::Link(link)) => Some(link.id),
            Some(Val::Pending) => return Ok(Val::Pending),
            Some(_) => return Ok(Val::Empty),
        };
        let role = role.clone();
        if !each {
            return Ok(Val::Role(Box::new((role, within))));
        }
        Ok(match self.ask(Ask::Holders { role, within }) {
            None => Val::Pending,
            Some(Answer::Users(users)) => {
                Val::List(users.iter().copied().map(Val::Holder).collect())
            }
            Some(_) => Val::Empty,
        })
    }

    fn script(&self, package: &Name, function: &Name, args: Vec<Val>) -> Result<Val, Fault> {
        let mut wired = Vec::with_capacity(args.len());
        let mut pending = false;
        for arg in args {
            match wire::of_val(self, &arg) {
                Some(json) => wired.push(json),
                None => pending = true,
            }
        }
        if pending {
            return Ok(Val::Pending);
        }
        let ask = Ask::Script {
            package: package.clone(),
            function: function.clone(),
            args: wired,
        };
        match self.ask(ask) {
            None => Ok(Val::Pending),
            Some(Answer::Script(Ok(json))) => wire::to_val(json),
            Some(Answer::Script(Err(fault))) => Err(fault.clone()),
            Some(_) => Ok(Val::Empty),
        }
    }
}

fn field(value: Option<&Value>, blank: Blank) -> At<'_> {
    match (value, blank) {
        (Some(value), _) => At::Value(value),
        (None, Blank::Nothing) => At::Val(Val::Empty),
        (None, Blank::No) => At::Val(Val::Bool(false)),
        (None, Blank::Rows) => At::Val(Val::List(vec![])),
    }
}

fn link(kind: &Type, id: Id) -> Option<Val> {
    match kind {
        Type::Link(to) => Some(Val::Link(Link { to: to.clone(), id })),
        _ => None,
    }
}

fn built_in(built: Built, record: &Record) -> Val {
    let this = |id| {
        let form = record.form.clone();
        let to = Arc::new(Target { form, table: None });
        Val::Link(Link { to, id })
    };
    match built {
        Built::Id => this(record.id),
        Built::Status => Val::Text(record.status.as_str().into()),
        Built::Version => Val::Number(Decimal::from(record.version)),
        Built::CreatedAt => Val::Moment(record.created_at),
        Built::UpdatedAt => Val::Moment(record.updated_at),
        Built::CreatedBy => Val::User(record.created_by),
        Built::UpdatedBy => Val::User(record.updated_by),
        Built::Parent => record.parent.map_or(Val::Empty, this),
    }
}

/// A key as it is asked; nothing while part of it is pending.
fn plain_key(key: Val) -> Option<Vec<(Name, Option<Value>)>> {
    let Val::Map(entries) = key else {
        return Some(vec![]);
    };
    entries
        .into_iter()
        .map(|(name, value)| match value {
            Val::Pending => None,
            value => Some((name, value.plain())),
        })
        .collect()
}
