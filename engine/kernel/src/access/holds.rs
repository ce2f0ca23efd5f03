//! A filter tested on one record in memory, as the database would test it.

use crate::{
    Facts, Outcome, Rules,
    expr::{
        Val,
        eval::{Asks, Eval},
        paths::read_at,
        types::Type,
        value::Link,
    },
    facts::{Ask, Found},
    limits,
};
use model::{Filter, Id, Path, Record, Ref, Test, Value};
use std::cmp::Ordering;

/// Whether a record passes a filter. Links are followed through the facts.
pub fn holds(rules: &Rules, filter: &Filter, record: &Record, facts: &Facts) -> Outcome<bool> {
    let asks = Asks::default();
    let eval = Eval {
        record: Some(record),
        ..Eval::new(rules.catalogue(), facts, &asks)
    };
    match passes(&eval, &record.form, filter) {
        Some(yes) => Outcome::Done(yes),
        None => Outcome::Need(asks.take()),
    }
}

/// The same; nothing while a fact is missing that decides.
pub(super) fn passes(eval: &Eval, form: &Ref, filter: &Filter) -> Option<bool> {
    match filter {
        Filter::All(parts) => {
            let (mut known, mut all) = (true, true);
            for part in parts {
                match passes(eval, form, part) {
                    Some(yes) => all &= yes,
                    None => known = false,
                }
            }
            (known || !all).then_some(all)
        }
        Filter::Any(parts) => {
            let (mut known, mut any) = (true, false);
            for part in parts {
                match passes(eval, form, part) {
                    Some(yes) => any |= yes,
                    None => known = false,
                }
            }
            (known || any).then_some(any)
        }
        Filter::Not(part) => passes(eval, form, part).map(|yes| !yes),
        Filter::Field(path, test) => field(eval, form, path, test),
        // Words are searched in an index that only the store has.
        Filter::Text(_) => Some(false),
    }
}

fn field(eval: &Eval, form: &Ref, path: &Path, test: &Test) -> Option<bool> {
    let Some(read) = read_at(eval.catalogue, form, &path.0) else {
        return Some(false);
    };
    let value = match eval.path(&read) {
        Val::Pending => return None,
        value => value,
    };
    if let Test::Under(id) = test {
        return under(eval, value, *id);
    }
    let items = match value {
        Val::List(items) => items,
        Val::Empty => vec![],
        one => vec![one],
    };
    Some(match test {
        Test::Empty(wanted) => items.is_empty() == *wanted,
        Test::Not(value) => !items.iter().any(|v| same(v, value, &read.kind)),
        Test::Is(value) => items.iter().any(|v| same(v, value, &read.kind)),
        Test::In(values) => items
            .iter()
            .any(|v| values.iter().any(|value| same(v, value, &read.kind))),
        Test::Above(value) => ordered(&items, value, &read.kind, |o| o == Ordering::Greater),
        Test::Below(value) => ordered(&items, value, &read.kind, |o| o == Ordering::Less),
        Test::AtLeast(value) => ordered(&items, value, &read.kind, |o| o != Ordering::Less),
        Test::AtMost(value) => ordered(&items, value, &read.kind, |o| o != Ordering::Greater),
        Test::Like(words) => {
            let words = words.to_lowercase();
            let has = |v: &Val| matches!(v, Val::Text(t) if t.to_lowercase().contains(&words));
            items.iter().any(has)
        }
        Test::Under(_) => false,
    })
}

fn same(value: &Val, wanted: &Value, kind: &Type) -> bool {
    *value == Val::of(wanted, kind)
}

fn ordered(items: &[Val], wanted: &Value, kind: &Type, good: fn(Ordering) -> bool) -> bool {
    let wanted = Val::of(wanted, kind);
    let order = |v: &Val| crate::expr::compare(v, &wanted);
    items.iter().any(|v| order(v).is_some_and(good))
}

/// Whether a link points to a record, or to one below it in its tree.
fn under(eval: &Eval, value: Val, top: Id) -> Option<bool> {
    let items = match value {
        Val::List(items) => items,
        one => vec![one],
    };
    let mut known = true;
    for item in items {
        let Val::Link(Link { to, id }) = item else {
            continue;
        };
        let mut at = Some(id);
        for _ in 0..limits::TREE_DEPTH {
            let Some(id) = at else { break };
            if id == top {
                return Some(true);
            }
            let own = eval.record.filter(|r| r.id == id && r.form == to.form);
            at = match own {
                Some(record) => record.parent,
                None => match eval.facts.record(&to.form, id) {
                    Found::Here(record) => record.parent,
                    Found::Absent => None,
                    Found::Unknown => {
                        let form = to.form.clone();
                        eval.asks.note(Ask::Record { form, id });
                        known = false;
                        None
                    }
                },
            };
        }
    }
    known.then_some(false)
}
