//! What a handler is given: the site, the caller its permission promises, and a request that has
//! been checked against the route's tables.

use super::{
    problem::{Edge, Fault},
    routes::Shared,
    shape::Given,
};
use axum::{
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{Id, Ref};
use runtime::{Caller, Error, Key, Site, words::Language};
use serde::Serialize;
use std::{net::IpAddr, ops::Deref, sync::Arc};

/// Who may use a route. Every route names one of these; there is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Anybody, also strangers.
    Open,
    /// Whoever is logged in; what he may see is decided below.
    LoggedIn,
    /// Administrators of the site.
    Admin,
}

/// A permission as a type: what the route declares and what its handler asks for must be the same,
/// or the program does not compile.
pub trait Allows: Copy + Send + Sync + 'static {
    /// The permission this type stands for.
    const PERMISSION: Permission;
    /// What a handler knows of the caller.
    type Caller: Send + 'static;
    /// The caller, if the permission is held.
    fn admit(who: Option<Caller>) -> Result<Self::Caller, Edge>;
}

/// See [`Permission::Open`]. The handler may learn who asks, if anybody is known.
#[derive(Clone, Copy)]
pub struct Open;
/// See [`Permission::LoggedIn`].
#[derive(Clone, Copy)]
pub struct LoggedIn;
/// See [`Permission::Admin`].
#[derive(Clone, Copy)]
pub struct Admin;

impl Allows for Open {
    const PERMISSION: Permission = Permission::Open;
    type Caller = Option<Caller>;
    fn admit(who: Option<Caller>) -> Result<Option<Caller>, Edge> {
        Ok(who)
    }
}
impl Allows for LoggedIn {
    const PERMISSION: Permission = Permission::LoggedIn;
    type Caller = Caller;
    fn admit(who: Option<Caller>) -> Result<Caller, Edge> {
        who.ok_or_else(Edge::not_logged_in)
    }
}
impl Allows for Admin {
    const PERMISSION: Permission = Permission::Admin;
    type Caller = Caller;
    fn admit(who: Option<Caller>) -> Result<Caller, Edge> {
        match who {
            Some(caller) if caller.admin => Ok(caller),
            Some(_) => Err(Edge::admin_only()),
            None => Err(Edge::not_logged_in()),
        }
    }
}

/// A request after the edge has checked it.
pub struct Asked {
    pub shared: Arc<Shared>,
    pub who: Option<Caller>,
    /// The language of sentences and labels in the answer.
    pub language: Language,
    pub method: Method,
    /// The path as it was sent.
    pub path: String,
    /// The variable parts of the path.
    pub parts: Vec<(String, String)>,
    pub query: Given,
    pub body: Given,
    /// The body's bytes, where the route takes something else than JSON.
    pub bytes: Bytes,
    pub headers: HeaderMap,
    /// The key of a command.
    pub key: Option<Key>,
    /// The session token, if the request came with one.
    pub token: Option<String>,
    pub peer: Option<IpAddr>,
    /// Whether the way to the browser is encrypted.
    pub secure: bool,
}

/// What a handler of permission `P` is given.
pub struct Ask<P: Allows> {
    pub site: Site,
    pub caller: P::Caller,
    asked: Asked,
}

impl<P: Allows> Ask<P> {
    /// The request, if its caller holds the permission.
    pub fn admit(mut asked: Asked) -> Result<Self, Edge> {
        let caller = P::admit(asked.who.take())?;
        Ok(Self {
            site: asked.shared.site.clone(),
            caller,
            asked,
        })
    }
}
impl<P: Allows> Deref for Ask<P> {
    type Target = Asked;
    fn deref(&self) -> &Asked {
        &self.asked
    }
}

impl Asked {
    /// A variable part of the path.
    pub fn part(&self, name: &str) -> &str {
        debug_assert!(
            self.parts.iter().any(|(n, _)| n == name),
            "the path has no `{name}`"
        );
        self.parts
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, text)| text)
    }
    /// The definition a path names: `{module}` and a second part. What is no name names nothing.
    fn reference(&self, second: &str) -> Result<Ref, Fault> {
        let package = self.part("module").parse().map_err(|_| Error::NotFound)?;
        let name = self.part(second).parse().map_err(|_| Error::NotFound)?;
        Ok(Ref { package, name })
    }
    /// The form the path names.
    pub fn form(&self) -> Result<Ref, Fault> {
        self.reference("form")
    }
    /// The ledger the path names.
    pub fn ledger(&self) -> Result<Ref, Fault> {
        self.reference("ledger")
    }
    /// The id the path names.
    pub fn id(&self) -> Result<Id, Fault> {
        Ok(self.part("id").parse().map_err(|_| Error::NotFound)?)
    }
    /// The key of the command.
    pub fn key(&self) -> Result<&Key, Fault> {
        Ok(self.key.as_ref().ok_or_else(Edge::key_missing)?)
    }
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
    /// The token of an `Authorization: Bearer` header.
    pub fn bearer(&self) -> Option<&str> {
        bearer(&self.headers)
    }
    /// Whether the sender wants no more than the outcome (`Prefer: return=minimal`).
    pub fn brief(&self) -> bool {
        self.headers
            .get_all("prefer")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(','))
            .any(|v| v.trim().eq_ignore_ascii_case("return=minimal"))
    }
}

/// What a handler answers.
pub type Answer = Result<Response, Fault>;

/// 200 with JSON.
pub fn json(value: &impl Serialize) -> Answer {
    json_with(StatusCode::OK, value)
}

/// JSON with another status.
pub fn json_with(status: StatusCode, value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(bytes) => {
            Ok((status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response())
        }
        Err(cause) => {
            tracing::error!(%cause, "an answer cannot be written as JSON");
            Err(Edge::broken().into())
        }
    }
}

/// 204: done, nothing to tell.
pub fn nothing() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
