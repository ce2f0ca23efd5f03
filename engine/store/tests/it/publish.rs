//! Tables follow the catalogue and lose nothing.

use crate::world::*;
use serde_json::json;
use store::Failure;

both!(
    a_second_publish_of_the_same_does_nothing
    an_added_field_keeps_the_data
    a_renamed_field_takes_its_data_along
    what_would_lose_data_is_refused_with_counts
    a_retired_field_keeps_its_data
    more_digits_are_given_fewer_only_when_nothing_is_lost
    a_reserved_name_is_refused
    a_ledger_starts_to_keep_balances
);

async fn a_second_publish_of_the_same_does_nothing(mut w: World) {
    let done = w.publish(&forms(), &ledgers()).await.unwrap().unwrap();
    assert_eq!(done, 0);
}

async fn an_added_field_keeps_the_data(mut w: World) {
    let before = w
        .put("supplier", [("code", text("S1")), ("name", text("江南"))])
        .await;
    let mut f = forms();
    f["supplier"]["fields"]["phone"] = json!({ "kind": "text" });
    f["purchase"]["fields"]["lines"]["fields"]["note"] = json!({ "kind": "text" });
    f["supplier"]["fields"]["contacts"] =
        json!({ "kind": "lines", "fields": { "who": { "kind": "text" } } });
    w.publish(&f, &ledgers()).await.unwrap().unwrap();
    assert_eq!(w.read(&before).await.as_ref(), Some(&before));
    let new = w
        .put(
            "supplier",
            [
                ("code", text("S2")),
                ("phone", text("1")),
                ("contacts", lines([fields([("who", text("x"))])])),
            ],
        )
        .await;
    assert_eq!(w.read(&new).await.unwrap(), new);
}

async fn a_renamed_field_takes_its_data_along(mut w: World) {
    let s = w
        .put("supplier", [("code", text("S1")), ("name", text("江南"))])
        .await;
    let item = w.put("item", [("code", text("I1"))]).await;
    let p = w
        .put(
            "purchase",
            [(
                "lines",
                lines([fields([
                    ("item", model::Value::Link(item.id)),
                    ("quantity", number("2")),
                ])]),
            )],
        )
        .await;
    let mut f = forms();
    let fields = f["supplier"]["fields"].as_object_mut().unwrap();
    let mut field = fields.remove("name").unwrap();
    field["was"] = json!("name");
    fields.insert("full_name".into(), field);
    let mut code = fields.remove("code").unwrap();
    code["was"] = json!("code");
    fields.insert("short".into(), code);
    f["supplier"]["key"] = json!("short");
    let fields = f["purchase"]["fields"].as_object_mut().unwrap();
    let mut table = fields.remove("lines").unwrap();
    table["was"] = json!("lines");
    let columns = table["fields"].as_object_mut().unwrap();
    let mut column = columns.remove("quantity").unwrap();
    column["was"] = json!("quantity");
    columns.insert("amount".into(), column);
    fields.insert("rows".into(), table);
    f["receipt"]["fields"]["lines"]["fields"]["order_line"]["to"] = json!("purchase.rows");
    w.publish(&f, &ledgers()).await.unwrap().unwrap();
    let now = w.read(&s).await.unwrap();
    assert_eq!(now.values.get("full_name"), Some(&text("江南")));
    assert_eq!(now.values.get("short"), Some(&text("S1")));
    let now = w.read(&p).await.unwrap();
    assert_eq!(
        now.values["rows"].lines()[0].values["amount"],
        number("2.000000")
    );
    // The unique index moved along.
    let twice = w.record("supplier", [("short", text("S1"))]);
    assert!(matches!(
        w.insert(&twice).await,
        Err(Failure::Duplicate { .. })
    ));
    // Publishing the same again, `was` and all, does nothing.
    assert_eq!(w.publish(&f, &ledgers()).await.unwrap().unwrap(), 0);
}

async fn what_would_lose_data_is_refused_with_counts(mut w: World) {
    for n in 0..5 {
        w.put(
            "supplier",
            [
                ("name", text(&format!("n{}", n / 2))),
                ("rating", number("1.5")),
            ],
        )
        .await;
    }
    let mut f = forms();
    f["supplier"]["fields"]["name"] = json!({ "kind": "date" });
    f["supplier"]["fields"]["rating"] = json!({ "kind": "number", "scale": 0 });
    f["supplier"]["fields"]["secret"] = json!({ "kind": "date" });
    let losses = w.publish(&f, &ledgers()).await.unwrap().unwrap_err();
    assert_eq!(losses.len(), 2, "{losses:?}");
    let name = losses.iter().find(|l| l.at.ends_with(".name")).unwrap();
    assert_eq!((name.code, name.count), ("kind_changed", 5));
    assert_eq!(name.samples.len(), 3);
    let rating = losses.iter().find(|l| l.at.ends_with(".rating")).unwrap();
    assert_eq!((rating.code, rating.count), ("digits_lost", 5));
    assert_eq!(rating.samples[0], "1.5");
    // Nothing of it was done; what holds no data may change its kind.
    let mut f = forms();
    f["supplier"]["fields"]["secret"] = json!({ "kind": "date" });
    w.publish(&f, &ledgers()).await.unwrap().unwrap();
    f["supplier"]["fields"]["name"] = json!({ "kind": "text", "unique": true });
    let losses = w.publish(&f, &ledgers()).await.unwrap().unwrap_err();
    assert_eq!((losses[0].code, losses[0].count), ("not_unique", 4));
    w.put("supplier", [("secret", date("2026-01-02"))]).await;
}

async fn a_retired_field_keeps_its_data(mut w: World) {
    let s = w
        .put(
            "supplier",
            [("name", text("江南")), ("rating", number("1.5"))],
        )
        .await;
    let mut f = forms();
    f["supplier"]["fields"]
        .as_object_mut()
        .unwrap()
        .remove("rating");
    w.publish(&f, &ledgers()).await.unwrap().unwrap();
    assert_eq!(w.read(&s).await.unwrap().values.len(), 1);
    w.publish(&forms(), &ledgers()).await.unwrap().unwrap();
    assert_eq!(w.read(&s).await.unwrap(), s);
}

async fn more_digits_are_given_fewer_only_when_nothing_is_lost(mut w: World) {
    let s = w.put("supplier", [("rating", number("1.5"))]).await;
    let mut f = forms();
    f["supplier"]["fields"]["rating"]["scale"] = json!(4);
    w.publish(&f, &ledgers()).await.unwrap().unwrap();
    assert_eq!(w.read(&s).await.unwrap().values["rating"], number("1.5000"));
    f["supplier"]["fields"]["rating"]["scale"] = json!(1);
    w.publish(&f, &ledgers()).await.unwrap().unwrap();
    assert_eq!(w.read(&s).await.unwrap().values["rating"], number("1.5"));
}

async fn a_reserved_name_is_refused(mut w: World) {
    let mut f = forms();
    f["supplier"]["fields"]["status"] = json!({ "kind": "text" });
    let out = w.publish(&f, &ledgers()).await;
    assert!(
        matches!(
            out,
            Err(Failure::Bad {
                code: "reserved_name",
                ..
            })
        ),
        "{out:?}"
    );
}

async fn a_ledger_starts_to_keep_balances(mut w: World) {
    let mut l = ledgers();
    l["notes"]["balance"] = json!("current");
    l["stock"]["measures"]["weight"] = json!({ "label": "Weight", "kind": "quantity" });
    w.publish(&forms(), &l).await.unwrap().unwrap();
}
