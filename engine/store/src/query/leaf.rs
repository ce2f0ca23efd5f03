//! Tests on one column.

use super::builder::Builder;
use crate::{Failure, cell::Cell, sql::Dialect, table::Codec};
use model::{Decimal, Path, Test, Value, decimal};
use rust_decimal::RoundingStrategy;

/// A comparison.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Above,
    Below,
    AtLeast,
    AtMost,
}
impl Way {
    fn sign(self) -> &'static str {
        match self {
            Self::Above => " > ",
            Self::Below => " < ",
            Self::AtLeast => " >= ",
            Self::AtMost => " <= ",
        }
    }
}

impl Builder<'_> {
    /// Adds a test on a column.
    pub(crate) fn leaf(
        &mut self,
        alias: &str,
        column: &str,
        codec: &Codec,
        at: &Path,
        test: &Test,
    ) -> Result<(), Failure> {
        match test {
            Test::Empty(empty) => {
                self.sql.column(alias, column);
                self.sql
                    .push(if *empty { " is null" } else { " is not null" });
                Ok(())
            }
            Test::Is(v) => self.is(alias, column, codec, at, v),
            Test::Not(v) => {
                self.sql.push("not coalesce((");
                self.is(alias, column, codec, at, v)?;
                self.sql.push("), false)");
                Ok(())
            }
            Test::In(list) => self.one_of(alias, column, codec, at, list),
            Test::Above(v) => self.compare(alias, column, codec, at, (Way::Above, v)),
            Test::Below(v) => self.compare(alias, column, codec, at, (Way::Below, v)),
            Test::AtLeast(v) => self.compare(alias, column, codec, at, (Way::AtLeast, v)),
            Test::AtMost(v) => self.compare(alias, column, codec, at, (Way::AtMost, v)),
            Test::Like(text) => {
                if *codec != Codec::Text || text.len() > 4_000 || text.contains('\0') {
                    return Err(Failure::bad("bad_operator", at));
                }
                self.like(alias, column, text);
                Ok(())
            }
            Test::Under(_) => Err(Failure::bad("bad_operator", at)),
        }
    }

    /// The cell of a value that is looked for; `None` if no stored value can be it.
    fn sought(codec: &Codec, at: &Path, value: &Value) -> Result<Option<Cell>, Failure> {
        if !Self::short(value) {
            return Err(Failure::bad("bad_value", at));
        }
        match codec.cell(value) {
            Ok(cell) => Ok(Some(cell)),
            Err("too_many_digits" | "too_large") => Ok(None),
            Err(code) => Err(Failure::bad(code, at)),
        }
    }

    fn is(
        &mut self,
        alias: &str,
        column: &str,
        codec: &Codec,
        at: &Path,
        value: &Value,
    ) -> Result<(), Failure> {
        if let (Codec::Choices, Value::Text(option)) = (codec, value) {
            return self.holds_option(alias, column, at, option);
        }
        let Some(cell) = Self::sought(codec, at, value)? else {
            self.sql.push("false");
            return Ok(());
        };
        if *codec == Codec::Switch {
            // An empty switch counts as no.
            self.sql
                .push("coalesce(")
                .column(alias, column)
                .push(", false) = ");
        } else {
            self.sql.column(alias, column).push(" = ");
        }
        self.sql.bind(cell);
        Ok(())
    }

    fn holds_option(
        &mut self,
        alias: &str,
        column: &str,
        at: &Path,
        option: &str,
    ) -> Result<(), Failure> {
        if option.len() > 64 || option.contains(['|', '\0']) {
            return Err(Failure::bad("bad_value", at));
        }
        self.sql.push(match self.sql.dialect {
            Dialect::Sqlite => "instr(",
            Dialect::Postgres => "strpos(",
        });
        self.sql.column(alias, column).push(", ");
        self.sql.bind(format!("|{option}|")).push(") > 0");
        Ok(())
    }

    fn one_of(
        &mut self,
        alias: &str,
        column: &str,
        codec: &Codec,
        at: &Path,
        list: &[Value],
    ) -> Result<(), Failure> {
        if matches!(codec, Codec::Choices | Codec::Switch) {
            self.sql.push("(false");
            for value in list {
                self.sql.push(" or ");
                self.is(alias, column, codec, at, value)?;
            }
            self.sql.push(")");
            return Ok(());
        }
        let mut cells = Vec::with_capacity(list.len());
        for value in list {
            cells.extend(Self::sought(codec, at, value)?);
        }
        self.sql.column(alias, column);
        self.sql.within(codec.kind(), cells);
        Ok(())
    }

    fn compare(
        &mut self,
        alias: &str,
        column: &str,
        codec: &Codec,
        at: &Path,
        (way, value): (Way, &Value),
    ) -> Result<(), Failure> {
        let scale = match codec {
            Codec::Number(scale) => Some(*scale),
            Codec::Count => Some(0),
            _ => None,
        };
        let (way, cell) = match (codec, value) {
            (_, Value::Number(d)) if scale.is_some() => match bound(*d, scale.unwrap_or(0), way) {
                Ok(found) => found,
                Err(all) => {
                    // Beyond every number that can be stored: all that have a value, or none.
                    if all {
                        self.sql.column(alias, column).push(" is not null");
                    } else {
                        self.sql.push("false");
                    }
                    return Ok(());
                }
            },
            (Codec::Text | Codec::Date | Codec::Month | Codec::Moment, v) => {
                let cell = Self::sought(codec, at, v)?;
                (way, cell.ok_or_else(|| Failure::bad("bad_value", at))?)
            }
            (Codec::Number(_) | Codec::Count, _) => return Err(Failure::bad("bad_value", at)),
            _ => return Err(Failure::bad("bad_operator", at)),
        };
        self.sql.column(alias, column).push(way.sign()).bind(cell);
        Ok(())
    }
}

/// The comparison with a number of the column's digits that means the same as one with `d`; or
/// whether every stored number passes (`true`) or none.
fn bound(d: Decimal, scale: u32, way: Way) -> Result<(Way, Cell), bool> {
    let exact = decimal::exact(d, scale);
    let (way, d) = match exact {
        Ok(d) => (way, d),
        Err(decimal::Unfit::Digits(..)) => {
            // 1.005 against two digits: above it is at least 1.01, below it is at most 1.00.
            let (strategy, way) = match way {
                Way::Above | Way::AtLeast => (RoundingStrategy::ToPositiveInfinity, Way::AtLeast),
                Way::Below | Way::AtMost => (RoundingStrategy::ToNegativeInfinity, Way::AtMost),
            };
            let rounded = d.round_dp_with_strategy(scale, strategy);
            match decimal::exact(rounded, scale) {
                Ok(d) => (way, d),
                Err(_) => return Err(beyond(d, way)),
            }
        }
        Err(decimal::Unfit::Large(_)) => return Err(beyond(d, way)),
    };
    Ok((way, Cell::Number(d, scale)))
}

fn beyond(d: Decimal, way: Way) -> bool {
    let upper = d.is_sign_positive();
    matches!(
        (way, upper),
        (Way::Below | Way::AtMost, true) | (Way::Above | Way::AtLeast, false)
    )
}
