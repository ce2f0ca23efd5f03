//! Saved views of a list.

use super::{
    ask::{Answer, Ask, LoggedIn, json, json_with, nothing},
    route::Route,
    shape::{Key, Kind, needed, optional},
};
use axum::http::StatusCode;
use serde_json::Value;

const SAVE: &[Key] = &[
    needed("name", Kind::Text, "What the view is called"),
    needed(
        "query",
        Kind::Map,
        "filter, sort, columns, q; kept as they are",
    ),
    optional("shared", Kind::Flag, "Whether others see it"),
];

pub fn routes() -> Vec<Route> {
    const ALL: &str = "/api/views/{module}/{form}";
    vec![
        Route::get(ALL, LoggedIn, views)
            .says("The views of a list")
            .gives("SavedViews"),
        Route::post(ALL, LoggedIn, save)
            .says("Saves a view")
            .takes(SAVE)
            .makes("SavedView"),
        Route::delete("/api/views/{module}/{form}/{id}", LoggedIn, drop_view)
            .says("Takes a view away"),
    ]
}

async fn views(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.views(&ask.caller, &ask.form()?).await?)
}

async fn save(ask: Ask<LoggedIn>) -> Answer {
    let (name, query) = (ask.body.text("name"), Value::Object(ask.body.map("query")));
    let shared = ask.body.flag("shared");
    let view = ask
        .site
        .save_view(&ask.caller, &ask.form()?, name, query, shared)
        .await?;
    json_with(StatusCode::CREATED, &view)
}

async fn drop_view(ask: Ask<LoggedIn>) -> Answer {
    ask.site
        .drop_view(&ask.caller, &ask.form()?, ask.id()?)
        .await?;
    nothing()
}
