//! From values to what is shown: links with their titles as far as the caller may read them,
//! numbers with their digits, masked fields as such.

use crate::{
    desk::{Desk, Halt},
    view,
};
use chrono::{DateTime, SecondsFormat, Utc};
use indexmap::IndexMap;
use model::{Field, Fields, Form, Id, Kind, Line, Look, Name, Record, Target, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;

/// A moment as text.
pub(crate) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Titles of everything that values link to.
#[derive(Default)]
pub(crate) struct Titles {
    wanted: IndexMap<Target, Vec<Id>>,
    known: HashMap<Id, (String, Option<String>)>,
    names: HashMap<Id, String>,
}

impl Titles {
    /// Notes what the values of a record link to.
    pub fn want(&mut self, fields: &IndexMap<Name, Field>, values: &Fields) {
        for (name, value) in values {
            let Some(field) = fields.get(name) else {
                continue;
            };
            match (&field.kind, value) {
                (Kind::Link(link), Value::Link(id)) => self.want_one(&link.to, *id),
                (Kind::Lines(table), Value::Lines(lines)) => {
                    for line in lines {
                        self.want(&table.fields, &line.values);
                    }
                }
                _ => {}
            }
        }
    }
    /// Notes one link.
    pub fn want_one(&mut self, to: &Target, id: Id) {
        let ids = self.wanted.entry(to.clone()).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    /// Fetches what was noted, as far as the caller may read it.
    pub async fn fetch(&mut self, desk: &mut Desk<'_>) -> Result<(), Halt> {
        let definitions = desk.definitions.clone();
        for (to, mut ids) in std::mem::take(&mut self.wanted) {
            ids.retain(|id| !self.known.contains_key(id));
            if ids.is_empty() {
                continue;
            }
            let scope = desk.caller.store.clone();
            let found = desk
                .tx
                .titles(&definitions.tables, &scope, &to, &ids)
                .await?;
            self.known
                .extend(found.into_iter().map(|(id, t)| (id, (t.title, t.key))));
        }
        Ok(())
    }
    /// Fetches the names of users.
    pub async fn fetch_users(&mut self, desk: &mut Desk<'_>, ids: &[Id]) -> Result<(), Halt> {
        let mut missing: Vec<Id> = ids
            .iter()
            .filter(|id| !self.names.contains_key(*id))
            .copied()
            .collect();
        missing.sort();
        missing.dedup();
        if !missing.is_empty() {
            for user in desk.tx.users(&missing).await? {
                self.names.insert(user.id, user.name);
            }
        }
        Ok(())
    }
    /// A link as it is shown.
    pub fn link(&self, id: Id) -> Json {
        match self.known.get(&id) {
            Some((title, key)) => json!({ "id": id, "title": title, "key": key }),
            None => json!({ "id": id, "title": null }),
        }
    }
    /// The title of a link, if the caller may read it.
    pub fn title(&self, id: Id) -> Option<String> {
        self.known.get(&id).map(|(title, _)| title.clone())
    }
    /// A user as he is shown.
    pub fn who(&self, id: Id) -> view::Who {
        view::Who {
            id: Some(id),
            name: self.names.get(&id).cloned().unwrap_or_default(),
        }
    }
    /// A value as it is shown.
    pub fn value(&self, field: &Field, value: &Value) -> Json {
        match value {
            Value::Link(id) => self.link(*id),
            Value::Number(n) => Json::String(shown_number(field, *n)),
            other => other.to_json(),
        }
    }
}

/// A number with the digits its field keeps; a quantity without its trailing zeros.
pub(crate) fn shown_number(field: &Field, n: model::Decimal) -> String {
    match &field.kind {
        Kind::Quantity(_) => n.normalize().to_string(),
        _ => match field.scale() {
            Some(scale) => {
                let mut n = n;
                n.rescale(scale);
                n.to_string()
            }
            None => n.normalize().to_string(),
        },
    }
}

/// How a place looks, asked by the one who shows.
pub(crate) type LookOf<'a> = &'a dyn Fn(&Name, Option<(&Name, &Line)>) -> Look;

/// The values of a record as an object: live values beside the stored ones, hidden ones left out,
/// masked ones as such. A line carries its id.
pub(crate) fn values(
    form: &Form,
    record: &Record,
    live: &kernel::form::Live,
    look: LookOf,
    titles: &Titles,
) -> Map<String, Json> {
    let mut out = Map::new();
    for (name, field) in &form.fields {
        let seen = look(name, None);
        if seen == Look::Hidden {
            continue;
        }
        if let Some(table) = field.as_lines() {
            if seen < Look::Read {
                // Dots for the whole table: not even how many lines it has.
                if record.values.contains_key(name) {
                    out.insert(name.to_string(), json!({ "masked": true }));
                }
                continue;
            }
            let lines = record.values.get(name).map_or(&[][..], Value::lines);
            let lines = lines.iter().map(|line| {
                let mut row = Map::new();
                row.insert("id".into(), json!(line.id));
                for (column, field) in &table.fields {
                    let own = live.lines.get(&line.id).and_then(|l| l.get(column));
                    let value = own.or_else(|| line.values.get(column));
                    one(
                        &mut row,
                        column,
                        field,
                        value,
                        look(column, Some((name, line))),
                        titles,
                    );
                }
                Json::Object(row)
            });
            out.insert(name.to_string(), lines.collect());
        } else {
            let value = live.header.get(name).or_else(|| record.values.get(name));
            one(&mut out, name, field, value, seen, titles);
        }
    }
    out
}

fn one(
    out: &mut Map<String, Json>,
    name: &Name,
    field: &Field,
    value: Option<&Value>,
    look: Look,
    titles: &Titles,
) {
    match (look, value) {
        (Look::Hidden, _) | (_, None) => {}
        (Look::Masked, Some(_)) => {
            out.insert(name.to_string(), json!({ "masked": true }));
        }
        (_, Some(value)) => {
            out.insert(name.to_string(), titles.value(field, value));
        }
    }
}
