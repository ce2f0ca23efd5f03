//! How one form is worked out: its values in order, its flags, its checks.

use crate::{
    expr::tree::{Compiled, Read},
    form::Say,
};
use indexmap::IndexMap;
use model::{Given, Name, Path, form::Level};
use std::sync::Arc;

/// A form's rules, compiled.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Fields that are given a value, each after everything it reads.
    pub(crate) order: Vec<Slot>,
    pub(crate) header: IndexMap<Name, Flags>,
    pub(crate) tables: IndexMap<Name, IndexMap<Name, Flags>>,
    pub(crate) checks: Vec<CheckPlan>,
    /// Sections that are not always shown, with the fields they hold.
    pub(crate) sections: Vec<(Switch, Vec<Name>)>,
}

/// A field of the header or of a table, and where its value comes from.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) table: Option<Name>,
    pub(crate) field: Name,
    pub(crate) default: Option<DefaultPlan>,
    pub(crate) copy: Option<Arc<Compiled>>,
    /// What makes the copy run again: own stored fields it reads, through live ones.
    pub(crate) inputs: Vec<Read>,
    pub(crate) computed: Option<Arc<Compiled>>,
    pub(crate) live: Option<Arc<Compiled>>,
}
impl Slot {
    /// Every expression that gives it a value.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Arc<Compiled>> {
        let default = match &self.default {
            Some(DefaultPlan::Expr(c)) => Some(c),
            _ => None,
        };
        let all = [
            default,
            self.copy.as_ref(),
            self.computed.as_ref(),
            self.live.as_ref(),
        ];
        all.into_iter().flatten()
    }
    /// `field` or `table.field`.
    pub(crate) fn name(&self) -> String {
        match &self.table {
            Some(table) => format!("{table}.{}", self.field),
            None => self.field.to_string(),
        }
    }
}

impl Plan {
    /// Works out what makes each copy run again. A live value is not stored, so it cannot be
    /// compared with what it was; what it reads can.
    pub(super) fn find_inputs(&mut self) {
        let live: Vec<(Option<Name>, Name, Vec<Read>)> = self
            .order
            .iter()
            .filter_map(|slot| {
                let reads = slot.live.as_ref()?.reads.clone();
                Some((slot.table.clone(), slot.field.clone(), reads))
            })
            .collect();
        for slot in &mut self.order {
            let Some(copy) = &slot.copy else { continue };
            let mut todo = copy.reads.clone();
            while let Some(read) = todo.pop() {
                let (table, field) = match &read {
                    Read::Header(table, Some(column)) => (Some(table), column),
                    Read::Header(field, None) => (None, field),
                    Read::Line(field) => (slot.table.as_ref(), field),
                };
                let found = live
                    .iter()
                    .find(|(t, f, _)| t.as_ref() == table && f == field);
                match (found, &read) {
                    (None, _) if !slot.inputs.contains(&read) => slot.inputs.push(read),
                    (None, _) => {}
                    // Of a live column of every line: what it reads of its line, of every line.
                    (Some((Some(table), _, reads)), Read::Header(..)) => {
                        todo.extend(reads.iter().map(|read| match read {
                            Read::Line(f) => Read::Header(table.clone(), Some(f.clone())),
                            other => other.clone(),
                        }));
                    }
                    (Some((_, _, reads)), _) => todo.extend(reads.iter().cloned()),
                }
            }
        }
    }
}

/// A default: written out, or worked out.
#[derive(Debug, Clone)]
pub(crate) enum DefaultPlan {
    Given(Given),
    Expr(Arc<Compiled>),
}

/// A flag that may depend on the record.
#[derive(Debug, Clone)]
pub(crate) enum Switch {
    Always(bool),
    When(Arc<Compiled>),
}

/// The flags of one field.
#[derive(Debug)]
pub(crate) struct Flags {
    pub(crate) required: Switch,
    pub(crate) readonly: Switch,
    pub(crate) shown: Switch,
}

/// A check of the form or of one of its tables.
#[derive(Debug)]
pub(crate) struct CheckPlan {
    pub(crate) name: Name,
    pub(crate) table: Option<Name>,
    pub(crate) fails: Arc<Compiled>,
    pub(crate) at: Path,
    pub(crate) on: Option<Name>,
    pub(crate) level: Level,
    pub(crate) say: Say,
}
