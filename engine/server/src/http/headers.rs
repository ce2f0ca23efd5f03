//! The headers that every answer wears, whatever it is and whoever made it.

use super::{
    guard::Asker,
    routes::{Peer, Shared},
};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;

/// The header that names a request, in answers and logs.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest name of a request that is taken over from a proxy.
const REQUEST_ID_MAX: usize = 64;

/// What is not a page of the web app shows nothing and loads nothing.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; \
                       form-action 'none'";

static ALWAYS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), browsing-topics=(), camera=(self), display-capture=(), \
         geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    ),
];

/// Puts them on; what a handler has set itself stays.
pub async fn dress(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>();
    let secure = Asker::of(&shared, request.headers(), peer).secure;
    let id = request_id(&shared, &request);
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in ALWAYS {
        headers
            .entry(*name)
            .or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(NO_PAGE));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if secure {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(REQUEST_ID, id);
    answer
}

/// The name a trusted proxy gave the request, or a new one.
fn request_id(shared: &Shared, request: &Request) -> HeaderValue {
    let given = request.headers().get(REQUEST_ID).filter(|v| {
        let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        v.len() <= REQUEST_ID_MAX && v.as_bytes().iter().all(fits)
    });
    if let (true, Some(given)) = (shared.options.behind_proxy, given) {
        return given.clone();
    }
    let id = uuid::Uuid::now_v7().to_string();
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("-"))
}
