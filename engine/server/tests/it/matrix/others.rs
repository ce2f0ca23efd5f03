//! Questions that are not put to the list of papers or to one of them.

use super::{
    probe::Probe,
    reads::{NOTHING, each, filtered, with},
    who::{GUARDED_HEADER, Kind, PAPERS, SEALED_HEADER, Sight, State, row},
    world::{World, command, fresh},
};
use crate::house::{Ask, get};
use axum::http::Method;
use serde_json::{Value, json};

/// A form as he may see it.
pub fn definition(world: &World, kind: Kind) -> Vec<Probe> {
    let mut out = vec![Probe::get("/api/forms/m/note").status(200)];
    if kind.knows_papers() {
        let fields = GUARDED_HEADER.iter().chain(SEALED_HEADER);
        let seen = fields.filter(|f| kind.most(f) > Sight::Nothing);
        let labels: Vec<&str> = seen.map(|f| world.canaries.label_of(f)).collect();
        out.push(Probe::get("/api/forms/m/paper").status(200).must(labels));
    }
    out
}

/// New notes and papers worked out: a link to a paper he does not see leads nowhere.
pub fn tried(world: &World, kind: Kind, ask: fn(&Value) -> Ask) -> Vec<Probe> {
    let mut out = vec![];
    for n in 0..PAPERS {
        let id = &world.papers[n].id;
        let probe = Probe::of(ask(&json!({ "paper": id })));
        out.push(match kind.sees(n) {
            true => probe.status(200).must([world.canaries.of(n, "plain")]),
            false => probe.like(ask(&json!({ "paper": NOTHING })), id, NOTHING),
        });
        if !n.is_multiple_of(3) {
            continue;
        }
        let key = format!("P-{:04}", n + 1);
        let probe = Probe::of(ask(&json!({ "paper": { "key": key } })));
        out.push(match kind.sees(n) {
            true => probe.status(200).must([world.canaries.of(n, "plain")]),
            false => probe.like(
                ask(&json!({ "paper": { "key": "P-9999" } })),
                &key,
                "P-9999",
            ),
        });
    }
    out
}
pub fn blank(values: &Value) -> Ask {
    get(&with(
        "/api/records/m/note/new",
        "values",
        &values.to_string(),
    ))
}
pub fn evaluated(values: &Value) -> Ask {
    command(
        Method::POST,
        "/api/records/m/note/evaluate",
        json!({ "values": values }),
        &fresh(),
    )
}
pub fn evaluate(world: &World, kind: Kind) -> Vec<Probe> {
    let mut out = tried(world, kind, evaluated);
    let of = |form: &str, body: Value| {
        command(
            Method::POST,
            &format!("/api/records/m/{form}/evaluate"),
            body,
            &fresh(),
        )
    };
    if kind.knows_papers() {
        let ask = |id: &str| of("paper", json!({ "id": id, "values": {} }));
        out.extend(each(world, kind, ask, |n, p| {
            Some(p.status(200).must(world.on_sheet(kind, n)))
        }));
    }
    for n in (0..PAPERS).filter(|n| !world.papers[*n].task.is_empty()) {
        // A task is of its own form, whatever the address says.
        let task = &world.papers[n].task;
        let ask = |task: &str| of("note", json!({ "task": task, "values": {} }));
        out.push(
            Probe::of(ask(task))
                .status(404)
                .like(ask(NOTHING), task, NOTHING),
        );
    }
    for n in (0..PAPERS).step_by(3).filter(|n| kind.sees(*n)) {
        for field in ["x_text", "s_text", "x_lines"] {
            if kind.sight(n, field) == Sight::Nothing {
                let ask = |f: &str| {
                    of(
                        "paper",
                        json!({ "id": world.papers[n].id, "values": { f: "a" } }),
                    )
                };
                out.push(Probe::of(ask(field)).like(ask("nothing_here"), field, "nothing_here"));
            }
        }
    }
    out
}

/// Records made with links that were typed and not chosen.
pub fn create(world: &World, kind: Kind) -> Vec<Probe> {
    let post = |form: &str, values: Value| {
        command(
            Method::POST,
            &format!("/api/records/m/{form}"),
            json!({ "values": values }),
            &fresh(),
        )
    };
    let mut out = vec![];
    for n in (0..PAPERS).filter(|n| !kind.sees(*n)) {
        let paper = &world.papers[n];
        for (field, id) in [("paper", &paper.id), ("line", &paper.line)] {
            let ask = |id: &str| post("note", json!({ "code": "typed", field: id }));
            out.push(
                Probe::of(ask(id))
                    .status(422)
                    .like(ask(NOTHING), id, NOTHING),
            );
        }
        let key = format!("P-{:04}", n + 1);
        let ask = |key: &str| post("note", json!({ "code": "typed", "paper": { "key": key } }));
        out.push(
            Probe::of(ask(&key))
                .status(422)
                .like(ask("P-9999"), &key, "P-9999"),
        );
    }
    if kind != Kind::Clerk {
        let closed = world.master("box", "closed");
        let ask = |id: &str| {
            let body = json!({ "values": { "code": id, "open": true }, "parent": id });
            command(Method::POST, "/api/records/m/box", body, &fresh())
        };
        out.push(Probe::of(ask(closed)).like(ask(NOTHING), closed, NOTHING));
        let ask = |key: &str| {
            let body = json!({ "code": key, "open": true, "parent": { "key": key } });
            post("box", body)
        };
        out.push(Probe::of(ask("closed")).like(ask("nobox_"), "closed", "nobox_"));
    }
    out
}

/// Memos made from papers.
pub fn make(world: &World, kind: Kind) -> Vec<Probe> {
    let ask = |id: &str| {
        let path = format!("/api/records/m/paper/{id}/make");
        command(Method::POST, &path, json!({ "make": "m/memo" }), &fresh())
    };
    each(world, kind, ask, |n, p| match (row(n).state, n % 4) {
        (State::Posted, 0) => Some(p.status(201)),
        (State::Posted, _) => None,
        _ => Some(p.status(422)),
    })
}

/// Remarks on what he does not see.
pub fn remark(world: &World, kind: Kind) -> Vec<Probe> {
    let ask = |id: &str| {
        let path = format!("/api/records/m/paper/{id}/comments");
        command(Method::POST, &path, json!({ "text": "seen" }), &fresh())
    };
    each(world, kind, ask, |_, _| None)
}

/// What links may point to.
pub fn lookup(world: &World, kind: Kind) -> Vec<Probe> {
    let paper = "/api/lookup/m/paper?for=m/note&field=paper";
    let ids = |keep: &dyn Fn(usize) -> bool| -> Vec<String> {
        (0..PAPERS)
            .rev()
            .filter(|n| keep(*n))
            .map(|n| world.papers[n].id.clone())
            .collect()
    };
    let mut out = vec![Probe::get(paper).rows(ids(&|n| kind.sees(n)))];
    for n in [0, 3, 8] {
        let is =
            |field: &'static str| move |m: usize| m == n && kind.sight(m, field) == Sight::Value;
        for field in ["plain", "x_text"] {
            let text = world.canaries.of(n, field);
            out.push(Probe::get(&with(paper, "q", text)).rows(ids(&is(field))));
        }
        out.push(
            Probe::get(&with(paper, "q", world.canaries.of(n, "s_text")))
                .at_most(ids(&is("s_text"))),
        );
        out.push(Probe::get(&with(paper, "q", &format!("P-{:04}", n + 1))).rows(ids(&is("plain"))));
    }
    for (table, field) in [("lines", "line"), ("x_lines", "hidden_line")] {
        let path = format!("/api/lookup/m/paper.{table}?for=m/note&field={field}");
        let line = |n: &usize| match table {
            "lines" => world.papers[*n].line.clone(),
            _ => world.papers[*n].hidden_line.clone(),
        };
        let seen = (0..PAPERS).filter(|n| kind.sight(*n, table) == Sight::Value);
        out.push(Probe::get(&path).at_most(seen.map(|n| line(&n)).collect()));
    }
    if kind.knows_papers() {
        for field in ["x_link", "s_link"] {
            let path = |field: &str| format!("/api/lookup/m/thing?for=m/paper&field={field}");
            let probe = Probe::get(&path(field));
            out.push(match kind.most(field) {
                Sight::Value => probe.status(200),
                _ => probe
                    .status(400)
                    .like(get(&path("nothing_here")), field, "nothing_here"),
            });
        }
    }
    out
}

/// Boxes of tasks.
pub fn tasks(world: &World, kind: Kind) -> Vec<Probe> {
    let folders = ["todo", "done", "mine", "copied", "drafts"];
    let mut out = vec![];
    for folder in folders {
        let path = format!("/api/tasks?box={folder}");
        let state = |n: &usize| row(*n).state;
        let shown = |n: &usize| match (kind, folder) {
            (Kind::Approver, "todo") => state(n) == State::Submitted,
            (Kind::Approver, "done") => state(n) == State::Posted,
            (Kind::Clerk, "mine") => state(n) != State::Draft,
            (Kind::Clerk, "drafts") => state(n) == State::Draft,
            _ => false,
        };
        let must = (0..PAPERS)
            .filter(shown)
            .map(|n| world.canaries.of(n, "plain"));
        out.push(Probe::get(&path).status(200).must(must));
    }
    let text = world.canaries.of(9, "x_text");
    out.push(Probe::get(&with("/api/tasks?box=todo", "q", text)).status(200));
    out
}

/// Tasks, and what is done with those that are not his.
pub fn task(world: &World, kind: Kind, ask: &dyn Fn(&str) -> Ask, reads: bool) -> Vec<Probe> {
    let mut out = vec![];
    for n in (0..PAPERS).filter(|n| !world.papers[*n].task.is_empty()) {
        let task = &world.papers[n].task;
        let probe = Probe::of(ask(task));
        if !kind.sees(n) {
            out.push(probe.status(404).like(ask(NOTHING), task, NOTHING));
        } else if reads {
            out.push(probe.status(200).must(world.on_sheet(kind, n)));
        } else if kind != Kind::Approver && kind != Kind::Clerk && n.is_multiple_of(3) {
            out.push(probe);
        }
    }
    out
}

/// Handing over: who may steer nothing learns nothing of what somebody has to do.
pub fn handed(world: &World, _: Kind) -> Vec<Probe> {
    let ask = |id: &str| {
        let path = format!("/api/users/{id}/hand_over");
        command(Method::POST, &path, json!({ "to": NOTHING }), &fresh())
    };
    let approver = &world.of(Kind::Approver).user;
    vec![
        Probe::of(ask(approver))
            .status(403)
            .like(ask(NOTHING), approver, NOTHING),
    ]
}

const BOOK: &str = "/api/ledgers/m/book";

fn booked(kind: Kind) -> Vec<usize> {
    (0..PAPERS)
        .filter(|n| kind.reads_book() && kind.sees(*n) && row(*n).state == State::Posted)
        .collect()
}

/// The ledger as he may see it.
pub fn ledger(world: &World, kind: Kind) -> Vec<Probe> {
    if !kind.reads_book() {
        return vec![
            Probe::get(BOOK)
                .status(404)
                .like(get("/api/ledgers/m/nothing"), "", ""),
        ];
    }
    let labels = [
        "x_dim", "x_attr", "x_amount", "x_twice", "s_attr", "s_amount",
    ];
    let seen = labels
        .iter()
        .filter(|l| kind.sight_of_book(l) == Sight::Value);
    let seen: Vec<&str> = seen.map(|l| world.canaries.label_of(l)).collect();
    vec![Probe::get(BOOK).status(200).must(seen)]
}
pub fn ledgers(world: &World, kind: Kind) -> Vec<Probe> {
    let label = kind.reads_book().then(|| world.canaries.label_of("book"));
    vec![Probe::get("/api/ledgers").status(200).must(label)]
}

/// Balances, turnover or entries.
pub fn book(world: &World, kind: Kind, part: &str) -> Vec<Probe> {
    let path = format!("{BOOK}/{part}?limit=100");
    if !kind.reads_book() {
        let other = get(&format!("/api/ledgers/m/nothing/{part}?limit=100"));
        return vec![Probe::get(&path).status(404).like(other, "", "")];
    }
    let path = match part {
        "turnover" => format!("{path}&from=2026-01-01&to=2026-12-31"),
        _ => path,
    };
    let rows = booked(kind);
    let measures = [
        ("amount", "amount"),
        ("x_amount", "x_money"),
        ("s_amount", "s_money"),
    ];
    let fields = match part {
        "entries" => &[
            ("plain", "plain"),
            ("x_attr", "x_text"),
            ("s_attr", "s_text"),
        ][..],
        _ => &[],
    };
    let seen: Vec<&str> = measures
        .iter()
        .chain(fields)
        .filter(|(name, _)| kind.sight_of_book(name) == Sight::Value)
        .flat_map(|(_, field)| rows.iter().map(|n| world.canaries.of(*n, field)))
        .collect();
    let mut out = vec![Probe::get(&path).status(200).must(seen)];
    if part == "balance" {
        let digits = |n: &usize| world.canaries.of(*n, "amount").parse::<u64>().unwrap() * 10 + 5;
        let sum: u64 = rows.iter().map(digits).sum();
        if !rows.is_empty() {
            let total = format!("{}.{}0", sum / 10, sum % 10);
            out.push(Probe::get(&path).is("/totals/amount", total));
        }
        out.push(Probe::get(&format!("{path}&at=2026-12-31")).status(200));
    }
    let unknown = |key: &str, name: &str, value: String| {
        let other = value.replace(name, "nothing_here");
        Probe::get(&with(&path, key, &value)).status(400).like(
            get(&with(&path, key, &other)),
            name,
            "nothing_here",
        )
    };
    let asked: &[&str] = match part {
        "entries" => &[
            "x_dim", "x_choice", "x_attr", "s_attr", "x_amount", "s_amount",
        ],
        _ => &["x_dim", "x_choice"],
    };
    for name in asked {
        let tests = [
            json!({ "empty": false }),
            json!("red"),
            json!({ "above": "1" }),
            json!(true),
        ];
        for test in tests {
            if kind.sight_of_book(name) < Sight::Value {
                out.push(unknown("filter", name, json!({ *name: test }).to_string()));
            } else {
                out.push(Probe::get(&filtered(&path, &json!({ *name: test }))));
            }
        }
        if part != "entries" {
            out.push(match kind.sight_of_book(name) < Sight::Value {
                true => unknown("by", name, (*name).into()),
                false => Probe::get(&with(&path, "by", name)).status(200),
            });
        }
    }
    out
}

/// Views that others share.
pub fn views(world: &World, kind: Kind) -> Vec<Probe> {
    if !kind.knows_papers() {
        return vec![];
    }
    let probe = Probe::get("/api/views/m/paper").status(200);
    if kind == Kind::Approver {
        // Who at most takes part in single records has no list to look at.
        return vec![probe.must_not(["everybodys"])];
    }
    let probe = probe.must(["everybodys"]);
    let view = world.canaries.label_of("x_text view");
    vec![match kind.most("x_text") {
        Sight::Value => probe.must([view]),
        _ => probe.must_not([view]),
    }]
}

/// Notices: of the remarks that named him, on papers he sees.
pub fn notices(world: &World, kind: Kind) -> Vec<Probe> {
    let named = ["approver", "own_hidden", "all_masked"].contains(&kind.login().as_str());
    let seen = (0..PAPERS).filter(|n| named && kind.sees(*n));
    let mut must: Vec<String> = seen.map(|n| world.canaries.of(n, "plain").into()).collect();
    if let Some(n) = kind.own() {
        // The message of his own paper, as far as its fields are his to read; what is sealed is
        // never told.
        for field in [
            "plain",
            "x_text",
            "x_money",
            "lines.plain",
            "lines.x_text",
            "x_lines.text",
        ] {
            if kind.sight(n, field) == Sight::Value {
                must.push(world.canaries.of(n, field).into());
            }
        }
    }
    vec![Probe::get("/api/notices").status(200).must(must)]
}

/// What needs no more than to be read.
pub fn plain(paths: &[&str]) -> Vec<Probe> {
    paths.iter().map(|p| Probe::get(p)).collect()
}
