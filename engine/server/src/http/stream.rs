//! News: a line whenever something changed that the caller may hear of. Ids only; whoever listens
//! fetches again what he shows, under his own rights.

use super::{
    ask::{Answer, Ask, LoggedIn},
    problem::Edge,
    route::Route,
};
use axum::{
    body::{Body, Bytes},
    http::header,
    response::IntoResponse,
};
use futures::{StreamExt, stream};
use model::Id;
use runtime::{Caller, Site, view::StreamEvent};
use std::{
    collections::HashMap,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::watch, time::Interval};

/// Most streams one user may have open: as many as he has windows, and a few.
pub const STREAMS_MAX: usize = 5;
/// How long a reader that lost the connection shall wait before it comes again, in milliseconds.
const RETRY: &str = "retry: 3000\n\n";

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/stream", LoggedIn, listen)
            .says("Server-sent events: `change` with form, record and kind")
            .gives("events")
            .endless(),
    ]
}

/// How many streams each user has open.
#[derive(Clone, Default)]
pub struct Open(Arc<Mutex<HashMap<Id, usize>>>);

impl Open {
    /// One more for this user, until what is returned is dropped.
    fn enter(&self, user: Id) -> Result<Seat, Edge> {
        let mut counts = self.0.lock().unwrap_or_else(|p| p.into_inner());
        let count = counts.entry(user).or_default();
        if *count >= STREAMS_MAX {
            return Err(Edge::too_many_streams(STREAMS_MAX));
        }
        *count += 1;
        Ok(Seat {
            open: self.clone(),
            user,
        })
    }
}

struct Seat {
    open: Open,
    user: Id,
}
impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.open.0.lock().unwrap_or_else(|p| p.into_inner());
        if let Some(count) = counts.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.user);
            }
        }
    }
}

/// One open stream.
struct Listening {
    site: Site,
    events: Pin<Box<dyn futures::Stream<Item = StreamEvent> + Send>>,
    beat: Interval,
    stopping: watch::Receiver<bool>,
    /// How the caller is known; asked again before anything is told, so that a session that was
    /// ended hears nothing more.
    pass: Pass,
    _seat: Seat,
}

enum Pass {
    Session(String),
    Bearer(String),
}

impl Pass {
    async fn holds(&self, site: &Site) -> bool {
        match self {
            Self::Session(token) => site.caller_of_session(token).await.is_ok(),
            Self::Bearer(token) => site.caller_of_bearer(token).await.is_ok(),
        }
    }
}

async fn listen(ask: Ask<LoggedIn>) -> Answer {
    let seat = ask.shared.streams.enter(ask.caller.user.id)?;
    let last = ask.header("last-event-id").map(str::to_string);
    let pass = match (ask.bearer(), &ask.token) {
        (Some(token), _) => Pass::Bearer(token.to_string()),
        (None, Some(token)) => Pass::Session(token.clone()),
        (None, None) => return Err(Edge::not_logged_in().into()),
    };
    let listening = Listening {
        site: ask.site.clone(),
        events: subscribe(&ask.site, &ask.caller, last),
        beat: tokio::time::interval(ask.shared.options.heartbeat),
        stopping: ask.shared.stopping.clone(),
        pass,
        _seat: seat,
    };
    let first = stream::once(async { Bytes::from_static(RETRY.as_bytes()) });
    let rest = stream::unfold(
        listening,
        |mut l| async move { l.next().await.map(|b| (b, l)) },
    );
    let body = Body::from_stream(first.chain(rest).map(Ok::<_, Infallible>));
    Ok((
        [(header::CONTENT_TYPE, "text/event-stream"), (X_ACCEL, "no")],
        body,
    )
        .into_response())
}

/// Tells a proxy of nginx's kind to pass on each line as it comes.
const X_ACCEL: header::HeaderName = header::HeaderName::from_static("x-accel-buffering");

fn subscribe(
    site: &Site,
    caller: &Caller,
    last: Option<String>,
) -> Pin<Box<dyn futures::Stream<Item = StreamEvent> + Send>> {
    let listener = site.subscribe(caller, last.is_some());
    Box::pin(stream::unfold(listener, |mut l| async move {
        l.next().await.map(|e| (e, l))
    }))
}

impl Listening {
    /// The next piece of text, or the end.
    async fn next(&mut self) -> Option<Bytes> {
        let text = tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stop| *stop) => return None,
            event = self.events.next() => line(&event?)?,
            _ = self.beat.tick() => Bytes::from_static(b": beat\n\n"),
        };
        // A reader without rights any more is told nothing, not even that something happened.
        let holds = tokio::time::timeout(Duration::from_secs(5), self.pass.holds(&self.site));
        matches!(holds.await, Ok(true)).then_some(text)
    }
}

fn line(event: &StreamEvent) -> Option<Bytes> {
    let data = serde_json::to_string(event).ok()?;
    // An id with a line end would break the frame; ids are ours, so this never cuts anything.
    let id: String = event.id.chars().filter(|c| !c.is_control()).collect();
    Some(format!("id: {id}\nevent: change\ndata: {data}\n\n").into())
}
