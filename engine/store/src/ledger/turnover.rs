//! Turnover: what went in and out between two days.

use super::{
    Measures,
    read::{group_by, month_of, month_start, month_text, read_dimensions, seen},
};
use crate::{
    Failure, Scope, Tables, Tx,
    cell::{Cell, Type},
    query::{Builder, Place},
    table::LedgerTable,
};
use chrono::{Days, Months, NaiveDate};
use model::{Fields, Filter, Month, Name, Ref};

/// How turnover is split over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Every {
    /// One sum over all days.
    #[default]
    All,
    Month,
}

/// Which turnover.
#[derive(Clone, Debug, PartialEq)]
pub struct Turnover {
    pub ledger: Ref,
    /// First and last day, both included.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// One row for each combination of these dimensions.
    pub by: Vec<Name>,
    pub every: Every,
    /// Over dimensions.
    pub filter: Filter,
    pub limit: u32,
}

/// What moved.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnoverRow {
    pub dimensions: Fields,
    /// With [`Every::Month`].
    pub month: Option<Month>,
    /// Sums of what was added.
    pub into: Measures,
    /// Sums of what was taken, as positive numbers.
    pub out: Measures,
}

impl Tx {
    /// What went in and out between two days, grouped by some dimensions (and months), in their
    /// order. Whole months come from the turnover kept by month, the days at the edges from
    /// entries.
    pub async fn turnover(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        ask: &Turnover,
    ) -> Result<Vec<TurnoverRow>, Failure> {
        let table = tables.ledger(&ask.ledger)?.clone();
        let place = Place::Ledger(table.clone(), false);
        let mut b = Builder::new(tables, scope, self.dialect());
        group_by(&b, &place, &table, &ask.by)?;
        let seen = seen(&b, &place, &table)?;
        let monthly = ask.every == Every::Month;
        let mut types: Vec<Type> = ask.by.iter().map(|d| table.dimensions[d].kind()).collect();
        let mut groups: Vec<String> = (0..ask.by.len()).map(|n| format!("u.d{n}")).collect();
        if monthly {
            types.push(Type::Text);
            groups.push("u.month".into());
        }
        types.extend(
            seen.iter()
                .flat_map(|m| [Type::Number(table.measures[m]); 2]),
        );
        b.sql.push("select ");
        for group in &groups {
            b.sql.push(group).push(", ");
        }
        for n in 0..seen.len() {
            b.sql.push(&format!("sum(u.i{n}), sum(u.o{n}), "));
        }
        b.sql.push("1 from (");
        let mut first = true;
        for (from, whole) in ranges(&table, ask.from, ask.to) {
            b.sql.push(if first { "" } else { " union all " });
            first = false;
            part(&mut b, &place, &table, ask, &seen, (from, whole))?;
        }
        b.sql.push(") as u");
        if !groups.is_empty() {
            b.sql.push(" group by ").push(&groups.join(", "));
        }
        b.sql.push(" having false");
        for n in 0..seen.len() {
            b.sql
                .push(&format!(" or sum(u.i{n}) <> 0 or sum(u.o{n}) <> 0"));
        }
        if !groups.is_empty() {
            b.sql.push(" order by ").push(&groups.join(", "));
        }
        b.sql.push(" limit ").bind(ask.limit.clamp(1, 10_000));
        let (text, binds) = b.sql.done();
        let mut out = Vec::new();
        for mut row in self.rows(text, &binds, &types).await? {
            let dimensions = read_dimensions(&table, &ask.by, &mut row)?;
            let month = if monthly { Some(row.text()?) } else { None };
            let month = month
                .map(|m| m.parse().map_err(|()| Failure::corrupt("_month")))
                .transpose()?;
            let (mut into, mut gone) = (Measures::new(), Measures::new());
            for name in &seen {
                into.insert(name.clone(), row.maybe_number()?.unwrap_or_default());
                gone.insert(name.clone(), row.maybe_number()?.unwrap_or_default());
            }
            out.push(TurnoverRow {
                dimensions,
                month,
                into,
                out: gone,
            });
        }
        Ok(out)
    }
}

/// The days to sum, each range with whether it is whole months.
fn ranges(
    table: &LedgerTable,
    from: NaiveDate,
    to: NaiveDate,
) -> Vec<((NaiveDate, NaiveDate), bool)> {
    // The first day of the first whole month, and of the month after the last whole one.
    let first = match month_start(from) {
        start if start == from => start,
        start => start + Months::new(1),
    };
    let end = month_start(to + Days::new(1));
    if !table.by_month() || first >= end {
        return vec![((from, to), false)];
    }
    let mut out = vec![((first, end - Days::new(1)), true)];
    if from < first {
        out.push(((from, first - Days::new(1)), false));
    }
    if end <= to {
        out.push(((end, to), false));
    }
    out
}

fn part(
    b: &mut Builder,
    place: &Place,
    table: &LedgerTable,
    ask: &Turnover,
    seen: &[Name],
    ((from, to), whole): ((NaiveDate, NaiveDate), bool),
) -> Result<(), Failure> {
    b.sql.push("select ");
    for (n, name) in ask.by.iter().enumerate() {
        b.sql.column("t", name).push(&format!(" as d{n}, "));
    }
    if ask.every == Every::Month {
        let month = if whole {
            "t.\"_month\""
        } else {
            month_text(b.sql.dialect)
        };
        b.sql.push(month).push(" as month, ");
    }
    for (n, name) in seen.iter().enumerate() {
        if whole {
            b.sql
                .column("t", &format!("{name}__in"))
                .push(&format!(" as i{n}, "));
            b.sql
                .column("t", &format!("{name}__out"))
                .push(&format!(" as o{n}, "));
        } else {
            let mut side = |sign: &str, then: &str, label: char| {
                b.sql
                    .push("case when ")
                    .column("t", name)
                    .push(sign)
                    .push(" then ")
                    .push(then);
                b.sql
                    .column("t", name)
                    .push(&format!(" else 0 end as {label}{n}, "));
            };
            side(" > 0", "", 'i');
            side(" < 0", "-", 'o');
        }
    }
    let from_table = if whole {
        &table.periods
    } else {
        &table.entries
    };
    b.sql
        .push("1 as one from ")
        .name(from_table)
        .push(" t where ");
    b.visible(place, "t")?;
    b.sql.push(" and ");
    b.filter(place, "t", &ask.filter)?;
    let (column, low, high): (_, Cell, Cell) = if whole {
        ("_month", month_of(from).into(), month_of(to).into())
    } else {
        ("_date", from.into(), to.into())
    };
    b.sql
        .push(" and ")
        .column("t", column)
        .push(" >= ")
        .bind(low);
    b.sql
        .push(" and ")
        .column("t", column)
        .push(" <= ")
        .bind(high);
    Ok(())
}
