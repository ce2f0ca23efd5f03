//! Proof of what the engine keeps beside records: numbers without gaps, rows that belong to
//! something, one effect a key, one row of the audit a change, postings as they stand.

use super::Wrong;
use crate::{
    Failure, Tables, Tx,
    cell::{Cell, Type, cells},
    sql::{Sql, quoted},
};
use model::Id;

/// Where a row of the engine's own must belong: table, column, and the table whose `id` or key it
/// names.
const BELONGS: [(&str, &str, &str, &str); 3] = [
    ("event", "instance", "instance", "id"),
    ("task", "instance", "instance", "id"),
    ("file_use", "hash", "file", "hash"),
];

/// What was answered to a command: who sent it, under which key, and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub user: Id,
    pub key: String,
    /// `None`: the key was taken and nothing was answered.
    pub body: Option<String>,
}

impl Tx {
    async fn wrong(
        &mut self,
        check: &'static str,
        at: impl ToString,
        text: String,
        binds: &[Cell],
    ) -> Result<Option<Wrong>, Failure> {
        let row = self.row(text, binds, &[Type::Int]).await?;
        let rows = row.map_or(Ok(0), |mut r| r.count())?;
        Ok((rows > 0).then(|| Wrong {
            check,
            at: at.to_string(),
            rows,
        }))
    }

    /// Compares how many numbers a sequence without gaps has given with how many records have one.
    pub(super) async fn check_gaps(&mut self, tables: &Tables) -> Result<Vec<Wrong>, Failure> {
        let mut out = vec![];
        for table in tables.forms() {
            let Some((name, sequence)) = table.form.sequence() else {
                continue;
            };
            if !sequence.gapless {
                continue;
            }
            let text = format!(
                "select abs((select coalesce(sum(next), 0) from series where series = $1) \
                 - (select count(*) from {} where {} is not null)){}",
                quoted(&table.name),
                quoted(name),
                self.whole()
            );
            let series = format!("{}/{name}", table.form.name);
            let at = &table.form.name;
            out.extend(self.wrong("series", at, text, &cells![series]).await?);
        }
        Ok(out)
    }
    /// What makes a sum a whole number that both databases give alike.
    fn whole(&self) -> &'static str {
        match self.dialect() {
            crate::Dialect::Sqlite => "",
            crate::Dialect::Postgres => "::bigint",
        }
    }

    /// Looks for rows of the engine's own that belong to nothing.
    pub(super) async fn check_belongs(&mut self, tables: &Tables) -> Result<Vec<Wrong>, Failure> {
        let mut out = vec![];
        for (table, column, to, key) in BELONGS {
            let text = format!(
                "select count(*) from {table} f where not exists \
                 (select 1 from {to} t where t.{key} = f.{column})"
            );
            let at = format!("{table}.{column}");
            out.extend(self.wrong("foreign_keys", at, text, &[]).await?);
        }
        for table in tables.ledgers() {
            let text = format!(
                "select count(*) from {} e where not exists \
                 (select 1 from posting p where p.id = e.\"_posting\")",
                quoted(&table.entries)
            );
            let at = &table.ledger.name;
            out.extend(self.wrong("foreign_keys", at, text, &[]).await?);
        }
        for table in tables.forms() {
            for of in ["instance", "posting"] {
                let text = format!(
                    "select count(*) from {of} i where i.form = $1 and not exists \
                     (select 1 from {} t where t.\"id\" = i.record)",
                    quoted(&table.name)
                );
                let at = format!("{of} of {}", table.form.name);
                let form = cells![&table.form.name];
                out.extend(self.wrong("foreign_keys", at, text, &form).await?);
            }
        }
        Ok(out)
    }

    /// Every change of a record has its one row in the audit, and the audit knows no other.
    pub async fn check_changes(&mut self) -> Result<Vec<Wrong>, Failure> {
        let unseen = "select count(*) from (select c.record, c.version from change c \
             left join audit a on a.record = c.record and a.version = c.version \
             group by c.record, c.version having count(a.id) <> 1) as c";
        let unmade = "select count(*) from audit a left join change c \
             on c.record = a.record and c.version = a.version \
             where a.version is not null and a.act <> 'delete' and c.record is null";
        let mut out = vec![];
        out.extend(self.wrong("audit", "changes", unseen.into(), &[]).await?);
        out.extend(self.wrong("audit", "rows", unmade.into(), &[]).await?);
        Ok(out)
    }

    /// Compares the status of records with their postings: what is reversed has no posting left,
    /// and nothing is reversed twice or while its record still stands.
    pub async fn check_postings(&mut self, tables: &Tables) -> Result<Vec<Wrong>, Failure> {
        let twice = "select count(*) from (select reverses from posting \
             where reverses is not null group by reverses having count(*) > 1) as p";
        let mut out = vec![];
        out.extend(
            self.wrong("postings", "reversals", twice.into(), &[])
                .await?,
        );
        for table in tables.forms() {
            let text = format!(
                "select count(*) from posting p join {} t on t.\"id\" = p.record \
                 left join posting r on r.reverses = p.id where p.form = $1 and p.kind = 'post' \
                 and (t.\"status\" = 'reversed') <> (r.id is not null)",
                quoted(&table.name)
            );
            let (at, form) = (&table.form.name, cells![&table.form.name]);
            out.extend(self.wrong("postings", at, text, &form).await?);
        }
        Ok(out)
    }

    /// Keys of commands with what was answered, in their order, after one of them.
    pub async fn answered(
        &mut self,
        after: Option<&Answered>,
        limit: u32,
    ) -> Result<Vec<Answered>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select \"user\", key, body from idempotency");
        if let Some(last) = after {
            sql.push(" where (\"user\", key) > (").bind(last.user);
            sql.push(", ").bind(&*last.key).push(")");
        }
        sql.push(" order by \"user\", key limit ").bind(limit);
        let (text, binds) = sql.done();
        let rows = self
            .rows(text, &binds, &[Type::Id, Type::Text, Type::Text])
            .await?;
        rows.into_iter()
            .map(|mut r| {
                Ok(Answered {
                    user: r.id()?,
                    key: r.string()?,
                    body: r.maybe_string()?,
                })
            })
            .collect()
    }

    /// What the audit has of some records: record and version of every row.
    pub async fn audited(&mut self, records: &[Id]) -> Result<Vec<(Id, u64)>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select record, version from audit where version is not null and record");
        sql.within(Type::Id, records.iter().map(|id| (*id).into()).collect());
        let (text, binds) = sql.done();
        let rows = self.rows(text, &binds, &[Type::Id, Type::Int]).await?;
        rows.into_iter()
            .map(|mut r| Ok((r.id()?, r.count()?)))
            .collect()
    }
}
