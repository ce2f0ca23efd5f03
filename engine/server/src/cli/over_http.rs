//! The stage of stories that goes through the door: what people do is asked over HTTP, as a
//! browser would; what only the engine can do or know goes straight to it.

use axum::http::{Method, Request, header};
use chrono::{DateTime, Utc};
use futures::{FutureExt, future::BoxFuture};
use model::{
    Decimal, Id, Name, Ref,
    story::{BalanceIs, Held},
};
use runtime::{
    Error, Site, Steer,
    story::{Act, OpenTask, Seen, Stage, Trouble},
    view::{Done, HandedOver},
    words::Language,
};
use serde_json::{Map, Value, json};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The password of everybody in a story.
const PASSWORD: &str = "once upon a time";

/// A stage over HTTP, on top of one in the same process.
pub struct OverHttp<'e> {
    engine: &'e dyn Stage,
    site: Site,
    address: SocketAddr,
    client: ureq::Agent,
    logins: Mutex<HashMap<Id, String>>,
    sessions: Mutex<HashMap<Id, Session>>,
    keys: AtomicU64,
}

#[derive(Clone)]
struct Session {
    cookie: String,
    csrf: String,
}

/// What came back: a status and JSON.
struct Got {
    status: u16,
    cookie: String,
    body: Value,
}

/// One request.
struct Sent<'s> {
    by: Id,
    method: Method,
    path: String,
    body: Option<Value>,
    language: &'s str,
}

/// The answer of a step: done, or trouble that the story may expect.
type Answer<'a, T> = BoxFuture<'a, Result<Result<T, Trouble>, Error>>;

fn failed(cause: impl ToString) -> Error {
    Error::BadRequest {
        code: "http".into(),
        at: cause.to_string(),
        with: vec![],
    }
}

/// The address of a record.
fn at(form: &Ref, id: Id) -> String {
    format!("/api/records/{form}/{id}")
}

impl<'e> OverHttp<'e> {
    /// A stage that asks the server at `address`, which serves `site`, the one `engine` is on.
    pub fn new(engine: &'e dyn Stage, site: Site, address: SocketAddr) -> Self {
        let client = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let (logins, sessions) = (Mutex::default(), Mutex::default());
        let keys = AtomicU64::new(0);
        Self {
            engine,
            site,
            address,
            client,
            logins,
            sessions,
            keys,
        }
    }

    /// Sends one request; the client waits on a thread of its own.
    async fn send(&self, sent: &Sent<'_>, session: Option<&Session>) -> Result<Got, Error> {
        let mut request = Request::builder()
            .method(sent.method.clone())
            .uri(format!("http://{}{}", self.address, sent.path))
            .header("x-language", sent.language)
            .header("prefer", "return=minimal")
            .header(
                "idempotency-key",
                format!("story-{}", self.keys.fetch_add(1, Ordering::Relaxed)),
            );
        if let Some(session) = session {
            request = request
                .header(header::COOKIE, &session.cookie)
                .header("x-csrf-token", &session.csrf);
        }
        if sent.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let bytes = sent.body.as_ref().map(Value::to_string).unwrap_or_default();
        let request = request.body(bytes).map_err(failed)?;
        let client = self.client.clone();
        let work = tokio::task::spawn_blocking(move || {
            let mut answer = client.run(request)?;
            let cookie = answer.headers().get(header::SET_COOKIE);
            let cookie = cookie.and_then(|v| v.to_str().ok()).unwrap_or_default();
            let cookie = cookie.split(';').next().unwrap_or_default().to_string();
            let status = answer.status().as_u16();
            let bytes = answer.body_mut().read_to_vec()?;
            Ok::<_, ureq::Error>((status, cookie, bytes))
        });
        let (status, cookie, bytes) = work.await.map_err(failed)?.map_err(failed)?;
        let body = match bytes.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&bytes).map_err(failed)?,
        };
        Ok(Got {
            status,
            cookie,
            body,
        })
    }

    /// With what a user logs in. His password is set once: setting it ends his sessions.
    pub async fn login(&self, by: Id) -> Result<(String, &'static str), Error> {
        let logins = || self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(login) = logins().get(&by) {
            return Ok((login.clone(), PASSWORD));
        }
        let users = self.site.users().await?;
        let user = users.into_iter().find(|u| u.id == by);
        let login = user.ok_or(Error::NotFound)?.login;
        self.site.change_password(by, None, PASSWORD).await?;
        logins().insert(by, login.clone());
        Ok((login, PASSWORD))
    }

    /// The session of a user, begun where there is none.
    async fn session(&self, by: Id, afresh: bool) -> Result<Session, Error> {
        let known = |s: &Self| {
            let sessions = s.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            sessions.get(&by).cloned()
        };
        if !afresh && let Some(session) = known(self) {
            return Ok(session);
        }
        let (login, password) = self.login(by).await?;
        let sent = Sent {
            by,
            method: Method::POST,
            path: "/api/session".into(),
            body: Some(json!({ "login": login, "password": password })),
            language: "en",
        };
        let got = self.send(&sent, None).await?;
        let csrf = got.body["csrf"].as_str();
        let Some(csrf) = csrf else {
            return Err(failed(format_args!("{login} cannot log in: {}", got.body)));
        };
        let session = Session {
            cookie: got.cookie,
            csrf: csrf.into(),
        };
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(by, session.clone());
        Ok(session)
    }

    /// Sends a request of a user. A session that has ended meanwhile (the story's clock moves by
    /// days) begins anew.
    async fn ask(&self, sent: Sent<'_>) -> Result<Got, Error> {
        let session = self.session(sent.by, false).await?;
        let got = self.send(&sent, Some(&session)).await?;
        if got.status != 401 {
            return Ok(got);
        }
        let session = self.session(sent.by, true).await?;
        self.send(&sent, Some(&session)).await
    }

    /// What a problem that the server answered means for a story.
    pub fn trouble(status: u16, body: &Value) -> Trouble {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
        let findings = body["findings"].as_array().into_iter().flatten();
        let mut trouble = Trouble {
            code: text(&body["code"]),
            findings: findings
                .map(|f| {
                    let check = f["check"].as_str();
                    let code = check.map_or_else(|| text(&f["code"]), Into::into);
                    (code, text(&f["at"]))
                })
                .collect(),
            says: vec![],
        };
        match (status, trouble.code.as_str()) {
            (_, "constraint_broken") => {
                let at = text(&body["at"]);
                let name = at.rsplit('/').next().unwrap_or_default();
                trouble.findings.push((name.into(), String::new()));
            }
            (_, "not_holder") => trouble.code = "not_a_candidate".into(),
            (403, _) => trouble.code = "not_allowed".into(),
            _ => {}
        }
        trouble
    }

    /// Does something as a user: the answer, or the trouble with its sentence in each language.
    async fn act_on(
        &self,
        by: Id,
        method: Method,
        path: String,
        body: Option<Value>,
    ) -> Result<Result<Value, Trouble>, Error> {
        let mut trouble: Option<Trouble> = None;
        for language in Language::ALL {
            let sent = Sent {
                by,
                method: method.clone(),
                path: path.clone(),
                body: body.clone(),
                language: language.as_str(),
            };
            let got = self.ask(sent).await?;
            match (got.status, &mut trouble) {
                (200..300, None) => return Ok(Ok(got.body)),
                (500.., _) => return Err(failed(got.body)),
                (_, trouble) => {
                    let trouble =
                        trouble.get_or_insert_with(|| Self::trouble(got.status, &got.body));
                    trouble.says.extend(says(&got.body, language));
                }
            }
        }
        Ok(Err(trouble.unwrap_or_default()))
    }

    /// The record's version and status as this user sees them now.
    async fn sheet(&self, by: Id, form: &Ref, id: Id) -> Result<Result<Value, Trouble>, Error> {
        self.act_on(by, Method::GET, at(form, id), None).await
    }

    /// A command that names the version it was made on.
    async fn command(
        &self,
        by: Id,
        form: &Ref,
        id: Id,
        act: &str,
        mut body: Value,
    ) -> Result<Result<Done, Trouble>, Error> {
        let sheet = match self.sheet(by, form, id).await? {
            Ok(sheet) => sheet,
            Err(trouble) => return Ok(Err(trouble)),
        };
        body["version"] = sheet["record"]["version"].clone();
        let (method, path) = match act {
            "" => (Method::PATCH, at(form, id)),
            act => (Method::POST, format!("{}/{act}", at(form, id))),
        };
        done(self.act_on(by, method, path, Some(body)).await?)
    }

    async fn operation(&self, by: Id, task: Id, act: Act) -> Result<Result<Done, Trouble>, Error> {
        let path = format!("/api/tasks/{task}");
        // Who may not see the task is told why by the operation itself.
        let seen = self
            .act_on(by, Method::GET, path.clone(), None)
            .await?
            .unwrap_or_default();
        let (operation, body) = match act {
            Act::Complete {
                outcome,
                opinion,
                values,
            } => {
                let offered = seen["task"]["operations"].as_array();
                let offered = offered.and_then(|all| all.iter().find(|o| o["op"] == "complete"));
                let main = offered
                    .and_then(|o| o["outcome"].as_str())
                    .unwrap_or("approve");
                let outcome = outcome.as_deref().unwrap_or(main).to_string();
                let version = seen["sheet"]["record"]["version"].as_u64().unwrap_or(1);
                let body = json!({
                    "outcome": outcome, "opinion": opinion, "values": values, "version": version,
                });
                ("complete", body)
            }
            Act::Transfer { to, opinion } => ("transfer", json!({ "to": to, "opinion": opinion })),
            Act::Return { to, opinion } => ("return", json!({ "to": to, "opinion": opinion })),
            Act::AddSeat {
                users,
                how,
                opinion,
            } => (
                "add_seat",
                json!({ "users": users, "how": how, "opinion": opinion }),
            ),
            Act::Claim => ("claim", json!({})),
            Act::Unclaim => ("unclaim", json!({})),
            Act::DropSeat { who, opinion } => {
                ("drop_seat", json!({ "user": who, "opinion": opinion }))
            }
            Act::Delegate { to, opinion } => ("delegate", json!({ "to": to, "opinion": opinion })),
            Act::TakeBack { opinion } => ("take_back", json!({ "opinion": opinion })),
            Act::Remind => ("remind", json!({})),
            Act::Copy { users, opinion } => ("copy", json!({ "users": users, "opinion": opinion })),
        };
        let path = format!("{path}/{operation}");
        let answer = self.act_on(by, Method::POST, path, Some(body)).await?;
        done(answer.map(|mut body| {
            let mut record = body["record"].take();
            record["next"] = body["next"].take();
            record
        }))
    }
}

/// The outcome a command answered.
fn done(answer: Result<Value, Trouble>) -> Result<Result<Done, Trouble>, Error> {
    match answer {
        Ok(body) => Ok(Ok(serde_json::from_value(body).map_err(failed)?)),
        Err(trouble) => Ok(Err(trouble)),
    }
}

/// All sentences of a problem.
fn says(body: &Value, language: Language) -> Vec<(String, String)> {
    let findings = body["findings"].as_array().into_iter().flatten();
    findings
        .map(|f| &f["say"])
        .chain([&body["title"]])
        .filter_map(Value::as_str)
        .map(|say| (language.as_str().to_string(), say.to_string()))
        .collect()
}

impl Stage for OverHttp<'_> {
    fn name(&self) -> &'static str {
        "http"
    }
    fn user<'a>(
        &'a self,
        login: &'a str,
        person: &'a str,
        roles: &'a [Held],
    ) -> BoxFuture<'a, Result<Id, Error>> {
        self.engine.user(login, person, roles)
    }
    fn given<'a>(
        &'a self,
        form: &'a Ref,
        values: Map<String, Value>,
    ) -> BoxFuture<'a, Result<Id, Error>> {
        self.engine.given(form, values)
    }
    fn opening<'a>(&'a self, balance: &'a BalanceIs) -> BoxFuture<'a, Result<(), Error>> {
        self.engine.opening(balance)
    }
    fn move_to(&self, moment: DateTime<Utc>) {
        self.engine.move_to(moment);
    }
    fn run_due<'a>(&'a self) -> BoxFuture<'a, Result<(), Error>> {
        self.engine.run_due()
    }
    fn create<'a>(&'a self, by: Id, form: &'a Ref, values: Map<String, Value>) -> Answer<'a, Done> {
        let body = json!({ "values": values });
        let path = format!("/api/records/{form}");
        async move { done(self.act_on(by, Method::POST, path, Some(body)).await?) }.boxed()
    }
    fn change<'a>(
        &'a self,
        by: Id,
        form: &'a Ref,
        id: Id,
        values: Map<String, Value>,
    ) -> Answer<'a, Done> {
        self.command(by, form, id, "", json!({ "values": values }))
            .boxed()
    }
    fn submit<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        self.command(by, form, id, "submit", json!({})).boxed()
    }
    fn withdraw<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        self.command(by, form, id, "withdraw", json!({})).boxed()
    }
    fn reverse<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        self.command(by, form, id, "reverse", json!({})).boxed()
    }
    fn delete<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        async move {
            let sheet = match self.sheet(by, form, id).await? {
                Ok(sheet) => sheet,
                Err(trouble) => return Ok(Err(trouble)),
            };
            let version = sheet["record"]["version"].as_u64().unwrap_or_default();
            let path = format!("{}?version={version}", at(form, id));
            let gone = self.act_on(by, Method::DELETE, path, None).await?;
            Ok(gone.map(|_| Done {
                form: form.clone(),
                id,
                version,
                status: "draft".into(),
                number: None,
                next: None,
                replayed: false,
            }))
        }
        .boxed()
    }
    fn make<'a>(&'a self, by: Id, form: &'a Ref, id: Id, make: &'a Ref) -> Answer<'a, Done> {
        async move {
            let path = format!("{}/make", at(form, id));
            let body = json!({ "make": make });
            let answer = self.act_on(by, Method::POST, path, Some(body)).await?;
            done(answer.map(|mut made| {
                // Only where it is is answered; the story looks at it next.
                made["version"] = json!(1);
                made["status"] = json!("draft");
                made
            }))
        }
        .boxed()
    }
    fn act<'a>(&'a self, by: Id, task: Id, act: Act) -> Answer<'a, Done> {
        self.operation(by, task, act).boxed()
    }
    fn steer<'a>(
        &'a self,
        by: Id,
        form: &'a Ref,
        id: Id,
        steer: Steer,
        reason: &'a str,
    ) -> Answer<'a, Done> {
        let mut body = json!({ "reason": reason });
        if let Steer::Jump { to } = &steer {
            body["to"] = json!(to);
        }
        async move { self.command(by, form, id, steer.act(), body).await }.boxed()
    }
    fn hand_over<'a>(&'a self, by: Id, from: Id, to: Id) -> Answer<'a, HandedOver> {
        async move {
            let path = format!("/api/users/{from}/hand_over");
            let body = json!({ "to": to });
            let answer = self.act_on(by, Method::POST, path, Some(body)).await?;
            let count = |body: &Value, key: &str| {
                let count = body[key].as_u64().and_then(|n| n.try_into().ok());
                count.unwrap_or_default()
            };
            Ok(answer.map(|body| HandedOver {
                moved: count(&body, "moved"),
                left: count(&body, "left"),
            }))
        }
        .boxed()
    }
    fn preview<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Vec<String>> {
        async move {
            let path = format!("{}/preview", at(form, id));
            let answer = self.act_on(by, Method::GET, path, None).await?;
            Ok(answer.map(|body| {
                let steps = body["path"].as_array().into_iter().flatten();
                let people = |s: &&Value| matches!(s["kind"].as_str(), Some("approval" | "fill"));
                steps
                    .filter(people)
                    .filter_map(|s| s["node"].as_str().map(ToString::to_string))
                    .collect()
            }))
        }
        .boxed()
    }
    fn see<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Seen> {
        async move {
            let answer = self.sheet(by, form, id).await?;
            Ok(answer.map(|mut sheet| Seen {
                version: sheet["record"]["version"].as_u64().unwrap_or_default(),
                status: sheet["record"]["status"]
                    .as_str()
                    .unwrap_or_default()
                    .to_string(),
                values: match sheet["record"]["values"].take() {
                    Value::Object(values) => values,
                    _ => Map::new(),
                },
            }))
        }
        .boxed()
    }
    fn settings<'a>(&'a self, form: &'a Ref) -> BoxFuture<'a, Result<Option<Id>, Error>> {
        self.engine.settings(form)
    }
    fn open_tasks<'a>(
        &'a self,
        form: &'a Ref,
        id: Id,
    ) -> BoxFuture<'a, Result<Vec<OpenTask>, Error>> {
        self.engine.open_tasks(form, id)
    }
    fn done_task<'a>(
        &'a self,
        id: Id,
        node: &'a str,
        by: Id,
    ) -> BoxFuture<'a, Result<Option<Id>, Error>> {
        self.engine.done_task(id, node, by)
    }
    fn status<'a>(&'a self, form: &'a Ref, id: Id) -> BoxFuture<'a, Result<String, Error>> {
        self.engine.status(form, id)
    }
    fn balance<'a>(
        &'a self,
        balance: &'a BalanceIs,
    ) -> BoxFuture<'a, Result<Vec<(Name, Decimal)>, Error>> {
        self.engine.balance(balance)
    }
}
