//! Working a record out again changes nothing, and the order of edits does not matter.

use crate::shop::*;
use kernel::form::Phase;
use model::{Record, Value};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Edit {
    Supplier(bool),
    Date(u32),
    Quantity(usize, u32),
    Item(usize, bool),
    Price(usize, Option<u32>),
    Reason(Option<u8>),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any::<bool>().prop_map(Edit::Supplier),
        (1u32..28).prop_map(Edit::Date),
        (0usize..2, 0u32..100_000).prop_map(|(n, q)| Edit::Quantity(n, q)),
        (0usize..2, any::<bool>()).prop_map(|(n, b)| Edit::Item(n, b)),
        (0usize..2, proptest::option::of(0u32..100_000)).prop_map(|(n, p)| Edit::Price(n, p)),
        proptest::option::of(0u8..3).prop_map(Edit::Reason),
    ]
}

fn set(values: &mut model::Fields, field: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            values.insert(name(field), value);
        }
        None => {
            values.shift_remove(field);
        }
    }
}

fn apply(record: &mut Record, edit: &Edit) {
    let of_line = |record: &mut Record, n: usize, field: &str, value| {
        if let Some(Value::Lines(lines)) = record.values.get_mut("lines") {
            set(&mut lines[n].values, field, value);
        }
    };
    let scaled = |n: u32, scale| Value::Number(model::Decimal::new(n.into(), scale));
    match edit {
        Edit::Supplier(there) => set(
            &mut record.values,
            "supplier",
            there.then(|| link(SUPPLIER)),
        ),
        Edit::Date(n) => {
            let date = day(&format!("2026-05-{n:02}"));
            set(&mut record.values, "date", Some(Value::Date(date)));
        }
        Edit::Quantity(n, q) => of_line(record, *n, "quantity", Some(scaled(*q, 3))),
        Edit::Item(n, bolt) => {
            of_line(
                record,
                *n,
                "item",
                Some(link(if *bolt { BOLT } else { NUT })),
            );
        }
        Edit::Price(n, price) => {
            of_line(record, *n, "price", price.map(|p| scaled(p, 4)));
            let typed = format!("{}.price", lines(record)[*n].id);
            if !record.typed.contains(&typed) {
                record.typed.push(typed);
            }
        }
        Edit::Reason(text) => {
            let value = text.map(|n| Value::Text(format!("r{n}").into()));
            set(&mut record.values, "reason", value);
        }
    }
}

/// The values by name, whatever order they stand in.
fn sorted(record: &Record) -> String {
    let mut record = record.clone();
    record.values.sort_keys();
    if let Some(Value::Lines(lines)) = record.values.get_mut("lines") {
        for line in lines {
            line.values.sort_keys();
        }
    }
    record.typed.sort();
    format!("{:?} {:?}", record.values, record.typed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn again_changes_nothing(edits in proptest::collection::vec(edit(), 0..8)) {
        let world = world();
        let stored = world.sheet(&order(), None, Phase::New).record;
        let mut record = stored.clone();
        for edit in &edits {
            apply(&mut record, edit);
        }
        let once = world.sheet(&record, Some(&stored), Phase::Change);
        let twice = world.sheet(&once.record, Some(&stored), Phase::Change);
        prop_assert_eq!(&once, &twice);
        let reopened = world.sheet(&once.record, Some(&once.record), Phase::Change);
        prop_assert_eq!(&once.record, &reopened.record);
        prop_assert_eq!(&once.live, &reopened.live);
    }

    #[test]
    fn the_order_of_edits_does_not_matter(
        edits in proptest::collection::vec(edit(), 0..6),
        turn in 0usize..6,
    ) {
        let world = world();
        let stored = world.sheet(&order(), None, Phase::New).record;
        // One edit a field: the last one of each counts in both orders.
        let mut last: Vec<Edit> = vec![];
        for edit in edits {
            let whole = |e: &Edit| match e {
                Edit::Quantity(n, _) | Edit::Item(n, _) | Edit::Price(n, _) => *n,
                _ => 9,
            };
            let kind = std::mem::discriminant(&edit);
            last.retain(|e| std::mem::discriminant(e) != kind || whole(e) != whole(&edit));
            last.push(edit);
        }
        let mut turned = last.clone();
        if !turned.is_empty() {
            let n = turn % turned.len();
            turned.rotate_left(n);
        }
        let run = |edits: &[Edit]| {
            let mut record = stored.clone();
            for edit in edits {
                apply(&mut record, edit);
            }
            sorted(&world.sheet(&record, Some(&stored), Phase::Change).record)
        };
        prop_assert_eq!(run(&last), run(&turned));
    }
}
