//! The rows a command stands on, held until its end (5.3.1, step 1): the record it changes at the
//! version it saw, what it read at the versions it saw, and what it newly links to. All in one
//! order, by table and id, so that two commands never wait for each other.

use super::links::Wanted;
use crate::{
    Failure, Tables, Tx,
    cell::{Cell, Type},
    sql::{Dialect, Sql, quoted},
};
use model::{Id, Path, Record, Ref};
use std::collections::{BTreeMap, HashMap};

/// What a command stands on.
#[derive(Clone, Copy, Debug)]
pub struct Stands<'a> {
    /// The record as it was seen; `None` for a new one.
    pub before: Option<&'a Record>,
    /// As it will be, but for its number.
    pub after: &'a Record,
    pub deleted: bool,
    /// Other records that decided something, with the versions they were seen at.
    pub reads: &'a BTreeMap<(Ref, Id), u64>,
}

/// How a row is held, the strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    /// Not deleted.
    There,
    /// Not changed.
    Same,
    /// Changed by nobody else; others may go on linking to it.
    Change,
    Delete,
}
impl Hold {
    fn clause(self) -> &'static str {
        match self {
            Self::There => "for key share",
            Self::Same => "for share",
            Self::Change => "for no key update",
            Self::Delete => "for update",
        }
    }
}

/// A row that is wanted.
struct Row {
    hold: Hold,
    /// At this version; lines have none.
    version: Option<u64>,
    /// The link that names it, if one does.
    link: Option<Path>,
}

/// Rows by table and id: the lock order.
type Rows = BTreeMap<(String, Id), Row>;

impl Tx {
    /// Holds everything a command stands on. [`Failure::Stale`] where something is not as it was
    /// seen, [`Failure::Dangling`] where a new link leads nowhere. What the command keeps of the
    /// record afterwards is not asked for its links again.
    pub async fn hold(&mut self, tables: &Tables, on: &Stands<'_>) -> Result<(), Failure> {
        let table = tables.form(&on.after.form)?.clone();
        let mut rows = Rows::new();
        let mut wanted = Wanted::new();
        if !on.deleted {
            wanted = self.new_links(&table, on.before, on.after).await?;
        }
        for (to, ids) in &wanted {
            let form = tables.form(&to.form)?;
            let name = match &to.table {
                None => &form.name,
                Some(lines) => {
                    let lines = form.lines.get(lines);
                    &lines.ok_or_else(|| Failure::bad("no_such_form", to))?.name
                }
            };
            for (id, path) in ids {
                let row = Row {
                    hold: Hold::There,
                    version: None,
                    link: Some(path.clone()),
                };
                rows.insert((name.clone(), *id), row);
            }
        }
        let mut at = |name: &str, id: Id, hold: Hold, version: u64| {
            let row = rows.entry((name.to_owned(), id)).or_insert(Row {
                hold,
                version: None,
                link: None,
            });
            (row.hold, row.version) = (row.hold.max(hold), Some(version));
        };
        for ((form, id), version) in on.reads {
            if *id != on.after.id {
                at(&tables.form(form)?.name, *id, Hold::Same, *version);
            }
        }
        if let Some(before) = on.before {
            let hold = match on.deleted {
                true => Hold::Delete,
                false => Hold::Change,
            };
            at(&table.name, before.id, hold, before.version);
        }
        let lines: Vec<&str> = table_names(tables, &wanted);
        let found = match self.dialect() {
            Dialect::Sqlite => self.read_rows(&rows, &lines).await?,
            Dialect::Postgres => self.lock_rows(&rows, &lines).await?,
        };
        for ((name, id), row) in &rows {
            let version = found.get(&(name.as_str(), *id));
            match (&row.version, version, &row.link) {
                (Some(seen), Some(now), _) if seen == now => {}
                (None, Some(_), _) => {}
                (_, None, Some(at)) => {
                    return Err(Failure::Dangling {
                        at: at.to_string(),
                        id: *id,
                    });
                }
                _ => return Err(Failure::stale(format!("{name} {id}"))),
            }
        }
        if self.dialect() == Dialect::Postgres
            && let Some(before) = on.before
        {
            self.held.insert(before.id, before.version);
        }
        self.linked.insert(on.after.id);
        Ok(())
    }

    /// SQLite: there is one writer, so reading is enough.
    async fn read_rows<'r>(
        &mut self,
        rows: &'r Rows,
        lines: &[&str],
    ) -> Result<HashMap<(&'r str, Id), u64>, Failure> {
        let mut tables: BTreeMap<&str, Vec<Cell>> = BTreeMap::new();
        for (name, id) in rows.keys() {
            tables.entry(name).or_default().push(Cell::Id(*id));
        }
        let mut found = HashMap::new();
        for (name, ids) in tables {
            let mut sql = Sql::new(Dialect::Sqlite);
            sql.push("select \"id\", ").push(version(name, lines));
            sql.push(" from ").name(name).push(" where \"id\"");
            sql.within(Type::Id, ids);
            let (text, binds) = sql.done();
            for mut row in self.rows(text, &binds, &[Type::Id, Type::Int]).await? {
                found.insert((name, row.id()?), row.count()?);
            }
        }
        Ok(found)
    }

    /// PostgreSQL: one statement, whose parts run one after the other.
    async fn lock_rows<'r>(
        &mut self,
        rows: &'r Rows,
        lines: &[&str],
    ) -> Result<HashMap<(&'r str, Id), u64>, Failure> {
        // Neighbours of one table that are held alike are one part.
        let mut parts: Vec<(&str, Hold, Vec<Cell>)> = Vec::new();
        for ((name, id), row) in rows {
            match parts.last_mut() {
                Some((last, hold, ids)) if last == name && *hold == row.hold => {
                    ids.push(Cell::Id(*id));
                }
                _ => parts.push((name, row.hold, vec![Cell::Id(*id)])),
            }
        }
        if parts.is_empty() {
            return Ok(HashMap::new());
        }
        let (mut with, mut tail, mut binds, mut names) = (vec![], vec![], vec![], vec![]);
        for (n, (name, hold, ids)) in parts.into_iter().enumerate() {
            with.push(format!(
                "c{n} as (select \"id\", {}::bigint as v from {} where \"id\" = any(${}) \
                 order by \"id\" {})",
                version(name, lines),
                quoted(name),
                n + 1,
                hold.clause()
            ));
            tail.push(format!("select {n}::bigint, \"id\", v from c{n}"));
            binds.push(Cell::List(Type::Id, ids));
            names.push(name);
        }
        let text = format!("with {} {}", with.join(", "), tail.join(" union all "));
        let mut found = HashMap::new();
        let types = [Type::Int, Type::Id, Type::Int];
        for mut row in self.rows(text, &binds, &types).await? {
            let (n, id, version) = (row.int()?, row.id()?, row.count()?);
            found.insert((names[n as usize], id), version);
        }
        Ok(found)
    }
}

/// The tables of lines among what is linked to: they have no version.
fn table_names<'t>(tables: &'t Tables, wanted: &Wanted) -> Vec<&'t str> {
    let mut out = vec![];
    for to in wanted.keys() {
        let form = tables.form(&to.form).ok();
        let lines = to.table.as_ref().and_then(|t| form?.lines.get(t));
        out.extend(lines.map(|l| l.name.as_str()));
    }
    out
}

fn version(name: &str, lines: &[&str]) -> &'static str {
    match lines.contains(&name) {
        true => "0",
        false => "\"version\"",
    }
}
