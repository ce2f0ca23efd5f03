//! The one who is logged in, and his colleagues.

use super::{
    ask::{Answer, Ask, LoggedIn, json},
    route::Route,
    shape::{Key, Kind, needed, optional},
};
use runtime::ChangeMe;
use serde_json::Value;

const PASSWORD: &[Key] = &[
    needed("old", Kind::Text, "The password until now"),
    needed("new", Kind::Text, "The password from now on"),
];
const CHANGE: &[Key] = &[
    optional(
        "language",
        Kind::Word(&["en", "zh-CN", "zh-TW"]),
        "The language of labels and sentences",
    ),
    optional(
        "settings",
        Kind::Map,
        "What the web app keeps for this user; the engine does not look inside",
    ),
    optional("password", Kind::Object(PASSWORD), "A new password"),
];
const PEOPLE: &[Key] = &[optional("q", Kind::Text, "A part of the name")];

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/me", LoggedIn, me)
            .says("Who is logged in: roles, menu, counts, and the token against forged requests")
            .gives("Me"),
        Route::patch("/api/me", LoggedIn, change)
            .says("Changes language, settings or password")
            .takes(CHANGE)
            .gives("Me"),
        Route::get("/api/people", LoggedIn, people)
            .says("Colleagues who have a login")
            .query(PEOPLE)
            .gives("People"),
    ]
}

async fn me(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.me(&ask.caller).await?)
}

async fn change(ask: Ask<LoggedIn>) -> Answer {
    let change = ChangeMe {
        language: ask.body.maybe_text("language").map(str::to_string),
        settings: ask.body.maybe_map("settings").map(Value::Object),
        password: ask
            .body
            .object("password")
            .map(|p| (p.text("old").to_string(), p.text("new").to_string())),
    };
    ask.site.change_me(&ask.caller, change).await?;
    let now = ask.site.again(&ask.caller).await?;
    json(&ask.site.me(&now).await?)
}

async fn people(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.people(&ask.caller, ask.query.text("q")).await?)
}
