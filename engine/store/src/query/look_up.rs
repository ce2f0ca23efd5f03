//! Single records, titles of links, records by key.

use super::{
    builder::{Builder, Place},
    list::{Columns, Found, Query},
};
use crate::{
    Failure, Scope, Tables, Tx,
    cell::Type,
    record::{header, whole},
};
use model::{Filter, Id, Name, Path, Record, Ref, Target, Test, Value};
use std::collections::{HashMap, HashSet};

/// What a link shows of its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    pub title: String,
    /// The value of the form's key field, if the asker may read it.
    pub key: Option<String>,
    /// Of a line: its record and its place in it, from 1.
    pub line: Option<(Id, u32)>,
}

impl Tx {
    /// A record with its lines, as the asker sees it, and the fields that are only dots to him.
    /// [`Failure::NotFound`] if there is none or he does not see it.
    pub async fn get(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        form: &Ref,
        id: Id,
    ) -> Result<(Found, Vec<Path>), Failure> {
        let query = Query {
            filter: Filter::Field(Path::one(&Name::known("id")), Test::Is(Value::Link(id))),
            limit: 1,
            columns: Columns::Whole,
            ..Query::of(form)
        };
        let page = match self.list(tables, scope, &query).await {
            // A form somebody has no grant on has no records for him.
            Err(Failure::Bad {
                code: "unknown_form",
                ..
            }) => return Err(Failure::NotFound),
            other => other?,
        };
        let found = page.rows.into_iter().next().ok_or(Failure::NotFound)?;
        Ok((found, page.masked))
    }

    /// Whole records for the engine's own decisions, by id, with what was typed over. Those that
    /// are not there are left out.
    pub async fn records(
        &mut self,
        tables: &Tables,
        form: &Ref,
        ids: &[Id],
    ) -> Result<Vec<Record>, Failure> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        self.whole_records(tables, &Scope::engine(), form, ids)
            .await
    }

    /// One whole record for the engine's own decisions, if the asker sees it at all.
    pub async fn seen(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        form: &Ref,
        id: Id,
    ) -> Result<Option<Record>, Failure> {
        let place = Place::Form(tables.form(form)?.clone());
        let builder = Builder::new(tables, scope, self.dialect());
        if builder.grant(&place).is_err() {
            return Ok(None);
        }
        Ok(self.whole_records(tables, scope, form, &[id]).await?.pop())
    }

    async fn whole_records(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        form: &Ref,
        ids: &[Id],
    ) -> Result<Vec<Record>, Failure> {
        let table = tables.form(form)?.clone();
        let mut b = Builder::new(tables, scope, self.dialect());
        let (columns, types) = whole(&table, "t");
        b.sql
            .push("select ")
            .push(&columns)
            .push(" from ")
            .name(&table.name);
        b.sql.push(" t where t.\"id\"");
        b.sql
            .within(Type::Id, ids.iter().map(|id| (*id).into()).collect());
        if scope.grants().is_some() {
            b.sql.push(" and ");
            b.visible(&Place::Form(table.clone()), "t")?;
        }
        let (text, binds) = b.sql.done();
        let mut rows = self.rows(text, &binds, &types).await?;
        let mut records = rows
            .iter_mut()
            .map(|r| header(&table, r))
            .collect::<Result<Vec<_>, _>>()?;
        self.fill_lines(&table, &mut records, |_| true).await?;
        Ok(records)
    }

    /// One whole record for the engine's own decisions.
    pub async fn record(
        &mut self,
        tables: &Tables,
        form: &Ref,
        id: Id,
    ) -> Result<Option<Record>, Failure> {
        Ok(self.records(tables, form, &[id]).await?.pop())
    }

    /// The records that hold these lines: line → record.
    pub async fn records_of_lines(
        &mut self,
        tables: &Tables,
        form: &Ref,
        table: &Name,
        lines: &[Id],
    ) -> Result<HashMap<Id, Id>, Failure> {
        let place = Place::Lines(tables.form(form)?.clone(), table.clone());
        let scope = Scope::engine();
        let mut b = Builder::new(tables, &scope, self.dialect());
        let name = b.table_of(&place)?;
        b.sql
            .push("select t.\"id\", t.\"record\" from ")
            .name(&name)
            .push(" t where t.\"id\"");
        b.sql
            .within(Type::Id, lines.iter().map(|id| (*id).into()).collect());
        let (text, binds) = b.sql.done();
        let rows = self.rows(text, &binds, &[Type::Id, Type::Id]).await?;
        rows.into_iter()
            .map(|mut r| Ok((r.id()?, r.id()?)))
            .collect()
    }

    /// What links to these records show; those the asker does not see are left out.
    pub async fn titles(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        to: &Target,
        ids: &[Id],
    ) -> Result<HashMap<Id, Title>, Failure> {
        let table = tables.form(&to.form)?.clone();
        let form = Place::Form(table.clone());
        let mut b = Builder::new(tables, scope, self.dialect());
        if ids.is_empty() || b.grant(&form).is_err() {
            return Ok(HashMap::new());
        }
        let key = table
            .form
            .key
            .as_ref()
            .filter(|k| b.step(&form, k, &Path::one(k)).is_ok())
            .filter(|k| {
                table
                    .columns
                    .get(*k)
                    .is_some_and(|c| c.kind() == Type::Text)
            });
        let mut types = vec![Type::Id, Type::Text];
        let of_lines = match &to.table {
            Some(t) => Some(b.table_of(&Place::Lines(table.clone(), t.clone()))?),
            None => None,
        };
        let named = if of_lines.is_some() { "l" } else { "t" };
        b.sql
            .push("select ")
            .column(named, "id")
            .push(", t.\"_title\"");
        if let Some(key) = key {
            b.sql.push(", ").column("t", key);
            types.push(Type::Text);
        }
        if of_lines.is_some() {
            b.sql.push(", t.\"id\", l.\"_n\"");
            types.extend([Type::Id, Type::Int]);
        }
        b.sql.push(" from ").name(&table.name).push(" t");
        if let Some(lines) = &of_lines {
            b.sql
                .push(" join ")
                .name(lines)
                .push(" l on l.\"record\" = t.\"id\"");
        }
        b.sql.push(" where ").column(named, "id");
        b.sql
            .within(Type::Id, ids.iter().map(|id| (*id).into()).collect());
        b.sql.push(" and ");
        b.visible(&form, "t")?;
        let (text, binds) = b.sql.done();
        let mut out = HashMap::new();
        for mut row in self.rows(text, &binds, &types).await? {
            let (id, title) = (row.id()?, row.string()?);
            let key = match key {
                Some(_) => row.maybe_string()?,
                None => None,
            };
            let line = match &of_lines {
                Some(_) => Some((row.id()?, row.small()? + 1)),
                None => None,
            };
            out.insert(id, Title { title, key, line });
        }
        Ok(out)
    }

    /// Which of these records the asker sees.
    pub async fn visible(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        form: &Ref,
        ids: &[Id],
    ) -> Result<HashSet<Id>, Failure> {
        let to = Target {
            form: form.clone(),
            table: None,
        };
        Ok(self
            .titles(tables, scope, &to, ids)
            .await?
            .into_keys()
            .collect())
    }

    /// The ids of records by their key, as far as the asker sees them: key → id. Where several
    /// have the same key, the first made.
    pub async fn by_key(
        &mut self,
        tables: &Tables,
        scope: &Scope,
        form: &Ref,
        keys: &[String],
    ) -> Result<HashMap<String, Id>, Failure> {
        let table = tables.form(form)?.clone();
        let place = Place::Form(table.clone());
        let Some(key) = table.form.key.as_ref().filter(|_| !keys.is_empty()) else {
            return Ok(HashMap::new());
        };
        let mut b = Builder::new(tables, scope, self.dialect());
        b.step(&place, key, &Path::one(key))?;
        if table
            .columns
            .get(key)
            .is_none_or(|c| c.kind() != Type::Text)
        {
            return Ok(HashMap::new());
        }
        b.sql
            .push("select ")
            .column("t", key)
            .push(", t.\"id\" from ")
            .name(&table.name);
        b.sql.push(" t where ").column("t", key);
        b.sql
            .within(Type::Text, keys.iter().map(Into::into).collect());
        b.sql.push(" and ");
        b.visible(&place, "t")?;
        b.sql.push(" order by t.\"id\" desc");
        let (text, binds) = b.sql.done();
        let rows = self.rows(text, &binds, &[Type::Text, Type::Id]).await?;
        rows.into_iter()
            .map(|mut r| Ok((r.string()?, r.id()?)))
            .collect()
    }
}
