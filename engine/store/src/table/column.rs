//! Columns: how a field's value is kept.

use crate::{
    Failure,
    cell::{Cell, Type},
};
use model::{Field, Kind, Name, Target, Value, decimal, field::Money, field::Quantity};
use std::sync::Arc;

/// How a value is turned into a cell and back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Codec {
    Text,
    /// With this many digits after the point.
    Number(u32),
    /// A whole number of the engine's own: a version.
    Count,
    Date,
    /// As text, `2026-03`.
    Month,
    Moment,
    Switch,
    /// As text, `|a|b|`, so that one option can be looked for.
    Choices,
    Link(Target),
    /// As JSON.
    Files,
}

/// A column of a form's, table's or ledger's field.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// The field's name, which is the column's.
    pub name: Name,
    /// The name the field had before.
    pub was: Option<Name>,
    pub codec: Codec,
    /// No two rows may have the same value.
    pub unique: bool,
}

impl Column {
    /// The column of a stored field; `None` for what has none.
    pub(crate) fn of(name: &Name, field: &Field) -> Option<Self> {
        if !field.stored() {
            return None;
        }
        let mut unique = false;
        let codec = match &field.kind {
            Kind::Text(t) => {
                unique = t.unique;
                Codec::Text
            }
            Kind::Sequence(s) => {
                // With a series for each branch the same number may occur once in each.
                unique = s.per.is_none();
                Codec::Text
            }
            Kind::Rich(_) | Kind::Choice(_) => Codec::Text,
            Kind::Number(n) => Codec::Number(n.scale),
            Kind::Money(_) => Codec::Number(Money::SCALE),
            Kind::Quantity(_) => Codec::Number(Quantity::SCALE),
            Kind::Date(_) => Codec::Date,
            Kind::Month(_) => Codec::Month,
            Kind::Moment(_) => Codec::Moment,
            Kind::Switch(_) => Codec::Switch,
            Kind::Choices(_) => Codec::Choices,
            Kind::Link(l) => Codec::Link(l.to.clone()),
            Kind::Attachment(_) | Kind::Image(_) => Codec::Files,
            Kind::Lines(_) => return None,
        };
        Some(Self {
            name: name.clone(),
            was: field.was.clone(),
            codec,
            unique,
        })
    }
    /// The type of its cells.
    pub(crate) fn kind(&self) -> Type {
        self.codec.kind()
    }
    /// What it links to.
    pub(crate) fn link(&self) -> Option<&Target> {
        match &self.codec {
            Codec::Link(to) => Some(to),
            _ => None,
        }
    }
    /// The cell for a value of this field.
    pub(crate) fn cell(&self, value: Option<&Value>) -> Result<Cell, Failure> {
        match value {
            None => Ok(Cell::Null(self.kind())),
            Some(v) => self
                .codec
                .cell(v)
                .map_err(|code| Failure::bad(code, &self.name)),
        }
    }
}

impl Codec {
    pub(crate) fn kind(&self) -> Type {
        match self {
            Self::Text | Self::Month | Self::Choices | Self::Files => Type::Text,
            Self::Number(scale) => Type::Number(*scale),
            Self::Count => Type::Int,
            Self::Date => Type::Date,
            Self::Moment => Type::Moment,
            Self::Switch => Type::Bool,
            Self::Link(_) => Type::Id,
        }
    }
    /// The word kept in `shape` for what the column really holds.
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Number(scale) => format!("number:{scale}"),
            Self::Count => "count".into(),
            Self::Date => "date".into(),
            Self::Month => "month".into(),
            Self::Moment => "moment".into(),
            Self::Switch => "switch".into(),
            Self::Choices => "choices".into(),
            Self::Link(to) => format!("link:{to}"),
            Self::Files => "files".into(),
        }
    }
    /// The cell for a value, or the code of what is wrong with it.
    pub(crate) fn cell(&self, value: &Value) -> Result<Cell, &'static str> {
        Ok(match (self, value) {
            (Self::Text, Value::Text(t)) => Cell::Text(t.clone()),
            (Self::Number(scale), Value::Number(d)) => {
                let d = decimal::exact(*d, *scale).map_err(|e| match e {
                    decimal::Unfit::Digits(..) => "too_many_digits",
                    decimal::Unfit::Large(_) => "too_large",
                })?;
                Cell::Number(d, *scale)
            }
            (Self::Count, Value::Number(d)) => {
                Cell::Int(decimal::to_scaled(*d, 0).map_err(|_| "too_large")?)
            }
            (Self::Date, Value::Date(d)) => Cell::Date(*d),
            (Self::Month, Value::Month(m)) => Cell::Text(m.to_string().into()),
            (Self::Moment, Value::Moment(m)) => Cell::Moment(*m),
            (Self::Switch, Value::Bool(b)) => Cell::Bool(*b),
            (Self::Link(_), Value::Link(id)) => Cell::Id(*id),
            (Self::Choices, Value::Choices(names)) => {
                let mut text = String::from("|");
                for name in names {
                    text.push_str(name);
                    text.push('|');
                }
                Cell::Text(text.into())
            }
            (Self::Files, Value::Files(files)) => Cell::Text(
                serde_json::to_string(files)
                    .map_err(|_| "bad_value")?
                    .into(),
            ),
            _ => return Err("bad_value"),
        })
    }
    /// The value a cell stands for; `None` for an empty one.
    pub(crate) fn value(&self, cell: Cell) -> Result<Option<Value>, Failure> {
        let wrong =
            |what: &dyn std::fmt::Debug| Failure::corrupt(format!("{what:?} in a {self:?}"));
        Ok(Some(match (self, cell) {
            (_, Cell::Null(_)) => return Ok(None),
            (Self::Text, Cell::Text(t)) => Value::Text(t),
            (Self::Number(_), Cell::Number(d, _)) => Value::Number(d),
            (Self::Count, Cell::Int(n)) => Value::Number(n.into()),
            (Self::Date, Cell::Date(d)) => Value::Date(d),
            (Self::Month, Cell::Text(t)) => Value::Month(t.parse().map_err(|()| wrong(&t))?),
            (Self::Moment, Cell::Moment(m)) => Value::Moment(m),
            (Self::Switch, Cell::Bool(b)) => Value::Bool(b),
            (Self::Link(_), Cell::Id(id)) => Value::Link(id),
            (Self::Choices, Cell::Text(t)) => Value::Choices(
                t.split('|')
                    .filter(|n| !n.is_empty())
                    .map(Arc::from)
                    .collect(),
            ),
            (Self::Files, Cell::Text(t)) => {
                Value::Files(serde_json::from_str(&t).map_err(|_| wrong(&t))?)
            }
            (_, other) => return Err(wrong(&other)),
        }))
    }
}
