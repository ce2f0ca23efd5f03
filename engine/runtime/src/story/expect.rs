//! What must follow a step, compared with what did.

use super::stage::{OpenTask, Seen, Trouble};
use model::{Decimal, Id, Name, story::BalanceIs};
use serde_json::Value;
use std::collections::HashMap;

/// What a step left behind.
pub(super) struct Found {
    pub trouble: Option<Trouble>,
    pub seen: Option<Seen>,
    pub open: Vec<OpenTask>,
    pub status: Option<String>,
}

/// Trouble in one line.
pub(super) fn trouble(t: &Trouble) -> String {
    let findings: Vec<_> = t
        .findings
        .iter()
        .map(|(code, at)| format!("{code} at {at}"))
        .collect();
    if findings.is_empty() {
        t.code.clone()
    } else {
        format!("{} ({})", t.code, findings.join(", "))
    }
}

/// Compares one key of `then`.
pub(super) fn one(
    key: &str,
    wanted: &Value,
    found: &Found,
    users: &HashMap<String, Id>,
) -> Result<(), String> {
    let differs = |got: String| Err(format!("{key} is {got}, not {wanted}"));
    let names = |ids: &[Id]| -> Vec<String> {
        let mut names: Vec<String> = ids
            .iter()
            .map(|id| {
                let known = users.iter().find(|(_, u)| *u == id);
                known.map_or_else(|| id.to_string(), |(name, _)| name.clone())
            })
            .collect();
        names.sort();
        names.dedup();
        names
    };
    match key {
        "problem" => {
            let Some(t) = &found.trouble else {
                return Err(format!("no problem, but {wanted} was expected"));
            };
            let code = wanted.as_str().unwrap_or_default();
            let told = t.code == code || t.findings.iter().any(|(c, _)| c == code);
            if told { Ok(()) } else { differs(trouble(t)) }
        }
        "at" => {
            let Some(t) = &found.trouble else {
                return differs("nothing".into());
            };
            let place = wanted.as_str().unwrap_or_default();
            if t.findings
                .iter()
                .any(|(_, at)| by_position(at, found) == place)
            {
                Ok(())
            } else {
                differs(trouble(t))
            }
        }
        "says" => {
            let Some(t) = &found.trouble else {
                return differs("nothing".into());
            };
            for (language, sentence) in wanted.as_object().into_iter().flatten() {
                let sentence = sentence.as_str().unwrap_or_default();
                if !t
                    .says
                    .iter()
                    .any(|(l, s)| l == language && s.contains(sentence))
                {
                    return differs(format!("{:?}", t.says));
                }
            }
            Ok(())
        }
        "status" => match &found.status {
            Some(status) if wanted == status.as_str() => Ok(()),
            other => differs(format!("{other:?}")),
        },
        "task" => {
            let node = wanted.as_str().unwrap_or_default();
            if found.open.iter().any(|t| *t.node == *node) {
                return Ok(());
            }
            let nodes: Vec<_> = found.open.iter().map(|t| t.node.to_string()).collect();
            differs(format!("{nodes:?}"))
        }
        "tasks" => {
            let mut nodes: Vec<_> = found.open.iter().map(|t| t.node.to_string()).collect();
            nodes.sort();
            nodes.dedup();
            same_set(wanted, &nodes).or_else(|()| differs(format!("{nodes:?}")))
        }
        "assignee" => {
            let holders: Vec<Id> = found.open.iter().filter_map(|t| t.holder).collect();
            let holders = names(&holders);
            let name = wanted.as_str().unwrap_or_default();
            if holders.iter().any(|h| h == name) {
                Ok(())
            } else {
                differs(format!("{holders:?}"))
            }
        }
        "candidates" => {
            let all: Vec<Id> = found
                .open
                .iter()
                .flat_map(|t| t.candidates.clone())
                .collect();
            let all = names(&all);
            same_set(wanted, &all).or_else(|()| differs(format!("{all:?}")))
        }
        path => {
            let Some(seen) = &found.seen else {
                return differs("not to be seen".into());
            };
            let got = at(&Value::Object(seen.values.clone()), path);
            if same(&got, wanted) {
                Ok(())
            } else {
                differs(got.to_string())
            }
        }
    }
}

/// `table/<line id>/field` as the story writes it: `table.1.field`.
fn by_position(place: &str, found: &Found) -> String {
    let steps: Vec<&str> = place.split('/').collect();
    let [table, line, field] = steps.as_slice() else {
        return place.to_string();
    };
    let lines = found
        .seen
        .as_ref()
        .and_then(|s| s.values.get(*table))
        .and_then(Value::as_array);
    let n = lines.and_then(|l| {
        l.iter()
            .position(|l| l.get("id").is_some_and(|id| id == line))
    });
    format!("{table}.{}.{field}", n.map_or(0, |n| n + 1))
}

fn same_set(wanted: &Value, found: &[String]) -> Result<(), ()> {
    let mut list: Vec<String> = wanted
        .as_array()
        .into_iter()
        .flatten()
        .map(|v| v.as_str().unwrap_or_default().to_string())
        .collect();
    list.sort();
    if list == found { Ok(()) } else { Err(()) }
}

/// The value at `total` or `lines.1.amount`.
fn at(values: &Value, path: &str) -> Value {
    let mut here = values;
    for step in path.split('.') {
        let next = match (here, step.parse::<usize>()) {
            (Value::Array(list), Ok(n)) => n.checked_sub(1).and_then(|n| list.get(n)),
            (value, _) => value.get(step),
        };
        match next {
            Some(value) => here = value,
            None => return Value::Null,
        }
    }
    here.clone()
}

/// Equal as a person would say: numbers by value, a link by key or title.
fn same(got: &Value, wanted: &Value) -> bool {
    let number = |v: &Value| -> Option<Decimal> {
        match v {
            Value::String(s) => s.parse().ok(),
            Value::Number(n) => n.to_string().parse().ok(),
            _ => None,
        }
    };
    if let Value::Object(link) = got
        && wanted.is_string()
    {
        return ["key", "title", "id"]
            .iter()
            .any(|k| link.get(*k) == Some(wanted));
    }
    match (got, wanted) {
        (Value::Null, Value::String(s)) => s.is_empty(),
        (Value::Null, Value::Bool(false)) => true,
        (a, b) if a == b => true,
        (a, b) => matches!((number(a), number(b)), (Some(a), Some(b)) if a == b),
    }
}

/// Compares a balance.
pub(super) fn balance(wanted: &BalanceIs, found: &[(Name, Decimal)]) -> Result<(), String> {
    for (measure, value) in &wanted.is {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), ToString::to_string);
        let want: Decimal = text
            .parse()
            .map_err(|_| format!("{measure}: {value} is no number"))?;
        let got = found
            .iter()
            .find(|(n, _)| n.as_str() == measure)
            .map(|(_, d)| *d);
        if got.unwrap_or_default() != want {
            let key = serde_json::to_string(&wanted.of).unwrap_or_default();
            let got = got.map_or("nothing".to_string(), |d| d.normalize().to_string());
            return Err(format!(
                "{measure} of {} {key} is {got}, not {value}",
                wanted.ledger
            ));
        }
    }
    Ok(())
}
