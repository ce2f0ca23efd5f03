//! Postings: all ledgers of one record in one go, balances and turnover with them (5 P7, P8).

use super::{Locked, Measures};
use crate::{
    Failure, Tables, Tx,
    cell::{Cell, Row, Type, cells, row},
    sql::{Dialect, Insert, columns, quoted},
    table::{ENTRY, LedgerTable},
};
use chrono::{DateTime, NaiveDate, Utc};
use indexmap::IndexMap;
use model::{Decimal, Fields, Id, Name, Ref, decimal};
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

/// Turnover rows of one key and month on PostgreSQL where no balance is locked (5.3.2).
const BUCKETS: u64 = 8;

/// A posting: why entries were written.
#[derive(Clone, Debug, PartialEq)]
pub struct Posting {
    pub id: Id,
    pub form: Ref,
    pub record: Id,
    /// The version of the record that was posted.
    pub version: u64,
    /// `post`, `reverse`, …; once for each version of a record.
    pub kind: String,
    /// The posting this one negates.
    pub reverses: Option<Id>,
    pub date: NaiveDate,
    /// The order of postings; given by [`Tx::post`].
    pub seq: i64,
    /// Which version of the rules wrote it.
    pub rules: String,
    /// Over the entries, as the kernel works it out.
    pub hash: Vec<u8>,
    pub at: DateTime<Utc>,
    pub by: Id,
}

/// An entry of a ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub ledger: Ref,
    /// The rule that wrote it.
    pub rule: Name,
    /// The line of the record it stands for.
    pub line: Option<Id>,
    pub date: NaiveDate,
    pub dimensions: Fields,
    pub attributes: Fields,
    /// Stored measures that are not zero.
    pub measures: Measures,
}

static POSTING: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "posting",
        &[
            ("id", Type::Id),
            ("form", Type::Text),
            ("record", Type::Id),
            ("version", Type::Int),
            ("kind", Type::Text),
            ("reverses", Type::Id),
            ("date", Type::Date),
            ("seq", Type::Int),
            ("rules", Type::Text),
            ("ledgers", Type::Text),
            ("hash", Type::Bytes),
            ("at", Type::Moment),
            ("by", Type::Id),
        ],
        "",
    )
});

const COLUMNS: &str =
    "id, form, record, version, kind, reverses, date, seq, rules, hash, at, \"by\"";
const TYPES: &[Type] = &[
    Type::Id,
    Type::Text,
    Type::Id,
    Type::Int,
    Type::Text,
    Type::Id,
    Type::Date,
    Type::Int,
    Type::Text,
    Type::Bytes,
    Type::Moment,
    Type::Id,
];

fn read(r: &mut Row) -> Result<Posting, Failure> {
    Ok(Posting {
        id: r.id()?,
        form: r.parse()?,
        record: r.id()?,
        version: r.count()?,
        kind: r.string()?,
        reverses: r.maybe_id()?,
        date: r.date()?,
        seq: r.int()?,
        rules: r.string()?,
        hash: r.bytes()?.to_vec(),
        at: r.moment()?,
        by: r.id()?,
    })
}

/// What a posting adds to one key.
struct Added<'a> {
    dimensions: &'a Fields,
    last: NaiveDate,
    sum: Vec<Decimal>,
    months: BTreeMap<String, Vec<(Decimal, Decimal)>>,
}

impl Tx {
    /// Writes a posting with its entries, and adds them to balances and turnover. Every key of a
    /// ledger that keeps its balance must be among `locked`. Gives the posting's place in the
    /// order. [`Failure::Duplicate`] (at the end of the command on PostgreSQL) if this version of
    /// the record was posted so already. Nothing in the command reads what this writes.
    pub async fn post(
        &mut self,
        tables: &Tables,
        posting: &Posting,
        entries: &[Entry],
        locked: &[Locked],
    ) -> Result<i64, Failure> {
        // Microseconds, so that places can be compared across keys; for one key always later.
        let mut seq = posting.at.timestamp_micros();
        for key in locked {
            seq = seq.max(key.seq + 1);
        }
        let mut by_ledger: IndexMap<&Ref, Vec<(usize, &Entry)>> = IndexMap::new();
        for (n, entry) in entries.iter().enumerate() {
            by_ledger.entry(&entry.ledger).or_default().push((n, entry));
        }
        let mut names: Vec<String> = by_ledger.keys().map(ToString::to_string).collect();
        names.sort();
        let row = row![
            posting.id,
            &posting.form,
            posting.record,
            posting.version,
            &posting.kind,
            posting.reverses,
            posting.date,
            seq,
            &posting.rules,
            names.join(","),
            &*posting.hash,
            posting.at,
            posting.by,
        ];
        self.append(&POSTING, vec![row]).await?;
        self.posted = self.dialect() == Dialect::Postgres;
        for (ledger, entries) in by_ledger {
            let table = tables.ledger(ledger)?.clone();
            let held: HashMap<[u8; 16], &Locked> = locked
                .iter()
                .filter(|l| l.ledger == *ledger)
                .map(|l| (l.key, l))
                .collect();
            let added = self.entries_in(&table, posting.id, seq, &entries).await?;
            if table.by_month() {
                self.add_months(&table, posting.id, &added).await?;
            }
            if table.current() {
                self.add_balances(&table, seq, &added, &held).await?;
            }
        }
        Ok(seq)
    }

    /// Writes the entries of one ledger; gives what they add, by key.
    async fn entries_in<'a>(
        &mut self,
        table: &LedgerTable,
        posting: Id,
        seq: i64,
        entries: &[(usize, &'a Entry)],
    ) -> Result<BTreeMap<[u8; 16], Added<'a>>, Failure> {
        let mut added: BTreeMap<[u8; 16], Added> = BTreeMap::new();
        let mut rows = Vec::with_capacity(entries.len());
        for (n, entry) in entries {
            if let Some(name) = entry
                .measures
                .keys()
                .find(|m| !table.measures.contains_key(*m))
            {
                return Err(Failure::bad("unknown_field", name));
            }
            let key = table.key(&entry.dimensions)?;
            let mut row = row![
                posting,
                *n,
                entry.line,
                &entry.rule,
                entry.date,
                seq,
                &key[..]
            ];
            for column in table.dimensions.values() {
                row.push(column.cell(entry.dimensions.get(&column.name))?);
            }
            for column in table.attributes.values() {
                row.push(column.cell(entry.attributes.get(&column.name))?);
            }
            let sum = added.entry(key).or_insert_with(|| Added {
                dimensions: &entry.dimensions,
                last: entry.date,
                sum: vec![Decimal::ZERO; table.measures.len()],
                months: BTreeMap::new(),
            });
            sum.last = sum.last.max(entry.date);
            let month = sum
                .months
                .entry(entry.date.format("%Y-%m").to_string())
                .or_insert_with(|| vec![Default::default(); table.measures.len()]);
            for (m, (name, scale)) in table.measures.iter().enumerate() {
                let value = entry.measures.get(name).copied().unwrap_or_default();
                let value = decimal::exact(value, *scale)
                    .map_err(|_| Failure::bad("too_many_digits", name))?;
                sum.sum[m] += value;
                if value.is_sign_negative() {
                    month[m].1 -= value;
                } else {
                    month[m].0 += value;
                }
                row.push(Cell::Number(value, *scale));
            }
            rows.push(row);
        }
        match self.dialect() {
            Dialect::Sqlite => self.insert(&table.insert, rows).await.map(|_| ())?,
            Dialect::Postgres => {
                let columns = table.insert.arrays(rows);
                self.append_one(&table.texts.pg_entries, columns).await?;
            }
        }
        Ok(added)
    }

    async fn add_balances(
        &mut self,
        table: &LedgerTable,
        seq: i64,
        added: &BTreeMap<[u8; 16], Added<'_>>,
        held: &HashMap<[u8; 16], &Locked>,
    ) -> Result<(), Failure> {
        let lite = self.dialect() == Dialect::Sqlite;
        let mut rows = Vec::with_capacity(added.len());
        for (key, sum) in added {
            let Some(held) = held.get(key) else {
                return Err(Failure::bad("not_locked", &table.ledger.name));
            };
            let mut amounts = Vec::with_capacity(table.measures.len());
            for ((name, scale), value) in table.measures.iter().zip(&sum.sum) {
                let before = held.measures.get(name).copied().unwrap_or_default();
                decimal::to_scaled(before + value, *scale)
                    .map_err(|_| Failure::bad("too_large", name))?;
                amounts.push(Cell::Number(*value, *scale));
            }
            let fresh = held.seq == 0 && held.last.is_none();
            match (lite, fresh) {
                (true, true) => {
                    let mut row = row![&key[..], seq, sum.last];
                    for column in table.dimensions.values() {
                        row.push(column.cell(sum.dimensions.get(&column.name))?);
                    }
                    row.extend(amounts);
                    self.run(&table.texts.lite_new, &row).await?;
                }
                (true, false) => {
                    let mut row = row![seq, sum.last];
                    row.extend(amounts);
                    row.push(Cell::from(&key[..]));
                    self.run(&table.texts.lite_add, &row).await?;
                }
                (false, _) => {
                    let mut row = row![&key[..], seq, sum.last];
                    row.extend(amounts);
                    rows.push(row);
                }
            }
        }
        if lite {
            return Ok(());
        }
        let mut types = vec![Type::Bytes, Type::Int, Type::Date];
        types.extend(table.measures.values().map(|s| Type::Number(*s)));
        self.append_rows(&table.texts.pg_add, &types, rows).await
    }

    async fn add_months(
        &mut self,
        table: &LedgerTable,
        posting: Id,
        added: &BTreeMap<[u8; 16], Added<'_>>,
    ) -> Result<(), Failure> {
        let lite = self.dialect() == Dialect::Sqlite;
        // Where the key is not locked anyway, commands spread over several rows.
        let bucket = if lite || table.current() {
            0
        } else {
            posting.0.as_u128() as u64 % BUCKETS
        };
        let mut rows = Vec::new();
        for (key, sum) in added {
            for (month, sides) in &sum.months {
                let mut row = row![&key[..], month, bucket];
                for column in table.dimensions.values() {
                    row.push(column.cell(sum.dimensions.get(&column.name))?);
                }
                for ((into, out), scale) in sides.iter().zip(table.measures.values()) {
                    row.push(Cell::Number(*into, *scale));
                    row.push(Cell::Number(*out, *scale));
                }
                rows.push(row);
            }
        }
        let mut types = vec![Type::Bytes, Type::Text, Type::Int];
        types.extend(table.dimensions.values().map(|c| c.kind()));
        types.extend(table.measures.values().flat_map(|s| [Type::Number(*s); 2]));
        if lite {
            let text = (&table.texts.lite_month).into();
            return self.each(&text, &text, &types, rows).await.map(|_| ());
        }
        self.append_rows(&table.texts.pg_month, &types, rows).await
    }

    /// Runs a statement over whole columns at the end of the command (PostgreSQL).
    async fn append_rows(
        &mut self,
        text: &std::sync::Arc<str>,
        types: &[Type],
        rows: Vec<Vec<Cell>>,
    ) -> Result<(), Failure> {
        let binds = columns(types, rows);
        self.append_one(text, binds).await
    }

    /// Postings in the order of their ids, after one of them.
    pub async fn postings(
        &mut self,
        after: Option<Id>,
        limit: u32,
    ) -> Result<Vec<Posting>, Failure> {
        let text = format!("select {COLUMNS} from posting where id > $1 order by id limit $2");
        let after = after.unwrap_or(Id(Default::default()));
        let mut rows = self.rows(text, &cells![after, limit], TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
    /// The postings of a record, oldest first.
    pub async fn postings_of(&mut self, record: Id) -> Result<Vec<Posting>, Failure> {
        let text = format!("select {COLUMNS} from posting where record = $1 order by seq, id");
        let mut rows = self.rows(text, &cells![record], TYPES).await?;
        rows.iter_mut().map(read).collect()
    }

    /// The entries of a posting, in order: what a reversal negates.
    pub async fn entries_of(
        &mut self,
        tables: &Tables,
        posting: Id,
    ) -> Result<Vec<Entry>, Failure> {
        let row = self
            .row(
                "select ledgers from posting where id = $1",
                &cells![posting],
                &[Type::Text],
            )
            .await?;
        let names = row.ok_or(Failure::NotFound)?.text()?;
        let mut out: Vec<(i64, Entry)> = Vec::new();
        for name in names.split(',').filter(|n| !n.is_empty()) {
            let name: Ref = name
                .parse()
                .map_err(|_| Failure::corrupt("posting.ledgers"))?;
            let table = tables.ledger(&name)?.clone();
            let (columns, types) = entry_columns(&table, "t");
            let text = format!(
                "select {columns} from {} t where \"_posting\" = $1 order by \"_n\"",
                quoted(&table.entries)
            );
            for mut row in self.rows(text, &cells![posting], &types).await? {
                let (_, n, _, entry) = read_entry(&table, &mut row)?;
                out.push((n, entry));
            }
        }
        out.sort_by_key(|(n, _)| *n);
        Ok(out.into_iter().map(|(_, e)| e).collect())
    }
}

/// Every column of an entry with an alias, and their types.
pub(crate) fn entry_columns(table: &LedgerTable, alias: &str) -> (String, Vec<Type>) {
    let system = ENTRY.iter().copied();
    let fields = table
        .dimensions
        .values()
        .chain(table.attributes.values())
        .map(|c| (c.name.as_str(), c.kind()));
    let amounts = table
        .measures
        .iter()
        .map(|(n, s)| (n.as_str(), Type::Number(*s)));
    let all: Vec<_> = system.chain(fields).chain(amounts).collect();
    let text: Vec<String> = all
        .iter()
        .map(|(n, _)| format!("{alias}.{}", quoted(n)))
        .collect();
    (text.join(", "), all.iter().map(|c| c.1).collect())
}

/// An entry as [`entry_columns`] read it: posting, place in it, order, entry.
pub(crate) fn read_entry(
    table: &LedgerTable,
    row: &mut Row,
) -> Result<(Id, i64, i64, Entry), Failure> {
    let (posting, n) = (row.id()?, row.int()?);
    let mut entry = Entry {
        ledger: table.ledger.name.clone(),
        line: row.maybe_id()?,
        rule: row.parse()?,
        date: row.date()?,
        dimensions: Fields::new(),
        attributes: Fields::new(),
        measures: Measures::new(),
    };
    let seq = row.int()?;
    row.bytes()?;
    for column in table.dimensions.values() {
        if let Some(value) = column.codec.value(row.cell()?)? {
            entry.dimensions.insert(column.name.clone(), value);
        }
    }
    for column in table.attributes.values() {
        if let Some(value) = column.codec.value(row.cell()?)? {
            entry.attributes.insert(column.name.clone(), value);
        }
    }
    for name in table.measures.keys() {
        let value = row.number()?;
        if !value.is_zero() {
            entry.measures.insert(name.clone(), value);
        }
    }
    Ok((posting, n, seq, entry))
}
