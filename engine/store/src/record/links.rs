//! No link dangles: what is newly linked must be there, what is linked to is not deleted (5 P3).

use crate::{
    Failure, Tables, Tx,
    cell::{Cell, Type, cells},
    sql::{Dialect, Sql, quoted},
    table::{Column, FormTable},
};
use indexmap::IndexMap;
use model::{Fields, Id, Name, Path, Record, Ref, Target};
use std::collections::{HashMap, HashSet};

/// What must be there: by target, each id with the field that names it.
pub(super) type Wanted = HashMap<Target, HashMap<Id, Path>>;

fn collect(
    wanted: &mut Wanted,
    table: Option<&Name>,
    columns: &IndexMap<Name, Column>,
    before: Option<&Fields>,
    after: &Fields,
) {
    for column in columns.values() {
        let Some(to) = column.link() else { continue };
        let Some(id) = after.get(&column.name).and_then(|v| v.link()) else {
            continue;
        };
        if before.and_then(|b| b.get(&column.name)) != after.get(&column.name) {
            let path = Path(table.into_iter().chain([&column.name]).cloned().collect());
            wanted.entry(to.clone()).or_default().insert(id, path);
        }
    }
}

impl Tx {
    /// Checks every link that is new in `after`, and keeps what they point to from being deleted
    /// until the end of the command; unless [`Tx::hold`] has done so.
    pub(crate) async fn check_links(
        &mut self,
        tables: &Tables,
        table: &FormTable,
        before: Option<&Record>,
        after: &Record,
    ) -> Result<(), Failure> {
        if self.linked.contains(&after.id) {
            return Ok(());
        }
        let wanted = self.new_links(table, before, after).await?;
        self.all_there(tables, &wanted).await
    }

    /// What is newly linked to, but for the record itself and its own lines. Refuses a parent
    /// that stands below the record.
    pub(super) async fn new_links(
        &mut self,
        table: &FormTable,
        before: Option<&Record>,
        after: &Record,
    ) -> Result<Wanted, Failure> {
        let mut wanted = Wanted::new();
        let old = before.map(|b| &b.values);
        collect(&mut wanted, None, &table.columns, old, &after.values);
        let mut own_lines: HashMap<&Name, HashSet<Id>> = HashMap::new();
        for (name, lines) in &table.lines {
            let was: HashMap<Id, &Fields> = old
                .and_then(|o| o.get(name))
                .map_or(&[][..], |v| v.lines())
                .iter()
                .map(|l| (l.id, &l.values))
                .collect();
            for line in after.values.get(name).map_or(&[][..], |v| v.lines()) {
                let old = was.get(&line.id).copied();
                collect(&mut wanted, Some(name), &lines.columns, old, &line.values);
                own_lines.entry(name).or_default().insert(line.id);
            }
        }
        if let Some(parent) = after.parent
            && before.and_then(|b| b.parent) != Some(parent)
        {
            self.check_tree(table, after.id, parent).await?;
            let path = Path::one(&Name::known("parent"));
            let tree = Target {
                form: after.form.clone(),
                table: None,
            };
            wanted.entry(tree).or_default().insert(parent, path);
        }
        for (to, ids) in &mut wanted {
            // A record may point to itself or to its own lines.
            if to.form == after.form {
                match &to.table {
                    None => {
                        ids.remove(&after.id);
                    }
                    Some(t) => {
                        let own = own_lines.get(t);
                        ids.retain(|id, _| !own.is_some_and(|o| o.contains(id)));
                    }
                }
            }
        }
        wanted.retain(|_, ids| !ids.is_empty());
        Ok(wanted)
    }

    async fn all_there(&mut self, tables: &Tables, wanted: &Wanted) -> Result<(), Failure> {
        if wanted.is_empty() {
            return Ok(());
        }
        let mut list: Vec<(&str, &HashMap<Id, Path>)> = Vec::new();
        for (to, ids) in wanted {
            let form = tables.form(&to.form)?;
            let name = match &to.table {
                None => &form.name,
                Some(t) => {
                    let lines = form.lines.get(t);
                    &lines.ok_or_else(|| Failure::bad("no_such_form", to))?.name
                }
            };
            list.push((name, ids));
        }
        // A lasting order, for the texts and for the locks.
        list.sort_by_key(|(name, _)| *name);
        let mut found: HashSet<(usize, Id)> = HashSet::new();
        match self.dialect() {
            Dialect::Sqlite => {
                for (n, (name, ids)) in list.iter().enumerate() {
                    let mut sql = Sql::new(Dialect::Sqlite);
                    sql.push("select \"id\" from ").name(name);
                    sql.push(" where \"id\"");
                    sql.within(Type::Id, ids.keys().copied().map(Cell::Id).collect());
                    let (text, binds) = sql.done();
                    for mut row in self.rows(text, &binds, &[Type::Id]).await? {
                        found.insert((n, row.id()?));
                    }
                }
            }
            Dialect::Postgres => {
                let (mut text, mut tail, mut binds) = (String::new(), String::new(), Vec::new());
                for (n, (name, ids)) in list.iter().enumerate() {
                    let (lead, union) = if n == 0 {
                        ("with", "")
                    } else {
                        (",", " union all ")
                    };
                    let mut ids: Vec<Id> = ids.keys().copied().collect();
                    ids.sort();
                    binds.push(Cell::List(
                        Type::Id,
                        ids.into_iter().map(Cell::Id).collect(),
                    ));
                    text.push_str(&format!(
                        "{lead} c{n} as (select \"id\" from {} where \"id\" = any(${}) \
                         order by \"id\" for key share) ",
                        quoted(name),
                        n + 1
                    ));
                    tail.push_str(&format!("{union}select {n}::bigint, \"id\" from c{n}"));
                }
                text.push_str(&tail);
                for mut row in self.rows(text, &binds, &[Type::Int, Type::Id]).await? {
                    found.insert((row.int()? as usize, row.id()?));
                }
            }
        }
        for (n, (_, ids)) in list.iter().enumerate() {
            if let Some((id, at)) = ids.iter().find(|(id, _)| !found.contains(&(n, **id))) {
                return Err(Failure::Dangling {
                    at: at.to_string(),
                    id: *id,
                });
            }
        }
        Ok(())
    }

    /// Refuses a parent that is the record itself or stands below it. Of a tree one command at a
    /// time moves something, or two could each find nothing and together close a circle.
    async fn check_tree(&mut self, table: &FormTable, id: Id, parent: Id) -> Result<(), Failure> {
        if self.dialect() == Dialect::Postgres {
            self.run(
                "select pg_advisory_xact_lock(hashtext(current_schema()), hashtext($1))",
                &cells![&table.name],
            )
            .await?;
        }
        let name = quoted(&table.name);
        let text = format!(
            "with recursive up(id) as (select \"parent\" from {name} where \"id\" = $1 \
             union select t.\"parent\" from {name} t join up on t.\"id\" = up.id) \
             select count(*) from up where id = $2"
        );
        let row = self.row(text, &cells![parent, id], &[Type::Int]).await?;
        let above = row.map_or(Ok(0), |mut r| r.int())?;
        if above > 0 || parent == id {
            return Err(Failure::bad("cycle", "parent"));
        }
        Ok(())
    }

    /// Refuses to go on while something points to these records (or lines of `line_table`).
    pub(crate) async fn check_unreferenced(
        &mut self,
        tables: &Tables,
        form: &Ref,
        line_table: Option<&Name>,
        ids: &[Id],
    ) -> Result<(), Failure> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut columns: Vec<(Ref, String, String)> = tables
            .referrers(form)
            .iter()
            .filter(|r| r.to.table.as_ref() == line_table)
            .map(|r| (r.of.clone(), r.table.clone(), r.column.to_string()))
            .collect();
        let table = tables.form(form)?;
        if line_table.is_none() && table.tree() {
            columns.push((form.clone(), table.name.clone(), "parent".into()));
        }
        for (of, table, column) in columns {
            let mut sql = Sql::new(self.dialect());
            sql.push("select count(*) from ")
                .name(&table)
                .push(" where ")
                .name(&column);
            sql.within(Type::Id, ids.iter().map(|id| (*id).into()).collect());
            let (text, binds) = sql.done();
            let row = self.row(text, &binds, &[Type::Int]).await?;
            let count = row.map_or(Ok(0), |mut r| r.count())?;
            if count > 0 {
                return Err(Failure::Referenced { form: of, count });
            }
        }
        Ok(())
    }
}
