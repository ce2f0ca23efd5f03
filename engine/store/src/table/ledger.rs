//! The tables of a ledger: entries, balances now, turnover by month.

use super::{Column, fit};
use crate::{
    Failure,
    cell::{Cell, Type},
    sql::{Insert, pg_array, quoted},
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
    pub texts: Texts,
}

/// Statements of a posting, made once. Those of PostgreSQL take whole columns; `?` marks a value
/// in those that wait for the end of the command.
#[derive(Debug)]
pub(crate) struct Texts {
    /// `_key, _seq, _date`, measures: of one key (SQLite), of keys under lock in order, of keys.
    pub lite_read: Arc<str>,
    pub pg_lock: Arc<str>,
    pub pg_read: Arc<str>,
    /// Makes missing rows and locks all, in order of the keys. `_key`, dimensions.
    pub pg_make: Arc<str>,
    /// `_key, _seq, _date`, dimensions, measures of a key that is new.
    pub lite_new: Arc<str>,
    /// `_seq, _date`, measures to add, `_key`.
    pub lite_add: Arc<str>,
    /// `_key, _seq, _date`, measures to add.
    pub pg_add: Arc<str>,
    /// `_key, _month, _bucket`, dimensions, in and out of each measure to add.
    pub lite_month: Arc<str>,
    pub pg_month: Arc<str>,
    pub pg_entries: Arc<str>,
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
        let balances = fit(format!("b_{base}"));
        let periods = fit(format!("p_{base}"));
        let texts = Texts::new(
            &all,
            &entries,
            &balances,
            &periods,
            (&dimensions, &measures),
        );
        Ok(Self {
            ledger: ledger.clone(),
            balances,
            periods,
            entries,
            texts,
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

/// `a, b, c` of quoted names.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|n| quoted(n).into_owned())
        .collect::<Vec<_>>()
        .join(", ")
}

/// `?::type[], …` for whole columns.
fn arrays(columns: &[(String, Type)]) -> String {
    columns
        .iter()
        .map(|(_, kind)| format!("?::{}", pg_array(*kind)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `$1, $2, …`.
fn places(count: usize) -> String {
    (1..=count)
        .map(|n| format!("${n}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn owned(columns: &[(&str, Type)]) -> Vec<(String, Type)> {
    columns.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect()
}

impl Texts {
    fn new(
        all: &[(&str, Type)],
        entries: &str,
        balances: &str,
        periods: &str,
        (dimensions, measures): (&IndexMap<Name, Column>, &IndexMap<Name, u32>),
    ) -> Self {
        let (b, p) = (quoted(balances), quoted(periods));
        let fields: Vec<(String, Type)> = dimensions
            .values()
            .map(|c| (c.name.to_string(), c.kind()))
            .collect();
        let amounts: Vec<(String, Type)> = measures
            .iter()
            .map(|(n, s)| (n.to_string(), Type::Number(*s)))
            .collect();
        let read = format!(
            "select \"_key\", \"_seq\", \"_date\"{} from {b}",
            amounts.iter().fold(String::new(), |mut s, (n, _)| {
                let _ = write!(s, ", {}", quoted(n));
                s
            })
        );
        let head = owned(&[
            ("_key", Type::Bytes),
            ("_seq", Type::Int),
            ("_date", Type::Date),
        ]);
        let key: Vec<_> = head[..1].iter().chain(&fields).cloned().collect();
        let keyed = listed(key.iter().map(|c| c.0.as_str()));
        let pg_make = format!(
            "insert into {b} ({keyed}) select {keyed} from unnest({}) as d({keyed}) \
             order by \"_key\" on conflict (\"_key\") do update set \"_seq\" = 0 where false",
            key.iter()
                .enumerate()
                .map(|(n, (_, kind))| format!("${}::{}", n + 1, pg_array(*kind)))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let added: Vec<_> = head
            .iter()
            .chain(&fields)
            .chain(&amounts)
            .cloned()
            .collect();
        let sums = |set: &[(String, Type)], of: &str, from: &str| {
            set.iter().fold(String::new(), |mut s, (n, _)| {
                let n = quoted(n);
                let _ = write!(s, ", {n} = {of}.{n} + {from}.{n}");
                s
            })
        };
        let names = listed(added.iter().map(|c| c.0.as_str()));
        let lite_new = format!("insert into {b} ({names}) values ({})", places(added.len()));
        let mut lite_add =
            format!("update {b} set \"_seq\" = $1, \"_date\" = max(coalesce(\"_date\", ''), $2)");
        for (n, (name, _)) in amounts.iter().enumerate() {
            let name = quoted(name);
            let _ = write!(lite_add, ", {name} = {name} + ${}", n + 3);
        }
        let _ = write!(lite_add, " where \"_key\" = ${}", amounts.len() + 3);
        let plain: Vec<_> = head.iter().chain(&amounts).cloned().collect();
        // Every row is there already and locked. The conflict makes PostgreSQL use the key's
        // index, whatever it believed about the size of the table when it made its plan.
        let plain_names = listed(plain.iter().map(|c| c.0.as_str()));
        let pg_add = format!(
            "insert into {b} ({plain_names}) select * from unnest({}) \
             on conflict (\"_key\") do update set \"_seq\" = excluded.\"_seq\", \
             \"_date\" = greatest({b}.\"_date\", excluded.\"_date\"){}",
            arrays(&plain),
            sums(&amounts, &b, "excluded")
        );
        let month = owned(&[
            ("_key", Type::Bytes),
            ("_month", Type::Text),
            ("_bucket", Type::Int),
        ]);
        let sides: Vec<(String, Type)> = amounts
            .iter()
            .flat_map(|(n, k)| [(format!("{n}__in"), *k), (format!("{n}__out"), *k)])
            .collect();
        let monthly: Vec<_> = month.iter().chain(&fields).chain(&sides).cloned().collect();
        let names = listed(monthly.iter().map(|c| c.0.as_str()));
        let conflict = format!(
            "on conflict (\"_key\", \"_month\", \"_bucket\") do update set \
             \"_bucket\" = excluded.\"_bucket\"{}",
            sums(&sides, &p, "excluded")
        );
        let all = owned(all);
        Self {
            lite_read: format!("{read} where \"_key\" = $1").into(),
            pg_lock: format!("{read} where \"_key\" = any($1) order by \"_key\" for update").into(),
            pg_read: format!("{read} where \"_key\" = any($1)").into(),
            pg_make: pg_make.into(),
            lite_new: lite_new.into(),
            lite_add: lite_add.into(),
            pg_add: pg_add.into(),
            lite_month: format!(
                "insert into {p} ({names}) values ({}) {conflict}",
                places(monthly.len())
            )
            .into(),
            pg_month: format!(
                "insert into {p} ({names}) select {names} from unnest({}) as d({names}) \
                 order by \"_key\", \"_month\" {conflict}",
                arrays(&monthly)
            )
            .into(),
            pg_entries: format!(
                "insert into {} ({}) select * from unnest({})",
                quoted(entries),
                listed(all.iter().map(|c| c.0.as_str())),
                arrays(&all)
            )
            .into(),
        }
    }
}
