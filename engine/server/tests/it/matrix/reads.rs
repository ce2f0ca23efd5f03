//! Questions about papers: lists with everything they can be asked, records and what hangs on
//! them.

use super::{
    canary::Secret,
    probe::Probe,
    who::{GUARDED_HEADER, Kind, PAPERS, SEALED_HEADER, Sight, State, row},
    world::{World, command, fresh},
};
use crate::house::{Ask, get, in_query};
use axum::http::Method;
use serde_json::{Value, json};

/// What names nothing.
pub const NOTHING: &str = "0198f2c8-7f1e-7c3a-9d1b-2f6a3c4d5e6f";
const LIST: &str = "/api/records/m/paper";

/// A path with one parameter of its query string.
pub fn with(path: &str, key: &str, value: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}{key}={}", in_query(value))
}
pub fn filtered(path: &str, filter: &Value) -> String {
    with(path, "filter", &filter.to_string())
}

impl World {
    /// The ids of papers that pass, the newest first.
    fn newest(&self, keep: impl Fn(usize) -> bool) -> Vec<String> {
        (0..PAPERS)
            .rev()
            .filter(|n| keep(*n))
            .map(|n| self.papers[n].id.clone())
            .collect()
    }
    fn notes(&self, keep: impl Fn(usize) -> bool) -> Vec<String> {
        let id = |n: usize| self.master("note", &format!("n{n}")).to_owned();
        (0..PAPERS).rev().filter(|n| keep(*n)).map(id).collect()
    }
    /// A field's value of a paper as a filter is asked for it.
    fn asked(&self, n: usize, field: &str) -> Value {
        let text = |t: &str| t.to_owned();
        let paper = &self.papers[n];
        json!(match field {
            "x_choice" => text(if row(n).red { "red" } else { "blue" }),
            "x_link" => paper.link.clone(),
            "s_link" => paper.sealed_link.clone(),
            "x_date" => format!("{}-03", self.canaries.of(n, field)),
            "x_month" => text(self.canaries.of(n, field)),
            "x_moment" => format!("{}-03T08:00:00Z", self.canaries.of(n, field)),
            "x_calc" => format!("{}.00", self.canaries.of(n, field)),
            "x_text" | "s_text" => text(self.canaries.of(n, field)),
            _ => format!("{}.50", self.canaries.of(n, field)),
        })
    }
    /// What the sheet of a paper shows to somebody.
    pub fn on_sheet(&self, kind: Kind, n: usize) -> Vec<String> {
        let beside = ["opinion", "comment", "x_file.inside"];
        let shown = self
            .canaries
            .all()
            .filter_map(|(secret, text)| match secret {
                Secret::Of(m, field) if *m == n && !beside.contains(&field.as_str()) => {
                    (kind.sight(n, field) == Sight::Value).then(|| text.to_owned())
                }
                _ => None,
            });
        shown.collect()
    }
    /// What a row of the list shows to somebody.
    fn in_row(&self, kind: Kind, n: usize) -> Vec<String> {
        let fields = GUARDED_HEADER.iter().chain(SEALED_HEADER);
        let fields = fields.filter(|f| **f != "x_live");
        let fields = fields.chain(&["plain", "amount"]);
        let seen = fields.filter(|f| kind.sight(n, f) == Sight::Value);
        seen.filter(|f| !["x_choice", "x_link", "s_link"].contains(f))
            .map(|f| self.canaries.of(n, f).to_owned())
            .collect()
    }
}

/// Whether somebody may ask by a field at all. Who has no grant on papers, nor takes part in one,
/// may ask by what a participant would see, and finds nothing.
fn may_ask(kind: Kind, field: &str) -> bool {
    match kind.knows_papers() {
        true => kind.most(field) == Sight::Value,
        false => !field.contains("s_"),
    }
}

/// The list of papers.
pub fn list(world: &World, kind: Kind) -> Vec<Probe> {
    if !kind.knows_papers() {
        return vec![];
    }
    let sees = |n: usize| kind.sees(n);
    let page = with(LIST, "limit", "50");
    let all: Vec<String> = (0..PAPERS)
        .filter(|n| sees(*n))
        .flat_map(|n| world.in_row(kind, n))
        .collect();
    let mut out = vec![
        Probe::get(&page).rows(world.newest(sees)).must(all),
        Probe::get(&with(LIST, "limit", "1")),
        Probe::get(&with(&page, "box", "mine")).rows(match kind {
            Kind::Clerk => world.newest(sees),
            _ => vec![],
        }),
        Probe::get(&filtered(&page, &json!({ "status": "posted" })))
            .rows(world.newest(|n| sees(n) && row(n).state == State::Posted)),
        Probe::get(&filtered(
            &page,
            &json!({ "lines.plain": world.canaries.of(2, "lines.plain") }),
        ))
        .rows(world.newest(|n| sees(n) && n == 2)),
    ];
    for (n, field) in GUARDED_HEADER.iter().chain(SEALED_HEADER).enumerate() {
        if kind.asks_about(n) {
            out.extend(by_field(world, kind, &page, field));
        }
    }
    for (path, field) in [
        ("lines.x_text", "lines.x_text"),
        ("lines.x_money", "lines.x_money"),
        ("lines.s_text", "lines.s_text"),
        ("x_lines.text", "x_lines.text"),
    ] {
        for n in [0, 4, 8] {
            let text = world.canaries.of(n, field);
            let value = if field.contains("money") {
                format!("{text}.50")
            } else {
                text.into()
            };
            out.push(tested(
                kind,
                &page,
                path,
                &json!(value),
                |m| m == n,
                |f| world.newest(f),
            ));
        }
    }
    for n in [0, 4, 6] {
        let name = format!("opent{n}");
        out.push(tested(
            kind,
            &page,
            "x_link.name",
            &json!(name),
            |m| m == n,
            |f| world.newest(f),
        ));
    }
    out.extend(words(world, kind, &page));
    out
}

/// A filter on a path: of papers that pass and whose field is seen, or an answer as if there were
/// no such field.
fn tested(
    kind: Kind,
    page: &str,
    path: &str,
    test: &Value,
    passes: impl Fn(usize) -> bool,
    rows: impl Fn(&dyn Fn(usize) -> bool) -> Vec<String>,
) -> Probe {
    let field = path.trim_end_matches(".name");
    let field = field.strip_prefix("paper.").unwrap_or(field);
    let probe = Probe::get(&filtered(page, &json!({ path: test })));
    if may_ask(kind, field) {
        return probe.rows(rows(&|n| kind.sight(n, field) == Sight::Value && passes(n)));
    }
    let (head, last) = path.rsplit_once('.').map_or(("", path), |(h, l)| (h, l));
    // Where the table itself is not seen, its name is as unknown as a column's.
    let unknown = match head {
        "" | "x_lines" | "x_link" => "nothing_here".into(),
        head => format!("{head}.nothing_here"),
    };
    let _ = last;
    let other = filtered(page, &json!({ unknown.as_str(): test }));
    probe.status(400).like(get(&other), path, &unknown)
}

/// Filters, sorts and columns by one field of the header.
fn by_field(world: &World, kind: Kind, page: &str, field: &str) -> Vec<Probe> {
    let mut out = vec![];
    let unknown = |key: &str, value: &str| {
        let mine = Probe::get(&with(page, key, value)).status(400);
        let other = value.replace(field, "nothing_here");
        mine.like(get(&with(page, key, &other)), field, "nothing_here")
    };
    let value = |n: usize| kind.sight(n, field) == Sight::Value;
    if field == "x_live" {
        // Worked out whenever it is shown, so it cannot be asked by.
        return vec![
            unknown("sort", field),
            unknown("filter", &json!({ field: "1" }).to_string()),
        ];
    }
    out.push(match kind.most(field) {
        Sight::Nothing => unknown("columns", field),
        Sight::Dots => Probe::get(&with(page, "columns", field)).must(["\"masked\":true"]),
        Sight::Value => Probe::get(&with(page, "columns", field)).status(200),
    });
    let sortable = field != "x_file";
    if !may_ask(kind, field) {
        out.push(unknown("sort", field));
        out.push(unknown("sort", &format!("-{field}")));
        for test in [
            json!({ "empty": true }),
            json!({ "not": "x" }),
            json!({ "above": "0" }),
            json!({ "like": "z" }),
            json!({ "key": "t1" }),
            json!(["a", "b"]),
            json!(true),
            world.canaries_or_id(0, field),
        ] {
            out.push(unknown("filter", &json!({ field: test }).to_string()));
        }
        return out;
    }
    for (empty, keep) in [(true, false), (false, true)] {
        let filter = json!({ field: { "empty": empty } });
        out.push(Probe::get(&filtered(page, &filter)).rows(world.newest(|n| keep && value(n))));
    }
    if sortable {
        for down in [false, true] {
            let key = |n: usize| value(n).then(|| world.sort_key(kind, n, field)).flatten();
            let mut rows: Vec<usize> = (0..PAPERS).filter(|n| kind.sees(*n)).collect();
            rows.sort_by_key(|n| (key(*n), *n));
            if down {
                rows.reverse();
            }
            let ids = rows
                .into_iter()
                .map(|n| world.papers[n].id.clone())
                .collect();
            let sort = if down {
                format!("-{field}")
            } else {
                field.to_owned()
            };
            out.push(Probe::get(&with(page, "sort", &sort)).rows(ids));
            out.push(Probe::get(&with(&with(LIST, "limit", "1"), "sort", &sort)));
        }
    }
    if field != "x_file" {
        for n in [0, 5, 7] {
            let asked = world.asked(n, field);
            let same = |m: usize| value(m) && world.asked(m, field) == asked;
            let filter = json!({ field: asked });
            out.push(Probe::get(&filtered(page, &filter)).rows(world.newest(same)));
            let filter = json!({ field: { "not": asked } });
            let other = |m: usize| value(m) && world.asked(m, field) != asked;
            out.push(Probe::get(&filtered(page, &filter)).rows(world.newest(other)));
        }
    }
    out
}

impl World {
    fn canaries_or_id(&self, n: usize, field: &str) -> Value {
        match field {
            "x_file" | "x_lines" => json!("x"),
            _ => self.asked(n, field),
        }
    }
    /// What a sort by a field goes by; nothing where it counts as empty.
    fn sort_key(&self, kind: Kind, n: usize, field: &str) -> Option<String> {
        match field {
            "x_link" | "s_link" => {
                let open = n.is_multiple_of(2);
                let what = if field == "x_link" { "t" } else { "u" };
                let sealed = field == "s_link";
                match open {
                    true => Some(format!("open{what}{n}")),
                    false if kind == Kind::Clerk => Some(
                        self.canaries
                            .clerk_of(&format!("thing {what}{n} {sealed}"))
                            .into(),
                    ),
                    false => None,
                }
            }
            _ => self.asked(n, field).as_str().map(ToOwned::to_owned),
        }
    }
}

/// Searches.
fn words(world: &World, kind: Kind, page: &str) -> Vec<Probe> {
    let mut out = vec![];
    for n in [0, 2, 3, 7] {
        let search = |text: &str| Probe::get(&with(page, "q", text));
        let exact = |text: &str, field: &str| {
            let keep = |m: usize| m == n && kind.sight(m, field) == Sight::Value;
            search(text).rows(world.newest(keep))
        };
        let most = |text: &str, field: &str| {
            let keep = |m: usize| m == n && kind.sight(m, field) == Sight::Value;
            search(text).at_most(world.newest(keep))
        };
        let c = &world.canaries;
        out.push(exact(c.of(n, "plain"), "plain"));
        out.push(exact(&format!("P-{:04}", n + 1), "plain"));
        out.push(exact(c.of(n, "x_text"), "x_text"));
        out.push(most(c.of(n, "s_text"), "s_text"));
        for column in ["lines.x_text", "lines.s_text", "x_lines.text"] {
            out.push(most(c.of(n, column), column));
        }
        if n.is_multiple_of(2) {
            out.push(exact(&format!("opent{n}"), "x_link"));
            out.push(most(&format!("openu{n}"), "s_link"));
        } else {
            let hidden =
                |what: &str, sealed: bool| c.clerk_of(&format!("thing {what}{n} {sealed}"));
            let clerk = |m: usize| m == n && kind == Kind::Clerk;
            out.push(search(hidden("t", false)).at_most(world.newest(clerk)));
            out.push(search(hidden("u", true)).at_most(world.newest(clerk)));
        }
    }
    out
}

/// The list of notes, as far as it reaches papers.
pub fn notes(world: &World, kind: Kind) -> Vec<Probe> {
    let page = with("/api/records/m/note", "limit", "50");
    let everything = |_: usize| true;
    let plain: Vec<&str> = (0..PAPERS)
        .filter(|n| kind.sees(*n))
        .map(|n| world.canaries.of(n, "plain"))
        .collect();
    let mut out = vec![
        Probe::get(&page)
            .rows(world.notes(everything))
            .must(plain.clone()),
        Probe::get(&with(
            &page,
            "columns",
            "paper.plain,paper.amount,line.plain",
        ))
        .must(plain),
        Probe::get(&with(&page, "sort", "paper")),
        Probe::get(&with(&page, "sort", "-paper.plain")),
    ];
    for (path, field) in [
        ("paper.x_text", "x_text"),
        ("paper.s_text", "s_text"),
        ("line.x_text", "lines.x_text"),
        ("line.s_text", "lines.s_text"),
        ("hidden_line.text", "x_lines.text"),
    ] {
        for n in [0, 3, 8] {
            let filter = json!({ path: world.canaries.of(n, field) });
            let probe = Probe::get(&filtered(&page, &filter));
            let unknown = format!(
                "{}.nothing_here",
                path.split('.').next().unwrap_or_default()
            );
            if may_ask(kind, field) {
                let keep = |m: usize| m == n && kind.sight(m, field) == Sight::Value;
                out.push(probe.rows(world.notes(keep)));
                for key in ["columns", "sort"].into_iter().filter(|_| n == 0) {
                    out.push(Probe::get(&with(&page, key, path)).status(200));
                }
            } else {
                let other = json!({ unknown.as_str(): world.canaries.of(n, field) });
                let other = get(&filtered(&page, &other));
                out.push(probe.status(400).like(other, path, &unknown));
                for key in ["columns", "sort"].into_iter().filter(|_| n == 0) {
                    let other = get(&with(&page, key, &unknown));
                    let probe = Probe::get(&with(&page, key, path)).status(400);
                    out.push(probe.like(other, path, &unknown));
                }
            }
        }
    }
    if kind != Kind::Clerk {
        let closed = world.master("box", "closed");
        let under = |id: &str| filtered(&page, &json!({ "box": { "under": id } }));
        out.push(Probe::get(&under(closed)).like(get(&under(NOTHING)), closed, NOTHING));
    }
    out
}

/// How many there are.
pub fn count(world: &World, kind: Kind) -> Vec<Probe> {
    if !kind.knows_papers() {
        return vec![];
    }
    let path = "/api/records/m/paper/count";
    let sees = (0..PAPERS).filter(|n| kind.sees(*n)).count();
    let mut out = vec![Probe::get(path).is("/count", sees)];
    for field in ["x_text", "s_text"] {
        for n in [0, 5, 9] {
            let text = world.canaries.of(n, field);
            let one = Probe::get(&filtered(path, &json!({ field: text })));
            out.push(match may_ask(kind, field) {
                true => one.is("/count", usize::from(kind.sight(n, field) == Sight::Value)),
                false => {
                    let other = filtered(path, &json!({ "nothing_here": text }));
                    one.status(400).like(get(&other), field, "nothing_here")
                }
            });
        }
    }
    out
}

/// One probe for each paper: of those he does not see, answered as if they were not there.
pub fn each(
    world: &World,
    kind: Kind,
    ask: impl Fn(&str) -> Ask,
    seen: impl Fn(usize, Probe) -> Option<Probe>,
) -> Vec<Probe> {
    some(world, kind, 0..PAPERS, ask, seen)
}

/// The same for some of the papers.
fn some(
    world: &World,
    kind: Kind,
    papers: impl Iterator<Item = usize>,
    ask: impl Fn(&str) -> Ask,
    seen: impl Fn(usize, Probe) -> Option<Probe>,
) -> Vec<Probe> {
    let one = |n: usize| {
        let id = &world.papers[n].id;
        let probe = Probe::of(ask(id));
        match kind.sees(n) {
            true => seen(n, probe),
            false => Some(probe.status(404).like(ask(NOTHING), id, NOTHING)),
        }
    };
    papers.filter_map(one).collect()
}

fn at(id: &str, part: &str) -> String {
    format!("/api/records/m/paper/{id}{part}")
}

/// A record, and everything that is read of it.
pub fn sheet(world: &World, kind: Kind) -> Vec<Probe> {
    each(
        world,
        kind,
        |id| get(&at(id, "")),
        |n, p| {
            let paper = &world.papers[n];
            let mut p = p.status(200).must(world.on_sheet(kind, n));
            for (field, id) in [
                ("x_link", &paper.link),
                ("s_link", &paper.sealed_link),
                ("x_file", &paper.file),
                ("x_lines", &paper.hidden_line),
            ] {
                p = match kind.sight(n, field) {
                    Sight::Value => p.must([id.clone()]),
                    _ => p.must_not([id.clone()]),
                };
            }
            Some(p)
        },
    )
}
pub fn preview(world: &World, kind: Kind) -> Vec<Probe> {
    each(
        world,
        kind,
        |id| get(&at(id, "/preview")),
        |_, p| Some(p.status(200)),
    )
}
pub fn flow(world: &World, kind: Kind) -> Vec<Probe> {
    each(
        world,
        kind,
        |id| get(&at(id, "/flow")),
        |n, p| {
            let posted = row(n).state == State::Posted;
            Some(
                p.status(200)
                    .must(posted.then(|| world.canaries.of(n, "opinion"))),
            )
        },
    )
}
pub fn history(world: &World, kind: Kind) -> Vec<Probe> {
    each(
        world,
        kind,
        |id| get(&at(id, "/history")),
        |n, p| {
            let live = world.canaries.of(n, "x_live").to_owned();
            let mut must = world.on_sheet(kind, n);
            must.retain(|t| *t != live);
            Some(p.status(200).must(must))
        },
    )
}
pub fn comments(world: &World, kind: Kind) -> Vec<Probe> {
    each(
        world,
        kind,
        |id| get(&at(id, "/comments")),
        |n, p| Some(p.status(200).must([world.canaries.of(n, "comment")])),
    )
}
pub fn file(world: &World, kind: Kind) -> Vec<Probe> {
    let nothing = "0".repeat(64);
    let one = |n: usize| {
        let paper = &world.papers[n];
        let path = |hash: &str| at(&paper.id, &format!("/files/{hash}"));
        let probe = Probe::get(&path(&paper.file));
        match kind.sight(n, "x_file") {
            Sight::Value => probe
                .status(200)
                .must([world.canaries.of(n, "x_file.inside")]),
            _ => probe.status(404).like(get(&path(&nothing)), "", &nothing),
        }
    };
    (0..PAPERS).map(one).collect()
}

/// Commands on papers at a version that is long past: nobody changes anything, and whoever sees
/// the paper is shown what it is now.
pub fn stale(world: &World, kind: Kind, method: Method, part: &str, body: Value) -> Vec<Probe> {
    // The commands share the papers, so that each is asked of every third.
    let first = (method.as_str().len() + part.len()) % 3;
    some(
        world,
        kind,
        (first..PAPERS).step_by(3),
        |id| match method {
            Method::DELETE => command(
                Method::DELETE,
                &format!("{}?version=1000", at(id, "")),
                json!({}),
                &fresh(),
            )
            .no_body(),
            _ => command(method.clone(), &at(id, part), body.clone(), &fresh()),
        },
        |n, p| Some(p.status(409).must([world.canaries.of(n, "plain")])),
    )
}
