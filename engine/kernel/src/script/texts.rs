//! Texts in scripts. Each function works out how long its result will be and counts it before it
//! makes it.

use super::meter::{Fallible, Meter, failed};
use rhai::{Array, Dynamic, Engine, INT, ImmutableString as Text};
use std::sync::Arc;

pub(super) fn register(engine: &mut Engine, meter: &Arc<Meter>) {
    looking(engine);
    joining(engine, meter);
    changing(engine, meter);
}

fn looking(engine: &mut Engine) {
    engine.register_get("len", |t: &mut Text| t.chars().count() as INT);
    engine.register_fn("len", |t: &mut Text| t.chars().count() as INT);
    engine.register_get("is_empty", |t: &mut Text| t.is_empty());
    engine.register_fn("is_empty", |t: &mut Text| t.is_empty());
    engine.register_fn("contains", |t: &mut Text, part: Text| {
        t.contains(part.as_str())
    });
    engine.register_fn("contains", |t: &mut Text, part: char| t.contains(part));
    engine.register_fn("starts_with", |t: &mut Text, part: Text| {
        t.starts_with(part.as_str())
    });
    engine.register_fn("ends_with", |t: &mut Text, part: Text| {
        t.ends_with(part.as_str())
    });
    let place =
        |t: &str, found: Option<usize>| found.map_or(-1, |bytes| t[..bytes].chars().count() as INT);
    engine.register_fn("index_of", move |t: &mut Text, part: Text| {
        place(t, t.find(part.as_str()))
    });
    engine.register_fn("index_of", move |t: &mut Text, part: char| {
        place(t, t.find(part))
    });
    engine.register_fn("to_int", |t: &mut Text| -> Fallible<INT> {
        match t.trim().parse() {
            Ok(n) => Ok(n),
            Err(_) => failed("the text is no whole number"),
        }
    });
    engine.register_fn(
        "to_decimal",
        |t: &mut Text| -> Fallible<rust_decimal::Decimal> {
            match t.trim().parse() {
                Ok(n) => Ok(n),
                Err(_) => failed("the text is no number"),
            }
        },
    );
}

/// `+` on texts and everything that can be written, `+=` likewise, `to_string`.
fn joining(engine: &mut Engine, meter: &Arc<Meter>) {
    let join = {
        let meter = meter.clone();
        move |a: &str, b: &str| -> Fallible<Text> {
            meter.text(a.len() + b.len())?;
            Ok(format!("{a}{b}").into())
        }
    };
    let f = join.clone();
    engine.register_fn("+", move |a: Text, b: Text| f(&a, &b));
    let f = join.clone();
    engine.register_fn("+", move |a: Text, b: char| {
        f(&a, b.encode_utf8(&mut [0; 4]))
    });
    let f = join.clone();
    engine.register_fn("+", move |a: char, b: Text| {
        f(a.encode_utf8(&mut [0; 4]), &b)
    });
    let f = join.clone();
    engine.register_fn("+", move |a: Text, b: Dynamic| f(&a, &written(&b)?));
    let f = join.clone();
    engine.register_fn("+", move |a: Dynamic, b: Text| f(&written(&a)?, &b));
    let f = join.clone();
    engine.register_fn("+=", move |a: &mut Text, b: Text| -> Fallible<()> {
        *a = f(a, &b)?;
        Ok(())
    });
    let f = join.clone();
    engine.register_fn("+=", move |a: &mut Text, b: char| -> Fallible<()> {
        *a = f(a, b.encode_utf8(&mut [0; 4]))?;
        Ok(())
    });
    let f = join.clone();
    engine.register_fn("+=", move |a: &mut Text, b: Dynamic| -> Fallible<()> {
        *a = f(a, &written(&b)?)?;
        Ok(())
    });
    engine.register_fn("to_string", |v: Dynamic| -> Fallible<Text> {
        Ok(written(&v)?.into())
    });
    let meter = meter.clone();
    engine.register_fn(
        "join",
        move |list: &mut Array, between: Text| -> Fallible<Text> {
            let mut parts = Vec::with_capacity(list.len());
            let mut len = between.len() * list.len().saturating_sub(1);
            for item in list.iter() {
                let part = written(item)?;
                len += part.len();
                meter.text(len.min(crate::limits::SCRIPT_TEXT + 1))?;
                parts.push(part);
            }
            meter.text(len)?;
            Ok(parts.join(between.as_str()).into())
        },
    );
}

/// A single value as text; lists and maps are not written out.
fn written(value: &Dynamic) -> Fallible<String> {
    if value.is_array() || value.is_map() {
        return failed("a list or map is no text");
    }
    if value.is_unit() {
        return Ok(String::new());
    }
    Ok(value.to_string())
}

fn changing(engine: &mut Engine, meter: &Arc<Meter>) {
    let m = meter.clone();
    engine.register_fn(
        "replace",
        move |t: &mut Text, from: Text, to: Text| -> Fallible<()> {
            if from.is_empty() {
                return failed("nothing to replace");
            }
            let times = t.matches(from.as_str()).count();
            let len = t.len() - times * from.len() + times.saturating_mul(to.len());
            m.text(len)?;
            *t = t.replace(from.as_str(), &to).into();
            Ok(())
        },
    );
    let m = meter.clone();
    engine.register_fn("repeat", move |t: &mut Text, n: INT| -> Fallible<Text> {
        let n = usize::try_from(n).unwrap_or(0);
        m.text(t.len().saturating_mul(n))?;
        Ok(t.repeat(n).into())
    });
    let m = meter.clone();
    engine.register_fn(
        "sub_string",
        move |t: &mut Text, start: INT, len: INT| -> Fallible<Text> {
            m.text(t.len())?;
            let start = usize::try_from(start).unwrap_or(0);
            let len = usize::try_from(len).unwrap_or(0);
            Ok(t.chars().skip(start).take(len).collect::<String>().into())
        },
    );
    let m = meter.clone();
    engine.register_fn(
        "sub_string",
        move |t: &mut Text, start: INT| -> Fallible<Text> {
            m.text(t.len())?;
            let start = usize::try_from(start).unwrap_or(0);
            Ok(t.chars().skip(start).collect::<String>().into())
        },
    );
    let m = meter.clone();
    engine.register_fn("split", move |t: &mut Text, at: Text| -> Fallible<Array> {
        if at.is_empty() {
            return failed("nothing to split at");
        }
        m.list(t.matches(at.as_str()).count() + 1)?;
        m.take(t.len())?;
        Ok(t.split(at.as_str())
            .map(|part| part.to_string().into())
            .collect())
    });
    let one = |engine: &mut Engine, name: &str, f: fn(&str) -> String| {
        let m = meter.clone();
        engine.register_fn(name, move |t: &mut Text| -> Fallible<Text> {
            // Upper case can be longer: ß is SS.
            m.text(t.len() * 3)?;
            Ok(f(t).into())
        });
    };
    one(engine, "to_upper", |t| t.to_uppercase());
    one(engine, "to_lower", |t| t.to_lowercase());
    one(engine, "trimmed", |t| t.trim().to_string());
    engine.register_fn("trim", |t: &mut Text| *t = t.trim().into());
}
