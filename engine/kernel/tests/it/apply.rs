//! Bodies.

use crate::shop::*;
use kernel::form::{Applied, Body, Finding, Looks, Phase, Place, apply, chosen};
use model::{Id, Look, Record, Value};
use serde_json::{Value as Json, json};

fn looks() -> Looks {
    let mut empty = record("shop/order", 100, &[]);
    empty.version = 0;
    world().sheet(&empty, None, Phase::New).looks
}

fn put_on(record: &Record, looks: &Looks, json: Json) -> Result<Applied, Vec<Finding>> {
    let form = rules().catalogue().form(&record.form).unwrap().clone();
    let Json::Object(json) = json else { panic!() };
    world().settle(|facts| {
        apply(&Body {
            rules: rules(),
            form: &form,
            record,
            json: &json,
            looks,
            seed: id(0x0190_0000_0000_7000_8000_0000_0000_0001),
            adopt: false,
            facts,
        })
    })
}

fn put(record: &Record, json: Json) -> Result<Applied, Vec<Finding>> {
    put_on(record, &looks(), json)
}

fn new() -> Record {
    let mut record = record("shop/order", 100, &[]);
    record.version = 0;
    record
}

fn refused(json: Json) -> Vec<String> {
    let findings = put(&new(), json).unwrap_err();
    findings
        .iter()
        .map(|f| format!("{} {}", f.at, f.code))
        .collect()
}

#[test]
fn values_come_in_by_id_and_by_key() {
    let done = put(
        &new(),
        json!({
            "date": "2026-03-10",
            "warehouse": id(WAREHOUSE).to_string(),
            "urgency": "high",
            "memo": "x",
            "lines": [
                { "item": { "key": "B" }, "quantity": "1,000.5", "price": 3 },
                { "item": { "id": id(NUT), "title": "Nut" }, "quantity": 2 },
            ],
        }),
    )
    .unwrap();
    let values = &done.record.values;
    assert_eq!(values["warehouse"], link(WAREHOUSE));
    let lines = lines(&done.record);
    assert_eq!(lines[0].values["item"], link(BOLT));
    assert_eq!(lines[0].values["quantity"], number("1000.500000"));
    assert_eq!(lines[1].values["item"], link(NUT));
    assert_ne!(lines[0].id, lines[1].id);
    // What a copy would give is typed now; an emptied default too.
    let price = format!("{}.price", lines[0].id);
    assert_eq!(done.record.typed, [price.as_str()]);
    let emptied = put(&new(), json!({ "urgency": null })).unwrap();
    assert_eq!(emptied.record.typed, ["urgency"]);
    assert!(done.changed.contains(&Place::header(&name("lines"))));
    let form = rules().catalogue().form(&r("shop/order")).unwrap().clone();
    let links: Vec<Id> = chosen(&form, None, &done.record)
        .iter()
        .map(|c| c.id)
        .collect();
    assert_eq!(links, [id(WAREHOUSE), id(BOLT), id(NUT)]);
    assert!(chosen(&form, Some(&done.record), &done.record).is_empty());
    // The same body gives the same ids.
    let again = put(&new(), json!({ "lines": [{}, {}] })).unwrap();
    assert_eq!(crate::shop::lines(&again.record)[1].id, lines[1].id);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let line = Id::derived(
        id(0x0190_0000_0000_7000_8000_0000_0000_0001),
        &["lines", "0"],
    );
    let found = refused(json!({
        "colour": "red",
        "total": "5",
        "number": "O-1",
        "date": "tomorrow",
        "urgency": "urgent",
        "supplier": { "key": "nobody" },
        "status": "posted",
        "created_by": "x",
        "lines": [{ "quantity": "1.0000001", "amount": "1", "size": 3, "found": "1" }, 7],
    }));
    let at = |field: &str| format!("lines/{line}/{field}");
    let wanted = [
        "colour unknown_field".into(),
        "total not_editable".into(),
        "number not_editable".into(),
        "date not_a_date".into(),
        "urgency no_such_option".into(),
        "supplier no_such_record".into(),
        "status unknown_field".into(),
        "created_by unknown_field".into(),
        format!("{} too_many_digits", at("quantity")),
        format!("{} not_editable", at("amount")),
        format!("{} unknown_field", at("size")),
        format!("{} not_editable", at("found")),
        "lines not_a_line".into(),
    ];
    assert_eq!(found, wanted);
    assert_eq!(refused(json!({ "lines": 3 })), ["lines not_a_list"]);
    let many: Vec<Json> = (0..5001).map(|_| json!({})).collect();
    assert_eq!(refused(json!({ "lines": many })), ["lines too_many_lines"]);
}

#[test]
fn hidden_is_the_same_as_not_there() {
    let mut looks = looks();
    let hide = |look: &mut kernel::form::FieldLook, to| look.look = to;
    hide(looks.header.get_mut("memo").unwrap(), Look::Hidden);
    hide(looks.header.get_mut("reason").unwrap(), Look::Masked);
    hide(&mut looks.columns["lines"]["price"], Look::Hidden);
    let stored = world().sheet(&order(), None, Phase::New).record;
    let codes = |json: Json| match put_on(&stored, &looks, json) {
        Ok(done) => format!("{}", done.changed.len()),
        Err(findings) => findings[0].code.clone(),
    };
    assert_eq!(codes(json!({ "memo": "x" })), "unknown_field");
    assert_eq!(codes(json!({ "reason": { "masked": true } })), "0");
    assert_eq!(codes(json!({ "reason": "x" })), "not_editable");
    let price = json!({ "lines": [{ "id": id(101), "price": "1" }, { "id": id(102) }] });
    assert_eq!(codes(price), "unknown_field");
    // A table that may only be read keeps its lines.
    hide(looks.header.get_mut("lines").unwrap(), Look::Read);
    let codes = |json: Json| match put_on(&stored, &looks, json) {
        Ok(done) => format!("{}", done.changed.len()),
        Err(findings) => findings[0].code.clone(),
    };
    assert_eq!(
        codes(json!({ "lines": [{ "id": id(101) }] })),
        "not_editable"
    );
    let same = json!({ "lines": [{ "id": id(101), "quantity": "11" }, { "id": id(102) }] });
    assert_eq!(codes(same), "1");
}

#[test]
fn lines_keep_their_ids() {
    let stored = world().sheet(&order(), None, Phase::New).record;
    let done = put(
        &stored,
        json!({ "lines": [{ "id": id(102), "quantity": "3" }, { "id": "new-1", "item": id(BOLT) }] }),
    )
    .unwrap();
    let lines = lines(&done.record);
    assert_eq!(lines[0].id, id(102));
    assert_eq!(lines[0].values["price"], number("50.05"));
    assert_eq!(lines[0].values["quantity"], number("3.000000"));
    assert_ne!(lines[1].id, id(101));
    // An id of another record's line is not taken over.
    let done = put(&stored, json!({ "lines": [{ "id": id(9999) }] })).unwrap();
    assert_ne!(crate::shop::lines(&done.record)[0].id, id(9999));
    let twice = put(
        &stored,
        json!({ "lines": [{ "id": id(102) }, { "id": id(102) }] }),
    );
    let gone = put(&stored, json!({ "lines": null })).unwrap();
    assert!(!gone.record.values.contains_key("lines"));
    assert!(gone.record.typed.is_empty());
    assert!(twice.is_ok_and(|done| {
        let Value::Lines(lines) = &done.record.values["lines"] else {
            return false;
        };
        lines[0].id == id(102) && lines[1].id != id(102)
    }));
}
