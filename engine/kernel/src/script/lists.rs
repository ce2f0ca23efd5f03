//! Lists and maps in scripts, with their sizes checked before they grow.

use super::meter::{Fallible, Meter, failed, spent};
use crate::limits;
use rhai::{Array, Dynamic, Engine, INT, ImmutableString as Text, Map};
use std::sync::Arc;

/// How many values are in a value, all levels together; stops counting above the limit.
fn weight(value: &Dynamic) -> usize {
    let inside = |total: usize, item: &Dynamic| {
        if total > limits::SCRIPT_ARRAY {
            total
        } else {
            total + weight(item)
        }
    };
    if let Ok(list) = value.as_array_ref() {
        list.iter().fold(1, inside)
    } else if let Ok(map) = value.as_map_ref() {
        map.values().fold(1, inside)
    } else {
        1
    }
}

fn total(list: &Array) -> usize {
    list.iter().fold(0, |n, item| {
        if n > limits::SCRIPT_ARRAY {
            n
        } else {
            n + weight(item)
        }
    })
}

/// Refuses to add `item` to a list that would become too large.
fn room(meter: &Meter, list: &Array, item: &Dynamic) -> Fallible<()> {
    let more = weight(item);
    // Single values only add one; what is nested is counted through.
    let now = if more > 1 { total(list) } else { list.len() };
    if now + more > limits::SCRIPT_ARRAY {
        return spent("list");
    }
    meter.take(more * size_of::<Dynamic>())
}

pub(super) fn register(engine: &mut Engine, meter: &Arc<Meter>) {
    engine.register_get("len", |l: &mut Array| l.len() as INT);
    engine.register_fn("len", |l: &mut Array| l.len() as INT);
    engine.register_get("is_empty", |l: &mut Array| l.is_empty());
    engine.register_fn("is_empty", |l: &mut Array| l.is_empty());
    growing(engine, meter);
    looking(engine, meter);
    maps(engine, meter);
}

fn growing(engine: &mut Engine, meter: &Arc<Meter>) {
    let m = meter.clone();
    engine.register_fn(
        "push",
        move |l: &mut Array, item: Dynamic| -> Fallible<()> {
            room(&m, l, &item)?;
            l.push(item);
            Ok(())
        },
    );
    let m = meter.clone();
    engine.register_fn(
        "insert",
        move |l: &mut Array, at: INT, item: Dynamic| -> Fallible<()> {
            room(&m, l, &item)?;
            let at = usize::try_from(at).unwrap_or(0).min(l.len());
            l.insert(at, item);
            Ok(())
        },
    );
    let m = meter.clone();
    engine.register_fn("+", move |a: Array, b: Array| -> Fallible<Array> {
        m.list(total(&a) + total(&b))?;
        Ok(a.into_iter().chain(b).collect())
    });
    let m = meter.clone();
    engine.register_fn("+=", move |a: &mut Array, b: Array| -> Fallible<()> {
        m.list(total(a) + total(&b))?;
        a.extend(b);
        Ok(())
    });
    engine.register_fn("pop", |l: &mut Array| l.pop().unwrap_or(Dynamic::UNIT));
    engine.register_fn("remove", |l: &mut Array, at: INT| {
        match usize::try_from(at) {
            Ok(at) if at < l.len() => l.remove(at),
            _ => Dynamic::UNIT,
        }
    });
}

fn looking(engine: &mut Engine, meter: &Arc<Meter>) {
    engine.register_fn("contains", |l: &mut Array, item: Dynamic| {
        l.iter().any(|one| same(one, &item))
    });
    engine.register_fn("index_of", |l: &mut Array, item: Dynamic| -> INT {
        l.iter()
            .position(|one| same(one, &item))
            .map_or(-1, |n| n as INT)
    });
    engine.register_fn("reverse", |l: &mut Array| l.reverse());
    let m = meter.clone();
    engine.register_fn(
        "extract",
        move |l: &mut Array, from: INT, len: INT| -> Fallible<Array> {
            let from = usize::try_from(from).unwrap_or(0).min(l.len());
            let len = usize::try_from(len).unwrap_or(0).min(l.len() - from);
            m.list(len)?;
            Ok(l[from..from + len].to_vec())
        },
    );
    engine.register_fn("sort", |l: &mut Array| -> Fallible<()> {
        if l.iter().all(|v| v.is_string()) {
            l.sort_by_cached_key(|v| v.clone().into_immutable_string().unwrap_or_default());
        } else if l.iter().all(|v| number(v).is_some()) {
            l.sort_by_cached_key(number);
        } else {
            return failed("only texts or only numbers can be sorted");
        }
        Ok(())
    });
}

fn number(value: &Dynamic) -> Option<rust_decimal::Decimal> {
    match value.as_int() {
        Ok(n) => Some(n.into()),
        Err(_) => value.as_decimal().ok(),
    }
}

/// Whether two single values are the same; lists and maps never are.
fn same(a: &Dynamic, b: &Dynamic) -> bool {
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a == b;
    }
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return a == b;
    }
    match (a.as_immutable_string_ref(), b.as_immutable_string_ref()) {
        (Ok(a), Ok(b)) => *a == *b,
        _ => match (a.as_char(), b.as_char()) {
            (Ok(a), Ok(b)) => a == b,
            _ => a.is_unit() && b.is_unit(),
        },
    }
}

fn maps(engine: &mut Engine, meter: &Arc<Meter>) {
    engine.register_fn("len", |m: &mut Map| m.len() as INT);
    engine.register_fn("contains", |m: &mut Map, key: Text| {
        m.contains_key(key.as_str())
    });
    engine.register_fn("remove", |m: &mut Map, key: Text| {
        m.remove(key.as_str()).unwrap_or(Dynamic::UNIT)
    });
    engine.register_fn("get", |m: &mut Map, key: Text| {
        m.get(key.as_str()).cloned().unwrap_or(Dynamic::UNIT)
    });
    let c = meter.clone();
    engine.register_fn(
        "set",
        move |m: &mut Map, key: Text, value: Dynamic| -> Fallible<()> {
            if m.len() >= limits::SCRIPT_MAP && !m.contains_key(key.as_str()) {
                return spent("map");
            }
            c.take(key.len() + weight(&value) * size_of::<Dynamic>())?;
            m.insert(key.as_str().into(), value);
            Ok(())
        },
    );
    let c = meter.clone();
    engine.register_fn("keys", move |m: &mut Map| -> Fallible<Array> {
        c.list(m.len())?;
        Ok(m.keys().map(|key| key.to_string().into()).collect())
    });
    let c = meter.clone();
    engine.register_fn("values", move |m: &mut Map| -> Fallible<Array> {
        c.list(m.values().map(weight).sum())?;
        Ok(m.values().cloned().collect())
    });
}
