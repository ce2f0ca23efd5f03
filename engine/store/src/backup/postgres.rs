//! The tables of a PostgreSQL schema as files: what makes each table, and its rows by `COPY`.

use super::bad;
use crate::{Failure, pool::Pool, postgres::batch, sql::quoted};
use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Row as _};
use std::path::Path;

/// A table of a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Table {
    name: String,
    /// Names in quotes, for `copy`.
    columns: String,
    /// Makes the table.
    create: String,
    /// Constraints, indexes and triggers, after its rows are in.
    after: Vec<String>,
    /// The file its rows are in.
    file: String,
}

const TABLES: &str = "select c.oid::bigint, c.relname::text, array_to_string(c.reloptions, ', ') \
     from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' \
     order by 2";
const COLUMNS: &str = "select a.attname::text, format_type(a.atttypid, a.atttypmod), \
     a.attnotnull, pg_get_expr(d.adbin, d.adrelid), \
     a.attcollation = (select oid from pg_collation where collname = 'C' \
     and collnamespace = 'pg_catalog'::regnamespace) \
     from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum \
     where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum";
const AFTER: [&str; 3] = [
    "select 'alter table ' || quote_ident(c.relname) || ' add constraint ' \
     || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid, true) \
     from pg_constraint k join pg_class c on c.oid = k.conrelid \
     where k.conrelid = $1::oid and k.contype in ('p', 'u', 'c') order by k.conname",
    "select pg_get_indexdef(i.indexrelid, 0, true) from pg_index i where i.indrelid = $1::oid \
     and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid) \
     order by i.indexrelid::regclass::text",
    "select pg_get_triggerdef(t.oid, true) from pg_trigger t where t.tgrelid = $1::oid \
     and not t.tgisinternal order by t.tgname",
];

/// Writes every table of the pool's schema into a folder, all as of one moment.
pub(super) async fn dump(pool: &Pool, to: &Path) -> Result<Vec<Table>, Failure> {
    let mut t = pool.begin(crate::postgres::READ).await?;
    batch(&mut t, "set local statement_timeout = 0".into()).await?;
    let mut out = Vec::new();
    for row in sqlx::query(TABLES).fetch_all(&mut *t).await? {
        let (oid, name): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        let options: Option<String> = row.try_get(2)?;
        let table = describe(&mut t, oid, name, options, out.len()).await?;
        let sql = format!("copy {} ({}) to stdout", quoted(&table.name), table.columns);
        let mut bytes: Vec<u8> = Vec::new();
        let mut file = crate::private::create_new(&to.join(&table.file))?;
        let mut rows = t.copy_out_raw(&sql).await?;
        while let Some(piece) = rows.try_next().await? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > 1 << 20 {
                std::io::Write::write_all(&mut file, &bytes)?;
                bytes.clear();
            }
        }
        std::io::Write::write_all(&mut file, &bytes)?;
        file.sync_all()?;
        drop(rows);
        out.push(table);
    }
    t.end("rollback").await?;
    Ok(out)
}

async fn describe(
    t: &mut PgConnection,
    oid: i64,
    name: String,
    options: Option<String>,
    number: usize,
) -> Result<Table, Failure> {
    let (mut columns, mut parts) = (Vec::new(), Vec::new());
    for c in sqlx::query(COLUMNS).bind(oid).fetch_all(&mut *t).await? {
        let column: String = c.try_get(0)?;
        let mut part = format!("{} {}", quoted(&column), c.try_get::<String, _>(1)?);
        if c.try_get::<Option<bool>, _>(4)? == Some(true) {
            part.push_str(" collate \"C\"");
        }
        if c.try_get::<bool, _>(2)? {
            part.push_str(" not null");
        }
        if let Some(default) = c.try_get::<Option<String>, _>(3)? {
            part.push_str(" default ");
            part.push_str(&default);
        }
        columns.push(quoted(&column).into_owned());
        parts.push(part);
    }
    let mut create = format!("create table {} ({})", quoted(&name), parts.join(", "));
    if let Some(options) = options {
        create.push_str(&format!(" with ({options})"));
    }
    let mut after = Vec::new();
    for question in AFTER {
        for row in sqlx::query(question).bind(oid).fetch_all(&mut *t).await? {
            after.push(row.try_get(0)?);
        }
    }
    Ok(Table {
        name,
        columns: columns.join(", "),
        create,
        after,
        file: format!("table-{number:04}.copy"),
    })
}

/// Fills an empty schema with the tables of a backup, in one transaction.
pub(super) async fn load(pool: &Pool, from: &Path, tables: &[Table]) -> Result<(), Failure> {
    let mut t = pool.begin(crate::postgres::WRITE).await?;
    batch(&mut t, "set local statement_timeout = 0".into()).await?;
    if !sqlx::query(TABLES).fetch_all(&mut *t).await?.is_empty() {
        return Err(bad("the schema has tables already"));
    }
    batch(&mut t, crate::migrate::FUNCTIONS.into()).await?;
    for table in tables {
        batch(&mut t, table.create.clone()).await?;
    }
    for table in tables {
        let plain = table
            .file
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        if !plain || table.file.starts_with('.') {
            return Err(bad(format!("`{}` is no file of a backup", table.file)));
        }
        let bytes = std::fs::read(from.join(&table.file))?;
        let sql = format!(
            "copy {} ({}) from stdin",
            quoted(&table.name),
            table.columns
        );
        let mut copy = t.copy_in_raw(&sql).await?;
        copy.send(bytes).await?;
        copy.finish().await?;
    }
    for table in tables {
        for statement in &table.after {
            batch(&mut t, statement.clone()).await?;
        }
    }
    t.end("commit").await?;
    Ok(())
}
