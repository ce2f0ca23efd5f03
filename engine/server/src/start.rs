//! The listening socket: connections in, a bound on their number, and an orderly end.

use crate::http::routes::{Peer, router};
use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use runtime::Site;
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
};
use tower::ServiceExt;

/// How long a connection may take to send the head of its next request.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// Most bytes of the head of a request.
const HEAD_MAX: usize = 128 << 10;
/// Most header lines of a request.
const HEADERS_MAX: usize = 100;
/// How long requests in flight may take once the server stops.
const STOP_TIME: Duration = Duration::from_secs(10);
/// How long to wait when no further connection can be accepted (no file descriptors left).
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// How a server answers.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether a proxy stands in front, whose X-Forwarded-Proto and X-Forwarded-For are true.
    pub behind_proxy: bool,
    /// The names this server answers to; any, where none is said.
    pub hosts: Vec<String>,
    /// A folder with the web app, instead of the one in the program.
    pub web: Option<PathBuf>,
    /// Most requests at work at the same time; more are sent away with 503.
    pub concurrency: usize,
    /// Most open connections; more wait to be accepted.
    pub connections: usize,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How often an open stream shows that it is alive.
    pub heartbeat: Duration,
    /// How long the server says that it is not ready before it stops to accept, so that a load
    /// balancer can turn away.
    pub notice: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            behind_proxy: false,
            hosts: vec![],
            web: None,
            concurrency: 256,
            connections: 4096,
            timeout: Duration::from_secs(30),
            heartbeat: Duration::from_secs(15),
            notice: Duration::ZERO,
        }
    }
}

/// A server at work.
pub struct Running {
    /// Where it listens; the port is known here even if any was asked for.
    pub address: SocketAddr,
    notice: Duration,
    /// Readiness ends with this one.
    stopping: watch::Sender<bool>,
    /// Accepting ends with this one.
    closing: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

/// Starts to answer at `listen`. The site stays the caller's: he closes it after [`Running::stop`].
pub async fn start(site: Site, listen: SocketAddr, options: Options) -> io::Result<Running> {
    let socket = TcpListener::bind(listen).await?;
    let address = socket.local_addr()?;
    let (stopping, stop_seen) = watch::channel(false);
    let (closing, close_seen) = watch::channel(false);
    let (notice, connections) = (options.notice, options.connections);
    let router = router(site, options, stop_seen);
    let accepting = tokio::spawn(accept(socket, router, connections, close_seen));
    Ok(Running {
        address,
        notice,
        stopping,
        closing,
        accepting,
    })
}

impl Running {
    /// Says that it is not ready, ends the streams, accepts no more, and lets what is in flight
    /// finish, for at most ten seconds. Gives back whether everything finished.
    pub async fn stop(self) -> bool {
        self.stopping.send_replace(true);
        tokio::time::sleep(self.notice).await;
        self.closing.send_replace(true);
        let stop = self.accepting.abort_handle();
        match tokio::time::timeout(STOP_TIME, self.accepting).await {
            Ok(ended) => ended.is_ok(),
            Err(_) => {
                stop.abort();
                false
            }
        }
    }
}

async fn accept(
    socket: TcpListener,
    router: Router,
    connections: usize,
    mut closing: watch::Receiver<bool>,
) {
    let slots = Arc::new(Semaphore::new(connections));
    let mut open = JoinSet::new();
    loop {
        let next = async {
            // The semaphore is never closed; without a slot there would be no connection.
            let slot = slots.clone().acquire_owned().await.ok();
            (slot, socket.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            () = closed(&mut closing) => break,
            next = next => next,
        };
        // Connections that have ended are forgotten.
        while open.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let (router, closing) = (router.clone(), closing.clone());
                open.spawn(async move {
                    let _slot = slot;
                    serve(stream, peer, router, closing).await;
                });
            }
            Err(cause) => {
                tracing::warn!(%cause, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(socket);
    while open.join_next().await.is_some() {}
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut closing: watch::Receiver<bool>,
) {
    // Answers are written whole; waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), answer);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = closed(&mut closing) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(cause) = ended {
        // A browser that goes away in the middle is nothing to worry about.
        tracing::debug!(%cause, "a connection broke");
    }
}

/// Waits until the server closes. A sender that is gone has closed too.
async fn closed(closing: &mut watch::Receiver<bool>) {
    let _ = closing.wait_for(|close| *close).await;
}
