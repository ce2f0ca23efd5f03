//! `formwork serve` as a process of its own, and clients that speak to it over kept connections.

use super::{
    Outcome, Place,
    cycle::Door,
    place::{PASSWORD, World, login, paper},
};
use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, StatusCode, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use model::Id;
use runtime::Site;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};
use tokio::{net::TcpStream, sync::Mutex};

/// A server on a site that was furnished before.
pub struct Server {
    child: Child,
    address: String,
    world: Arc<World>,
}

impl Server {
    /// Closes the site in this process and serves it in another.
    pub async fn start(place: &Place, name: &str, site: Site, world: World) -> Outcome<Self> {
        site.close().await;
        let mut child = Command::new(&place.program)
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"])
            .arg(place.at(name))
            .env("FORMWORK_LOG_LEVEL", "error")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let out = child.stdout.take().context("no output to read")?;
        let mut text = String::new();
        BufReader::new(out).read_line(&mut text)?;
        let ready: Value = serde_json::from_str(&text).context(text)?;
        let address = ready["address"].as_str().unwrap_or_default();
        Ok(Self {
            child,
            address: address.trim_start_matches("http://").to_owned(),
            world: Arc::new(world),
        })
    }
    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
    /// Everybody at so many desks, logged in, with one connection a desk.
    pub async fn log_in(&self, desks: usize) -> Outcome<Vec<Web>> {
        let mut out = vec![];
        for desk in 0..desks {
            let connection = Connection::open(&self.address).await?;
            let mut people = vec![];
            for role in ["clerk", "manager", "finance"] {
                people.push(connection.enter(&login(role, desk)).await?);
            }
            out.push(Web {
                connection: Arc::new(connection),
                people: people.into(),
                world: self.world.clone(),
            });
        }
        Ok(out)
    }
    /// Ends the process as an operator would.
    pub fn stop(mut self) -> Outcome {
        let asked = Command::new("kill").arg(self.pid().to_string()).status()?;
        anyhow::ensure!(asked.success(), "the server could not be asked to stop");
        let ended = self.child.wait()?;
        anyhow::ensure!(ended.success(), "the server ended with {ended}");
        Ok(())
    }
}
impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection; one request at a time.
struct Connection {
    address: String,
    send: Mutex<SendRequest<Full<Bytes>>>,
}

/// Somebody's session.
struct Session {
    cookie: String,
    csrf: String,
}

impl Connection {
    async fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (send, work) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the connection; what broke is told to whoever waits for an answer.
        tokio::spawn(async move { work.await.is_ok() });
        Ok(Self {
            address: address.to_owned(),
            send: Mutex::new(send),
        })
    }
    async fn ask(
        &self,
        session: Option<&Session>,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Outcome<(Option<String>, Value)> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.address)
            .header("prefer", "return=minimal");
        if let Some(session) = session {
            request = request
                .header("cookie", &session.cookie)
                .header("x-csrf-token", &session.csrf)
                .header("idempotency-key", uuid::Uuid::new_v4().to_string());
        }
        let bytes = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(bytes))?;
        let mut send = self.send.lock().await;
        send.ready().await?;
        let answer = send.send_request(request).await?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        drop(send);
        anyhow::ensure!(
            head.status.is_success(),
            "{path}: {} {}",
            head.status,
            String::from_utf8_lossy(&body)
        );
        let cookie = head.headers.get("set-cookie");
        let cookie = cookie.and_then(|c| c.to_str().ok()?.split(';').next().map(str::to_owned));
        let body = match head.status {
            StatusCode::NO_CONTENT => Value::Null,
            _ => serde_json::from_slice(&body)?,
        };
        Ok((cookie, body))
    }
    async fn enter(&self, login: &str) -> Outcome<Session> {
        let body = json!({ "login": login, "password": PASSWORD });
        let (cookie, me) = self
            .ask(None, Method::POST, "/api/session", Some(&body))
            .await?;
        Ok(Session {
            cookie: cookie.context("no cookie")?,
            csrf: me["csrf"].as_str().context("no csrf")?.to_owned(),
        })
    }
}

/// The people of a desk in front of one connection.
#[derive(Clone)]
pub struct Web {
    connection: Arc<Connection>,
    people: Arc<[Session]>,
    world: Arc<World>,
}

impl Web {
    /// Makes a paper; gives its id and version.
    pub async fn create(&self, desk: usize, n: u64) -> Outcome<(Id, u64)> {
        let values = json!({ "values": self.world.values(desk, n) });
        let path = format!("/api/records/{}", paper());
        let (_, made) = self
            .connection
            .ask(Some(&self.people[0]), Method::POST, &path, Some(&values))
            .await?;
        let id = made["id"].as_str().context("no id")?.parse()?;
        Ok((id, made["version"].as_u64().context("no version")?))
    }
}

/// The version of a paper when it comes to the manager; one later it comes to finance.
const AT_MANAGER: u64 = 2;

impl Door for Web {
    async fn hand_in(&self, desk: usize, n: u64) -> Outcome {
        let (id, version) = self.create(desk, n).await?;
        let path = format!("/api/records/{}/{id}/submit", paper());
        let body = json!({ "version": version });
        self.connection
            .ask(Some(&self.people[0]), Method::POST, &path, Some(&body))
            .await
            .map(|_| ())
    }
    async fn approve(&self, _: usize, who: usize, task: Id) -> Outcome<Option<Id>> {
        let body = json!({ "outcome": "approve", "version": AT_MANAGER + who as u64 });
        let path = format!("/api/tasks/{task}/complete");
        let session = &self.people[1 + who];
        let (_, done) = self
            .connection
            .ask(Some(session), Method::POST, &path, Some(&body))
            .await?;
        Ok(done["next"].as_str().map(str::parse).transpose()?)
    }
    async fn waiting(&self, _: usize, who: usize) -> Outcome<Option<Id>> {
        let session = &self.people[1 + who];
        let (_, page) = self
            .connection
            .ask(Some(session), Method::GET, "/api/tasks?limit=1", None)
            .await?;
        Ok(page["rows"][0]["id"].as_str().map(str::parse).transpose()?)
    }
}
