//! What a package is and what it needs.

use crate::{Name, Path, Ref};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// `manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub label: String,
    pub version: String,
    /// Language of the labels in place.
    pub language: String,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub needs: IndexMap<Name, String>,
    /// Languages in `i18n/` that must be complete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub translations: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Who stands behind a user; at most one package of a site says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Which form holds people, and where they belong. Paths start at that form.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    pub form: Ref,
    /// Link to the person above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<Path>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Path>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<Path>,
    /// Path to the head of the person's department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Path>,
    /// Where it is kept who stands in for whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substitutes: Option<Substitutes>,
}

/// Which form says who stands in for whom, and in which of its fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Substitutes {
    pub form: Ref,
    /// Link to the person who is away.
    pub who: Name,
    /// Link to the person who stands in.
    pub by: Name,
    /// The first day.
    pub from: Name,
    /// The last day; empty: until further notice.
    pub until: Name,
    /// A switch: the person has left for good, the other one acts in his own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<Name>,
}
