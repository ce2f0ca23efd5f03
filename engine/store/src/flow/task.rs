//! Tasks: what people have to do, and the inbox.

use crate::{
    Failure, HeldRole, Tx,
    cell::{Cell, Row, Type, cells, row},
    sql::{Insert, Sql, columns, unnumbered},
};
use chrono::{DateTime, Utc};
use model::{Id, Name, Ref};
use std::{collections::BTreeMap, sync::LazyLock};

/// Something somebody has to do, or has done.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub id: Id,
    pub instance: Id,
    pub form: Ref,
    pub record: Id,
    pub node: Name,
    /// How often the node was entered.
    pub attempt: u32,
    /// Which seat of the node.
    pub seat: String,
    /// Open to all who hold this role (within a record), until somebody takes it.
    pub role: Option<Ref>,
    pub within: Option<Id>,
    /// The user whose task it is.
    pub holder: Option<Id>,
    /// `open` until it is done or taken away.
    pub status: String,
    pub opened_at: DateTime<Utc>,
    pub due_at: Option<DateTime<Utc>>,
    pub done_at: Option<DateTime<Utc>>,
    pub outcome: Option<String>,
    pub opinion: Option<String>,
    pub acted_by: Option<Id>,
    /// The record's title when the task was opened.
    pub title: String,
    pub started_by: Id,
}

/// The status of a task that waits.
const OPEN: &str = "open";

const COLUMNS: [(&str, Type); 19] = [
    ("id", Type::Id),
    ("instance", Type::Id),
    ("form", Type::Text),
    ("record", Type::Id),
    ("node", Type::Text),
    ("attempt", Type::Int),
    ("seat", Type::Text),
    ("role", Type::Text),
    ("within", Type::Id),
    ("holder", Type::Id),
    ("status", Type::Text),
    ("opened_at", Type::Moment),
    ("due_at", Type::Moment),
    ("done_at", Type::Moment),
    ("outcome", Type::Text),
    ("opinion", Type::Text),
    ("acted_by", Type::Id),
    ("title", Type::Text),
    ("started_by", Type::Id),
];

static TASK: LazyLock<Insert> = LazyLock::new(|| Insert::new("task", &COLUMNS, ""));
static TYPES: LazyLock<Vec<Type>> = LazyLock::new(|| COLUMNS.iter().map(|c| c.1).collect());
static NAMES: LazyLock<String> = LazyLock::new(|| COLUMNS.map(|c| format!("t.{}", c.0)).join(", "));

fn read(r: &mut Row) -> Result<Task, Failure> {
    let role = |r: &mut Row| {
        let text = r.maybe_text()?;
        text.map(|t| t.parse().map_err(|_| Failure::corrupt("task.role")))
            .transpose()
    };
    Ok(Task {
        id: r.id()?,
        instance: r.id()?,
        form: r.parse()?,
        record: r.id()?,
        node: r.parse()?,
        attempt: r.small()?,
        seat: r.string()?,
        role: role(r)?,
        within: r.maybe_id()?,
        holder: r.maybe_id()?,
        status: r.string()?,
        opened_at: r.moment()?,
        due_at: r.maybe_moment()?,
        done_at: r.maybe_moment()?,
        outcome: r.maybe_string()?,
        opinion: r.maybe_string()?,
        acted_by: r.maybe_id()?,
        title: r.string()?,
        started_by: r.id()?,
    })
}

/// Whose open tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbox {
    pub user: Id,
    /// The roles he holds: tasks open to them are his to take.
    pub roles: Vec<HeldRole>,
    /// Only of these forms; left empty: of all.
    pub forms: Vec<Ref>,
    /// Where the page before ended: opening and id of its last task.
    pub after: Option<(DateTime<Utc>, Id)>,
    pub limit: u32,
}

impl Tx {
    /// Opens tasks. Written at the end of the command.
    pub async fn add_tasks(&mut self, tasks: &[Task]) -> Result<(), Failure> {
        let rows = tasks
            .iter()
            .map(|t| {
                row![
                    t.id,
                    t.instance,
                    &t.form,
                    t.record,
                    &t.node,
                    t.attempt,
                    &t.seat,
                    t.role.as_ref().map(ToString::to_string),
                    t.within,
                    t.holder,
                    &t.status,
                    t.opened_at,
                    t.due_at,
                    t.done_at,
                    t.outcome.clone(),
                    t.opinion.clone(),
                    t.acted_by,
                    &t.title,
                    t.started_by
                ]
            })
            .collect();
        self.append(&TASK, rows).await
    }
    /// Writes what changes in a task's life: seat, role, holder, status, due, end, outcome.
    /// [`Failure::Stale`] unless every one of them is open or parked still.
    pub async fn update_tasks(&mut self, tasks: &[Task]) -> Result<(), Failure> {
        const LITE: &str = "update task set seat = $1, role = $2, within = $3, holder = $4, \
             status = $5, due_at = $6, done_at = $7, outcome = $8, opinion = $9, acted_by = $10 \
             where id = $11 and status in ('open', 'parked')";
        const PG: &str = "update task t set seat = d.seat, role = d.role, within = d.within, \
             holder = d.holder, status = d.status, due_at = d.due_at, done_at = d.done_at, \
             outcome = d.outcome, opinion = d.opinion, acted_by = d.acted_by \
             from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], \
             $6::timestamptz[], $7::timestamptz[], $8::text[], $9::text[], $10::uuid[], \
             $11::uuid[]) as d(seat, role, within, holder, status, due_at, done_at, outcome, \
             opinion, acted_by, id) where t.id = d.id and t.status in ('open', 'parked')";
        const SET: [Type; 11] = [
            Type::Text,
            Type::Text,
            Type::Id,
            Type::Id,
            Type::Text,
            Type::Moment,
            Type::Moment,
            Type::Text,
            Type::Text,
            Type::Id,
            Type::Id,
        ];
        let rows: Vec<Vec<Cell>> = tasks
            .iter()
            .map(|t| {
                row![
                    &t.seat,
                    t.role.as_ref().map(ToString::to_string),
                    t.within,
                    t.holder,
                    &t.status,
                    t.due_at,
                    t.done_at,
                    t.outcome.clone(),
                    t.opinion.clone(),
                    t.acted_by,
                    t.id
                ]
            })
            .collect();
        if !tasks.is_empty() && tasks.iter().all(|t| self.held.contains_key(&t.instance)) {
            // Tasks change with their instance only, and that is locked at the step they were
            // read at: nothing can be in the way any more.
            let mut rows = rows;
            return match rows.len() {
                1 => self.append_one(unnumbered(LITE), rows.remove(0)).await,
                _ => self.append_one(unnumbered(PG), columns(&SET, rows)).await,
            };
        }
        let wanted = rows.len() as u64;
        if self.each(&LITE.into(), &PG.into(), &SET, rows).await? == wanted {
            Ok(())
        } else {
            Err(Failure::stale("a task"))
        }
    }
    /// A task by id.
    pub async fn task(&mut self, id: Id) -> Result<Option<Task>, Failure> {
        let text = format!("select {} from task t where t.id = $1", *NAMES);
        let row = self.row(text, &cells![id], &TYPES).await?;
        row.map(|mut r| read(&mut r)).transpose()
    }
    /// Every task of an instance, in the order they were opened.
    pub async fn tasks_of(&mut self, instance: Id) -> Result<Vec<Task>, Failure> {
        let text = format!(
            "select {} from task t where t.instance = $1 order by t.id",
            *NAMES
        );
        let mut rows = self.rows(text, &cells![instance], &TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
    /// What a user has done, newest first.
    pub async fn handled(
        &mut self,
        user: Id,
        after: Option<(DateTime<Utc>, Id)>,
        limit: u32,
    ) -> Result<Vec<Task>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select ")
            .push(&NAMES)
            .push(" from task t where t.acted_by = ")
            .bind(user);
        if let Some((at, id)) = after {
            sql.push(" and (t.done_at, t.id) < (")
                .bind(at)
                .push(", ")
                .bind(id)
                .push(")");
        }
        sql.push(" order by t.done_at desc, t.id desc limit ")
            .bind(limit);
        let (text, binds) = sql.done();
        let mut rows = self.rows(text, &binds, &TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
    /// The open tasks of a user and those open to his roles, newest first.
    pub async fn inbox(&mut self, inbox: &Inbox) -> Result<Vec<Task>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select ")
            .push(&NAMES)
            .push(" from task t where t.id in (");
        sources(&mut sql, inbox, inbox.limit);
        sql.push(") order by t.opened_at desc, t.id desc limit ")
            .bind(inbox.limit);
        let (text, binds) = sql.done();
        let mut rows = self.rows(text, &binds, &TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
    /// How many tasks the inbox holds, counted up to `cap`.
    pub async fn inbox_count(&mut self, inbox: &Inbox, cap: u32) -> Result<crate::Count, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select count(*) from (");
        sources(&mut sql, inbox, cap + 1);
        sql.push(") as c");
        let (text, binds) = sql.done();
        let row = self.row(text, &binds, &[Type::Int]).await?;
        let rows = row.map_or(Ok(0), |mut r| r.count())?;
        Ok(crate::Count {
            rows: rows.min(cap.into()),
            more: rows > cap.into(),
        })
    }
    /// The records on which a user has tasks that are not over, by form and id.
    pub async fn records_held(&mut self, user: Id) -> Result<Vec<(Ref, Id)>, Failure> {
        let text = "select t.form, t.record from task t where t.holder = $1 \
                    and t.status in ('open', 'parked') group by t.form, t.record \
                    order by t.form, t.record";
        let types = [Type::Text, Type::Id];
        let mut rows = self.rows(text, &cells![user], &types).await?;
        rows.iter_mut().map(|r| Ok((r.parse()?, r.id()?))).collect()
    }
    /// How many open tasks each of these users holds, in their order.
    pub async fn loads(&mut self, users: &[Id]) -> Result<Vec<u64>, Failure> {
        let text = "select count(*) from task t where t.holder = $1 and t.status = 'open'";
        let mut loads = Vec::with_capacity(users.len());
        for user in users {
            let row = self.row(text, &cells![*user], &[Type::Int]).await?;
            loads.push(row.map_or(Ok(0), |mut r| r.count())?);
        }
        Ok(loads)
    }
    /// When each of these users was last given a task at a node of a form that he has done or
    /// still holds, in their order.
    pub async fn last_given(
        &mut self,
        form: &Ref,
        node: &Name,
        users: &[Id],
    ) -> Result<Vec<Option<DateTime<Utc>>>, Failure> {
        // Each by its own index: the open ones, and the newest he has done.
        let held = "select max(t.opened_at) from task t where t.holder = $1 \
                    and t.status = 'open' and t.form = $2 and t.node = $3";
        let done = "select t.opened_at from task t where t.acted_by = $1 \
                    and t.form = $2 and t.node = $3 order by t.done_at desc limit 1";
        let mut found = Vec::with_capacity(users.len());
        for user in users {
            let mut last = None;
            for text in [held, done] {
                let binds = cells![*user, form.to_string(), node.to_string()];
                let row = self.row(text, &binds, &[Type::Moment]).await?;
                last = last.max(row.map_or(Ok(None), |mut r| r.maybe_moment())?);
            }
            found.push(last);
        }
        Ok(found)
    }
}

/// The ids of the user's own open tasks and of those open to his roles, the newest of each by its
/// own index: one select a role.
fn sources(sql: &mut Sql, inbox: &Inbox, limit: u32) {
    // Where he holds each role; `None`: everywhere.
    let mut held: BTreeMap<&Ref, Option<Vec<Id>>> = BTreeMap::new();
    for role in &inbox.roles {
        let places = held.entry(&role.role).or_insert_with(|| Some(vec![]));
        match (places.as_mut(), role.within) {
            (Some(list), Some(within)) => list.push(within),
            _ => *places = None,
        }
    }
    let open = |sql: &mut Sql| {
        sql.push("select id from (select s.id as id from task s where s.status = '");
        sql.push(OPEN).push("' and ");
    };
    let rest = |sql: &mut Sql, n: usize| {
        if !inbox.forms.is_empty() {
            sql.push(" and s.form");
            sql.within(Type::Text, inbox.forms.iter().map(Cell::from).collect());
        }
        if let Some((at, id)) = inbox.after {
            sql.push(" and (s.opened_at, s.id) < (")
                .bind(at)
                .push(", ")
                .bind(id)
                .push(")");
        }
        sql.push(" order by s.opened_at desc, s.id desc limit ")
            .bind(limit);
        sql.push(&format!(") as s{n}"));
    };
    open(sql);
    sql.push("s.holder = ").bind(inbox.user);
    rest(sql, 0);
    for (n, (role, places)) in held.into_iter().enumerate() {
        sql.push(" union ");
        open(sql);
        sql.push("s.holder is null and s.role = ").bind(role);
        if let Some(places) = places {
            sql.push(" and (s.within is null or s.within");
            sql.within(Type::Id, places.into_iter().map(Cell::Id).collect());
            sql.push(")");
        }
        rest(sql, n + 1);
    }
}
