//! One route: method, path, who may use it, what it takes and gives. What is written here is
//! checked, served and documented from the same place.

use super::{
    ask::{Allows, Answer, Ask, Asked, Permission},
    problem::Edge,
    shape::Key,
};
use axum::http::Method;
use futures::future::BoxFuture;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Largest JSON body, in bytes: a record with a thousand lines is a tenth of it.
pub const JSON_MAX: usize = 1 << 20;
/// Largest file, in bytes.
pub const FILE_MAX: usize = 25 << 20;
/// What the frame of a multipart body may add to its file.
pub const FRAME_MAX: usize = 64 << 10;
/// Largest package, in bytes; the same as `model::read::PACKAGE_MAX`.
pub const PACKAGE_MAX: usize = 50 << 20;

/// What a route takes as its body.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// No body.
    Nothing,
    /// JSON with these keys, at most so many bytes.
    Json(&'static [Key], usize),
    /// A file as `multipart/form-data`.
    File,
}

impl Takes {
    /// Most bytes of the body.
    pub fn max(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Json(_, max) => max,
            Self::File => FILE_MAX + FRAME_MAX,
        }
    }
}

type Handler = Arc<dyn Fn(Asked) -> Result<BoxFuture<'static, Answer>, Edge> + Send + Sync>;

/// How often a route answered, for /metrics.
#[derive(Default)]
pub struct Tally {
    /// By the first digit of the status, 1 to 5.
    pub answers: [AtomicU64; 5],
    /// Time spent, in microseconds.
    pub micros: AtomicU64,
}

impl Tally {
    /// One more answer.
    pub fn add(&self, status: u16, micros: u64) {
        let class = usize::from((status / 100).clamp(1, 5)) - 1;
        self.answers[class].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// A route of the server.
///
/// One that names no permission, or whose handler asks for the caller of another one, does not
/// compile:
///
/// ```compile_fail
/// async fn handler(ask: server::Ask<server::LoggedIn>) -> server::Answer { unreachable!() }
/// server::Route::get("/api/x", handler);
/// ```
/// ```compile_fail
/// async fn handler(ask: server::Ask<server::Admin>) -> server::Answer { unreachable!() }
/// server::Route::get("/api/x", server::LoggedIn, handler);
/// ```
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub permission: Permission,
    pub says: &'static str,
    pub query: &'static [Key],
    pub takes: Takes,
    /// The name of the answer's schema in `answers.json`; empty where there is none.
    pub gives: &'static str,
    /// The status of the good case.
    pub status: u16,
    /// A command: needs `Idempotency-Key`.
    pub keyed: bool,
    /// Answers for as long as the reader stays, so it holds no slot and no time limit runs.
    pub endless: bool,
    /// Answers also when the server has too much to do.
    pub always: bool,
    /// A page of the web app: open to everybody, whatever its query string says.
    pub page: bool,
    pub tally: Tally,
    handler: Handler,
}

impl Route {
    /// A route of one method. The permission is not optional, and the handler's argument must be
    /// of the same one.
    fn new<P, F, Fut>(method: Method, path: &'static str, _: P, handler: F) -> Self
    where
        P: Allows,
        F: Fn(Ask<P>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let takes = match method {
            Method::POST | Method::PATCH | Method::PUT => Takes::Json(&[], JSON_MAX),
            _ => Takes::Nothing,
        };
        Self {
            method,
            path,
            permission: P::PERMISSION,
            says: "",
            query: &[],
            takes,
            gives: "",
            status: 200,
            keyed: false,
            endless: false,
            always: false,
            page: false,
            tally: Tally::default(),
            handler: Arc::new(move |asked| Ok(Box::pin(handler(Ask::admit(asked)?)))),
        }
    }
    /// Reads something.
    pub fn get<P, F, Fut>(path: &'static str, permission: P, handler: F) -> Self
    where
        P: Allows,
        F: Fn(Ask<P>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Self::new(Method::GET, path, permission, handler)
    }
    /// Makes or does something.
    pub fn post<P, F, Fut>(path: &'static str, permission: P, handler: F) -> Self
    where
        P: Allows,
        F: Fn(Ask<P>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Self::new(Method::POST, path, permission, handler)
    }
    /// Changes some fields of something.
    pub fn patch<P, F, Fut>(path: &'static str, permission: P, handler: F) -> Self
    where
        P: Allows,
        F: Fn(Ask<P>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Self::new(Method::PATCH, path, permission, handler)
    }
    /// Puts something whole in its place.
    pub fn put<P, F, Fut>(path: &'static str, permission: P, handler: F) -> Self
    where
        P: Allows,
        F: Fn(Ask<P>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Self::new(Method::PUT, path, permission, handler)
    }
    /// Takes something away.
    pub fn delete<P, F, Fut>(path: &'static str, permission: P, handler: F) -> Self
    where
        P: Allows,
        F: Fn(Ask<P>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Self {
            status: 204,
            ..Self::new(Method::DELETE, path, permission, handler)
        }
    }

    /// What it does, in one line.
    pub fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }
    /// The parameters of the query string it knows.
    pub fn query(self, query: &'static [Key]) -> Self {
        Self { query, ..self }
    }
    /// The keys of its JSON body.
    pub fn takes(self, keys: &'static [Key]) -> Self {
        Self {
            takes: Takes::Json(keys, JSON_MAX),
            ..self
        }
    }
    /// The keys of its JSON body, which may have so many bytes.
    pub fn takes_up_to(self, keys: &'static [Key], max: usize) -> Self {
        Self {
            takes: Takes::Json(keys, max),
            ..self
        }
    }
    /// It takes a file.
    pub fn takes_file(self) -> Self {
        Self {
            takes: Takes::File,
            ..self
        }
    }
    /// The schema of what it answers.
    pub fn gives(self, gives: &'static str) -> Self {
        Self { gives, ..self }
    }
    /// It answers 201 with the thing made.
    pub fn makes(self, gives: &'static str) -> Self {
        Self {
            gives,
            status: 201,
            ..self
        }
    }
    /// It answers 204.
    pub fn gives_nothing(self) -> Self {
        Self {
            gives: "",
            status: 204,
            ..self
        }
    }
    /// It is a command and happens once for each key.
    pub fn keyed(self) -> Self {
        Self {
            keyed: true,
            ..self
        }
    }
    /// Its answer goes on until the reader leaves.
    pub fn endless(self) -> Self {
        Self {
            endless: true,
            ..self
        }
    }
    /// It answers also when the server has too much to do.
    pub fn always(self) -> Self {
        Self {
            always: true,
            ..self
        }
    }

    /// It is a page of the web app.
    pub fn page(self) -> Self {
        Self {
            page: true,
            always: true,
            ..self
        }
    }

    /// Whether the method promises to change nothing.
    pub fn safe(&self) -> bool {
        self.method.is_safe()
    }
    /// The handler's answer to a checked request, or why the caller is not admitted.
    pub fn run(&self, asked: Asked) -> Result<BoxFuture<'static, Answer>, Edge> {
        (self.handler)(asked)
    }
}
