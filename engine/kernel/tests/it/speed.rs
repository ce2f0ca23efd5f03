//! How long an evaluation takes. `cargo nextest run --release --run-ignored all speed` prints it.

use crate::shop::*;
use kernel::{
    Facts, Outcome,
    form::{Evaluation, Phase, evaluate},
};
use model::Value;
use std::time::Instant;

#[test]
#[ignore = "a measurement, only meaningful in a release build"]
fn an_order_with_five_lines() {
    let mut order = order();
    let items = [BOLT, NUT, BOLT, NUT, BOLT].iter().enumerate();
    let lines = items.map(|(n, item)| {
        let values = [("item", link(*item)), ("quantity", number("10"))];
        line(101 + n as u128, &values)
    });
    order
        .values
        .insert(name("lines"), Value::Lines(lines.collect()));
    let world = world();
    let user = user();
    let form = rules().catalogue().form(&order.form).unwrap().clone();
    let mut facts = Facts::default();
    let run = |record: &_, before: Option<&_>, facts: &Facts| {
        evaluate(&Evaluation {
            rules: rules(),
            form: &form,
            record,
            before,
            phase: &Phase::Submit,
            node_fields: None,
            access: None,
            asker: asker(&user),
            facts,
        })
    };
    let sheet = loop {
        match run(&order, None, &facts) {
            Outcome::Done(sheet) => break sheet,
            Outcome::Need(asks) => world.answer(&mut facts, asks),
        }
    };
    const TIMES: u32 = 5_000;
    for (what, before) in [("new", None), ("change", Some(&sheet.record))] {
        let started = Instant::now();
        for _ in 0..TIMES {
            std::hint::black_box(run(std::hint::black_box(&sheet.record), before, &facts));
        }
        let each = started.elapsed() / TIMES;
        println!("{what}: {each:?} for an order of 5 lines");
    }
    let started = Instant::now();
    let compiled = kernel::Rules::compile(changed(&[]));
    println!("compile: {:?} ({})", started.elapsed(), compiled.is_ok());
}
