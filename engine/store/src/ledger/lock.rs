//! Locking balances: in the one order of 5.3.1, ascending ledger and key bytes.

use super::Measures;
use crate::{
    Failure, Tables, Tx,
    cell::{Cell, Row, Type, cells},
    sql::Dialect,
    table::LedgerTable,
};
use chrono::NaiveDate;
use model::{Fields, Ref};
use std::collections::{BTreeMap, HashMap};

/// A balance that nobody else changes until the end of the command.
#[derive(Clone, Debug, PartialEq)]
pub struct Locked {
    pub ledger: Ref,
    /// 16 bytes over the dimensions; see the ledger's tables.
    pub key: [u8; 16],
    pub dimensions: Fields,
    /// Stored measures now; zero for a key without entries.
    pub measures: Measures,
    /// Of its latest posting; the next is greater.
    pub seq: i64,
    /// The day of its latest entry by date.
    pub last: Option<NaiveDate>,
}

/// What a row of balances says.
struct Stored {
    seq: i64,
    last: Option<NaiveDate>,
    measures: Measures,
}

fn read(table: &LedgerTable, row: &mut Row) -> Result<([u8; 16], Stored), Failure> {
    let key = row.bytes()?;
    let key: [u8; 16] = (&*key).try_into().map_err(|_| Failure::corrupt("_key"))?;
    let (seq, last) = (row.int()?, row.maybe_date()?);
    let mut measures = Measures::new();
    for name in table.measures.keys() {
        measures.insert(name.clone(), row.number()?);
    }
    let stored = Stored {
        seq,
        last,
        measures,
    };
    Ok((key, stored))
}

fn types(table: &LedgerTable) -> Vec<Type> {
    let mut types = vec![Type::Bytes, Type::Int, Type::Date];
    types.extend(table.measures.values().map(|s| Type::Number(*s)));
    types
}

impl Tx {
    /// Locks the balances of these keys of ledgers and reads them, in the order asked; a key
    /// asked twice is given twice. Ledgers that keep no balance now give nothing to hold on to:
    /// they are left out. Where a command posts several times, the keys of each call should come
    /// after those of the one before (5.3.1); a deadlock is run again.
    pub async fn lock_balances(
        &mut self,
        tables: &Tables,
        wanted: &[(Ref, Fields)],
    ) -> Result<Vec<Locked>, Failure> {
        if self.posted {
            // What this command posted before counts.
            self.flush().await?;
        }
        // By ledger and key, both ascending: the lock order.
        let mut sorted: BTreeMap<&Ref, BTreeMap<[u8; 16], &Fields>> = BTreeMap::new();
        let mut asked = Vec::with_capacity(wanted.len());
        for (ledger, dimensions) in wanted {
            let table = tables.ledger(ledger)?;
            if table.current() {
                let key = table.key(dimensions)?;
                sorted.entry(ledger).or_default().insert(key, dimensions);
                asked.push((ledger, key));
            }
        }
        let mut found: HashMap<(&Ref, [u8; 16]), Locked> = HashMap::new();
        for (ledger, keys) in sorted {
            let table = tables.ledger(ledger)?.clone();
            let mut stored = match self.dialect() {
                Dialect::Sqlite => self.read_keys(&table, &keys).await?,
                Dialect::Postgres => self.lock_keys(&table, &keys).await?,
            };
            for (key, dimensions) in keys {
                let stored = stored.remove(&key).unwrap_or_else(|| Stored {
                    seq: 0,
                    last: None,
                    measures: zero(&table),
                });
                let locked = Locked {
                    ledger: ledger.clone(),
                    key,
                    dimensions: dimensions.clone(),
                    measures: stored.measures,
                    seq: stored.seq,
                    last: stored.last,
                };
                found.insert((ledger, key), locked);
            }
        }
        Ok(asked.iter().filter_map(|k| found.get(k).cloned()).collect())
    }

    /// SQLite: there is one writer, so reading is enough.
    async fn read_keys(
        &mut self,
        table: &LedgerTable,
        keys: &BTreeMap<[u8; 16], &Fields>,
    ) -> Result<HashMap<[u8; 16], Stored>, Failure> {
        let types = types(table);
        let mut out = HashMap::new();
        for key in keys.keys() {
            let row = self
                .row(&table.texts.lite_read, &cells![&key[..]], &types)
                .await?;
            if let Some(mut row) = row {
                let (key, stored) = read(table, &mut row)?;
                out.insert(key, stored);
            }
        }
        Ok(out)
    }

    /// PostgreSQL: one statement where all rows are known to exist; otherwise they are made and
    /// locked in one pass in order (a second pass over what is missing could meet another
    /// command's locks out of order), and read after it.
    async fn lock_keys(
        &mut self,
        table: &LedgerTable,
        keys: &BTreeMap<[u8; 16], &Fields>,
    ) -> Result<HashMap<[u8; 16], Stored>, Failure> {
        let list: Vec<[u8; 16]> = keys.keys().copied().collect();
        let any = || {
            Cell::List(
                Type::Bytes,
                list.iter().map(|k| Cell::from(&k[..])).collect(),
            )
        };
        let known = self.known.all(&list);
        if !known {
            let mut columns = vec![any()];
            for column in table.dimensions.values() {
                let cells = keys
                    .values()
                    .map(|d| column.cell(d.get(&column.name)))
                    .collect::<Result<_, _>>()?;
                columns.push(Cell::List(column.kind(), cells));
            }
            self.run(&table.texts.pg_make, &columns).await?;
        }
        let text = if known {
            &table.texts.pg_lock
        } else {
            &table.texts.pg_read
        };
        let mut out = HashMap::new();
        for mut row in self.rows(text, &[any()], &types(table)).await? {
            let (key, stored) = read(table, &mut row)?;
            out.insert(key, stored);
        }
        if out.len() == list.len() {
            self.known.learn(&list);
            return Ok(out);
        }
        self.known.forget(&list);
        Err(self.run_again("a balance row is not there any more"))
    }
}

/// Zero of every measure.
pub(crate) fn zero(table: &LedgerTable) -> Measures {
    table
        .measures
        .iter()
        .map(|(n, scale)| (n.clone(), model::Decimal::new(0, *scale)))
        .collect()
}
