//! Tasks: acting on them, and what an inbox shows.

use crate::{
    Caller, Error, Site,
    command::{Commit, Forced, Key},
    desk::{Desk, Halt},
    flow::{Flow, Loaded},
    record::{AtNode, NewLines, everything_edited},
    show::{Titles, moment},
    view,
    words::Language,
};
use kernel::{
    form::Phase,
    workflow::{self, Cmd, OperationState, Who},
};
use model::{Filter, Id, Name, Path, Record, Status, Test, Value, workflow::How};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use store::{Columns, Inbox, Query};

/// Which tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    Todo,
    Done,
    Mine,
    Copied,
    Drafts,
}

/// What completes a task.
#[derive(Clone, Debug)]
pub struct CompleteAsked {
    pub outcome: Option<Name>,
    pub opinion: String,
    pub values: Map<String, Json>,
    pub version: Option<u64>,
}

/// Most rows of a page.
const PAGE: u32 = 100;

impl Desk<'_> {
    /// The open task of the caller on a record, and whether it is the start sent back to him.
    pub async fn own_task(&mut self, record: &Record) -> Result<Option<(store::Task, bool)>, Halt> {
        let Some(loaded) = self.instance_of(record.id).await? else {
            return Ok(None);
        };
        if loaded.row.ended_at.is_some() {
            return Ok(None);
        }
        let user = self.caller.user.clone();
        for task in self.tx.tasks_of(loaded.row.id).await? {
            if task.status != "open" || !mine(&task, &user) {
                continue;
            }
            let starter = loaded
                .state
                .seat(task.id)
                .is_some_and(|s| s.origin == workflow::Origin::Starter);
            return Ok(Some((task, starter)));
        }
        Ok(None)
    }

    /// A task that is the caller's to see: his, or of a record he sees.
    async fn task_row(&mut self, id: Id) -> Result<(store::Task, Record), Halt> {
        let task = self.tx.task(id).await?.ok_or(Error::NotFound)?;
        let record = self.seen(&task.form, task.record).await?;
        Ok((task, record))
    }

    /// How a record is worked on at a task.
    pub async fn at_task(&mut self, task: &store::Task, record: &Record) -> Result<AtNode, Halt> {
        let loaded = self.instance_with(task).await?;
        let flow = self.flow(record, Some(&loaded.row), vec![])?;
        Ok(at_node(&flow, &loaded, task))
    }

    /// Completes a task (or whatever `cmd` says) with what was filled in.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one command, each from elsewhere"
    )]
    pub async fn act(
        &mut self,
        key: Option<Key>,
        task: &store::Task,
        before: Record,
        values: Map<String, Json>,
        cmd: Cmd,
        act: &str,
        ids: Id,
        forced: Forced,
    ) -> Result<Box<Commit>, Halt> {
        let loaded = self.instance_with(task).await?;
        if !awaits(&cmd, task) {
            return Err(Error::AlreadyDone.into());
        }
        let mut flow = self.flow(&before, Some(&loaded.row), forced)?;
        let before = flow.record.clone();
        let at = at_node(&flow, &loaded, task);
        let form = flow.form.clone();
        let completes = matches!(&cmd, Cmd::Act { outcome, .. }
            if outcome.as_ref().is_none_or(|o| o.as_str() != "reject"));
        let mut record = before.clone();
        if !values.is_empty() || completes {
            let phase = match (&cmd, completes) {
                (Cmd::Act { .. }, true) if act == "resubmit" => Phase::Submit,
                (Cmd::Act { .. }, true) => Phase::Node(task.node.clone()),
                _ => Phase::Change,
            };
            let new = NewLines::stored(ids);
            let sheet = self
                .fill(&form, &before, Some(&before), &values, &phase, &at, new)
                .await?;
            // Nobody but the one whose task it is learns what is missing.
            if mine(task, &self.caller.user) {
                self.must_hold(&sheet)?;
            }
            self.check_links(&form, Some(&before), &sheet.record)
                .await?;
            record = sheet.record;
        }
        flow.record = record.clone();
        let state = loaded.state.clone();
        let stepped = self.step(&mut flow, &state, &cmd).await?;
        let step = self.flow_step(&flow, Some(loaded), &state, stepped);
        let opinion = match &cmd {
            Cmd::Act { opinion, .. }
            | Cmd::AddSeat { opinion, .. }
            | Cmd::DropSeat { opinion, .. }
            | Cmd::Transfer { opinion, .. }
            | Cmd::Delegate { opinion, .. }
            | Cmd::TakeBack { opinion, .. }
            | Cmd::Copy { opinion, .. }
            | Cmd::Return { opinion, .. } => opinion.clone(),
            _ => None,
        };
        let outcome = match &cmd {
            Cmd::Act { outcome, .. } => outcome.clone(),
            _ => None,
        };
        let mut commit = self
            .finish(key, act, before, record, flow, step, ids)
            .await?;
        commit.node = Some(task.node.clone());
        commit.opinion = opinion;
        commit.outcome = outcome;
        Ok(commit)
    }

    /// What the caller may do with a task, and why not.
    async fn operations(
        &mut self,
        task: &store::Task,
        record: &Record,
    ) -> Result<Vec<OperationState>, Halt> {
        let loaded = self.instance_with(task).await?;
        let flow = self.flow(record, Some(&loaded.row), vec![])?;
        let takes = task.holder.is_none() && mine(task, &self.caller.user);
        let who = Who {
            user: self.caller.user.id,
            person: self.caller.user.person,
            takes,
            steers: false,
        };
        Ok(workflow::allowed(
            &flow.def,
            &loaded.state,
            Some(task.id),
            who,
        ))
    }

    /// The label of a node in the caller's language.
    pub fn node_label(&self, workflow: &model::Ref, node: &Name) -> String {
        let definition = self.definitions.catalogue.workflow(workflow);
        let kind = definition.and_then(|w| w.node(node));
        let language = self.caller.language;
        match kind.and_then(|n| n.label.as_ref()) {
            Some(label) => {
                let path = format!("workflows/{}/nodes/{node}", workflow.name);
                let catalogue = &self.definitions.catalogue;
                catalogue.word(&workflow.package, language.as_str(), &path, label)
            }
            None => {
                let name = kind.map_or("gateway", |n| n.kind.name());
                let word = language.word(&format!("node/{name}"));
                word.or(language.word("node/gateway"))
                    .unwrap_or(name)
                    .to_string()
            }
        }
    }

    async fn task_view(
        &mut self,
        task: &store::Task,
        record: &Record,
    ) -> Result<view::TaskView, Halt> {
        let operations = self.operations(task, record).await?;
        let loaded = self.instance_with(task).await?;
        let workflow = loaded.row.workflow.clone();
        let language = self.caller.language;
        let package = workflow.package.clone();
        let mut out = vec![];
        for op in operations {
            let word = |key: &str| language.word(key).map(ToOwned::to_owned);
            let name = match op.op {
                workflow::Op::Complete => "complete",
                workflow::Op::Claim => "claim",
                workflow::Op::Unclaim => "unclaim",
                workflow::Op::AddSeat => "add_seat",
                workflow::Op::DropSeat => "drop_seat",
                workflow::Op::Transfer => "transfer",
                workflow::Op::Delegate => "delegate",
                workflow::Op::Return => "return",
                workflow::Op::TakeBack => "take_back",
                workflow::Op::Remind => "remind",
                workflow::Op::Copy => "copy",
                // What concerns the whole record stands on its page.
                workflow::Op::Withdraw
                | workflow::Op::Jump
                | workflow::Op::Suspend
                | workflow::Op::Resume
                | workflow::Op::Terminate => continue,
            };
            let told = match (&op.label, &op.outcome) {
                (Some(label), _) => {
                    let path =
                        format!("workflows/{}/nodes/{}/may/{name}", workflow.name, task.node);
                    self.definitions
                        .catalogue
                        .word(&package, language.as_str(), &path, label)
                }
                (None, Some(outcome)) => outcome_label(outcome, language),
                (None, None) => word(&format!("act/{name}")).unwrap_or_default(),
            };
            let targets = op.targets.iter().map(|t| view::ReturnTarget {
                node: t.node.to_string(),
                label: self.node_label(&workflow, &t.node),
            });
            let how = |h: &How| match h {
                How::Before => "before",
                How::After => "after",
                How::Parallel => "parallel",
            };
            out.push(view::OperationView {
                op: name,
                outcome: op.outcome.as_ref().map(ToString::to_string),
                label: told,
                comment: match op.comment {
                    model::workflow::Need::Required => "required",
                    model::workflow::Need::Optional => "optional",
                },
                allowed: op.allowed,
                why: op.why.map(|r| Error::from(r).say(language)),
                targets: targets.collect(),
                then: op.then.map(|t| match t {
                    model::workflow::Then::Resume => "resume",
                    model::workflow::Then::Rerun => "rerun",
                }),
                how: op.how.iter().map(how).collect(),
                users: self.names_of(&op.users).await?,
            });
        }
        Ok(view::TaskView {
            id: task.id,
            node: task.node.to_string(),
            label: self.node_label(&workflow, &task.node),
            kind: "task",
            opened_at: moment(task.opened_at),
            due_at: task.due_at.map(moment),
            late: task.due_at.is_some_and(|d| d < self.now),
            state: match task.status.as_str() {
                "open" => "open",
                "parked" => "waiting",
                "returned" => "returned",
                "cancelled" => "cancelled",
                _ => "done",
            },
            operations: out,
        })
    }

    /// Rows of tasks with what an inbox shows of their records.
    pub async fn task_rows(&mut self, tasks: Vec<store::Task>) -> Result<Vec<view::TaskRow>, Halt> {
        let definitions = self.definitions.clone();
        let mut titles = Titles::default();
        let starters: Vec<Id> = tasks.iter().map(|t| t.started_by).collect();
        titles.fetch_users(self, &starters).await?;
        let mut records: std::collections::HashMap<Id, Record> = Default::default();
        let mut by_form: indexmap::IndexMap<model::Ref, Vec<Id>> = Default::default();
        for task in &tasks {
            by_form
                .entry(task.form.clone())
                .or_default()
                .push(task.record);
        }
        let scope = self.caller.store.clone();
        for (form, ids) in by_form {
            let ids: Vec<Value> = ids.into_iter().map(Value::Link).collect();
            let limit = ids.len() as u32;
            let filter = Filter::Field(Path::one(&Name::known("id")), Test::In(ids));
            let query = Query {
                filter,
                limit,
                columns: Columns::Header,
                ..Query::of(&form)
            };
            for found in self
                .tx
                .list(&definitions.tables, &scope, &query)
                .await?
                .rows
            {
                let fields = &definitions.form(&form)?.fields;
                titles.want(fields, &found.record.values);
                records.insert(found.record.id, found.record);
            }
        }
        titles.fetch(self).await?;
        let mut out = vec![];
        for task in tasks {
            let Some(record) = records.get(&task.record) else {
                continue;
            };
            let form = definitions.form(&task.form)?.clone();
            let workflow = form.workflow.clone().unwrap_or_else(|| form.name.clone());
            let (facts, amount) = self.facts_of(&form, record, &titles);
            out.push(view::TaskRow {
                id: Some(task.id).filter(|_| task.status == "open"),
                form: form.name.to_string(),
                form_label: self.form_label(&form),
                record: view::TaskRecord {
                    id: task.record,
                    title: task.title.clone(),
                    status: record.status.to_string(),
                    version: record.version,
                },
                node: task.node.to_string(),
                label: self.node_label(&workflow, &task.node),
                opened_at: moment(task.opened_at),
                due_at: task.due_at.map(moment),
                late: task.status == "open" && task.due_at.is_some_and(|d| d < self.now),
                started_by: titles.who(task.started_by),
                outcome: task.outcome.clone(),
                amount,
                facts,
                bulk: true,
            });
        }
        Ok(out)
    }

    /// The label of a form in the caller's language.
    pub fn form_label(&self, form: &model::Form) -> String {
        let catalogue = &self.definitions.catalogue;
        let folder = if catalogue.register(&form.name).is_some() {
            "registers"
        } else {
            "forms"
        };
        let path = format!("{folder}/{}", form.name.name);
        catalogue.word(
            &form.name.package,
            self.caller.language.as_str(),
            &path,
            &form.label,
        )
    }

    /// The first fields of a list that tell a record apart, and its amount: the last money field.
    fn facts_of(
        &self,
        form: &model::Form,
        record: &Record,
        titles: &Titles,
    ) -> (Vec<view::Fact>, Option<String>) {
        let catalogue = &self.definitions.catalogue;
        let language = self.caller.language.as_str();
        let mut facts = vec![];
        let mut amount = None;
        for name in &form.list {
            let (Some(field), Some(value)) = (form.fields.get(name), record.values.get(name))
            else {
                continue;
            };
            if matches!(field.kind, model::Kind::Money(_)) {
                amount = value.number().map(|n| crate::show::shown_number(field, n));
            } else if facts.len() < 4 {
                let path = format!("forms/{}/fields/{name}", form.name.name);
                let label = catalogue.word(&form.name.package, language, &path, &field.label);
                facts.push(view::Fact {
                    label,
                    value: titles.value(field, value),
                });
            }
        }
        (facts, amount)
    }
}

/// A page of somebody's inbox.
fn inbox(caller: &Caller, after: Option<(chrono::DateTime<chrono::Utc>, Id)>, limit: u32) -> Inbox {
    Inbox {
        user: caller.user.id,
        roles: caller.held(),
        forms: vec![],
        after,
        limit,
    }
}

/// What may be seen and edited at a task.
fn at_node(flow: &Flow, loaded: &Loaded, task: &store::Task) -> AtNode {
    let starter = loaded
        .state
        .seat(task.id)
        .is_some_and(|s| s.origin == workflow::Origin::Starter);
    let fields = if starter {
        everything_edited(&flow.form)
    } else {
        let node = flow.workflow.node(&task.node);
        let people = node.and_then(|n| n.kind.people());
        people.map(|p| p.fields.clone()).unwrap_or_default()
    };
    AtNode {
        fields: Some(fields),
    }
}

/// Whether a task is this user's to act on.
pub(crate) fn mine(task: &store::Task, user: &kernel::User) -> bool {
    match (task.holder, &task.role) {
        (Some(holder), _) => holder == user.id,
        (None, Some(role)) => user.roles.iter().any(|held| {
            held.role == *role
                && (held.within.is_none() || task.within.is_none() || held.within == task.within)
        }),
        (None, None) => false,
    }
}

/// Whether the task is in the state that such a command is for: done, where it is taken back;
/// else not over yet.
fn awaits(cmd: &Cmd, task: &store::Task) -> bool {
    match cmd {
        Cmd::TakeBack { .. } => task.status == "done",
        _ => task.status == "open" || task.status == "parked",
    }
}

impl Site {
    /// A command on a task.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one command, each from elsewhere"
    )]
    pub(crate) async fn on_task(
        &self,
        caller: &Caller,
        key: &Key,
        id: Id,
        act: &'static str,
        version: Option<u64>,
        values: Map<String, Json>,
        cmd: Cmd,
    ) -> Result<view::Done, Error> {
        let (kept, ids) = (Some(key.clone()), self.clock.id());
        let mut done = self
            .command(caller, Some(key), move |desk, forced| {
                let (key, values, cmd) = (kept.clone(), values.clone(), cmd.clone());
                Box::pin(async move {
                    let (task, record) = desk.task_row(id).await?;
                    if !awaits(&cmd, &task) {
                        return Err(Error::AlreadyDone.into());
                    }
                    if version.is_some_and(|v| v != record.version) {
                        return Err(Error::Stale {
                            version: record.version,
                        }
                        .into());
                    }
                    desk.act(key, &task, record, values, cmd, act, ids, forced)
                        .await
                })
            })
            .await?;
        if act == "complete" && !done.replayed {
            done.next = self.next_task(caller).await?;
        }
        Ok(done)
    }

    async fn next_task(&self, caller: &Caller) -> Result<Option<Id>, Error> {
        let inbox = inbox(caller, None, 1);
        let asked = self.inner.store.ask(move |tx| {
            let inbox = inbox.clone();
            Box::pin(async move { Ok::<_, Error>(tx.inbox(&inbox).await?) })
        });
        Ok(asked.await?.first().map(|t| t.id))
    }

    /// Completes a task with an outcome.
    pub async fn complete(
        &self,
        caller: &Caller,
        key: &Key,
        id: Id,
        asked: CompleteAsked,
    ) -> Result<view::Done, Error> {
        let cmd = Cmd::Act {
            seat: id,
            outcome: asked.outcome,
            opinion: said(&asked.opinion),
        };
        self.on_task(
            caller,
            key,
            id,
            "complete",
            asked.version,
            asked.values,
            cmd,
        )
        .await
    }
    /// Sends a record back to an earlier node.
    pub async fn send_back(
        &self,
        caller: &Caller,
        key: &Key,
        id: Id,
        to: Name,
        opinion: &str,
    ) -> Result<view::Done, Error> {
        let cmd = Cmd::Return {
            seat: id,
            to: Some(to),
            opinion: said(opinion),
        };
        self.on_task(caller, key, id, "return", None, Map::new(), cmd)
            .await
    }
    /// Hands a task to somebody else.
    pub async fn transfer(
        &self,
        caller: &Caller,
        key: &Key,
        id: Id,
        to: Id,
        opinion: &str,
    ) -> Result<view::Done, Error> {
        let cmd = Cmd::Transfer {
            seat: id,
            to,
            opinion: said(opinion),
        };
        self.on_task(caller, key, id, "transfer", None, Map::new(), cmd)
            .await
    }
    /// Adds signers.
    pub async fn add_seat(
        &self,
        caller: &Caller,
        key: &Key,
        id: Id,
        users: Vec<Id>,
        how: How,
        opinion: &str,
    ) -> Result<view::Done, Error> {
        let cmd = Cmd::AddSeat {
            seat: id,
            how,
            users,
            opinion: said(opinion),
        };
        self.on_task(caller, key, id, "add_seat", None, Map::new(), cmd)
            .await
    }
    /// Asks whoever is waited for to hurry.
    pub async fn remind(&self, caller: &Caller, key: &Key, id: Id) -> Result<view::Done, Error> {
        let cmd = Cmd::Remind { seat: id };
        self.on_task(caller, key, id, "remind", None, Map::new(), cmd)
            .await
    }
    /// Sends a copy to people.
    pub async fn copy(
        &self,
        caller: &Caller,
        key: &Key,
        id: Id,
        users: Vec<Id>,
        opinion: &str,
    ) -> Result<view::Done, Error> {
        let cmd = Cmd::Copy {
            seat: id,
            users,
            opinion: said(opinion),
        };
        self.on_task(caller, key, id, "copy", None, Map::new(), cmd)
            .await
    }

    /// A task with its record, as its node lets see and edit it.
    pub async fn task(&self, caller: &Caller, id: Id) -> Result<view::TaskSheet, Error> {
        self.desk(caller, move |desk| {
            Box::pin(async move {
                let (task, record) = desk.task_row(id).await?;
                let at = if mine(&task, &desk.caller.user) && task.status == "open" {
                    desk.at_task(&task, &record).await?
                } else {
                    AtNode::default()
                };
                let view = desk.task_view(&task, &record).await?;
                let sheet = desk.sheet(record, &at).await?;
                Ok(view::TaskSheet { task: view, sheet })
            })
        })
        .await
    }

    /// A page of a folder.
    pub async fn tasks(
        &self,
        caller: &Caller,
        folder: Folder,
        q: &str,
        after: Option<&str>,
        limit: Option<u32>,
    ) -> Result<view::TaskPage, Error> {
        let limit = limit.unwrap_or(50).clamp(1, PAGE);
        let (q, after) = (q.to_lowercase(), after.map(ToOwned::to_owned));
        self.desk(caller, move |desk| {
            let (q, after) = (q.clone(), after.clone());
            Box::pin(async move { desk.folder(folder, &q, after.as_deref(), limit).await })
        })
        .await
    }

    /// Lets a timer fire: the step it leads to, and the end of its work, in one transaction.
    pub(crate) async fn fire(&self, work: &store::Work, token: Id) -> Result<(), Error> {
        #[derive(serde::Deserialize)]
        struct Payload {
            instance: Id,
            timer: Id,
        }
        let broken = |e: serde_json::Error| Error::Failure(store::Failure::Corrupt(e.to_string()));
        let payload: Payload = serde_json::from_str(&work.payload).map_err(broken)?;
        let (id, ids) = (work.id, self.clock.id());
        let payload = Arc::new(payload);
        self.command(&self.engine(), None, move |desk, forced| {
            let payload = payload.clone();
            Box::pin(async move {
                let row = desk
                    .tx
                    .instance(payload.instance)
                    .await?
                    .ok_or(Error::NotFound)?;
                let loaded = crate::flow::loaded(row)?;
                let form = loaded.row.form.clone();
                let record = desk
                    .record(&form, loaded.row.record)
                    .await?
                    .ok_or(Error::NotFound)?;
                let mut flow = desk.flow(&record, Some(&loaded.row), forced)?;
                let state = loaded.state.clone();
                let cmd = Cmd::Fire {
                    timer: payload.timer,
                };
                let stepped = desk.step(&mut flow, &state, &cmd).await?;
                let mut step = desk.flow_step(&flow, Some(loaded), &state, stepped);
                step.work = Some((id, token));
                let (record, after) = (flow.record.clone(), flow.record.clone());
                let commit = desk
                    .finish(None, "timer", record, after, flow, step, ids)
                    .await?;
                Ok(commit)
            })
        })
        .await
        .map(|_| ())
    }
}

/// The word for an outcome: of the usual ones the engine's own, of another its name.
pub(crate) fn outcome_label(outcome: &str, language: Language) -> String {
    let key = if outcome == "next" { "done" } else { outcome };
    let word = language.word(&format!("act/{key}"));
    word.unwrap_or(outcome).to_owned()
}

pub(crate) fn said(opinion: &str) -> Option<String> {
    Some(opinion.trim().to_string()).filter(|o| !o.is_empty())
}

impl Desk<'_> {
    /// The caller's inbox.
    pub fn inbox(&self, after: Option<(chrono::DateTime<chrono::Utc>, Id)>, limit: u32) -> Inbox {
        inbox(&self.caller, after, limit)
    }

    async fn folder(
        &mut self,
        folder: Folder,
        q: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<view::TaskPage, Halt> {
        let found = match folder {
            Folder::Todo => {
                let after = after.map(cursor).transpose()?;
                let inbox = self.inbox(after, limit + 1);
                self.tx.inbox(&inbox).await?
            }
            Folder::Done => {
                let after = after.map(cursor).transpose()?;
                let user = self.caller.user.id;
                self.tx.handled(user, after, limit + 1).await?
            }
            Folder::Mine | Folder::Drafts | Folder::Copied => {
                return self.records_folder(folder, q, limit).await;
            }
        };
        let more = found.len() > limit as usize;
        let mut found = found;
        found.truncate(limit as usize);
        let next = found.last().filter(|_| more).map(|t| {
            let at = if folder == Folder::Done {
                t.done_at.unwrap_or(t.opened_at)
            } else {
                t.opened_at
            };
            format!("{}_{}", at.timestamp_micros(), t.id)
        });
        // Two seats of one holder in one ballot are one task to him.
        let mut seen = std::collections::HashSet::new();
        if folder == Folder::Todo {
            found.retain(|t| {
                let twin = (t.instance, t.seat.clone(), t.attempt, t.holder);
                t.holder.is_none() || seen.insert(twin)
            });
        }
        let mut rows = self.task_rows(found).await?;
        rows.retain(|r| q.is_empty() || r.record.title.to_lowercase().contains(q));
        Ok(view::TaskPage { rows, next })
    }

    /// Own records with a workflow, as rows of a folder.
    async fn records_folder(
        &mut self,
        folder: Folder,
        q: &str,
        limit: u32,
    ) -> Result<view::TaskPage, Halt> {
        let definitions = self.definitions.clone();
        let scope = self.caller.store.clone();
        let me = Value::Link(self.caller.user.id);
        let mut rows = vec![];
        let mut titles = Titles::default();
        let mut copied = vec![];
        if folder == Folder::Copied {
            let notices = self.tx.notices(self.caller.user.id, None, 100).await?;
            copied = notices
                .into_iter()
                .filter(|n| n.kind == "copy")
                .filter_map(|n| n.record)
                .collect();
        }
        let mut forms: Vec<_> = definitions
            .catalogue
            .forms()
            .filter(|f| f.workflow.is_some())
            .cloned()
            .collect();
        forms.sort_by(|a, b| a.name.cmp(&b.name));
        for form in forms {
            let own = Filter::Field(Path::one(&Name::known("created_by")), Test::Is(me.clone()));
            let draft = Value::Text(Status::Draft.as_str().into());
            let status = Path::one(&Name::known("status"));
            let filter = match folder {
                Folder::Drafts => own.and(Filter::Field(status, Test::Is(draft))),
                Folder::Copied => {
                    let ids = copied.iter().copied().map(Value::Link).collect();
                    Filter::Field(Path::one(&Name::known("id")), Test::In(ids))
                }
                _ => own.and(Filter::Field(status, Test::Not(draft))),
            };
            let sort = vec![(Path::one(&Name::known("updated_at")), true)];
            let query = Query {
                filter,
                sort,
                limit,
                ..Query::of(&form.name)
            };
            let page = self.tx.list(&definitions.tables, &scope, &query).await?;
            for found in &page.rows {
                titles.want(&form.fields, &found.record.values);
            }
            rows.extend(page.rows.into_iter().map(|f| (form.clone(), f)));
        }
        rows.sort_by_key(|(_, found)| std::cmp::Reverse(found.record.updated_at));
        rows.truncate(limit as usize);
        titles.fetch(self).await?;
        let users: Vec<Id> = rows.iter().map(|(_, f)| f.record.created_by).collect();
        titles.fetch_users(self, &users).await?;
        let mut out = vec![];
        for (form, found) in rows {
            if !q.is_empty() && !found.title.to_lowercase().contains(q) {
                continue;
            }
            let record = &found.record;
            let at = self.waiting(record).await?;
            let (facts, amount) = self.facts_of(&form, record, &titles);
            out.push(view::TaskRow {
                id: None,
                form: form.name.to_string(),
                form_label: self.form_label(&form),
                record: view::TaskRecord {
                    id: record.id,
                    title: found.title.clone(),
                    status: record.status.to_string(),
                    version: record.version,
                },
                node: at.first().map(|w| w.node.clone()).unwrap_or_default(),
                label: at
                    .iter()
                    .map(|w| w.label.clone())
                    .collect::<Vec<_>>()
                    .join("、"),
                opened_at: moment(record.updated_at),
                due_at: None,
                late: at.iter().any(|w| w.late),
                started_by: titles.who(record.created_by),
                outcome: None,
                amount,
                facts,
                bulk: false,
            });
        }
        Ok(view::TaskPage {
            rows: out,
            next: None,
        })
    }

    /// Where a record waits, and for whom.
    pub async fn waiting(&mut self, record: &Record) -> Result<Vec<view::Waiting>, Halt> {
        if record.status != Status::Submitted && record.status != Status::Posted {
            return Ok(vec![]);
        }
        let Some(loaded) = self.instance_of(record.id).await? else {
            return Ok(vec![]);
        };
        if loaded.row.ended_at.is_some() {
            return Ok(vec![]);
        }
        let mut out: Vec<view::Waiting> = vec![];
        for task in self.tx.tasks_of(loaded.row.id).await? {
            if task.status != "open" {
                continue;
            }
            let users = match (task.holder, &task.role) {
                (Some(holder), _) => self.tx.users(&[holder]).await?,
                (None, Some(role)) => self.tx.holders(role, task.within).await?,
                (None, None) => vec![],
            };
            let names = users.into_iter().map(|u| u.name);
            let late = task.due_at.is_some_and(|d| d < self.now);
            match out.iter_mut().find(|w| *w.node == *task.node.as_str()) {
                Some(known) => {
                    known.people.extend(names);
                    known.late |= late;
                }
                None => {
                    let kind = loaded.state.seat(task.id).map_or("approval", |s| {
                        if s.origin == workflow::Origin::Starter {
                            "starter"
                        } else {
                            "approval"
                        }
                    });
                    out.push(view::Waiting {
                        node: task.node.to_string(),
                        label: self.node_label(&loaded.row.workflow, &task.node),
                        kind,
                        since: moment(task.opened_at),
                        people: names.collect(),
                        late,
                    });
                }
            }
        }
        Ok(out)
    }
}

fn cursor(text: &str) -> Result<(chrono::DateTime<chrono::Utc>, Id), Error> {
    let bad = || Error::bad("bad_cursor", "after");
    let (at, id) = text.split_once('_').ok_or_else(bad)?;
    let at = at
        .parse()
        .ok()
        .and_then(model::day::moment_of_micros)
        .ok_or_else(bad)?;
    Ok((at, id.parse().map_err(|_| bad())?))
}
