//! A client that knows what it was answered: every command has a key, and one whose answer never
//! came is sent again with it until there is one.

use crate::served::PASSWORD;
use serde_json::{Value, json};
use std::{
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A command that has no answer after this will have none.
const LOST: Duration = Duration::from_secs(90);

/// Where the server is just now, for clients that wait for its return.
#[derive(Default)]
pub struct Whereabouts {
    address: Mutex<Option<String>>,
    back: Condvar,
    over: AtomicBool,
    answers: AtomicU64,
}

impl Whereabouts {
    pub fn is(&self, address: Option<String>) {
        *self.address.lock().unwrap() = address;
        self.back.notify_all();
    }
    /// No new work; what is unanswered is asked to its end.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }
    pub fn over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
    /// How many commands were answered so far.
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::SeqCst)
    }
    fn address(&self) -> String {
        let mut at = self.address.lock().unwrap();
        loop {
            if let Some(address) = &*at {
                return address.clone();
            }
            let waited = self.back.wait_timeout(at, LOST).unwrap();
            assert!(!waited.1.timed_out(), "the server never came back");
            at = waited.0;
        }
    }
}

/// A command that was answered.
#[derive(Clone, Debug)]
pub struct Answered {
    pub key: String,
    pub path: String,
    pub body: Value,
    pub status: u16,
    pub said: Value,
    /// The first answer never came.
    pub again: bool,
}

pub struct Client<'w> {
    agent: ureq::Agent,
    at: &'w Whereabouts,
    cookie: String,
    csrf: String,
    pub journal: Vec<Answered>,
}

impl<'w> Client<'w> {
    pub fn log_in(login: &str, at: &'w Whereabouts) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        let mut client = Self {
            agent,
            at,
            cookie: String::new(),
            csrf: String::new(),
            journal: vec![],
        };
        let body = json!({ "login": login, "password": PASSWORD });
        let got = client.until("POST", "/api/session", Some(&body), None);
        client.csrf = got.1["csrf"].as_str().expect("logged in").to_owned();
        client
    }

    /// One try; nothing where no whole answer came.
    fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Option<(u16, Value)> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.at.address()))
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .header("prefer", "return=minimal");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let bytes = body.map(Value::to_string).unwrap_or_default();
        let mut answer = self.agent.run(request.body(bytes).unwrap()).ok()?;
        let status = answer.status().as_u16();
        if let Some(cookie) = answer.headers().get("set-cookie") {
            let cookie = cookie.to_str().unwrap_or_default();
            cookie
                .split(';')
                .next()
                .unwrap_or_default()
                .clone_into(&mut self.cookie);
        }
        let bytes = answer.body_mut().read_to_vec().ok()?;
        let said = match bytes.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&bytes).ok()?,
        };
        Some((status, said))
    }

    /// Tries until there is an answer that says what became of it; and whether it took more than
    /// one try.
    fn until(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> (u16, Value, bool) {
        let (mut again, since) = (false, Instant::now());
        loop {
            assert!(since.elapsed() < LOST, "{path} was never answered");
            match self.send(method, path, body, key) {
                // Too much at once, or the server is about to end: what became of it is unknown.
                Some((503, _)) | None => again = true,
                Some((status, said)) => return (status, said, again),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn get(&mut self, path: &str) -> Value {
        let (status, said, _) = self.until("GET", path, None, None);
        assert_eq!(status, 200, "{path}: {said}");
        said
    }

    /// Sends a command and notes its answer.
    pub fn command(&mut self, path: String, body: Value) -> Answered {
        let key = uuid::Uuid::new_v4().to_string();
        let (status, said, again) = self.until("POST", &path, Some(&body), Some(&key));
        let answered = Answered {
            key,
            path,
            body,
            status,
            said,
            again,
        };
        self.journal.push(answered.clone());
        self.at.answers.fetch_add(1, Ordering::SeqCst);
        answered
    }

    /// A command once, whatever becomes of it.
    pub fn once(&mut self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let key = uuid::Uuid::new_v4().to_string();
        self.send("POST", path, Some(body), Some(&key))
    }

    /// Sends an answered command again, with its key.
    pub fn repeat(&mut self, one: &Answered) -> (u16, Value) {
        let (status, said, _) = self.until("POST", &one.path, Some(&one.body), Some(&one.key));
        (status, said)
    }
}
