//! Values on their way to a script and back, as JSON that keeps their kinds.
//!
//! Text, yes and no, nothing and lists are themselves. A number is `{ "$number": "1.50" }`, a day
//! `{ "$date": "2026-03-09" }`, a month `{ "$month": "2026-03" }`, a moment
//! `{ "$moment": "2026-03-09T08:00:00Z" }`. A record or line is an object of all its fields, empty
//! ones as null, with its `id`; the links of the record handed over are such objects too, the
//! links of those hold their `id` alone. So a script sees the record and one level of what it links
//! to, always the same, whatever else happens to be known.

use crate::{
    Fault,
    expr::{Val, eval::Eval, types::Type, value::Link},
};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use model::{Decimal, Field, Id, Kind, Name, Target, Value, day};
use rhai::Dynamic;
use serde_json::{Map, Value as Json, json};

/// Deepest nesting a script may return.
const DEPTH_MAX: usize = 16;

fn tagged(tag: &str, text: impl ToString) -> Json {
    json!({ tag: text.to_string() })
}

/// The JSON of a value; nothing while a record it needs is not known.
pub(crate) fn of_val(eval: &Eval, value: &Val) -> Option<Json> {
    at_depth(eval, value, 1)
}

/// `levels`: how many levels of links are still opened.
fn at_depth(eval: &Eval, value: &Val, levels: u32) -> Option<Json> {
    Some(match value {
        Val::Pending => return None,
        Val::Empty | Val::Role(_) => Json::Null,
        Val::Bool(b) => Json::Bool(*b),
        Val::Number(n) => tagged("$number", n),
        Val::Text(t) => Json::String(t.to_string()),
        Val::Date(d) => tagged("$date", d),
        Val::Month(m) => tagged("$month", m),
        Val::Moment(m) => tagged("$moment", m.to_rfc3339_opts(SecondsFormat::Micros, true)),
        Val::User(id) => json!({ "id": id }),
        Val::Holder(holder) => json!({ "id": holder.user }),
        Val::Link(link) => return record(eval, link, levels),
        Val::Files(files) => json!(files),
        Val::List(items) => {
            let items = items.iter().map(|item| at_depth(eval, item, levels));
            // All of them, so that one round asks for everything.
            let items: Vec<Option<Json>> = items.collect();
            Json::Array(items.into_iter().collect::<Option<_>>()?)
        }
        Val::Map(entries) => {
            let mut map = Map::new();
            for (name, value) in entries {
                map.insert(name.to_string(), at_depth(eval, value, levels)?);
            }
            Json::Object(map)
        }
        Val::Balance(balance) => {
            let amounts = balance.measures.iter();
            let amounts = amounts.map(|(name, n)| (name.to_string(), tagged("$number", n)));
            Json::Object(amounts.collect())
        }
        Val::Row(row) => {
            let mut map = Map::new();
            for (name, value) in &row.values {
                let value = Val::of(value, &Type::Any);
                map.insert(name.to_string(), at_depth(eval, &value, 0)?);
            }
            Json::Object(map)
        }
    })
}

fn record(eval: &Eval, link: &Link, levels: u32) -> Option<Json> {
    let Ok(values) = eval.target(link) else {
        return None;
    };
    let mut map = Map::new();
    map.insert("id".into(), json!(link.id));
    let Some(values) = values else {
        return Some(Json::Object(map));
    };
    let mut known = true;
    for (name, field) in fields(eval, &link.to) {
        let value = match values.get(name) {
            None => Some(Json::Null),
            Some(value) => inside(eval, &link.to, name, field, value, levels),
        };
        known &= value.is_some();
        map.insert(name.to_string(), value.unwrap_or(Json::Null));
    }
    known.then_some(Json::Object(map))
}

fn inside(
    eval: &Eval,
    of: &Target,
    name: &Name,
    field: &Field,
    value: &Value,
    levels: u32,
) -> Option<Json> {
    let value = Val::of(value, &Type::of(&of.form, name, field));
    match (&field.kind, value) {
        (Kind::Link(_), Val::Link(link)) if levels == 0 => Some(json!({ "id": link.id })),
        (Kind::Link(_), link) => at_depth(eval, &link, levels - 1),
        // Lines belong to the record: their links are of the same level as its own.
        (Kind::Lines(_), Val::List(lines)) if levels == 0 => {
            let ids = lines.iter().map(|line| match line {
                Val::Link(link) => json!({ "id": link.id }),
                _ => Json::Null,
            });
            Some(Json::Array(ids.collect()))
        }
        (_, value) => at_depth(eval, &value, levels),
    }
}

fn fields<'a>(eval: &Eval<'a>, to: &Target) -> Vec<(&'a Name, &'a Field)> {
    let form = eval.catalogue.form(&to.form);
    let fields = form.and_then(|form| match &to.table {
        None => Some(&form.fields),
        Some(table) => Some(&form.fields.get(table)?.as_lines()?.fields),
    });
    fields.into_iter().flatten().collect()
}

/// The value a script gave back.
pub(crate) fn to_val(json: &Json) -> Result<Val, Fault> {
    let bad = || {
        let say = "the script gave back what cannot be read";
        Fault::new("script_failed", &[say], say)
    };
    Ok(match json {
        Json::Null => Val::Empty,
        Json::Bool(b) => Val::Bool(*b),
        Json::Number(n) => Val::Number(n.to_string().parse().map_err(|_| bad())?),
        Json::String(t) => Val::Text(t.as_str().into()),
        Json::Array(items) => Val::List(items.iter().map(to_val).collect::<Result<_, _>>()?),
        Json::Object(map) => match single(map) {
            Some(("$number", text)) => Val::Number(text.parse().map_err(|_| bad())?),
            Some(("$date", text)) => Val::Date(text.parse().map_err(|_| bad())?),
            Some(("$month", text)) => Val::Month(text.parse().map_err(|()| bad())?),
            Some(("$moment", text)) => Val::Moment(day::moment_of_text(text).ok_or_else(bad)?),
            _ => {
                let entries = map.iter().map(|(key, value)| {
                    let name = Name::new(key).map_err(|_| bad())?;
                    Ok((name, to_val(value)?))
                });
                Val::Map(entries.collect::<Result<_, Fault>>()?)
            }
        },
    })
}

/// The id in an object a script gave back for a record.
pub(crate) fn id_of(map: &[(Name, Val)]) -> Option<Id> {
    map.iter().find_map(|(name, value)| match value {
        Val::Text(t) if **name == *"id" => t.parse().ok(),
        _ => None,
    })
}

fn single(map: &Map<String, Json>) -> Option<(&str, &str)> {
    let mut entries = map.iter();
    let (key, value) = entries.next()?;
    let only = entries.next().is_none() && key.starts_with('$');
    only.then(|| Some((key.as_str(), value.as_str()?)))?
}

/// An argument as rhai sees it.
pub(super) fn to_dynamic(json: &Json) -> Dynamic {
    match json {
        Json::Null => Dynamic::UNIT,
        Json::Bool(b) => Dynamic::from_bool(*b),
        Json::Number(n) => match n.as_i64() {
            Some(n) => Dynamic::from_int(n),
            None => Dynamic::UNIT,
        },
        Json::String(t) => t.into(),
        Json::Array(items) => Dynamic::from_array(items.iter().map(to_dynamic).collect()),
        Json::Object(map) => {
            let tagged = match single(map) {
                Some(("$number", t)) => t.parse::<Decimal>().ok().map(Dynamic::from_decimal),
                Some(("$date", t)) => day::of_text(t).map(Dynamic::from),
                Some(("$month", t)) => t.parse::<model::Month>().ok().map(Dynamic::from),
                Some(("$moment", t)) => day::moment_of_text(t).map(Dynamic::from),
                _ => None,
            };
            tagged.unwrap_or_else(|| {
                let entries = map.iter();
                let entries = entries.map(|(key, value)| (key.as_str().into(), to_dynamic(value)));
                Dynamic::from_map(entries.collect())
            })
        }
    }
}

/// What a script gave back, as JSON.
pub(super) fn of_dynamic(value: &Dynamic, depth: usize) -> Result<Json, Fault> {
    if depth > DEPTH_MAX {
        let say = "the script gave back something too deep";
        return Err(Fault::new("script_failed", &[say], say));
    }
    if value.is_unit() {
        return Ok(Json::Null);
    }
    if let Ok(b) = value.as_bool() {
        return Ok(Json::Bool(b));
    }
    if let Ok(n) = value.as_int() {
        return Ok(tagged("$number", n));
    }
    if let Ok(d) = value.as_decimal() {
        return Ok(tagged("$number", d));
    }
    if let Ok(list) = value.as_array_ref() {
        let items = list.iter().map(|item| of_dynamic(item, depth + 1));
        return items.collect::<Result<Vec<_>, _>>().map(Json::Array);
    }
    if let Ok(map) = value.as_map_ref() {
        let mut out = Map::new();
        for (key, item) in map.iter() {
            out.insert(key.to_string(), of_dynamic(item, depth + 1)?);
        }
        return Ok(Json::Object(out));
    }
    if let Some(day) = value.clone().try_cast::<NaiveDate>() {
        return Ok(tagged("$date", day));
    }
    if let Some(month) = value.clone().try_cast::<model::Month>() {
        return Ok(tagged("$month", month));
    }
    if let Some(at) = value.clone().try_cast::<DateTime<Utc>>() {
        return Ok(tagged(
            "$moment",
            at.to_rfc3339_opts(SecondsFormat::Micros, true),
        ));
    }
    Ok(Json::String(value.to_string()))
}
