//! The engine's own tables, as an ordered list of steps that is only ever added to.
//!
//! A step is written once for both databases: `{id} {text} {int} {bool} {date} {moment} {bytes}`
//! stand for column types, `{clustered}` for SQLite's `WITHOUT ROWID`. What a step said when it
//! ran is kept as a hash; a step that says something else now is refused.

use crate::{
    Failure,
    cell::Type,
    engine_tables::STEPS,
    pool::Pool,
    postgres,
    publish::insert_only,
    sql::{Dialect, column_type, quoted},
};
use sqlx::Row as _;

/// The text of a step for one database.
fn text(step: &str, dialect: Dialect) -> String {
    let mut out = step.to_owned();
    for (word, kind) in [
        ("{id}", Type::Id),
        ("{text}", Type::Text),
        ("{int}", Type::Int),
        ("{bool}", Type::Bool),
        ("{date}", Type::Date),
        ("{moment}", Type::Moment),
        ("{bytes}", Type::Bytes),
    ] {
        out = out.replace(word, &column_type(dialect, kind));
    }
    let (clustered, words) = match dialect {
        Dialect::Sqlite => (" without rowid", ""),
        Dialect::Postgres => (
            "",
            "create table search(record uuid primary key, words tsvector not null);
             create index search_words on search using gin(words);",
        ),
    };
    let mut out = out
        .replace("{clustered}", clustered)
        .replace("{search}", words);
    for table in ["event", "posting", "change"] {
        let keep = insert_only(table, dialect).join(";\n") + ";";
        out = out.replace(&format!("{{insert_only:{table}}}"), &keep);
    }
    out
}

fn hash(step: &str) -> String {
    blake3::hash(step.as_bytes()).to_hex()[..32].to_owned()
}

/// Whether the steps already run are the ones known; gives how many there are.
fn known(run: &[(i64, String)]) -> Result<usize, Failure> {
    for (n, found) in run {
        match STEPS.get(*n as usize) {
            Some(step) if hash(step) == *found => {}
            Some(_) => {
                return Err(Failure::Unsafe(format!(
                    "step {n} of the database is not the one this program knows"
                )));
            }
            None => {
                return Err(Failure::Unsafe(
                    "the database was written by a newer program".into(),
                ));
            }
        }
    }
    Ok(run.len())
}

/// What PostgreSQL's triggers call.
pub(crate) const FUNCTIONS: &str = "create function entries_stay() returns trigger \
     language plpgsql as $f$ begin raise exception 'entries are never changed'; end $f$;";

const TABLE: &str =
    "create table if not exists migration(n {int} primary key, hash {text} not null)";

/// Brings a SQLite file up to date in one transaction.
pub(crate) fn sqlite(c: &mut rusqlite::Connection) -> Result<(), Failure> {
    let t = c.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    t.execute_batch(&text(TABLE, Dialect::Sqlite))?;
    let run = t
        .prepare("select n, hash from migration order by n")?
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<Vec<(i64, String)>, _>>()?;
    for (n, step) in STEPS.iter().enumerate().skip(known(&run)?) {
        t.execute_batch(&text(step, Dialect::Sqlite))?;
        t.execute(
            "insert into migration(n, hash) values ($1, $2)",
            rusqlite::params![n as i64, hash(step)],
        )?;
    }
    t.commit()?;
    Ok(())
}

/// Refuses a SQLite file that is not up to date: the process that serves it is of another program.
pub(crate) fn is_current(c: &rusqlite::Connection) -> Result<(), Failure> {
    let run = c
        .prepare("select n, hash from migration order by n")?
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<Vec<(i64, String)>, _>>()?;
    match known(&run)? == STEPS.len() {
        true => Ok(()),
        false => Err(Failure::Unsafe(
            "the site is served by an older program".into(),
        )),
    }
}

/// Brings a PostgreSQL schema up to date in one transaction; other nodes wait meanwhile.
pub(crate) async fn postgres(pool: &Pool, schema: &str) -> Result<(), Failure> {
    // Two nodes may make the very first table in the same moment: the second tries again.
    for tries in 1.. {
        match postgres_once(pool, schema).await {
            Err(Failure::Duplicate { .. } | Failure::Busy(_)) if tries < postgres::TRIES => {
                postgres::pause(tries).await;
            }
            other => return other,
        }
    }
    Ok(())
}

async fn postgres_once(pool: &Pool, schema: &str) -> Result<(), Failure> {
    let mut t = pool.begin(postgres::WRITE).await?;
    postgres::batch(&mut t, text(TABLE, Dialect::Postgres)).await?;
    postgres::batch(
        &mut t,
        format!("lock table {}.migration in exclusive mode", quoted(schema)),
    )
    .await?;
    let run = sqlx::query("select n, hash from migration order by n")
        .fetch_all(&mut *t)
        .await?
        .iter()
        .map(|r| Ok((r.try_get(0)?, r.try_get(1)?)))
        .collect::<Result<Vec<(i64, String)>, sqlx::Error>>()?;
    if run.is_empty() {
        postgres::batch(&mut t, FUNCTIONS.into()).await?;
    }
    for (n, step) in STEPS.iter().enumerate().skip(known(&run)?) {
        postgres::batch(&mut t, text(step, Dialect::Postgres)).await?;
        sqlx::query("insert into migration(n, hash) values ($1, $2)")
            .bind(n as i64)
            .bind(hash(step))
            .execute(&mut *t)
            .await?;
    }
    t.end("commit").await?;
    Ok(())
}
