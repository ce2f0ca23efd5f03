//! Rows back into records.

use crate::{
    Failure, Tx,
    cell::{Cell, Row, Type},
    sql::{Sql, quoted},
    table::{FormTable, LineTable},
};
use indexmap::IndexMap;
use model::{Fields, Id, Line, Name, Record, Value};
use std::collections::HashMap;

/// The columns of a whole header with an alias, and their types: `id` … `updated_by`, `parent`
/// (of a tree), `_typed`, then the fields.
pub(crate) fn whole(table: &FormTable, alias: &str) -> (String, Vec<Type>) {
    let (mut text, mut types) = (String::new(), Vec::new());
    let system = crate::table::SYSTEM
        .iter()
        .filter(|(n, _)| *n != "_title" && (*n != "parent" || table.tree()));
    let fields = table.columns.values().map(|c| (c.name.as_str(), c.kind()));
    for (name, kind) in system.copied().chain(fields) {
        if !types.is_empty() {
            text.push_str(", ");
        }
        text.push_str(alias);
        text.push('.');
        text.push_str(&quoted(name));
        types.push(kind);
    }
    (text, types)
}

/// A header as [`whole`] read it, without its lines.
pub(crate) fn header(table: &FormTable, row: &mut Row) -> Result<Record, Failure> {
    let mut record = Record {
        form: table.form.name.clone(),
        id: row.id()?,
        version: row.count()?,
        status: row.parse()?,
        created_at: row.moment()?,
        created_by: row.id()?,
        updated_at: row.moment()?,
        updated_by: row.id()?,
        parent: if table.tree() { row.maybe_id()? } else { None },
        values: Fields::new(),
        typed: vec![],
    };
    if let Some(typed) = row.maybe_text()? {
        record.typed = serde_json::from_str(&typed).map_err(|_| Failure::corrupt("_typed"))?;
    }
    for column in table.columns.values() {
        if let Some(value) = column.codec.value(row.cell()?)? {
            record.values.insert(column.name.clone(), value);
        }
    }
    Ok(record)
}

/// Puts lines into their records, and all values in the order of the form.
pub(crate) fn assemble(
    table: &FormTable,
    record: &mut Record,
    mut lines: IndexMap<Name, Vec<Line>>,
) {
    if table.lines.is_empty() {
        return;
    }
    let mut values = std::mem::take(&mut record.values);
    for name in table.form.fields.keys() {
        if let Some(value) = values.shift_remove(name) {
            record.values.insert(name.clone(), value);
        } else if let Some(found) = lines.shift_remove(name).filter(|l| !l.is_empty()) {
            record.values.insert(name.clone(), Value::Lines(found));
        }
    }
}

impl Tx {
    /// The lines of some records in one child table, by record, in order.
    pub(crate) async fn lines_of(
        &mut self,
        table: &LineTable,
        records: &[Id],
    ) -> Result<HashMap<Id, Vec<Line>>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select ")
            .push(&table.select)
            .push(" from ")
            .name(&table.name);
        sql.push(" where \"record\"");
        sql.within(Type::Id, records.iter().map(|id| (*id).into()).collect());
        sql.push(" order by \"record\", \"_n\"");
        let (text, binds) = sql.done();
        let mut out: HashMap<Id, Vec<Line>> = HashMap::new();
        for mut row in self.rows(text, &binds, &table.types).await? {
            let (id, record) = (row.id()?, row.id()?);
            row.int()?;
            let mut values = Fields::new();
            for column in table.columns.values() {
                if let Some(value) = column.codec.value(row.cell()?)? {
                    values.insert(column.name.clone(), value);
                }
            }
            out.entry(record).or_default().push(Line { id, values });
        }
        Ok(out)
    }

    /// Adds the lines to records whose headers were read.
    pub(crate) async fn fill_lines(
        &mut self,
        table: &FormTable,
        records: &mut [Record],
        wanted: impl Fn(&Name) -> bool,
    ) -> Result<(), Failure> {
        if records.is_empty() || table.lines.is_empty() {
            return Ok(());
        }
        let ids: Vec<Id> = records.iter().map(|r| r.id).collect();
        let mut found: HashMap<Id, IndexMap<Name, Vec<Line>>> = HashMap::new();
        for (name, lines) in table.lines.iter().filter(|(n, _)| wanted(n)) {
            for (record, lines) in self.lines_of(lines, &ids).await? {
                found.entry(record).or_default().insert(name.clone(), lines);
            }
        }
        for record in records {
            let lines = found.remove(&record.id).unwrap_or_default();
            assemble(table, record, lines);
        }
        Ok(())
    }
}

/// The cell of a field of a record.
pub(crate) fn cell_of(column: &crate::table::Column, values: &Fields) -> Result<Cell, Failure> {
    column.cell(values.get(&column.name))
}
