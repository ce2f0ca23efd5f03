//! Where benchmarks run: a folder for their sites, and the small package they run on.

use super::Outcome;
use anyhow::Context as _;
use model::{Id, Name, Ref};
use runtime::{Caller, Language, NewUser, Options, Site, folder};
use serde_json::{Map, Value, json};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Parts that lines of papers are about: as many balances are hot.
pub const PARTS: usize = 1_000;
/// Partners of papers.
pub const PARTNERS: usize = 50;
/// Desks, each with a clerk, a manager and somebody of finance. A client works at a desk of his
/// own, so that nobody takes what another was to do.
pub const DESKS: usize = 64;
/// Lines of a paper.
pub const LINES: usize = 5;
/// Everybody's password.
pub const PASSWORD: &str = "bench and press";

/// The folder, and how long to measure.
pub struct Place {
    folder: tempfile::TempDir,
    /// The program `formwork`.
    pub program: PathBuf,
    /// A PostgreSQL to make databases on.
    pub postgres: Option<String>,
    /// Rounds of a scenario.
    pub rounds: usize,
    /// How long each side runs in a round.
    pub span: Duration,
    /// Records of the large site of S5 and S6.
    pub large: i64,
}

impl Place {
    pub fn new(quick: bool) -> Outcome<Self> {
        let program = std::env::var_os("FORMWORK_BIN")
            .map(PathBuf::from)
            .filter(|p| p.is_file())
            .context("FORMWORK_BIN names no program; `cargo xtask bench` builds and names it")?;
        Ok(Self {
            folder: tempfile::tempdir()?,
            program,
            postgres: std::env::var("FORMWORK_TEST_PG").ok(),
            rounds: if quick { 3 } else { 5 },
            span: Duration::from_secs(if quick { 1 } else { 3 }),
            large: if quick { 200_000 } else { 1_000_000 },
        })
    }
    /// A folder inside it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// Options of a site in a folder of its own.
    pub fn options(&self, name: &str) -> Options {
        Options::folder(self.at(name), self.program.clone())
    }
    /// A new site on SQLite with everything a cycle needs.
    pub async fn site(&self, name: &str, password: Option<&str>) -> Outcome<(Site, World)> {
        let site = Site::open(self.options(name)).await.map_err(told)?;
        let world = furnish(&site, password).await?;
        Ok((site, world))
    }
}

/// The form all is about.
pub fn paper() -> Ref {
    trial("paper")
}
fn trial(name: &'static str) -> Ref {
    Ref::new(&Name::known("trial"), &Name::known(name))
}

/// What a furnished site holds, and who works at its desks.
pub struct World {
    pub desks: Vec<Desk>,
    pub partners: Vec<Id>,
    pub parts: Vec<Id>,
}

/// A desk and its people.
#[derive(Clone)]
pub struct Desk {
    pub id: Id,
    pub clerk: Caller,
    pub manager: Caller,
    pub finance: Caller,
}

/// The login of somebody at a desk.
pub fn login(role: &str, desk: usize) -> String {
    format!("{role}{desk}")
}

/// Publishes the package and makes what papers are about.
pub async fn furnish(site: &Site, password: Option<&str>) -> Outcome<World> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/trial");
    let package = folder::packages(&home).map_err(told)?;
    site.publish(None, package, false).await.map_err(told)?;
    let mut made: [Vec<Id>; 3] = Default::default();
    let wanted = [("desk", DESKS), ("partner", PARTNERS), ("part", PARTS)];
    for ((form, count), ids) in wanted.into_iter().zip(&mut made) {
        // Some at a time share a commit.
        for group in (0..count).collect::<Vec<_>>().chunks(32) {
            let each = group.iter().map(|n| {
                let mut values = Map::from_iter([("code".into(), json!(format!("{form}{n}")))]);
                if form != "desk" {
                    values.insert("name".into(), json!(format!("The {form} number {n}")));
                }
                if form == "part" {
                    values.insert("price".into(), json!(format!("{}.50", n % 90 + 10)));
                }
                let (site, form) = (site.clone(), trial(form));
                async move { site.engine_create(&form, values).await }
            });
            for done in futures::future::join_all(each).await {
                ids.push(done.map_err(told)?);
            }
        }
    }
    let [desks, partners, parts] = made;
    let desks = people(site, &desks, password).await?;
    Ok(World {
        desks,
        partners,
        parts,
    })
}

async fn people(site: &Site, desks: &[Id], password: Option<&str>) -> Outcome<Vec<Desk>> {
    let add = |n: usize, role: &'static str| {
        let site = site.clone();
        let new = NewUser {
            login: login(role, n),
            name: None,
            password: password.map(ToOwned::to_owned),
            person: None,
            roles: vec![(trial(role), Some(format!("desk{n}")))],
            language: Language::En,
        };
        async move {
            let id = site.add_user(new).await?;
            site.caller_by_id(id).await
        }
    };
    let mut out = vec![];
    for (n, id) in desks.iter().enumerate() {
        let (clerk, manager, finance) =
            futures::join!(add(n, "clerk"), add(n, "manager"), add(n, "finance"));
        out.push(Desk {
            id: *id,
            clerk: clerk.map_err(told)?,
            manager: manager.map_err(told)?,
            finance: finance.map_err(told)?,
        });
    }
    Ok(out)
}

/// An error of the engine, with its findings.
pub fn told(e: runtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{}: {e:?}", e.code())
}

impl World {
    /// The values of the `n`th paper at a desk. Parts are spread so that neighbours in time
    /// share few of them.
    pub fn values(&self, desk: usize, n: u64) -> Map<String, Value> {
        let part = |line: usize| {
            let spread = n.wrapping_mul(7919) as usize + desk * 131 + line * 199;
            self.parts[spread % PARTS]
        };
        let lines: Vec<Value> = (0..LINES)
            .map(|line| json!({ "part": part(line), "quantity": "2", "discount": "0.05" }))
            .collect();
        let values = json!({
            "desk": self.desks[desk].id,
            "partner": self.partners[n as usize % PARTNERS],
            "place": "main",
            "reference": format!("PO-2026-{n:06}"),
            "note": "A line of remark text as a person would type it in a form",
            "lines": lines,
        });
        match values {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}
