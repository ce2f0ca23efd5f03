//! One value on its way to or from a database, and how each database keeps it.
//!
//! SQLite: ids BLOB(16), decimals INTEGER scaled, dates TEXT, moments TEXT of fixed width in UTC,
//! switches INTEGER. PostgreSQL: UUID, NUMERIC, DATE, TIMESTAMPTZ, BOOLEAN.

use crate::Failure;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use model::{Id, decimal};
use rusqlite::types::{ToSqlOutput, Value as Lite, ValueRef};
use rust_decimal::Decimal;
use std::sync::Arc;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    Int,
    Text,
    Bool,
    Id,
    Date,
    Moment,
    /// With this many digits after the point.
    Number(u32),
    Bytes,
}

/// A value, or the empty value of a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null(Type),
    Int(i64),
    Text(Arc<str>),
    Bool(bool),
    Id(Id),
    Date(NaiveDate),
    Moment(DateTime<Utc>),
    Number(Decimal, u32),
    Bytes(Arc<[u8]>),
    /// Only for PostgreSQL's `= any($1)` and `unnest($1)`.
    List(Type, Vec<Cell>),
}

/// Rust types that have a column type.
pub(crate) trait Kept: Into<Cell> {
    const TYPE: Type;
}
macro_rules! kept {
    ($($t:ty, $k:expr, $v:ident => $c:expr;)*) => { $(
        impl From<$t> for Cell { fn from($v: $t) -> Self { $c } }
        impl Kept for $t { const TYPE: Type = $k; }
    )* };
}
kept! {
    i64, Type::Int, v => Self::Int(v);
    u32, Type::Int, v => Self::Int(v.into());
    u64, Type::Int, v => Self::Int(v.cast_signed());
    usize, Type::Int, v => Self::Int(v as i64);
    bool, Type::Bool, v => Self::Bool(v);
    Id, Type::Id, v => Self::Id(v);
    NaiveDate, Type::Date, v => Self::Date(v);
    DateTime<Utc>, Type::Moment, v => Self::Moment(v);
    Arc<str>, Type::Text, v => Self::Text(v);
    String, Type::Text, v => Self::Text(v.into());
    &str, Type::Text, v => Self::Text(v.into());
    &String, Type::Text, v => Self::Text(v.as_str().into());
    Vec<u8>, Type::Bytes, v => Self::Bytes(v.into());
    &[u8], Type::Bytes, v => Self::Bytes(v.into());
    Arc<[u8]>, Type::Bytes, v => Self::Bytes(v);
    &model::Ref, Type::Text, v => Self::Text(v.to_string().into());
    &model::Name, Type::Text, v => Self::Text(v.as_str().into());
}
impl<T: Kept> From<Option<T>> for Cell {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null(T::TYPE), Into::into)
    }
}

/// Values to bind, as an array.
macro_rules! cells {
    ($($v:expr),* $(,)?) => { [$($crate::cell::Cell::from($v)),*] };
}
/// A row of values to bind, as a vector.
macro_rules! row {
    ($($v:expr),* $(,)?) => { vec![$($crate::cell::Cell::from($v)),*] };
}
pub(crate) use {cells, row};

/// PostgreSQL keeps no such text, so SQLite does not either.
const NUL: &str = "a text with a zero byte";

/// Text of fixed width that sorts as time does.
const MOMENT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// A moment as [`MOMENT`] writes it, without chrono's general formatter.
fn moment_text(m: DateTime<Utc>) -> String {
    use chrono::{Datelike, Timelike};
    if !(0..=9999).contains(&m.year()) {
        return m.format(MOMENT).to_string();
    }
    let mut out = *b"0000-00-00T00:00:00.000000Z";
    let mut put = |at: usize, width: usize, mut n: u32| {
        for place in (at..at + width).rev() {
            out[place] = b'0' + (n % 10) as u8;
            n /= 10;
        }
    };
    put(0, 4, m.year().unsigned_abs());
    put(5, 2, m.month());
    put(8, 2, m.day());
    put(11, 2, m.hour());
    put(14, 2, m.minute());
    put(17, 2, m.second());
    put(20, 6, m.timestamp_subsec_micros() % 1_000_000);
    String::from_utf8_lossy(&out).into_owned()
}

impl rusqlite::ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null(_) => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(n) => ToSqlOutput::Borrowed(ValueRef::Integer(*n)),
            Self::Text(t) if t.contains('\0') => {
                return Err(rusqlite::Error::ToSqlConversionFailure(NUL.into()));
            }
            Self::Text(t) => ToSqlOutput::Borrowed(ValueRef::Text(t.as_bytes())),
            Self::Bool(b) => ToSqlOutput::Borrowed(ValueRef::Integer((*b).into())),
            Self::Id(id) => ToSqlOutput::Borrowed(ValueRef::Blob(id.0.as_bytes())),
            Self::Date(d) => ToSqlOutput::Owned(Lite::Text(d.to_string())),
            Self::Moment(m) => ToSqlOutput::Owned(Lite::Text(moment_text(*m))),
            Self::Number(d, scale) => {
                let whole = decimal::to_scaled(*d, *scale)
                    .map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
                ToSqlOutput::Owned(Lite::Integer(whole))
            }
            Self::Bytes(b) => ToSqlOutput::Borrowed(ValueRef::Blob(b)),
            Self::List(..) => {
                return Err(rusqlite::Error::ToSqlConversionFailure(
                    "a list has no place in SQLite".into(),
                ));
            }
        })
    }
}

impl Cell {
    /// What SQLite gave for a column of `kind`.
    pub(crate) fn of_lite(value: ValueRef<'_>, kind: Type) -> Result<Self, Failure> {
        let wrong =
            || Failure::corrupt(format!("{kind:?} expected, found {:?}", value.data_type()));
        let text = |v: &[u8]| String::from_utf8(v.to_vec()).map_err(|_| wrong());
        Ok(match (kind, value) {
            (_, ValueRef::Null) => Self::Null(kind),
            (Type::Int, ValueRef::Integer(n)) => Self::Int(n),
            (Type::Text, ValueRef::Text(t)) => {
                Self::Text(std::str::from_utf8(t).map_err(|_| wrong())?.into())
            }
            (Type::Bool, ValueRef::Integer(n)) => Self::Bool(n != 0),
            (Type::Id, ValueRef::Blob(b)) => {
                Self::Id(Id(uuid::Uuid::from_slice(b).map_err(|_| wrong())?))
            }
            (Type::Date, ValueRef::Text(t)) => Self::Date(text(t)?.parse().map_err(|_| wrong())?),
            (Type::Moment, ValueRef::Text(t)) => Self::Moment(
                NaiveDateTime::parse_from_str(&text(t)?, MOMENT)
                    .map_err(|_| wrong())?
                    .and_utc(),
            ),
            (Type::Number(scale), ValueRef::Integer(n)) => {
                Self::Number(decimal::from_scaled(n, scale), scale)
            }
            (Type::Bytes, ValueRef::Blob(b)) => Self::Bytes(b.into()),
            _ => return Err(wrong()),
        })
    }

    /// What PostgreSQL gave in column `at`, which is of `kind`.
    pub(crate) fn of_pg(
        row: &sqlx::postgres::PgRow,
        at: usize,
        kind: Type,
    ) -> Result<Self, sqlx::Error> {
        use sqlx::Row as _;
        Ok(match kind {
            Type::Int => row.try_get::<Option<i64>, _>(at)?.into(),
            Type::Text => row.try_get::<Option<&str>, _>(at)?.into(),
            Type::Bool => row.try_get::<Option<bool>, _>(at)?.into(),
            Type::Id => row.try_get::<Option<uuid::Uuid>, _>(at)?.map(Id).into(),
            Type::Date => row.try_get::<Option<NaiveDate>, _>(at)?.into(),
            Type::Moment => row.try_get::<Option<DateTime<Utc>>, _>(at)?.into(),
            Type::Bytes => row.try_get::<Option<&[u8]>, _>(at)?.into(),
            Type::Number(scale) => match row.try_get::<Option<Decimal>, _>(at)? {
                Some(mut d) => {
                    d.rescale(scale);
                    Self::Number(d, scale)
                }
                None => Self::Null(kind),
            },
        })
    }

    /// Adds this value to the arguments of a PostgreSQL statement.
    pub(crate) fn bind_pg(
        &self,
        args: &mut sqlx::postgres::PgArguments,
    ) -> Result<(), sqlx::Error> {
        use sqlx::Arguments as _;
        match self {
            Self::Null(kind) => match kind {
                Type::Int => args.add(None::<i64>),
                Type::Text => args.add(None::<&str>),
                Type::Bool => args.add(None::<bool>),
                Type::Id => args.add(None::<uuid::Uuid>),
                Type::Date => args.add(None::<NaiveDate>),
                Type::Moment => args.add(None::<DateTime<Utc>>),
                Type::Number(_) => args.add(None::<Decimal>),
                Type::Bytes => args.add(None::<&[u8]>),
            },
            Self::Int(n) => args.add(*n),
            Self::Text(t) if t.contains('\0') => Err(NUL.into()),
            Self::Text(t) => args.add(&**t),
            Self::Bool(b) => args.add(*b),
            Self::Id(id) => args.add(id.0),
            Self::Date(d) => args.add(*d),
            Self::Moment(m) => args.add(*m),
            Self::Number(d, _) => args.add(*d),
            Self::Bytes(b) => args.add(&**b),
            Self::List(kind, list) => bind_list(args, *kind, list),
        }
        .map_err(sqlx::Error::Encode)
    }
}

/// Binds a whole column as one array.
fn bind_list(
    args: &mut sqlx::postgres::PgArguments,
    kind: Type,
    list: &[Cell],
) -> Result<(), sqlx::error::BoxDynError> {
    use sqlx::Arguments as _;
    macro_rules! column {
        ($t:ty, $c:ident => $v:expr, $p:pat) => {{
            let column: Vec<Option<$t>> = list
                .iter()
                .map(|$c| if let $p = $c { $v } else { None })
                .collect();
            args.add(column)
        }};
    }
    let nul = |c: &Cell| matches!(c, Cell::Text(t) if t.contains('\0'));
    if list.iter().any(nul) {
        return Err(NUL.into());
    }
    match kind {
        Type::Int => column!(i64, c => Some(*n), Cell::Int(n)),
        Type::Text => column!(&str, c => Some(&**t), Cell::Text(t)),
        Type::Bool => column!(bool, c => Some(*b), Cell::Bool(b)),
        Type::Id => column!(uuid::Uuid, c => Some(id.0), Cell::Id(id)),
        Type::Date => column!(NaiveDate, c => Some(*d), Cell::Date(d)),
        Type::Moment => column!(DateTime<Utc>, c => Some(*m), Cell::Moment(m)),
        Type::Number(_) => column!(Decimal, c => Some(*d), Cell::Number(d, _)),
        Type::Bytes => column!(&[u8], c => Some(&**b), Cell::Bytes(b)),
    }
}

/// The values of one row, taken from left to right.
pub(crate) struct Row(std::vec::IntoIter<Cell>);

macro_rules! take {
    ($($one:ident $maybe:ident $v:ident: $t:ty = $p:pat => $e:expr;)*) => { $(
        /// The next value, which must be there.
        pub(crate) fn $one(&mut self) -> Result<$t, Failure> {
            self.$maybe()?.ok_or_else(|| Failure::corrupt(concat!("no ", stringify!($one))))
        }
        /// The next value, which may be empty.
        #[allow(dead_code)]
        pub(crate) fn $maybe(&mut self) -> Result<Option<$t>, Failure> {
            match self.cell()? {
                Cell::Null(_) => Ok(None),
                $p => Ok(Some($e)),
                other => Err(Failure::corrupt(format!("{other:?} is no {}", stringify!($one)))),
            }
        }
    )* };
}
impl Row {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self(cells.into_iter())
    }
    /// The next value, whatever it is.
    pub(crate) fn cell(&mut self) -> Result<Cell, Failure> {
        self.0
            .next()
            .ok_or_else(|| Failure::corrupt("a row too short"))
    }
    take! {
        int maybe_int v: i64 = Cell::Int(v) => v;
        text maybe_text v: Arc<str> = Cell::Text(v) => v;
        bool maybe_bool v: bool = Cell::Bool(v) => v;
        id maybe_id v: Id = Cell::Id(v) => v;
        date maybe_date v: NaiveDate = Cell::Date(v) => v;
        moment maybe_moment v: DateTime<Utc> = Cell::Moment(v) => v;
        number maybe_number v: Decimal = Cell::Number(v, _) => v;
        bytes maybe_bytes v: Arc<[u8]> = Cell::Bytes(v) => v;
    }
    /// The next value as a string.
    pub(crate) fn string(&mut self) -> Result<String, Failure> {
        Ok(self.text()?.to_string())
    }
    /// The next value as a string, which may be empty.
    pub(crate) fn maybe_string(&mut self) -> Result<Option<String>, Failure> {
        Ok(self.maybe_text()?.map(|t| t.to_string()))
    }
    /// The next value as something that is written as text.
    pub(crate) fn parse<T: std::str::FromStr>(&mut self) -> Result<T, Failure> {
        let text = self.text()?;
        text.parse()
            .map_err(|_| Failure::corrupt(format!("`{text}`")))
    }
    /// The next value as a count.
    pub(crate) fn count(&mut self) -> Result<u64, Failure> {
        u64::try_from(self.int()?).map_err(|_| Failure::corrupt("a negative count"))
    }
    /// The next value as a small count.
    pub(crate) fn small(&mut self) -> Result<u32, Failure> {
        u32::try_from(self.int()?).map_err(|_| Failure::corrupt("a count out of range"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_text_that_sorts() {
        for micros in [0, 1, 1_795_000_000_123_456, 951_782_399_999_999] {
            let m = DateTime::from_timestamp_micros(micros).unwrap();
            assert_eq!(moment_text(m), m.format(MOMENT).to_string());
        }
    }
}
