//! The history of a record: one row a version.

use crate::{
    Failure, Tx,
    cell::{Type, cells, row},
    sql::Insert,
};
use chrono::{DateTime, Utc};
use model::{Id, Ref};
use std::sync::LazyLock;

/// What one write did to a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub form: Ref,
    pub record: Id,
    /// The version it made.
    pub version: u64,
    pub at: DateTime<Utc>,
    pub by: Id,
    /// `create`, `edit`, `submit`, … in the words of the runtime.
    pub act: String,
    /// Field by field, as the runtime writes it.
    pub diff: serde_json::Value,
}

static CHANGE: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "change",
        &[
            ("record", Type::Id),
            ("version", Type::Int),
            ("form", Type::Text),
            ("at", Type::Moment),
            ("by", Type::Id),
            ("act", Type::Text),
            ("diff", Type::Text),
        ],
        "",
    )
});

impl Tx {
    /// Adds to the histories of records. Written at the end of the command.
    pub async fn add_changes(&mut self, changes: &[Change]) -> Result<(), Failure> {
        let rows = changes
            .iter()
            .map(|c| {
                row![
                    c.record,
                    c.version,
                    &c.form,
                    c.at,
                    c.by,
                    &c.act,
                    c.diff.to_string()
                ]
            })
            .collect();
        self.append(&CHANGE, rows).await
    }
    /// The history of a record, newest first. Who may read it is the caller's business: ask for
    /// the record under a scope first, and leave out what that scope hides.
    pub async fn changes(
        &mut self,
        record: Id,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Change>, Failure> {
        let rows = self
            .rows(
                "select version, form, at, \"by\", act, diff from change \
                 where record = $1 and version < $2 order by version desc limit $3",
                &cells![record, before.unwrap_or(i64::MAX as u64), limit],
                &[
                    Type::Int,
                    Type::Text,
                    Type::Moment,
                    Type::Id,
                    Type::Text,
                    Type::Text,
                ],
            )
            .await?;
        rows.into_iter()
            .map(|mut r| {
                Ok(Change {
                    record,
                    version: r.count()?,
                    form: r.parse()?,
                    at: r.moment()?,
                    by: r.id()?,
                    act: r.string()?,
                    diff: serde_json::from_str(&r.text()?)
                        .map_err(|_| Failure::corrupt("a diff"))?,
                })
            })
            .collect()
    }
}
