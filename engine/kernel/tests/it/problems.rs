//! A wrong package gives all its problems at once, each with its place.

use crate::shop::*;
use kernel::Rules;

fn problems(changes: &[(&str, &str, &str)]) -> Vec<String> {
    match Rules::compile(changed(changes)) {
        Ok(_) => vec![],
        Err(problems) => problems
            .iter()
            .map(|p| format!("{}{} {} {}", p.file, p.at, p.code, p.with.join(",")))
            .collect(),
    }
}

#[test]
fn ten_mistakes_give_ten_problems() {
    let order = "shop/forms/order.json";
    let found = problems(&[
        (
            order,
            "= sum(record.lines.amount)",
            "= sum(record.lines.amounts)",
        ),
        (order, "= line.item.unit", "= line.thing.unit"),
        (
            order,
            "= record.expected < record.date",
            "= record.expected <",
        ),
        (order, "= record.branch", "= record.supplier"),
        (order, "O-{year}-{0000}", "O-{year}"),
        (
            "shop/workflows/order.json",
            "settings.shop.limit",
            "settings.shop.bound",
        ),
        (
            "shop/workflows/order.json",
            "= managers(record.buyer, 1)",
            "= record.supplier",
        ),
        (
            "shop/ledgers/stock.json",
            "= on_hand >= 0",
            "= !warehouse.allow_negative",
        ),
        (
            "shop/postings/receipt.json",
            "\"item\": \"= line.item\", \"received\"",
            "\"received\"",
        ),
        ("shop/roles.json", "= user.branches", "= record.branch"),
        ("shop/makes/receive.json", "= line.item\"", "= line.unit\""),
        (
            "shop/scripts/codes.rhai",
            "fn code_ok(code) {",
            "fn code_ok(code) {{",
        ),
    ]);
    let wanted = [
        "shop/forms/order.json/fields/lines/fields/unit/copy unknown_field thing",
        "shop/forms/order.json/checks/on_time/fails expression_syntax",
        "shop/forms/order.json/fields/number/pattern sequence_pattern {0000}",
        "shop/forms/order.json/fields/total/computed unknown_field amounts",
        "shop/forms/order.json/fields/warehouse/rows/branch type_mismatch org/branch,shop/supplier",
        "shop/forms/receipt.json/checks/code_right/fails unknown_function code_ok",
        "shop/ledgers/stock.json/constraints/never_below/holds not_a_comparison never_below",
        "shop/makes/receive.json/lines/set/item type_mismatch shop/item,text",
        "shop/postings/receipt.json/entries/order missing_dimension item",
        "shop/roles.json/grants/branch_orders/rows/branch unknown_field record",
        "shop/scripts/codes.rhai script_syntax ",
        "shop/workflows/order.json/nodes/boss/seats/0 not_a_person shop/supplier",
        "shop/workflows/order.json/nodes/size/branches/large/when unknown_field bound",
    ];
    for wanted in wanted {
        assert!(
            found.iter().any(|f| f.starts_with(wanted)),
            "{wanted} is not in\n{}",
            found.join("\n")
        );
    }
    assert_eq!(found.len(), wanted.len(), "\n{}", found.join("\n"));
}

#[test]
fn cycles_are_refused_with_their_names() {
    let order = "shop/forms/order.json";
    let found = problems(&[(
        order,
        "= line.quantity * line.price",
        "= line.share * record.total",
    )]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains(" cycle "), "{found:?}");
    for name in ["lines.amount", "lines.share"] {
        assert!(found[0].contains(name), "{found:?}");
    }
    let itself = (order, "= sum(record.lines.amount)", "= record.total + 1");
    assert_eq!(
        problems(&[itself]),
        [format!("{order}/fields/total/computed cycle total")].map(|f| f.replace("/computed", ""))
    );
    let measure = (
        "shop/ledgers/stock.json",
        "= on_hand - reserved",
        "= available + 1",
    );
    let found = problems(&[measure]);
    assert!(
        found
            .iter()
            .any(|f| f.contains("/measures/available/computed cycle")),
        "{found:?}"
    );
}

#[test]
fn places_forbid_what_does_not_belong_there() {
    let balance = "= balance(`stock`, #{ item: line.item }).on_hand";
    let found = problems(&[("shop/postings/receipt.json", "= line.quantity", balance)]);
    let at = "shop/postings/receipt.json/entries/order/set/received";
    assert!(
        found[0].starts_with(&format!("{at} forbidden_construct")),
        "{found:?}"
    );
    let today = ("shop/postings/receipt.json", "= record.date", "= today");
    assert!(problems(&[today])[0].contains("/date unknown_field today"));
    let settings = (
        "shop/ledgers/stock.json",
        "= on_hand >= 0",
        "= on_hand >= settings.shop.limit",
    );
    assert!(problems(&[settings])[0].contains("unknown_field settings"));
    let script = ("shop/roles.json", "= user.branches", "= code_ok(user.name)");
    assert!(problems(&[script])[0].contains("forbidden_construct"));
}

#[test]
fn a_live_field_is_not_read_through_a_link() {
    let receipt = "shop/forms/receipt.json";
    let found = problems(&[(
        receipt,
        "= line.order_line.quantity",
        "= line.order_line.found",
    )]);
    assert_eq!(
        found,
        [format!(
            "{receipt}/fields/lines/fields/ordered/live live_through_link found"
        )]
    );
}

#[test]
fn a_script_may_not_hide_a_function() {
    let found = problems(&[("shop/scripts/codes.rhai", "fn order_days(", "fn balance(")]);
    assert!(
        found[0].contains("shop/scripts/codes.rhai function_exists balance"),
        "{found:?}"
    );
}
