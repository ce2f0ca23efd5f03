//! The language: what expressions give, on an order that is worked out.

use crate::shop::*;
use kernel::{
    Fault, Outcome,
    expr::{At, flag, value},
    form::Phase,
};
use model::{Expr, Record, Value};

fn run(record: &Record, source: &str) -> Result<Option<Value>, Fault> {
    let world = world();
    let user = user();
    let form = rules().catalogue().form(&record.form).unwrap().clone();
    let package = name("shop");
    let at = At {
        package: &package,
        form: &form,
        record,
    };
    let mut failed = None;
    let found = world.settle(|facts| {
        match value(rules(), &Expr::source(source), &at, asker(&user), facts) {
            Ok(outcome) => outcome.map(Some),
            Err(fault) => {
                failed = Some(fault);
                Outcome::Done(None)
            }
        }
    });
    match failed {
        Some(fault) => Err(fault),
        None => Ok(found.flatten()),
    }
}

fn worked_out() -> Record {
    world().sheet(&order(), None, Phase::New).record
}

/// What an expression gives, as text; `-` where it gives nothing.
fn said(record: &Record, source: &str) -> String {
    match run(record, source) {
        Ok(None) => "-".into(),
        Ok(Some(Value::Number(n))) => n.normalize().to_string(),
        Ok(Some(value)) => value.to_json().to_string().replace('"', ""),
        Err(fault) => format!("! {}", fault.code),
    }
}

#[test]
fn the_corpus() {
    let record = worked_out();
    let corpus: &[(&str, &str)] = &[
        // Numbers: all decimals, whole literals too.
        ("1 + 2 * 3", "7"),
        ("0.1 + 0.2", "0.3"),
        ("record.total / 2", "332.55"),
        ("record.total - 665", "0.1"),
        ("2 * record.total", "1330.2"),
        ("-record.total", "-665.1"),
        ("- (1 - 3)", "2"),
        ("10.5 % 4", "2.5"),
        ("record.total > 665", "true"),
        ("665 < record.total", "true"),
        ("record.total == 665.10", "true"),
        ("record.total == 665.1", "true"),
        ("record.total != 665.1", "false"),
        ("1 == 1.0", "true"),
        ("1 <= 1 && 2 >= 2 && !(1 > 2)", "true"),
        ("record.total / 0", "! division_by_zero"),
        ("record.total / (1 - 1)", "! division_by_zero"),
        ("79228162514264337593543950335 + 1", "! too_large"),
        (
            "999999999999999999999999999999999 + 1",
            "! expression_syntax",
        ),
        ("record.version + 1", "1"),
        // Conditions.
        ("if record.total > 100 { `much` } else { `little` }", "much"),
        (
            "if record.total > 1000 { 1 } else if record.total > 500 { 2 } else { 3 }",
            "2",
        ),
        ("if record.total > 100 { () } else { 1 }", "-"),
        ("true || false", "true"),
        (
            "record.urgency == `normal` && record.status == `draft`",
            "true",
        ),
        // Texts and choices.
        ("`a` + `b`", "ab"),
        ("`for ` + record.supplier.name", "for Acme"),
        ("record.urgency == `high`", "false"),
        ("`or` in `normal`", "true"),
        ("record.urgency in [`normal`, `high`]", "true"),
        ("record.total in [1, 665.1]", "true"),
        ("5 in [1, 2]", "false"),
        // Empty fields: no result at all, whatever else is said.
        ("record.reason", "-"),
        ("record.reason + `x`", "-"),
        ("record.reason == `x`", "-"),
        ("record.reason == record.memo", "-"),
        ("record.total > 100 || record.reason == `x`", "-"),
        (
            "if record.total > 100 { 1 } else { settings.shop.spare }",
            "-",
        ),
        ("empty(record.reason)", "true"),
        ("!empty(record.reason)", "false"),
        ("empty(record.supplier)", "false"),
        ("if_empty(record.reason, `none`)", "none"),
        ("if_empty(record.urgency, `none`)", "normal"),
        ("if_empty(record.reason, record.memo)", "-"),
        ("empty(record.reason) == empty(record.memo)", "true"),
        ("record.total > 100 && empty(record.reason)", "true"),
        ("empty(record.lines)", "false"),
        ("empty(record.supplier.account)", "true"),
        // Switches read no while they are empty.
        ("record.warehouse.allow_negative", "false"),
        ("!record.warehouse.allow_negative", "true"),
        ("settings.shop.strict", "false"),
        ("settings.shop.limit", "5000"),
        ("record.total > settings.shop.limit", "false"),
        ("settings.shop.spare", "-"),
        // Links.
        ("record.supplier.lead_days", "5"),
        ("record.buyer.boss.name", "Bo"),
        ("record.buyer.boss.boss.name", "-"),
        ("record.buyer == user.employee", "true"),
        ("record.buyer == record.buyer.boss", "false"),
        ("record.supplier == record.supplier.id", "true"),
        ("record.buyer.unit.parent.code", "U0"),
        ("user.employee.name", "Lin"),
        ("user.name", "Lin"),
        ("user.department.code", "U1"),
        ("record.branch in user.branches", "true"),
        ("record.created_by == user.id", "true"),
        // Columns: empty cells are skipped.
        ("sum(record.lines.amount)", "665.1"),
        ("sum(record.lines.net)", "500"),
        ("count(record.lines)", "2"),
        ("count(record.lines.tax_rate)", "1"),
        ("any(record.lines.item.inspected)", "true"),
        ("sum(record.lines.item.units.factor)", "12"),
        ("record.lines.item.group", "[goods]"),
        ("`goods` in record.lines.item.group", "true"),
        ("max(sum(record.lines.amount), 1000)", "1000"),
        ("min(record.total, 3)", "3"),
        ("min(record.date, record.expected)", "2026-03-09"),
        // Days.
        ("today", "2026-03-09"),
        ("record.expected < record.date", "false"),
        ("days_between(record.date, record.expected)", "5"),
        ("days_between(record.expected, record.date)", "-5"),
        ("add_days(record.date, 30)", "2026-04-08"),
        ("add_days(record.date, -9)", "2026-02-28"),
        ("year(record.date) + 1", "2027"),
        ("month(record.date)", "2026-03"),
        ("month(record.date) == month(record.expected)", "true"),
        ("first_of_month(record.date)", "2026-03-01"),
        ("last_of_month(add_days(record.date, -30))", "2026-02-28"),
        ("last_of_month(month(record.date))", "2026-03-31"),
        ("first_of_year(record.date)", "2026-01-01"),
        ("last_of_year(today)", "2026-12-31"),
        ("record.created_at < record.updated_at", "false"),
        (
            "working_days(record.date, record.expected, `org/office`)",
            "5",
        ),
        (
            "working_days(add_days(today, 205), add_days(today, 215), `org/office`)",
            "8",
        ),
        (
            "working_days(today, add_days(today, 365), `org/office`)",
            "! year_not_covered",
        ),
        ("add_days(today, 9999999)", "! no_such_day"),
        // Other functions.
        ("percent(1, 4)", "25"),
        ("percent(1, record.total - record.total)", "0"),
        ("round_up(37, 10)", "40"),
        ("round_up(40, 10)", "40"),
        ("round_up(-3, 10)", "0"),
        ("round_up(1, 1 - 1)", "! division_by_zero"),
        (
            "slice(`price`, #{ supplier: record.supplier, item: record.supplier }, today).price",
            "! type_mismatch",
        ),
        // A script, with one level of links opened.
        ("order_days(record, add_days(today, 2))", "7"),
        ("code_ok(`19`)", "true"),
        ("code_ok(`x`)", "false"),
        ("code_ok(12)", "! script_failed"),
    ];
    let wrong: Vec<String> = corpus
        .iter()
        .map(|(source, wanted)| (source, wanted, said(&record, source)))
        .filter(|(_, wanted, got)| *wanted != got)
        .map(|(source, wanted, got)| format!("{source}\n    gives {got}, not {wanted}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Everything the language does not have, and every name that means nothing.
#[test]
fn the_forbidden() {
    let record = worked_out();
    let corpus: &[(&str, &str)] = &[
        ("let x = 1; x", "expression_syntax"),
        ("record.total = 1", "expression_syntax"),
        ("{ record.total = 1; 2 }", "expression_syntax"),
        (
            "if true { record.total = 1 } else { 2 }",
            "forbidden_construct",
        ),
        ("if true { 1; 2 } else { 2 }", "expression_syntax"),
        ("if true { 1 }", "forbidden_construct"),
        ("while true { }", "expression_syntax"),
        ("loop { }", "expression_syntax"),
        ("for x in 0..9 { }", "expression_syntax"),
        ("|x| x + 1", "expression_syntax"),
        ("switch 1 { 1 => 2, _ => 3 }", "forbidden_construct"),
        ("`total ${record.total}`", "forbidden_construct"),
        ("`a`.len()", "forbidden_construct"),
        ("record.reason.len()", "forbidden_construct"),
        ("record.lines.len", "unknown_field"),
        ("record.lines[0].amount", "forbidden_construct"),
        ("record[`total`]", "forbidden_construct"),
        ("0..9", "unknown_function"),
        ("record?.total", "forbidden_construct"),
        ("record.total ?? 1", "forbidden_construct"),
        ("eval(`1`)", "unknown_function"),
        ("Fn(`x`)", "unknown_function"),
        ("call(1)", "unknown_function"),
        ("print(`x`)", "unknown_function"),
        ("timestamp()", "unknown_function"),
        ("sleep(1)", "unknown_function"),
        ("rand()", "unknown_function"),
        ("import(`x`)", "expression_syntax"),
        ("a::b(1)", "forbidden_construct"),
        ("this", "expression_syntax"),
        ("this.total", "expression_syntax"),
        ("#{ a: 1 }", "forbidden_construct"),
        ("'x'", "forbidden_construct"),
        ("7 / 2", "forbidden_construct"),
        ("record.nothing", "unknown_field"),
        ("record.supplier.nothing", "unknown_field"),
        ("record.total.x", "unknown_field"),
        ("record.lines.nothing", "unknown_field"),
        ("line.amount", "unknown_field"),
        ("total", "unknown_field"),
        ("user.salary", "unknown_field"),
        ("user", "unknown_field"),
        ("settings.nowhere.limit", "unknown_field"),
        ("settings.shop.nothing", "unknown_field"),
        ("entry.order.received", "unknown_field"),
        ("record.supplier.parent", "unknown_field"),
        ("record.status == `cancelled`", "no_such_option"),
        ("record.urgency == `urgent`", "no_such_option"),
        ("record.total == `5`", "type_mismatch"),
        ("record.total + record.supplier", "type_mismatch"),
        ("record.expected - record.date", "type_mismatch"),
        ("record.supplier == record.warehouse", "type_mismatch"),
        ("record.buyer == user.id", "type_mismatch"),
        ("record.total && true", "type_mismatch"),
        ("!record.total", "type_mismatch"),
        ("if record.total { 1 } else { 2 }", "type_mismatch"),
        ("if true { 1 } else { `a` }", "type_mismatch"),
        ("sum(record.total)", "type_mismatch"),
        ("sum(record.lines)", "type_mismatch"),
        ("any(record.lines.amount)", "type_mismatch"),
        ("max(1, `a`)", "type_mismatch"),
        ("add_days(record.total, 1)", "type_mismatch"),
        ("unit_factor(record.supplier, `box`)", "type_mismatch"),
        ("managers(record.supplier, 1)", "type_mismatch"),
        ("max(1)", "wrong_arguments"),
        ("max(1, 2, 3)", "wrong_arguments"),
        ("empty()", "wrong_arguments"),
        ("balance(`nothing`, #{}).x", "unknown_ledger"),
        ("balance(`stock`, #{ colour: 1 }).on_hand", "unknown_field"),
        (
            "balance(`stock`, #{ item: record.supplier }).on_hand",
            "type_mismatch",
        ),
        ("balance(`stock`, #{}).nothing", "unknown_field"),
        ("balance(`stock`, #{}) + 1", "type_mismatch"),
        ("balance(`stock`)", "wrong_arguments"),
        ("balance(record.memo, #{}).on_hand", "wrong_arguments"),
        ("slice(`nothing`, #{}, today).price", "unknown_register"),
        (
            "slice(`price`, #{ supplier: record.supplier }, today).price",
            "missing_key",
        ),
        ("working_days(today, today, `office`)", "unknown_calendar"),
        ("role(`nobody`, record.branch)", "unknown_role"),
        ("role(`keeper`, record.branch)", "wrong_arguments"),
        ("role(`org/director`, record.supplier)", "type_mismatch"),
        ("code_ok()", "wrong_arguments"),
        ("code_wrong(1)", "unknown_function"),
        ("1 +", "expression_syntax"),
        ("", "expression_syntax"),
        ("(((", "expression_syntax"),
    ];
    let wrong: Vec<String> = corpus
        .iter()
        .map(|(source, wanted)| {
            let got = run(&record, source).map_or_else(|f| f.code, |v| format!("{v:?}"));
            (source, wanted, got)
        })
        .filter(|(_, wanted, got)| *wanted != got)
        .map(|(source, wanted, got)| format!("{source}\n    gives {got}, not {wanted}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn depth_and_length_are_bounded() {
    let record = worked_out();
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(run(&record, &deep).unwrap_err().code, "expression_syntax");
    let deep = format!("{}true", "!".repeat(300));
    assert_eq!(run(&record, &deep).unwrap_err().code, "expression_syntax");
    let long = format!("1{}", " + 1".repeat(2000));
    assert_eq!(run(&record, &long).unwrap_err().code, "expression_syntax");
    let wide = format!("1{}", " + 1".repeat(50));
    assert_eq!(run(&record, &wide).unwrap(), Some(number("51")));
}

#[test]
fn a_condition_without_a_value_does_not_hold() {
    let record = worked_out();
    let user = user();
    let form = rules().catalogue().form(&record.form).unwrap().clone();
    let package = name("shop");
    let at = At {
        package: &package,
        form: &form,
        record: &record,
    };
    let holds = |source: &str| {
        world()
            .settle(|facts| flag(rules(), &Expr::source(source), &at, asker(&user), facts).unwrap())
    };
    assert!(holds("record.total > 5"));
    assert!(!holds("record.reason == `x`"));
}

#[test]
fn a_link_to_another_form_finds_nothing() {
    let mut record = worked_out();
    // An id of a warehouse where a supplier is meant: another form's record is never read.
    record.values.insert(name("supplier"), link(WAREHOUSE));
    assert_eq!(said(&record, "record.supplier.name"), "-");
    assert_eq!(said(&record, "record.warehouse.branch.code"), "SH");
    assert_eq!(
        said(
            &record,
            "if_empty(record.supplier.name, record.warehouse.branch.code)"
        ),
        "SH"
    );
    // The same id behind links to two forms, and in neither: each is asked for once.
    record.values.insert(name("supplier"), link(999));
    record.values.insert(name("warehouse"), link(999));
    let both = "if_empty(record.supplier.name, record.warehouse.branch.code)";
    assert_eq!(said(&record, both), "-");
    record.values.insert(name("supplier"), link(WAREHOUSE));
    record.values.insert(name("warehouse"), link(WAREHOUSE));
    assert_eq!(said(&record, both), "SH");
}
