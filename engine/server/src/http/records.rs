//! Records: lists, sheets, and the commands on them.

use super::{
    ask::{Answer, Ask, LoggedIn, json, json_with, nothing},
    problem::{Edge, Fault},
    route::Route,
    shape::{Key, Kind, needed, optional},
};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use model::{Id, Ref};
use runtime::{Error, EvaluateAsked, ListAsked, Steer, view::Done};
use serde_json::{Value, json as object};

const WORDS: Key = optional("q", Kind::Text, "Words to search for");
const FILTER: Key = optional("filter", Kind::Map, "Which rows, as `rows` in packages");
const VALUES: Key = optional("values", Kind::Map, "Values by field");
const VERSION: Key = needed(
    "version",
    Kind::Whole,
    "The version the command was made on",
);
const REASON: Key = optional("reason", Kind::Text, "Why, for the history");

const LIST: &[Key] = &[
    WORDS,
    FILTER,
    optional(
        "sort",
        Kind::Words,
        "Fields with commas, `-` before one that falls",
    ),
    optional("columns", Kind::Words, "Fields wanted, with commas"),
    optional("after", Kind::Text, "The `next` of the page before"),
    optional("limit", Kind::Whole, "Most rows of a page"),
    optional("box", Kind::Word(&["mine"]), "Only those the caller made"),
];
const COUNT: &[Key] = &[WORDS, FILTER];
const NEW: &[Key] = &[VALUES];
const EVALUATE: &[Key] = &[
    optional(
        "id",
        Kind::Id,
        "The record being changed; left out for a new one",
    ),
    optional("task", Kind::Id, "The task at which it is changed"),
    optional("base", Kind::Whole, "The version that is being changed"),
    VALUES,
];
const CREATE: &[Key] = &[
    VALUES,
    optional("parent", Kind::Id, "Of a tree: the record above"),
];
const CHANGE: &[Key] = &[
    VERSION,
    needed("values", Kind::Map, "The fields that change"),
];
const DELETE: &[Key] = &[VERSION];
const SUBMIT: &[Key] = &[VERSION, VALUES];
const END: &[Key] = &[VERSION, REASON];
const JUMP: &[Key] = &[
    needed("to", Kind::Name, "The node to go on at"),
    VERSION,
    REASON,
];
const MAKE: &[Key] = &[needed(
    "make",
    Kind::Ref,
    "How the new record follows from this one",
)];
const COMMENT: &[Key] = &[needed("text", Kind::Text, "What to say")];

const COMMENTS: &[Key] = &[optional(
    "after",
    Kind::Text,
    "The `next` of the page before",
)];

pub fn routes() -> Vec<Route> {
    const ALL: &str = "/api/records/{module}/{form}";
    const ONE: &str = "/api/records/{module}/{form}/{id}";
    let mut routes = vec![
        Route::get(ALL, LoggedIn, list)
            .says("A page of the list")
            .query(LIST)
            .gives("Page"),
        Route::post(ALL, LoggedIn, create)
            .says("Makes a record")
            .takes(CREATE)
            .makes("Sheet"),
        Route::get("/api/records/{module}/{form}/count", LoggedIn, count)
            .says("How many there are, counted up to a bound")
            .query(COUNT)
            .gives("Count"),
        Route::get("/api/records/{module}/{form}/new", LoggedIn, blank)
            .says("A new record with its defaults, not stored")
            .query(NEW)
            .gives("Sheet"),
        Route::post("/api/records/{module}/{form}/evaluate", LoggedIn, evaluate)
            .says("What follows from values being filled in, not stored")
            .takes(EVALUATE)
            .gives("Sheet"),
        Route::get(ONE, LoggedIn, sheet)
            .says("A record")
            .gives("Sheet"),
        Route::patch(ONE, LoggedIn, change)
            .says("Changes fields")
            .takes(CHANGE)
            .gives("Sheet"),
        Route::delete(ONE, LoggedIn, delete)
            .says("Deletes a draft")
            .query(DELETE),
        Route::post("/api/records/{module}/{form}/{id}/submit", LoggedIn, submit)
            .says("Hands it in")
            .takes(SUBMIT)
            .gives("Sheet"),
        Route::post(
            "/api/records/{module}/{form}/{id}/withdraw",
            LoggedIn,
            withdraw,
        )
        .says("Takes it back before it is posted")
        .takes(END)
        .gives("Sheet"),
        Route::post(
            "/api/records/{module}/{form}/{id}/reverse",
            LoggedIn,
            reverse,
        )
        .says("Undoes what it posted")
        .takes(END)
        .gives("Sheet"),
        Route::post("/api/records/{module}/{form}/{id}/jump", LoggedIn, jump)
            .says("Moves what runs to another node; for those with the right to steer")
            .takes(JUMP)
            .gives("Sheet"),
        Route::post(
            "/api/records/{module}/{form}/{id}/suspend",
            LoggedIn,
            suspend,
        )
        .says("Stops what runs for a while; for those with the right to steer")
        .takes(END)
        .gives("Sheet"),
        Route::post("/api/records/{module}/{form}/{id}/resume", LoggedIn, resume)
            .says("Lets what was suspended go on")
            .takes(END)
            .gives("Sheet"),
        Route::post(
            "/api/records/{module}/{form}/{id}/terminate",
            LoggedIn,
            terminate,
        )
        .says("Ends what runs before its time; for those with the right to steer")
        .takes(END)
        .gives("Sheet"),
        Route::post("/api/records/{module}/{form}/{id}/make", LoggedIn, make)
            .says("Makes the record that follows from it")
            .takes(MAKE)
            .makes("Made"),
        Route::post(
            "/api/records/{module}/{form}/{id}/comments",
            LoggedIn,
            comment,
        )
        .says("Says something about it")
        .takes(COMMENT)
        .makes("Comment"),
    ];
    for route in &mut routes {
        // Evaluating stores nothing; all other unsafe ones are commands.
        route.keyed = !route.safe() && !route.path.ends_with("/evaluate");
    }
    routes.extend([
        Route::get(
            "/api/records/{module}/{form}/{id}/preview",
            LoggedIn,
            preview,
        )
        .says("The path and the people if it were submitted now")
        .gives("Preview"),
        Route::get("/api/records/{module}/{form}/{id}/flow", LoggedIn, flow)
            .says("Where it has been, where it is, where it will go")
            .gives("Flow"),
        Route::get(
            "/api/records/{module}/{form}/{id}/history",
            LoggedIn,
            history,
        )
        .says("Who changed what")
        .gives("History"),
        Route::get(
            "/api/records/{module}/{form}/{id}/comments",
            LoggedIn,
            comments,
        )
        .says("What was said about it, newest first")
        .query(COMMENTS)
        .gives("Comments"),
    ]);
    routes
}

async fn list(ask: Ask<LoggedIn>) -> Answer {
    let q = &ask.query;
    let asked = ListAsked {
        q: q.text("q").to_string(),
        filter: q.map("filter"),
        sort: q.words("sort"),
        columns: q.words("columns"),
        after: q.maybe_text("after").map(str::to_string),
        limit: q.limit(),
        mine: q.has("box"),
    };
    json(&ask.site.list(&ask.caller, &ask.form()?, asked).await?)
}

async fn count(ask: Ask<LoggedIn>) -> Answer {
    let (q, filter) = (ask.query.text("q"), ask.query.map("filter"));
    json(
        &ask.site
            .count(&ask.caller, &ask.form()?, q, &filter)
            .await?,
    )
}

async fn blank(ask: Ask<LoggedIn>) -> Answer {
    json(
        &ask.site
            .blank(&ask.caller, &ask.form()?, ask.query.map("values"))
            .await?,
    )
}

async fn evaluate(ask: Ask<LoggedIn>) -> Answer {
    let asked = EvaluateAsked {
        id: ask.body.id("id"),
        task: ask.body.id("task"),
        values: ask.body.map("values"),
    };
    json(&ask.site.evaluate(&ask.caller, &ask.form()?, asked).await?)
}

async fn sheet(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.sheet(&ask.caller, &ask.form()?, ask.id()?).await?)
}

async fn create(ask: Ask<LoggedIn>) -> Answer {
    let mut values = ask.body.map("values");
    if let Some(parent) = ask.body.id("parent") {
        values.insert("parent".into(), object!(parent));
    }
    let done = ask
        .site
        .create(&ask.caller, ask.key()?, &ask.form()?, values)
        .await?;
    after(&ask, StatusCode::CREATED, done).await
}

async fn change(ask: Ask<LoggedIn>) -> Answer {
    let (form, id, version) = (ask.form()?, ask.id()?, ask.body.version());
    let values = ask.body.map("values");
    let done = ask
        .site
        .change(&ask.caller, ask.key()?, &form, id, version, values)
        .await;
    settle(&ask, &form, id, version, done).await
}

async fn delete(ask: Ask<LoggedIn>) -> Answer {
    let (form, id, version) = (ask.form()?, ask.id()?, ask.query.version());
    match ask
        .site
        .delete(&ask.caller, ask.key()?, &form, id, version)
        .await
    {
        Ok(_) => nothing(),
        Err(error) => Err(both_sides(&ask, &form, id, version, error).await),
    }
}

async fn submit(ask: Ask<LoggedIn>) -> Answer {
    let (form, id, version) = (ask.form()?, ask.id()?, ask.body.version());
    let values = ask.body.map("values");
    let done = ask
        .site
        .submit(&ask.caller, ask.key()?, &form, id, version, values)
        .await;
    settle(&ask, &form, id, version, done).await
}

async fn withdraw(ask: Ask<LoggedIn>) -> Answer {
    let (form, id, version) = (ask.form()?, ask.id()?, ask.body.version());
    let reason = ask.body.text("reason");
    let done = ask
        .site
        .withdraw(&ask.caller, ask.key()?, &form, id, version, reason)
        .await;
    settle(&ask, &form, id, version, done).await
}

async fn reverse(ask: Ask<LoggedIn>) -> Answer {
    let (form, id, version) = (ask.form()?, ask.id()?, ask.body.version());
    let reason = ask.body.text("reason");
    let done = ask
        .site
        .reverse(&ask.caller, ask.key()?, &form, id, version, reason)
        .await;
    settle(&ask, &form, id, version, done).await
}

async fn jump(ask: Ask<LoggedIn>) -> Answer {
    let to = ask.body.needed_name("to")?;
    steer(&ask, Steer::Jump { to }).await
}

async fn suspend(ask: Ask<LoggedIn>) -> Answer {
    steer(&ask, Steer::Suspend).await
}

async fn resume(ask: Ask<LoggedIn>) -> Answer {
    steer(&ask, Steer::Resume).await
}

async fn terminate(ask: Ask<LoggedIn>) -> Answer {
    steer(&ask, Steer::Terminate).await
}

async fn steer(ask: &Ask<LoggedIn>, steer: Steer) -> Answer {
    let (form, id, version) = (ask.form()?, ask.id()?, ask.body.version());
    let reason = ask.body.text("reason");
    let done = ask
        .site
        .steer(&ask.caller, ask.key()?, &form, id, version, steer, reason)
        .await;
    settle(ask, &form, id, version, done).await
}

async fn make(ask: Ask<LoggedIn>) -> Answer {
    let make = ask
        .body
        .reference("make")
        .ok_or_else(|| Edge::missing_key("/make", "make"))?;
    let done = ask
        .site
        .make(&ask.caller, ask.key()?, &ask.form()?, ask.id()?, &make)
        .await?;
    let made = object!({ "form": done.form, "id": done.id });
    marked(json_with(StatusCode::CREATED, &made)?, &done)
}

async fn preview(ask: Ask<LoggedIn>) -> Answer {
    json(
        &ask.site
            .preview(&ask.caller, &ask.form()?, ask.id()?)
            .await?,
    )
}

async fn flow(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.flow(&ask.caller, &ask.form()?, ask.id()?).await?)
}

async fn history(ask: Ask<LoggedIn>) -> Answer {
    json(
        &ask.site
            .history(&ask.caller, &ask.form()?, ask.id()?)
            .await?,
    )
}

async fn comments(ask: Ask<LoggedIn>) -> Answer {
    json(
        &ask.site
            .comments(
                &ask.caller,
                &ask.form()?,
                ask.id()?,
                ask.query.maybe_text("after"),
            )
            .await?,
    )
}

async fn comment(ask: Ask<LoggedIn>) -> Answer {
    let text = ask.body.text("text");
    let said = ask
        .site
        .comment(&ask.caller, ask.key()?, &ask.form()?, ask.id()?, text)
        .await?;
    json_with(StatusCode::CREATED, &said)
}

/// The answer to a command on a record: the record as it is now, or both sides of a conflict.
async fn settle(
    ask: &Ask<LoggedIn>,
    form: &Ref,
    id: Id,
    version: u64,
    done: Result<Done, Error>,
) -> Answer {
    match done {
        Ok(done) => after(ask, StatusCode::OK, done).await,
        Err(error) => Err(both_sides(ask, form, id, version, error).await),
    }
}

/// What a command answers: the sheet, or only the outcome when that was preferred. A caller whose
/// own command took the record out of his sight learns the outcome, never that it failed.
async fn after(ask: &Ask<LoggedIn>, status: StatusCode, done: Done) -> Answer {
    let sheet = match ask.brief() {
        true => None,
        false => ask.site.sheet(&ask.caller, &done.form, done.id).await.ok(),
    };
    let mut answer = match &sheet {
        Some(sheet) => json_with(status, sheet)?,
        None => json_with(status, &done)?,
    };
    if ask.brief() {
        let name = HeaderName::from_static("preference-applied");
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static("return=minimal"));
    }
    if status == StatusCode::CREATED {
        let place = format!("/api/records/{}/{}", done.form, done.id);
        let place = HeaderValue::try_from(place).map_err(|_| Fault::from(Edge::broken()))?;
        answer.headers_mut().insert(header::LOCATION, place);
    }
    marked(answer, &done)
}

/// Tells a sender that his command had been done before.
pub fn marked(mut answer: Response, done: &Done) -> Answer {
    if done.replayed {
        let name = HeaderName::from_static("idempotency-replayed");
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static("true"));
    }
    Ok(answer)
}

/// A conflict shows what the record is now, and which fields changed since the sender read it.
async fn both_sides(ask: &Ask<LoggedIn>, form: &Ref, id: Id, asked: u64, error: Error) -> Fault {
    let Error::Stale { version } = error else {
        return error.into();
    };
    let theirs = match ask.site.sheet(&ask.caller, form, id).await {
        Ok(sheet) => object!(sheet),
        Err(_) => Value::Null,
    };
    let lines = ask
        .site
        .history(&ask.caller, form, id)
        .await
        .unwrap_or_default();
    let mut changed: Vec<String> = vec![];
    for change in lines
        .iter()
        .filter(|l| l.version > asked)
        .flat_map(|l| &l.changes)
    {
        if !changed.contains(&change.at) {
            changed.push(change.at.clone());
        }
    }
    Fault::Stale {
        version,
        theirs,
        changed,
    }
}
