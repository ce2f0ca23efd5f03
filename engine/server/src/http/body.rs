//! Reading what comes with a request. Whoever sends slowly holds nothing that others need: no
//! slot of the requests at work, only a place among the unfinished bodies of his own address.

use super::{
    problem::{Edge, Fault},
    route::{FILE_MAX, JSON_MAX, Route, Takes},
    routes::Shared,
    shape::Given,
};
use axum::{
    body::{Body, Bytes},
    http::{header, request::Parts},
};
use futures::StreamExt;
use model::{Id, canonical};
use serde_json::Value;
use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

/// How long a body may take, beside the time its bytes are due at [`RATE_MIN`].
pub const READ_TIME: Duration = Duration::from_secs(5);
/// Bytes that must come each second: less than a line of the slowest mobile network brings.
pub const RATE_MIN: usize = 16 << 10;
/// Unfinished bodies of one address. A whole office may stand behind one, so it is not few.
pub const UNFINISHED_MAX: usize = 64;
/// Large bodies read at the same time: four packages of 50 MB are the memory we give them.
const LARGE_AT_ONCE: usize = 4;
/// Large bodies of one user at the same time.
const LARGE_BY_ONE: usize = 1;
/// How much of a refused body is read and thrown away, so that the sender can read the answer
/// instead of finding the connection broken.
const DRAIN_MAX: usize = 64 << 20;
/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// From this size on a body is parsed on a thread of its own, not between other requests.
const PARSE_ASIDE: usize = 256 << 10;

/// How many each of some has at work.
pub struct Crowd<K>(Mutex<HashMap<K, usize>>);

impl<K> Default for Crowd<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash> Crowd<K> {
    /// One more of this one, until what is returned is dropped; nothing where he has `max`.
    pub fn enter(&self, who: K, max: usize) -> Option<Inside<'_, K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(who.clone()).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Inside { crowd: self, who })
    }
}

/// A place in a [`Crowd`].
pub struct Inside<'a, K: Eq + Hash> {
    crowd: &'a Crowd<K>,
    who: K,
}
impl<K: Eq + Hash> Drop for Inside<'_, K> {
    fn drop(&mut self) {
        let counts = &mut self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.who);
            }
        }
    }
}

/// The bodies being read.
pub struct Bodies {
    /// By the address they come from.
    unfinished: Crowd<IpAddr>,
    large: Semaphore,
    large_by: Crowd<Id>,
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            unfinished: Crowd::default(),
            large: Semaphore::new(LARGE_AT_ONCE),
            large_by: Crowd::default(),
        }
    }
}

/// Who sends a body, as far as is known.
#[derive(Clone, Copy)]
pub struct Sender {
    pub user: Option<Id>,
    pub peer: Option<IpAddr>,
}

/// The largest size told to people: without the frame of a multipart body.
pub fn shown_max(takes: Takes) -> usize {
    match takes {
        Takes::File => FILE_MAX,
        other => other.max(),
    }
}

/// The body of a request, and what stands in it where that is JSON.
pub async fn read(
    shared: &Shared,
    route: &Route,
    parts: &Parts,
    sender: Sender,
    body: &mut Option<Body>,
) -> Result<(Bytes, Given), Fault> {
    let media = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    let media = media
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let table = match route.takes {
        Takes::Nothing => return Ok((Bytes::new(), Given::default())),
        Takes::File if media != "multipart/form-data" => {
            return Err(Edge::media("multipart/form-data").into());
        }
        Takes::File => None,
        Takes::Json(table, _) => Some(table),
    };
    let bodies = &shared.bodies;
    let busy = || Fault::from(Edge::overloaded());
    let _unfinished = match sender.peer {
        Some(peer) => Some(
            bodies
                .unfinished
                .enter(peer, UNFINISHED_MAX)
                .ok_or_else(busy)?,
        ),
        None => None,
    };
    // Large bodies are few at a time, or a handful of senders could fill the memory.
    let _large = match (route.takes.max() > JSON_MAX, sender.user) {
        (true, Some(user)) => Some((
            bodies.large_by.enter(user, LARGE_BY_ONE).ok_or_else(busy)?,
            bodies.large.try_acquire().map_err(|_| busy())?,
        )),
        // Strangers never get as far as a route that takes much.
        (true, None) => return Err(Edge::not_logged_in().into()),
        (false, _) => None,
    };
    let bytes = whole(body, route.takes).await?;
    let Some(table) = table else {
        return Ok((bytes, Given::default()));
    };
    let value = if bytes.is_empty() {
        Value::Object(Default::default())
    } else if media == "application/json" {
        parse(&bytes).await?
    } else {
        return Err(Edge::media("application/json").into());
    };
    Ok((bytes, Given::of_json(table, value, "")?))
}

/// The whole body; what is left of one that is too large stays in `body`. A sender who falls
/// behind is given up.
async fn whole(body: &mut Option<Body>, takes: Takes) -> Result<Bytes, Fault> {
    let Some(taken) = body.take() else {
        return Ok(Bytes::new());
    };
    let began = Instant::now();
    let mut frames = taken.into_data_stream();
    let mut out: Vec<u8> = vec![];
    loop {
        let earned = Duration::from_secs((out.len() / RATE_MIN) as u64);
        let next = timeout_at(began + READ_TIME + earned, frames.next()).await;
        let Some(frame) = next.map_err(|_| Edge::body_slow())? else {
            return Ok(out.into());
        };
        let frame = frame.map_err(|_| Edge::body_broken())?;
        if out.len() + frame.len() > takes.max() {
            *body = Some(Body::from_stream(frames));
            return Err(Edge::too_large(shown_max(takes)).into());
        }
        out.extend_from_slice(&frame);
    }
}

async fn parse(bytes: &Bytes) -> Result<Value, Fault> {
    fn read(bytes: &[u8]) -> Result<Value, Edge> {
        let text = std::str::from_utf8(bytes).map_err(|_| Edge::not_utf8())?;
        canonical::parse(text).map_err(|e| Edge::not_json("", &e))
    }
    if bytes.len() < PARSE_ASIDE {
        return Ok(read(bytes)?);
    }
    let bytes = bytes.clone();
    match tokio::task::spawn_blocking(move || read(&bytes)).await {
        Ok(value) => Ok(value?),
        Err(_) => Err(Edge::broken().into()),
    }
}

/// Reads and throws away what is left of a refused body.
pub async fn drain(body: Body) {
    let mut frames = body.into_data_stream();
    let mut seen = 0;
    let read = async {
        while let Some(Ok(frame)) = frames.next().await {
            seen += frame.len();
            if seen > DRAIN_MAX {
                break;
            }
        }
    };
    // A sender who takes longer finds the connection closed.
    let _ = tokio::time::timeout(DRAIN_TIME, read).await;
}
