//! Filters as a sender writes them (the `rows` of packages, with plain values), typed by the
//! fields they test.

use crate::{Error, site::Definitions};
use model::{
    Field, Filter, Form, FormKind, Id, Kind, Ledger, Name, Path, Test, Value,
    field::{Date, Link, Moment, Text},
};
use serde_json::{Map, Value as Json};

/// What a value at a path must be.
enum Typed<'a> {
    Field(&'a Field),
    Text,
    Id,
    Number,
    Moment,
}

/// A filter on the records of a form.
pub(crate) fn form_filter(
    definitions: &Definitions,
    form: &Form,
    json: &Map<String, Json>,
) -> Result<Filter, Error> {
    filter(json, |path| {
        let mut here = form;
        for (n, step) in path.0.iter().enumerate() {
            let last = n + 1 == path.0.len();
            if last && let Some(typed) = built_in(here, step) {
                return Some(typed);
            }
            let field = here.fields.get(step)?;
            if last {
                return Some(Typed::Field(field));
            }
            here = definitions.catalogue.form(&field.as_link()?.to.form)?;
        }
        None
    })
}

/// A filter on the keys of a ledger.
pub(crate) fn ledger_filter(ledger: &Ledger, json: &Map<String, Json>) -> Result<Filter, Error> {
    filter(json, |path| {
        let head = path.head();
        let field = ledger
            .dimensions
            .get(head)
            .or_else(|| ledger.attributes.get(head))?;
        path.tail().is_empty().then_some(Typed::Field(field))
    })
}

fn built_in<'a>(form: &Form, step: &Name) -> Option<Typed<'a>> {
    Some(match step.as_str() {
        "id" | "created_by" | "updated_by" => Typed::Id,
        "parent" if form.kind == FormKind::Tree => Typed::Id,
        "status" => Typed::Text,
        "version" => Typed::Number,
        "created_at" | "updated_at" => Typed::Moment,
        _ => return None,
    })
}

fn filter<'a>(
    json: &Map<String, Json>,
    typed: impl Fn(&Path) -> Option<Typed<'a>>,
) -> Result<Filter, Error> {
    let mut all = vec![];
    for (key, test) in json {
        let unknown = || Error::BadRequest {
            code: "unknown_field".into(),
            at: key.clone(),
            with: vec![key.clone()],
        };
        let path: Path = key.parse().map_err(|_| unknown())?;
        let kind = typed(&path).ok_or_else(unknown)?;
        for test in tests(&kind, test, key)? {
            all.push(Filter::Field(path.clone(), test));
        }
    }
    Ok(Filter::All(all))
}

fn tests(kind: &Typed, json: &Json, at: &str) -> Result<Vec<Test>, Error> {
    let list = |values: &Vec<Json>| -> Result<Test, Error> {
        Ok(Test::In(
            values
                .iter()
                .map(|v| value(kind, v, at))
                .collect::<Result<_, _>>()?,
        ))
    };
    Ok(match json {
        Json::Array(values) => vec![list(values)?],
        Json::Object(map) => {
            let mut out = vec![];
            for (operator, json) in map {
                out.push(match operator.as_str() {
                    "above" => Test::Above(value(kind, json, at)?),
                    "below" => Test::Below(value(kind, json, at)?),
                    "at_least" => Test::AtLeast(value(kind, json, at)?),
                    "at_most" => Test::AtMost(value(kind, json, at)?),
                    "not" => Test::Not(value(kind, json, at)?),
                    "like" => Test::Like(json.as_str().ok_or_else(|| unfit(at))?.to_string()),
                    "in" => list(json.as_array().ok_or_else(|| unfit(at))?)?,
                    "under" => {
                        let id = json.as_str().and_then(|s| s.parse().ok());
                        Test::Under(id.ok_or_else(|| unfit(at))?)
                    }
                    "empty" => Test::Empty(json.as_bool().ok_or_else(|| unfit(at))?),
                    other => {
                        return Err(Error::BadRequest {
                            code: "unknown_operator".into(),
                            at: at.into(),
                            with: vec![other.into()],
                        });
                    }
                });
            }
            out
        }
        plain => vec![Test::Is(value(kind, plain, at)?)],
    })
}

fn unfit(at: &str) -> Error {
    Error::bad("unfit_value", at)
}

fn value(kind: &Typed, json: &Json, at: &str) -> Result<Value, Error> {
    let plain = |k: Kind| Field { kind: k, ..bare() };
    let id = || -> Result<Value, Error> {
        let text = json
            .as_str()
            .or_else(|| json.get("id").and_then(Json::as_str));
        let id: Id = text.and_then(|t| t.parse().ok()).ok_or_else(|| unfit(at))?;
        Ok(Value::Link(id))
    };
    let read = |field: &Field| {
        Value::of_json(field, json)
            .ok()
            .flatten()
            .ok_or_else(|| unfit(at))
    };
    match kind {
        Typed::Id => id(),
        Typed::Field(field) => match &field.kind {
            Kind::Link(Link { .. }) => id(),
            Kind::Number(_) | Kind::Money(_) | Kind::Quantity(_) => number(json, at),
            Kind::Choices(_) => read(&plain(Kind::Text(Text::default()))),
            Kind::Moment(_) if json.as_str().is_some_and(|s| s.len() == 10) => {
                let Value::Date(day) = read(&plain(Kind::Date(Date {})))? else {
                    return Err(unfit(at));
                };
                Ok(Value::Moment(crate::clock::start_of(day)))
            }
            Kind::Lines(_) | Kind::Attachment(_) | Kind::Image(_) => Err(unfit(at)),
            _ => read(field),
        },
        Typed::Text => read(&plain(Kind::Text(Text::default()))),
        Typed::Number => number(json, at),
        Typed::Moment => match json.as_str().map(str::len) {
            Some(10) => {
                let Value::Date(day) = read(&plain(Kind::Date(Date {})))? else {
                    return Err(unfit(at));
                };
                Ok(Value::Moment(crate::clock::start_of(day)))
            }
            _ => read(&plain(Kind::Moment(Moment {}))),
        },
    }
}

fn number(json: &Json, at: &str) -> Result<Value, Error> {
    let text = json
        .as_str()
        .map_or_else(|| json.to_string(), ToOwned::to_owned);
    text.replace(',', "")
        .parse()
        .map(Value::Number)
        .map_err(|_| unfit(at))
}

/// A field that is nothing but its kind.
fn bare() -> Field {
    model::register::day_field()
}
