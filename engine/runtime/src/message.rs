//! Messages of workflows: rendered for each language, and put before those they are for.

use crate::{
    Error, Site,
    desk::{Desk, Halt},
    show::{Titles, shown_number},
    site::Definitions,
    worker::{Reply, Request},
};
use indexmap::IndexMap;
use kernel::access::FieldLooks;
use model::{
    Field, Fields, Id, Kind, Look, Name, Path, Record, Ref, Target, Value, message::Message,
};
use serde_json::{Map, Value as Json, json};
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};
use store::{Failure, Notice, Queue, StreamRow, User, Work, user_principal};

/// What the outbox keeps of a message.
#[derive(Clone, serde::Deserialize)]
struct Payload {
    message: Ref,
    form: Ref,
    record: Id,
    users: Vec<Id>,
}

/// What a message is rendered from.
struct Material {
    message: Arc<Message>,
    /// Whom it is for, each with what he may read of it.
    users: Vec<(User, Json)>,
}

impl Site {
    /// Delivers a message to everybody it is for, and finishes the work, in one transaction.
    pub(crate) async fn deliver(&self, work: &Work, token: Id) -> Result<(), Error> {
        let broken = |e: serde_json::Error| Error::Failure(Failure::Corrupt(e.to_string()));
        let payload: Payload = serde_json::from_str(&work.payload).map_err(broken)?;
        let asked = payload.clone();
        let material = self
            .desk(&self.engine(), move |desk| {
                let asked = asked.clone();
                Box::pin(async move { desk.material(&asked).await })
            })
            .await?;
        // Who reads the same in the same language is told the same.
        let mut texts: HashMap<(&str, String), (String, String)> = HashMap::new();
        let definitions = self.definitions();
        for (user, data) in &material.users {
            let key = (user.language.as_str(), data.to_string());
            if let Entry::Vacant(free) = texts.entry(key) {
                let (subject, body) = sources(&definitions, &material.message, &user.language);
                let subject = self.render(&subject, data).await?;
                let body = self.render(&body, data).await?;
                free.insert((subject.trim().to_owned(), body));
            }
        }
        let (now, id) = (self.clock.now(), work.id);
        let derived = |what: &str, user: Id| Id::derived(id, &[what, &user.to_string()]);
        let (mut notices, mut heard) = (vec![], vec![]);
        for (user, data) in &material.users {
            let Some((subject, body)) = texts.get(&(user.language.as_str(), data.to_string()))
            else {
                continue;
            };
            notices.push(Notice {
                id: derived("notice", user.id),
                user: user.id,
                at: now,
                kind: "message".into(),
                form: Some(payload.form.clone()),
                record: Some(payload.record),
                args: json!([subject, body]).to_string(),
                read_at: None,
            });
            heard.push(StreamRow {
                id: derived("stream", user.id),
                at: now,
                principal: user_principal(user.id),
                kind: "notice".into(),
                form: Some(payload.form.clone()),
                record: Some(payload.record),
            });
        }
        let told = Arc::new((notices, heard));
        let fixed = self.fixed_now().is_some();
        self.inner
            .store
            .write(move |tx| {
                let told = told.clone();
                Box::pin(async move {
                    tx.finish(Queue::Outbox, id, token).await?;
                    tx.add_notices(&told.0).await?;
                    tx.add_stream(&told.1, fixed).await?;
                    Ok::<_, Error>(())
                })
            })
            .await
    }

    async fn render(&self, source: &str, data: &Json) -> Result<String, Error> {
        let request = Request::Template {
            source: source.into(),
            html: false,
            with: data.clone(),
        };
        match self.inner.pool.ask(&request).await {
            Reply::Value(Json::String(text)) => Ok(text),
            Reply::Value(_) => Err(Error::refused("template")),
            Reply::Failed { code, say } => {
                tracing::warn!(code, "a message cannot be made: {say}");
                Err(Error::Refused {
                    code: "template".into(),
                    with: vec![say],
                    say: None,
                })
            }
        }
    }
}

/// Subject and body of a message in a language, or the next that is there.
fn sources(definitions: &Definitions, message: &Message, language: &str) -> (String, String) {
    let package = &message.name.package;
    let path = format!("messages/{}/subject", message.name.name);
    let catalogue = &definitions.catalogue;
    let subject = catalogue.word(package, language, &path, &message.subject);
    let own = catalogue.packages.get(package);
    let own = own.map_or("", |p| p.manifest.language.as_str());
    let tries = match language {
        "zh-TW" => ["zh-TW", "zh-CN", own],
        other => [other, own, own],
    };
    let body = tries.iter().find_map(|l| message.bodies.get(*l));
    (subject, body.cloned().unwrap_or_default())
}

impl Desk<'_> {
    async fn material(&mut self, asked: &Payload) -> Result<Material, Halt> {
        let definitions = self.definitions.clone();
        let message = definitions.catalogue.message(&asked.message).cloned();
        let message = message.ok_or_else(|| Error::refused("unknown_message"))?;
        let form = definitions.form(&asked.form)?.clone();
        let record = self
            .record(&asked.form, asked.record)
            .await?
            .ok_or(Error::NotFound)?;
        let mut users = self.tx.users(&asked.users).await?;
        users.retain(|u| u.active);
        let mut links: IndexMap<Ref, Vec<Id>> = IndexMap::new();
        gather(&form.fields, &record.values, &mut links);
        let mut linked: HashMap<Id, Record> = HashMap::new();
        let mut titles = Titles::default();
        for (form, ids) in &links {
            for record in self.records(form, ids).await? {
                titles.want(&definitions.form(form)?.fields, &record.values);
                linked.insert(record.id, record);
            }
        }
        titles.want(&form.fields, &record.values);
        titles.fetch(self).await?;
        let mut told = vec![];
        for user in users {
            let looks = self
                .looks_of(user.clone(), &record, &links, &linked)
                .await?;
            let words = Words {
                definitions: &definitions,
                language: &user.language,
                linked: &linked,
                titles: &titles,
                looks: &looks,
            };
            let mut values = words.record(&record, true);
            values.insert("id".into(), json!(record.id));
            told.push((user, json!({ "record": values })));
        }
        Ok(Material {
            message,
            users: told,
        })
    }

    /// How the fields of a record look to somebody, and those of what it links to as far as he
    /// sees it.
    async fn looks_of(
        &mut self,
        user: User,
        record: &Record,
        links: &IndexMap<Ref, Vec<Id>>,
        linked: &HashMap<Id, Record>,
    ) -> Result<HashMap<Id, FieldLooks>, Halt> {
        let definitions = self.definitions.clone();
        let his = self.caller_of(user).await?;
        let engine = std::mem::replace(&mut self.caller, his);
        let mut seen = vec![record];
        for (form, ids) in links {
            let scope = self.caller.store.clone();
            let visible = self.tx.visible(&definitions.tables, &scope, form, ids);
            let visible = visible.await?;
            seen.extend(visible.iter().filter_map(|id| linked.get(id)));
        }
        let mut looks = HashMap::new();
        for record in seen {
            let form = definitions.form(&record.form)?;
            looks.insert(record.id, self.rights_on(form, Some(record)).await?);
        }
        self.caller = engine;
        Ok(looks)
    }
}

/// Notes which records the values of a record link to.
fn gather(fields: &IndexMap<Name, Field>, values: &Fields, out: &mut IndexMap<Ref, Vec<Id>>) {
    for (name, field) in fields {
        match (&field.kind, values.get(name)) {
            (Kind::Link(link), Some(Value::Link(id))) if link.to.table.is_none() => {
                let ids = out.entry(link.to.form.clone()).or_default();
                if !ids.contains(id) {
                    ids.push(*id);
                }
            }
            (Kind::Lines(table), Some(value)) => {
                for line in value.lines() {
                    gather(&table.fields, &line.values, out);
                }
            }
            _ => {}
        }
    }
}

/// Whose fields are told, and how they look.
#[derive(Clone, Copy)]
struct Whose<'a> {
    form: &'a Ref,
    looks: Option<&'a FieldLooks>,
    table: Option<&'a Name>,
}
impl Whose<'_> {
    fn reads(&self, name: &Name, field: &Field) -> bool {
        let path = Path(self.table.into_iter().chain([name]).cloned().collect());
        let look = self.looks.map_or(Look::Hidden, |l| l.at(&path));
        look >= Look::Read && field.sealed.is_none()
    }
}

/// Values as plain text in a language.
struct Words<'a> {
    definitions: &'a Definitions,
    language: &'a str,
    linked: &'a HashMap<Id, Record>,
    titles: &'a Titles,
    /// How fields look to the reader, by record; of one that is not here he reads the title.
    looks: &'a HashMap<Id, FieldLooks>,
}

impl Words<'_> {
    /// A record as an object: of a link the values of what it points to, and nothing behind that.
    /// What its reader may not see is as what is empty, and so is what is sealed.
    fn record(&self, record: &Record, deep: bool) -> Map<String, Json> {
        let mut out = Map::new();
        let status = self.language.parse::<crate::Language>().unwrap_or_default();
        let word = status.word(&format!("status/{}", record.status));
        out.insert("status".into(), json!(word));
        if let Some(form) = self.definitions.catalogue.form(&record.form) {
            let place = format!("forms/{}/fields", form.name.name);
            let whose = Whose {
                form: &form.name,
                looks: self.looks.get(&record.id),
                table: None,
            };
            out.extend(self.fields(&form.fields, &record.values, whose, &place, deep));
        }
        out
    }

    fn fields(
        &self,
        fields: &IndexMap<Name, Field>,
        values: &Fields,
        whose: Whose,
        place: &str,
        deep: bool,
    ) -> Map<String, Json> {
        let mut out = Map::new();
        for (name, field) in fields {
            let place = format!("{place}/{name}");
            let value = values.get(name).filter(|_| whose.reads(name, field));
            let text = match (&field.kind, value) {
                (Kind::Lines(_), _) if !deep => continue,
                (Kind::Lines(table), value) => {
                    let place = format!("{place}/fields");
                    let lines = value.map_or(&[][..], Value::lines);
                    let inside = Whose {
                        table: Some(name),
                        ..whose
                    };
                    let line = |l: &model::Line| {
                        self.fields(&table.fields, &l.values, inside, &place, deep)
                    };
                    lines.iter().map(line).map(Json::Object).collect()
                }
                // Prints as nothing, and is nothing to an `if`.
                (_, None) => json!(""),
                (Kind::Link(link), Some(Value::Link(id))) => self.link(&link.to, *id, deep),
                (_, Some(value)) => self.plain(field, value, whose.form, &place),
            };
            out.insert(name.to_string(), text);
        }
        out
    }

    fn link(&self, to: &Target, id: Id, deep: bool) -> Json {
        let title = self.titles.title(id).unwrap_or_default();
        match self.linked.get(&id).filter(|r| deep && r.form == to.form) {
            Some(record) => {
                let mut out = self.record(record, false);
                out.insert("title".into(), json!(title));
                Json::Object(out)
            }
            None => json!(title),
        }
    }

    fn plain(&self, field: &Field, value: &Value, form: &Ref, place: &str) -> Json {
        let option = |name: &str, label: &str| {
            let path = format!("{place}/options/{name}");
            let catalogue = &self.definitions.catalogue;
            catalogue.word(&form.package, self.language, &path, label)
        };
        match (&field.kind, value) {
            (Kind::Choice(k), Value::Text(name)) => {
                let label = k.options.get(&**name).map_or(&**name, |o| o.label.as_str());
                json!(option(name, label))
            }
            (Kind::Choices(k), Value::Choices(names)) => {
                let label = |n: &Arc<str>| {
                    let label = k.options.get(&**n).map_or(&**n, |o| o.label.as_str());
                    option(n, label)
                };
                json!(names.iter().map(label).collect::<Vec<_>>().join(", "))
            }
            (_, Value::Number(n)) => json!(shown_number(field, *n)),
            (_, Value::Bool(b)) => json!(b),
            (_, Value::Moment(at)) => {
                let zone = self.definitions.catalogue.zone;
                let day = zone.day_of(*at);
                let since = *at - zone.start_of(day);
                let (hours, minutes) = (since.num_hours(), since.num_minutes() % 60);
                json!(format!("{day} {hours:02}:{minutes:02}"))
            }
            (_, Value::Files(files)) => {
                let names: Vec<&str> = files.iter().map(|f| &*f.name).collect();
                json!(names.join(", "))
            }
            (_, other) => other.to_json(),
        }
    }
}
