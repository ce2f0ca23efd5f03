//! What the engine has told the caller.

use super::{
    ask::{Answer, Ask, LoggedIn, json, nothing},
    route::Route,
    shape::{Key, Kind, needed},
};

const READ: &[Key] = &[needed("ids", Kind::Ids, "Those that were read")];

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/notices", LoggedIn, notices)
            .says("The newest notices")
            .gives("Notices"),
        Route::post("/api/notices/read", LoggedIn, read)
            .says("Marks notices as read")
            .takes(READ)
            .gives_nothing(),
    ]
}

async fn notices(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.notices(&ask.caller).await?)
}

async fn read(ask: Ask<LoggedIn>) -> Answer {
    ask.site
        .read_notices(&ask.caller, ask.body.ids("ids"))
        .await?;
    nothing()
}
