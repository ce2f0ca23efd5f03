//! The description of the interface.

use crate::house::{get, house};
use model::canonical::canonical;

#[test]
fn the_description_kept_is_the_one_the_server_gives() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/openapi.json");
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(
        kept == canonical(&server::openapi::document()),
        "schemas/openapi.json differs; `cargo xtask openapi` writes it"
    );
}

#[tokio::test]
async fn strangers_get_the_static_part() {
    let house = house().await;
    let got = get("/api/openapi.json").of(&house).await;
    assert_eq!(got.json(), server::openapi::document());
}
