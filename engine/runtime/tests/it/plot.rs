//! A small site with a package of its own: notes that point to matters, of which each user sees
//! his own.

use crate::house::{On, object, r};
use chrono::TimeDelta;
use model::{Id, Name};
use runtime::{Caller, Clock, Error, Key, Language, NewUser, Options, Site, view};
use serde_json::{Value, json};

pub struct Plot {
    pub site: Site,
    pub clock: Clock,
    pub admin: Caller,
    pub lin: Caller,
    pub mei: Caller,
    _dir: tempfile::TempDir,
}

fn files() -> Vec<(&'static str, Value)> {
    vec![
        (
            "manifest.json",
            json!({ "label": "Plot", "version": "1.0.0", "language": "en" }),
        ),
        (
            "forms/matter.json",
            json!({
                "label": "Matter", "kind": "catalog", "key": "code", "title": "{name}", "list": ["code", "name"],
                "fields": {
                    "code": { "label": "Code", "kind": "text", "required": true },
                    "name": { "label": "Name", "kind": "text", "required": true },
                    "secret": { "label": "Secret", "kind": "text" },
                    "sealed": { "label": "Sealed", "kind": "text", "sealed": "shut" },
                    "veiled": { "label": "Veiled", "kind": "text" },
                    "dots": { "label": "Dots", "kind": "text" },
                    "amount": { "label": "Amount", "kind": "number", "default": 7 },
                    "open": { "label": "Open", "kind": "switch", "default": true }
                }
            }),
        ),
        (
            "forms/note.json",
            json!({
                "label": "Note", "kind": "document", "key": "number", "title": "{number}",
                "workflow": "note", "list": ["number", "said"],
                "fields": {
                    "number": { "label": "Number", "kind": "sequence", "pattern": "N-{0000}" },
                    "said": { "label": "Said", "kind": "text" },
                    "matter": { "label": "Matter", "kind": "link", "to": "matter", "rows": { "open": true } },
                    "under": { "label": "Under", "kind": "link", "to": "matter", "sealed": "shut" },
                    "told": { "label": "Told", "kind": "text", "computed": "= record.matter.secret" },
                    "files": { "label": "Files", "kind": "attachment" },
                    "day": { "label": "Day", "kind": "date" },
                    "at": { "label": "At", "kind": "moment" }
                }
            }),
        ),
        (
            "forms/kept.json",
            json!({
                "label": "Kept", "kind": "catalog", "key": "code", "title": "{code}",
                "fields": { "code": { "label": "Code", "kind": "text", "required": true } }
            }),
        ),
        (
            "workflows/note.json",
            json!({
                "label": "Note",
                "nodes": {
                    "asked": { "kind": "start", "next": "look" },
                    "look": { "kind": "approval", "label": "Look", "seats": ["role:keeper"],
                              "may": { "transfer": {}, "add_seat": {}, "copy": {} },
                              "outcomes": { "approve": "good", "reject": "bad" } },
                    "good": { "kind": "end", "status": "approved" },
                    "bad": { "kind": "end", "status": "rejected" }
                }
            }),
        ),
        (
            "roles.json",
            json!({
                "roles": {
                    "keeper": { "label": "Keeper" },
                    "chief": { "label": "Chief", "administers": true }
                },
                "seals": { "shut": { "label": "Shut", "look": "hidden" } },
                "grants": {
                    "own_matters": { "to": "everyone", "form": "matter", "rows": { "created_by": "= user.id" },
                                   "may": ["create", "read", "edit"],
                                   "fields": { "amount": "hidden" }, "opens": ["shut"] },
                    "few_matters": { "to": "role:chief", "form": "matter", "may": ["read"],
                                   "fields": { "veiled": "hidden", "dots": "masked" } },
                    "keep": { "to": "role:keeper", "form": "kept", "may": ["create", "read"] },
                    "own_notes": { "to": "everyone", "form": "note", "rows": { "created_by": "= user.id" },
                                   "may": ["create", "read", "edit", "delete", "submit", "withdraw"], "opens": ["shut"] }
                }
            }),
        ),
    ]
}

impl Plot {
    pub async fn new(on: On) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::folder(dir.path().into(), std::env::current_exe().unwrap());
        let clock = Clock::fixed("2026-03-02".parse().unwrap(), 5);
        options.clock = clock.clone();
        if matches!(on, On::Postgres) {
            options.database = Some(std::env::var("FORMWORK_TEST_PG").expect("a PostgreSQL"));
            options.schema = format!("t_{}", uuid::Uuid::new_v4().simple());
            options.allow_unsafe = true;
        }
        let site = Site::open(options).await.unwrap();
        let files = files()
            .into_iter()
            .map(|(path, body)| {
                let text = model::canonical::format(&body.to_string()).unwrap();
                (path.to_string(), text.into_bytes())
            })
            .collect();
        let package = (Name::new("plot").unwrap(), files);
        if let Err(e) = site.publish(None, vec![package], false).await {
            panic!("{e:?}");
        }
        for (login, roles) in [
            ("chief", &["plot/chief", "plot/keeper"][..]),
            ("lin", &["plot/keeper"]),
            ("mei", &[]),
        ] {
            let new = NewUser {
                login: login.into(),
                name: None,
                password: None,
                person: None,
                roles: roles.iter().map(|role| (r(role), None)).collect(),
                language: Language::En,
            };
            site.add_user(new).await.unwrap();
        }
        let admin = site.caller_named("chief").await.unwrap();
        let lin = site.caller_named("lin").await.unwrap();
        let mei = site.caller_named("mei").await.unwrap();
        Self {
            site,
            clock,
            admin,
            lin,
            mei,
            _dir: dir,
        }
    }

    pub fn key(&self) -> Key {
        Key {
            text: uuid::Uuid::new_v4().to_string(),
            hash: [0; 32],
        }
    }
    pub async fn make(&self, who: &Caller, form: &str, values: Value) -> Result<Id, Error> {
        let made = self
            .site
            .create(who, &self.key(), &r(form), object(values))
            .await;
        made.map(|done| done.id)
    }
    pub async fn edit(
        &self,
        who: &Caller,
        id: Id,
        version: u64,
        values: Value,
    ) -> Result<(), Error> {
        let edited = self
            .site
            .change(
                who,
                &self.key(),
                &r("plot/note"),
                id,
                version,
                object(values),
            )
            .await;
        edited.map(|_| ())
    }
    /// A matter of this user's, with a secret.
    pub async fn matter(&self, who: &Caller, code: &str) -> Id {
        let values = json!({ "code": code, "name": format!("name of {code}"), "secret": "canary" });
        self.make(who, "plot/matter", values).await.unwrap()
    }
    pub async fn tried(&self, who: &Caller, values: Value) -> Result<view::Sheet, Error> {
        let asked = runtime::EvaluateAsked {
            values: object(values),
            ..Default::default()
        };
        self.site.evaluate(who, &r("plot/note"), asked).await
    }
    pub fn later(&self, by: TimeDelta) {
        self.clock.move_to(self.clock.now() + by);
    }
}

/// The codes of what was found wrong.
pub fn found(error: Error) -> Vec<String> {
    match error {
        Error::Invalid(findings) => findings.into_iter().map(|f| f.code).collect(),
        other => vec![other.code().to_string()],
    }
}
