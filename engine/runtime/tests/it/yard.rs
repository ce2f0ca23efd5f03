//! A small site with a package of its own, whose files a test may change: places with a pile each,
//! moves that add to piles, people in branches.

use crate::house::{On, object, options, r};
use indexmap::IndexMap;
use model::{Id, Name, read};
use runtime::{
    BalanceAsked, Caller, Clock, CompleteAsked, Error, Folder, Key, Language, NewUser, Options,
    Site, view,
};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Address, Audit, Store};

pub struct Yard {
    pub site: Site,
    pub options: Options,
    pub chief: Caller,
    dir: tempfile::TempDir,
}

fn plain() -> Vec<(&'static str, Value)> {
    let named = json!({
        "code": { "label": "Code", "kind": "text", "required": true, "unique": true },
        "name": { "label": "Name", "kind": "text" }
    });
    let catalog = |label: &str, kind: &str, more: Value| {
        let mut fields = object(named.clone());
        fields.extend(object(more));
        json!({ "label": label, "kind": kind, "key": "code", "title": "{name}", "fields": fields,
                "list": ["code"] })
    };
    let all = json!([
        "create", "read", "edit", "delete", "submit", "withdraw", "reverse"
    ]);
    let may = |form: &str| json!({ "to": "everyone", "form": form, "may": all });
    vec![
        (
            "manifest.json",
            json!({ "label": "Yard", "version": "1.0.0", "language": "en",
                    "people": { "form": "person", "manager": "above", "branch": "branch" } }),
        ),
        ("forms/branch.json", catalog("Branch", "catalog", json!({}))),
        (
            "forms/person.json",
            catalog(
                "Person",
                "catalog",
                json!({ "branch": { "label": "Branch", "kind": "link", "to": "branch" },
                        "above": { "label": "Above", "kind": "link", "to": "person" } }),
            ),
        ),
        ("forms/area.json", catalog("Area", "tree", json!({}))),
        (
            "forms/place.json",
            catalog(
                "Place",
                "catalog",
                json!({ "open": { "label": "May be below nothing", "kind": "switch" },
                        "branch": { "label": "Branch", "kind": "link", "to": "branch" } }),
            ),
        ),
        (
            "forms/move.json",
            json!({
                "label": "Move", "kind": "document", "key": "number", "title": "{number}",
                "workflow": "move", "list": ["number"],
                "fields": {
                    "number": { "label": "Number", "kind": "sequence", "pattern": "M-{0000}" },
                    "place": { "label": "Place", "kind": "link", "to": "place", "required": true },
                    "note": { "label": "Note", "kind": "text" },
                    "lines": { "label": "Lines", "kind": "lines", "fields": {
                        "day": { "label": "Day", "kind": "date", "required": true },
                        "amount": { "label": "Amount", "kind": "number", "required": true }
                    } }
                }
            }),
        ),
        (
            "ledgers/pile.json",
            json!({
                "label": "Pile",
                "dimensions": { "place": { "label": "Place", "kind": "link", "to": "place" } },
                "measures": { "amount": { "label": "Amount" } },
                "balance": "current",
                "constraints": {
                    "never_below": { "holds": "= amount >= 0", "when": "= !place.open",
                                     "horizon": "all_later", "say": "There is not enough." }
                }
            }),
        ),
        (
            "postings/move.json",
            json!({
                "form": "move", "date": "= line.day",
                "entries": { "moved": { "ledger": "pile", "each": "lines",
                                        "set": { "place": "= record.place", "amount": "= line.amount" } } }
            }),
        ),
        (
            "workflows/move.json",
            json!({
                "label": "Move",
                "nodes": {
                    "asked": { "kind": "start", "next": "look" },
                    "look": { "kind": "approval", "label": "Look", "seats": ["role:keeper"],
                              "outcomes": { "approve": "book", "reject": "bad" } },
                    "book": { "kind": "post", "next": "good" },
                    "good": { "kind": "end", "status": "posted" },
                    "bad": { "kind": "end", "status": "rejected" }
                }
            }),
        ),
        (
            "roles.json",
            json!({
                "roles": {
                    "keeper": { "label": "Keeper" },
                    "clerk": { "label": "Clerk", "within": "branch" },
                    "chief": { "label": "Chief", "administers": true }
                },
                "grants": {
                    "branches": may("branch"), "people": may("person"), "areas": may("area"),
                    "places": may("place"), "moves": may("move"),
                    "piles": { "to": "everyone", "ledger": "pile", "may": ["read"] }
                }
            }),
        ),
    ]
}

fn address(options: &Options) -> Address {
    match &options.database {
        None => Address::Sqlite {
            dir: options.data.clone(),
        },
        Some(url) => Address::Postgres {
            url: url.clone(),
            schema: options.schema.clone(),
            dir: options.data.clone(),
            allow_unsafe: true,
        },
    }
}

/// Changes nothing.
pub fn as_is(_: &str, _: &mut Value) {}

/// The files of the package, each as `change` leaves it.
pub fn files(change: impl Fn(&str, &mut Value)) -> (Name, read::Files) {
    let one = |(path, mut body): (&str, Value)| {
        change(path, &mut body);
        let text = model::canonical::format(&body.to_string()).unwrap();
        (path.to_string(), text.into_bytes())
    };
    let files = plain().into_iter().map(one).collect();
    (Name::new("yard").unwrap(), files)
}

impl Yard {
    pub async fn new(on: On) -> Self {
        Self::with(on, as_is).await
    }
    pub async fn with(on: On, change: impl Fn(&str, &mut Value)) -> Self {
        let clock = Clock::fixed("2026-03-02".parse().unwrap(), 11);
        Self::by(on, clock, change).await
    }
    /// By another clock.
    pub async fn by(on: On, clock: Clock, change: impl Fn(&str, &mut Value)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), on, clock);
        let site = Site::open(options.clone()).await.unwrap();
        if let Err(e) = site.publish(None, vec![files(change)], false).await {
            panic!("{e:?}");
        }
        for login in ["chief", "keeper"] {
            let new = NewUser {
                login: login.into(),
                name: None,
                password: None,
                person: None,
                roles: vec![(r(&format!("yard/{login}")), None)],
                language: Language::En,
            };
            site.add_user(new).await.unwrap();
        }
        let chief = site.caller_named("chief").await.unwrap();
        Self {
            site,
            options,
            chief,
            dir,
        }
    }
    /// Keeps files as the package's next revision without asking whether anything is wrong with
    /// them, as an older program may have done, and opens the site again.
    pub async fn plant(self, change: impl Fn(&str, &mut Value)) -> Result<Self, Error> {
        let Self { site, dir, .. } = self;
        let options = self.options;
        site.close().await;
        let (name, files) = files(change);
        let files: IndexMap<String, Arc<[u8]>> = files
            .into_iter()
            .map(|(path, body)| (path, body.into()))
            .collect();
        let (files, at) = (Arc::new(files), options.clock.now());
        let store = Store::open(address(&options)).await?;
        store
            .write(move |tx| {
                let (name, files) = (name.clone(), files.clone());
                Box::pin(async move {
                    tx.add_revision(&name, "1.0.0", &files, at, None).await?;
                    Ok::<_, Error>(())
                })
            })
            .await?;
        drop(store);
        let site = Site::open(options.clone()).await?;
        let chief = site.caller_named("chief").await?;
        Ok(Self {
            site,
            options,
            chief,
            dir,
        })
    }
    /// What the audit says of a record, oldest first, once the site is closed.
    pub async fn audit(self, record: Id) -> Vec<Audit> {
        self.site.close().await;
        let store = Store::open(address(&self.options)).await.unwrap();
        let rows = store
            .read(move |tx| Box::pin(async move { tx.audit_of(record, 100).await }))
            .await;
        let mut rows: Vec<Audit> = rows.unwrap();
        rows.reverse();
        rows
    }
    pub fn key(&self) -> Key {
        Key {
            text: uuid::Uuid::new_v4().to_string(),
            hash: [0; 32],
        }
    }
    pub async fn make(&self, form: &str, values: Value) -> Id {
        let (form, values) = (r(&format!("yard/{form}")), object(values));
        let key = self.key();
        let made = self.site.create(&self.chief, &key, &form, values).await;
        made.unwrap().id
    }
    pub async fn place(&self, code: &str) -> Id {
        self.make("place", json!({ "code": code, "name": code }))
            .await
    }
    /// A move of a place, submitted.
    pub async fn moved(&self, place: Id, lines: &[(&str, i64)]) -> Result<view::Done, Error> {
        let line = |(day, amount): &(&str, i64)| json!({ "day": day, "amount": amount });
        let lines: Vec<Value> = lines.iter().map(line).collect();
        let id = self
            .make("move", json!({ "place": place, "lines": lines }))
            .await;
        let form = r("yard/move");
        let key = self.key();
        let none = object(json!({}));
        self.site
            .submit(&self.chief, &key, &form, id, 1, none)
            .await
    }
    /// Who looks at moves.
    pub async fn keeper(&self) -> Caller {
        self.site.caller_named("keeper").await.unwrap()
    }
    /// The first task the keeper has.
    pub async fn task(&self) -> Id {
        let keeper = self.keeper().await;
        let tasks = self.site.tasks(&keeper, Folder::Todo, "", None, None).await;
        tasks.unwrap().rows[0].id.unwrap()
    }
    /// Completes it.
    pub async fn complete(&self, outcome: &str) -> Result<view::Done, Error> {
        let task = self.task().await;
        self.filled(task, outcome, json!({})).await
    }
    /// Completes a task with what is filled in at it.
    pub async fn filled(
        &self,
        task: Id,
        outcome: &str,
        values: Value,
    ) -> Result<view::Done, Error> {
        let asked = CompleteAsked {
            outcome: Some(outcome.parse().unwrap()),
            opinion: String::new(),
            values: object(values),
            version: None,
        };
        let keeper = self.keeper().await;
        self.site.complete(&keeper, &self.key(), task, asked).await
    }
    pub async fn reverse(&self, moved: &view::Done) -> Result<view::Done, Error> {
        let (key, form) = (self.key(), r("yard/move"));
        self.site
            .reverse(&self.chief, &key, &form, moved.id, moved.version, "")
            .await
    }
    /// What lies at a place now.
    pub async fn pile(&self, place: Id) -> String {
        let asked = BalanceAsked {
            filter: object(json!({ "place": place })),
            ..BalanceAsked::default()
        };
        let ledger = r("yard/pile");
        let found = self.site.balance(&self.chief, &ledger, asked).await;
        let found = found.unwrap();
        let amount = found.rows.first().map(|row| &row.measures["amount"]);
        amount.map_or("0".into(), |a| a.as_str().unwrap_or_default().to_string())
    }
}
