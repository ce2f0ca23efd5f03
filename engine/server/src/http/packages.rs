//! The packages of the site.

use super::{
    ask::{Admin, Answer, Ask, json},
    problem::Edge,
    route::{PACKAGE_MAX, Route},
    shape::{Key, Kind, needed, optional},
};
use model::read::Files;

const PUT: &[Key] = &[needed(
    "files",
    Kind::Map,
    "Path in the package → text of the file",
)];
const HOW: &[Key] = &[optional(
    "dry_run",
    Kind::Flag,
    "Only tell what would happen; nothing is kept",
)];

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/packages", Admin, packages)
            .says("What is published")
            .gives("Packages"),
        Route::put("/api/packages/{name}", Admin, publish)
            .says("Publishes a package, or tells all its problems")
            .query(HOW)
            .takes_up_to(PUT, PACKAGE_MAX)
            .gives("Published"),
    ]
}

async fn packages(ask: Ask<Admin>) -> Answer {
    json(&ask.site.packages(&ask.caller).await?)
}

async fn publish(ask: Ask<Admin>) -> Answer {
    let name = ask.part("name");
    let name = name
        .parse()
        .map_err(|_| Edge::bad_value("name", "a name"))?;
    let mut files = Files::new();
    for (path, text) in ask.body.map("files") {
        let text = text
            .as_str()
            .ok_or_else(|| Edge::bad_value("/files", "texts by path"))?;
        files.insert(path, text.as_bytes().to_vec());
    }
    let dry_run = ask.query.flag("dry_run");
    json(
        &ask.site
            .publish(Some(&ask.caller), vec![(name, files)], dry_run)
            .await?,
    )
}
