//! Values of fields, and their JSON on the wire.

use crate::{Field, Id, Kind, Line, Name, day, decimal};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use indexmap::IndexMap;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// A month of a year, `2026-03`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Month {
    pub year: i32,
    pub month: u32,
}
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}
impl FromStr for Month {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let day = day::of_text(&format!("{text}-01")).ok_or(())?;
        if text.len() != 7 {
            return Err(());
        }
        use chrono::Datelike;
        Ok(Self {
            year: day.year(),
            month: day.month(),
        })
    }
}
impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?
            .parse()
            .map_err(|()| serde::de::Error::custom("a month is YYYY-MM"))
    }
}

/// A file kept by the engine, named by its content.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Blob {
    /// blake3 of the bytes, hexadecimal.
    pub hash: Arc<str>,
    /// What the user called it.
    pub name: Arc<str>,
    /// Size in bytes.
    pub size: u64,
    /// Media type found from the content.
    pub media: Arc<str>,
}

/// Most files in one field.
pub const FILES_MAX: usize = 100;

impl Blob {
    /// Whether the hash is one: 64 hexadecimal digits, so that it is never a path.
    pub fn named_by_hash(&self) -> bool {
        let digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        self.hash.len() == 64 && self.hash.bytes().all(digit)
    }
}

/// A value in a field. An empty field has no value at all: see [`Fields`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "t", content = "v", rename_all = "snake_case")]
pub enum Value {
    /// Text, rich text, a choice's name, a number given by a sequence.
    Text(Arc<str>),
    Number(Decimal),
    Bool(bool),
    Date(NaiveDate),
    Month(Month),
    /// UTC.
    Moment(DateTime<Utc>),
    /// A record, or a line where the link points to a table.
    Link(Id),
    /// Names of several options.
    Choices(Vec<Arc<str>>),
    Files(Vec<Blob>),
    Lines(Vec<Line>),
}

/// The values of a record or a line by field; a field that is not in the map is empty.
pub type Fields = IndexMap<Name, Value>;

/// Why a JSON value does not fit a field. `code` is stable; `with` fills the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    pub code: &'static str,
    pub with: String,
}
impl Misfit {
    fn new(code: &'static str, with: impl ToString) -> Self {
        Self {
            code,
            with: with.to_string(),
        }
    }
}

/// How a link was named by the sender: by id, or by the key of the record it points to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Named {
    Id(Id),
    Key(String),
}

impl Value {
    /// The decimal, if this is a number.
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(n) => Some(*n),
            _ => None,
        }
    }
    /// The text, if this is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            _ => None,
        }
    }
    /// The id linked to, if this is a link.
    pub fn link(&self) -> Option<Id> {
        match self {
            Self::Link(id) => Some(*id),
            _ => None,
        }
    }
    /// The lines, if this is a child table.
    pub fn lines(&self) -> &[Line] {
        match self {
            Self::Lines(lines) => lines,
            _ => &[],
        }
    }
    /// Reads one JSON value for a field that is neither a link nor lines (the caller resolves
    /// those: a link may be named by key). Empty text and null are no value. A number is text or
    /// a whole JSON number, and must not have more digits than the field keeps.
    pub fn of_json(field: &Field, json: &serde_json::Value) -> Result<Option<Self>, Misfit> {
        if json.is_null() || json.as_str() == Some("") {
            return Ok(None);
        }
        let text = || json.as_str().ok_or_else(|| Misfit::new("not_text", ""));
        let value = match &field.kind {
            Kind::Text(k) => {
                let text = text()?;
                k.check(text)
                    .map_err(|code| Misfit::new(code, k.max.unwrap_or_default()))?;
                Self::Text(text.into())
            }
            Kind::Rich(_) | Kind::Sequence(_) => Self::Text(text()?.into()),
            Kind::Number(_) | Kind::Money(_) | Kind::Quantity(_) => {
                let scale = field.scale().unwrap_or(0);
                let digits = match json {
                    serde_json::Value::Number(n) if n.is_i64() || n.is_u64() => n.to_string(),
                    serde_json::Value::String(s) => s.trim().replace(',', ""),
                    _ => return Err(Misfit::new("not_a_number", "")),
                };
                let d: Decimal = digits
                    .parse()
                    .map_err(|_| Misfit::new("not_a_number", ""))?;
                let d = decimal::exact(d, scale).map_err(|e| match e {
                    decimal::Unfit::Digits(..) => Misfit::new("too_many_digits", scale),
                    decimal::Unfit::Large(_) => Misfit::new("too_large", ""),
                })?;
                if let Kind::Number(k) = &field.kind {
                    if k.min.is_some_and(|m| d < Decimal::from(m)) {
                        return Err(Misfit::new("too_small", k.min.unwrap_or_default()));
                    }
                    if k.max.is_some_and(|m| d > Decimal::from(m)) {
                        return Err(Misfit::new("too_large", k.max.unwrap_or_default()));
                    }
                }
                Self::Number(d)
            }
            Kind::Date(_) => {
                Self::Date(day::of_text(text()?).ok_or_else(|| Misfit::new("not_a_date", ""))?)
            }
            Kind::Month(_) => Self::Month(
                text()?
                    .parse()
                    .map_err(|()| Misfit::new("not_a_month", ""))?,
            ),
            Kind::Moment(_) => Self::Moment(
                day::moment_of_text(text()?).ok_or_else(|| Misfit::new("not_a_moment", ""))?,
            ),
            Kind::Switch(_) => Self::Bool(
                json.as_bool()
                    .ok_or_else(|| Misfit::new("not_a_switch", ""))?,
            ),
            Kind::Choice(k) => {
                let text = text()?;
                if !k.options.contains_key(text) {
                    return Err(Misfit::new("no_such_option", text));
                }
                Self::Text(text.into())
            }
            Kind::Choices(k) => {
                let list = json
                    .as_array()
                    .ok_or_else(|| Misfit::new("not_a_list", ""))?;
                let mut names: Vec<Arc<str>> = Vec::with_capacity(list.len());
                for option in list {
                    let text = option.as_str().ok_or_else(|| Misfit::new("not_text", ""))?;
                    if !k.options.contains_key(text) {
                        return Err(Misfit::new("no_such_option", text));
                    }
                    if !names.iter().any(|n| &**n == text) {
                        names.push(text.into());
                    }
                }
                if names.is_empty() {
                    return Ok(None);
                }
                Self::Choices(names)
            }
            Kind::Attachment(_) | Kind::Image(_) => {
                let files: Vec<Blob> = serde_json::from_value(json.clone())
                    .map_err(|_| Misfit::new("not_a_file", ""))?;
                if files.is_empty() {
                    return Ok(None);
                }
                if files.len() > FILES_MAX {
                    return Err(Misfit::new("too_many_files", FILES_MAX));
                }
                if files.iter().any(|f| !f.named_by_hash()) {
                    return Err(Misfit::new("not_a_file", ""));
                }
                Self::Files(files)
            }
            Kind::Link(_) | Kind::Lines(_) => return Err(Misfit::new("not_a_value", "")),
        };
        Ok(Some(value))
    }

    /// The JSON of a value that is neither lines nor a link with a title. Numbers become text
    /// with exactly the digits they carry; a link becomes its id.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::{Value as J, json};
        match self {
            Self::Text(t) => J::String(t.to_string()),
            Self::Number(n) => J::String(n.to_string()),
            Self::Bool(b) => J::Bool(*b),
            Self::Date(d) => J::String(d.to_string()),
            Self::Month(m) => J::String(m.to_string()),
            Self::Moment(m) => J::String(m.to_rfc3339_opts(SecondsFormat::Micros, true)),
            Self::Link(id) => J::String(id.to_string()),
            Self::Choices(names) => json!(names),
            Self::Files(files) => json!(files),
            Self::Lines(lines) => J::Array(
                lines
                    .iter()
                    .map(|line| {
                        let mut out = serde_json::Map::new();
                        out.insert("id".into(), json!(line.id));
                        for (name, value) in &line.values {
                            out.insert(name.to_string(), value.to_json());
                        }
                        J::Object(out)
                    })
                    .collect(),
            ),
        }
    }
}

impl Named {
    /// How a link is named in JSON: `"<id>"`, `{ "id": … }`, `{ "key": … }`, or a bare key.
    pub fn of_json(json: &serde_json::Value) -> Result<Option<Self>, Misfit> {
        let bad = || Misfit::new("not_a_link", "");
        match json {
            serde_json::Value::Null => Ok(None),
            serde_json::Value::String(s) if s.is_empty() => Ok(None),
            serde_json::Value::String(s) => Ok(Some(
                s.parse()
                    .map(Self::Id)
                    .unwrap_or_else(|_| Self::Key(s.clone())),
            )),
            serde_json::Value::Object(o) => match (o.get("id"), o.get("key")) {
                (Some(id), _) => {
                    let id = id.as_str().and_then(|s| s.parse().ok()).ok_or_else(bad)?;
                    Ok(Some(Self::Id(id)))
                }
                (None, Some(key)) => Ok(Some(Self::Key(key.as_str().ok_or_else(bad)?.into()))),
                _ => Err(bad()),
            },
            _ => Err(bad()),
        }
    }
}
