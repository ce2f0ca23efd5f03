//! Makes.

use crate::shop::*;
use kernel::{
    form::Phase,
    make::{Making, make, source_rows},
};
use model::{Filter, Status, Test};
use std::sync::Arc;

#[test]
fn what_is_left_becomes_a_receipt() {
    let mut world = world();
    let mut order = world.sheet(&order(), None, Phase::New).record;
    order.status = Status::Posted;
    world.measures.insert(
        id(101),
        [(name("ordered"), d("120")), (name("received"), d("60"))].into(),
    );
    world.measures.insert(
        id(102),
        [(name("ordered"), d("2")), (name("received"), d("2"))].into(),
    );
    let mut second = order.clone();
    second.id = id(300);
    second.values.shift_remove("lines");
    let sources = [Arc::new(order), Arc::new(second)];
    let def = rules()
        .catalogue()
        .make(&r("shop/receive"))
        .unwrap()
        .clone();
    let user = user();
    let run = |sources: &[Arc<model::Record>]| {
        world.settle(|facts| {
            make(&Making {
                rules: rules(),
                make: &def,
                sources,
                asker: asker(&user),
                seed: id(5),
                facts,
            })
            .unwrap()
        })
    };
    let made = run(&sources);
    assert_eq!(made.len(), 1);
    let lines = lines(&made[0]);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].values["order_line"], link(101));
    // 60 pieces are 5 boxes.
    assert_eq!(lines[0].values["quantity"], number("5.000000"));
    assert_eq!(made[0].values["warehouse"], link(WAREHOUSE));
    assert_eq!(made[0].typed, [format!("{}.unit", lines[0].id)]);
    assert_eq!(run(&sources), made);
    assert!(run(&sources[1..]).is_empty());
    let rows = world.settle(|facts| source_rows(rules(), &def, asker(&user), facts).unwrap());
    let posted = Filter::Field("status".parse().unwrap(), Test::Is(text("posted")));
    assert_eq!(rows, Filter::All(vec![posted]));
}
