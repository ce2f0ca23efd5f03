//! From what went wrong to problem+json: one `match` for the runtime's errors, one table for what
//! the edge itself refuses.
//!
//! A code is for programs and never changes; the sentence is for people, in their language; the
//! cause goes to the log and nowhere else.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::canonical::NotJson;
use runtime::{Error, words::Language};
use serde_json::{Map, Value, json};
use std::{collections::HashMap, sync::LazyLock};

/// Why a handler has no answer.
#[derive(Debug)]
pub enum Fault {
    /// A use case said no, or failed.
    Runtime(Error),
    /// The request did not get as far as a use case.
    Edge(Edge),
    /// Somebody else was faster; both sides are shown.
    Stale {
        version: u64,
        theirs: Value,
        changed: Vec<String>,
    },
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Runtime(error)
    }
}
impl From<Edge> for Fault {
    fn from(edge: Edge) -> Self {
        Self::Edge(edge)
    }
}

/// What the edge refuses. `code` has a sentence in `words/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    pub status: u16,
    pub code: &'static str,
    /// A JSON pointer into the body, the name of a parameter or of a header; or nothing.
    pub at: String,
    /// What fills the sentence.
    pub with: Vec<String>,
    pub retry_after: Option<u32>,
}

impl Edge {
    fn new(status: u16, code: &'static str, at: &str, with: &[&str]) -> Self {
        let with = with.iter().map(|w| w.to_string()).collect();
        Self {
            status,
            code,
            at: at.into(),
            with,
            retry_after: None,
        }
    }
    fn again(self, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }
    /// No such address.
    pub fn not_found() -> Self {
        Self::new(404, "not_found", "", &[])
    }
    /// The address does not know this method.
    pub fn method_not_allowed() -> Self {
        Self::new(405, "method_not_allowed", "", &[])
    }
    /// Nobody is logged in.
    pub fn not_logged_in() -> Self {
        Self::new(401, "not_logged_in", "", &[])
    }
    /// Only for administrators.
    pub fn admin_only() -> Self {
        Self::new(403, "admin_only", "", &[])
    }
    /// The request is to a name this server does not answer to.
    pub fn wrong_host() -> Self {
        Self::new(421, "wrong_host", "Host", &[])
    }
    /// The request comes from another site's page.
    pub fn cross_site() -> Self {
        Self::new(403, "cross_site", "", &[])
    }
    /// The token against forged requests is missing or wrong.
    pub fn csrf() -> Self {
        Self::new(403, "csrf_token", "X-CSRF-Token", &[])
    }
    /// The body is larger than the route takes; `max` in bytes.
    pub fn too_large(max: usize) -> Self {
        let words = if max >= 1 << 20 {
            format!("{} MB", max >> 20)
        } else {
            format!("{} KB", max >> 10)
        };
        Self::new(413, "body_too_large", "", &[&words])
    }
    /// The body is of another media type than the route takes.
    pub fn media(wanted: &str) -> Self {
        Self::new(415, "unsupported_media", "Content-Type", &[wanted])
    }
    /// The body could not be read to its end.
    pub fn body_broken() -> Self {
        Self::new(400, "body_broken", "", &[])
    }
    /// The body came too slowly.
    pub fn body_slow() -> Self {
        Self::new(408, "body_slow", "", &[])
    }
    /// The text is not JSON as we read it: `not_json`, `duplicate_key` or `too_deep`.
    pub fn not_json(at: &str, why: &NotJson) -> Self {
        let (line, column) = (why.line.to_string(), why.column.to_string());
        Self::new(400, why.code, at, &[&line, &column, &why.say])
    }
    /// The body is not UTF-8.
    pub fn not_utf8() -> Self {
        Self::new(400, "not_utf8", "", &[])
    }
    /// A parameter of the query string that the route does not know.
    pub fn unknown_parameter(name: &str) -> Self {
        Self::new(400, "unknown_parameter", name, &[name])
    }
    /// A parameter given twice.
    pub fn repeated_parameter(name: &str) -> Self {
        Self::new(400, "repeated_parameter", name, &[name])
    }
    /// A key of the body that the route does not know.
    pub fn unknown_key(at: &str, name: &str) -> Self {
        Self::new(400, "unknown_key", at, &[name])
    }
    /// A key that must be there.
    pub fn missing_key(at: &str, name: &str) -> Self {
        Self::new(400, "missing_key", at, &[name])
    }
    /// A value of another kind than wanted.
    pub fn bad_value(at: &str, wanted: &str) -> Self {
        Self::new(400, "bad_value", at, &[at, wanted])
    }
    /// A command without its key.
    pub fn key_missing() -> Self {
        Self::new(400, "idempotency_key_missing", "Idempotency-Key", &[])
    }
    /// A key that is not 1 to 200 visible ASCII characters.
    pub fn key_bad() -> Self {
        Self::new(400, "idempotency_key_bad", "Idempotency-Key", &[])
    }
    /// More open streams than one user may have.
    pub fn too_many_streams(max: usize) -> Self {
        Self::new(429, "too_many_streams", "", &[&max.to_string()]).again(5)
    }
    /// More requests at once than the server takes.
    pub fn overloaded() -> Self {
        Self::new(503, "busy", "", &[]).again(1)
    }
    /// The time for an answer ran out. What became of the command is not known; the same key
    /// tells.
    pub fn timed_out() -> Self {
        Self::new(503, "timed_out", "", &[]).again(1)
    }
    /// A handler broke.
    pub fn broken() -> Self {
        Self::new(500, "failure", "", &[])
    }
    fn say(&self, language: Language) -> String {
        say(language, self.code, &self.with)
    }
}

static WORDS: LazyLock<[HashMap<String, String>; 3]> = LazyLock::new(|| {
    // Part of the program: a test reads all three.
    let read = |text: &str| serde_json::from_str(text).expect("the edge's words are JSON");
    [
        read(include_str!("../../words/en.json")),
        read(include_str!("../../words/zh-CN.json")),
        read(include_str!("../../words/zh-TW.json")),
    ]
});

fn say(language: Language, code: &str, with: &[String]) -> String {
    let words = match language {
        Language::En => &WORDS[0],
        Language::ZhCn => &WORDS[1],
        Language::ZhTw => &WORDS[2],
    };
    let Some(sentence) = words.get(code) else {
        return code.replace('_', " ");
    };
    with.iter()
        .enumerate()
        .fold(sentence.clone(), |out, (n, word)| {
            out.replace(&format!("{{{n}}}"), word)
        })
}

/// A problem as it is sent.
struct Problem {
    status: u16,
    code: String,
    title: String,
    at: String,
    retry_after: Option<u32>,
    more: Map<String, Value>,
}

impl Problem {
    fn of(error: &Error, language: Language) -> Self {
        let mut more = Map::new();
        let mut at = String::new();
        let (status, retry_after) = match error {
            Error::NotLoggedIn => (401, None),
            Error::Forbidden { .. } => (403, None),
            Error::NotFound => (404, None),
            Error::Stale { version } => {
                more.insert("with".into(), json!({ "version": version }));
                (409, None)
            }
            Error::AlreadyDone => (409, None),
            Error::Invalid(findings) => {
                more.insert("findings".into(), json!(findings));
                (422, None)
            }
            // The one refusal that is about who asks, not about what he asks.
            Error::Refused { code, .. } if code == "wrong_login" => (401, None),
            Error::Refused { code, with, .. } if code == "constraint_broken" => {
                // Which one, for programs; the sentence is the package's own.
                at = with.first().cloned().unwrap_or_default();
                (422, None)
            }
            Error::Refused { .. } | Error::KeyReused => (422, None),
            Error::BadRequest { at: place, .. } => {
                at.clone_from(place);
                (400, None)
            }
            Error::Problems(problems) => {
                more.insert("problems".into(), json!(problems));
                (422, None)
            }
            Error::TooMany { retry_after } => (429, Some(*retry_after)),
            Error::Busy { retry_after } => (503, Some(*retry_after)),
            Error::Unknown { retry_after, cause } => {
                tracing::warn!(%cause, "nobody knows whether a use case was kept");
                (503, Some(*retry_after))
            }
            Error::Full => (507, None),
            Error::Failure(cause) => {
                tracing::error!(%cause, "a use case failed");
                (500, None)
            }
        };
        let (code, title) = (error.code().to_string(), error.say(language));
        Self {
            status,
            code,
            title,
            at,
            retry_after,
            more,
        }
    }
}

impl Fault {
    /// The answer, its sentence in `language`.
    pub fn answer(self, language: Language) -> Response {
        let problem = match self {
            Self::Runtime(error) => Problem::of(&error, language),
            Self::Edge(edge) => Problem {
                status: edge.status,
                code: edge.code.into(),
                title: edge.say(language),
                at: edge.at,
                retry_after: edge.retry_after,
                more: Map::new(),
            },
            Self::Stale {
                version,
                theirs,
                changed,
            } => {
                let mut problem = Problem::of(&Error::Stale { version }, language);
                problem.more.insert("theirs".into(), theirs);
                problem.more.insert("changed".into(), json!(changed));
                problem
            }
        };
        problem.into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = Map::new();
        body.insert("status".into(), self.status.into());
        body.insert("code".into(), self.code.into());
        body.insert("title".into(), self.title.into());
        if !self.at.is_empty() {
            body.insert("at".into(), self.at.into());
        }
        body.extend(self.more);
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = (status, Value::Object(body).to_string()).into_response();
        let headers = answer.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_the_same_things_with_the_same_gaps() {
        for words in WORDS.iter().skip(1) {
            assert_eq!(words.len(), WORDS[0].len());
            for (code, sentence) in words {
                let english = &WORDS[0][code];
                for gap in ["{0}", "{1}", "{2}"] {
                    assert_eq!(
                        sentence.contains(gap),
                        english.contains(gap),
                        "{code} {gap}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_may_have_been_kept_is_asked_again_with_its_key() {
        let error = Error::Unknown {
            retry_after: 1,
            cause: "the connection broke".into(),
        };
        let problem = Problem::of(&error, Language::En);
        assert_eq!((problem.status, &*problem.code), (503, "unknown"));
        assert_eq!(problem.retry_after, Some(1));
        assert!(problem.title.contains("again"), "{}", problem.title);
    }

    #[test]
    fn every_code_of_the_edge_has_its_sentence() {
        let why = |code| NotJson {
            line: 1,
            column: 2,
            code,
            say: "x".into(),
        };
        for edge in [
            Edge::not_found(),
            Edge::method_not_allowed(),
            Edge::not_logged_in(),
            Edge::admin_only(),
            Edge::wrong_host(),
            Edge::cross_site(),
            Edge::csrf(),
            Edge::too_large(1 << 20),
            Edge::media("application/json"),
            Edge::body_broken(),
            Edge::body_slow(),
            Edge::not_json("", &why("not_json")),
            Edge::not_json("", &why("duplicate_key")),
            Edge::not_json("", &why("too_deep")),
            Edge::not_utf8(),
            Edge::unknown_parameter("x"),
            Edge::repeated_parameter("x"),
            Edge::unknown_key("/x", "x"),
            Edge::missing_key("/x", "x"),
            Edge::bad_value("/x", "text"),
            Edge::key_missing(),
            Edge::key_bad(),
            Edge::too_many_streams(5),
            Edge::overloaded(),
            Edge::timed_out(),
            Edge::broken(),
        ] {
            assert!(WORDS[0].contains_key(edge.code), "{}", edge.code);
            assert!(!edge.say(Language::ZhCn).contains('{'), "{}", edge.code);
        }
    }
}
