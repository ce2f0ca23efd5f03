//! The one layout of a package file: two spaces, an object or list on one line while it fits 120
//! columns with its comma, the outermost always open, key order kept. Formatting is a fixed point.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Columns a line may have.
pub const WIDTH: usize = 120;
/// Deepest nesting a file may have.
pub const DEPTH_MAX: usize = 64;

/// Why a text is not JSON as we read it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {say}")]
pub struct NotJson {
    pub line: usize,
    pub column: usize,
    /// `duplicate_key`, `too_deep` or `not_json`.
    pub code: &'static str,
    pub say: String,
}

/// Parses JSON text; refuses a key that occurs twice in one object, and nesting over
/// [`DEPTH_MAX`].
pub fn parse(text: &str) -> Result<Value, NotJson> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let at = |e: serde_json::Error| {
        let say = e.to_string();
        let code = match () {
            () if say.starts_with("duplicate key") => "duplicate_key",
            () if say.starts_with("recursion limit") => "too_deep",
            () => "not_json",
        };
        let say = say
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_string();
        NotJson {
            line: e.line(),
            column: e.column(),
            code,
            say,
        }
    };
    let Once(value) = Once::deserialize(&mut reader).map_err(at)?;
    reader.end().map_err(at)?;
    if depth(&value) > DEPTH_MAX {
        return Err(NotJson {
            line: 1,
            column: 1,
            code: "too_deep",
            say: format!("nested deeper than {DEPTH_MAX}"),
        });
    }
    Ok(value)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(a) => 1 + a.iter().map(depth).max().unwrap_or(0),
        Value::Object(o) => 1 + o.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The canonical text of a file, with its final line end.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, 0, true, &mut out);
    out.push('\n');
    out
}

/// Formats a file's text.
pub fn format(text: &str) -> Result<String, NotJson> {
    parse(text).map(|value| canonical(&value))
}

fn flat(value: &Value, out: &mut String) {
    match value {
        Value::Object(o) if o.is_empty() => out.push_str("{}"),
        Value::Object(o) => {
            out.push_str("{ ");
            for (n, (k, v)) in o.iter().enumerate() {
                if n > 0 {
                    out.push_str(", ");
                }
                out.push_str(&Value::from(k.as_str()).to_string());
                out.push_str(": ");
                flat(v, out);
            }
            out.push_str(" }");
        }
        Value::Array(a) => {
            out.push('[');
            for (n, v) in a.iter().enumerate() {
                if n > 0 {
                    out.push_str(", ");
                }
                flat(v, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn write(value: &Value, indent: usize, used: usize, last: bool, out: &mut String) {
    let rows: Vec<(Option<&str>, &Value)> = match value {
        Value::Object(o) => o.iter().map(|(k, v)| (Some(k.as_str()), v)).collect(),
        Value::Array(a) => a.iter().map(|v| (None, v)).collect(),
        _ => vec![],
    };
    let mut one = String::new();
    flat(value, &mut one);
    let fits = used + one.chars().count() + usize::from(!last) <= WIDTH;
    if rows.is_empty() || (indent > 0 && fits) {
        out.push_str(&one);
        return;
    }
    let (left, right) = if value.is_object() {
        ('{', '}')
    } else {
        ('[', ']')
    };
    let pad = "  ".repeat(indent + 1);
    let many = rows.len();
    out.push(left);
    for (n, (key, v)) in rows.into_iter().enumerate() {
        let end = n + 1 == many;
        let head = match key {
            Some(k) => format!("{pad}{}: ", Value::from(k)),
            None => pad.clone(),
        };
        out.push('\n');
        out.push_str(&head);
        write(v, indent + 1, head.chars().count(), end, out);
        if !end {
            out.push(',');
        }
    }
    out.push('\n');
    out.push_str(&"  ".repeat(indent));
    out.push(right);
}

/// A JSON value in which no key occurs twice.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
                Ok(Value::Bool(b))
            }
            fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
                Ok(n.into())
            }
            fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
                Ok(n.into())
            }
            fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
                Ok(n.into())
            }
            fn visit_str<E>(self, s: &str) -> Result<Value, E> {
                Ok(s.into())
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let mut out = vec![];
                while let Some(Once(v)) = seq.next_element()? {
                    out.push(v);
                }
                Ok(Value::Array(out))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut out = Map::new();
                while let Some(key) = map.next_key::<String>()? {
                    if out.contains_key(&key) {
                        return Err(de::Error::custom(format_args!("duplicate key `{key}`")));
                    }
                    let Once(v) = map.next_value()?;
                    out.insert(key, v);
                }
                Ok(Value::Object(out))
            }
        }
        d.deserialize_any(Any).map(Once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_is_refused_with_its_place() {
        let e = parse("{\n \"a\": 1,\n \"a\": 2\n}").unwrap_err();
        assert_eq!((e.code, e.line), ("duplicate_key", 3));
    }
    #[test]
    fn the_outermost_is_open_and_what_fits_is_not() {
        let text = format("{\"a\":{\"b\":[1,2]},\"c\":[]}").unwrap();
        assert_eq!(text, "{\n  \"a\": { \"b\": [1, 2] },\n  \"c\": []\n}\n");
        assert_eq!(format(&text).unwrap(), text);
    }
}
