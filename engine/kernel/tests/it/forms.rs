//! Values, looks and findings of a record.

use crate::shop::*;
use kernel::form::{Phase, Place, diff, link_rows, title};
use model::{Filter, Look, Path, Status, Test, Value, form::Level};

#[test]
fn a_new_order_is_worked_out_in_few_rounds() {
    let world = world();
    let sheet = world.sheet(&order(), None, Phase::New);
    let values = &sheet.record.values;
    assert_eq!(values["date"], Value::Date(day("2026-03-09")));
    assert_eq!(values["expected"], Value::Date(day("2026-03-14")));
    assert_eq!(values["branch"], link(BRANCH));
    assert_eq!(values["buyer"], link(PERSON));
    assert_eq!(values["urgency"], text("normal"));
    assert_eq!(values["total"], number("665.10"));
    let first = &lines(&sheet.record)[0].values;
    assert_eq!(first["unit"], text("box"));
    assert_eq!(first["price"], number("56.500000"));
    assert_eq!(first["amount"], number("565.00"));
    assert_eq!(first["base_quantity"], number("120.000000"));
    assert_eq!(first["net"], number("500.00"));
    assert_eq!(first["share"], number("84.95"));
    let second = &lines(&sheet.record)[1].values;
    assert!(!second.contains_key("tax_rate") && !second.contains_key("net"));
    assert_eq!(second["price"], number("50.05"));
    // Live values are shown and not stored.
    assert!(!first.contains_key("name"));
    assert_eq!(sheet.live.lines[&id(101)]["name"], text("Bolt"));
    assert_eq!(sheet.live.lines[&id(101)]["found"], number("56.500000"));
    assert!(
        *world.rounds.borrow() <= 3,
        "{} rounds",
        world.rounds.borrow()
    );
    assert!(codes(&sheet).is_empty(), "{:?}", codes(&sheet));
}

#[test]
fn a_copy_runs_again_only_when_what_it_reads_changes() {
    let mut world = world();
    let stored = world.sheet(&order(), None, Phase::New).record;
    // The master changes: what was copied stays.
    world.price = Some(d("70"));
    let mut supplier = (*world.records[&id(SUPPLIER)]).clone();
    supplier.values.insert(name("lead_days"), number("9"));
    world.records.insert(supplier.id, supplier.into());
    let same = world.sheet(&stored, Some(&stored), Phase::Change).record;
    assert_eq!(same, stored);
    // What it reads changes: it runs again.
    let mut later = stored.clone();
    later
        .values
        .insert(name("date"), Value::Date(day("2026-04-01")));
    let sheet = world.sheet(&later, Some(&stored), Phase::Change);
    assert_eq!(
        sheet.record.values["expected"],
        Value::Date(day("2026-04-10"))
    );
    assert_eq!(lines(&sheet.record)[0].values["price"], number("70.000000"));
    // What somebody typed stays.
    assert_eq!(lines(&sheet.record)[1].values["price"], number("50.05"));
    later.typed.push("expected".into());
    let kept = world.sheet(&later, Some(&stored), Phase::Change).record;
    assert_eq!(kept.values["expected"], stored.values["expected"]);
}

#[test]
fn a_default_comes_once() {
    let world = world();
    let mut stored = world.sheet(&order(), None, Phase::New).record;
    stored.values.shift_remove("urgency");
    let again = world.sheet(&stored, Some(&stored), Phase::Change).record;
    assert!(!again.values.contains_key("urgency"));
    let mut fresh = order();
    fresh.typed.push("urgency".into());
    let cleared = world.sheet(&fresh, None, Phase::New).record;
    assert!(!cleared.values.contains_key("urgency"));
}

#[test]
fn submit_demands_what_is_required_and_shown() {
    let world = world();
    let mut empty = record("shop/order", 100, &[]);
    empty.version = 0;
    assert!(codes(&world.sheet(&empty, None, Phase::New)).is_empty());
    let sheet = world.sheet(&empty, None, Phase::Submit);
    let wanted = [
        "supplier required",
        "warehouse required",
        "lines too_few_lines",
    ];
    assert_eq!(codes(&sheet), wanted);
    assert!(sheet.refused());
    // Dearer than agreed: warns, and asks why.
    let mut dear = order();
    let Value::Lines(lines) = &mut dear.values[&name("lines")] else {
        panic!()
    };
    lines[1].values.insert(name("price"), number("60"));
    let sheet = world.sheet(&dear, None, Phase::New);
    assert_eq!(codes(&sheet), [format!("lines/{}/price dear", id(102))]);
    assert_eq!(sheet.findings[0].level, Level::Warn);
    let say = sheet.findings[0].say.as_ref().unwrap();
    assert_eq!(say.path, "forms/order/fields/lines/checks/dear");
    let why = Place::line(&name("lines"), id(102), &name("why"));
    assert!(sheet.looks.at(&why).unwrap().required);
    let sheet = world.sheet(&dear, None, Phase::Submit);
    assert!(codes(&sheet).contains(&format!("lines/{}/why required", id(102))));
    let other = Place::line(&name("lines"), id(101), &name("why"));
    assert!(!sheet.looks.at(&other).unwrap().shown);
}

#[test]
fn checks_run_in_their_phase() {
    let world = world();
    let mut big = order();
    let Value::Lines(lines) = &mut big.values[&name("lines")] else {
        panic!()
    };
    lines[0].values.insert(name("quantity"), number("100"));
    assert!(codes(&world.sheet(&big, None, Phase::New)).is_empty());
    assert_eq!(
        codes(&world.sheet(&big, None, Phase::Submit)),
        ["reason big"]
    );
    assert!(codes(&world.sheet(&big, None, Phase::Node(name("boss")))).is_empty());
}

#[test]
fn looks_follow_status_flags_and_sections() {
    let world = world();
    let look = |sheet: &kernel::form::Sheet, field: &str| {
        sheet.looks.at(&Place::header(&name(field))).unwrap()
    };
    let stored = world.sheet(&order(), None, Phase::New).record;
    let sheet = world.sheet(&stored, Some(&stored), Phase::Change);
    assert_eq!(look(&sheet, "supplier").look, Look::Edit);
    assert_eq!(look(&sheet, "total").look, Look::Read);
    assert_eq!(look(&sheet, "number").look, Look::Read);
    let reason = look(&sheet, "reason");
    assert!(reason.readonly && reason.shown && reason.look == Look::Read);
    let mut posted = stored.clone();
    posted.status = Status::Posted;
    let sheet = world.sheet(&posted, Some(&posted), Phase::Change);
    assert_eq!(look(&sheet, "supplier").look, Look::Read);
    assert_eq!(look(&sheet, "memo").look, Look::Edit);
    let mut small = stored.clone();
    small.values.shift_remove("lines");
    let sheet = world.sheet(&small, Some(&stored), Phase::Change);
    assert!(!look(&sheet, "reason").shown);
}

#[test]
fn a_node_says_who_edits_what() {
    let world = world();
    let mut stored = world.sheet(&order(), None, Phase::New).record;
    stored.status = Status::Submitted;
    let fields = [
        ("memo", Look::Required),
        ("lines.quantity", Look::Edit),
        ("lines.price", Look::Hidden),
    ];
    let fields = fields.map(|(p, l)| (p.parse::<Path>().unwrap(), l));
    let fields = fields.into_iter().collect();
    let user = user();
    let form = rules().catalogue().form(&stored.form).unwrap().clone();
    let sheet = world.settle(|facts| {
        kernel::form::evaluate(&kernel::form::Evaluation {
            rules: rules(),
            form: &form,
            record: &stored,
            before: Some(&stored),
            phase: &Phase::Node(name("boss")),
            node_fields: Some(&fields),
            access: None,
            asker: asker(&user),
            facts,
        })
    });
    assert_eq!(codes(&sheet), ["memo required"]);
    let lines = &sheet.looks.columns["lines"];
    assert_eq!(lines["quantity"].look, Look::Edit);
    assert_eq!(lines["price"].look, Look::Hidden);
    assert_eq!(lines["item"].look, Look::Read);
    assert_eq!(sheet.looks.header["lines"].look, Look::Read);
    assert_eq!(sheet.looks.header["memo"].look, Look::Edit);
}

#[test]
fn a_posted_record_stays_as_it_is() {
    let mut world = world();
    let mut posted = world.sheet(&order(), None, Phase::New).record;
    posted.status = Status::Posted;
    let mut item = (*world.records[&id(BOLT)]).clone();
    item.values.insert(name("units"), Value::Lines(vec![]));
    item.values.insert(name("name"), text("Bolt, new"));
    world.records.insert(item.id, item.into());
    let sheet = world.sheet(&posted, Some(&posted), Phase::Change);
    assert_eq!(sheet.record, posted);
    assert_eq!(sheet.live.lines[&id(101)]["name"], text("Bolt, new"));
}

#[test]
fn a_script_is_asked_for_and_decides() {
    let world = world();
    let good = record("shop/receipt", 200, &[("code", text("19"))]);
    let bad = record("shop/receipt", 200, &[("code", text("18"))]);
    let none = record("shop/receipt", 200, &[]);
    assert!(codes(&world.sheet(&good, None, Phase::New)).is_empty());
    assert_eq!(
        codes(&world.sheet(&bad, None, Phase::New)),
        ["code code_right"]
    );
    assert!(codes(&world.sheet(&none, None, Phase::New)).is_empty());
}

#[test]
fn a_receipt_reads_its_order_through_the_line() {
    let mut world = world();
    let order = world.sheet(&order(), None, Phase::New).record;
    world.records.insert(order.id, order.into());
    world.measures.insert(
        id(101),
        [(name("ordered"), d("120")), (name("received"), d("130"))].into(),
    );
    let receipt = record(
        "shop/receipt",
        200,
        &[(
            "lines",
            Value::Lines(vec![line(201, &[("order_line", link(101))])]),
        )],
    );
    let sheet = world.sheet(&receipt, None, Phase::New);
    let live = &sheet.live.lines[&id(201)];
    assert_eq!(live["ordered"], number("10"));
    assert_eq!(live["left"], number("0.000000"));
    let item = Place::line(&name("lines"), id(201), &name("item"));
    assert!(sheet.looks.at(&item).unwrap().readonly);
    assert!(!sheet.looks.columns["lines"]["item"].readonly);
}

#[test]
fn what_cannot_be_worked_out_warns_and_later_refuses() {
    let world = world();
    let mut order = order();
    order
        .values
        .insert(name("date"), Value::Date(day("9999-12-30")));
    let sheet = world.sheet(&order, None, Phase::New);
    assert_eq!(codes(&sheet), ["expected no_such_day"]);
    assert!(!sheet.refused());
    assert!(world.sheet(&order, None, Phase::Submit).refused());
}

#[test]
fn titles_take_words_along_with_empty_fields() {
    let world = world();
    let form = rules().catalogue().form(&r("shop/order")).unwrap().clone();
    let of = |record: &model::Record| world.settle(|facts| title(rules(), &form, record, facts));
    let mut order = world.sheet(&order(), None, Phase::New).record;
    assert_eq!(of(&order), "Acme · 665.10");
    order.values.insert(name("number"), text("O-2026-0001"));
    assert_eq!(of(&order), "O-2026-0001 · Acme · 665.10");
    order.values.shift_remove("supplier");
    assert_eq!(of(&order), "O-2026-0001 · 665.10");
    order.values.clear();
    assert_eq!(of(&order), "Order");
}

#[test]
fn differences_are_listed_field_by_field() {
    let world = world();
    let before = world.sheet(&order(), None, Phase::New).record;
    let mut after = before.clone();
    after.values.insert(name("memo"), text("x"));
    let Value::Lines(lines) = &mut after.values[&name("lines")] else {
        panic!()
    };
    lines.remove(0);
    lines[0].values.insert(name("quantity"), number("3"));
    let places: Vec<String> = diff(&before, &after)
        .iter()
        .map(|d| d.at.to_string())
        .collect();
    assert!(places.contains(&"memo".into()));
    assert!(places.contains(&format!("lines/{}/quantity", id(102))));
    assert!(places.contains(&format!("lines/{}/item", id(101))));
    assert!(diff(&before, &before).is_empty());
}

#[test]
fn rows_of_a_link_follow_the_record() {
    let world = world();
    let form = rules().catalogue().form(&r("shop/order")).unwrap().clone();
    let user = user();
    let rows = |record: &model::Record, field: &str| {
        let at = Place::header(&name(field));
        world.settle(|facts| link_rows(rules(), &form, record, &at, asker(&user), facts).unwrap())
    };
    let mut order = order();
    let branch = "branch".parse::<Path>().unwrap();
    assert_eq!(
        rows(&order, "warehouse"),
        Filter::All(vec![Filter::everything()])
    );
    order.values.insert(name("branch"), link(BRANCH));
    let test = Filter::Field(branch, Test::Is(link(BRANCH)));
    assert_eq!(rows(&order, "warehouse"), Filter::All(vec![test]));
    assert_eq!(rows(&order, "expected"), Filter::everything());
}
