//! Masters that the engine creates.

use crate::house::{BOTH, object, r, site};
use runtime::Site;
use serde_json::json;

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
        if let Err(e) = site.engine_create(&r(of), object(values)).await {
            panic!("{of}: {e:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn masters_are_kept_on_both_databases() {
    for on in BOTH {
        let dir = tempfile::tempdir().unwrap();
        let site = site(dir.path(), on).await;
        masters(&site).await;
    }
}
