//! Tells a story on a stage, step by step.

use super::{
    expect::{self, Found},
    stage::{Act, Answer, Stage, Trouble},
};
use crate::{Error, Steer, view};
use chrono::{DateTime, NaiveTime, Utc};
use model::{
    Id, Name, Ref,
    story::{GivenFacts, Step, Story},
    zone::Zone,
};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A step that did not come out as the story says.
#[derive(Clone, Debug)]
pub struct Failed {
    /// 1-based; 0 is what was given.
    pub step: usize,
    pub row: Option<usize>,
    pub say: String,
}
impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {}, ", row + 1)?;
        }
        write!(f, "step {}: {}", self.step, self.say)
    }
}

/// Where a story stands: the users by their name in it, and the last record of each form.
struct Told<'s> {
    stage: &'s dyn Stage,
    users: HashMap<String, Id>,
    last: HashMap<Ref, Id>,
    latest: Option<(Ref, Id)>,
}

/// Tells one row of a story (or the whole, without a table). `forms` says which form a make
/// leads to.
pub async fn tell(
    stage: &dyn Stage,
    story: &Story,
    row: Option<usize>,
    makes: &(dyn Fn(&Ref) -> Option<Ref> + Sync),
) -> Result<(), Failed> {
    let failed = |step: usize, say: String| Failed { step, row, say };
    let mut told = Told {
        stage,
        users: HashMap::new(),
        last: HashMap::new(),
        latest: None,
    };
    told.given(&story.given).await.map_err(|e| failed(0, e))?;
    let fill = story.table.as_ref().zip(row).map(|(table, n)| {
        table
            .columns
            .iter()
            .cloned()
            .zip(table.rows[n].iter().cloned())
            .collect()
    });
    for (n, step) in story.steps.iter().enumerate() {
        let step = filled(step, fill.as_ref()).map_err(|e| failed(n + 1, e))?;
        for step in step
            .together
            .as_deref()
            .unwrap_or(std::slice::from_ref(&step))
        {
            told.step(step, makes).await.map_err(|e| failed(n + 1, e))?;
        }
    }
    if let Some(finally) = &story.finally {
        let end = story.steps.len();
        for balance in &finally.balances {
            told.balance(balance).await.map_err(|e| failed(end, e))?;
        }
        for (form, status) in &finally.statuses {
            let id = told.last.get(form).copied();
            let id = id.ok_or_else(|| failed(end, format!("the story made no {form}")))?;
            let found = stage
                .status(form, id)
                .await
                .map_err(|e| failed(end, e.to_string()))?;
            if found != *status {
                return Err(failed(end, format!("{form} is {found}, not {status}")));
            }
        }
    }
    Ok(())
}

/// The step with `"$column"` replaced by the row's values.
fn filled(step: &Step, row: Option<&HashMap<String, Value>>) -> Result<Step, String> {
    let Some(row) = row else {
        return Ok(step.clone());
    };
    fn fill(value: &mut Value, row: &HashMap<String, Value>) {
        match value {
            Value::String(text) => {
                if let Some(found) = text.strip_prefix('$').and_then(|name| row.get(name)) {
                    *value = found.clone();
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|v| fill(v, row)),
            Value::Object(map) => map.values_mut().for_each(|v| fill(v, row)),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(step).map_err(|e| e.to_string())?;
    fill(&mut value, row);
    serde_json::from_value(value).map_err(|e| e.to_string())
}

/// A day begins at nine; `YYYY-MM-DDTHH:MM` is a moment where the site is.
pub fn moment_of(text: &str) -> Result<DateTime<Utc>, String> {
    let none = || format!("{text} is no moment");
    let (day, clock) = text.split_once('T').unwrap_or((text, "09:00"));
    let day = model::day::of_text(day).ok_or_else(none)?;
    let clock = NaiveTime::parse_from_str(clock, "%H:%M").map_err(|_| none())?;
    Ok(Zone::default().start_of(day) + (clock - NaiveTime::MIN))
}

/// What a step does to a whole instance, and the form of its record.
fn steered(step: &Step) -> Result<Option<(Steer, &Ref)>, String> {
    if let Some(form) = &step.jump {
        let to = step.to.as_ref().and_then(Value::as_str);
        let to = Name::new(to.ok_or("to which node?")?).map_err(|e| e.to_string())?;
        return Ok(Some((Steer::Jump { to }, form)));
    }
    let others = [
        (Steer::Suspend, &step.suspend),
        (Steer::Resume, &step.resume),
        (Steer::Terminate, &step.terminate),
    ];
    let mut others = others.into_iter();
    Ok(others.find_map(|(steer, form)| Some((steer, form.as_ref()?))))
}

fn plain(map: &model::story::Plain) -> Map<String, Value> {
    map.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
}

impl Told<'_> {
    async fn given(&mut self, given: &GivenFacts) -> Result<(), String> {
        self.stage.move_to(moment_of(&given.today)?);
        for (login, person) in &given.users {
            let roles = given.roles.get(login).map_or(&[][..], |r| r);
            let id = self.stage.user(login, person, roles).await;
            self.users
                .insert(login.clone(), id.map_err(|e| format!("user {login}: {e}"))?);
        }
        for record in &given.records {
            let made = self.stage.given(&record.form, plain(&record.with)).await;
            let id = made.map_err(|e| format!("record of {}: {}", record.form, told(&e)))?;
            self.last.insert(record.form.clone(), id);
        }
        for balance in &given.balances {
            self.stage.opening(balance).await.map_err(|e| told(&e))?;
        }
        Ok(())
    }

    fn user(&self, name: &str) -> Result<Id, String> {
        self.users
            .get(name)
            .copied()
            .ok_or_else(|| format!("the story has no user {name}"))
    }

    /// The record a step works on: the last of its form, or the latest of all.
    fn record(&self, form: Option<&Ref>) -> Result<(Ref, Id), String> {
        match form {
            Some(form) => match self.last.get(form) {
                Some(id) => Ok((form.clone(), *id)),
                None => Err(format!("the story made no {form}")),
            },
            None => self
                .latest
                .clone()
                .ok_or_else(|| "the story made no record yet".to_string()),
        }
    }

    async fn step(
        &mut self,
        step: &Step,
        makes: &(dyn Fn(&Ref) -> Option<Ref> + Sync),
    ) -> Result<(), String> {
        if let Some(to) = &step.move_to {
            self.stage.move_to(moment_of(to)?);
            self.stage.run_due().await.map_err(|e| told(&e))?;
        }
        let Some(user) = &step.user else {
            return match &step.then {
                Some(then) => self.then(then, None, None, None).await,
                None => Ok(()),
            };
        };
        let by = self.user(user)?;
        if let Some(preview) = &step.preview {
            let submit = step.submit.as_ref();
            let (form, id) = self.record(submit.or(step.of.as_ref()))?;
            let path = settle(self.stage.preview(by, &form, id)).await?;
            let path = path.map_err(|t| format!("no preview: {}", t.code))?;
            let wanted = preview.get("path").cloned().unwrap_or_default();
            if wanted != serde_json::json!(path) {
                return Err(format!(
                    "the way ahead is {}, not {wanted}",
                    serde_json::json!(path)
                ));
            }
        }
        let outcome = self.carry_out(step, by, makes).await?;
        let trouble = match outcome {
            Ok(done) => {
                if let Some((form, id)) = done {
                    self.last.insert(form.clone(), id);
                    self.latest = Some((form, id));
                }
                None
            }
            Err(trouble) => Some(trouble),
        };
        match (&step.then, trouble) {
            (Some(then), trouble) => self.then(then, Some(by), trouble, step.of.as_ref()).await,
            (None, Some(t)) => Err(format!("refused: {}", expect::trouble(&t))),
            (None, None) => Ok(()),
        }
    }

    async fn carry_out(
        &mut self,
        step: &Step,
        by: Id,
        makes: &(dyn Fn(&Ref) -> Option<Ref> + Sync),
    ) -> Result<Result<Option<(Ref, Id)>, Trouble>, String> {
        let with = step.with.as_ref().map(plain).unwrap_or_default();
        let stage = self.stage;
        let done = |form: Ref| move |d: view::Done| Some((form, d.id));
        Ok(if let Some(form) = &step.create {
            settle(stage.create(by, form, with))
                .await?
                .map(done(form.clone()))
        } else if let Some(form) = &step.edit {
            let (form, id) = match self.record(Some(form)) {
                Ok(found) => found,
                // Settings are there without anybody having made them.
                Err(none) => match stage.settings(form).await.map_err(|e| told(&e))? {
                    Some(id) => (form.clone(), id),
                    None => return Err(none),
                },
            };
            let with = self.positions(by, &form, id, with).await?;
            settle(stage.change(by, &form, id, with))
                .await?
                .map(done(form.clone()))
        } else if let Some(form) = &step.submit {
            let (form, id) = self.record(Some(form))?;
            if !with.is_empty() {
                let values = self.positions(by, &form, id, with).await?;
                if let Err(t) = settle(stage.change(by, &form, id, values)).await? {
                    return Ok(Err(t));
                }
            }
            settle(stage.submit(by, &form, id))
                .await?
                .map(done(form.clone()))
        } else if let Some(form) = &step.withdraw {
            let (form, id) = self.record(Some(form))?;
            settle(stage.withdraw(by, &form, id))
                .await?
                .map(done(form.clone()))
        } else if let Some((steer, form)) = steered(step)? {
            let (form, id) = self.record(Some(form))?;
            let reason = step.opinion.as_deref().unwrap_or_default();
            settle(stage.steer(by, &form, id, steer, reason))
                .await?
                .map(done(form.clone()))
        } else if let Some(from) = &step.hand_over {
            let to = step.to.as_ref().and_then(Value::as_str).ok_or("to whom?")?;
            let (from, to) = (self.user(from)?, self.user(to)?);
            settle(stage.hand_over(by, from, to)).await?.map(|_| None)
        } else if let Some(form) = &step.reverse {
            let (form, id) = self.record(Some(form))?;
            settle(stage.reverse(by, &form, id))
                .await?
                .map(done(form.clone()))
        } else if let Some(form) = &step.delete {
            let (form, id) = self.record(Some(form))?;
            settle(stage.delete(by, &form, id)).await?.map(|_| None)
        } else if let Some(make) = &step.make {
            let (form, id) = self.record(step.of.as_ref())?;
            let to = makes(make).ok_or_else(|| format!("there is no make {make}"))?;
            settle(stage.make(by, &form, id, make)).await?.map(done(to))
        } else if let Some(node) = step.complete.as_ref().or(step.task.as_ref()) {
            let (form, id) = self.record(step.of.as_ref())?;
            self.act(step, by, node, &form, id, with)
                .await?
                .map(done(form))
        } else {
            Ok(None)
        })
    }

    async fn act(
        &self,
        step: &Step,
        by: Id,
        node: &str,
        form: &Ref,
        id: Id,
        mut with: Map<String, Value>,
    ) -> Result<Result<view::Done, Trouble>, String> {
        let open = self
            .stage
            .open_tasks(form, id)
            .await
            .map_err(|e| told(&e))?;
        let here: Vec<_> = open.iter().filter(|t| *t.node == *node).collect();
        let taken_back = match step.operation.as_deref() {
            Some("take_back") => {
                let done = self.stage.done_task(id, node, by);
                done.await.map_err(|e| told(&e))?
            }
            _ => None,
        };
        // His own task where he has one; else any of the node, so that the refusal is told.
        let task = here
            .iter()
            .find(|t| t.candidates.contains(&by))
            .or(here.first());
        let Some(task) = taken_back.or(task.map(|t| t.id)) else {
            return Ok(Err(Trouble {
                code: "no_such_task".into(),
                ..Trouble::default()
            }));
        };
        let opinion = match with.shift_remove("opinion") {
            Some(Value::String(text)) => text,
            _ => step.opinion.clone().unwrap_or_default(),
        };
        let users = || -> Result<Vec<Id>, String> {
            match &step.to {
                Some(Value::String(name)) => Ok(vec![self.user(name)?]),
                Some(Value::Array(names)) => names
                    .iter()
                    .map(|n| self.user(n.as_str().unwrap_or_default()))
                    .collect(),
                _ => Err("to whom?".into()),
            }
        };
        let name = |text: &str| Name::new(text).map_err(|e| e.to_string());
        let act = match step.operation.as_deref() {
            None => {
                let values = self.positions(by, form, id, with).await?;
                let outcome = step.outcome.as_deref().map(name).transpose()?;
                Act::Complete {
                    outcome,
                    opinion,
                    values,
                }
            }
            Some("transfer") => Act::Transfer {
                to: *users()?.first().ok_or("to whom?")?,
                opinion,
            },
            Some("return") => {
                let to = step
                    .to
                    .as_ref()
                    .and_then(Value::as_str)
                    .ok_or("back to which node?")?;
                Act::Return {
                    to: name(to)?,
                    opinion,
                }
            }
            Some("add_seat") => {
                let how = match step.how.as_deref() {
                    Some("before") => model::workflow::How::Before,
                    Some("after") => model::workflow::How::After,
                    _ => model::workflow::How::Parallel,
                };
                Act::AddSeat {
                    users: users()?,
                    how,
                    opinion,
                }
            }
            Some("claim") => Act::Claim,
            Some("unclaim") => Act::Unclaim,
            Some("drop_seat") => Act::DropSeat {
                who: *users()?.first().ok_or("whom?")?,
                opinion,
            },
            Some("delegate") => Act::Delegate {
                to: *users()?.first().ok_or("to whom?")?,
                opinion,
            },
            Some("take_back") => Act::TakeBack { opinion },
            Some("remind") => Act::Remind,
            Some("copy") => Act::Copy {
                users: users()?,
                opinion,
            },
            Some("reject") => Act::Complete {
                outcome: Some(name("reject")?),
                opinion,
                values: Map::new(),
            },
            Some(other) => return Err(format!("there is no operation {other}")),
        };
        settle(self.stage.act(by, task, act)).await
    }

    /// A story names lines by position: each gets the id of the line that stands there, and the
    /// columns it does not name stay as they are.
    async fn positions(
        &self,
        by: Id,
        form: &Ref,
        id: Id,
        mut with: Map<String, Value>,
    ) -> Result<Map<String, Value>, String> {
        if !with
            .values()
            .any(|v| v.as_array().is_some_and(|a| a.iter().any(Value::is_object)))
        {
            return Ok(with);
        }
        let Ok(seen) = settle(self.stage.see(by, form, id)).await? else {
            return Ok(with);
        };
        for (name, value) in &mut with {
            let Some(old) = seen.values.get(name).and_then(Value::as_array) else {
                continue;
            };
            for (n, line) in value.as_array_mut().into_iter().flatten().enumerate() {
                if let (Some(line), Some(id)) =
                    (line.as_object_mut(), old.get(n).and_then(|l| l.get("id")))
                {
                    line.entry("id").or_insert_with(|| id.clone());
                }
            }
        }
        Ok(with)
    }

    async fn balance(&self, balance: &model::story::BalanceIs) -> Result<(), String> {
        let found = self.stage.balance(balance).await.map_err(|e| told(&e))?;
        expect::balance(balance, &found)
    }

    async fn then(
        &self,
        then: &model::story::Plain,
        by: Option<Id>,
        trouble: Option<Trouble>,
        of: Option<&Ref>,
    ) -> Result<(), String> {
        // In a table, an empty cell expects nothing.
        let then: model::story::Plain = then
            .iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        if let Some(t) = &trouble
            && !then.contains_key("problem")
            && !then.contains_key("says")
        {
            return Err(format!("refused: {}", expect::trouble(t)));
        }
        let mut found = Found {
            trouble,
            seen: None,
            open: vec![],
            status: None,
        };
        let about = match of.filter(|_| found.trouble.is_some()) {
            Some(form) => self.last.get(form).map(|id| (form.clone(), *id)),
            None => self.latest.clone(),
        };
        if let Some((form, id)) = &about {
            if let Some(by) = by {
                found.seen = settle(self.stage.see(by, form, *id)).await?.ok();
            }
            found.open = self
                .stage
                .open_tasks(form, *id)
                .await
                .map_err(|e| told(&e))?;
            found.status = self.stage.status(form, *id).await.ok();
        }
        for (key, wanted) in &then {
            if key == "balances" {
                let list: Vec<model::story::BalanceIs> =
                    serde_json::from_value(wanted.clone()).map_err(|e| e.to_string())?;
                for balance in &list {
                    self.balance(balance).await?;
                }
            } else {
                expect::one(key, wanted, &found, &self.users)?;
            }
        }
        Ok(())
    }
}

/// Awaits a step; an error of the stage ends the story, trouble does not.
async fn settle<T>(answer: Answer<'_, T>) -> Result<Result<T, Trouble>, String> {
    answer.await.map_err(|e| told(&e))
}

fn told(e: &Error) -> String {
    match e {
        Error::Invalid(findings) => {
            let list: Vec<_> = findings
                .iter()
                .map(|f| format!("{} at {}", f.code, f.at))
                .collect();
            format!("invalid: {}", list.join(", "))
        }
        Error::Refused { code, with, .. } => format!("{code} {with:?}"),
        other => other.to_string(),
    }
}
