//! The runtime from outside, on both databases.

use model::{Name, Ref};
use runtime::{Clock, Options, Site, folder};
use serde_json::{Map, Value, json};
use std::path::Path;

fn modules() -> Vec<(Name, model::read::Files)> {
    let root = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../builtin-modules"
    ));
    folder::packages(root).unwrap()
}

/// A site with the builtin modules, on SQLite or in a schema of its own on PostgreSQL.
async fn site(dir: &Path, postgres: bool) -> Site {
    let mut options = Options::folder(dir.to_path_buf(), std::env::current_exe().unwrap());
    options.clock = Clock::fixed("2026-03-02".parse().unwrap(), 7);
    if postgres {
        let url = std::env::var("FORMWORK_TEST_PG")
            .expect("FORMWORK_TEST_PG names no PostgreSQL; `cargo xtask test` starts one");
        options.database = Some(url);
        options.schema = format!("t_{}", uuid::Uuid::new_v4().simple());
        options.allow_unsafe = true;
    }
    let site = Site::open(options).await.unwrap();
    if let Err(e) = site.publish(None, modules(), false).await {
        panic!("{e:?}");
    }
    site
}

fn form(text: &str) -> Ref {
    text.parse().unwrap()
}

fn object(json: Value) -> Map<String, Value> {
    json.as_object().unwrap().clone()
}

async fn masters(site: &Site) {
    for (of, values) in [
        (
            "base/unit",
            json!({ "code": "pcs", "name": "Piece", "family": "count" }),
        ),
        (
            "base/currency",
            json!({ "code": "CNY", "name": "Renminbi" }),
        ),
    ] {
        if let Err(e) = site.engine_create(&form(of), object(values)).await {
            panic!("{of}: {e:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn masters_are_kept_on_both_databases() {
    for postgres in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let site = site(dir.path(), postgres).await;
        masters(&site).await;
    }
}
