//! What the tests of the runtime stand on: a site with the builtin modules, on either database.

use model::Ref;
use runtime::{Clock, Options, Site, folder};
use serde_json::{Map, Value};
use std::path::Path;

/// Where a site is kept.
#[derive(Clone, Copy, Debug)]
pub enum On {
    Sqlite,
    Postgres,
}

/// Every test runs on both.
pub const BOTH: [On; 2] = [On::Sqlite, On::Postgres];

/// How to open an empty site, in `dir` or in a schema of its own.
pub fn options(dir: &Path, on: On, clock: Clock) -> Options {
    let mut options = Options::folder(dir.to_path_buf(), std::env::current_exe().unwrap());
    options.clock = clock;
    if matches!(on, On::Postgres) {
        let url = std::env::var("FORMWORK_TEST_PG")
            .expect("FORMWORK_TEST_PG names no PostgreSQL; `cargo xtask test` starts one");
        options.database = Some(url);
        options.schema = format!("t_{}", uuid::Uuid::new_v4().simple());
        options.allow_unsafe = true;
    }
    options
}

/// A site with the builtin modules; its day is 2026-03-02.
pub async fn site(dir: &Path, on: On) -> Site {
    let clock = Clock::fixed("2026-03-02".parse().unwrap(), 7);
    let site = Site::open(options(dir, on, clock)).await.unwrap();
    let root = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../builtin-modules"
    ));
    let modules = folder::packages(root).unwrap();
    if let Err(e) = site.publish(None, modules, false).await {
        panic!("{e:?}");
    }
    site
}

pub fn r(text: &str) -> Ref {
    text.parse().unwrap()
}

pub fn object(json: Value) -> Map<String, Value> {
    json.as_object().unwrap().clone()
}
