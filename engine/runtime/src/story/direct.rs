//! The stage in process: a story's steps as calls of use cases, on either database.

use super::stage::{Act, Answer, OpenTask, Seen, Stage, Trouble};
use crate::{
    Caller, CompleteAsked, Error, Key, NewUser, Site, Steer,
    desk::Halt,
    view::{Done, HandedOver},
    words::Language,
};
use chrono::{DateTime, NaiveDate, Utc};
use futures::future::BoxFuture;
use model::{
    Decimal, Fields, Id, Name, Ref, Value,
    story::{BalanceIs, Held},
};
use serde_json::{Map, Value as Json};

/// A site whose clock stands still, as a stage.
pub struct Direct {
    site: Site,
}

impl Direct {
    /// A stage on a site with a fixed clock.
    pub fn new(site: Site) -> Self {
        Self { site }
    }
    fn key(&self) -> Key {
        Key::fresh(&self.site.clock)
    }
    async fn caller(&self, by: Id) -> Result<Caller, Error> {
        self.site.caller_by_id(by).await
    }
    /// The version of a record now.
    async fn version(&self, form: &Ref, id: Id) -> Result<u64, Error> {
        let form = form.clone();
        self.site
            .desk(&self.site.engine(), move |desk| {
                let form = form.clone();
                Box::pin(async move {
                    Ok(desk
                        .record(&form, id)
                        .await?
                        .ok_or(Error::NotFound)?
                        .version)
                })
            })
            .await
    }
    /// A key of a ledger whose links are named by key.
    async fn ledger_key(&self, balance: &BalanceIs) -> Result<Vec<(Name, Value)>, Error> {
        let parts = std::sync::Arc::new(balance.clone());
        self.site
            .desk(&self.site.engine(), move |desk| {
                let parts = parts.clone();
                Box::pin(async move {
                    let definitions = desk.definitions.clone();
                    let ledger = definitions
                        .catalogue
                        .ledger(&parts.ledger)
                        .ok_or(Error::NotFound)?;
                    let mut out = vec![];
                    for (name, json) in &parts.of {
                        let bad = || Error::bad("unknown_field", name.clone());
                        let (name, field) = ledger
                            .dimensions
                            .get_key_value(name.as_str())
                            .ok_or_else(bad)?;
                        let value = match field.as_link() {
                            Some(link) => {
                                let key = json.as_str().ok_or_else(bad)?;
                                let found = desk.by_key(&link.to.form, key).await?;
                                Value::Link(found.ok_or_else(bad)?)
                            }
                            None => Value::of_json(field, json).ok().flatten().ok_or_else(bad)?,
                        };
                        out.push((name.clone(), value));
                    }
                    Ok::<_, Halt>(out)
                })
            })
            .await
    }
}

/// What the business said no to, as a story reads it; a broken world stays an error.
pub(crate) fn trouble<T>(out: Result<T, Error>) -> Result<Result<T, Trouble>, Error> {
    let e = match out {
        Ok(done) => return Ok(Ok(done)),
        Err(e) => e,
    };
    let says = Language::ALL
        .iter()
        .map(|l| (l.as_str().to_string(), e.say(*l)))
        .collect();
    let mut trouble = Trouble {
        code: e.code().into(),
        findings: vec![],
        says,
    };
    match &e {
        Error::Invalid(findings) => {
            trouble.findings = findings
                .iter()
                .map(|f| (f.code.clone(), f.at.clone()))
                .collect();
            trouble.says.extend(
                findings
                    .iter()
                    .map(|f| (Language::En.as_str().to_string(), f.say.clone())),
            );
        }
        Error::Refused { code, with, .. } if code == "constraint_broken" => {
            let name = with
                .first()
                .and_then(|w| w.rsplit('/').next())
                .unwrap_or_default();
            trouble.findings.push((name.into(), String::new()));
        }
        Error::Refused { code, .. } if code == "not_holder" => {
            trouble.code = "not_a_candidate".into();
        }
        Error::Forbidden { .. } => trouble.code = "not_allowed".into(),
        Error::Refused { .. }
        | Error::NotFound
        | Error::AlreadyDone
        | Error::Stale { .. }
        | Error::BadRequest { .. } => {}
        _ => return Err(e),
    }
    Ok(Err(trouble))
}

macro_rules! on_record {
    ($self:ident, $by:ident, $form:ident, $id:ident, $call:ident $(, $more:expr)*) => {
        Box::pin(async move {
            let caller = $self.caller($by).await?;
            let version = $self.version($form, $id).await?;
            trouble($self.site.$call(&caller, &$self.key(), $form, $id, version $(, $more)*).await)
        })
    };
}

impl Stage for Direct {
    fn name(&self) -> &'static str {
        match self.site.inner.store.dialect() {
            store::Dialect::Sqlite => "sqlite",
            store::Dialect::Postgres => "postgres",
        }
    }
    fn user<'a>(
        &'a self,
        login: &'a str,
        person: &'a str,
        roles: &'a [Held],
    ) -> BoxFuture<'a, Result<Id, Error>> {
        Box::pin(async move { self.site.story_user(login, person, roles).await })
    }
    fn given<'a>(
        &'a self,
        form: &'a Ref,
        values: Map<String, Json>,
    ) -> BoxFuture<'a, Result<Id, Error>> {
        Box::pin(async move { self.site.engine_create(form, values).await })
    }
    fn opening<'a>(&'a self, balance: &'a BalanceIs) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let key: Fields = self.ledger_key(balance).await?.into_iter().collect();
            let mut measures = kernel::Measures::new();
            for (name, json) in &balance.is {
                let text = json
                    .as_str()
                    .map_or_else(|| json.to_string(), ToOwned::to_owned);
                let amount: Decimal = text
                    .parse()
                    .map_err(|_| Error::bad("not_a_number", name.clone()))?;
                let name = Name::new(name).map_err(|e| Error::bad("bad_name", e.0))?;
                measures.insert(name, amount);
            }
            let day: NaiveDate = self.site.today();
            let before = day.pred_opt().unwrap_or(day);
            self.site
                .engine_opening(&balance.ledger, key, measures, before)
                .await
        })
    }
    fn move_to(&self, moment: DateTime<Utc>) {
        self.site.clock.move_to(moment);
    }
    fn run_due<'a>(&'a self) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move { self.site.run_due_once().await.map(|_| ()) })
    }
    fn create<'a>(&'a self, by: Id, form: &'a Ref, values: Map<String, Json>) -> Answer<'a, Done> {
        Box::pin(async move {
            let caller = self.caller(by).await?;
            trouble(self.site.create(&caller, &self.key(), form, values).await)
        })
    }
    fn change<'a>(
        &'a self,
        by: Id,
        form: &'a Ref,
        id: Id,
        values: Map<String, Json>,
    ) -> Answer<'a, Done> {
        on_record!(self, by, form, id, change, values)
    }
    fn submit<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        on_record!(self, by, form, id, submit, Map::new())
    }
    fn withdraw<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        on_record!(self, by, form, id, withdraw, "")
    }
    fn reverse<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        on_record!(self, by, form, id, reverse, "")
    }
    fn delete<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        on_record!(self, by, form, id, delete)
    }
    fn make<'a>(&'a self, by: Id, form: &'a Ref, id: Id, make: &'a Ref) -> Answer<'a, Done> {
        Box::pin(async move {
            let caller = self.caller(by).await?;
            trouble(self.site.make(&caller, &self.key(), form, id, make).await)
        })
    }
    fn act<'a>(&'a self, by: Id, task: Id, act: Act) -> Answer<'a, Done> {
        Box::pin(async move {
            let caller = self.caller(by).await?;
            let key = self.key();
            let site = &self.site;
            trouble(match act {
                Act::Complete {
                    outcome,
                    opinion,
                    values,
                } => {
                    let asked = CompleteAsked {
                        outcome,
                        opinion,
                        values,
                        version: None,
                    };
                    site.complete(&caller, &key, task, asked).await
                }
                Act::Transfer { to, opinion } => {
                    site.transfer(&caller, &key, task, to, &opinion).await
                }
                Act::Return { to, opinion } => {
                    site.send_back(&caller, &key, task, to, &opinion).await
                }
                Act::AddSeat {
                    users,
                    how,
                    opinion,
                } => {
                    site.add_seat(&caller, &key, task, users, how, &opinion)
                        .await
                }
                Act::Claim => site.claim(&caller, &key, task).await,
                Act::Unclaim => site.unclaim(&caller, &key, task).await,
                Act::DropSeat { who, opinion } => {
                    site.drop_seat(&caller, &key, task, who, &opinion).await
                }
                Act::Delegate { to, opinion } => {
                    site.delegate(&caller, &key, task, to, &opinion).await
                }
                Act::TakeBack { opinion } => site.take_back(&caller, &key, task, &opinion).await,
                Act::Remind => site.remind(&caller, &key, task).await,
                Act::Copy { users, opinion } => {
                    site.copy(&caller, &key, task, users, &opinion).await
                }
            })
        })
    }
    fn steer<'a>(
        &'a self,
        by: Id,
        form: &'a Ref,
        id: Id,
        steer: Steer,
        reason: &'a str,
    ) -> Answer<'a, Done> {
        on_record!(self, by, form, id, steer, steer, reason)
    }
    fn hand_over<'a>(&'a self, by: Id, from: Id, to: Id) -> Answer<'a, HandedOver> {
        Box::pin(async move {
            let caller = self.caller(by).await?;
            trouble(self.site.hand_over(&caller, from, to).await)
        })
    }
    fn preview<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Vec<String>> {
        Box::pin(async move {
            let caller = self.caller(by).await?;
            let path = self.site.preview(&caller, form, id).await;
            trouble(path.map(|p| p.path.into_iter().map(|s| s.node).collect()))
        })
    }
    fn see<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Seen> {
        Box::pin(async move {
            let caller = self.caller(by).await?;
            let sheet = self.site.sheet(&caller, form, id).await;
            trouble(sheet.map(|s| Seen {
                version: s.record.version,
                status: s.record.status,
                values: s.record.values,
            }))
        })
    }
    fn settings<'a>(&'a self, form: &'a Ref) -> BoxFuture<'a, Result<Option<Id>, Error>> {
        Box::pin(async move { self.site.settings_record(form).await.map(Some) })
    }
    fn open_tasks<'a>(
        &'a self,
        _form: &'a Ref,
        id: Id,
    ) -> BoxFuture<'a, Result<Vec<OpenTask>, Error>> {
        Box::pin(async move {
            self.site
                .desk(&self.site.engine(), move |desk| {
                    Box::pin(async move {
                        let Some(loaded) = desk.instance_of(id).await? else {
                            return Ok(vec![]);
                        };
                        let mut out = vec![];
                        for task in desk.tx.tasks_of(loaded.row.id).await? {
                            if task.status != "open" {
                                continue;
                            }
                            let candidates = match (task.holder, &task.role) {
                                (Some(holder), _) => vec![holder],
                                (None, Some(role)) => {
                                    let users = desk.tx.holders(role, task.within).await?;
                                    users.into_iter().map(|u| u.id).collect()
                                }
                                (None, None) => vec![],
                            };
                            let (id, node, holder) = (task.id, task.node, task.holder);
                            out.push(OpenTask {
                                id,
                                node,
                                holder,
                                candidates,
                            });
                        }
                        Ok(out)
                    })
                })
                .await
        })
    }
    fn done_task<'a>(
        &'a self,
        id: Id,
        node: &'a str,
        by: Id,
    ) -> BoxFuture<'a, Result<Option<Id>, Error>> {
        let node = node.to_string();
        Box::pin(async move {
            self.site
                .desk(&self.site.engine(), move |desk| {
                    let node = node.clone();
                    Box::pin(async move {
                        let Some(loaded) = desk.instance_of(id).await? else {
                            return Ok(None);
                        };
                        let tasks = desk.tx.tasks_of(loaded.row.id).await?;
                        let his = tasks.into_iter().filter(|t| {
                            t.status == "done" && *t.node == *node && t.acted_by == Some(by)
                        });
                        Ok(his.max_by_key(|t| t.attempt).map(|t| t.id))
                    })
                })
                .await
        })
    }
    fn status<'a>(&'a self, form: &'a Ref, id: Id) -> BoxFuture<'a, Result<String, Error>> {
        Box::pin(async move {
            let form = form.clone();
            self.site
                .desk(&self.site.engine(), move |desk| {
                    let form = form.clone();
                    Box::pin(async move {
                        let record = desk.record(&form, id).await?.ok_or(Error::NotFound)?;
                        Ok(record.status.to_string())
                    })
                })
                .await
        })
    }
    fn balance<'a>(
        &'a self,
        balance: &'a BalanceIs,
    ) -> BoxFuture<'a, Result<Vec<(Name, Decimal)>, Error>> {
        Box::pin(async move {
            let key = self.ledger_key(balance).await?;
            let key = key.into_iter().map(|(n, v)| (n, Some(v))).collect();
            let measures = self.site.engine_measures(&balance.ledger, key).await?;
            Ok(measures.into_iter().collect())
        })
    }
}

impl Site {
    /// The user behind a person, made where there is none, with at least these roles.
    pub(crate) async fn story_user(
        &self,
        login: &str,
        person: &str,
        roles: &[Held],
    ) -> Result<Id, Error> {
        let people = self
            .definitions()
            .catalogue
            .people()
            .map(|p| p.form.clone());
        let people = people.ok_or_else(|| Error::refused("people_unknown"))?;
        let (id, _) = self.record_by_key(&people, person).await?;
        let known = self
            .desk(&self.engine(), move |desk| {
                Box::pin(async move { Ok(desk.user_of(id).await?.map(|u| u.id)) })
            })
            .await?;
        let wanted = roles.iter().map(|held| match held {
            Held::Role(role) => (role.clone(), None),
            Held::Within { role, within } => (role.clone(), Some(within.clone())),
        });
        let wanted: Vec<(Ref, Option<String>)> = wanted.collect();
        match known {
            Some(user) => {
                self.add_roles(user, &wanted).await?;
                Ok(user)
            }
            None => {
                self.add_user(NewUser {
                    login: login.into(),
                    name: None,
                    password: None,
                    person: Some(person.into()),
                    roles: wanted,
                    language: Language::En,
                })
                .await
            }
        }
    }

    /// The record of a settings form, made with its defaults where there is none yet.
    pub(crate) async fn settings_record(&self, form: &Ref) -> Result<Id, Error> {
        let of = form.clone();
        let found = self
            .desk(&self.engine(), move |desk| {
                let of = of.clone();
                Box::pin(async move {
                    let found = desk
                        .find(&of, model::Filter::everything(), vec![], 1)
                        .await?;
                    Ok(found.first().map(|r| r.id))
                })
            })
            .await?;
        match found {
            Some(id) => Ok(id),
            None => self.engine_create(form, Map::new()).await,
        }
    }
}
