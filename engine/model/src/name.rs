//! Names, references between definitions, and ids of records.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{cell::RefCell, fmt, str::FromStr, sync::Arc};
use uuid::Uuid;

/// Words an expression could not read as a field: rhai's keywords and reserved words.
pub const RESERVED: &[&str] = &[
    "if",
    "else",
    "switch",
    "do",
    "while",
    "until",
    "loop",
    "for",
    "in",
    "continue",
    "break",
    "return",
    "let",
    "const",
    "fn",
    "this",
    "private",
    "import",
    "export",
    "as",
    "true",
    "false",
    "throw",
    "try",
    "catch",
    "is",
    "var",
    "new",
    "match",
    "default",
    "case",
    "with",
    "shared",
    "sync",
    "async",
    "await",
    "yield",
    "use",
    "static",
    "package",
    "module",
    "super",
    "spawn",
    "thread",
    "go",
    "nil",
    "null",
    "void",
    "public",
    "protected",
    "goto",
    "print",
    "debug",
    "eval",
    "call",
    "curry",
    "type_of",
    "is_def_var",
    "is_def_fn",
    "is_shared",
    "global",
    "exit",
];

/// Longest name; PostgreSQL cuts identifiers at 63 bytes and a table's name holds two of them.
pub const NAME_MAX: usize = 41;

/// An identity for ever: `[a-z][a-z0-9_]{0,40}`, no `__`, none of [`RESERVED`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// Why a text is not a [`Name`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name: lower-case letters, digits and _, at most 41, no keyword")]
pub struct BadName(pub String);

impl Name {
    /// Parses a name; refuses what no expression or table could carry.
    pub fn new(text: &str) -> Result<Self, BadName> {
        let mut chars = text.chars();
        let good = chars.next().is_some_and(|c| c.is_ascii_lowercase())
            && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && text.len() <= NAME_MAX
            && !text.contains("__")
            && !RESERVED.contains(&text);
        if good {
            Ok(Self(text.into()))
        } else {
            Err(BadName(text.into()))
        }
    }
    /// A name the engine itself uses (`status`, `post`); not for text from outside.
    pub fn known(text: &'static str) -> Self {
        Self(text.into())
    }
    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl FromStr for Name {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        Self::new(text)
    }
}
impl Serialize for Name {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(d)?).map_err(de::Error::custom)
    }
}

thread_local! {
    /// The package whose files are being parsed: what a reference without a slash is relative to.
    static READING: RefCell<Option<Name>> = const { RefCell::new(None) };
}

/// Runs `parse` with `package` as the home of references that name no package.
pub fn reading<T>(package: &Name, parse: impl FnOnce() -> T) -> T {
    let before = READING.with(|r| r.replace(Some(package.clone())));
    let out = parse();
    READING.with(|r| r.replace(before));
    out
}

/// A definition of a package: `package/name`. In a file the own package may be left out.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ref {
    pub package: Name,
    pub name: Name,
}

impl Ref {
    /// `package/name` from its parts.
    pub fn new(package: &Name, name: &Name) -> Self {
        Self {
            package: package.clone(),
            name: name.clone(),
        }
    }
    /// Parses `package/name`, or `name` with `home` as its package.
    pub fn within(home: &Name, text: &str) -> Result<Self, BadName> {
        match text.split_once('/') {
            Some((package, name)) => Ok(Self {
                package: package.parse()?,
                name: name.parse()?,
            }),
            None => Ok(Self {
                package: home.clone(),
                name: text.parse()?,
            }),
        }
    }
}
impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.package, self.name)
    }
}
impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Ref {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        let (package, name) = text.split_once('/').ok_or_else(|| BadName(text.into()))?;
        Ok(Self {
            package: package.parse()?,
            name: name.parse()?,
        })
    }
}
impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        READING
            .with(|r| match &*r.borrow() {
                Some(home) => Self::within(home, &text),
                None => text.parse(),
            })
            .map_err(de::Error::custom)
    }
}

/// What a link points to: a form, or the lines of one of its tables (`form.table`).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    pub form: Ref,
    pub table: Option<Name>,
}
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.table {
            Some(table) => write!(f, "{}.{table}", self.form),
            None => self.form.fmt(f),
        }
    }
}
impl Serialize for Target {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let (form, table) = match text.split_once('.') {
            Some((form, table)) => (form, Some(table.parse().map_err(de::Error::custom)?)),
            None => (text.as_str(), None),
        };
        let form = Ref::deserialize(de::value::StrDeserializer::<D::Error>::new(form))?;
        Ok(Self { form, table })
    }
}

/// A dotted path through fields and links: `supplier.lead_days`, `lines.amount`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub Vec<Name>);

impl Path {
    /// The path of one field.
    pub fn one(name: &Name) -> Self {
        Self(vec![name.clone()])
    }
    /// The first step.
    pub fn head(&self) -> &Name {
        &self.0[0]
    }
    /// The steps after the first.
    pub fn tail(&self) -> &[Name] {
        &self.0[1..]
    }
}
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(".")?;
            }
            f.write_str(step)?;
        }
        Ok(())
    }
}
impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Path {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        text.split('.')
            .map(Name::new)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}
impl Serialize for Path {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// The id of a record, line, user, instance, task or entry: a time-ordered uuid (version 7).
/// Ids are drawn outside `model` and `kernel`, or derived from a seed with [`Id::derived`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(pub Uuid);

impl Id {
    /// An id that follows from a seed: the same parts give the same id, on every database.
    /// Keeps the time bits of `seed`, so that ids stay ordered.
    pub fn derived(seed: Id, parts: &[&str]) -> Self {
        let mut hash = blake3::Hasher::new();
        hash.update(seed.0.as_bytes());
        for part in parts {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let mut bytes = *seed.0.as_bytes();
        bytes[6..].copy_from_slice(&hash.finalize().as_bytes()[..10]);
        bytes[6] = (bytes[6] & 0x0f) | 0x70;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(Uuid::from_bytes(bytes))
    }
    /// An id at a moment (milliseconds since 1970) with the given random bits.
    pub fn at(millis: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl FromStr for Id {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self)
    }
}
