//! The title of a record, by its form's template.

use crate::{
    Facts, Outcome, Rules,
    expr::eval::{Asks, Eval},
    facts::{Answer, Ask},
};
use model::{Field, Form, Kind, Name, Path, Record, Value};

/// The title people know a record by: the form's template filled in with values, the labels of
/// choices and the titles of links, an empty field taking the words before it along. Without a
/// template, or where all of it is empty: the key field, else the first text there is, of those
/// that everybody reads who sees the record; else the form's label.
pub fn title(rules: &Rules, form: &Form, record: &Record, facts: &Facts) -> Outcome<String> {
    let asks = Asks::default();
    let eval = Eval::new(rules.catalogue(), facts, &asks);
    let text = |name: &str| {
        let field = form.fields.get(name)?;
        let value = record.values.get(name)?;
        words(&eval, field, value)
    };
    let mut title = form.title.as_deref().map(|t| fill(t, &text));
    if title.as_deref().is_none_or(|t| t.trim().is_empty()) {
        let key = form.key.iter();
        let texts = form
            .fields
            .iter()
            .filter(|(_, f)| matches!(f.kind, Kind::Text(_)));
        let open = |name: &&Name| {
            let sealed = form.fields.get(*name).is_none_or(|f| f.sealed.is_some());
            let hides = rules.catalogue().hiding_grant(&form.name, &Path::one(name));
            !sealed && hides.is_none()
        };
        let mut names = key.chain(texts.map(|(name, _)| name)).filter(open);
        title = names.find_map(|name| text(name));
    }
    if asks.is_empty() {
        Outcome::Done(title.unwrap_or_else(|| form.label.clone()))
    } else {
        Outcome::Need(asks.take())
    }
}

/// Fills `{field}` parts. Words between two fields stand only where both have a value.
fn fill(template: &str, text: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = template;
    let (mut first, mut last_had) = (true, true);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, next)) = after.split_once('}') else {
            break;
        };
        let value = text(name).filter(|v| !v.is_empty());
        if let Some(value) = &value {
            if first || !out.is_empty() {
                out.push_str(before);
            }
            out.push_str(value);
        } else if first {
            out.push_str(before.trim_start());
        }
        first = false;
        last_had = value.is_some();
        rest = next;
    }
    if last_had {
        out.push_str(rest);
    }
    out.trim().to_string()
}

fn words(eval: &Eval, field: &Field, value: &Value) -> Option<String> {
    let label = |name: &str| match &field.kind {
        Kind::Choice(k) => k.options.get(name).map(|o| o.label.clone()),
        Kind::Choices(k) => k.options.get(name).map(|o| o.label.clone()),
        _ => None,
    };
    Some(match value {
        Value::Text(t) => label(t).unwrap_or_else(|| t.to_string()),
        Value::Number(n) => n.to_string(),
        Value::Date(d) => d.to_string(),
        Value::Month(m) => m.to_string(),
        Value::Moment(m) => m.format("%Y-%m-%d %H:%M").to_string(),
        Value::Choices(names) => {
            let labels = names
                .iter()
                .map(|n| label(n).unwrap_or_else(|| n.to_string()));
            labels.collect::<Vec<_>>().join(", ")
        }
        Value::Link(id) => {
            let to = field.as_link()?.to.clone();
            match eval.ask(Ask::Title { to, id: *id })? {
                Answer::Text(text) => text.clone(),
                _ => return None,
            }
        }
        Value::Bool(_) | Value::Files(_) | Value::Lines(_) => return None,
    })
}
