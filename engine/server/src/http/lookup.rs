//! What a link may point to, while somebody is filling in a form.

use super::{
    ask::{Answer, Ask, LoggedIn, json},
    problem::Edge,
    route::Route,
    shape::{Key, Kind, optional},
};
use model::Path;
use runtime::{Error, LookupAsked};

const LOOKUP: &[Key] = &[
    optional(
        "q",
        Kind::Text,
        "A part of its text; left out: those used lately",
    ),
    optional("limit", Kind::Whole, "Most answers"),
    optional("for", Kind::Ref, "The form being filled in"),
    optional(
        "field",
        Kind::Text,
        "The link field in it, as `field` or `table.field`",
    ),
    optional(
        "values",
        Kind::Map,
        "What is filled in so far; the field's rows may depend on it",
    ),
];

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/lookup/{module}/{target}", LoggedIn, lookup)
            .says("What a link may point to: records of a form, or lines of `form.table`")
            .query(LOOKUP)
            .gives("Choices"),
    ]
}

async fn lookup(ask: Ask<LoggedIn>) -> Answer {
    let q = &ask.query;
    let of = match (q.reference("for"), q.maybe_text("field")) {
        (Some(form), Some(field)) => {
            let path: Path = field
                .parse()
                .map_err(|_| Edge::bad_value("field", "a path"))?;
            Some((form, path))
        }
        (None, None) => None,
        (Some(_), None) => return Err(Edge::missing_key("field", "field").into()),
        (None, Some(_)) => return Err(Edge::missing_key("for", "for").into()),
    };
    let asked = LookupAsked {
        q: q.text("q").to_string(),
        limit: q.limit(),
        of,
        values: q.map("values"),
    };
    let (module, target) = (ask.part("module"), ask.part("target"));
    if module.is_empty() || target.is_empty() {
        return Err(Error::NotFound.into());
    }
    json(
        &ask.site
            .lookup(&ask.caller, &format!("{module}/{target}"), asked)
            .await?,
    )
}
