//! A site in a temporary folder, its router, and a way to ask it things in four lines.

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode},
};
use runtime::{NewUser, Options, Site, words::Language};
use serde_json::Value;
use server::Route;
use tower::ServiceExt;

/// The name and password of the one user of a test site, who holds no role.
pub const LOGIN: &str = "lin";
pub const PASSWORD: &str = "right horse battery";

pub struct House {
    pub site: Site,
    pub router: Router,
    pub stop: tokio::sync::watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

/// A site without packages, with one user.
pub async fn house() -> House {
    house_with(server::Options::default()).await
}

pub async fn house_with(options: server::Options) -> House {
    house_of(server::api(), options).await
}

pub async fn house_of(routes: Vec<Route>, options: server::Options) -> House {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_formwork").into();
    let site = Site::open(Options::folder(folder.path().into(), program))
        .await
        .unwrap();
    let house = house_over(routes, options, site, folder);
    let new = NewUser {
        login: LOGIN.into(),
        name: None,
        password: Some(PASSWORD.into()),
        person: None,
        roles: vec![],
        language: Language::En,
    };
    house.site.add_user(new).await.unwrap();
    house
}

/// A site opened so, without users, its files in `folder`.
pub async fn house_in(folder: tempfile::TempDir, options: Options) -> House {
    let site = Site::open(options).await.unwrap();
    house_over(server::api(), server::Options::default(), site, folder)
}

fn house_over(
    routes: Vec<Route>,
    options: server::Options,
    site: Site,
    folder: tempfile::TempDir,
) -> House {
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let router = server::router_of(routes, site.clone(), options, stopping);
    House {
        site,
        router,
        stop,
        _folder: folder,
    }
}

/// One request.
#[derive(Clone)]
pub struct Ask {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

pub fn ask(method: Method, path: &str) -> Ask {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("erp.example"));
    Ask {
        method,
        path: path.into(),
        headers,
        body: Bytes::new(),
    }
}

pub fn get(path: &str) -> Ask {
    ask(Method::GET, path)
}

/// A request to a route of the table, its variable parts filled with something.
pub fn to(route: &Route) -> Ask {
    let steps = route.path.split('/').map(|step| match step {
        "{id}" => "0198f2c8-7f1e-7c3a-9d1b-2f6a3c4d5e6f",
        step if step.starts_with('{') => "nothing",
        step => step,
    });
    ask(route.method.clone(), &steps.collect::<Vec<_>>().join("/"))
}

impl Ask {
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers
            .insert(HeaderName::from_static(name), value.parse().unwrap());
        self
    }
    pub fn key(self) -> Self {
        self.header("idempotency-key", "0198f2c8-7f1e-7c3a")
    }
    pub fn json(self, text: impl Into<Bytes>) -> Self {
        Self {
            body: text.into(),
            ..self
        }
        .header("content-type", "application/json")
    }
    /// Without a body.
    pub fn no_body(mut self) -> Self {
        self.headers.remove("content-type");
        self.body = Bytes::new();
        self
    }
    pub fn bytes(self, media: &str, body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
        .header("content-type", media)
    }
    /// As the one who logged in, from a page of ours.
    pub fn by(self, who: &Who) -> Self {
        self.header("cookie", &who.cookie)
            .header("x-csrf-token", &who.csrf)
    }
    /// The question as text: method, path, key and body.
    pub fn said(&self) -> String {
        let path = percent_decoded(&self.path);
        let body = String::from_utf8_lossy(&self.body);
        format!("{} {path} {body}", self.method)
    }
    pub fn request(self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.path.parse().unwrap();
        *request.headers_mut() = self.headers;
        request
    }
    pub async fn of(self, house: &House) -> Got {
        let answer = house.router.clone().oneshot(self.request()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Got {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

/// A query string as it was before [`in_query`].
fn percent_decoded(text: &str) -> String {
    let mut out = vec![];
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let digits = (byte == b'%').then(|| [bytes.next(), bytes.next()]);
        match digits {
            Some([Some(a), Some(b)]) => {
                let digit = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
                out.push(digit(a) * 16 + digit(b));
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A text as it stands in a query string.
pub fn in_query(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.,".contains(&b);
    let one = |b: u8| match plain(b) {
        true => char::from(b).to_string(),
        false => format!("%{b:02X}"),
    };
    text.bytes().map(one).collect()
}

/// One answer.
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
    /// Status and code of a problem; everything about its shape is checked on the way.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        assert!(!body["title"].as_str().unwrap().is_empty());
        (
            self.status.as_u16(),
            body["code"].as_str().unwrap().to_string(),
        )
    }
    /// Where the problem is.
    pub fn at(&self) -> String {
        self.json()["at"].as_str().unwrap_or_default().to_string()
    }
}

/// Somebody who logged in.
pub struct Who {
    pub cookie: String,
    pub csrf: String,
}

pub fn credentials(password: &str) -> Ask {
    credentials_of(LOGIN, password)
}

fn credentials_of(login: &str, password: &str) -> Ask {
    let body = serde_json::json!({ "login": login, "password": password });
    ask(Method::POST, "/api/session").json(body.to_string())
}

pub async fn log_in(house: &House) -> Who {
    log_in_as(house, LOGIN).await
}

/// As somebody whose password is [`PASSWORD`].
pub async fn log_in_as(house: &House, login: &str) -> Who {
    let got = credentials_of(login, PASSWORD).of(house).await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.text());
    let cookie = got
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_string();
    Who {
        cookie,
        csrf: got.json()["csrf"].as_str().unwrap().to_string(),
    }
}

impl Ask {
    pub fn query(self, query: &str) -> Self {
        Self {
            path: format!("{}?{query}", self.path),
            ..self
        }
    }
}
impl Got {
    /// The code of a problem, or nothing for a page.
    pub fn problem_or_page(&self) -> String {
        match self.header("content-type") {
            "application/problem+json" => self.problem().1,
            _ => String::new(),
        }
    }
}
