//! What differs between two versions of a record, field by field.

use super::Place;
use model::{Fields, Line, Name, Record, Value};

/// One field that differs. Of a line that came or went every field is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub at: Place,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// The differences from `before` to `after`, in the order of the fields; the order of lines does
/// not count.
pub fn diff(before: &Record, after: &Record) -> Vec<Difference> {
    let mut out = vec![];
    for name in names(&before.values, &after.values) {
        match (before.values.get(name), after.values.get(name)) {
            (old, new) if is_table(old) || is_table(new) => {
                let lines = |value: Option<&Value>| value.map_or(vec![], |v| v.lines().to_vec());
                table(name, &lines(old), &lines(new), &mut out);
            }
            (old, new) => one(Place::header(name), old, new, &mut out),
        }
    }
    out
}

fn is_table(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Lines(_)))
}

/// The names in both, those of `b` first in their order.
fn names<'a>(a: &'a Fields, b: &'a Fields) -> Vec<&'a Name> {
    let gone = a.keys().filter(|name| !b.contains_key(*name));
    b.keys().chain(gone).collect()
}

fn one(at: Place, old: Option<&Value>, new: Option<&Value>, out: &mut Vec<Difference>) {
    if old != new {
        out.push(Difference {
            at,
            old: old.cloned(),
            new: new.cloned(),
        });
    }
}

fn table(table: &Name, old: &[Line], new: &[Line], out: &mut Vec<Difference>) {
    let none = Fields::new();
    let known: std::collections::HashMap<_, _> = old.iter().map(|l| (l.id, l)).collect();
    let mut seen = std::collections::HashSet::with_capacity(new.len());
    let mut pair = |line: &Line, was: &Fields, is: &Fields| {
        for name in names(was, is) {
            let at = Place::line(table, line.id, name);
            one(at, was.get(name), is.get(name), out);
        }
    };
    for line in new {
        seen.insert(line.id);
        let was = known.get(&line.id).map_or(&none, |l| &l.values);
        pair(line, was, &line.values);
    }
    for line in old.iter().filter(|line| !seen.contains(&line.id)) {
        pair(line, &line.values, &none);
    }
}
