//! What workflows ask of expressions: seats, conditions, moments, values.

use crate::shop::*;
use kernel::{
    Fault, Outcome,
    expr::{At, SeatValue, given, seats, value},
    form::Phase,
};
use model::{Expr, Field, Given, Record, Value, workflow::Seat};

fn asked(record: &Record, seat: &Seat) -> Result<Vec<SeatValue>, Fault> {
    let user = user();
    let form = rules().catalogue().form(&record.form).unwrap().clone();
    let package = name("shop");
    let at = At {
        package: &package,
        form: &form,
        record,
    };
    let mut failed = None;
    let found = world().settle(
        |facts| match seats(rules(), seat, &at, asker(&user), facts) {
            Ok(outcome) => outcome,
            Err(fault) => {
                failed = Some(fault);
                Outcome::Done(vec![])
            }
        },
    );
    failed.map_or(Ok(found), Err)
}

fn of(record: &Record, source: &str) -> Vec<SeatValue> {
    asked(record, &Seat::Expr(Expr::source(source))).unwrap()
}

#[test]
fn seats_are_people_users_and_roles() {
    let record = world().sheet(&order(), None, Phase::New).record;
    let person = |n| SeatValue::Person(id(n));
    let director = |within: Option<u128>| SeatValue::Role {
        role: r("org/director"),
        within: within.map(id),
    };
    assert_eq!(of(&record, "record.buyer"), [person(PERSON)]);
    assert_eq!(of(&record, "managers(record.buyer, 3)"), [person(BOSS)]);
    assert_eq!(of(&record, "managers(record.buyer, 0)"), []);
    assert_eq!(of(&record, "record.buyer.unit.head"), [person(BOSS)]);
    assert_eq!(of(&record, "record.created_by"), [SeatValue::User(id(1))]);
    assert_eq!(
        of(&record, "role(`org/director`, record.branch)"),
        [director(Some(BRANCH))]
    );
    assert_eq!(of(&record, "role(`org/director`)"), [director(None)]);
    let users = [SeatValue::User(id(2)), SeatValue::User(id(3))];
    assert_eq!(
        of(&record, "each(holders(`org/director`, record.branch))"),
        users
    );
    assert_eq!(of(&record, "holders(`org/director`, record.branch)"), users);
    assert_eq!(
        of(&record, "[record.buyer, record.buyer]"),
        [person(PERSON)]
    );
    assert_eq!(
        of(&record, "if_empty(record.buyer.boss.boss, record.buyer)"),
        [person(PERSON)]
    );
    // Nobody is a seat for nobody.
    assert_eq!(of(&record, "record.buyer.boss.boss"), []);
    let role = Seat::Role(r("shop/keeper"));
    let keeper = SeatValue::Role {
        role: r("shop/keeper"),
        within: None,
    };
    assert_eq!(asked(&record, &role).unwrap(), [keeper]);
    let wrong = asked(&record, &Seat::Expr(Expr::source("record.supplier")));
    assert_eq!(wrong.unwrap_err().code, "not_a_person");
}

#[test]
fn script_nodes_set_values_as_fields_keep_them() {
    let record = world().sheet(&order(), None, Phase::New).record;
    let user = user();
    let form = rules().catalogue().form(&record.form).unwrap().clone();
    let package = name("shop");
    let at = At {
        package: &package,
        form: &form,
        record: &record,
    };
    let set = |field: &Field, source: Given| {
        world().settle(|facts| given(rules(), &source, field, &at, asker(&user), facts).unwrap())
    };
    let source = |text: &str| Given::Expr(Expr::source(text));
    let field = |name: &str| &form.fields[name];
    assert_eq!(
        set(field("total"), source("10.005 * 1")),
        Some(number("10.01"))
    );
    assert_eq!(
        set(field("memo"), Given::Text("done".into())),
        Some(text("done"))
    );
    assert_eq!(
        set(field("date"), Given::Text("2026-01-31".into())),
        Some(Value::Date(day("2026-01-31")))
    );
    assert_eq!(set(field("memo"), source("record.reason")), None);
    let until = world().settle(|facts| {
        let expr = Expr::source("record.expected");
        value(rules(), &expr, &at, asker(&user), facts).unwrap()
    });
    assert_eq!(until, Some(Value::Date(day("2026-03-14"))));
}
