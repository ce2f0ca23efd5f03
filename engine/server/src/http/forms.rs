//! Forms as the caller may see them.

use super::{
    ask::{Answer, Ask, LoggedIn, json},
    route::Route,
};

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/forms", LoggedIn, forms)
            .says("The forms the caller may do something with")
            .gives("Forms"),
        Route::get("/api/forms/{module}/{form}", LoggedIn, definition)
            .says("A form: fields, layout, acts, and the JSON Schema of its values")
            .gives("Definition"),
    ]
}

async fn forms(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.forms(&ask.caller))
}

async fn definition(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.definition(&ask.caller, &ask.form()?).await?)
}
