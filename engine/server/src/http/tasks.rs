//! Tasks: the in-boxes, one task with its sheet, and what may be done with it.

use super::{
    ask::{Answer, Ask, LoggedIn, json},
    problem::Fault,
    records::marked,
    route::Route,
    shape::{Key, Kind, needed, optional},
};
use model::workflow::How;
use runtime::{CompleteAsked, Error, Folder, view::Done};
use serde_json::json as object;

const OPINION: Key = optional("opinion", Kind::Text, "What the one who decides has to say");
const USERS: Key = needed("users", Kind::Ids, "Whom, by user");

const LIST: &[Key] = &[
    optional(
        "box",
        Kind::Word(&["todo", "done", "mine", "copied", "drafts"]),
        "Which box; left out: todo",
    ),
    optional("q", Kind::Text, "Words to search for"),
    optional("after", Kind::Text, "The `next` of the page before"),
    optional("limit", Kind::Whole, "Most rows of a page"),
];
const COMPLETE: &[Key] = &[
    needed("outcome", Kind::Name, "One of the outcomes the task offers"),
    OPINION,
    optional("values", Kind::Map, "Fields that change with it"),
    needed(
        "version",
        Kind::Whole,
        "The version of the record that was decided on",
    ),
];
const RETURN: &[Key] = &[
    needed("to", Kind::Name, "The node it goes back to"),
    OPINION,
];
const TRANSFER: &[Key] = &[
    needed("to", Kind::Id, "The user who shall do it instead"),
    OPINION,
];
const ADD_SEAT: &[Key] = &[
    USERS,
    needed(
        "how",
        Kind::Word(&["before", "after", "parallel"]),
        "When the added ones decide",
    ),
    OPINION,
];
const DROP_SEAT: &[Key] = &[needed("user", Kind::Id, "Whose seat, by user"), OPINION];
const DELEGATE: &[Key] = &[needed("to", Kind::Id, "The user who is asked"), OPINION];
const TAKE_BACK: &[Key] = &[OPINION];
const HAND_OVER: &[Key] = &[needed("to", Kind::Id, "The user who takes over")];
const COPY: &[Key] = &[USERS, OPINION];

pub fn routes() -> Vec<Route> {
    let mut operations = vec![
        Route::post("/api/tasks/{id}/complete", LoggedIn, complete)
            .says("Completes it with an outcome")
            .takes(COMPLETE),
        Route::post("/api/tasks/{id}/return", LoggedIn, send_back)
            .says("Sends the record back")
            .takes(RETURN),
        Route::post("/api/tasks/{id}/transfer", LoggedIn, transfer)
            .says("Gives it to somebody else")
            .takes(TRANSFER),
        Route::post("/api/tasks/{id}/add_seat", LoggedIn, add_seat)
            .says("Asks further people to decide")
            .takes(ADD_SEAT),
        Route::post("/api/tasks/{id}/claim", LoggedIn, claim)
            .says("Takes a role's task without deciding yet")
            .takes(&[]),
        Route::post("/api/tasks/{id}/unclaim", LoggedIn, unclaim)
            .says("Puts a role's task back")
            .takes(&[]),
        Route::post("/api/tasks/{id}/drop_seat", LoggedIn, drop_seat)
            .says("Takes somebody out of the ballot who has not acted")
            .takes(DROP_SEAT),
        Route::post("/api/tasks/{id}/delegate", LoggedIn, delegate)
            .says("Asks somebody for advice; then it comes back")
            .takes(DELEGATE),
        Route::post("/api/tasks/{id}/take_back", LoggedIn, take_back)
            .says("Has it again after deciding, while nobody after it has acted")
            .takes(TAKE_BACK),
        Route::post("/api/tasks/{id}/remind", LoggedIn, remind)
            .says("Reminds those it waits for")
            .takes(&[]),
        Route::post("/api/tasks/{id}/copy", LoggedIn, copy)
            .says("Lets further people read the record")
            .takes(COPY),
    ];
    for route in &mut operations {
        route.keyed = true;
        route.gives = "TaskDone";
    }
    operations.extend([
        Route::post("/api/users/{id}/hand_over", LoggedIn, hand_over)
            .says("Gives every waiting task of a user who has left to another")
            .takes(HAND_OVER)
            .gives("HandedOver"),
        Route::get("/api/tasks", LoggedIn, list)
            .says("A page of one of the caller's boxes")
            .query(LIST)
            .gives("TaskPage"),
        Route::get("/api/tasks/{id}", LoggedIn, task)
            .says("A task, what may be done with it, and its record as the node shows it")
            .gives("TaskSheet"),
    ]);
    operations
}

async fn list(ask: Ask<LoggedIn>) -> Answer {
    let q = &ask.query;
    let folder = match q.text("box") {
        "done" => Folder::Done,
        "mine" => Folder::Mine,
        "copied" => Folder::Copied,
        "drafts" => Folder::Drafts,
        _ => Folder::Todo,
    };
    let page = ask.site.tasks(
        &ask.caller,
        folder,
        q.text("q"),
        q.maybe_text("after"),
        q.limit(),
    );
    json(&page.await?)
}

async fn task(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.task(&ask.caller, ask.id()?).await?)
}

async fn complete(ask: Ask<LoggedIn>) -> Answer {
    let body = &ask.body;
    let asked = CompleteAsked {
        outcome: body.name("outcome"),
        opinion: body.text("opinion").to_string(),
        values: body.map("values"),
        version: Some(body.version()),
    };
    done(
        ask.site
            .complete(&ask.caller, ask.key()?, ask.id()?, asked)
            .await,
    )
}

async fn send_back(ask: Ask<LoggedIn>) -> Answer {
    let to = ask.body.needed_name("to")?;
    let opinion = ask.body.text("opinion");
    done(
        ask.site
            .send_back(&ask.caller, ask.key()?, ask.id()?, to, opinion)
            .await,
    )
}

async fn transfer(ask: Ask<LoggedIn>) -> Answer {
    let to = ask.body.needed_id("to")?;
    let opinion = ask.body.text("opinion");
    done(
        ask.site
            .transfer(&ask.caller, ask.key()?, ask.id()?, to, opinion)
            .await,
    )
}

async fn add_seat(ask: Ask<LoggedIn>) -> Answer {
    let how = match ask.body.text("how") {
        "before" => How::Before,
        "after" => How::After,
        _ => How::Parallel,
    };
    let (users, opinion) = (ask.body.ids("users"), ask.body.text("opinion"));
    done(
        ask.site
            .add_seat(&ask.caller, ask.key()?, ask.id()?, users, how, opinion)
            .await,
    )
}

async fn claim(ask: Ask<LoggedIn>) -> Answer {
    done(ask.site.claim(&ask.caller, ask.key()?, ask.id()?).await)
}

async fn unclaim(ask: Ask<LoggedIn>) -> Answer {
    done(ask.site.unclaim(&ask.caller, ask.key()?, ask.id()?).await)
}

async fn drop_seat(ask: Ask<LoggedIn>) -> Answer {
    let who = ask.body.needed_id("user")?;
    let opinion = ask.body.text("opinion");
    done(
        ask.site
            .drop_seat(&ask.caller, ask.key()?, ask.id()?, who, opinion)
            .await,
    )
}

async fn delegate(ask: Ask<LoggedIn>) -> Answer {
    let to = ask.body.needed_id("to")?;
    let opinion = ask.body.text("opinion");
    done(
        ask.site
            .delegate(&ask.caller, ask.key()?, ask.id()?, to, opinion)
            .await,
    )
}

async fn take_back(ask: Ask<LoggedIn>) -> Answer {
    let opinion = ask.body.text("opinion");
    done(
        ask.site
            .take_back(&ask.caller, ask.key()?, ask.id()?, opinion)
            .await,
    )
}

async fn remind(ask: Ask<LoggedIn>) -> Answer {
    done(ask.site.remind(&ask.caller, ask.key()?, ask.id()?).await)
}

async fn copy(ask: Ask<LoggedIn>) -> Answer {
    let (users, opinion) = (ask.body.ids("users"), ask.body.text("opinion"));
    done(
        ask.site
            .copy(&ask.caller, ask.key()?, ask.id()?, users, opinion)
            .await,
    )
}

async fn hand_over(ask: Ask<LoggedIn>) -> Answer {
    let to = ask.body.needed_id("to")?;
    json(&ask.site.hand_over(&ask.caller, ask.id()?, to).await?)
}

/// What an operation answers: the caller's next task, and where the record stands.
fn done(done: Result<Done, Error>) -> Answer {
    let done = done.map_err(Fault::from)?;
    let answer = json(&object!({
        "next": done.next,
        "record": {
            "form": done.form,
            "id": done.id,
            "version": done.version,
            "status": done.status,
            "number": done.number,
        },
    }))?;
    marked(answer, &done)
}
