//! What the functions give.

use super::{
    eval::Eval,
    function::Function,
    operators::{arithmetic, compare, equal},
    tree::Op,
    value::{Link, Val},
};
use crate::{
    Fault,
    facts::{Answer, Ask},
    limits,
};
use chrono::{Datelike, Days, NaiveDate};
use model::{Catalogue, Decimal, Month, Ref, Value, day::keeps};
use rust_decimal::prelude::ToPrimitive;
use std::{cmp::Ordering, sync::Arc};

/// Calls a function. A missing fact among the arguments makes the result pending; without a value
/// among them there is none, except where looking at an empty field is the point.
pub(super) fn call(eval: &Eval, function: Function, args: Vec<Val>) -> Result<Val, Fault> {
    if args.contains(&Val::Pending) {
        return Ok(Val::Pending);
    }
    let mut args = args.into_iter();
    let first = args.next().unwrap_or(Val::Empty);
    let second = args.next().unwrap_or(Val::Empty);
    match function {
        Function::Empty => return Ok(Val::Bool(is_empty(&first))),
        Function::IfEmpty if is_empty(&first) => return Ok(second),
        Function::IfEmpty => return Ok(first),
        _ => {}
    }
    if first == Val::Empty || (function.arity() == 2 && second == Val::Empty) {
        return Ok(Val::Empty);
    }
    Ok(match function {
        Function::Min | Function::Max => {
            let order = compare(&first, &second).ok_or_else(|| wrong(function, &second))?;
            let first_wins = (order == Ordering::Less) == (function == Function::Min);
            if first_wins { first } else { second }
        }
        Function::Sum => Val::Number(sum(&first)?),
        Function::Any => match &first {
            Val::List(items) => Val::Bool(items.iter().any(Val::truth)),
            other => return Err(wrong(function, other)),
        },
        Function::Count => match &first {
            Val::List(items) => Val::Number(Decimal::from(items.len())),
            other => return Err(wrong(function, other)),
        },
        Function::Percent => Val::Number(percent(number(&first)?, number(&second)?)?),
        Function::RoundUp => Val::Number(round_up(number(&first)?, number(&second)?)?),
        Function::DaysBetween => {
            let days = (day(&second)? - day(&first)?).num_days();
            Val::Number(Decimal::from(days))
        }
        Function::AddDays => Val::Date(add_days(day(&first)?, number(&second)?)?),
        Function::Year => Val::Number(Decimal::from(any_day(eval, &first)?.year())),
        Function::Month => {
            let day = any_day(eval, &first)?;
            Val::Month(Month {
                year: day.year(),
                month: day.month(),
            })
        }
        Function::FirstOfMonth => Val::Date(ymd(eval, &first, |d| (d.year(), d.month(), 1))?),
        Function::FirstOfYear => Val::Date(ymd(eval, &first, |d| (d.year(), 1, 1))?),
        Function::LastOfYear => Val::Date(ymd(eval, &first, |d| (d.year(), 12, 31))?),
        Function::LastOfMonth => {
            let next = ymd(eval, &first, |d| match d.month() {
                12 => (d.year() + 1, 1, 1),
                month => (d.year(), month + 1, 1),
            })?;
            Val::Date(next.pred_opt().ok_or_else(no_day)?)
        }
        Function::UnitFactor => unit_factor(eval, &first, &second)?,
        Function::Managers => managers(eval, &first, &second)?,
        Function::Each => first,
        Function::Empty | Function::IfEmpty => Val::Empty,
    })
}

/// Whether there is no value: an empty list is none either.
fn is_empty(value: &Val) -> bool {
    match value {
        Val::Empty => true,
        Val::List(items) => items.is_empty(),
        _ => false,
    }
}

fn wrong(function: Function, got: &Val) -> Fault {
    let name = format!("{function:?}").to_lowercase();
    let say = format!("`{name}` does not take {}", got.kind());
    Fault::new("type_mismatch", &[&name, got.kind()], say)
}

fn no_day() -> Fault {
    Fault::new("no_such_day", &[], "a day outside the calendar")
}

fn number(value: &Val) -> Result<Decimal, Fault> {
    match value {
        Val::Number(n) => Ok(*n),
        other => {
            let say = format!("a number is expected, not {}", other.kind());
            Err(Fault::new(
                "type_mismatch",
                &["a number", other.kind()],
                say,
            ))
        }
    }
}

fn day(value: &Val) -> Result<NaiveDate, Fault> {
    match value {
        Val::Date(d) => Ok(*d),
        other => {
            let say = format!("a date is expected, not {}", other.kind());
            Err(Fault::new("type_mismatch", &["a date", other.kind()], say))
        }
    }
}

/// The day of a date or moment, the first of a month.
fn any_day(eval: &Eval, value: &Val) -> Result<NaiveDate, Fault> {
    match value {
        Val::Month(m) => NaiveDate::from_ymd_opt(m.year, m.month, 1).ok_or_else(no_day),
        Val::Moment(m) => Ok(eval.catalogue.zone.day_of(*m)),
        other => day(other),
    }
}

fn ymd(
    eval: &Eval,
    value: &Val,
    pick: impl Fn(NaiveDate) -> (i32, u32, u32),
) -> Result<NaiveDate, Fault> {
    let (year, month, day) = pick(any_day(eval, value)?);
    NaiveDate::from_ymd_opt(year, month, day).ok_or_else(no_day)
}

fn add_days(day: NaiveDate, n: Decimal) -> Result<NaiveDate, Fault> {
    let n = n.trunc().to_i64().ok_or_else(no_day)?;
    let span = Days::new(n.unsigned_abs());
    let moved = if n < 0 {
        day.checked_sub_days(span)
    } else {
        day.checked_add_days(span)
    };
    // A field keeps years of four digits.
    moved.filter(|d| keeps(*d)).ok_or_else(no_day)
}

fn sum(column: &Val) -> Result<Decimal, Fault> {
    let Val::List(items) = column else {
        return Err(wrong(Function::Sum, column));
    };
    items.iter().try_fold(Decimal::ZERO, |total, item| {
        arithmetic(Op::Plus, total, number(item)?)
    })
}

/// `part` of `whole` in hundredths; of nothing it is nothing.
fn percent(part: Decimal, whole: Decimal) -> Result<Decimal, Fault> {
    if whole.is_zero() {
        return Ok(Decimal::ZERO);
    }
    arithmetic(
        Op::Over,
        arithmetic(Op::Times, part, Decimal::ONE_HUNDRED)?,
        whole,
    )
}

/// The least multiple of `step` not below `n`.
fn round_up(n: Decimal, step: Decimal) -> Result<Decimal, Fault> {
    arithmetic(Op::Times, arithmetic(Op::Over, n, step)?.ceil(), step)
}

/// How many base units of an item are in one `unit`: the factor of that row of its table `units`,
/// 1 where no row names it.
fn unit_factor(eval: &Eval, item: &Val, unit: &Val) -> Result<Val, Fault> {
    let Val::Link(link) = item else {
        return Err(wrong(Function::UnitFactor, item));
    };
    let Ok(found) = eval.target(link) else {
        return Ok(Val::Pending);
    };
    let rows = found.and_then(|values| values.get("units"));
    let same = |value: &Value| match (value, unit) {
        (Value::Link(id), Val::Link(link)) => *id == link.id,
        (Value::Text(a), Val::Text(b)) => a == b,
        _ => false,
    };
    let row = rows
        .map(Value::lines)
        .unwrap_or_default()
        .iter()
        .find(|line| line.values.get("unit").is_some_and(same));
    Ok(match row {
        None => Val::Number(Decimal::ONE),
        Some(line) => match line.values.get("factor").and_then(Value::number) {
            Some(factor) => Val::Number(factor),
            None => Val::Empty,
        },
    })
}

fn managers(eval: &Eval, person: &Val, levels: &Val) -> Result<Val, Fault> {
    let Val::Link(Link { id, to }) = person else {
        return Err(wrong(Function::Managers, person));
    };
    let levels = number(levels)?.trunc().to_u32().unwrap_or(0);
    if levels == 0 {
        return Ok(Val::List(vec![]));
    }
    let ask = Ask::Managers {
        person: *id,
        levels: levels.min(limits::MANAGER_LEVELS),
    };
    Ok(match eval.ask(ask) {
        None => Val::Pending,
        Some(Answer::Ids(ids)) => Val::List(
            ids.iter()
                .map(|id| {
                    let to: Arc<_> = to.clone();
                    Val::Link(Link { to, id: *id })
                })
                .collect(),
        ),
        Some(_) => Val::Empty,
    })
}

/// Working days from `first` to `last`, both ends included.
pub(super) fn working_days(
    catalogue: &Catalogue,
    calendar: &Ref,
    first: Val,
    last: Val,
) -> Result<Val, Fault> {
    if first == Val::Pending || last == Val::Pending {
        return Ok(Val::Pending);
    }
    if first == Val::Empty || last == Val::Empty {
        return Ok(Val::Empty);
    }
    let Some(calendar) = catalogue.calendar(calendar) else {
        return Ok(Val::Empty);
    };
    let days = calendar.working_days(day(&first)?, day(&last)?);
    let days = days.map_err(|gap| {
        let (name, year) = (gap.calendar.to_string(), gap.year.to_string());
        Fault::new("year_not_covered", &[&name, &year], gap.to_string())
    })?;
    Ok(Val::Number(Decimal::from(days)))
}

/// Whether `item` is one of a list, or part of a text.
pub(super) fn within(item: Val, list: Val) -> Val {
    match (&item, &list) {
        (Val::Pending, _) | (_, Val::Pending) => Val::Pending,
        (Val::Empty, _) | (_, Val::Empty) => Val::Bool(false),
        (item, Val::List(items)) => Val::Bool(items.iter().any(|one| equal(one, item))),
        (Val::Text(part), Val::Text(whole)) => Val::Bool(whole.contains(&**part)),
        _ => Val::Bool(false),
    }
}
