//! A site with the papers on it, on either database, and everybody who asks.

use super::{
    canary::Canaries,
    package,
    who::{Kind, PAPERS, State, kinds, row},
};
use crate::house::{Ask, Got, House, Who, ask, house_in, log_in_as};
use axum::http::{Method, StatusCode};
use runtime::{Clock, NewUser, Options, Site, words::Language};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// Where a site is kept; every test runs on both.
#[derive(Clone, Copy, Debug)]
pub enum On {
    Sqlite,
    Postgres,
}

/// Somebody who asks.
pub struct Actor {
    pub kind: Kind,
    pub who: Who,
    /// The id of the user.
    pub user: String,
}

/// A paper as it is kept.
#[derive(Clone, Default)]
pub struct Paper {
    pub id: String,
    pub version: u64,
    pub line: String,
    pub hidden_line: String,
    pub file: String,
    pub task: String,
    pub link: String,
    pub sealed_link: String,
}

pub struct World {
    pub house: House,
    pub canaries: Canaries,
    pub actors: Vec<Actor>,
    pub papers: Vec<Paper>,
    /// Ids by `form code`.
    pub masters: HashMap<String, String>,
    /// See [`World::answered`].
    known: Mutex<HashMap<(String, String), (StatusCode, String)>>,
}

/// A key that was not used before.
pub fn fresh() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("matrix-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn options(on: On, dir: &std::path::Path) -> Options {
    let program = env!("CARGO_BIN_EXE_formwork").into();
    let mut options = Options::folder(dir.into(), program);
    options.clock = Clock::fixed("2026-03-02".parse().unwrap(), 11);
    if let On::Postgres = on {
        let url = std::env::var("FORMWORK_TEST_PG")
            .expect("FORMWORK_TEST_PG names no PostgreSQL; `cargo xtask test` starts one");
        options.database = Some(url);
        options.schema = format!("t_{}", uuid::Uuid::new_v4().simple());
        options.allow_unsafe = true;
    }
    options
}

impl World {
    /// With everybody.
    pub async fn new(on: On) -> Self {
        Self::with(on, &kinds()).await
    }
    /// With some, the clerk and the approver among them.
    pub async fn with(on: On, kinds: &[Kind]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = options(on, dir.path());
        let house = house_in(dir, options).await;
        let mut canaries = Canaries::default();
        let files = package::files(&mut |of| canaries.label(of));
        let publish = house
            .site
            .publish(None, vec![("m".parse().unwrap(), files)], false);
        if let Err(e) = publish.await {
            panic!("{e:?}");
        }
        let mut world = Self {
            house,
            canaries,
            actors: vec![],
            papers: vec![],
            masters: HashMap::new(),
            known: Mutex::default(),
        };
        world.masters().await;
        for kind in kinds {
            let actor = world.actor(*kind).await;
            world.actors.push(actor);
        }
        for n in 0..PAPERS {
            let paper = world.paper(n).await;
            world.papers.push(paper);
        }
        world.house.site.run_due_once().await.unwrap();
        world.leave_beside().await;
        world
    }

    pub fn of(&self, kind: Kind) -> &Actor {
        self.actors.iter().find(|a| a.kind == kind).unwrap()
    }
    pub fn clerk(&self) -> &Actor {
        self.of(Kind::Clerk)
    }
    pub fn master(&self, form: &str, code: &str) -> &str {
        &self.masters[&format!("{form} {code}")]
    }

    async fn put(&mut self, form: &str, code: &str, mut values: Value) {
        values["code"] = code.into();
        let site: &Site = &self.house.site;
        let name = format!("m/{form}").parse().unwrap();
        let made = site.engine_create(&name, values.as_object().unwrap().clone());
        let id = made
            .await
            .unwrap_or_else(|e| panic!("{form} {code}: {e:?}"));
        self.masters
            .insert(format!("{form} {code}"), id.to_string());
    }

    async fn masters(&mut self) {
        for branch in ["b1", "b2"] {
            self.put("branch", branch, json!({ "name": branch })).await;
        }
        for (department, above) in [
            ("root", ""),
            ("north", "root"),
            ("south", "root"),
            ("east", "north"),
        ] {
            let mut values = json!({ "name": department });
            if !above.is_empty() {
                values["parent"] = self.master("department", above).into();
            }
            self.put("department", department, values).await;
        }
        for n in 0..PAPERS {
            for (thing, sealed) in [(format!("t{n}"), false), (format!("u{n}"), true)] {
                // Every second one may be seen by everybody.
                let open = n.is_multiple_of(2);
                let name = match open {
                    true => format!("open{thing}"),
                    false => self.canaries.clerks(&format!("thing {thing} {sealed}")),
                };
                self.put("thing", &thing, json!({ "name": name, "open": open }))
                    .await;
            }
        }
        let secret = self.canaries.clerks("box");
        self.put("box", "closed", json!({ "name": secret })).await;
        let above = self.master("box", "closed").to_owned();
        self.put(
            "box",
            "within",
            json!({ "name": "within", "open": true, "parent": above }),
        )
        .await;
        let inside = self.canaries.clerks("vault record");
        let (name, values) = ("m/vault".parse().unwrap(), json!({ "inside": inside }));
        let values = values.as_object().unwrap().clone();
        let made = self.house.site.engine_create(&name, values);
        let id = made.await.unwrap();
        self.masters.insert("vault it".into(), id.to_string());
        self.put("person", "nobody", json!({ "name": "nobody" }))
            .await;
    }

    async fn actor(&mut self, kind: Kind) -> Actor {
        let login = kind.login();
        let values = json!({ "name": login, "department": self.master("department", "north"),
            "branch": self.master("branch", "b1") });
        self.put("person", &login, values).await;
        let new = NewUser {
            login: login.clone(),
            name: None,
            password: Some("right horse battery".into()),
            person: Some(login.clone()),
            roles: vec![(format!("m/{login}").parse().unwrap(), None)],
            language: Language::En,
        };
        self.house.site.add_user(new).await.unwrap();
        let who = log_in_as(&self.house, &login).await;
        let user = self.house.site.caller_named(&login).await.unwrap();
        let user = user.user.id.to_string();
        Actor { kind, who, user }
    }

    async fn paper(&mut self, n: usize) -> Paper {
        let at = row(n);
        let owner = self.actors.iter().find(|a| a.kind.own() == Some(n));
        let owner = owner.map_or("nobody".into(), |a| a.kind.login());
        let file = self.upload(n).await;
        let canaries = &mut self.canaries;
        let values = json!({
            "plain": canaries.text(n, "plain"),
            "amount": canaries.amount(n, "amount"),
            "x_text": canaries.text(n, "x_text"),
            "x_number": canaries.amount(n, "x_number"),
            "x_money": canaries.amount(n, "x_money"),
            "x_quantity": canaries.amount(n, "x_quantity"),
            "x_date": format!("{}-03", canaries.month(n, "x_date", 1940)),
            "x_month": canaries.month(n, "x_month", 1960),
            "x_moment": format!("{}-03T08:00:00Z", canaries.month(n, "x_moment", 1980)),
            "s_text": canaries.text(n, "s_text"),
            "s_money": canaries.amount(n, "s_money"),
            "lines": [{
                "plain": canaries.text(n, "lines.plain"),
                "x_text": canaries.text(n, "lines.x_text"),
                "x_money": canaries.amount(n, "lines.x_money"),
                "s_text": canaries.text(n, "lines.s_text"),
            }],
            "x_lines": [{
                "text": canaries.text(n, "x_lines.text"),
                "money": canaries.amount(n, "x_lines.money"),
            }],
        });
        canaries.times(n, "x_calc", "x_money", 2);
        canaries.times(n, "x_live", "x_money", 3);
        let mut values = values;
        values["owner"] = self.master("person", &owner).into();
        values["department"] = self.master("department", at.department).into();
        values["branch"] = self.master("branch", at.branch).into();
        values["tier"] = at.tier.to_string().into();
        values["date"] = json!("2026-03-01");
        values["x_choice"] = if at.red { "red" } else { "blue" }.into();
        let (link, sealed_link) = (format!("t{n}"), format!("u{n}"));
        values["x_link"] = self.master("thing", &link).into();
        values["s_link"] = self.master("thing", &sealed_link).into();
        values["x_file"] = json!([file]);
        let clerk = &self.clerk().who;
        let made = self.send(
            clerk,
            Method::POST,
            "/api/records/m/paper",
            json!({ "values": values }),
        );
        let made = made.await;
        assert_eq!(made.status, 201, "{}", made.text());
        let record = made.json()["record"].clone();
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        let mut paper = Paper {
            id: text(&record["id"]),
            version: record["version"].as_u64().unwrap(),
            line: text(&record["values"]["lines"][0]["id"]),
            hidden_line: text(&record["values"]["x_lines"][0]["id"]),
            file: text(&file["hash"]),
            link: self.master("thing", &link).into(),
            sealed_link: self.master("thing", &sealed_link).into(),
            ..Paper::default()
        };
        if at.state != State::Draft {
            let path = format!("/api/records/m/paper/{}/submit", paper.id);
            let sent = self.send(
                clerk,
                Method::POST,
                &path,
                json!({ "version": paper.version }),
            );
            let sent = sent.await;
            assert_eq!(sent.status, 200, "{}", sent.text());
            paper.version = sent.json()["record"]["version"].as_u64().unwrap();
            let box_of = |who: &Who| crate::house::get("/api/tasks").by(who);
            let boss = &self.of(Kind::Approver).who;
            let todo = box_of(boss).of(&self.house).await.json();
            let task = todo["rows"]
                .as_array()
                .unwrap()
                .iter()
                .find(|r| r["record"]["id"] == paper.id);
            paper.task = text(&task.unwrap()["id"]);
        }
        if at.state == State::Posted {
            let opinion = self.canaries.text(n, "opinion");
            let boss = &self.of(Kind::Approver).who;
            let path = format!("/api/tasks/{}/complete", paper.task);
            let body =
                json!({ "outcome": "approve", "opinion": opinion, "version": paper.version });
            let done = self.send(boss, Method::POST, &path, body).await;
            assert_eq!(done.status, 200, "{}", done.text());
            paper.version = done.json()["record"]["version"].as_u64().unwrap();
        }
        paper
    }

    async fn upload(&mut self, n: usize) -> Value {
        let (name, inside) = (
            self.canaries.text(n, "x_file"),
            self.canaries.text(n, "x_file.inside"),
        );
        let body = format!(
            "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}.txt\"\r\n\
             content-type: text/plain\r\n\r\n{inside}\r\n--cut--\r\n"
        );
        let sent = ask(Method::POST, "/api/files")
            .bytes("multipart/form-data; boundary=cut", body)
            .by(&self.clerk().who);
        let got = sent.of(&self.house).await;
        assert_eq!(got.status, 201, "{}", got.text());
        got.json()
    }

    /// Remarks, shared views, and notes that point to papers.
    async fn leave_beside(&mut self) {
        for n in 0..PAPERS {
            let said = self.canaries.text(n, "comment");
            let paper = self.papers[n].clone();
            let clerk = &self.clerk().who;
            let path = format!("/api/records/m/paper/{}/comments", paper.id);
            let text = format!("{said} @approver @own_hidden @all_masked @none_read");
            let got = self
                .send(clerk, Method::POST, &path, json!({ "text": text }))
                .await;
            assert_eq!(got.status, 201, "{}", got.text());
            let note = json!({ "values": { "code": format!("n{n}"), "paper": paper.id,
                "line": paper.line, "hidden_line": paper.hidden_line, "copied": "none",
                "box": self.master("box", "within") } });
            let made = self
                .send(clerk, Method::POST, "/api/records/m/note", note)
                .await;
            assert_eq!(made.status, 201, "{}", made.text());
            let id = made.json()["record"]["id"].as_str().unwrap().to_owned();
            self.masters.insert(format!("note n{n}"), id);
        }
        let draft = self.papers[10].clone();
        let path = format!("/api/records/m/paper/{}", draft.id);
        let body = json!({ "version": draft.version, "values": { "tier": "10" } });
        let changed = command(Method::PATCH, &path, body, "the-clerks-key");
        let changed = changed.by(&self.clerk().who).of(&self.house).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        self.papers[10].version = changed.json()["record"]["version"].as_u64().unwrap();
        let shared = self.canaries.label("x_text view");
        let inside = self.canaries.clerks("view of the vault");
        for (form, query) in [
            (
                "paper",
                json!({ "filter": { "x_text": { "like": shared } } }),
            ),
            (
                "paper",
                json!({ "filter": { "plain": { "like": "everybodys" } } }),
            ),
            ("vault", json!({ "filter": { "inside": inside } })),
        ] {
            let body = json!({ "name": query.to_string().len().to_string(), "query": query, "shared": true });
            let path = format!("/api/views/m/{form}");
            let got = self
                .send(&self.clerk().who, Method::POST, &path, body)
                .await;
            assert_eq!(got.status, 201, "{}", got.text());
        }
    }

    /// The answer to a question about what is not there: it stays the same, so it is asked once.
    pub async fn answered(&self, kind: Kind, ask: &Ask) -> (StatusCode, String) {
        let key = (kind.login(), ask.said());
        if let Some(known) = self.known.lock().unwrap().get(&key) {
            return known.clone();
        }
        let got = ask.clone().by(&self.of(kind).who).of(&self.house).await;
        let answer = (got.status, got.text());
        self.known.lock().unwrap().insert(key, answer.clone());
        answer
    }

    /// A command by somebody, under a key of its own.
    pub async fn send(&self, who: &Who, method: Method, path: &str, body: Value) -> Got {
        command(method, path, body, &fresh())
            .by(who)
            .of(&self.house)
            .await
    }
}

/// A command under a key.
pub fn command(method: Method, path: &str, body: Value, key: &str) -> Ask {
    ask(method, path)
        .header("idempotency-key", key)
        .json(body.to_string())
}
