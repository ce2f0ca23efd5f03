//! What every request passes before its handler: who asks, whether the page that sent it is ours,
//! how long it may take.

use super::{
    ask::{Asked, Permission, bearer},
    body::{self, Sender},
    problem::{Edge, Fault},
    route::Route,
    routes::{Peer, Shared},
    shape::Given,
};
use axum::{
    body::Body,
    extract::{FromRequestParts, Query, RawPathParams, Request, rejection::RawPathParamsRejection},
    http::{HeaderMap, Method, header, request::Parts, uri::Authority},
    response::Response,
};
use futures::FutureExt;
use runtime::{Caller, Error, Key, words::Language};
use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Instant};
use tokio::sync::SemaphorePermit;

/// Most characters of an idempotency key.
pub const KEY_MAX: usize = 200;
/// Most characters of a query string. A look-up carries the record that is being filled in; the
/// longest address that can be read at all is 64 KB.
pub const QUERY_MAX: usize = 60 << 10;

/// Serves one request of a route.
pub async fn serve(shared: Arc<Shared>, n: usize, request: Request) -> Response {
    let route = &shared.routes[n];
    let began = Instant::now();
    let (mut parts, body) = request.into_parts();
    let asker = Asker::of(&shared, &parts.headers, parts.extensions.get::<Peer>());
    let mut language = asker.language(&parts.headers);
    let mut body = Some(body);
    let work = async {
        let asked = check(&shared, route, &asker, &mut parts, &mut body, &mut language).await?;
        let _slot = at_work(&shared, route)?;
        let answer = AssertUnwindSafe(route.run(asked)?).catch_unwind().await;
        answer.unwrap_or_else(|_| {
            tracing::error!(route = route.path, "a handler broke");
            Err(Edge::broken().into())
        })
    };
    let answer = match tokio::time::timeout(
        shared.options.timeout,
        AssertUnwindSafe(work).catch_unwind(),
    )
    .await
    {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => {
            tracing::error!(route = route.path, "the edge broke");
            Err(Edge::broken().into())
        }
        Err(_) => Err(Edge::timed_out().into()),
    };
    if let Some(rest) = body {
        body::drain(rest).await;
    }
    let answer = answer.unwrap_or_else(|fault| fault.answer(language));
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    route.tally.add(answer.status().as_u16(), micros);
    answer
}

/// A slot of the requests at work, or a refusal at once. None is held while a body is on its way.
fn at_work<'a>(shared: &'a Shared, route: &Route) -> Result<Option<SemaphorePermit<'a>>, Fault> {
    if route.always || route.endless {
        return Ok(None);
    }
    let slot = shared.slots.try_acquire();
    slot.map(Some).map_err(|_| Edge::overloaded().into())
}

/// What the connection and the headers say about the one who asks.
pub struct Asker {
    /// Whether the way to the browser is encrypted. A proxy says so, if there is one to trust.
    pub secure: bool,
    pub peer: Option<IpAddr>,
}

impl Asker {
    /// Headers of a proxy count only when the server was told that it stands behind one; anybody
    /// else could write them.
    pub fn of(shared: &Shared, headers: &HeaderMap, peer: Option<&Peer>) -> Self {
        let peer = peer.map(|p| p.0.ip());
        if !shared.options.behind_proxy {
            return Self {
                secure: false,
                peer,
            };
        }
        let last = |name: &str| {
            let text = headers.get_all(name).iter().next_back()?.to_str().ok()?;
            text.rsplit(',').next().map(|t| t.trim().to_string())
        };
        Self {
            secure: last("x-forwarded-proto").is_some_and(|p| p == "https"),
            peer: last("x-forwarded-for")
                .and_then(|a| a.parse().ok())
                .or(peer),
        }
    }

    /// The name of the session cookie. Under TLS the prefix makes the browser refuse one that
    /// another host or a plain connection has set.
    pub fn cookie_name(secure: bool) -> &'static str {
        if secure {
            "__Host-formwork"
        } else {
            "formwork"
        }
    }

    fn token(&self, headers: &HeaderMap) -> Option<String> {
        let name = Self::cookie_name(self.secure);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(n, _)| *n == name)
            .map(|(_, token)| token.to_string())
    }

    /// The language a stranger is answered in: what he asks for, or the first of his browser's
    /// that we speak.
    fn language(&self, headers: &HeaderMap) -> Language {
        asked_language(headers)
            .or_else(|| {
                let said = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
                accepted(said)
            })
            .unwrap_or(Language::En)
    }
}

/// The language a request names before any other wish.
pub fn asked_language(headers: &HeaderMap) -> Option<Language> {
    headers.get("x-language")?.to_str().ok()?.parse().ok()
}

/// The language we speak that `Accept-Language` likes best.
fn accepted(said: &str) -> Option<Language> {
    let mut best: Option<(u32, Language)> = None;
    for part in said.split(',').take(20) {
        let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
        // Thousandths, so that no float is needed.
        let weight = match rest.trim().strip_prefix("q=") {
            None => 1000,
            Some("1") => 1000,
            Some(q) => {
                let digits: String = q.chars().skip(2).chain("000".chars()).take(3).collect();
                digits.parse().unwrap_or(0)
            }
        };
        let tag = tag.trim().to_ascii_lowercase();
        let language = match tag.as_str() {
            "zh-tw" | "zh-hk" | "zh-mo" => Language::ZhTw,
            t if t.starts_with("zh-hant") => Language::ZhTw,
            t if t == "zh" || t.starts_with("zh-") => Language::ZhCn,
            t if t == "en" || t.starts_with("en-") => Language::En,
            _ => continue,
        };
        if weight > 0 && best.is_none_or(|(w, _)| weight > w) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

async fn check(
    shared: &Arc<Shared>,
    route: &Route,
    asker: &Asker,
    parts: &mut Parts,
    body: &mut Option<Body>,
    language: &mut Language,
) -> Result<Asked, Fault> {
    own_host(&shared.options.hosts, parts)?;
    let length = parts.headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if route.takes.max() > 0 && length.is_some_and(|l| l > route.takes.max()) {
        return Err(Edge::too_large(body::shown_max(route.takes)).into());
    }
    let token = asker.token(&parts.headers);
    let who = {
        let _slot = at_work(shared, route)?;
        who(shared, route, parts, token.as_deref()).await?
    };
    if let Some(caller) = &who.caller
        && asked_language(&parts.headers).is_none()
    {
        *language = caller.language;
    }
    if !route.safe() && !who.bearer {
        same_site(&parts.headers)?;
        if let (Some(caller), true) = (&who.caller, route.permission != Permission::Open) {
            csrf(caller, &parts.headers)?;
        }
    }
    // Strangers learn nothing about what a route would take.
    match (route.permission, &who.caller) {
        (Permission::LoggedIn | Permission::Admin, None) => {
            return Err(Edge::not_logged_in().into());
        }
        (Permission::Admin, Some(caller)) if !caller.admin => {
            return Err(Edge::admin_only().into());
        }
        _ => {}
    }
    let query = query(route, parts).await?;
    let given = parts.headers.get("idempotency-key");
    let key = match given.map(|v| v.to_str()) {
        None if route.keyed => return Err(Edge::key_missing().into()),
        Some(Ok(text)) if key_fits(text) => Some(text.to_string()),
        Some(_) if route.keyed => return Err(Edge::key_bad().into()),
        _ => None,
    };
    let sender = Sender {
        user: who.caller.as_ref().map(|caller| caller.user.id),
        peer: asker.peer,
    };
    let (bytes, body) = body::read(shared, route, parts, sender, body).await?;
    let path_parts = RawPathParams::from_request_parts(parts, &()).await;
    let path_parts = match &path_parts {
        Ok(found) => found
            .iter()
            .map(|(n, v)| (n.to_string(), v.to_string()))
            .collect(),
        // Where no route is there are no parts.
        Err(RawPathParamsRejection::MissingPathParams(_)) => vec![],
        // A path that is not UTF-8 when decoded names nothing.
        Err(_) => return Err(Error::NotFound.into()),
    };
    Ok(Asked {
        key: key.filter(|_| route.keyed).map(|text| Key {
            hash: fingerprint(
                &parts.method,
                parts.uri.path_and_query().map_or("", |p| p.as_str()),
                &bytes,
            ),
            text,
        }),
        shared: shared.clone(),
        who: who.caller.map(|caller| caller.speaking(*language)),
        language: *language,
        method: parts.method.clone(),
        path: parts.uri.path().to_string(),
        parts: path_parts,
        query,
        body,
        bytes,
        headers: std::mem::take(&mut parts.headers),
        token,
        peer: asker.peer,
        secure: asker.secure,
    })
}

fn key_fits(text: &str) -> bool {
    (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// What makes two requests the same command: method, address and body, each with its length.
fn fingerprint(method: &Method, target: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    for part in [method.as_str().as_bytes(), target.as_bytes(), body] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    *hash.finalize().as_bytes()
}

struct Who {
    caller: Option<Caller>,
    /// Known by a token in a header, which no other site's page can send.
    bearer: bool,
}

/// Who asks: by bearer token, else by session cookie. Bad credentials are refused, except where
/// strangers are welcome anyway.
async fn who(
    shared: &Shared,
    route: &Route,
    parts: &Parts,
    token: Option<&str>,
) -> Result<Who, Fault> {
    let bearer = bearer(&parts.headers);
    if route.page {
        return Ok(Who {
            caller: None,
            bearer: false,
        });
    }
    let found = match (bearer, token) {
        (Some(token), _) => Some(shared.site.caller_of_bearer(token).await),
        (None, Some(token)) => Some(shared.site.caller_of_session(token).await),
        (None, None) => None,
    };
    let caller = match found {
        None => None,
        Some(Ok(caller)) => Some(caller),
        Some(Err(_)) if route.permission == Permission::Open => None,
        Some(Err(error)) => return Err(error.into()),
    };
    Ok(Who {
        caller,
        bearer: bearer.is_some(),
    })
}

/// Refuses a request to a name that is not ours: the page of another site may have made a name of
/// its own point here, and its browser would take our answers for that site's.
fn own_host(hosts: &[String], parts: &Parts) -> Result<(), Edge> {
    if hosts.is_empty() {
        return Ok(());
    }
    let said = parts
        .headers
        .get(header::HOST)
        .and_then(|h| h.to_str().ok());
    let said = parts.uri.authority().map(Authority::as_str).or(said);
    // An address of version 6 stands in brackets, with colons in it.
    let name = said.map(|host| match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    });
    match name {
        Some(name) if hosts.iter().any(|own| own.eq_ignore_ascii_case(name)) => Ok(()),
        _ => Err(Edge::wrong_host()),
    }
}

/// Refuses a request that a page of another site made the browser send. A browser says where a
/// request comes from; a program that says nothing carries no cookie of somebody else.
fn same_site(headers: &HeaderMap) -> Result<(), Edge> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return Err(Edge::cross_site());
    }
    if headers.contains_key(header::ORIGIN) {
        let from = text("origin")
            .and_then(|o| o.split_once("://"))
            .map(|(_, host)| host);
        let own = text("host");
        if from.is_none() || from != own {
            return Err(Edge::cross_site());
        }
    }
    Ok(())
}

fn csrf(caller: &Caller, headers: &HeaderMap) -> Result<(), Edge> {
    let sent = headers
        .get("x-csrf-token")
        .map(|v| v.as_bytes())
        .unwrap_or_default();
    let wanted = caller.csrf.as_deref().unwrap_or_default().as_bytes();
    // Compared in full, so that the time tells nothing about how much was right.
    let differs = wanted.iter().zip(sent).fold(0, |d, (a, b)| d | (a ^ b));
    if wanted.is_empty() || sent.len() != wanted.len() || differs != 0 {
        return Err(Edge::csrf());
    }
    Ok(())
}

async fn query(route: &Route, parts: &mut Parts) -> Result<Given, Edge> {
    if route.page {
        return Ok(Given::default());
    }
    if parts.uri.query().is_some_and(|q| q.len() > QUERY_MAX) {
        return Err(Edge::bad_value("?", "a query string of at most 60 KB"));
    }
    let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, &()).await;
    let Query(pairs) = pairs.map_err(|_| Edge::bad_value("?", "a query string"))?;
    Given::of_query(route.query, &pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_liked_best_among_those_we_speak() {
        assert_eq!(accepted("fr, en;q=0.4, zh-TW;q=0.8"), Some(Language::ZhTw));
        assert_eq!(accepted("zh"), Some(Language::ZhCn));
        assert_eq!(accepted("zh-Hant-HK, zh;q=0.9"), Some(Language::ZhTw));
        assert_eq!(accepted("fr"), None);
        assert_eq!(accepted("en;q=0"), None);
    }

    #[test]
    fn a_page_of_another_site_is_refused() {
        let with = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            same_site(&headers).is_ok()
        };
        assert!(with(&[("host", "erp.example")]));
        assert!(with(&[
            ("host", "erp.example"),
            ("origin", "https://erp.example")
        ]));
        assert!(!with(&[
            ("host", "erp.example"),
            ("origin", "https://evil.example")
        ]));
        assert!(!with(&[("host", "erp.example"), ("origin", "null")]));
        assert!(!with(&[
            ("host", "erp.example"),
            ("sec-fetch-site", "cross-site")
        ]));
        assert!(!with(&[
            ("host", "erp.example"),
            ("sec-fetch-site", "same-site")
        ]));
        assert!(with(&[
            ("host", "erp.example"),
            ("sec-fetch-site", "same-origin")
        ]));
    }

    #[test]
    fn a_key_is_visible_and_short() {
        assert!(key_fits("0198f2c8-7f1e-7c3a"));
        assert!(!key_fits(""));
        assert!(!key_fits("a b"));
        assert!(!key_fits("键"));
        assert!(!key_fits(&"k".repeat(KEY_MAX + 1)));
    }
}
