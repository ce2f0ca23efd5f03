//! Every route there is, with what it is asked.

use super::{
    others,
    probe::Probe,
    reads::{self, NOTHING},
    who::Kind,
    world::{World, command, fresh},
};
use crate::house::{ask, get};
use axum::http::Method;
use serde_json::json;

/// A route, and what everybody asks it.
pub struct Channel {
    pub method: Method,
    pub path: &'static str,
    asks: Asks,
}

type Walk = fn(&World, Kind) -> Vec<Probe>;

enum Asks {
    Walk(Walk),
    /// It tells nothing of records or definitions: why not.
    Quiet(#[expect(dead_code, reason = "said for whoever reads the table")] &'static str),
}

const fn walk(method: Method, path: &'static str, walk: Walk) -> Channel {
    Channel {
        method,
        path,
        asks: Asks::Walk(walk),
    }
}
const fn quiet(method: Method, path: &'static str, why: &'static str) -> Channel {
    Channel {
        method,
        path,
        asks: Asks::Quiet(why),
    }
}

pub const CHANNELS: &[Channel] = &[
    quiet(Method::POST, "/api/session", "answers as /api/me does"),
    quiet(Method::DELETE, "/api/session", "answers nothing"),
    walk(Method::GET, "/api/me", |_, _| others::plain(&["/api/me"])),
    quiet(Method::PATCH, "/api/me", "answers as /api/me does"),
    walk(Method::GET, "/api/people", |_, _| {
        others::plain(&["/api/people", "/api/people?q=own"])
    }),
    walk(Method::GET, "/api/forms", |_, _| {
        others::plain(&["/api/forms"])
    }),
    walk(
        Method::GET,
        "/api/forms/{module}/{form}",
        others::definition,
    ),
    walk(Method::GET, "/api/records/{module}/{form}", |w, k| {
        let mut out = reads::list(w, k);
        out.extend(reads::notes(w, k));
        out
    }),
    walk(Method::POST, "/api/records/{module}/{form}", others::create),
    walk(
        Method::GET,
        "/api/records/{module}/{form}/count",
        reads::count,
    ),
    walk(Method::GET, "/api/records/{module}/{form}/new", |w, k| {
        others::tried(w, k, others::blank)
    }),
    walk(
        Method::POST,
        "/api/records/{module}/{form}/evaluate",
        others::evaluate,
    ),
    walk(
        Method::GET,
        "/api/records/{module}/{form}/{id}",
        reads::sheet,
    ),
    walk(
        Method::PATCH,
        "/api/records/{module}/{form}/{id}",
        |w, k| {
            let body = json!({ "version": 1000, "values": { "plain": "changed" } });
            reads::stale(w, k, Method::PATCH, "", body)
        },
    ),
    walk(
        Method::DELETE,
        "/api/records/{module}/{form}/{id}",
        |w, k| reads::stale(w, k, Method::DELETE, "", json!({})),
    ),
    walk(
        Method::POST,
        "/api/records/{module}/{form}/{id}/submit",
        |w, k| reads::stale(w, k, Method::POST, "/submit", json!({ "version": 1000 })),
    ),
    walk(
        Method::POST,
        "/api/records/{module}/{form}/{id}/withdraw",
        |w, k| reads::stale(w, k, Method::POST, "/withdraw", json!({ "version": 1000 })),
    ),
    walk(
        Method::POST,
        "/api/records/{module}/{form}/{id}/reverse",
        |w, k| reads::stale(w, k, Method::POST, "/reverse", json!({ "version": 1000 })),
    ),
    walk(
        Method::POST,
        "/api/records/{module}/{form}/{id}/jump",
        |w, k| steered(w, k, "/jump"),
    ),
    walk(
        Method::POST,
        "/api/records/{module}/{form}/{id}/suspend",
        |w, k| steered(w, k, "/suspend"),
    ),
    walk(
        Method::POST,
        "/api/records/{module}/{form}/{id}/resume",
        |w, k| steered(w, k, "/resume"),
    ),
    walk(
        Method::POST,
        "/api/records/{module}/{form}/{id}/terminate",
        |w, k| steered(w, k, "/terminate"),
    ),
    walk(
        Method::POST,
        "/api/records/{module}/{form}/{id}/make",
        others::make,
    ),
    walk(
        Method::POST,
        "/api/records/{module}/{form}/{id}/comments",
        others::remark,
    ),
    walk(
        Method::GET,
        "/api/records/{module}/{form}/{id}/preview",
        reads::preview,
    ),
    walk(
        Method::GET,
        "/api/records/{module}/{form}/{id}/flow",
        reads::flow,
    ),
    walk(
        Method::GET,
        "/api/records/{module}/{form}/{id}/history",
        reads::history,
    ),
    walk(
        Method::GET,
        "/api/records/{module}/{form}/{id}/comments",
        reads::comments,
    ),
    quiet(Method::POST, "/api/files", "answers what was sent"),
    walk(
        Method::GET,
        "/api/records/{module}/{form}/{id}/files/{hash}",
        reads::file,
    ),
    walk(Method::GET, "/api/lookup/{module}/{target}", others::lookup),
    walk(Method::GET, "/api/tasks", others::tasks),
    walk(Method::GET, "/api/tasks/{id}", |w, k| {
        others::task(w, k, &|id| get(&format!("/api/tasks/{id}")), true)
    }),
    walk(Method::POST, "/api/tasks/{id}/complete", |w, k| {
        on_task(
            w,
            k,
            "complete",
            json!({ "outcome": "approve", "version": 1000 }),
        )
    }),
    walk(Method::POST, "/api/tasks/{id}/return", |w, k| {
        on_task(w, k, "return", json!({ "to": "sent", "opinion": "no" }))
    }),
    walk(Method::POST, "/api/tasks/{id}/transfer", |w, k| {
        on_task(w, k, "transfer", json!({ "to": NOTHING }))
    }),
    walk(Method::POST, "/api/tasks/{id}/add_seat", |w, k| {
        on_task(
            w,
            k,
            "add_seat",
            json!({ "users": [NOTHING], "how": "after" }),
        )
    }),
    walk(Method::POST, "/api/tasks/{id}/claim", |w, k| {
        on_task(w, k, "claim", json!({}))
    }),
    walk(Method::POST, "/api/tasks/{id}/unclaim", |w, k| {
        on_task(w, k, "unclaim", json!({}))
    }),
    walk(Method::POST, "/api/tasks/{id}/drop_seat", |w, k| {
        on_task(w, k, "drop_seat", json!({ "user": NOTHING }))
    }),
    walk(Method::POST, "/api/tasks/{id}/delegate", |w, k| {
        on_task(w, k, "delegate", json!({ "to": NOTHING }))
    }),
    walk(Method::POST, "/api/tasks/{id}/take_back", |w, k| {
        on_task(w, k, "take_back", json!({}))
    }),
    walk(Method::POST, "/api/tasks/{id}/remind", |w, k| {
        on_task(w, k, "remind", json!({}))
    }),
    walk(Method::POST, "/api/tasks/{id}/copy", |w, k| {
        on_task(w, k, "copy", json!({ "users": [NOTHING] }))
    }),
    walk(Method::POST, "/api/users/{id}/hand_over", others::handed),
    walk(Method::GET, "/api/ledgers", others::ledgers),
    walk(
        Method::GET,
        "/api/ledgers/{module}/{ledger}",
        others::ledger,
    ),
    walk(
        Method::GET,
        "/api/ledgers/{module}/{ledger}/balance",
        |w, k| others::book(w, k, "balance"),
    ),
    walk(
        Method::GET,
        "/api/ledgers/{module}/{ledger}/turnover",
        |w, k| others::book(w, k, "turnover"),
    ),
    walk(
        Method::GET,
        "/api/ledgers/{module}/{ledger}/entries",
        |w, k| others::book(w, k, "entries"),
    ),
    walk(Method::GET, "/api/views/{module}/{form}", others::views),
    quiet(
        Method::POST,
        "/api/views/{module}/{form}",
        "answers what was sent",
    ),
    quiet(
        Method::DELETE,
        "/api/views/{module}/{form}/{id}",
        "answers nothing",
    ),
    walk(Method::GET, "/api/notices", others::notices),
    quiet(Method::POST, "/api/notices/read", "answers nothing"),
    quiet(
        Method::GET,
        "/api/packages",
        "for administrators, who read all definitions",
    ),
    quiet(
        Method::PUT,
        "/api/packages/{name}",
        "for administrators, who read all definitions",
    ),
    quiet(Method::GET, "/api/stream", "heard in `news`"),
    walk(Method::GET, "/api/health", |_, _| {
        others::plain(&["/api/health"])
    }),
    walk(Method::GET, "/api/openapi.json", |_, _| {
        others::plain(&["/api/openapi.json"])
    }),
    walk(Method::GET, "/metrics", |_, _| others::plain(&["/metrics"])),
];

fn steered(world: &World, kind: Kind, part: &str) -> Vec<Probe> {
    let body = match part {
        "/jump" => json!({ "version": 1000, "to": "sent" }),
        _ => json!({ "version": 1000 }),
    };
    reads::stale(world, kind, Method::POST, part, body)
}

fn on_task(world: &World, kind: Kind, act: &str, body: serde_json::Value) -> Vec<Probe> {
    let sent = |id: &str| {
        command(
            Method::POST,
            &format!("/api/tasks/{id}/{act}"),
            body.clone(),
            &fresh(),
        )
    };
    others::task(world, kind, &sent, false)
}

/// Everything that somebody asks.
pub fn probes(world: &World, kind: Kind) -> Vec<Probe> {
    let walked = CHANNELS.iter().flat_map(|c| match c.asks {
        Asks::Walk(walk) => walk(world, kind),
        Asks::Quiet(_) => vec![],
    });
    let mut out: Vec<Probe> = walked.collect();
    out.extend(CHANNELS.iter().flat_map(|c| unknown(world, kind, c)));
    out.extend(replayed(world, kind));
    out
}

/// A form he knows nothing of is as one that is not there, whatever is asked about it.
fn unknown(world: &World, kind: Kind, channel: &Channel) -> Vec<Probe> {
    if !channel.path.contains("{form}") && !channel.path.contains("{target}") {
        return vec![];
    }
    let filled = |form: &str, id: &str| {
        let path = channel
            .path
            .replace("{module}", "m")
            .replace("{form}", form);
        let path = path.replace("{target}", form).replace("{id}", id);
        let path = path.replace("{hash}", &"0".repeat(64));
        let deletes = channel.method == Method::DELETE && path.starts_with("/api/records");
        let path = if deletes {
            format!("{path}?version=1")
        } else {
            path
        };
        let part = path.rsplit('/').next().unwrap_or_default();
        let body = match part {
            "submit" | "withdraw" | "reverse" | "suspend" | "resume" | "terminate" => {
                json!({ "version": 1 })
            }
            "jump" => json!({ "version": 1, "to": "sent" }),
            "make" => json!({ "make": "m/memo" }),
            "comments" => json!({ "text": "hello" }),
            _ if channel.method == Method::PATCH => json!({ "version": 1, "values": {} }),
            _ if path.starts_with("/api/views") => json!({ "name": "x", "query": {} }),
            _ => json!({}),
        };
        let sent = ask(channel.method.clone(), &path).header("idempotency-key", &fresh());
        match channel.method {
            Method::GET | Method::DELETE => sent,
            _ => sent.json(body.to_string()),
        }
    };
    let mut out = vec![];
    let mut forms = vec![("vault", world.master("vault", "it"))];
    if !kind.knows_papers() {
        forms.push(("paper", &world.papers[0].id));
    }
    for (form, id) in forms {
        if kind != Kind::Clerk {
            let mine = Probe::of(filled(form, id)).status(404);
            out.push(mine.like(filled("nothing", id), form, "nothing"));
        }
    }
    out
}

/// What the clerk did under a key is not answered to somebody else under the same key.
fn replayed(world: &World, kind: Kind) -> Vec<Probe> {
    if kind == Kind::Clerk {
        return vec![];
    }
    let paper = &world.papers[10];
    let path = format!("/api/records/m/paper/{}", paper.id);
    let body = json!({ "version": paper.version - 1, "values": { "tier": "10" } });
    let sent = |key: &str| command(Method::PATCH, &path, body.clone(), key);
    let probe = Probe::of(sent("the-clerks-key")).must_not(["idempotency-replayed"]);
    vec![probe.like(sent(&fresh()), "", "")]
}
