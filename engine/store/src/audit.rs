//! The audit: one row a change, sealed afterwards into blocks of a hash chain by one job, so that
//! the chain never makes commands wait for each other (5.3.1).

use crate::{
    Failure, Tx,
    cell::{Row, Type, cells, row},
    sql::{Insert, Sql},
};
use chrono::{DateTime, Utc};
use model::{Id, Ref};
use std::sync::LazyLock;

/// Who did what.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    pub id: Id,
    pub at: DateTime<Utc>,
    pub actor: Option<Id>,
    pub on_behalf_of: Option<Id>,
    pub act: String,
    pub form: Option<Ref>,
    pub record: Option<Id>,
    pub version: Option<u64>,
    /// As JSON.
    pub detail: String,
}

const NAMES: &str = "id, at, actor, on_behalf_of, act, form, record, version, detail";
const COLUMNS: [(&str, Type); 9] = [
    ("id", Type::Id),
    ("at", Type::Moment),
    ("actor", Type::Id),
    ("on_behalf_of", Type::Id),
    ("act", Type::Text),
    ("form", Type::Text),
    ("record", Type::Id),
    ("version", Type::Int),
    ("detail", Type::Text),
];
static AUDIT: LazyLock<Insert> = LazyLock::new(|| Insert::new("audit", &COLUMNS, ""));
static TYPES: LazyLock<Vec<Type>> = LazyLock::new(|| COLUMNS.iter().map(|c| c.1).collect());

fn read(r: &mut Row) -> Result<Audit, Failure> {
    Ok(Audit {
        id: r.id()?,
        at: r.moment()?,
        actor: r.maybe_id()?,
        on_behalf_of: r.maybe_id()?,
        act: r.string()?,
        form: match r.maybe_text()? {
            Some(t) => Some(t.parse().map_err(|_| Failure::corrupt("audit.form"))?),
            None => None,
        },
        record: r.maybe_id()?,
        version: r.maybe_int()?.map(i64::cast_unsigned),
        detail: r.string()?,
    })
}

/// The hash of a block: the one before it, then its rows by id.
fn hash(prev: &[u8], rows: &[Audit]) -> Vec<u8> {
    let mut hash = blake3::Hasher::new();
    hash.update(prev);
    for a in rows {
        hash.update(a.id.0.as_bytes());
        hash.update(&a.at.timestamp_micros().to_le_bytes());
        for id in [a.actor, a.on_behalf_of, a.record] {
            hash.update(&id.map_or([0; 16], |i| i.0.into_bytes()));
        }
        hash.update(&a.version.unwrap_or(0).to_le_bytes());
        let form = a.form.as_ref().map(ToString::to_string).unwrap_or_default();
        for text in [&a.act, &form, &a.detail] {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
    }
    hash.finalize().as_bytes().to_vec()
}

impl Tx {
    /// Adds to the audit. Written at the end of the command.
    pub async fn add_audit(&mut self, rows: &[Audit]) -> Result<(), Failure> {
        let rows = rows
            .iter()
            .map(|a| {
                row![
                    a.id,
                    a.at,
                    a.actor,
                    a.on_behalf_of,
                    &a.act,
                    a.form.as_ref().map(ToString::to_string),
                    a.record,
                    a.version,
                    &a.detail
                ]
            })
            .collect();
        self.append(&AUDIT, rows).await
    }
    /// The audit of a record, newest first.
    pub async fn audit_of(&mut self, record: Id, limit: u32) -> Result<Vec<Audit>, Failure> {
        let text = format!("select {NAMES} from audit where record = $1 order by id desc limit $2");
        let mut rows = self.rows(text, &cells![record, limit], &TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
    /// The whole audit, newest first; `before` is the id of the last one seen.
    pub async fn audit(&mut self, before: Option<Id>, limit: u32) -> Result<Vec<Audit>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select ").push(NAMES).push(" from audit");
        if let Some(before) = before {
            sql.push(" where id < ").bind(before);
        }
        sql.push(" order by id desc limit ").bind(limit);
        let (text, binds) = sql.done();
        let mut rows = self.rows(text, &binds, &TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
    /// Whether any row is in no block yet.
    pub async fn unsealed(&mut self) -> Result<bool, Failure> {
        let row = self
            .row(
                "select count(*) from (select id from audit where block is null limit 1) as a",
                &[],
                &[Type::Int],
            )
            .await?;
        Ok(row.map_or(Ok(0), |mut r| r.count())? > 0)
    }
    /// Seals up to `limit` rows that are in no block yet into the next one; says how many. One
    /// sealer at a time: on PostgreSQL others wait here.
    pub async fn seal_audit(&mut self, at: DateTime<Utc>, limit: u32) -> Result<u64, Failure> {
        self.set_site("sealing", "").await?;
        let text = format!("select {NAMES} from audit where block is null order by id limit $1");
        let mut rows = self.rows(text, &cells![limit], &TYPES).await?;
        let rows = rows.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
        if rows.is_empty() {
            return Ok(0);
        }
        let last = self
            .row(
                "select block, hash from audit_block order by block desc limit 1",
                &[],
                &[Type::Int, Type::Bytes],
            )
            .await?;
        let (block, prev) = match last {
            Some(mut r) => (r.int()? + 1, r.bytes()?.to_vec()),
            None => (1, vec![]),
        };
        let next = hash(&prev, &rows);
        self.run(
            "insert into audit_block(block, at, rows, prev, hash) values ($1, $2, $3, $4, $5)",
            &cells![block, at, rows.len(), &*prev, &*next],
        )
        .await?;
        let mut sql = Sql::new(self.dialect());
        sql.push("update audit set block = ")
            .bind(block)
            .push(" where id");
        sql.within(Type::Id, rows.iter().map(|a| a.id.into()).collect());
        let (text, binds) = sql.done();
        self.run(text, &binds).await?;
        Ok(rows.len() as u64)
    }
    /// Recomputes the chain; gives the number of the first block that is not what was sealed.
    pub async fn check_audit(&mut self) -> Result<Option<u64>, Failure> {
        let blocks = self
            .rows(
                "select block, rows, prev, hash from audit_block order by block",
                &[],
                &[Type::Int, Type::Int, Type::Bytes, Type::Bytes],
            )
            .await?;
        let mut before: Vec<u8> = vec![];
        let next = blocks.len() as u64 + 1;
        let text = format!("select {NAMES} from audit where block = $1 order by id");
        for (n, mut block) in blocks.into_iter().enumerate() {
            let (number, count) = (block.count()?, block.count()?);
            let (prev, sealed) = (block.bytes()?, block.bytes()?);
            let mut rows = self.rows(text.clone(), &cells![number], &TYPES).await?;
            let rows = rows.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
            let sound = number == n as u64 + 1
                && rows.len() as u64 == count
                && *prev == *before
                && *sealed == *hash(&before, &rows);
            if !sound {
                return Ok(Some(number));
            }
            before = sealed.to_vec();
        }
        // Rows say that they were sealed into a block which is there no more.
        let row = self
            .row(
                "select count(*) from audit where block >= $1",
                &cells![next],
                &[Type::Int],
            )
            .await?;
        let lost = row.map_or(Ok(0), |mut r| r.count())?;
        Ok((lost > 0).then_some(next))
    }
}
