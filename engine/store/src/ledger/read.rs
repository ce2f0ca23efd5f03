//! Balances at any day and entries, under a scope.

use super::{
    Measures,
    post::{Entry, entry_columns, read_entry},
};
use crate::{
    Failure, Scope, Tables, Tx,
    cell::{Cell, Row, Type, cells},
    query::{Builder, Place},
    sql::{Dialect, quoted},
    table::LedgerTable,
};
use chrono::NaiveDate;
use model::{Fields, Filter, Id, Look, Name, Path, Ref, Test, Value};
use std::{fmt::Write, sync::Arc};

/// Most rows of one answer.
const LONGEST: u32 = 10_000;

/// Which balances.
#[derive(Clone, Debug, PartialEq)]
pub struct Balances {
    pub ledger: Ref,
    /// At the end of this day; left out: now.
    pub at: Option<NaiveDate>,
    /// One row for each combination of these dimensions.
    pub by: Vec<Name>,
    /// Over dimensions.
    pub filter: Filter,
    pub limit: u32,
}

/// Which entries; newest day first.
#[derive(Clone, Debug, PartialEq)]
pub struct Entries {
    pub ledger: Ref,
    /// Over dimensions, attributes, measures, `date`, `posting`, `line`, `rule`.
    pub filter: Filter,
    /// Where the page before ended: the last row's [`EntryFound::cursor`].
    pub after: Option<String>,
    pub limit: u32,
}

/// An entry and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryFound {
    pub entry: Entry,
    pub posting: Id,
    /// `post`, `reverse`, …
    pub kind: String,
    pub form: Ref,
    pub record: Id,
    pub seq: i64,
    pub cursor: String,
}

/// Sums over the stored measures, as text to select.
pub(crate) struct Sums {
    pub text: String,
    pub types: Vec<Type>,
}
impl Sums {
    pub(crate) fn of(table: &LedgerTable, alias: &str) -> Self {
        let mut text = String::new();
        for name in table.measures.keys() {
            let _ = write!(text, ", sum({alias}.{})", quoted(name));
        }
        Self {
            text,
            types: table.measures.values().map(|s| Type::Number(*s)).collect(),
        }
    }
    /// The sums; zero where nothing was summed.
    pub(crate) fn read(&self, table: &LedgerTable, row: &mut Row) -> Result<Measures, Failure> {
        let mut out = Measures::new();
        for (name, scale) in &table.measures {
            let value = row.maybe_number()?;
            out.insert(
                name.clone(),
                value.unwrap_or_else(|| model::Decimal::new(0, *scale)),
            );
        }
        Ok(out)
    }
}

/// The measures the asker sees; the others are left out of the answer.
pub(crate) fn seen(b: &Builder, place: &Place, table: &LedgerTable) -> Result<Vec<Name>, Failure> {
    let grant = b.grant(place)?;
    Ok(table
        .measures
        .keys()
        .filter(|m| grant.is_none_or(|g| g.look(&Path::one(m)) >= Look::Read))
        .cloned()
        .collect())
}

/// Checks that the asker may group by these dimensions.
pub(crate) fn group_by(
    b: &Builder,
    place: &Place,
    table: &LedgerTable,
    by: &[Name],
) -> Result<(), Failure> {
    for name in by {
        b.step(place, name, &Path::one(name))?;
        if !table.dimensions.contains_key(name) {
            return Err(Failure::bad("unknown_field", name));
        }
    }
    Ok(())
}

/// The dimensions of a row that was grouped by them.
pub(crate) fn read_dimensions(
    table: &LedgerTable,
    by: &[Name],
    row: &mut Row,
) -> Result<Fields, Failure> {
    let mut out = Fields::new();
    for name in by {
        if let Some(value) = table.dimensions[name].codec.value(row.cell()?)? {
            out.insert(name.clone(), value);
        }
    }
    Ok(out)
}

/// The first day of a day's month.
pub(crate) fn month_start(day: NaiveDate) -> NaiveDate {
    use chrono::Datelike;
    day.with_day(1).unwrap_or(day)
}

/// The month as turnover is kept by.
pub(crate) fn month_of(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

impl Tx {
    /// Balances grouped by some dimensions, in their order; combinations without anything are
    /// left out. The dimensions and those stored measures that the asker sees.
    pub async fn balances(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        ask: &Balances,
    ) -> Result<Vec<(Fields, Measures)>, Failure> {
        let table = tables.ledger(&ask.ledger)?.clone();
        let place = Place::Ledger(table.clone(), false);
        let mut b = Builder::new(tables, scope, self.dialect());
        group_by(&b, &place, &table, &ask.by)?;
        let seen = seen(&b, &place, &table)?;
        let mut types: Vec<Type> = ask.by.iter().map(|d| table.dimensions[d].kind()).collect();
        types.extend(seen.iter().map(|m| Type::Number(table.measures[m])));
        b.sql.push("select ");
        for n in 0..ask.by.len() {
            b.sql.push(&format!("u.d{n}, "));
        }
        for n in 0..seen.len() {
            b.sql.push(&format!("sum(u.m{n}), "));
        }
        b.sql.push("1 from (");
        source(&mut b, &place, &table, ask, &seen)?;
        b.sql.push(") as u");
        let groups: Vec<String> = (0..ask.by.len()).map(|n| format!("u.d{n}")).collect();
        if !groups.is_empty() {
            b.sql.push(" group by ").push(&groups.join(", "));
        }
        b.sql.push(" having false");
        for n in 0..seen.len() {
            b.sql.push(&format!(" or sum(u.m{n}) <> 0"));
        }
        if !groups.is_empty() {
            b.sql.push(" order by ").push(&groups.join(", "));
        }
        b.sql.push(" limit ").bind(ask.limit.min(LONGEST));
        let (text, binds) = b.sql.done();
        let mut out = Vec::new();
        for mut row in self.rows(text, &binds, &types).await? {
            let dimensions = read_dimensions(&table, &ask.by, &mut row)?;
            let mut measures = Measures::new();
            for name in &seen {
                measures.insert(name.clone(), row.maybe_number()?.unwrap_or_default());
            }
            out.push((dimensions, measures));
        }
        Ok(out)
    }

    /// The stored measures of a key now, for the engine's own decisions. A dimension with `None`
    /// must be empty; one that is not named may be anything, and the rows are summed.
    pub async fn stored_balance(
        &mut self,
        tables: &Tables,
        ledger: &Ref,
        key: &[(Name, Option<Value>)],
    ) -> Result<Measures, Failure> {
        let table = tables.ledger(ledger)?.clone();
        let whole = table
            .dimensions
            .keys()
            .all(|d| key.iter().any(|(n, _)| n == d));
        if whole && table.current() {
            let dimensions: Fields = key
                .iter()
                .filter_map(|(n, v)| Some((n.clone(), v.clone()?)))
                .collect();
            let key = table.key(&dimensions)?;
            let sums = Sums::of(&table, "t");
            let text = format!(
                "select count(*){} from {} t where \"_key\" = $1",
                sums.text,
                quoted(&table.balances)
            );
            let mut types = sums.types.clone();
            types.insert(0, Type::Int);
            let row = self.row(text, &cells![&key[..]], &types).await?;
            let mut row = row.ok_or_else(|| Failure::corrupt("no sum"))?;
            row.int()?;
            return sums.read(&table, &mut row);
        }
        let filter = Filter::All(
            key.iter()
                .map(|(n, v)| {
                    let test = match v {
                        Some(v) => Test::Is(v.clone()),
                        None => Test::Empty(true),
                    };
                    Filter::Field(Path::one(n), test)
                })
                .collect(),
        );
        let ask = Balances {
            ledger: ledger.clone(),
            at: None,
            by: vec![],
            filter,
            limit: 1,
        };
        let found = self.balances(tables, &Scope::engine(), &ask).await?;
        Ok(found
            .into_iter()
            .next()
            .map_or_else(|| super::lock::zero(&table), |(_, m)| m))
    }

    /// A page of entries with where they come from.
    pub async fn entries(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        ask: &Entries,
    ) -> Result<Vec<EntryFound>, Failure> {
        let table = tables.ledger(&ask.ledger)?.clone();
        let place = Place::Ledger(table.clone(), true);
        let mut b = Builder::new(tables, scope, self.dialect());
        let hidden = hidden(&b, &place, &table)?;
        let (columns, mut types) = entry_columns(&table, "t");
        types.extend([Type::Text, Type::Id, Type::Text]);
        b.sql
            .push("select ")
            .push(&columns)
            .push(", p.form, p.record, p.kind from ");
        b.sql
            .name(&table.entries)
            .push(" t join posting p on p.id = t.\"_posting\" where ");
        b.visible(&place, "t")?;
        b.sql.push(" and ");
        b.filter(&place, "t", &ask.filter)?;
        if let Some(after) = &ask.after {
            let (date, seq, n, posting) = parse_cursor(after)?;
            b.sql
                .push(" and (t.\"_date\", t.\"_seq\", t.\"_n\", t.\"_posting\") < (");
            b.sql
                .bind(date)
                .push(", ")
                .bind(seq)
                .push(", ")
                .bind(n)
                .push(", ");
            b.sql.bind(posting).push(")");
        }
        b.sql.push(
            " order by t.\"_date\" desc, t.\"_seq\" desc, t.\"_n\" desc, t.\"_posting\" desc limit ",
        );
        b.sql.bind(ask.limit.clamp(1, LONGEST));
        let (text, binds) = b.sql.done();
        let mut out = Vec::new();
        for mut row in self.rows(text, &binds, &types).await? {
            let (posting, n, seq, mut entry) = read_entry(&table, &mut row)?;
            for name in &hidden {
                entry.dimensions.shift_remove(name);
                entry.attributes.shift_remove(name);
                entry.measures.shift_remove(name);
            }
            out.push(EntryFound {
                cursor: format!("{}.{seq}.{n}.{posting}", entry.date),
                posting,
                seq,
                form: row.parse()?,
                record: row.id()?,
                kind: row.string()?,
                entry,
            });
        }
        Ok(out)
    }
}

/// What of an entry the asker does not see.
fn hidden(b: &Builder, place: &Place, table: &Arc<LedgerTable>) -> Result<Vec<Name>, Failure> {
    let Some(grant) = b.grant(place)? else {
        return Ok(vec![]);
    };
    Ok(table
        .dimensions
        .keys()
        .chain(table.attributes.keys())
        .chain(table.measures.keys())
        .filter(|n| grant.look(&Path::one(n)) < Look::Read)
        .cloned()
        .collect())
}

fn parse_cursor(text: &str) -> Result<(NaiveDate, i64, i64, Id), Failure> {
    let bad = || Failure::bad("bad_cursor", "after");
    let mut parts = text.splitn(4, '.');
    let mut next = || parts.next().ok_or_else(bad);
    Ok((
        next()?.parse().map_err(|_| bad())?,
        next()?.parse().map_err(|_| bad())?,
        next()?.parse().map_err(|_| bad())?,
        next()?.parse().map_err(|_| bad())?,
    ))
}

/// Adds the rows balances are summed from: the balance now, or turnover of the months before and
/// the entries of the month itself (5.3.3).
fn source(
    b: &mut Builder,
    place: &Place,
    table: &LedgerTable,
    ask: &Balances,
    seen: &[Name],
) -> Result<(), Failure> {
    let part = |b: &mut Builder, from: &str, sides: bool, bounds: &[(&str, Cell)]| {
        b.sql.push("select ");
        for (n, name) in ask.by.iter().enumerate() {
            b.sql.column("t", name).push(&format!(" as d{n}, "));
        }
        for (n, name) in seen.iter().enumerate() {
            if sides {
                let (into, out) = (format!("{name}__in"), format!("{name}__out"));
                b.sql.column("t", &into).push(" - ").column("t", &out);
            } else {
                b.sql.column("t", name);
            }
            b.sql.push(&format!(" as m{n}, "));
        }
        b.sql.push("1 as one from ").name(from).push(" t where ");
        b.visible(place, "t")?;
        b.sql.push(" and ");
        b.filter(place, "t", &ask.filter)?;
        for (test, value) in bounds {
            b.sql.push(" and t.").push(test).bind(value.clone());
        }
        Ok::<_, Failure>(())
    };
    match ask.at {
        None if table.current() => part(b, &table.balances, false, &[]),
        None if table.by_month() => part(b, &table.periods, true, &[]),
        None => part(b, &table.entries, false, &[]),
        Some(day) if table.by_month() => {
            let start = month_start(day);
            let before = [("\"_month\" < ", Cell::from(month_of(day)))];
            part(b, &table.periods, true, &before)?;
            b.sql.push(" union all ");
            let within = [
                ("\"_date\" >= ", start.into()),
                ("\"_date\" <= ", day.into()),
            ];
            part(b, &table.entries, false, &within)
        }
        Some(day) => part(b, &table.entries, false, &[("\"_date\" <= ", day.into())]),
    }
}

/// Which expression gives a day's month.
pub(crate) fn month_text(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "substr(t.\"_date\", 1, 7)",
        Dialect::Postgres => "to_char(t.\"_date\", 'YYYY-MM')",
    }
}
