//! Roles, seals and grants of a package.

use crate::{Look, Name, Path, Ref, Verb, access::Rows};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// `roles.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Roles {
    #[serde(default)]
    pub roles: IndexMap<Name, Role>,
    #[serde(default)]
    pub seals: IndexMap<Name, Seal>,
    #[serde(default)]
    pub grants: IndexMap<Name, Grant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    pub label: String,
    /// Held within a record of this form (a branch, a warehouse).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Ref>,
    /// Whoever holds it runs the site: packages, users, tasks that nobody else can take.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub administers: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A seal on fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seal {
    pub label: String,
    /// How a sealed field looks without the grant: hidden, or masked.
    #[serde(default = "hidden")]
    pub look: Look,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
fn hidden() -> Look {
    Look::Hidden
}

/// Who may do what with which rows. Exactly one of form, ledger, register is named.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Grant {
    pub to: Grantee,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Ref>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Ref>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<Ref>,
    #[serde(default, skip_serializing_if = "Rows::is_empty")]
    pub rows: Rows,
    pub may: Vec<Verb>,
    /// Seals this grant opens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opens: Vec<Name>,
    /// What this grant gives for a field; left out: edit where it may edit or create, else read.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<Path, Look>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// To whom a grant is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grantee {
    Everyone,
    Role(Ref),
}
impl Serialize for Grantee {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everyone => s.serialize_str("everyone"),
            Self::Role(r) => s.collect_str(&format_args!("role:{r}")),
        }
    }
}
impl<'de> Deserialize<'de> for Grantee {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::{Error, value::StrDeserializer};
        let text = String::deserialize(d)?;
        match (text.as_str(), text.strip_prefix("role:")) {
            ("everyone", _) => Ok(Self::Everyone),
            (_, Some(role)) => {
                Ref::deserialize(StrDeserializer::<D::Error>::new(role)).map(Self::Role)
            }
            _ => Err(D::Error::custom("a grant is to `everyone` or `role:name`")),
        }
    }
}
