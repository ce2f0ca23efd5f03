//! Registers: what holds from a day on. Kept as records of a form derived from the register, so
//! lists, rights and search work on them as on any form.

use crate::{Field, Flag, Form, FormKind, Kind, Name, Ref, field};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A register: values by key from a day on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Register {
    #[serde(skip, default = "crate::form::nowhere")]
    pub name: Ref,
    pub label: String,
    pub dimensions: IndexMap<Name, Field>,
    pub values: IndexMap<Name, Field>,
    /// Tried in order, the first hit answers.
    pub chain: IndexMap<Name, ChainLink>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One try of a chain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChainLink {
    pub label: String,
    /// The dimensions that must agree; the others must be empty in the row.
    pub by: Vec<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Register {
    /// The form its rows are kept as: the dimensions, `from`, `to`, the values.
    pub fn as_form(&self) -> Form {
        let day = |label: &str, required| Field {
            label: label.into(),
            required: Flag::Always(required),
            ..day_field()
        };
        let mut fields = IndexMap::new();
        for (name, dimension) in &self.dimensions {
            let mut dimension = dimension.clone();
            if !dimension.optional {
                dimension.required = Flag::Always(true);
            }
            fields.insert(name.clone(), dimension);
        }
        fields.insert(Name::known("from"), day("From", true));
        fields.insert(Name::known("to"), day("To", false));
        fields.extend(self.values.clone());
        let list = fields.keys().cloned().collect();
        Form {
            name: self.name.clone(),
            label: self.label.clone(),
            kind: FormKind::Catalog,
            key: None,
            title: None,
            workflow: None,
            fields,
            checks: IndexMap::new(),
            layout: IndexMap::new(),
            list,
            note: self.note.clone(),
        }
    }
}

/// A date field that says nothing about itself.
pub fn day_field() -> Field {
    Field {
        label: String::new(),
        help: None,
        required: Flag::Always(false),
        readonly: Flag::Always(false),
        shown: Flag::Always(true),
        default: None,
        copy: None,
        computed: None,
        live: None,
        sealed: None,
        after_post: false,
        optional: false,
        step: false,
        was: None,
        note: None,
        kind: Kind::Date(field::Date {}),
    }
}
