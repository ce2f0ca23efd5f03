//! The table of a form, and of each of its child tables.

use super::{Codec, Column, fit};
use crate::{
    Failure,
    cell::Type,
    sql::{Insert, Text, pg_array, quoted},
};
use indexmap::IndexMap;
use model::{Form, FormKind, Name, Target, field::Lines};
use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Arc, Mutex},
};

/// The columns every record has, in the order of the table. A tree also has `parent`.
pub(crate) const SYSTEM: &[(&str, Type)] = &[
    ("id", Type::Id),
    ("version", Type::Int),
    ("status", Type::Text),
    ("created_at", Type::Moment),
    ("created_by", Type::Id),
    ("updated_at", Type::Moment),
    ("updated_by", Type::Id),
    ("parent", Type::Id),
    ("_title", Type::Text),
    ("_typed", Type::Text),
];

/// The table of a form.
#[derive(Debug)]
pub(crate) struct FormTable {
    pub form: Arc<Form>,
    /// `f_<package>__<form>`.
    pub name: String,
    /// SQLite's full-text table, `s_<package>__<form>`.
    pub words: String,
    /// The fields of the header that have a column.
    pub columns: IndexMap<Name, Column>,
    pub lines: IndexMap<Name, LineTable>,
    pub insert: Insert,
    /// Texts of updates by the set of columns they write.
    pub updates: Mutex<HashMap<Vec<u16>, Arc<str>>>,
}

/// The table of a child table.
#[derive(Debug)]
pub(crate) struct LineTable {
    /// `f_<package>__<form>__<table>`.
    pub name: String,
    /// The table's name before.
    pub was: Option<String>,
    pub columns: IndexMap<Name, Column>,
    /// Whether links point to its lines, so that they are looked up by id.
    pub targeted: bool,
    pub insert: Insert,
    /// Updates a line: SQLite's text, then PostgreSQL's for all lines at once. The values stand
    /// in the order position, fields, record, id.
    pub update: (Text, Text),
    /// The types of all its columns.
    pub types: Vec<Type>,
    /// All its columns: `"id", "record", "_n", …`.
    pub select: String,
}

impl FormTable {
    pub(crate) fn compile(form: &Arc<Form>, targeted: &[&Target]) -> Result<Self, Failure> {
        let base = format!("{}__{}", form.name.package, form.name.name);
        let mut columns = IndexMap::new();
        let mut lines = IndexMap::new();
        for (name, field) in &form.fields {
            if SYSTEM.iter().any(|(s, _)| *s == name.as_str()) {
                return Err(Failure::bad(
                    "reserved_name",
                    format!("{}.{name}", form.name),
                ));
            }
            if let Some(column) = Column::of(name, field) {
                columns.insert(name.clone(), column);
            }
            if let Some(table) = field.as_lines() {
                let hit = targeted
                    .iter()
                    .any(|t| t.form == form.name && t.table.as_ref() == Some(name));
                let was = field.was.as_ref().map(|w| fit(format!("f_{base}__{w}")));
                let table = LineTable::compile(fit(format!("f_{base}__{name}")), was, table, hit)?;
                lines.insert(name.clone(), table);
            }
        }
        let name = fit(format!("f_{base}"));
        let tree = form.kind == FormKind::Tree;
        let mut all: Vec<(&str, Type)> = SYSTEM
            .iter()
            .filter(|(s, _)| tree || *s != "parent")
            .copied()
            .collect();
        all.extend(columns.values().map(|c| (c.name.as_str(), c.kind())));
        let insert = Insert::new(&name, &all, "");
        Ok(Self {
            form: form.clone(),
            words: fit(format!("s_{base}")),
            name,
            columns,
            lines,
            insert,
            updates: Mutex::new(HashMap::new()),
        })
    }
    /// Whether its records have a parent.
    pub(crate) fn tree(&self) -> bool {
        self.form.kind == FormKind::Tree
    }
    /// The type of a column every record has, if this form has it.
    pub(crate) fn system(&self, name: &str) -> Option<Type> {
        if name.starts_with('_') || (name == "parent" && !self.tree()) {
            return None;
        }
        SYSTEM.iter().find(|(s, _)| *s == name).map(|(_, t)| *t)
    }
    /// The columns of each index beside that of the id, and whether it is unique. Every other
    /// index also holds the id, so that a page of a list can be read from it in order.
    pub(crate) fn indexes(&self) -> Vec<(Vec<String>, bool)> {
        let alone = |name: &str| (vec![name.to_owned(), "id".into()], false);
        let mut out = vec![alone("created_by")];
        if self.form.kind == FormKind::Document || self.form.workflow.is_some() {
            out.push(alone("status"));
        }
        if self.tree() {
            out.push(alone("parent"));
        }
        let dated = self.form.dated_by();
        for column in self.columns.values() {
            let link = matches!(column.codec, Codec::Link(_));
            let wanted = link
                || self.form.key.as_ref() == Some(&column.name)
                || self.form.sequence().is_some_and(|(n, _)| *n == column.name)
                || dated == Some(&column.name);
            if column.unique {
                out.push((vec![column.name.to_string()], true));
            } else if wanted {
                out.push(alone(&column.name));
            }
            // The list of what belongs to one, by date: its page is read without sorting all.
            if let (true, Some(date)) = (link && self.form.list.contains(&column.name), dated) {
                let columns = vec![column.name.to_string(), date.to_string(), "id".into()];
                out.push((columns, false));
            }
        }
        out
    }
}

impl LineTable {
    fn compile(
        name: String,
        was: Option<String>,
        lines: &Lines,
        targeted: bool,
    ) -> Result<Self, Failure> {
        let mut columns = IndexMap::new();
        for (field, f) in &lines.fields {
            if matches!(field.as_str(), "id" | "record") {
                return Err(Failure::bad("reserved_name", format!("{name}.{field}")));
            }
            if let Some(column) = Column::of(field, f) {
                columns.insert(field.clone(), column);
            }
        }
        let mut all = vec![("id", Type::Id), ("record", Type::Id), ("_n", Type::Int)];
        all.extend(columns.values().map(|c| (c.name.as_str(), c.kind())));
        let insert = Insert::new(&name, &all, "");
        let update = update_texts(&name, &all);
        let select = all
            .iter()
            .map(|(c, _)| quoted(c))
            .collect::<Vec<_>>()
            .join(", ");
        let types = all.iter().map(|c| c.1).collect();
        Ok(Self {
            was,
            columns,
            targeted,
            insert,
            update,
            types,
            select,
            name,
        })
    }
}

/// Both texts that update lines. The values stand in the order position, fields, record, id.
fn update_texts(table: &str, columns: &[(&str, Type)]) -> (Text, Text) {
    let table = quoted(table);
    let mut order: Vec<(&str, Type)> = columns[2..].to_vec();
    order.extend([columns[1], columns[0]]);
    let written = order.len() - 2;
    let mut lite = format!("update {table} set ");
    let mut pg = format!("update {table} t set ");
    for (n, (name, _)) in order.iter().enumerate().take(written) {
        let (name, comma) = (quoted(name), if n > 0 { ", " } else { "" });
        let _ = write!(lite, "{comma}{name} = ${}", n + 1);
        let _ = write!(pg, "{comma}{name} = d.{name}");
    }
    let _ = write!(
        lite,
        " where \"record\" = ${} and \"id\" = ${}",
        written + 1,
        written + 2
    );
    pg.push_str(" from unnest(");
    for (n, (_, kind)) in order.iter().enumerate() {
        let comma = if n > 0 { ", " } else { "" };
        let _ = write!(pg, "{comma}${}::{}", n + 1, pg_array(*kind));
    }
    pg.push_str(") as d(");
    for (n, (name, _)) in order.iter().enumerate() {
        let comma = if n > 0 { ", " } else { "" };
        let _ = write!(pg, "{comma}{}", quoted(name));
    }
    pg.push_str(") where t.\"record\" = d.\"record\" and t.\"id\" = d.\"id\"");
    (lite.into(), pg.into())
}
