//! Between the names in the definitions an instance runs by and the names the site keeps its
//! records under today: a field that was renamed since (`was`) is the same field.
//!
//! Whatever is worked out by older definitions is in their names; whatever is read, kept or shown
//! is in today's. Nothing is renamed where nothing was, which is nearly always.

use crate::view;
use kernel::access::FieldLooks;
use model::{Fields, Filter, Form, Name, Package, Path, Record, Ref, Value};
use serde_json::{Map, Value as Json};
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// A field's name then, and today.
type Pairs = Vec<(Name, Name)>;

/// Fields of a form that have another name today.
#[derive(Clone, Debug, Default, PartialEq)]
struct Renamed {
    header: Pairs,
    /// Columns, by the name of their table then.
    columns: HashMap<Name, Pairs>,
}

/// Everything that has another name today, by form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Names(HashMap<Ref, Renamed>);

/// Which way.
#[derive(Clone, Copy, PartialEq)]
enum To {
    Then,
    Today,
}

fn other<'n>(pairs: &'n Pairs, name: &str, to: To) -> Option<&'n Name> {
    let found = pairs.iter().find(|(then, today)| match to {
        To::Then => today.as_str() == name,
        To::Today => then.as_str() == name,
    });
    found.map(|(then, today)| match to {
        To::Then => then,
        To::Today => today,
    })
}

fn turn<V>(map: indexmap::IndexMap<Name, V>, pairs: &Pairs, to: To) -> indexmap::IndexMap<Name, V> {
    let turned =
        |(name, value): (Name, V)| (other(pairs, &name, to).cloned().unwrap_or(name), value);
    map.into_iter().map(turned).collect()
}

impl Names {
    /// What was renamed between a package as it was and as it is, by its revisions in between and
    /// the newest, in order.
    pub fn learn(&mut self, then: &Package, since: &[Arc<Package>]) {
        for (r, form) in &then.forms {
            let forms: Vec<&Form> = since
                .iter()
                .filter_map(|p| p.forms.get(r).map(|f| &**f))
                .collect();
            let renamed = renamed(form, &forms);
            if renamed != Renamed::default() {
                self.0.insert(r.clone(), renamed);
            }
        }
    }

    /// A record as it is kept today, in the names of then.
    pub fn then(&self, record: Record) -> Record {
        self.record(record, To::Then)
    }
    /// A record in the names of then, as it is kept today.
    pub fn today(&self, record: Record) -> Record {
        self.record(record, To::Today)
    }
    fn record(&self, mut record: Record, to: To) -> Record {
        let Some(form) = self.0.get(&record.form) else {
            return record;
        };
        for (table, pairs) in &form.columns {
            let today = other(&form.header, table, To::Today).unwrap_or(table);
            for table in [table, today] {
                if let Some(Value::Lines(lines)) = record.values.get_mut(table) {
                    for line in lines {
                        line.values = turn(std::mem::take(&mut line.values), pairs, to);
                    }
                    break;
                }
            }
        }
        let values: Fields = turn(record.values, &form.header, to);
        record.values = values;
        // `field`, or `line-id.field`.
        let columns = || form.columns.values().flatten().cloned().collect();
        for typed in &mut record.typed {
            let turned = match typed.split_once('.') {
                None => other(&form.header, typed, to).map(ToString::to_string),
                Some((line, column)) => {
                    let all: Pairs = columns();
                    other(&all, column, to).map(|name| format!("{line}.{name}"))
                }
            };
            if let Some(turned) = turned {
                *typed = turned;
            }
        }
        record
    }

    /// What somebody filled in today, in the names of then.
    pub fn body<'j>(&self, form: &Ref, json: &'j Map<String, Json>) -> Cow<'j, Map<String, Json>> {
        let Some(renamed) = self.0.get(form) else {
            return Cow::Borrowed(json);
        };
        let mut out = Map::new();
        for (key, value) in json {
            let name = other(&renamed.header, key, To::Then);
            let name = name.map_or(key.as_str(), Name::as_str);
            let mut value = value.clone();
            if let Some(pairs) = renamed.columns.iter().find(|(t, _)| t.as_str() == name) {
                for line in value.as_array_mut().into_iter().flatten() {
                    if let Some(line) = line.as_object_mut() {
                        keys(line, pairs.1, To::Then);
                    }
                }
            }
            out.insert(name.to_owned(), value);
        }
        Cow::Owned(out)
    }

    /// How fields look, in the names of then.
    pub fn looks(&self, form: &Ref, looks: FieldLooks) -> FieldLooks {
        match self.0.get(form) {
            Some(renamed) => looks.renamed(|path| renamed.path(path, To::Then)),
            None => looks,
        }
    }

    /// Rows that are asked for in the names of then, in today's.
    pub fn filter(&self, form: &Ref, filter: Filter) -> Filter {
        let Some(renamed) = self.0.get(form) else {
            return filter;
        };
        let all = |list: Vec<Filter>| list.into_iter().map(|f| self.filter(form, f)).collect();
        match filter {
            Filter::All(list) => Filter::All(all(list)),
            Filter::Any(list) => Filter::Any(all(list)),
            Filter::Not(inner) => Filter::Not(Box::new(self.filter(form, *inner))),
            Filter::Field(path, test) => Filter::Field(renamed.path(&path, To::Today), test),
            Filter::Text(text) => Filter::Text(text),
        }
    }

    /// A sheet that was worked out in the names of then, as it is shown.
    pub fn sheet(&self, form: &Ref, sheet: &mut view::Sheet) {
        let Some(renamed) = self.0.get(form) else {
            return;
        };
        for (table, pairs) in &renamed.columns {
            let lines = sheet.record.values.get_mut(table.as_str());
            for line in lines.and_then(Json::as_array_mut).into_iter().flatten() {
                if let Some(line) = line.as_object_mut() {
                    keys(line, pairs, To::Today);
                    if let Some(values) = line.get_mut("values").and_then(Json::as_object_mut) {
                        keys(values, pairs, To::Today);
                    }
                }
            }
        }
        keys(&mut sheet.record.values, &renamed.header, To::Today);
        let looks = std::mem::take(&mut sheet.looks);
        sheet.looks = looks
            .into_iter()
            .map(|(at, look)| (renamed.place(&at), look))
            .collect();
        for finding in &mut sheet.findings {
            finding.at = renamed.place(&finding.at);
        }
    }
}

impl Renamed {
    /// A path of a field, a column, or a field behind a link of this form.
    fn path(&self, path: &Path, to: To) -> Path {
        let mut steps = path.0.clone();
        let then = match to {
            To::Then => other(&self.header, path.head(), to).unwrap_or(path.head()),
            To::Today => path.head(),
        };
        if let (Some(pairs), Some(column)) = (self.columns.get(then), steps.get_mut(1))
            && let Some(name) = other(pairs, column, to)
        {
            *column = name.clone();
        }
        if let Some(name) = other(&self.header, path.head(), to) {
            steps[0] = name.clone();
        }
        Path(steps)
    }

    /// `field`, `table.column`, `table/line/column`, `table[line].column` in today's names.
    fn place(&self, at: &str) -> String {
        let end = at.find(['.', '/', '[']).unwrap_or(at.len());
        let (head, rest) = at.split_at(end);
        let mut rest = rest.to_owned();
        let pairs = self.columns.iter().find(|(t, _)| t.as_str() == head);
        if let (Some((_, pairs)), Some(start)) = (pairs, rest.rfind(['.', '/']))
            && let Some(name) = other(pairs, &rest[start + 1..], To::Today)
        {
            rest.replace_range(start + 1.., name);
        }
        let head = other(&self.header, head, To::Today).map_or(head, Name::as_str);
        format!("{head}{rest}")
    }
}

/// Keys of an object turned.
fn keys(map: &mut Map<String, Json>, pairs: &Pairs, to: To) {
    let turned = |(key, value): (String, Json)| {
        let name = other(pairs, &key, to).map(ToString::to_string);
        (name.unwrap_or(key), value)
    };
    *map = std::mem::take(map).into_iter().map(turned).collect();
}

/// Follows every field of a form through its later states.
fn renamed(then: &Form, since: &[&Form]) -> Renamed {
    let mut out = Renamed::default();
    for (name, field) in &then.fields {
        let tables = |form: &Form, name: &Name| {
            let lines = form.fields.get(name).and_then(|f| f.as_lines().cloned());
            lines.map(|l| l.fields)
        };
        // Each state of the table beside each state of the header.
        let mut now = name.clone();
        let mut columns: Vec<(Name, Name)> = tables(then, name)
            .into_iter()
            .flat_map(|fields| fields.into_keys().map(|c| (c.clone(), c)))
            .collect();
        for form in since {
            now = next(&form.fields, now);
            if let Some(fields) = tables(form, &now) {
                for (_, column) in &mut columns {
                    *column = next(&fields, column.clone());
                }
            }
        }
        if now != *name {
            out.header.push((name.clone(), now));
        }
        columns.retain(|(then, today)| then != today);
        if !columns.is_empty() && field.as_lines().is_some() {
            out.columns.insert(name.clone(), columns);
        }
    }
    out
}

/// What a field is called in the next state of its form.
fn next(fields: &indexmap::IndexMap<Name, model::Field>, name: Name) -> Name {
    if fields.contains_key(&name) {
        return name;
    }
    let renamed = fields.iter().find(|(_, f)| f.was.as_ref() == Some(&name));
    renamed.map_or(name, |(today, _)| today.clone())
}
