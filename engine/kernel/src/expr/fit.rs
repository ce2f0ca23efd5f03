//! A worked-out value on its way into a field: rounded once, and checked for its kind.

use super::value::Val;
use crate::{Fault, script::wire};
use model::{Decimal, Field, Id, Kind, Value, day, decimal, zone::Zone};

/// The value as the field keeps it: a number rounded to the field's digits, a choice among its
/// options. No value gives none.
pub(crate) fn fit(value: Val, field: &Field, zone: Zone) -> Result<Option<Value>, Fault> {
    let wrong = |value: &Val| {
        let say = format!("{} is no {}", value.kind(), field.kind.name());
        Fault::new("type_mismatch", &[field.kind.name(), value.kind()], say)
    };
    Ok(Some(match (&field.kind, value) {
        (_, Val::Empty | Val::Pending) => return Ok(None),
        (Kind::Number(_) | Kind::Money(_) | Kind::Quantity(_), Val::Number(n)) => {
            Value::Number(rounded(n, field.scale().unwrap_or(0))?)
        }
        (Kind::Choice(k), Val::Text(t)) => {
            if !k.options.contains_key(&*t) {
                return Err(no_option(&t));
            }
            Value::Text(t)
        }
        (Kind::Text(_) | Kind::Rich(_) | Kind::Sequence(_), Val::Text(t)) => {
            if t.is_empty() {
                return Ok(None);
            }
            Value::Text(t)
        }
        (Kind::Choices(k), Val::List(items)) => {
            let mut names = Vec::with_capacity(items.len());
            for item in items {
                match item {
                    Val::Text(t) if k.options.contains_key(&*t) => names.push(t),
                    Val::Text(t) => return Err(no_option(&t)),
                    other => return Err(wrong(&other)),
                }
            }
            if names.is_empty() {
                return Ok(None);
            }
            Value::Choices(names)
        }
        (Kind::Link(k), Val::Link(link)) => {
            if *link.to != k.to {
                return Err(wrong(&Val::Link(link)));
            }
            Value::Link(link.id)
        }
        // A script names a record by its id.
        (Kind::Link(_), Val::Text(t)) => match t.parse::<Id>() {
            Ok(id) => Value::Link(id),
            Err(_) => return Err(wrong(&Val::Text(t))),
        },
        (Kind::Link(_), Val::Map(map)) => match wire::id_of(&map) {
            Some(id) => Value::Link(id),
            None => return Err(wrong(&Val::Map(map))),
        },
        (Kind::Date(_), Val::Date(d)) if day::keeps(d) => Value::Date(d),
        (Kind::Date(_), Val::Moment(m)) if day::keeps(zone.day_of(m)) => {
            Value::Date(zone.day_of(m))
        }
        (Kind::Month(_), Val::Month(m)) => Value::Month(m),
        (Kind::Moment(_), Val::Moment(m)) if day::keeps_moment(m) => Value::Moment(m),
        (Kind::Switch(_), Val::Bool(b)) => Value::Bool(b),
        (Kind::Attachment(_) | Kind::Image(_), Val::Files(files)) => Value::Files(files),
        (_, other) => return Err(wrong(&other)),
    }))
}

fn no_option(text: &str) -> Fault {
    let say = format!("`{text}` is no option of this choice");
    Fault::new("no_such_option", &[text], say)
}

/// The one rounding when a value enters a field or measure.
pub(crate) fn rounded(n: Decimal, scale: u32) -> Result<Decimal, Fault> {
    let rounded = decimal::round(n, scale);
    match decimal::to_scaled(rounded, scale) {
        Ok(_) => Ok(rounded),
        Err(unfit) => Err(Fault::new("too_large", &[], unfit.to_string())),
    }
}
