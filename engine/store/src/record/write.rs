//! Records into rows: one statement a table, only the columns that changed.

use super::read::cell_of;
use crate::{
    Failure, Tables, Tx,
    cell::{Cell, Type, cells, row},
    search,
    sql::{Dialect, Sql, Text as SqlText, quoted, unnumbered},
    table::{FormTable, LineTable, SYSTEM},
};
use model::{Id, Line, Record, Ref, Status};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
    sync::PoisonError,
};

/// What is kept beside a record's values; worked out by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// What links to it show.
    pub title: &'a str,
    /// Everything it can be found by, as people write it.
    pub words: &'a str,
}

/// The cells of the columns every record has, in the order of [`SYSTEM`].
fn system(table: &FormTable, record: &Record, title: &str) -> Result<Vec<Cell>, Failure> {
    let typed = if record.typed.is_empty() {
        None
    } else {
        Some(serde_json::to_string(&record.typed).map_err(|_| Failure::bad("bad_value", "typed"))?)
    };
    let mut out = row![
        record.id,
        record.version,
        record.status.as_str(),
        record.created_at,
        record.created_by,
        record.updated_at,
        record.updated_by,
    ];
    if table.tree() {
        out.push(record.parent.into());
    }
    out.extend(cells![title, typed]);
    Ok(out)
}

/// The rows of lines, in the order of the table's insert.
fn line_rows<'a>(
    table: &LineTable,
    record: Id,
    lines: impl Iterator<Item = (usize, &'a Line)>,
) -> Result<Vec<Vec<Cell>>, Failure> {
    lines
        .map(|(n, line)| {
            let mut row = row![line.id, record, n];
            for column in table.columns.values() {
                row.push(cell_of(column, &line.values)?);
            }
            Ok(row)
        })
        .collect()
}

impl Tx {
    /// Locks a record and gives its version and status; `None` if it is not there. Records are
    /// locked in ascending order of form and id (5.3.1).
    pub async fn lock_record(
        &mut self,
        tables: &Tables,
        form: &Ref,
        id: Id,
    ) -> Result<Option<(u64, Status)>, Failure> {
        let table = tables.form(form)?;
        let mut text = format!(
            "select \"version\", \"status\" from {} where \"id\" = $1",
            quoted(&table.name)
        );
        if self.dialect() == Dialect::Postgres {
            text.push_str(" for no key update");
        }
        let row = self
            .row(text, &cells![id], &[Type::Int, Type::Text])
            .await?;
        let Some(mut row) = row else { return Ok(None) };
        let (version, status) = (row.count()?, row.parse()?);
        if self.dialect() == Dialect::Postgres {
            self.held.insert(id, version);
        }
        Ok(Some((version, status)))
    }

    /// Stores a new record with its lines. [`Failure::Dangling`] if a link points nowhere,
    /// [`Failure::Duplicate`] if a unique field or the id is taken (on PostgreSQL at the end of
    /// the command, or when something else is asked in it).
    pub async fn insert_record(
        &mut self,
        tables: &Tables,
        record: &Record,
        text: Text<'_>,
    ) -> Result<(), Failure> {
        let table = tables.form(&record.form)?.clone();
        self.check_links(tables, &table, None, record).await?;
        let mut row = system(&table, record, text.title)?;
        for column in table.columns.values() {
            row.push(cell_of(column, &record.values)?);
        }
        self.append_record(&table.insert, vec![row]).await?;
        if self.dialect() == Dialect::Sqlite {
            let sql = format!(
                "insert into {}(rowid, words) values (last_insert_rowid(), $1)",
                quoted(&table.words)
            );
            self.run(sql, &cells![search::words(text.words)]).await?;
        } else {
            self.keep_words(&table, record.id, text.words).await?;
        }
        for (name, lines) in &table.lines {
            let found = record.values.get(name).map_or(&[][..], |v| v.lines());
            if !found.is_empty() {
                let rows = line_rows(lines, record.id, found.iter().enumerate())?;
                self.append_record(&lines.insert, rows).await?;
            }
        }
        Ok(())
    }

    /// Stores what differs between a record as it was read and as it should be. `after.version`
    /// must be the next one. `words` may be left out where the text for the search stays; it is
    /// not written again where no value changed.
    /// [`Failure::Stale`] if the stored record is not at `before.version`.
    pub async fn update_record(
        &mut self,
        tables: &Tables,
        before: &Record,
        after: &Record,
        title: &str,
        words: Option<&str>,
    ) -> Result<(), Failure> {
        if after.version != before.version + 1 || after.id != before.id {
            return Err(Failure::bad("bad_version", after.id));
        }
        let table = tables.form(&before.form)?.clone();
        self.check_links(tables, &table, Some(before), after)
            .await?;
        self.update_header(&table, before, after, title).await?;
        for (name, lines) in &table.lines {
            let old = before.values.get(name).map_or(&[][..], |v| v.lines());
            let new = after.values.get(name).map_or(&[][..], |v| v.lines());
            if old != new {
                let gone = self.update_lines(lines, after.id, old, new).await?;
                self.check_unreferenced(tables, &before.form, Some(name), &gone)
                    .await?;
            }
        }
        if let Some(words) = words.filter(|_| before.values != after.values) {
            self.keep_words(&table, after.id, words).await?;
        }
        Ok(())
    }

    async fn update_header(
        &mut self,
        table: &FormTable,
        before: &Record,
        after: &Record,
        title: &str,
    ) -> Result<(), Failure> {
        // Which columns are written: by their place in the table.
        let (mut written, mut binds) = (Vec::new(), Vec::new());
        let old = system(table, before, "")?;
        let new = system(table, after, title)?;
        let names = SYSTEM
            .iter()
            .filter(|(n, _)| table.tree() || *n != "parent");
        for (n, ((old, new), (name, _))) in old.into_iter().zip(new).zip(names).enumerate() {
            if *name != "id" && (old != new || *name == "_title") {
                written.push(n as u16);
                binds.push(new);
            }
        }
        for (n, column) in table.columns.values().enumerate() {
            if before.values.get(&column.name) != after.values.get(&column.name) {
                written.push(1000 + n as u16);
                binds.push(cell_of(column, &after.values)?);
            }
        }
        binds.extend(cells![after.id, before.version]);
        let text = update_text(table, written);
        if self.held.get(&after.id) == Some(&before.version) {
            // Its row is locked at that version: nothing can be in the way any more.
            self.held.insert(after.id, after.version);
            return self.append_one(unnumbered(text.as_str()), binds).await;
        }
        if self.run(text, &binds).await? == 1 {
            Ok(())
        } else {
            Err(Failure::stale(format!("{} {}", after.form, after.id)))
        }
    }

    /// Makes the stored lines `new`; gives the ids of those that went.
    async fn update_lines(
        &mut self,
        table: &LineTable,
        record: Id,
        old: &[Line],
        new: &[Line],
    ) -> Result<Vec<Id>, Failure> {
        let was: HashMap<Id, (usize, &Line)> = old
            .iter()
            .enumerate()
            .map(|(n, l)| (l.id, (n, l)))
            .collect();
        let stays: HashSet<Id> = new.iter().map(|l| l.id).collect();
        let gone: Vec<Id> = old
            .iter()
            .map(|l| l.id)
            .filter(|id| !stays.contains(id))
            .collect();
        if !gone.is_empty() {
            let mut sql = Sql::new(self.dialect());
            sql.push("delete from ")
                .name(&table.name)
                .push(" where \"record\" = ");
            sql.bind(record).push(" and \"id\"");
            sql.within(Type::Id, gone.iter().map(|id| (*id).into()).collect());
            let (text, binds) = sql.done();
            self.run(text, &binds).await?;
        }
        let added = new
            .iter()
            .enumerate()
            .filter(|(_, l)| !was.contains_key(&l.id));
        let rows = line_rows(table, record, added)?;
        if !rows.is_empty() {
            self.insert(&table.insert, rows).await?;
        }
        let changed = new
            .iter()
            .enumerate()
            .filter(|(n, l)| was.get(&l.id).is_some_and(|(m, o)| m != n || o != l));
        let mut rows = line_rows(table, record, changed)?;
        for row in &mut rows {
            // id, record, position, fields → position, fields, record, id.
            row.rotate_left(2);
            let last = row.len() - 1;
            row.swap(last - 1, last);
        }
        let mut types = table.types.clone();
        types.rotate_left(2);
        let (lite, pg) = &table.update;
        let wanted = rows.len() as u64;
        if self.each(lite, pg, &types, rows).await? != wanted {
            return Err(Failure::stale(format!("the lines of {record}")));
        }
        Ok(gone)
    }

    /// Deletes a record and its lines. [`Failure::Stale`] if it is not at `before.version`,
    /// [`Failure::Referenced`] if something points to it or to one of its lines.
    pub async fn delete_record(&mut self, tables: &Tables, before: &Record) -> Result<(), Failure> {
        let table = tables.form(&before.form)?.clone();
        if self.dialect() == Dialect::Sqlite {
            let sql = format!(
                "delete from {} where rowid = (select \"_n\" from {} where \"id\" = $1)",
                quoted(&table.words),
                quoted(&table.name)
            );
            self.run(sql, &cells![before.id]).await?;
        } else {
            self.run("delete from search where record = $1", &cells![before.id])
                .await?;
        }
        let sql = format!(
            "delete from {} where \"id\" = $1 and \"version\" = $2",
            quoted(&table.name)
        );
        if self.run(sql, &cells![before.id, before.version]).await? != 1 {
            return Err(Failure::stale(format!("{} {}", before.form, before.id)));
        }
        for (name, lines) in &table.lines {
            let sql = format!("delete from {} where \"record\" = $1", quoted(&lines.name));
            self.run(sql, &cells![before.id]).await?;
            let ids: Vec<Id> = before
                .values
                .get(name)
                .map_or(&[][..], |v| v.lines())
                .iter()
                .map(|l| l.id)
                .collect();
            self.check_unreferenced(tables, &before.form, Some(name), &ids)
                .await?;
        }
        self.check_unreferenced(tables, &before.form, None, &[before.id])
            .await?;
        self.run("delete from file_use where record = $1", &cells![before.id])
            .await?;
        Ok(())
    }

    /// Replaces the text a record is found by.
    pub(crate) async fn keep_words(
        &mut self,
        table: &FormTable,
        id: Id,
        words: &str,
    ) -> Result<(), Failure> {
        match self.dialect() {
            Dialect::Sqlite => {
                let sql = format!(
                    "insert or replace into {}(rowid, words) \
                     select \"_n\", $1 from {} where \"id\" = $2",
                    quoted(&table.words),
                    quoted(&table.name)
                );
                self.run(sql, &cells![search::words(words), id])
                    .await
                    .map(|_| ())
            }
            Dialect::Postgres => {
                self.append_one(
                    "insert into search(record, words) values (?, ?::text::tsvector) \
                     on conflict (record) do update set words = excluded.words",
                    row![id, search::vector(words)],
                )
                .await
            }
        }
    }
}

/// The text of an update that writes these columns, made once.
fn update_text(table: &FormTable, written: Vec<u16>) -> SqlText {
    let mut cache = table.updates.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = cache.get(&written) {
        return text.into();
    }
    let system: Vec<&str> = SYSTEM
        .iter()
        .map(|(n, _)| *n)
        .filter(|n| table.tree() || *n != "parent")
        .collect();
    let mut text = format!("update {} set ", quoted(&table.name));
    for (n, column) in written.iter().enumerate() {
        let comma = if n > 0 { ", " } else { "" };
        let name = match column.checked_sub(1000) {
            Some(field) => table.columns[usize::from(field)].name.as_str(),
            None => system[usize::from(*column)],
        };
        let _ = write!(text, "{comma}{} = ${}", quoted(name), n + 1);
    }
    let _ = write!(
        text,
        " where \"id\" = ${} and \"version\" = ${}",
        written.len() + 1,
        written.len() + 2
    );
    // Few sets ever occur; should a program make many, start over.
    if cache.len() > 256 {
        cache.clear();
    }
    let text: std::sync::Arc<str> = text.into();
    cache.insert(written, text.clone());
    (&text).into()
}
