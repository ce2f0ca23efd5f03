//! Lists: filter, sort, one page after the other, chosen columns, a count up to a cap.

use super::{
    builder::{Builder, Place},
    cursor::Cursor,
    select::{Select, condition, phases, sides},
};
use crate::{Failure, Scope, Tables, Tx, cell::Type, sql::Sql, table::FormTable};
use indexmap::IndexMap;
use model::{Filter, Id, Look, Name, Path, Record, Ref, Value};
use std::{collections::HashSet, sync::Arc};

/// Longest page.
const LONGEST: u32 = 10_000;

/// Which fields come back.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Columns {
    /// Every field of the header that the asker sees.
    #[default]
    Header,
    /// The header and all lines.
    Whole,
    /// These: `field`, `table.field` is not among them, `link.field` comes back in
    /// [`Found::linked`].
    These(Vec<Path>),
}

/// What is asked for. Rows come in the order of `sort`, then of their ids; an empty value comes
/// before every other (ascending) or after them (descending).
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub form: Ref,
    pub filter: Filter,
    /// Which rows a definition offers; it may test fields that the asker does not read.
    pub offered: Filter,
    /// Path and whether descending; a link sorts by its target's title. Left empty: newest first.
    pub sort: Vec<(Path, bool)>,
    /// Where the page before ended: its [`Page::next`].
    pub after: Option<String>,
    pub limit: u32,
    pub columns: Columns,
}
impl Query {
    /// Everything of a form, newest first, 50 rows.
    pub fn of(form: &Ref) -> Self {
        Self {
            form: form.clone(),
            filter: Filter::everything(),
            offered: Filter::everything(),
            sort: vec![],
            after: None,
            limit: 50,
            columns: Columns::Header,
        }
    }
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// With the values asked for, as far as the asker sees them.
    pub record: Record,
    pub title: String,
    /// Values through links that were asked for.
    pub linked: IndexMap<Path, Value>,
    /// Fields that the asker sees only as dots on this row, beside those of [`Page::masked`].
    pub masked: Vec<Path>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub rows: Vec<Found>,
    /// Give this as [`Query::after`] for the next page; `None`: this was the last.
    pub next: Option<String>,
    /// Fields asked for that the asker only sees as dots; they were not read.
    pub masked: Vec<Path>,
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub rows: u64,
    /// There are more; counting stopped.
    pub more: bool,
}

impl Tx {
    /// A page of a list. [`Failure::Bad`] names what cannot be asked.
    pub async fn list(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        query: &Query,
    ) -> Result<Page, Failure> {
        let table = tables.form(&query.form)?.clone();
        let place = Place::Form(table.clone());
        let trial = Builder::new(tables, scope, self.dialect());
        let keys = trial.keys(&place, &query.sort)?;
        let shape = trial.shape(&place, &table, &query.columns)?;
        let order: Vec<String> = query.sort.iter().map(|(p, d)| format!("{p}:{d}")).collect();
        let order = order.join(",");
        let kinds: Vec<Type> = keys.iter().map(|k| k.kind).collect();
        let cursor = match &query.after {
            Some(text) => Some(Cursor::read(text, &order, &kinds)?),
            None => None,
        };
        let limit = query.limit.clamp(1, LONGEST) as usize;
        let mut rows: Vec<(Found, Cursor)> = Vec::new();
        for phase in phases(&keys, cursor.as_ref()) {
            let wanted = limit + 1 - rows.len();
            let mut b = Builder::new(tables, scope, self.dialect());
            let select = Select {
                place: &place,
                table: &table,
                query,
                keys: &keys,
                shape: &shape,
                cursor: cursor.as_ref(),
                phase,
                limit: wanted,
            };
            let (types, codecs) = select.text(&mut b)?;
            let Sql { text, binds, .. } = b.sql;
            for mut row in self.rows(text, &binds, &types).await? {
                rows.push(select.read(&mut row, &codecs)?);
            }
            if rows.len() > limit {
                break;
            }
        }
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(_, c)| c.write(&order));
        let mut rows: Vec<Found> = rows.into_iter().map(|(f, _)| f).collect();
        if shape.lines {
            self.scoped_lines(tables, scope, &table, &mut rows).await?;
        }
        Ok(Page {
            rows,
            next,
            masked: shape.masked,
        })
    }

    /// Reads lines into found records, leaving out what the asker does not see.
    pub(crate) async fn scoped_lines(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        table: &Arc<FormTable>,
        rows: &mut [Found],
    ) -> Result<(), Failure> {
        let b = Builder::new(tables, scope, self.dialect());
        let place = Place::Form(table.clone());
        let hidden: Vec<(Name, Name)> = table
            .lines
            .iter()
            .flat_map(|(t, l)| l.columns.keys().map(move |c| (t.clone(), c.clone())))
            .filter(|(t, c)| {
                let lines = Place::Lines(table.clone(), t.clone());
                b.step(&lines, c, &Path::one(c)).is_err()
            })
            .collect();
        let seen = |t: &Name| b.step(&place, t, &Path::one(t)).is_ok();
        let mut partly: Vec<(Name, Name, Vec<Filter>)> = vec![];
        for (t, l) in &table.lines {
            for c in l.columns.keys() {
                let lines = Place::Lines(table.clone(), t.clone());
                let rows = b.rows_of_field(&lines, c);
                if !rows.is_empty() {
                    let rows = rows.into_iter().cloned().collect();
                    partly.push((t.clone(), c.clone(), rows));
                }
            }
        }
        let mut records: Vec<Record> = rows.iter().map(|f| f.record.clone()).collect();
        self.fill_lines(table, &mut records, seen).await?;
        let ids: Vec<Id> = records.iter().map(|r| r.id).collect();
        let mut shut: Vec<(Path, HashSet<Id>)> = vec![];
        for (t, c, filters) in partly {
            let open = self.passing(tables, scope, table, &ids, &filters).await?;
            let closed = ids
                .iter()
                .filter(|id| !open.contains(id))
                .copied()
                .collect();
            shut.push((Path(vec![t, c]), closed));
        }
        let grant = Builder::new(tables, scope, self.dialect()).grant(&place)?;
        for (row, mut record) in rows.iter_mut().zip(records) {
            for (path, _) in shut.iter().filter(|(_, ids)| ids.contains(&record.id)) {
                if let Some(Value::Lines(lines)) = record.values.get_mut(path.head()) {
                    for line in lines {
                        line.values.shift_remove(&path.0[1]);
                    }
                }
                if grant.is_some_and(|g| g.look(path) == Look::Masked) {
                    row.masked.push(path.clone());
                }
            }
            for (t, c) in &hidden {
                if let Some(Value::Lines(lines)) = record.values.get_mut(t) {
                    for line in lines {
                        line.values.shift_remove(c);
                    }
                }
            }
            row.record = record;
        }
        Ok(())
    }

    /// Those of these records that pass rows of grants.
    async fn passing(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        table: &Arc<FormTable>,
        ids: &[Id],
        filters: &[Filter],
    ) -> Result<HashSet<Id>, Failure> {
        let mut b = Builder::new(tables, scope, self.dialect());
        b.sql.push("select t.\"id\" from ").name(&table.name);
        b.sql.push(" t where t.\"id\"");
        b.sql
            .within(Type::Id, ids.iter().map(|id| (*id).into()).collect());
        b.sql.push(" and ");
        let filters: Vec<&Filter> = filters.iter().collect();
        b.record_passes(&Place::Form(table.clone()), "t", &filters)?;
        let (text, binds) = b.sql.done();
        let rows = self.rows(text, &binds, &[Type::Id]).await?;
        rows.into_iter().map(|mut r| r.id()).collect()
    }

    /// How many rows pass a filter, counted up to `cap`.
    pub async fn count(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        form: &Ref,
        filter: &Filter,
        cap: u32,
    ) -> Result<Count, Failure> {
        let table = tables.form(form)?.clone();
        let place = Place::Form(table.clone());
        let mut b = Builder::new(tables, scope, self.dialect());
        b.sql.push("select count(*) from (");
        for (n, part) in sides(b.side(&place)?).iter().enumerate() {
            b.sql.push(if n > 0 { " union " } else { "" });
            b.sql
                .push("select id from (select t.\"id\" as id from ")
                .name(&table.name);
            b.sql.push(" t where ");
            condition(&mut b, &place, &table, *part)?;
            b.sql.push(" and ");
            b.filter(&place, "t", filter)?;
            b.sql.push(" limit ").bind(u64::from(cap) + 1);
            b.sql.push(&format!(") as s{n}"));
        }
        b.sql.push(") as c");
        let (text, binds) = b.sql.done();
        let row = self.row(text, &binds, &[Type::Int]).await?;
        let rows = row.map_or(Ok(0), |mut r| r.count())?;
        Ok(Count {
            rows: rows.min(cap.into()),
            more: rows > cap.into(),
        })
    }
}
