//! Expressions as text. What they mean is the kernel's business.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::sync::Arc;

/// One rhai expression, without its leading `= `.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Expr(Arc<str>);

impl Expr {
    /// The expression in `text`, if it begins with `= `.
    pub fn of(text: &str) -> Option<Self> {
        text.strip_prefix("= ").map(|e| Self(e.into()))
    }
    /// An expression from its source, without `= `.
    pub fn source(text: &str) -> Self {
        Self(text.into())
    }
    /// The source, without `= `.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("= {}", self.0))
    }
}
impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::of(&text).ok_or_else(|| de::Error::custom("an expression begins with `= `"))
    }
}

/// A value written in a package: itself, or an expression if it begins with `= `.
#[derive(Clone, PartialEq, Debug)]
pub enum Given {
    Expr(Expr),
    Text(Arc<str>),
    Number(rust_decimal::Decimal),
    Bool(bool),
    List(Vec<Given>),
}
impl Given {
    /// The expression, if this is one.
    pub fn expr(&self) -> Option<&Expr> {
        match self {
            Self::Expr(e) => Some(e),
            _ => None,
        }
    }
}
impl Serialize for Given {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Expr(e) => e.serialize(s),
            Self::Text(t) => s.serialize_str(t),
            Self::Number(n) => s.collect_str(n),
            Self::Bool(b) => s.serialize_bool(*b),
            Self::List(l) => l.serialize(s),
        }
    }
}
impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(match serde_json::Value::deserialize(d)? {
            serde_json::Value::Bool(b) => Self::Bool(b),
            serde_json::Value::Number(n) => {
                Self::Number(n.to_string().parse().map_err(de::Error::custom)?)
            }
            serde_json::Value::String(s) => match Expr::of(&s) {
                Some(e) => Self::Expr(e),
                None => Self::Text(s.into()),
            },
            serde_json::Value::Array(a) => Self::List(
                a.into_iter()
                    .map(|v| serde_json::from_value(v).map_err(de::Error::custom))
                    .collect::<Result<_, _>>()?,
            ),
            other => return Err(de::Error::custom(format!("`{other}` is no value"))),
        })
    }
}

/// A yes or no that may depend on the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Flag {
    Always(bool),
    When(Expr),
}
impl Flag {
    /// Whether this flag is the constant `no`.
    pub fn never(&self) -> bool {
        *self == Self::Always(false)
    }
    /// Whether this flag is the constant `yes`.
    pub fn always(&self) -> bool {
        *self == Self::Always(true)
    }
    /// The expression, if it depends on the record.
    pub fn expr(&self) -> Option<&Expr> {
        match self {
            Self::When(e) => Some(e),
            Self::Always(_) => None,
        }
    }
    pub(crate) fn no() -> Self {
        Self::Always(false)
    }
    pub(crate) fn yes() -> Self {
        Self::Always(true)
    }
}
impl Serialize for Flag {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Always(b) => s.serialize_bool(*b),
            Self::When(e) => e.serialize(s),
        }
    }
}
impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match Given::deserialize(d)? {
            Given::Bool(b) => Ok(Self::Always(b)),
            Given::Expr(e) => Ok(Self::When(e)),
            _ => Err(de::Error::custom("true, false or an expression")),
        }
    }
}
