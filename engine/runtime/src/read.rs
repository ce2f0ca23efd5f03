//! Reading records: lists, counts, sheets, previews, the lived flow.

use crate::{
    Caller, Error, Site,
    desk::{Desk, Halt, blank},
    record::{AtNode, NewLines},
    show::{self, Titles, moment},
    view,
};
use kernel::{
    form::{FieldLook, Looks, Phase},
    workflow::{self, SeatNow, State, VisitNow},
};
use model::{Filter, Form, FormKind, Id, Look, Name, Path, Record, Ref, Status, Test, Value, Verb};
use serde_json::{Map, Value as Json, json};
use std::{collections::HashMap, sync::Arc};
use store::{Columns, Query};

/// What a list is asked.
#[derive(Clone, Debug, Default)]
pub struct ListAsked {
    pub q: String,
    pub filter: Map<String, Json>,
    /// `-date` is descending.
    pub sort: Vec<String>,
    pub columns: Vec<String>,
    pub after: Option<String>,
    pub limit: Option<u32>,
    /// Only what the caller made.
    pub mine: bool,
}

/// What an evaluation is asked.
#[derive(Clone, Debug, Default)]
pub struct EvaluateAsked {
    pub id: Option<Id>,
    pub task: Option<Id>,
    pub values: Map<String, Json>,
}

/// Most rows of a page.
const PAGE: u32 = 200;
/// Rows are counted up to here.
const COUNT: u32 = 1_000;

impl Site {
    /// A page of a list.
    pub async fn list(
        &self,
        caller: &Caller,
        form: &Ref,
        asked: ListAsked,
    ) -> Result<view::Page, Error> {
        let (form, asked) = (form.clone(), Arc::new(asked));
        self.desk(caller, move |desk| {
            let (form, asked) = (form.clone(), asked.clone());
            Box::pin(async move { desk.list(&form, &asked).await })
        })
        .await
    }
    /// How many rows a list has.
    pub async fn count(
        &self,
        caller: &Caller,
        form: &Ref,
        q: &str,
        filter: &Map<String, Json>,
    ) -> Result<view::Count, Error> {
        let form = form.clone();
        let asked = Arc::new(ListAsked {
            q: q.into(),
            filter: filter.clone(),
            ..ListAsked::default()
        });
        self.desk(caller, move |desk| {
            let (form, asked) = (form.clone(), asked.clone());
            Box::pin(async move {
                desk.known(&form).await?;
                let filter = desk.filter(&form, &asked)?;
                let (definitions, scope) = (desk.definitions.clone(), desk.caller.store.clone());
                let count = desk
                    .tx
                    .count(&definitions.tables, &scope, &form, &filter, COUNT)
                    .await?;
                Ok(view::Count {
                    count: count.rows,
                    more: count.more,
                })
            })
        })
        .await
    }
    /// A new record worked out, not kept.
    pub async fn blank(
        &self,
        caller: &Caller,
        form: &Ref,
        values: Map<String, Json>,
    ) -> Result<view::Sheet, Error> {
        self.evaluate(
            caller,
            form,
            EvaluateAsked {
                values,
                ..EvaluateAsked::default()
            },
        )
        .await
    }
    /// A record as it would be with these values, not kept.
    pub async fn evaluate(
        &self,
        caller: &Caller,
        form: &Ref,
        asked: EvaluateAsked,
    ) -> Result<view::Sheet, Error> {
        let (form, asked, ids) = (form.clone(), Arc::new(asked), self.clock.id());
        self.desk(caller, move |desk| {
            let (form, asked) = (form.clone(), asked.clone());
            Box::pin(async move { desk.tried(&form, &asked, ids).await })
        })
        .await
    }
    /// A record with everything a page needs.
    pub async fn sheet(&self, caller: &Caller, form: &Ref, id: Id) -> Result<view::Sheet, Error> {
        let form = form.clone();
        self.desk(caller, move |desk| {
            let form = form.clone();
            Box::pin(async move {
                let record = desk.seen(&form, id).await?;
                let at = desk.starter_node(&record).await?;
                desk.sheet(record, &at).await
            })
        })
        .await
    }
    /// The path and the people ahead.
    pub async fn preview(
        &self,
        caller: &Caller,
        form: &Ref,
        id: Id,
    ) -> Result<view::Preview, Error> {
        let form = form.clone();
        self.desk(caller, move |desk| {
            let form = form.clone();
            Box::pin(async move {
                let record = desk.seen(&form, id).await?;
                desk.preview(record).await
            })
        })
        .await
    }
    /// The way a record has gone, and goes.
    pub async fn flow(&self, caller: &Caller, form: &Ref, id: Id) -> Result<view::Flow, Error> {
        let form = form.clone();
        self.desk(caller, move |desk| {
            let form = form.clone();
            Box::pin(async move {
                let record = desk.seen(&form, id).await?;
                desk.lived(record).await
            })
        })
        .await
    }
}

impl Desk<'_> {
    fn filter(&self, form: &Ref, asked: &ListAsked) -> Result<Filter, Error> {
        let mut filter = self.form_filter(form, &asked.filter)?;
        if !asked.q.trim().is_empty() {
            filter = filter.and(Filter::Text(asked.q.trim().to_string()));
        }
        if asked.mine {
            let me = Value::Link(self.caller.user.id);
            let by = Path::one(&Name::known("created_by"));
            filter = filter.and(Filter::Field(by, Test::Is(me)));
        }
        Ok(filter)
    }

    async fn list(&mut self, form: &Ref, asked: &ListAsked) -> Result<view::Page, Halt> {
        let definitions = self.definitions.clone();
        let form = self.known(form).await?;
        let path = |text: &str| -> Result<Path, Error> {
            text.parse().map_err(|_| Error::BadRequest {
                code: "unknown_field".into(),
                at: text.into(),
                with: vec![text.into()],
            })
        };
        let mut sort = vec![];
        for text in &asked.sort {
            let (text, down) = text
                .strip_prefix('-')
                .map_or((text.as_str(), false), |t| (t, true));
            sort.push((path(text)?, down));
        }
        let columns = match asked.columns.as_slice() {
            [] => Columns::Header,
            some => Columns::These(some.iter().map(|c| path(c)).collect::<Result<_, _>>()?),
        };
        let query = Query {
            form: form.name.clone(),
            filter: self.filter(&form.name, asked)?,
            sort,
            after: asked.after.clone(),
            limit: asked.limit.unwrap_or(50).clamp(1, PAGE),
            columns,
            ..Query::of(&form.name)
        };
        let scope = self.caller.store.clone();
        let page = self.tx.list(&definitions.tables, &scope, &query).await?;
        let mut titles = Titles::default();
        let mut users = vec![];
        for found in &page.rows {
            titles.want(&form.fields, &found.record.values);
            users.push(found.record.created_by);
            if let Some(parent) = found.record.parent {
                titles.want_one(
                    &model::Target {
                        form: form.name.clone(),
                        table: None,
                    },
                    parent,
                );
            }
        }
        titles.fetch(self).await?;
        titles.fetch_users(self, &users).await?;
        let mut rows = vec![];
        for found in &page.rows {
            let masked = |name: &Name| {
                let path = Path::one(name);
                page.masked.contains(&path) || found.masked.contains(&path)
            };
            let record = &found.record;
            let mut values = Map::new();
            for (name, field) in &form.fields {
                if masked(name) {
                    values.insert(name.to_string(), json!({ "masked": true }));
                } else if let Some(value) = record.values.get(name) {
                    values.insert(name.to_string(), titles.value(field, value));
                }
            }
            for (path, value) in &found.linked {
                values.insert(path.to_string(), value.to_json());
            }
            if let Some(parent) = record.parent {
                values.insert("parent".into(), titles.link(parent));
            }
            let waiting = if record.status == Status::Submitted {
                self.waiting(record).await?
            } else {
                vec![]
            };
            rows.push(view::Row {
                id: record.id,
                version: record.version,
                status: match waiting.first() {
                    Some(w) if w.kind == "starter" => "returned".into(),
                    _ => record.status.to_string(),
                },
                title: found.title.clone(),
                at: waiting.into_iter().map(|w| w.label).collect(),
                values,
                created_by: titles.who(record.created_by),
                created_at: moment(record.created_at),
                updated_at: moment(record.updated_at),
            });
        }
        Ok(view::Page {
            rows,
            next: page.next,
        })
    }

    async fn tried(
        &mut self,
        form: &Ref,
        asked: &EvaluateAsked,
        ids: Id,
    ) -> Result<view::Sheet, Halt> {
        let (before, at) = match (asked.task, asked.id) {
            (Some(task), _) => {
                let task = self.tx.task(task).await?.ok_or(Error::NotFound)?;
                // The rights that are asked for below are those on this form.
                if task.form != *form || asked.id.is_some_and(|id| id != task.record) {
                    return Err(Error::NotFound.into());
                }
                let record = self.seen(&task.form, task.record).await?;
                let at = self.at_own(&task, &record).await?;
                (Some(record), at)
            }
            (None, Some(id)) => {
                let record = self.seen(form, id).await?;
                let at = self.starter_node(&record).await?;
                (Some(record), at)
            }
            (None, None) => (None, AtNode::default()),
        };
        let before = before.map(|record| self.definitions.names.then(record));
        let form = self.known(form).await?;
        if before.is_none() {
            self.verdict(&form, Verb::Create, None).await??;
        }
        let start = match &before {
            Some(record) => record.clone(),
            None => blank(&form.name, ids, self.caller.user.id, self.now),
        };
        let phase = if before.is_some() {
            Phase::Change
        } else {
            Phase::New
        };
        let mut values = asked.values.clone();
        let parent = values.shift_remove("parent");
        let new = NewLines::tried(ids);
        let tried = self
            .fill(&form, &start, before.as_ref(), &values, &phase, &at, new)
            .await?;
        let refused = tried.findings.into_iter().filter(|f| {
            let named = ["no_such_record", "not_allowed_here", "no_such_file"];
            f.check.is_none() && named.contains(&f.code.as_str())
        });
        let refused = refused.collect();
        let mut applied = tried.record;
        if form.kind == FormKind::Tree
            && let Some(json) = parent
            && let Ok(Some(model::value::Named::Id(id))) = model::value::Named::of_json(&json)
            && self.sees(&form.name, id).await?
        {
            applied.parent = Some(id);
        }
        self.shown(&form, applied, before.as_ref(), &phase, &at, refused)
            .await
    }

    async fn at_own(&mut self, task: &store::Task, record: &Record) -> Result<AtNode, Halt> {
        match self.own_task(record).await? {
            Some((own, _)) if own.id == task.id => self.at_task(task, record).await,
            _ => Ok(AtNode::default()),
        }
    }

    /// A stored record as a sheet.
    pub async fn sheet(&mut self, record: Record, at: &AtNode) -> Result<view::Sheet, Halt> {
        let form = self.definitions.form(&record.form)?.clone();
        let record = self.definitions.names.then(record);
        let before = record.clone();
        self.shown(&form, record, Some(&before), &Phase::Change, at, vec![])
            .await
    }

    async fn shown(
        &mut self,
        form: &Form,
        record: Record,
        before: Option<&Record>,
        phase: &Phase,
        at: &AtNode,
        refused: Vec<kernel::form::Finding>,
    ) -> Result<view::Sheet, Halt> {
        let mut sheet = self.work_out(form, &record, before, phase, at).await?;
        sheet.findings.extend(refused);
        let sheet = sheet;
        let record = &sheet.record;
        let mut titles = Titles::default();
        titles.want(&form.fields, &record.values);
        titles.want(&form.fields, &sheet.live.header);
        for (table, lines) in form.tables() {
            for line in record.values.get(table).map_or(&[][..], Value::lines) {
                if let Some(live) = sheet.live.lines.get(&line.id) {
                    titles.want(&lines.fields, live);
                }
            }
        }
        if let Some(parent) = record.parent {
            titles.want_one(
                &model::Target {
                    form: form.name.clone(),
                    table: None,
                },
                parent,
            );
        }
        titles.fetch(self).await?;
        titles
            .fetch_users(self, &[record.created_by, record.updated_by])
            .await?;
        let rights = self.rights_on(form, before).await?;
        let look = |name: &Name, line: Option<(&Name, &model::Line)>| match line {
            None => rights
                .at(&Path::one(name))
                .min(at_look(sheet.looks.header.get(name))),
            Some((table, line)) => {
                let place = kernel::form::Place::line(table, line.id, name);
                let seen = sheet.looks.at(&place).map_or(Look::Read, |l| l.look);
                rights
                    .at(&Path(vec![table.clone(), name.clone()]))
                    .min(seen)
            }
        };
        let values = show::values(form, record, &sheet.live, &look, &titles);
        let stored = before.is_some();
        let title = match (&before, form.title.as_ref()) {
            (Some(_), _) => {
                let to = model::Target {
                    form: form.name.clone(),
                    table: None,
                };
                self.titles_of(&to, &[record.id])
                    .await?
                    .remove(&record.id)
                    .unwrap_or_default()
            }
            (None, _) => String::new(),
        };
        let mut tasks = vec![];
        if stored && let Some((task, _)) = self.own_task(record).await? {
            tasks = self.task_rows(vec![task]).await?;
        }
        let waiting = self.waiting(record).await?;
        let mut out = view::Sheet {
            record: view::RecordView {
                id: stored.then_some(record.id),
                form: form.name.to_string(),
                version: record.version,
                status: record.status.to_string(),
                title,
                created_at: stored.then(|| moment(record.created_at)),
                created_by: stored.then(|| titles.who(record.created_by)),
                updated_at: stored.then(|| moment(record.updated_at)),
                updated_by: stored.then(|| titles.who(record.updated_by)),
                parent: record.parent.map(|id| view::Named {
                    id,
                    title: titles.title(id),
                    form: None,
                }),
                values,
            },
            looks: looks(&sheet.looks),
            findings: self.findings(sheet.findings.clone()),
            acts: if stored {
                self.acts(form, record).await?
            } else {
                vec![]
            },
            tasks,
            at: waiting,
            suspended: match stored {
                true => self.suspended(record).await?,
                false => None,
            },
        };
        self.definitions.names.sheet(&form.name, &mut out);
        Ok(out)
    }

    /// What may be done with a record, and why not.
    async fn acts(&mut self, form: &Form, record: &Record) -> Result<Vec<view::Act>, Halt> {
        let language = self.caller.language;
        let word = |key: &str| language.word(key).unwrap_or(key).to_string();
        let mut out = vec![];
        let sent_back = matches!(self.own_task(record).await?, Some((_, true)));
        let runs = form.workflow.is_some();
        let verbs: &[(&'static str, Verb, &str, bool)] = &[
            (
                "submit",
                Verb::Submit,
                "act/submit",
                runs || form.kind == FormKind::Document,
            ),
            ("edit", Verb::Edit, "act/edit_record", true),
            ("withdraw", Verb::Withdraw, "act/withdraw", runs),
            (
                "reverse",
                Verb::Reverse,
                "act/reverse",
                self.definitions.catalogue.posting(&form.name).is_some(),
            ),
            (
                "delete",
                Verb::Delete,
                "act/delete",
                record.status == Status::Draft,
            ),
        ];
        for (act, verb, label, offered) in verbs {
            if !offered || !self.caller.may(&form.name, *verb) {
                continue;
            }
            let mut verdict = self.verdict(form, *verb, Some(record)).await?;
            let fits = match *act {
                "submit" => record.status.editable() || sent_back,
                "withdraw" => record.status == Status::Submitted,
                "reverse" => record.status == Status::Posted,
                _ => true,
            };
            if sent_back && matches!(*act, "submit" | "edit") {
                verdict = Ok(());
            }
            if verdict.is_ok() && !fits {
                let with = [self.status_word(record.status)];
                verdict = Err(crate::command::refused("not_in_this_status", &with));
            }
            if verdict.is_ok() && *act == "reverse" && self.still_runs(record.id).await? {
                verdict = Err(Error::refused("still_running"));
            }
            out.push(view::Act {
                act,
                make: None,
                label: word(label),
                allowed: verdict.is_ok(),
                why: verdict.err().map(|e| e.say(language)),
                comment: None,
                targets: vec![],
                task: None,
            });
        }
        out.extend(self.steering(form, record).await?);
        let definitions = self.definitions.clone();
        for make in definitions.catalogue.makes_from(&form.name) {
            if !self.caller.may(&make.to, Verb::Create) {
                continue;
            }
            let filter = self
                .settle(|d, asker, facts| kernel::make::source_rows(&d.rules, make, asker, facts))
                .await?;
            let fits = self
                .settle(|d, _, facts| Ok(kernel::access::holds(&d.rules, &filter, record, facts)))
                .await?;
            let path = format!("makes/{}", make.name.name);
            let catalogue = &definitions.catalogue;
            out.push(view::Act {
                act: "make",
                make: Some(make.name.to_string()),
                label: catalogue.word(&make.name.package, language.as_str(), &path, &make.label),
                allowed: fits,
                why: (!fits).then(|| {
                    language.say("not_in_this_status", &[self.status_word(record.status)])
                }),
                comment: None,
                targets: vec![],
                task: None,
            });
        }
        Ok(out)
    }

    async fn preview(&mut self, record: Record) -> Result<view::Preview, Halt> {
        let form = self.definitions.form(&record.form)?.clone();
        if form.workflow.is_none() {
            return Ok(view::Preview {
                path: vec![],
                findings: vec![],
            });
        }
        let at = AtNode::default();
        let phase = if record.status.editable() {
            Phase::Submit
        } else {
            Phase::Change
        };
        let sheet = self
            .work_out(&form, &record, Some(&record), &phase, &at)
            .await?;
        let loaded = self
            .instance_of(record.id)
            .await?
            .filter(|l| l.row.ended_at.is_none());
        let mut flow = self.flow(&sheet.record, loaded.as_ref().map(|l| &l.row), vec![])?;
        let state = loaded.map_or_else(|| State::new(record.id), |l| l.state);
        let expected = self.expected(&mut flow, &state).await?;
        let workflow = flow.workflow.name.clone();
        let mut path = vec![];
        for step in expected.path {
            if !matches!(step.kind, "approval" | "fill") {
                continue;
            }
            let mut people = vec![];
            for seat in &step.seats {
                people.extend(self.seat_people(seat).await?);
            }
            path.push(view::PreviewStep {
                label: self.node_label(&workflow, &step.node),
                node: step.node.to_string(),
                kind: step.kind,
                people,
            });
        }
        Ok(view::Preview {
            path,
            findings: self.findings(sheet.findings),
        })
    }

    async fn seat_people(&mut self, seat: &workflow::Seat) -> Result<Vec<view::SeatView>, Halt> {
        let role = match &seat.role {
            Some(r) => {
                let label = self
                    .definitions
                    .catalogue
                    .role(&r.role)
                    .map(|d| d.label.clone());
                let path = format!("roles/{}", r.role.name);
                let language = self.caller.language.as_str();
                let catalogue = &self.definitions.catalogue;
                label.map(|l| catalogue.word(&r.role.package, language, &path, &l))
            }
            None => None,
        };
        let ids: Vec<Id> = match seat.holder {
            Some(holder) => vec![holder],
            None => seat.candidates.clone(),
        };
        let users = self.tx.users(&ids).await?;
        Ok(users
            .into_iter()
            .map(|u| view::SeatView {
                name: u.name,
                role: role.clone(),
            })
            .collect())
    }

    async fn lived(&mut self, record: Record) -> Result<view::Flow, Halt> {
        let Some(loaded) = self.instance_of(record.id).await? else {
            // Not set off yet, or a form without a workflow: seen, and nowhere.
            return Ok(view::Flow {
                status: record.status.to_string(),
                started_by: None,
                started_at: None,
                ended_at: None,
                steps: vec![],
            });
        };
        let mut flow = self.flow(&record, Some(&loaded.row), vec![])?;
        let workflow = flow.workflow.name.clone();
        let tasks = self.tx.tasks_of(loaded.row.id).await?;
        let (events, _) = self.tx.events(loaded.row.id).await?;
        let mut titles = Titles::default();
        titles.fetch_users(self, &[loaded.row.started_by]).await?;
        // When each visit was entered and left last.
        let mut times = HashMap::new();
        for event in &events {
            if matches!(&*event.kind, "node_entered" | "node_left") {
                let payload: Json = serde_json::from_str(&event.payload).unwrap_or_default();
                if let Some(visit) = payload["visit"].as_u64() {
                    times.insert((&*event.kind, visit), event.at);
                }
            }
        }
        let mut steps = vec![];
        for (n, visit) in loaded.state.visits.iter().enumerate() {
            let kind = flow
                .workflow
                .node(&visit.node)
                .map_or("", |k| k.kind.name());
            // What nobody does and nothing waits for is left out.
            if kind.ends_with("_gateway") || matches!(kind, "race" | "block") {
                continue;
            }
            let number = n as u32;
            let time = |kind: &str| times.get(&(kind, u64::from(number))).copied();
            let (entered, left) = (time("node_entered"), time("node_left"));
            let mut seats = vec![];
            for seat in loaded.state.seats.iter().filter(|s| s.visit == number) {
                if seat.now == SeatNow::Planned {
                    continue;
                }
                let task = tasks.iter().find(|t| t.id == seat.id);
                let who = self.seat_people(seat).await?;
                let acted = task.and_then(|t| t.acted_by);
                let names = match acted {
                    Some(user) => {
                        titles.fetch_users(self, &[user]).await?;
                        titles.who(user).name
                    }
                    None => who
                        .iter()
                        .map(|w| w.name.clone())
                        .collect::<Vec<_>>()
                        .join("、"),
                };
                let since = task.map(|t| moment(t.opened_at));
                seats.push(view::FlowSeat {
                    task: Some(seat.id).filter(|_| seat.open()),
                    who: names,
                    role: who.first().and_then(|w| w.role.clone()),
                    state: match seat.now {
                        SeatNow::Planned | SeatNow::Parked | SeatNow::Suspended => "waiting",
                        SeatNow::Offered | SeatNow::Allocated => "open",
                        SeatNow::Done(_) => "done",
                        SeatNow::Returned => "returned",
                        SeatNow::Cancelled => "cancelled",
                    },
                    outcome: seat.done().map(|d| d.way.to_string()),
                    opinion: task.and_then(|t| t.opinion.clone()),
                    since,
                    at: task.and_then(|t| t.done_at).map(moment),
                    due: seat.due.map(moment),
                });
            }
            let returned = seats.iter().any(|s| s.state == "returned");
            steps.push(view::FlowStep {
                node: visit.node.to_string(),
                label: self.node_label(&workflow, &visit.node),
                kind,
                attempt: visit.attempt,
                state: match visit.now {
                    VisitNow::Open => "open",
                    VisitNow::Paused(_) => "returned",
                    VisitNow::Left => "done",
                    VisitNow::Cancelled if returned => "returned",
                    VisitNow::Cancelled => "cancelled",
                },
                entered: entered.map(moment),
                left: left.map(moment),
                minutes: entered.zip(left).map(|(a, b)| (b - a).num_minutes()),
                seats,
            });
        }
        if loaded.row.ended_at.is_none() {
            let state = loaded.state.clone();
            let expected = self.expected(&mut flow, &state).await?;
            for step in expected.path {
                if step.now != workflow::StepNow::Expected || step.kind.ends_with("_gateway") {
                    continue;
                }
                let mut seats = vec![];
                for seat in &step.seats {
                    let who = self.seat_people(seat).await?;
                    seats.push(view::FlowSeat {
                        task: None,
                        who: who
                            .iter()
                            .map(|w| w.name.clone())
                            .collect::<Vec<_>>()
                            .join("、"),
                        role: who.first().and_then(|w| w.role.clone()),
                        state: "expected",
                        outcome: None,
                        opinion: None,
                        since: None,
                        at: None,
                        due: None,
                    });
                }
                steps.push(view::FlowStep {
                    label: self.node_label(&workflow, &step.node),
                    node: step.node.to_string(),
                    kind: step.kind,
                    attempt: step.attempt,
                    state: "expected",
                    entered: None,
                    left: None,
                    minutes: None,
                    seats,
                });
            }
        }
        Ok(view::Flow {
            status: loaded.row.status.clone(),
            started_by: Some(titles.who(loaded.row.started_by)),
            started_at: Some(moment(loaded.row.started_at)),
            ended_at: loaded.row.ended_at.map(moment),
            steps,
        })
    }
}

fn at_look(look: Option<&FieldLook>) -> Look {
    look.map_or(Look::Read, |l| l.look)
}

/// Looks as the page takes them: `field`, `table.column`, and `table/line/column` where a line
/// differs.
fn looks(looks: &Looks) -> Map<String, Json> {
    let one = |l: &FieldLook| json!({ "look": l.look, "required": l.required, "shown": l.shown });
    let mut out = Map::new();
    for (name, look) in &looks.header {
        out.insert(name.to_string(), one(look));
    }
    for (table, columns) in &looks.columns {
        for (name, look) in columns {
            out.insert(format!("{table}.{name}"), one(look));
        }
        for (line, cells) in &looks.lines {
            for (name, look) in cells {
                if columns.contains_key(name) {
                    out.insert(format!("{table}/{line}/{name}"), one(look));
                }
            }
        }
    }
    out
}
