//! What a query string or a body may hold: one table that is checked, read from and documented.
//!
//! Comes in: text or JSON from outside. Goes out: [`Given`], in which every value has the kind its
//! key declares, or an [`Edge`] that names the first place that is wrong. A key that no table
//! names is refused.

use super::problem::Edge;
use chrono::NaiveDate;
use model::{Id, Name, Ref, canonical};
use serde_json::{Map, Value, json};

/// Kinds of what may be given.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number from zero.
    Whole,
    /// `true` or `false`; in a query string the bare name is `true`.
    Flag,
    /// `2026-03-10`.
    Day,
    Id,
    Ids,
    /// A name of a definition.
    Name,
    /// Names; commas between them in a query string.
    Names,
    /// Words with commas between them in a query string.
    Words,
    /// `package/name`.
    Ref,
    /// A JSON object with any keys: values of a form, a filter. What they mean is decided below.
    Map,
    /// A JSON object with these keys only.
    Object(&'static [Key]),
}

/// One thing that may be given.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    pub kind: Kind,
    pub needed: bool,
    pub says: &'static str,
}

/// A key that must be there.
pub const fn needed(name: &'static str, kind: Kind, says: &'static str) -> Key {
    Key {
        name,
        kind,
        needed: true,
        says,
    }
}

/// A key that may be left out.
pub const fn optional(name: &'static str, kind: Kind, says: &'static str) -> Key {
    Key {
        name,
        kind,
        needed: false,
        says,
    }
}

/// A value of the kind its key declares.
#[derive(Clone, Debug)]
enum Is {
    Text(String),
    Whole(u64),
    Flag(bool),
    Day(NaiveDate),
    Ids(Vec<Id>),
    Name(Name),
    Names(Vec<Name>),
    Words(Vec<String>),
    Ref(Ref),
    Map(Map<String, Value>),
    Object(Given),
}

/// What was given, checked against its table.
#[derive(Clone, Debug, Default)]
pub struct Given {
    table: &'static [Key],
    values: Vec<(&'static str, Is)>,
}

impl Given {
    /// Reads the pairs of a query string.
    pub fn of_query(table: &'static [Key], pairs: &[(String, String)]) -> Result<Self, Edge> {
        let mut out = Self {
            table,
            values: vec![],
        };
        for (name, text) in pairs {
            let key = find(table, name).ok_or_else(|| Edge::unknown_parameter(name))?;
            if out.has(key.name) {
                return Err(Edge::repeated_parameter(name));
            }
            if let Some(is) = of_text(key, text)? {
                out.values.push((key.name, is));
            }
        }
        out.complete("")
    }

    /// Reads a JSON body; `at` is the pointer of the object itself.
    pub fn of_json(table: &'static [Key], json: Value, at: &str) -> Result<Self, Edge> {
        let Value::Object(object) = json else {
            return Err(Edge::bad_value(at, "an object"));
        };
        let mut out = Self {
            table,
            values: vec![],
        };
        for (name, value) in object {
            let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            let key = find(table, &name).ok_or_else(|| Edge::unknown_key(&place, &name))?;
            if value.is_null() {
                continue;
            }
            out.values.push((key.name, of_value(key, value, &place)?));
        }
        out.complete(at)
    }

    fn complete(self, at: &str) -> Result<Self, Edge> {
        match self.table.iter().find(|k| k.needed && !self.has(k.name)) {
            Some(key) => Err(Edge::missing_key(&format!("{at}/{}", key.name), key.name)),
            None => Ok(self),
        }
    }

    /// Whether it was given.
    pub fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(n, _)| *n == name)
    }

    fn get(&self, name: &str) -> Option<&Is> {
        // A handler that asks for what its table does not offer would never get it.
        debug_assert!(
            find(self.table, name).is_some(),
            "`{name}` is not in the table"
        );
        self.values
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, is)| is)
    }

    /// The text, empty where none was given.
    pub fn text(&self, name: &str) -> &str {
        self.maybe_text(name).unwrap_or_default()
    }
    /// The text, if given.
    pub fn maybe_text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Is::Text(t)) => Some(t),
            _ => None,
        }
    }
    /// The whole number, if given.
    pub fn whole(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Some(Is::Whole(n)) => Some(*n),
            _ => None,
        }
    }
    /// Most rows wanted, if given; what does not fit is as good as the largest.
    pub fn limit(&self) -> Option<u32> {
        self.whole("limit")
            .map(|n| u32::try_from(n).unwrap_or(u32::MAX))
    }
    /// The version a command was made on. Zero, which no stored record has, where none was given.
    pub fn version(&self) -> u64 {
        self.whole("version").unwrap_or_default()
    }
    /// The switch; off where it was not given.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Is::Flag(true)))
    }
    /// The day, if given.
    pub fn day(&self, name: &str) -> Option<NaiveDate> {
        match self.get(name) {
            Some(Is::Day(d)) => Some(*d),
            _ => None,
        }
    }
    /// The id, if given.
    pub fn id(&self, name: &str) -> Option<Id> {
        match self.get(name) {
            Some(Is::Ids(ids)) => ids.first().copied(),
            _ => None,
        }
    }
    /// The id; refused by its place where none was given.
    pub fn needed_id(&self, name: &str) -> Result<Id, Edge> {
        self.id(name)
            .ok_or_else(|| Edge::missing_key(&format!("/{name}"), name))
    }
    /// The ids; none where it was not given.
    pub fn ids(&self, name: &str) -> Vec<Id> {
        match self.get(name) {
            Some(Is::Ids(ids)) => ids.clone(),
            _ => vec![],
        }
    }
    /// The name, if given.
    pub fn name(&self, name: &str) -> Option<Name> {
        match self.get(name) {
            Some(Is::Name(n)) => Some(n.clone()),
            _ => None,
        }
    }
    /// The name; refused by its place where none was given.
    pub fn needed_name(&self, name: &str) -> Result<Name, Edge> {
        self.name(name)
            .ok_or_else(|| Edge::missing_key(&format!("/{name}"), name))
    }
    /// The names; none where it was not given.
    pub fn names(&self, name: &str) -> Vec<Name> {
        match self.get(name) {
            Some(Is::Names(names)) => names.clone(),
            _ => vec![],
        }
    }
    /// The words; none where it was not given.
    pub fn words(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Is::Words(words)) => words.clone(),
            _ => vec![],
        }
    }
    /// The reference, if given.
    pub fn reference(&self, name: &str) -> Option<Ref> {
        match self.get(name) {
            Some(Is::Ref(r)) => Some(r.clone()),
            _ => None,
        }
    }
    /// The object; empty where it was not given.
    pub fn map(&self, name: &str) -> Map<String, Value> {
        self.maybe_map(name).unwrap_or_default()
    }
    /// The object, if given.
    pub fn maybe_map(&self, name: &str) -> Option<Map<String, Value>> {
        match self.get(name) {
            Some(Is::Map(m)) => Some(m.clone()),
            _ => None,
        }
    }
    /// The inner object, if given.
    pub fn object(&self, name: &str) -> Option<&Given> {
        match self.get(name) {
            Some(Is::Object(given)) => Some(given),
            _ => None,
        }
    }
}

fn find(table: &'static [Key], name: &str) -> Option<&'static Key> {
    table.iter().find(|k| k.name == name)
}

/// A value of a query string. An empty one counts as not given, as in the forms of a browser.
fn of_text(key: &'static Key, text: &str) -> Result<Option<Is>, Edge> {
    let bad = || Edge::bad_value(key.name, key.kind.says());
    if let Kind::Flag = key.kind {
        return match text {
            "" | "true" | "1" => Ok(Some(Is::Flag(true))),
            "false" | "0" => Ok(Some(Is::Flag(false))),
            _ => Err(bad()),
        };
    }
    if text.is_empty() {
        return Ok(None);
    }
    let parts = || text.split(',').map(str::trim).filter(|p| !p.is_empty());
    let is = match key.kind {
        Kind::Whole => Is::Whole(text.parse().map_err(|_| bad())?),
        Kind::Ids => Is::Ids(
            parts()
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(|_| bad())?,
        ),
        Kind::Names => Is::Names(
            parts()
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(|_| bad())?,
        ),
        Kind::Words => Is::Words(parts().map(str::to_string).collect()),
        Kind::Map | Kind::Object(_) => {
            let json = canonical::parse(text).map_err(|e| Edge::not_json(key.name, &e))?;
            of_value(key, json, key.name)?
        }
        Kind::Text | Kind::Word(_) | Kind::Day | Kind::Id | Kind::Name | Kind::Ref | Kind::Flag => {
            of_value(key, Value::String(text.to_string()), key.name)?
        }
    };
    Ok(Some(is))
}

fn of_value(key: &'static Key, value: Value, at: &str) -> Result<Is, Edge> {
    let bad = || Edge::bad_value(at, key.kind.says());
    let is = match (key.kind, value) {
        // A NUL can be kept by neither database.
        (Kind::Text, Value::String(s)) if !s.contains('\0') => Is::Text(s),
        (Kind::Word(words), Value::String(s)) if words.contains(&s.as_str()) => Is::Text(s),
        (Kind::Whole, Value::Number(n)) => Is::Whole(n.as_u64().ok_or_else(bad)?),
        (Kind::Flag, Value::Bool(b)) => Is::Flag(b),
        (Kind::Day, Value::String(s)) => Is::Day(model::day::of_text(&s).ok_or_else(bad)?),
        (Kind::Id, Value::String(s)) => Is::Ids(vec![s.parse().map_err(|_| bad())?]),
        (Kind::Ids, Value::Array(a)) => Is::Ids(parsed(a).ok_or_else(bad)?),
        (Kind::Name, Value::String(s)) => Is::Name(s.parse().map_err(|_| bad())?),
        (Kind::Names, Value::Array(a)) => Is::Names(parsed(a).ok_or_else(bad)?),
        (Kind::Words, Value::Array(a)) => Is::Words(parsed(a).ok_or_else(bad)?),
        (Kind::Ref, Value::String(s)) => Is::Ref(s.parse().map_err(|_| bad())?),
        (Kind::Map, Value::Object(o)) => Is::Map(o),
        (Kind::Object(table), inner) => Is::Object(Given::of_json(table, inner, at)?),
        _ => return Err(bad()),
    };
    Ok(is)
}

fn parsed<T: std::str::FromStr>(array: Vec<Value>) -> Option<Vec<T>> {
    array.iter().map(|v| v.as_str()?.parse().ok()).collect()
}

impl Kind {
    /// What is wanted, in English, for the sentence of a refusal.
    fn says(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Word(_) => "one of the known words",
            Self::Whole => "a whole number",
            Self::Flag => "true or false",
            Self::Day => "a day as 2026-03-10",
            Self::Id => "an id",
            Self::Ids => "a list of ids",
            Self::Name => "a name",
            Self::Names => "a list of names",
            Self::Words => "a list of words",
            Self::Ref => "package/name",
            Self::Map | Self::Object(_) => "an object",
        }
    }
    /// The JSON Schema of it in a body.
    pub fn schema(self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Word(words) => json!({ "type": "string", "enum": words }),
            Self::Whole => json!({ "type": "integer", "minimum": 0 }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Day => json!({ "type": "string", "format": "date" }),
            Self::Id => json!({ "type": "string", "format": "uuid" }),
            Self::Ids => {
                json!({ "type": "array", "items": { "type": "string", "format": "uuid" } })
            }
            Self::Name => json!({ "$ref": "#/components/schemas/Name" }),
            Self::Names => {
                json!({ "type": "array", "items": { "$ref": "#/components/schemas/Name" } })
            }
            Self::Words => json!({ "type": "array", "items": { "type": "string" } }),
            Self::Ref => json!({ "$ref": "#/components/schemas/Ref" }),
            Self::Map => json!({ "type": "object" }),
            Self::Object(table) => object_schema(table),
        }
    }
    /// The JSON Schema of it in a query string: lists are written with commas, objects as JSON.
    pub fn query_schema(self) -> Value {
        match self {
            Self::Map | Self::Object(_) => {
                json!({ "type": "string", "contentMediaType": "application/json" })
            }
            Self::Ids | Self::Names | Self::Words => json!({ "type": "string" }),
            other => other.schema(),
        }
    }
}

/// The JSON Schema of a body with these keys.
pub fn object_schema(table: &[Key]) -> Value {
    let mut properties = Map::new();
    for key in table {
        let mut schema = key.kind.schema();
        if let Value::Object(o) = &mut schema {
            o.insert("description".into(), key.says.into());
        }
        properties.insert(key.name.into(), schema);
    }
    let required: Vec<&str> = table.iter().filter(|k| k.needed).map(|k| k.name).collect();
    let mut out = json!({ "type": "object", "properties": properties });
    if let Value::Object(o) = &mut out {
        if !required.is_empty() {
            o.insert("required".into(), json!(required));
        }
        o.insert("additionalProperties".into(), false.into());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Key] = &[
        needed("version", Kind::Whole, ""),
        optional("values", Kind::Map, ""),
        optional("q", Kind::Text, ""),
        optional("by", Kind::Names, ""),
    ];

    fn query(text: &str) -> Result<Given, Edge> {
        let pairs: Vec<(String, String)> = text
            .split('&')
            .filter_map(|p| p.split_once('='))
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect();
        Given::of_query(TABLE, &pairs)
    }

    #[test]
    fn what_no_table_names_is_refused_with_its_place() {
        let code = |r: Result<Given, Edge>| r.map(|_| ()).map_err(|e| (e.code, e.at));
        let said = |code, at: &str| Err((code, at.to_string()));
        assert_eq!(code(query("version=1&x=1")), said("unknown_parameter", "x"));
        assert_eq!(
            code(query("version=1&version=2")),
            said("repeated_parameter", "version")
        );
        assert_eq!(code(query("version=one")), said("bad_value", "version"));
        assert_eq!(
            code(query("version=1&values=[]")),
            said("bad_value", "values")
        );
        assert_eq!(code(query("q=a")), said("missing_key", "/version"));
        let body = |v| code(Given::of_json(TABLE, v, ""));
        assert_eq!(
            body(json!({ "version": 1, "a/b": 1 })),
            said("unknown_key", "/a~1b")
        );
        assert_eq!(
            body(json!({ "version": "1" })),
            said("bad_value", "/version")
        );
        assert_eq!(body(json!([])), said("bad_value", ""));
    }

    #[test]
    fn what_is_given_comes_back_in_its_kind() {
        let given = query("version=7&values={\"a\":1}&by=item, warehouse&q=").unwrap();
        assert_eq!(given.version(), 7);
        assert_eq!(given.map("values").len(), 1);
        assert_eq!(given.names("by").len(), 2);
        assert!(!given.has("q"));
    }
}
