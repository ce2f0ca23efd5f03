//! Logging in and out.

use super::{
    ask::{Answer, Ask, LoggedIn, Open, json, nothing},
    guard::Asker,
    problem::{Edge, Fault},
    route::Route,
    shape::{Key, Kind, needed},
};
use axum::{
    http::{HeaderValue, header},
    response::Response,
};

const LOG_IN: &[Key] = &[
    needed("login", Kind::Text, "The name of the user"),
    needed("password", Kind::Text, "His password"),
];

pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/session", Open, log_in)
            .says("Logs in and sets the session cookie")
            .takes(LOG_IN)
            .gives("Me"),
        Route::delete("/api/session", LoggedIn, log_out).says("Logs out"),
    ]
}

async fn log_in(ask: Ask<Open>) -> Answer {
    let (login, password) = (ask.body.text("login"), ask.body.text("password"));
    let entered = ask.site.log_in(login, password, ask.peer).await?;
    // A session from before ends with the new one; it may be somebody else's.
    if let Some(before) = &ask.token
        && let Err(cause) = ask.site.log_out(before).await
    {
        tracing::debug!(%cause, "the session before could not be ended");
    }
    // Whoever is known is answered in his own language; the one asked for was a stranger's.
    let answer = json(&ask.site.me(&entered.caller).await?)?;
    with_cookie(answer, ask.secure, &entered.token, "")
}

async fn log_out(ask: Ask<LoggedIn>) -> Answer {
    if let Some(token) = &ask.token {
        ask.site.log_out(token).await?;
    }
    with_cookie(nothing()?, ask.secure, "", "; Max-Age=0")
}

fn with_cookie(mut answer: Response, secure: bool, token: &str, more: &str) -> Answer {
    let name = Asker::cookie_name(secure);
    let lock = if secure { "; Secure" } else { "" };
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{lock}{more}");
    let value = HeaderValue::try_from(text).map_err(|_| Fault::from(Edge::broken()))?;
    answer.headers_mut().insert(header::SET_COOKIE, value);
    Ok(answer)
}
