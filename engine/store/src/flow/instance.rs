//! Instances: a record on its way.

use crate::{
    Failure, Tx,
    cell::{Row, Type, cells, row},
    sql::{Dialect, Insert, unnumbered},
};
use chrono::{DateTime, Utc};
use model::{Id, Ref};
use std::sync::LazyLock;

/// A running or ended workflow of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub id: Id,
    pub workflow: Ref,
    /// The package's revision it runs by, to its end.
    pub revision: u64,
    /// The catalogue's number with which it began: all packages are as they were then.
    pub catalogue: u64,
    pub form: Ref,
    pub record: Id,
    pub record_version: u64,
    /// In the kernel's words: `running`, `done`, …
    pub status: String,
    /// Rises by one with every step.
    pub rev: u64,
    /// The kernel's state, as JSON.
    pub state: String,
    pub started_by: Id,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "id, workflow, revision, form, record, record_version, status, rev, state, \
     started_by, started_at, ended_at, catalogue";
const TYPES: &[Type] = &[
    Type::Id,
    Type::Text,
    Type::Int,
    Type::Text,
    Type::Id,
    Type::Int,
    Type::Text,
    Type::Int,
    Type::Text,
    Type::Id,
    Type::Moment,
    Type::Moment,
    Type::Int,
];

const UPDATE: &str = "update instance set record_version = $1, status = $2, rev = $3, \
     state = $4, ended_at = $5 where id = $6 and rev = $7";

static INSTANCE: LazyLock<Insert> = LazyLock::new(|| {
    let columns: Vec<(&str, Type)> = COLUMNS
        .split(", ")
        .map(str::trim)
        .zip(TYPES.iter().copied())
        .collect();
    Insert::new("instance", &columns, "")
});

fn read(r: &mut Row) -> Result<Instance, Failure> {
    Ok(Instance {
        id: r.id()?,
        workflow: r.parse()?,
        revision: r.count()?,
        form: r.parse()?,
        record: r.id()?,
        record_version: r.count()?,
        status: r.string()?,
        rev: r.count()?,
        state: r.string()?,
        started_by: r.id()?,
        started_at: r.moment()?,
        ended_at: r.maybe_moment()?,
        catalogue: r.count()?,
    })
}

impl Tx {
    /// Keeps a new instance. Written at the end of the command.
    pub async fn add_instance(&mut self, i: &Instance) -> Result<(), Failure> {
        let row = row![
            i.id,
            &i.workflow,
            i.revision,
            &i.form,
            i.record,
            i.record_version,
            &i.status,
            i.rev,
            &i.state,
            i.started_by,
            i.started_at,
            i.ended_at,
            i.catalogue
        ];
        self.append(&INSTANCE, vec![row]).await
    }
    /// Writes what a step changed: status, state, record version, end. `i.rev` is the new one;
    /// [`Failure::Stale`] if the stored one is not the one before.
    pub async fn update_instance(&mut self, i: &Instance) -> Result<(), Failure> {
        let before = i.rev.saturating_sub(1);
        let row = row![
            i.record_version,
            &i.status,
            i.rev,
            &i.state,
            i.ended_at,
            i.id,
            before
        ];
        if self.held.get(&i.id) == Some(&before) {
            // Its row is locked at that step: nothing can be in the way any more.
            self.held.insert(i.id, i.rev);
            return self.append_one(unnumbered(UPDATE), row).await;
        }
        if self.run(UPDATE, &row).await? == 1 {
            Ok(())
        } else {
            Err(Failure::stale(format!("instance {}", i.id)))
        }
    }
    /// Keeps others from stepping an instance until the end of the command: the first lock of a
    /// step (5.3.1). On SQLite nobody else writes.
    pub async fn hold_instance(&mut self, id: Id) -> Result<(), Failure> {
        if self.dialect() == Dialect::Postgres {
            let text = "select rev from instance where id = $1 for update";
            if let Some(mut row) = self.row(text, &cells![id], &[Type::Int]).await? {
                let rev = row.count()?;
                self.held.insert(id, rev);
            }
        }
        Ok(())
    }
    /// An instance by id.
    pub async fn instance(&mut self, id: Id) -> Result<Option<Instance>, Failure> {
        let text = format!("select {COLUMNS} from instance where id = $1");
        let row = self.row(text, &cells![id], TYPES).await?;
        row.map(|mut r| read(&mut r)).transpose()
    }
    /// Instances in the order of their ids, after one of them.
    pub async fn instances(
        &mut self,
        after: Option<Id>,
        limit: u32,
    ) -> Result<Vec<Instance>, Failure> {
        let text = format!("select {COLUMNS} from instance where id > $1 order by id limit $2");
        let after = after.unwrap_or(Id(Default::default()));
        let mut rows = self.rows(text, &cells![after, limit], TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
    /// Every instance of a record, newest first.
    pub async fn instances_of(&mut self, record: Id) -> Result<Vec<Instance>, Failure> {
        let text = format!("select {COLUMNS} from instance where record = $1 order by id desc");
        let mut rows = self.rows(text, &cells![record], TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
}

impl Tx {
    /// The instances that have not ended, oldest first.
    pub async fn live_instances(&mut self) -> Result<Vec<Id>, Failure> {
        let mut rows = self
            .rows(
                "select id from instance where ended_at is null order by id",
                &[],
                &[Type::Id],
            )
            .await?;
        rows.iter_mut().map(|r| r.id()).collect()
    }
}
