//! Values while an expression is worked out.

use super::types::Type;
use crate::facts::{Holder, Measures, Row};
use chrono::{DateTime, NaiveDate, Utc};
use model::{Decimal, Fields, Id, Month, Name, Ref, Target, Value, value::Blob};
use std::sync::Arc;

/// A value an expression gives or passes on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Val {
    /// A fact is missing; its ask has been noted.
    Pending,
    /// No value: `()`, an empty field.
    Empty,
    Bool(bool),
    Number(Decimal),
    Text(Arc<str>),
    Date(NaiveDate),
    Month(Month),
    Moment(DateTime<Utc>),
    /// A record or a line.
    Link(Link),
    User(Id),
    Files(Vec<Blob>),
    List(Vec<Val>),
    Map(Vec<(Name, Val)>),
    Balance(Box<Balance>),
    Row(Box<Row>),
    Role(Box<(Ref, Option<Id>)>),
    Holder(Holder),
}

/// A record, or a line where the target has a table.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) to: Arc<Target>,
    pub(crate) id: Id,
}
impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// What a ledger holds for a key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Balance {
    pub(crate) key: Fields,
    pub(crate) measures: Measures,
}

impl Val {
    /// The value of a field as expressions see it; `kind` says what a link points to.
    pub(crate) fn of(value: &Value, kind: &Type) -> Self {
        match value {
            Value::Text(t) => Self::Text(t.clone()),
            Value::Number(n) => Self::Number(*n),
            Value::Bool(b) => Self::Bool(*b),
            Value::Date(d) => Self::Date(*d),
            Value::Month(m) => Self::Month(*m),
            Value::Moment(m) => Self::Moment(*m),
            Value::Link(id) => match kind.element() {
                Type::Link(to) => Self::Link(Link {
                    to: to.clone(),
                    id: *id,
                }),
                _ => Self::User(*id),
            },
            Value::Choices(names) => Self::List(names.iter().cloned().map(Self::Text).collect()),
            Value::Files(files) => Self::Files(files.clone()),
            Value::Lines(lines) => match kind {
                Type::List(element) => match &**element {
                    Type::Link(to) => Self::List(
                        lines
                            .iter()
                            .map(|line| {
                                let to = to.clone();
                                Self::Link(Link { to, id: line.id })
                            })
                            .collect(),
                    ),
                    _ => Self::Empty,
                },
                _ => Self::Empty,
            },
        }
    }
    /// The value as a record or a filter keeps it; `None` for no value and for what no field holds.
    pub(crate) fn plain(self) -> Option<Value> {
        Some(match self {
            Self::Bool(b) => Value::Bool(b),
            Self::Number(n) => Value::Number(n),
            Self::Text(t) => Value::Text(t),
            Self::Date(d) => Value::Date(d),
            Self::Month(m) => Value::Month(m),
            Self::Moment(m) => Value::Moment(m),
            Self::Link(link) => Value::Link(link.id),
            Self::User(id) => Value::Link(id),
            Self::Files(files) => Value::Files(files),
            Self::List(list) => Value::Choices(
                list.into_iter()
                    .map(|v| match v {
                        Self::Text(t) => Some(t),
                        _ => None,
                    })
                    .collect::<Option<_>>()?,
            ),
            _ => return None,
        })
    }
    /// Whether it counts as yes; no value counts as no.
    pub(crate) fn truth(&self) -> bool {
        *self == Self::Bool(true)
    }
    /// What kind of value it is, for a sentence.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Pending | Self::Empty => "nothing",
            Self::Bool(_) => "yes or no",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Date(_) => "a date",
            Self::Month(_) => "a month",
            Self::Moment(_) => "a moment",
            Self::Link(_) => "a record",
            Self::User(_) | Self::Role(_) | Self::Holder(_) => "a person",
            Self::Files(_) => "files",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Balance(_) => "a balance",
            Self::Row(_) => "a register's row",
        }
    }
}
