//! PostgreSQL: about five connections a core, one schema a site.
//!
//! Writes run READ COMMITTED with explicit locks and are run again when the server asks for it
//! (6.1 rule 3); reads see one snapshot.

use crate::{
    Failure, Tx,
    cell::{Cell, Row, Type},
    pool::Pool,
    sql::{Text, quoted},
};
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _,
    postgres::{PgArguments, PgConnectOptions},
};
use std::{str::FromStr, time::Duration};

/// Times a transaction is run at most when the server asks to run it again.
pub(crate) const TRIES: u32 = 5;

/// What starts a read: everything in it sees the same state.
pub(crate) const READ: &str = "begin isolation level repeatable read read only";
/// What starts a write.
pub(crate) const WRITE: &str = "begin isolation level read committed";

fn arguments(binds: &[Cell]) -> Result<PgArguments, sqlx::Error> {
    let mut args = PgArguments::default();
    for cell in binds {
        cell.bind_pg(&mut args)?;
    }
    Ok(args)
}

/// The one place where SQLx is told that a text is safe: texts come from [`crate::sql`] alone.
fn safe(sql: Text) -> AssertSqlSafe<std::sync::Arc<str>> {
    AssertSqlSafe(match sql {
        Text::Fixed(t) => t.into(),
        Text::Shared(t) => t,
    })
}

/// Runs a statement; says how many rows it touched.
pub(crate) async fn run(
    c: &mut PgConnection,
    sql: Text,
    binds: &[Cell],
) -> Result<u64, sqlx::Error> {
    let args = arguments(binds)?;
    let done = match sql {
        Text::Fixed(t) => sqlx::query_with(t, args).execute(c).await?,
        shared => sqlx::query_with(safe(shared), args).execute(c).await?,
    };
    Ok(done.rows_affected())
}

/// Reads all rows of a question.
pub(crate) async fn rows(
    c: &mut PgConnection,
    sql: Text,
    binds: &[Cell],
    types: &[Type],
) -> Result<Vec<Row>, sqlx::Error> {
    let args = arguments(binds)?;
    let found = match sql {
        Text::Fixed(t) => sqlx::query_with(t, args).fetch_all(c).await?,
        shared => sqlx::query_with(safe(shared), args).fetch_all(c).await?,
    };
    found
        .iter()
        .map(|row| {
            types
                .iter()
                .enumerate()
                .map(|(n, kind)| Cell::of_pg(row, n, *kind))
                .collect::<Result<Vec<_>, _>>()
                .map(Row::new)
        })
        .collect()
}

/// Runs statements of the engine's own, without values.
pub(crate) async fn batch(c: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    c.execute(sqlx::raw_sql(AssertSqlSafe(sql)))
        .await
        .map(|_| ())
}

/// Runs statements of the engine's own in one trip; the first column of the last row.
pub(crate) async fn last_text(
    c: &mut PgConnection,
    sql: &'static str,
) -> Result<Option<String>, sqlx::Error> {
    let rows = c.fetch_all(sqlx::raw_sql(sql)).await?;
    rows.last().map(|row| row.try_get(0)).transpose()
}

/// Reads all rows of the engine's own question as text, as `psql` would show them.
async fn setting(c: &mut PgConnection, name: &'static str) -> Result<String, sqlx::Error> {
    let row = sqlx::query("select current_setting($1)")
        .bind(name)
        .fetch_one(c)
        .await?;
    row.try_get(0)
}

/// Whether a text may name a schema or a database: lower case, digits and `_`.
pub(crate) fn good_name(schema: &str) -> bool {
    !schema.is_empty()
        && schema.len() <= 63
        && schema.starts_with(|c: char| c.is_ascii_lowercase())
        && schema
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Connects to a site's schema, creating it where it is missing. Refuses settings that lose
/// acknowledged commits unless `allow_unsafe`.
pub(crate) async fn connect(
    url: &str,
    schema: &str,
    cores: u32,
    allow_unsafe: bool,
) -> Result<Pools, Failure> {
    if !good_name(schema) {
        return Err(Failure::bad("bad_schema", schema));
    }
    let options = PgConnectOptions::from_str(url)?
        .application_name("formwork")
        .statement_cache_capacity(512)
        .options([
            ("search_path", schema),
            ("statement_timeout", "30000"),
            ("lock_timeout", "10000"),
            ("idle_in_transaction_session_timeout", "30000"),
            ("timezone", "UTC"),
            // The statements are few and their plans do not depend on the values much.
            ("jit", "off"),
        ]);
    let mut first = PgConnection::connect_with(&options).await?;
    if !allow_unsafe {
        for name in ["fsync", "full_page_writes", "synchronous_commit"] {
            if setting(&mut first, name).await? == "off" {
                return Err(Failure::Unsafe(format!(
                    "PostgreSQL runs with {name} = off, which loses acknowledged work"
                )));
            }
        }
    }
    batch(
        &mut first,
        format!("create schema if not exists {}", quoted(schema)),
    )
    .await
    .or_else(|e| match &e {
        // Another node made it in the same moment.
        sqlx::Error::Database(d) if matches!(d.code().as_deref(), Some("23505" | "42P06")) => {
            Ok(())
        }
        _ => Err(e),
    })?;
    first.close().await?;
    // What commands run never depends on the values: planning once is enough (a sixth of the
    // whole time). Questions of people do depend on them.
    let generic = [("plan_cache_mode", "force_generic_plan")];
    Ok(Pools {
        writes: Pool::new(options.clone().options(generic), 3 * cores),
        reads: Pool::new(options, 2 * cores),
    })
}

/// The connections of a site: about five a core.
#[derive(Clone)]
pub(crate) struct Pools {
    pub writes: Pool,
    pub reads: Pool,
}

/// Waits a little, longer with each try and never as long as the others.
pub(crate) async fn pause(tries: u32) {
    let spread = uuid::Uuid::new_v4().as_u128() as u64 % 10;
    tokio::time::sleep(Duration::from_millis((1 << tries) * 2 + spread)).await;
}

/// Ends a write: commits, or says why not.
pub(crate) async fn commit(tx: Tx) -> Result<(), (Failure, bool)> {
    let crate::tx::Link::Postgres(t) = tx.link else {
        return Ok(());
    };
    t.end("commit").await.map_err(|e| match &e {
        sqlx::Error::Database(_) => {
            let again = crate::failure::again(&e);
            (e.into(), again)
        }
        _ => (Failure::Unknown(e.to_string()), false),
    })
}
