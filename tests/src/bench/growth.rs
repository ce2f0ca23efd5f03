//! Large sites: papers, instances and tasks cloned from a few that the engine made.
//!
//! A million cycles would take longer than the benchmark may. So the engine makes some whole
//! ones, and SQL repeats their rows with other ids, desks, partners and dates: every column and
//! every index is filled as the engine fills them.

use super::{
    Outcome,
    place::{DESKS, PARTNERS},
};
use rusqlite::{Connection, params};
use std::path::Path;

/// Rows cloned in one transaction.
const BATCH: i64 = 50_000;

/// An id of version 7 for the row `{n}` of the kind `{k}`, of the text SQLite runs.
fn id(kind: u8, n: &str) -> String {
    format!("unhex(printf('018%09x7{kind:03x}8000%012x', {n} / 1000, {n}))")
}

/// The columns of a table, with what stands in each in a clone: the template's, or `change`s.
fn columns(c: &Connection, table: &str, change: &[(&str, String)]) -> Outcome<(String, String)> {
    let mut names = vec![];
    let mut values = vec![];
    let mut ask = c.prepare("select name from pragma_table_info($1) where name <> '_n'")?;
    for name in ask.query_map([table], |row| row.get::<_, String>(0))? {
        let name = name?;
        let given = change.iter().find(|(n, _)| *n == name);
        values.push(given.map_or(format!("t.\"{name}\""), |(_, value)| value.clone()));
        names.push(format!("\"{name}\""));
    }
    Ok((names.join(", "), values.join(", ")))
}

/// Brings a closed site to `records` papers that have been through their workflow. `from` says
/// how many clones it has already.
pub fn grow(file: &Path, from: i64, records: i64) -> Outcome {
    let c = Connection::open(file)?;
    c.execute_batch("pragma synchronous = off; pragma cache_size = -262144")?;
    let paper: Vec<u8> = c.query_row(
        "select id from f_trial__paper where status = 'posted' order by id limit 1",
        [],
        |row| row.get(0),
    )?;
    let instance: Vec<u8> = c.query_row(
        "select id from instance where record = $1",
        [&paper],
        |row| row.get(0),
    )?;
    // Two whose periods share no factor, so that every clerk meets every partner.
    let pick = |table: &str, key: &str, start: &str, n: String| {
        format!("(select id from {table} where {key} = '{start}' || ({n}))")
    };
    let desk_n = format!("(n.n * 7 + n.n / {DESKS}) % {DESKS}");
    let partner_n = format!("(n.n * 11 + n.n / 4096) % {PARTNERS}");
    let desk = pick("f_trial__desk", "code", "desk", desk_n.clone());
    let clerk = pick("\"user\"", "login", "clerk", desk_n);
    let partner = pick("f_trial__partner", "code", "partner", partner_n);
    let day = "date('2024-01-01', '+' || (n.n * 37 % 1000) || ' days')";
    let one = [
        (
            "f_trial__paper",
            "id",
            &paper,
            vec![
                ("id", id(1, "n.n")),
                ("number", "'C-' || n.n".into()),
                ("desk", desk),
                ("created_by", clerk),
                ("partner", partner),
                ("date", day.into()),
            ],
        ),
        (
            "instance",
            "id",
            &instance,
            vec![("id", id(2, "n.n")), ("record", id(1, "n.n"))],
        ),
        (
            "task",
            "instance",
            &instance,
            vec![
                (
                    "id",
                    format!(
                        "case t.node when 'manager' then {} else {} end",
                        id(3, "n.n"),
                        id(4, "n.n")
                    ),
                ),
                ("instance", id(2, "n.n")),
                ("record", id(1, "n.n")),
            ],
        ),
    ];
    let mut at = from;
    while at < records {
        let to = (at + BATCH).min(records);
        c.execute_batch("begin")?;
        for (table, by, template, change) in &one {
            let (names, values) = columns(&c, table, change)?;
            let text = format!(
                "with recursive n(n) as (values(?2) union all select n + 1 from n where n + 1 < ?3) \
                 insert into {table} ({names}) select {values} from n, {table} t where t.{by} = ?1"
            );
            c.execute(&text, params![template, at, to])?;
        }
        c.execute_batch("commit")?;
        at = to;
    }
    c.execute_batch("pragma optimize; pragma wal_checkpoint(truncate)")?;
    Ok(())
}
