//! Ledgers: balances at any day, turnover, entries.

use super::{
    ask::{Answer, Ask, LoggedIn, json},
    route::Route,
    shape::{Key, Kind, optional},
};
use runtime::{BalanceAsked, EntriesAsked, TurnoverAsked};

const BY: Key = optional(
    "by",
    Kind::Names,
    "Dimensions to group by, with commas; left out: all",
);
const FILTER: Key = optional("filter", Kind::Map, "Which rows, as `rows` in packages");
const FROM: Key = optional("from", Kind::Day, "The first day");
const TO: Key = optional("to", Kind::Day, "The last day");
const AFTER: Key = optional("after", Kind::Text, "The `next` of the page before");
const LIMIT: Key = optional("limit", Kind::Whole, "Most rows of a page");

const BALANCE: &[Key] = &[
    optional("at", Kind::Day, "At the end of this day; left out: now"),
    BY,
    FILTER,
    AFTER,
    LIMIT,
];
/// Turnover is answered whole; a page is asked for as with the other two.
const TURNOVER: &[Key] = &[FROM, TO, BY, FILTER, AFTER, LIMIT];
const ENTRIES: &[Key] = &[FROM, TO, FILTER, AFTER, LIMIT];

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/ledgers", LoggedIn, ledgers)
            .says("The ledgers the caller may read")
            .gives("Ledgers"),
        Route::get("/api/ledgers/{module}/{ledger}", LoggedIn, ledger)
            .says("A ledger: dimensions, attributes, measures, constraints")
            .gives("Ledger"),
        Route::get("/api/ledgers/{module}/{ledger}/balance", LoggedIn, balance)
            .says("Balances")
            .query(BALANCE)
            .gives("Balances"),
        Route::get(
            "/api/ledgers/{module}/{ledger}/turnover",
            LoggedIn,
            turnover,
        )
        .says("Opening, in, out and closing of a span of days")
        .query(TURNOVER)
        .gives("Turnovers"),
        Route::get("/api/ledgers/{module}/{ledger}/entries", LoggedIn, entries)
            .says("The entries behind it")
            .query(ENTRIES)
            .gives("Entries"),
    ]
}

async fn ledgers(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.ledgers(&ask.caller))
}

async fn ledger(ask: Ask<LoggedIn>) -> Answer {
    json(&ask.site.ledger(&ask.caller, &ask.ledger()?)?)
}

async fn balance(ask: Ask<LoggedIn>) -> Answer {
    let q = &ask.query;
    let asked = BalanceAsked {
        at: q.day("at"),
        by: q.names("by"),
        filter: q.map("filter"),
        after: q.maybe_text("after").map(str::to_string),
        limit: q.limit(),
    };
    json(&ask.site.balance(&ask.caller, &ask.ledger()?, asked).await?)
}

async fn turnover(ask: Ask<LoggedIn>) -> Answer {
    let q = &ask.query;
    let asked = TurnoverAsked {
        from: q.day("from"),
        to: q.day("to"),
        by: q.names("by"),
        filter: q.map("filter"),
    };
    json(
        &ask.site
            .turnover(&ask.caller, &ask.ledger()?, asked)
            .await?,
    )
}

async fn entries(ask: Ask<LoggedIn>) -> Answer {
    let q = &ask.query;
    let asked = EntriesAsked {
        from: q.day("from"),
        to: q.day("to"),
        filter: q.map("filter"),
        after: q.maybe_text("after").map(str::to_string),
        limit: q.limit(),
    };
    json(&ask.site.entries(&ask.caller, &ask.ledger()?, asked).await?)
}
