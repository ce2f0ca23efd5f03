//! The web app: files of a folder, embedded into the program (a debug build reads them where they
//! lie), or of a folder that is named when the server starts. Every address that is no file shows the app, which knows its own pages.

use super::{
    ask::{Answer, Ask, Open},
    problem::{Edge, Fault},
};
use axum::{
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;
use std::{borrow::Cow, path::Path};

#[derive(RustEmbed)]
#[folder = "../../designer/dist"]
#[allow_missing = true]
struct App;

/// Where `index.html` has this word, each answer puts a number used once.
const NONCE: &str = "__NONCE__";
/// The folder whose files carry a hash of their content in their names.
const HASHED: &str = "assets/";

/// Shown when the program was built without the web app.
const MISSING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<title>Formwork</title><h1>Formwork is running, but its web app was not built</h1>\
<p>The interface for programs answers under <a href=\"/api/openapi.json\">/api</a>. \
To build the web app, run this in the project's folder, then load this page again:</p>\
<pre>cargo xtask run</pre>\
<p>or by hand, with Node 20 or newer, in the folder <code>designer</code>:</p>\
<pre>npm ci --ignore-scripts\nnpm run build</pre>\n";

/// A file of the app.
struct File {
    data: Cow<'static, [u8]>,
    /// Changes with the content.
    tag: String,
}

impl File {
    fn embedded(path: &str) -> Option<Self> {
        let file = App::get(path)?;
        let hash = file.metadata.sha256_hash();
        Some(Self {
            tag: hex(&hash[..16]),
            data: file.data,
        })
    }
    async fn in_folder(folder: &Path, path: &str) -> Option<Self> {
        let inside = |step: &str| !step.starts_with('.') && !step.contains(['\\', ':', '\0']);
        if !path.split('/').all(inside) {
            return None;
        }
        let data = tokio::fs::read(folder.join(path)).await.ok()?;
        Some(Self {
            tag: hex(&blake3::hash(&data).as_bytes()[..16]),
            data: data.into(),
        })
    }
    async fn find(ask: &Ask<Open>, path: &str) -> Option<Self> {
        match &ask.shared.options.web {
            Some(folder) => Self::in_folder(folder, path).await,
            None => Self::embedded(path),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A file of the app, or its first page.
pub async fn page(ask: Ask<Open>) -> Answer {
    let path = ask.path.trim_start_matches('/');
    let reads = matches!(ask.method, Method::GET | Method::HEAD);
    if !reads || path == "api" || path.starts_with("api/") {
        return Err(Edge::not_found().into());
    }
    if !path.is_empty()
        && path != "index.html"
        && let Some(file) = File::find(&ask, path).await
    {
        return asset(&ask, path, file);
    }
    // What looks like a file and is none must not come back as a page.
    if path.starts_with(HASHED)
        || path
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains('.'))
    {
        return Err(Edge::not_found().into());
    }
    match File::find(&ask, "index.html").await {
        Some(file) => app(&String::from_utf8_lossy(&file.data)),
        None => Ok((
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            MISSING,
        )
            .into_response()),
    }
}

fn app(html: &str) -> Answer {
    let mut bits = [0u8; 16];
    getrandom::fill(&mut bits).map_err(|cause| {
        tracing::error!(%cause, "no random numbers");
        Fault::from(Edge::broken())
    })?;
    let nonce = hex(&bits);
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; \
         manifest-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    let mut answer = html.replace(NONCE, &nonce).into_response();
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    let policy = HeaderValue::try_from(policy).map_err(|_| Fault::from(Edge::broken()))?;
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

fn asset(ask: &Ask<Open>, path: &str, file: File) -> Answer {
    let tag = format!("\"{}\"", file.tag);
    let known = ask.header("if-none-match") == Some(tag.as_str());
    let mut answer: Response = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => file.data.into_owned().into_response(),
    };
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media(path)));
    let kept = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    let tag = HeaderValue::try_from(tag).map_err(|_| Fault::from(Edge::broken()))?;
    headers.insert(header::ETAG, tag);
    Ok(answer)
}

/// The media type of a file of the app, by the end of its name.
fn media(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
