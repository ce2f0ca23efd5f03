//! Proof that what is kept is what was written: whole-table comparisons in SQL (6.4, I5–I14).

mod kept;

pub use kept::Answered;

use crate::{
    Failure, Tables, Tx,
    cell::{Type, cells},
    flow::event_hash,
    sql::{Dialect, quoted},
    table::LedgerTable,
};
use std::fmt::Write;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// `balances`, `turnover`, `integrity`, `foreign_keys`, `events`, `versions`, `series`,
    /// `keys`, `postings`, `audit`, `blobs`; what the runtime adds is named there.
    pub check: &'static str,
    /// Which table, record or file.
    pub at: String,
    pub rows: u64,
}

impl Tx {
    /// Compares every ledger's balances and turnover with the sum of its entries.
    pub async fn check_ledgers(&mut self, tables: &Tables) -> Result<Vec<Wrong>, Failure> {
        let mut out = Vec::new();
        let dialect = self.dialect();
        for table in tables.ledgers() {
            let mut checks = Vec::new();
            if table.current() {
                checks.push(("balances", balances(table)));
            }
            if table.by_month() {
                checks.push(("turnover", months(table, dialect)));
            }
            for (check, text) in checks {
                let row = self.row(text, &[], &[Type::Int]).await?;
                let rows = row.map_or(Ok(0), |mut r| r.count())?;
                if rows > 0 {
                    out.push(Wrong {
                        check,
                        at: table.ledger.name.to_string(),
                        rows,
                    });
                }
            }
        }
        Ok(out)
    }

    /// Recomputes the hash chain of every instance's events; names those that do not hold.
    pub async fn check_events(&mut self) -> Result<Vec<Wrong>, Failure> {
        let rows = self
            .rows(
                "select instance, count(*), max(seq) from event group by instance",
                &[],
                &[Type::Id, Type::Int, Type::Int],
            )
            .await?;
        let mut out = Vec::new();
        for mut row in rows {
            let (instance, count, last) = (row.id()?, row.int()?, row.int()?);
            let (events, hash) = self.events(instance).await?;
            let mut prev: Vec<u8> = vec![];
            for event in &events {
                prev = event_hash(&prev, event).to_vec();
            }
            if count != last || prev != hash {
                out.push(Wrong {
                    check: "events",
                    at: instance.to_string(),
                    rows: count.unsigned_abs(),
                });
            }
        }
        Ok(out)
    }

    /// Compares each record's version with its history, whose versions follow each other and whose
    /// last is by whom and when the row says.
    pub async fn check_versions(&mut self, tables: &Tables) -> Result<Vec<Wrong>, Failure> {
        let mut out = Vec::new();
        for table in tables.forms() {
            let text = format!(
                "select count(*) from {} t left join (select record, count(*) as n, \
                 max(version) as v, min(version) as first from change where form = $1 \
                 group by record) c on c.record = t.\"id\" \
                 left join change l on l.record = t.\"id\" and l.version = t.\"version\" \
                 where c.v is null or c.v <> t.\"version\" or c.n <> c.v - c.first + 1 \
                 or l.at <> t.\"updated_at\" or l.\"by\" <> t.\"updated_by\"",
                quoted(&table.name)
            );
            let row = self
                .row(text, &cells![&table.form.name], &[Type::Int])
                .await?;
            let rows = row.map_or(Ok(0), |mut r| r.count())?;
            if rows > 0 {
                out.push(Wrong {
                    check: "versions",
                    at: table.form.name.to_string(),
                    rows,
                });
            }
        }
        Ok(out)
    }

    /// Looks for doubled and missing numbers in the sequences of forms, and for rows that belong to
    /// nothing.
    pub async fn check_records(&mut self, tables: &Tables) -> Result<Vec<Wrong>, Failure> {
        let mut out = Vec::new();
        for table in tables.forms() {
            let mut checks = Vec::new();
            if let Some((name, sequence)) = table.form.sequence() {
                let mut columns = quoted(name).into_owned();
                if let Some(per) = &sequence.per {
                    let _ = write!(columns, ", {}", quoted(per));
                }
                checks.push((
                    "series",
                    format!(
                        "select count(*) from (select {columns} from {} where {} is not null \
                         group by {columns} having count(*) > 1) as twice",
                        quoted(&table.name),
                        quoted(name)
                    ),
                ));
            }
            for lines in table.lines.values() {
                checks.push((
                    "foreign_keys",
                    format!(
                        "select count(*) from {} l where not exists \
                         (select 1 from {} t where t.\"id\" = l.\"record\")",
                        quoted(&lines.name),
                        quoted(&table.name)
                    ),
                ));
            }
            for (check, text) in checks {
                let row = self.row(text, &[], &[Type::Int]).await?;
                let rows = row.map_or(Ok(0), |mut r| r.count())?;
                if rows > 0 {
                    out.push(Wrong {
                        check,
                        at: table.form.name.to_string(),
                        rows,
                    });
                }
            }
        }
        out.extend(self.check_gaps(tables).await?);
        out.extend(self.check_links_kept(tables).await?);
        out.extend(self.check_belongs(tables).await?);
        Ok(out)
    }

    /// Looks for links that point nowhere.
    async fn check_links_kept(&mut self, tables: &Tables) -> Result<Vec<Wrong>, Failure> {
        let mut out = Vec::new();
        for target in tables.forms() {
            for referrer in tables.referrers(&target.form.name) {
                let to = match &referrer.to.table {
                    None => &target.name,
                    Some(t) => match target.lines.get(t) {
                        Some(lines) => &lines.name,
                        None => continue,
                    },
                };
                let column = quoted(&referrer.column).into_owned();
                let text = format!(
                    "select count(*) from {} f where f.{column} is not null and not exists \
                     (select 1 from {} t where t.\"id\" = f.{column})",
                    quoted(&referrer.table),
                    quoted(to)
                );
                let row = self.row(text, &[], &[Type::Int]).await?;
                let rows = row.map_or(Ok(0), |mut r| r.count())?;
                if rows > 0 {
                    out.push(Wrong {
                        check: "foreign_keys",
                        at: format!("{}.{}", referrer.of, referrer.column),
                        rows,
                    });
                }
            }
        }
        Ok(out)
    }

    /// Asks SQLite whether its file is sound. PostgreSQL has `amcheck` for it, outside a site.
    pub async fn check_integrity(&mut self) -> Result<Vec<Wrong>, Failure> {
        if self.dialect() == Dialect::Postgres {
            return Ok(vec![]);
        }
        let rows = self
            .rows("pragma integrity_check", &[], &[Type::Text])
            .await?;
        let mut out = Vec::new();
        for mut row in rows {
            let said = row.string()?;
            if said != "ok" {
                out.push(Wrong {
                    check: "integrity",
                    at: said,
                    rows: 1,
                });
            }
        }
        Ok(out)
    }

    /// The version of the database program.
    pub async fn version(&mut self) -> Result<String, Failure> {
        let text = match self.dialect() {
            Dialect::Sqlite => "select sqlite_version()",
            Dialect::Postgres => "select current_setting('server_version')",
        };
        let row = self.row(text, &[], &[Type::Text]).await?;
        row.map_or_else(|| Err(Failure::corrupt("no version")), |mut r| r.string())
    }
    /// The hashes of all files that rows name.
    pub async fn file_hashes(&mut self) -> Result<Vec<String>, Failure> {
        let rows = self
            .rows(
                "select hash from file union select hash from file_use",
                &[],
                &[Type::Text],
            )
            .await?;
        rows.into_iter().map(|mut r| r.string()).collect()
    }
}

impl crate::Store {
    /// Reads every file that rows name and compares its bytes with its hash.
    pub async fn check_blobs(&self) -> Result<Vec<Wrong>, Failure> {
        let hashes: Vec<String> = self.read(|tx| Box::pin(tx.file_hashes())).await?;
        let mut out = Vec::new();
        for hash in hashes {
            let sound = match self.read_blob(&hash).await {
                Ok(bytes) => blake3::hash(&bytes).to_hex().as_str() == hash,
                Err(Failure::NotFound) => false,
                Err(other) => return Err(other),
            };
            if !sound {
                out.push(Wrong {
                    check: "blobs",
                    at: hash,
                    rows: 1,
                });
            }
        }
        Ok(out)
    }
}

/// How many keys have another balance than the sum of their entries, or another last entry.
fn balances(table: &LedgerTable) -> String {
    let mut sums = String::from(", max(\"_seq\") as \"_seq\", max(\"_date\") as \"_date\"");
    let mut differs = String::from(
        "coalesce(e.\"_seq\", 0) <> coalesce(b.\"_seq\", 0) \
         or e.\"_date\" is distinct from b.\"_date\"",
    );
    for name in table.measures.keys() {
        let name = quoted(name);
        let _ = write!(sums, ", sum({name}) as {name}");
        let _ = write!(
            differs,
            " or coalesce(e.{name}, 0) <> coalesce(b.{name}, 0)"
        );
    }
    format!(
        "select count(*) from (select \"_key\"{sums} from {} group by \"_key\") e \
         full join {} b on b.\"_key\" = e.\"_key\" where {differs}",
        quoted(&table.entries),
        quoted(&table.balances)
    )
}

/// How many months of keys have another turnover than the sums of their entries.
fn months(table: &LedgerTable, dialect: Dialect) -> String {
    let month = match dialect {
        Dialect::Sqlite => "substr(\"_date\", 1, 7)",
        Dialect::Postgres => "to_char(\"_date\", 'YYYY-MM')",
    };
    let (mut sums, mut kept, mut differs) = (String::new(), String::new(), String::from("false"));
    for name in table.measures.keys() {
        let n = quoted(name).into_owned();
        let _ = write!(
            sums,
            ", sum(case when {n} > 0 then {n} else 0 end) as \"{name}__in\", \
             sum(case when {n} < 0 then -{n} else 0 end) as \"{name}__out\""
        );
        for side in ["in", "out"] {
            let c = format!("\"{name}__{side}\"");
            let _ = write!(kept, ", sum({c}) as {c}");
            let _ = write!(differs, " or coalesce(e.{c}, 0) <> coalesce(p.{c}, 0)");
        }
    }
    format!(
        "select count(*) from (select \"_key\", {month} as \"_month\"{sums} from {} \
         group by \"_key\", {month}) e full join (select \"_key\", \"_month\"{kept} from {} \
         group by \"_key\", \"_month\") p on p.\"_key\" = e.\"_key\" \
         and p.\"_month\" = e.\"_month\" where {differs}",
        quoted(&table.entries),
        quoted(&table.periods)
    )
}
