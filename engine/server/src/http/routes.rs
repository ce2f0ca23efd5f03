//! The table of all routes, and the only place that knows the router.
//!
//! Every route is a [`Route`], so every one has a permission, its parameters and its limits; the
//! OpenAPI document and the tests walk the same table.

use super::{
    ask::Open,
    body::Bodies,
    files, forms, guard, headers, health, ledgers, lookup, me, notices, packages,
    problem::{Edge, Fault},
    records,
    route::Route,
    session, stream, tasks, views, web,
};
use crate::start::Options;
use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{Method, StatusCode},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
    routing::{MethodFilter, MethodRouter, on},
};
use runtime::{Site, words::Language};
use std::{
    net::SocketAddr,
    sync::{Arc, LazyLock},
    time::Instant,
};
use tokio::sync::{Semaphore, watch};
use tower_http::compression::{
    CompressionLayer, CompressionLevel,
    predicate::{NotForContentType, Predicate, SizeAbove},
};

/// Answers smaller than this are not worth the work of compressing them.
const GZIP_FROM: u16 = 1024;

/// What all requests share.
pub struct Shared {
    pub site: Site,
    pub options: Options,
    pub routes: Vec<Route>,
    /// Whether the server is about to stop.
    pub stopping: watch::Receiver<bool>,
    pub streams: stream::Open,
    pub slots: Semaphore,
    pub bodies: Bodies,
}

/// Who is at the other end of the connection.
#[derive(Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The routes of the interface, without the web app's pages.
pub fn api() -> Vec<Route> {
    [
        session::routes(),
        me::routes(),
        forms::routes(),
        records::routes(),
        files::routes(),
        lookup::routes(),
        tasks::routes(),
        ledgers::routes(),
        views::routes(),
        notices::routes(),
        packages::routes(),
        stream::routes(),
        health::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Where no other route is: a page of the web app, or nothing. Not a path of the router, which
/// would let it answer other methods of known addresses.
const ELSEWHERE: &str = "*";

/// The router over a site.
pub fn router(site: Site, options: Options, stopping: watch::Receiver<bool>) -> Router {
    router_of(api(), site, options, stopping)
}

/// A router of these routes, and the web app where there is none (tests add routes of their own).
pub fn router_of(
    mut routes: Vec<Route>,
    site: Site,
    options: Options,
    stopping: watch::Receiver<bool>,
) -> Router {
    routes.push(
        Route::get(ELSEWHERE, Open, web::page)
            .says("The web app")
            .page(),
    );
    let shared = Arc::new(Shared {
        slots: Semaphore::new(options.concurrency),
        bodies: Bodies::default(),
        streams: stream::Open::default(),
        site,
        options,
        routes,
        stopping,
    });
    let mut router = Router::new();
    for (n, route) in shared.routes.iter().enumerate() {
        let (path, shared) = (route.path, shared.clone());
        let serve = move |request: Request| guard::serve(shared.clone(), n, request);
        router = match path {
            ELSEWHERE => router.fallback(serve),
            path => router.route(path, method(&route.method, serve)),
        };
    }
    let worth = SizeAbove::new(GZIP_FROM)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::const_new("font/"))
        .and(NotForContentType::const_new("application/octet-stream"));
    router
        .method_not_allowed_fallback(refuse_method)
        // Bodies are counted in `guard`, route by route.
        .layer(DefaultBodyLimit::disable())
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(worth),
        )
        .layer(from_fn_with_state(shared, headers::dress))
        .layer(from_fn(log))
}

fn method<F, Fut>(method: &Method, serve: F) -> MethodRouter
where
    F: Fn(Request) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send + 'static,
{
    // Every method a `Route` can have is one the filter knows.
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
    on(filter, serve)
}

async fn refuse_method(request: Request) -> Response {
    let said = request
        .headers()
        .get("x-language")
        .and_then(|v| v.to_str().ok()?.parse().ok());
    Fault::from(Edge::method_not_allowed()).answer(said.unwrap_or(Language::En))
}

/// One line a request: never its query string, body, cookies or tokens.
async fn log(request: Request, next: Next) -> Response {
    static NOWHERE: LazyLock<String> = LazyLock::new(|| "-".into());
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let began = Instant::now();
    let answer = next.run(request).await;
    let path = path.as_ref().map_or(NOWHERE.as_str(), MatchedPath::as_str);
    let status = answer.status();
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let id = answer
        .headers()
        .get(headers::REQUEST_ID)
        .and_then(|v| v.to_str().ok());
    let id = id.unwrap_or_default();
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        tracing::error!(%method, path, status = status.as_u16(), millis, id, "answered");
    } else {
        tracing::debug!(%method, path, status = status.as_u16(), millis, id, "answered");
    }
    answer
}
