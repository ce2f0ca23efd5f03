//! The shop under test: its packages, a few records, and a runtime of ten lines that answers asks.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Answer, Ask, Asker, Facts, HeldRole, Outcome, Rules, User,
    form::{Evaluation, Phase, Sheet, evaluate},
};
use model::{
    Catalogue, Decimal, Fields, Id, Line, Name, Package, Record, Ref, Status, Value,
    message::Script, name::reading,
};
use serde::de::DeserializeOwned;
use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}
pub fn r(text: &str) -> Ref {
    text.parse().unwrap()
}
pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
pub fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}
pub fn id(n: u128) -> Id {
    Id(uuid::Uuid::from_u128(n))
}
pub fn text(t: &str) -> Value {
    Value::Text(t.into())
}
pub fn number(t: &str) -> Value {
    Value::Number(d(t))
}
pub fn link(n: u128) -> Value {
    Value::Link(id(n))
}
pub fn fields(list: &[(&str, Value)]) -> Fields {
    list.iter().map(|(n, v)| (name(n), v.clone())).collect()
}
pub fn line(n: u128, values: &[(&str, Value)]) -> Line {
    Line {
        id: id(n),
        values: fields(values),
    }
}
pub fn now() -> DateTime<Utc> {
    "2026-03-09T08:00:00Z".parse().unwrap()
}
pub fn record(form: &str, n: u128, values: &[(&str, Value)]) -> Record {
    Record {
        form: r(form),
        id: id(n),
        version: 1,
        status: Status::Draft,
        created_at: now(),
        created_by: id(1),
        updated_at: now(),
        updated_by: id(1),
        parent: None,
        values: fields(values),
        typed: vec![],
    }
}

/// Reads the files of a package folder; `change` may alter a file's text first.
pub fn package(folder: &Path, change: &dyn Fn(&str, String) -> String) -> Package {
    let home = name(folder.file_name().unwrap().to_str().unwrap());
    let read = |path: &str| {
        let text = std::fs::read_to_string(folder.join(path)).ok()?;
        Some(change(path, text))
    };
    let one = |path: &str| serde_json::from_str::<serde_json::Value>(&read(path)?).ok();
    fn files(folder: &Path, kind: &str, end: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder.join(kind))
            .into_iter()
            .flatten()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .filter_map(|f| f.strip_suffix(end).map(str::to_string))
            .collect();
        names.sort();
        names
    }
    let all = |kind: &str| -> Vec<(Ref, serde_json::Value)> {
        let named = files(folder, kind, ".json").into_iter();
        named
            .map(|file| {
                let json = one(&format!("{kind}/{file}.json"));
                let json = json.unwrap_or_else(|| panic!("{home}/{kind}/{file}"));
                (Ref::new(&home, &name(&file)), json)
            })
            .collect()
    };
    fn parse<T: DeserializeOwned>(home: &Name, json: serde_json::Value) -> T {
        reading(home, || serde_json::from_value(json)).unwrap_or_else(|e| panic!("{home}: {e}"))
    }
    macro_rules! named {
        ($kind:literal, $def:ty) => {
            all($kind)
                .into_iter()
                .map(|(r, json)| {
                    let mut def: $def = parse(&home, json);
                    def.name = r.clone();
                    (r, Arc::new(def))
                })
                .collect()
        };
    }
    Package {
        manifest: parse(&home, one("manifest.json").unwrap()),
        forms: named!("forms", model::Form),
        workflows: named!("workflows", model::Workflow),
        ledgers: named!("ledgers", model::Ledger),
        registers: named!("registers", model::register::Register),
        postings: all("postings")
            .into_iter()
            .map(|(r, json)| (r, Arc::new(parse(&home, json))))
            .collect(),
        makes: named!("makes", model::make::Make),
        calendars: named!("calendars", model::calendar::Calendar),
        messages: Default::default(),
        scripts: files(folder, "scripts", ".rhai")
            .into_iter()
            .map(|file| Script {
                source: read(&format!("scripts/{file}.rhai")).unwrap(),
                name: name(&file),
            })
            .collect(),
        roles: one("roles.json").map_or_else(Default::default, |json| parse(&home, json)),
        menu: Default::default(),
        stories: Default::default(),
        demo: Default::default(),
        demo_users: vec![],
        demo_runs: vec![],
        words: Default::default(),
        files: Default::default(),
        name: home,
    }
}

fn site() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/site")
}

/// The shop's catalogue with some texts replaced in its files: `(file, from, to)`.
pub fn changed(changes: &[(&str, &str, &str)]) -> Arc<Catalogue> {
    let change = |home: &str, path: &str, mut text: String| {
        for (file, from, to) in changes {
            if *file == format!("{home}/{path}") {
                assert!(text.contains(from), "{file} has no {from}");
                text = text.replacen(from, to, 1);
            }
        }
        text
    };
    let packages = ["org", "shop"].map(|home| {
        Arc::new(package(&site().join(home), &|path, text| {
            change(home, path, text)
        }))
    });
    Arc::new(Catalogue::new(packages))
}

/// The shop, compiled once.
pub fn rules() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| {
        Rules::compile(changed(&[])).unwrap_or_else(|problems| {
            let lines: Vec<String> = problems.iter().map(|p| p.to_string()).collect();
            panic!("{}", lines.join("\n"))
        })
    });
    &RULES
}

pub fn user() -> User {
    User {
        id: id(1),
        login: "lin".into(),
        name: "Lin".into(),
        language: "en".into(),
        person: Some(id(11)),
        branch: Some(id(21)),
        branches: vec![id(21), id(22)],
        department: Some(id(31)),
        roles: vec![],
    }
}
pub fn holding(roles: &[&str]) -> User {
    User {
        roles: roles
            .iter()
            .map(|role| HeldRole {
                role: r(role),
                within: None,
            })
            .collect(),
        ..user()
    }
}
pub fn asker(user: &User) -> Asker<'_> {
    Asker {
        user,
        today: day("2026-03-09"),
        now: now(),
    }
}

/// What is stored, and how often somebody had to ask.
pub struct World {
    pub records: HashMap<Id, Arc<Record>>,
    pub measures: HashMap<Id, kernel::Measures>,
    pub price: Option<Decimal>,
    pub rounds: RefCell<usize>,
}

pub const BRANCH: u128 = 21;
pub const PERSON: u128 = 11;
pub const BOSS: u128 = 12;
pub const SUPPLIER: u128 = 41;
pub const WAREHOUSE: u128 = 51;
pub const BOLT: u128 = 61;
pub const NUT: u128 = 62;

pub fn world() -> World {
    let box_of_12 = Value::Lines(vec![line(
        600,
        &[("unit", text("box")), ("factor", number("12"))],
    )]);
    let mut unit = record(
        "org/unit",
        31,
        &[("code", text("U1")), ("head", link(BOSS))],
    );
    unit.parent = Some(id(30));
    let records = [
        record("org/branch", BRANCH, &[("code", text("SH"))]),
        record("org/branch", 22, &[("code", text("BJ"))]),
        record("org/unit", 30, &[("code", text("U0"))]),
        unit,
        record(
            "org/person",
            PERSON,
            &[
                ("code", text("E1")),
                ("name", text("Lin")),
                ("boss", link(BOSS)),
                ("branch", link(BRANCH)),
                ("unit", link(31)),
            ],
        ),
        record(
            "org/person",
            BOSS,
            &[("code", text("E2")), ("name", text("Bo"))],
        ),
        record(
            "shop/supplier",
            SUPPLIER,
            &[
                ("name", text("Acme")),
                ("lead_days", number("5")),
                ("active", Value::Bool(true)),
            ],
        ),
        record("shop/warehouse", WAREHOUSE, &[("branch", link(BRANCH))]),
        record(
            "shop/item",
            BOLT,
            &[
                ("code", text("B")),
                ("name", text("Bolt")),
                ("unit", text("box")),
                ("units", box_of_12),
                ("tax_rate", number("0.13")),
                ("surplus", number("0.05")),
                ("inspected", Value::Bool(true)),
                ("group", text("goods")),
            ],
        ),
        record(
            "shop/item",
            NUT,
            &[
                ("code", text("N")),
                ("name", text("Nut")),
                ("unit", text("pcs")),
            ],
        ),
        record("shop/settings", 71, &[("limit", number("5000.00"))]),
    ];
    World {
        records: records.into_iter().map(|r| (r.id, Arc::new(r))).collect(),
        measures: HashMap::new(),
        price: Some(d("56.5")),
        rounds: RefCell::new(0),
    }
}

impl World {
    pub fn answer(&self, facts: &mut Facts, asks: Vec<Ask>) {
        *self.rounds.borrow_mut() += 1;
        assert!(!asks.is_empty(), "asks for nothing");
        for ask in asks {
            assert!(!facts.knows(&ask), "asks again: {ask:?}");
            let answer = self.one(&ask);
            facts.put(ask, answer);
        }
        assert!(*self.rounds.borrow() < 20, "asks without end");
    }
    fn one(&self, ask: &Ask) -> Answer {
        let of = |form: &Ref, id: &Id| self.records.get(id).filter(|r| r.form == *form).cloned();
        match ask {
            Ask::Record { form, id } => Answer::Record(of(form, id)),
            Ask::LineRecord { form, table, line } => {
                let holds = |r: &&Arc<Record>| {
                    let lines = r.values.get(table).map_or(&[][..], Value::lines);
                    r.form == *form && lines.iter().any(|l| l.id == *line)
                };
                Answer::Record(self.records.values().find(holds).cloned())
            }
            Ask::Settings { form } => {
                Answer::Record(self.records.values().find(|r| r.form == *form).cloned())
            }
            Ask::Balance { key, .. } => {
                let first = key.iter().find_map(|(_, v)| v.as_ref()?.link());
                let found = first.and_then(|id| self.measures.get(&id).cloned());
                Answer::Measures(found.unwrap_or_default())
            }
            Ask::Slice { .. } => Answer::Row(self.price.map(|price| {
                kernel::facts::Row {
                    values: [(name("price"), Value::Number(price))]
                        .into_iter()
                        .collect(),
                    found: name("agreed"),
                }
            })),
            Ask::Managers { person, levels } => {
                let mut out = vec![];
                let mut at = *person;
                while let Some(boss) = self.records[&at].values.get("boss").and_then(Value::link) {
                    out.push(boss);
                    at = boss;
                }
                out.truncate(*levels as usize);
                Answer::Ids(out)
            }
            Ask::Holders { .. } => Answer::Users(
                [2, 3]
                    .map(|n| kernel::facts::Holder {
                        user: id(n),
                        person: None,
                    })
                    .to_vec(),
            ),
            Ask::Script {
                package,
                function,
                args,
            } => {
                let source = rules().scripts(package);
                let run =
                    kernel::script::run(&source, function, args, &Default::default(), || false);
                Answer::Script(run)
            }
            Ask::Key { form, key } | Ask::KeySeen { form, key } => {
                let has =
                    |r: &&Arc<Record>| r.form == *form && r.values.get("code") == Some(&text(key));
                Answer::Id(self.records.values().find(has).map(|r| r.id))
            }
            Ask::Title { id, .. } => {
                let title = self.records.get(id).and_then(|r| r.values.get("name"));
                let title = title.and_then(Value::text);
                Answer::Text(title.unwrap_or("?").into())
            }
        }
    }
    /// Runs until everything that was asked is answered.
    pub fn settle<T>(&self, mut run: impl FnMut(&Facts) -> Outcome<T>) -> T {
        let mut facts = Facts::default();
        loop {
            match run(&facts) {
                Outcome::Done(done) => return done,
                Outcome::Need(asks) => self.answer(&mut facts, asks),
            }
        }
    }
    pub fn sheet(&self, record: &Record, before: Option<&Record>, phase: Phase) -> Sheet {
        let user = user();
        let rules = rules();
        let form = rules.catalogue().form(&record.form).unwrap().clone();
        self.settle(|facts| {
            evaluate(&Evaluation {
                rules,
                form: &form,
                record,
                before,
                phase: &phase,
                node_fields: None,
                access: None,
                asker: asker(&user),
                facts,
            })
        })
    }
}

/// An order as somebody starts to fill it in: two lines, not worked out yet.
pub fn order() -> Record {
    let mut order = record(
        "shop/order",
        100,
        &[
            ("supplier", link(SUPPLIER)),
            ("warehouse", link(WAREHOUSE)),
            (
                "lines",
                Value::Lines(vec![
                    line(101, &[("item", link(BOLT)), ("quantity", number("10"))]),
                    line(
                        102,
                        &[
                            ("item", link(NUT)),
                            ("quantity", number("2")),
                            ("price", number("50.05")),
                        ],
                    ),
                ]),
            ),
        ],
    );
    order.typed.push(format!("{}.price", id(102)));
    order.version = 0;
    order
}

pub fn lines(record: &Record) -> &[Line] {
    record.values.get("lines").unwrap().lines()
}
pub fn codes(sheet: &Sheet) -> Vec<String> {
    sheet
        .findings
        .iter()
        .map(|f| format!("{} {}", f.at, f.code))
        .collect()
}
