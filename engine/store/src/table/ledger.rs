//! The tables of a ledger: entries, balances now, turnover by month.

use super::{Column, fit};
use crate::{
    Failure,
    cell::{Cell, Type},
    sql::Insert,
};
use indexmap::IndexMap;
use model::{Fields, Ledger, Name, ledger::Balance};
use std::{fmt::Write, sync::Arc};

/// The columns every entry has. Names of a package never begin with `_`.
pub(crate) const ENTRY: &[(&str, Type)] = &[
    ("_posting", Type::Id),
    ("_n", Type::Int),
    ("_line", Type::Id),
    ("_rule", Type::Text),
    ("_date", Type::Date),
    ("_seq", Type::Int),
    ("_key", Type::Bytes),
];

/// The tables of a ledger.
#[derive(Debug)]
pub(crate) struct LedgerTable {
    pub ledger: Arc<Ledger>,
    /// `e_<package>__<ledger>`.
    pub entries: String,
    /// `b_<package>__<ledger>`.
    pub balances: String,
    /// `p_<package>__<ledger>`.
    pub periods: String,
    pub dimensions: IndexMap<Name, Column>,
    pub attributes: IndexMap<Name, Column>,
    /// Stored measures and their digits after the point.
    pub measures: IndexMap<Name, u32>,
    pub insert: Insert,
}

impl LedgerTable {
    pub(crate) fn compile(ledger: &Arc<Ledger>) -> Result<Self, Failure> {
        let base = format!("{}__{}", ledger.name.package, ledger.name.name);
        let columns = |fields: &IndexMap<Name, model::Field>| {
            fields
                .iter()
                .filter_map(|(n, f)| Some((n.clone(), Column::of(n, f)?)))
                .collect::<IndexMap<_, _>>()
        };
        let dimensions = columns(&ledger.dimensions);
        let attributes = columns(&ledger.attributes);
        let measures: IndexMap<Name, u32> = ledger
            .stored()
            .map(|(n, m)| (n.clone(), m.scale()))
            .collect();
        for name in attributes.keys().chain(measures.keys()) {
            let twice = dimensions.contains_key(name)
                || (attributes.contains_key(name) && measures.contains_key(name));
            if twice {
                return Err(Failure::bad(
                    "reserved_name",
                    format!("{}.{name}", ledger.name),
                ));
            }
        }
        let entries = fit(format!("e_{base}"));
        let mut all = ENTRY.to_vec();
        let fields = dimensions.values().chain(attributes.values());
        all.extend(fields.map(|c| (c.name.as_str(), c.kind())));
        all.extend(measures.iter().map(|(n, s)| (n.as_str(), Type::Number(*s))));
        let insert = Insert::new(&entries, &all, "");
        Ok(Self {
            ledger: ledger.clone(),
            balances: fit(format!("b_{base}")),
            periods: fit(format!("p_{base}")),
            entries,
            dimensions,
            attributes,
            measures,
            insert,
        })
    }
    /// Whether the balance now is kept.
    pub(crate) fn current(&self) -> bool {
        self.ledger.balance == Balance::Current
    }
    /// Whether turnover by month is kept.
    pub(crate) fn by_month(&self) -> bool {
        self.ledger.balance != Balance::None
    }
    /// The key of a combination of dimensions: 16 bytes of a hash over the names and values of
    /// those that are not empty, so that a dimension added later leaves old keys as they are.
    /// Keys are locked in the order of their bytes.
    pub(crate) fn key(&self, dimensions: &Fields) -> Result<[u8; 16], Failure> {
        let mut named: Vec<(&Name, Cell)> = Vec::with_capacity(self.dimensions.len());
        for (name, column) in &self.dimensions {
            if let Some(value) = dimensions.get(name) {
                named.push((name, column.cell(Some(value))?));
            }
        }
        named.sort_by(|a, b| a.0.cmp(b.0));
        let mut hash = blake3::Hasher::new();
        let mut text = String::new();
        for (name, cell) in named {
            text.clear();
            let _ = match cell {
                Cell::Id(id) => write!(text, "{id}"),
                Cell::Text(t) => write!(text, "{t}"),
                Cell::Date(d) => write!(text, "{d}"),
                Cell::Moment(m) => write!(text, "{}", m.timestamp_micros()),
                Cell::Bool(b) => write!(text, "{b}"),
                Cell::Number(d, _) => write!(text, "{d}"),
                other => write!(text, "{other:?}"),
            };
            hash.update(&(name.len() as u32).to_le_bytes());
            hash.update(name.as_bytes());
            hash.update(&(text.len() as u32).to_le_bytes());
            hash.update(text.as_bytes());
        }
        let mut key = [0; 16];
        key.copy_from_slice(&hash.finalize().as_bytes()[..16]);
        Ok(key)
    }
}
