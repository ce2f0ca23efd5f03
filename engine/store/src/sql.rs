//! SQL text: the only place where it is put together. Identifiers are quoted and come from
//! metadata; values are bound, never written.

use crate::cell::{Cell, Type};
use std::{borrow::Cow, fmt::Write, sync::Arc};

/// Which database a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// Text of a statement; cheap to clone once it is shared.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Fixed(&'static str),
    Shared(Arc<str>),
}
impl Text {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Fixed(t) => t,
            Self::Shared(t) => t,
        }
    }
}
impl From<&'static str> for Text {
    fn from(t: &'static str) -> Self {
        Self::Fixed(t)
    }
}
impl From<String> for Text {
    fn from(t: String) -> Self {
        Self::Shared(t.into())
    }
}
impl From<&Arc<str>> for Text {
    fn from(t: &Arc<str>) -> Self {
        Self::Shared(t.clone())
    }
}

/// An identifier in quotes.
pub(crate) fn quoted(name: &str) -> Cow<'_, str> {
    Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
}

/// A statement being put together with the values bound to it.
pub(crate) struct Sql {
    pub(crate) dialect: Dialect,
    pub(crate) text: String,
    pub(crate) binds: Vec<Cell>,
}
impl Sql {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            text: String::with_capacity(256),
            binds: Vec::new(),
        }
    }
    /// Adds text of the engine's own.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }
    /// Adds an identifier, quoted.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.text.push_str(&quoted(name));
        self
    }
    /// Adds `alias."name"`.
    pub(crate) fn column(&mut self, alias: &str, name: &str) -> &mut Self {
        self.push(alias).push(".").name(name)
    }
    /// Binds a value and adds its place-holder.
    pub(crate) fn bind(&mut self, value: impl Into<Cell>) -> &mut Self {
        self.binds.push(value.into());
        let _ = write!(self.text, "${}", self.binds.len());
        self
    }
    /// Adds `in (…)` over a list of values of one type. The number of place-holders grows in
    /// steps, so that there are few different texts.
    pub(crate) fn within(&mut self, kind: Type, mut list: Vec<Cell>) -> &mut Self {
        if list.is_empty() {
            return self.push(" in (null)");
        }
        if self.dialect == Dialect::Postgres {
            self.push(" = any(").bind(Cell::List(kind, list));
            return self.push(")");
        }
        let wanted = list.len().next_power_of_two();
        if let Some(last) = list.last().cloned() {
            list.resize(wanted, last);
        }
        self.push(" in (");
        for (n, value) in list.into_iter().enumerate() {
            if n > 0 {
                self.push(",");
            }
            self.bind(value);
        }
        self.push(")")
    }
    /// The text, to be run with the values in [`Sql::binds`].
    pub(crate) fn done(self) -> (Text, Vec<Cell>) {
        (Text::from(self.text), self.binds)
    }
}

/// The name PostgreSQL has for a type, for arrays.
pub(crate) fn pg_array(kind: Type) -> &'static str {
    match kind {
        Type::Int => "bigint[]",
        Type::Text => "text[]",
        Type::Bool => "boolean[]",
        Type::Id => "uuid[]",
        Type::Date => "date[]",
        Type::Moment => "timestamptz[]",
        Type::Number(_) => "numeric[]",
        Type::Bytes => "bytea[]",
    }
}

/// The type of a column in a `create table`.
pub(crate) fn column_type(dialect: Dialect, kind: Type) -> Cow<'static, str> {
    use Dialect::{Postgres, Sqlite};
    Cow::Borrowed(match (dialect, kind) {
        (Sqlite, Type::Int | Type::Bool | Type::Number(_)) => "INTEGER",
        (Sqlite, Type::Id | Type::Bytes) => "BLOB",
        (Sqlite, Type::Text | Type::Date | Type::Moment) => "TEXT",
        (Postgres, Type::Int) => "BIGINT",
        // Byte order, as SQLite sorts and compares.
        (Postgres, Type::Text) => "TEXT COLLATE \"C\"",
        (Postgres, Type::Bool) => "BOOLEAN",
        (Postgres, Type::Id) => "UUID",
        (Postgres, Type::Date) => "DATE",
        (Postgres, Type::Moment) => "TIMESTAMPTZ",
        (Postgres, Type::Bytes) => "BYTEA",
        (Postgres, Type::Number(scale)) => return Cow::Owned(format!("NUMERIC(18,{scale})")),
    })
}

/// An `insert` of one shape: any number of rows into the same columns.
///
/// SQLite runs a one-row statement for each row (a direct call is cheaper than a longer text);
/// PostgreSQL gets all rows in one statement as arrays.
#[derive(Debug)]
pub(crate) struct Insert {
    columns: Vec<Type>,
    head: String,
    tail: &'static str,
    one: Arc<str>,
    many: Arc<str>,
    /// The same two with `?` for each value.
    later: [Text; 2],
}

/// A statement with `?` where `$n` stands, to be numbered anew in a longer one. Values are each
/// named once, in order.
pub(crate) fn unnumbered(text: &str) -> Text {
    let mut out = String::with_capacity(text.len());
    let mut digits = false;
    for c in text.chars() {
        if c == '$' {
            out.push('?');
            digits = true;
        } else if !(digits && c.is_ascii_digit()) {
            digits = false;
            out.push(c);
        }
    }
    out.into()
}

/// Rows turned into one array a column.
pub(crate) fn columns(types: &[Type], rows: Vec<Vec<Cell>>) -> Vec<Cell> {
    let empty = || Vec::with_capacity(rows.len());
    let mut columns: Vec<Vec<Cell>> = types.iter().map(|_| empty()).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let arrays = types.iter().zip(columns);
    arrays
        .map(|(kind, column)| Cell::List(*kind, column))
        .collect()
}

impl Insert {
    /// `tail` is what stands after the values: ` on conflict do nothing` and the like.
    pub(crate) fn new(table: &str, columns: &[(&str, Type)], tail: &'static str) -> Self {
        let mut head = format!("insert into {} (", quoted(table));
        for (n, (name, _)) in columns.iter().enumerate() {
            if n > 0 {
                head.push(',');
            }
            head.push_str(&quoted(name));
        }
        head.push_str(") ");
        let mut insert = Self {
            columns: columns.iter().map(|c| c.1).collect(),
            head,
            tail,
            one: "".into(),
            many: "".into(),
            later: ["".into(), "".into()],
        };
        insert.one = insert.text(0, true).into();
        insert.many = insert.text(0, false).into();
        insert.later = [unnumbered(&insert.one), unnumbered(&insert.many)];
        insert
    }
    /// The statement with place-holders from `offset` + 1 on.
    pub(crate) fn text(&self, offset: usize, one: bool) -> String {
        let mut text = self.head.clone();
        text.push_str(if one {
            "values ("
        } else {
            "select * from unnest("
        });
        for (n, kind) in self.columns.iter().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            let cast = if one { "" } else { pg_array(*kind) };
            let colons = if one { "" } else { "::" };
            let _ = write!(text, "{comma}${}{colons}{cast}", offset + n + 1);
        }
        text.push(')');
        text.push_str(self.tail);
        text
    }
    /// The statement for one row.
    pub(crate) fn one(&self) -> &Arc<str> {
        &self.one
    }
    /// PostgreSQL's statement for any number of rows.
    pub(crate) fn many(&self) -> &Arc<str> {
        &self.many
    }
    /// The statement for these rows with `?` for each value, and the values.
    pub(crate) fn later(&self, mut rows: Vec<Vec<Cell>>) -> (Text, Vec<Cell>) {
        if rows.len() == 1 {
            (self.later[0].clone(), rows.remove(0))
        } else {
            (self.later[1].clone(), self.arrays(rows))
        }
    }
    /// Rows turned into one array a column.
    pub(crate) fn arrays(&self, rows: Vec<Vec<Cell>>) -> Vec<Cell> {
        columns(&self.columns, rows)
    }
}
