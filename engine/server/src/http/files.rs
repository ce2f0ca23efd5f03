//! Files: up before a record names them, down only through a record the caller may read.

use super::{
    ask::{Answer, Ask, LoggedIn, json_with},
    problem::{Edge, Fault},
    route::{FILE_MAX, Route},
    shape::{Key, Kind, optional},
};
use axum::{
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
    http::{HeaderValue, StatusCode, header},
    response::IntoResponse,
};

/// Pictures that can hold no script may be shown in place; everything else is saved.
const SHOWN: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
];
/// Should a browser open a file as a page all the same, that page can do nothing.
const SANDBOX: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

const DOWN: &[Key] = &[optional(
    "inline",
    Kind::Flag,
    "Show a picture in place instead of saving it",
)];

pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/files", LoggedIn, upload)
            .says("Keeps a file, to be named in a field of a record")
            .takes_file()
            .makes("File"),
        Route::get(
            "/api/records/{module}/{form}/{id}/files/{hash}",
            LoggedIn,
            download,
        )
        .says("A file of a record")
        .query(DOWN)
        .gives("bytes"),
    ]
}

async fn upload(ask: Ask<LoggedIn>) -> Answer {
    let media = ask.headers.get(header::CONTENT_TYPE).cloned();
    let mut request = Request::new(Body::from(ask.bytes.clone()));
    if let Some(media) = media {
        request.headers_mut().insert(header::CONTENT_TYPE, media);
    }
    // How large a body may be was judged when it was read; the form itself allows 2 MB only.
    DefaultBodyLimit::disable().apply(&mut request);
    let broken = || Fault::from(Edge::media("multipart/form-data"));
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| broken())?;
    let field = form.next_field().await.map_err(|_| broken())?;
    let field = field.ok_or_else(|| Edge::missing_key("/file", "file"))?;
    if field.name() != Some("file") {
        return Err(Edge::unknown_key("", field.name().unwrap_or_default()).into());
    }
    let name = field.file_name().unwrap_or("file").to_string();
    let bytes = field.bytes().await.map_err(|_| broken())?;
    if bytes.len() > FILE_MAX {
        return Err(Edge::too_large(FILE_MAX).into());
    }
    if let Ok(Some(second)) = form.next_field().await {
        return Err(Edge::unknown_key("", second.name().unwrap_or_default()).into());
    }
    json_with(
        StatusCode::CREATED,
        &ask.site.upload(&ask.caller, &name, bytes).await?,
    )
}

async fn download(ask: Ask<LoggedIn>) -> Answer {
    let hash = ask.part("hash");
    let file = ask
        .site
        .download(&ask.caller, &ask.form()?, ask.id()?, hash)
        .await?;
    let tag = format!("\"{}\"", file.blob.hash);
    if ask.header("if-none-match") == Some(tag.as_str()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let shown = ask.query.flag("inline") && SHOWN.contains(&&*file.blob.media);
    let how = if shown { "inline" } else { "attachment" };
    let text = |text: String| HeaderValue::try_from(text).map_err(|_| Fault::from(Edge::broken()));
    let mut answer = file.bytes.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, text(file.blob.media.to_string())?);
    headers.insert(
        header::CONTENT_DISPOSITION,
        text(disposition(how, &file.blob.name))?,
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(SANDBOX),
    );
    headers.insert(header::ETAG, text(tag)?);
    // Kept by the browser, but never shown again without asking: rights may have changed.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    Ok(answer)
}

/// `Content-Disposition` with a name in plain ASCII and in full (RFC 6266, RFC 8187).
fn disposition(how: &str, name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || " .-_()".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut full = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~".contains(&byte) {
            full.push(char::from(byte));
        } else {
            full.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_language_fits_a_header_and_cannot_break_out_of_it() {
        let header = disposition("attachment", "报价\r\n\"x\".pdf");
        assert!(HeaderValue::try_from(header.as_str()).is_ok());
        assert!(header.ends_with("filename*=UTF-8''%E6%8A%A5%E4%BB%B7%0D%0A%22x%22.pdf"));
        assert_eq!(header.matches('"').count(), 2);
    }
}
