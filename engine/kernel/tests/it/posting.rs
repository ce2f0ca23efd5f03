//! Entries, reversals, constraints.

use crate::shop::*;
use kernel::{
    Facts, Measures, Outcome,
    form::Phase,
    posting::{Added, Broken, Entry, Later, Locked, check, content_hash, entries, reverse},
};
use model::{Fields, Record, Value, ledger::Mode};
use proptest::prelude::*;

fn write(record: &Record) -> Result<Vec<Entry>, kernel::Fault> {
    let posting = rules().catalogue().posting(&record.form).unwrap().clone();
    let mut failed = None;
    let done = world().settle(|facts| match entries(rules(), &posting, record, facts) {
        Ok(outcome) => outcome,
        Err(fault) => {
            failed = Some(fault);
            Outcome::Done(vec![])
        }
    });
    failed.map_or(Ok(done), Err)
}

fn receipt() -> Record {
    let lines = vec![
        line(
            201,
            &[
                ("order_line", link(101)),
                ("item", link(BOLT)),
                ("quantity", number("3")),
            ],
        ),
        line(202, &[("item", link(NUT)), ("quantity", number("4"))]),
        line(203, &[("item", link(NUT)), ("quantity", number("0"))]),
    ];
    record(
        "shop/receipt",
        200,
        &[
            ("date", Value::Date(day("2026-03-09"))),
            ("warehouse", link(WAREHOUSE)),
            ("lines", Value::Lines(lines)),
        ],
    )
}

#[test]
fn an_order_writes_an_entry_a_line() {
    let record = world().sheet(&order(), None, Phase::New).record;
    let written = write(&record).unwrap();
    assert_eq!(written.len(), 2);
    assert_eq!(written[0].ledger, r("shop/open"));
    assert_eq!(written[0].line, Some(id(101)));
    assert_eq!(written[0].dims["order_line"], link(101));
    assert_eq!(written[0].dims["buyer"], link(PERSON));
    assert_eq!(written[0].measures["ordered"], d("120"));
    assert_eq!(written[0].measures["received"], d("0"));
    assert_eq!(written[0].measures["ordered"].scale(), 6);
}

#[test]
fn rules_see_the_entries_above_of_the_same_line() {
    let written = write(&receipt()).unwrap();
    // Nothing for a line without an order, nothing for a line of zero.
    let said: Vec<(String, Option<model::Id>)> = written
        .iter()
        .map(|e| (e.rule.to_string(), e.line))
        .collect();
    let of = |rule: &str, n| (rule.to_string(), Some(id(n)));
    assert_eq!(said, [of("order", 201), of("stock", 201), of("stock", 202)]);
    assert_eq!(written[1].measures["reserved"], d("3"));
    assert_eq!(written[2].measures["reserved"], d("0"));
    assert_eq!(written[1].attrs["note"], text("received"));
}

#[test]
fn what_is_missing_is_a_fault() {
    let mut undated = receipt();
    undated.values.shift_remove("date");
    assert_eq!(write(&undated).unwrap_err().code, "missing_date");
    let mut nowhere = receipt();
    nowhere.values.shift_remove("warehouse");
    assert_eq!(write(&nowhere).unwrap_err().code, "missing_dimension");
}

#[test]
fn a_reversal_takes_everything_back() {
    let written = write(&receipt()).unwrap();
    let back = reverse(&written, None);
    for (entry, back) in written.iter().zip(&back) {
        assert_eq!((&entry.dims, entry.date), (&back.dims, back.date));
        for (name, amount) in &entry.measures {
            assert!((*amount + back.measures[name]).is_zero());
        }
    }
    assert_eq!(
        reverse(&written, Some(day("2026-04-01")))[0].date,
        day("2026-04-01")
    );
    assert_eq!(
        content_hash(&written),
        content_hash(&write(&receipt()).unwrap())
    );
    assert_ne!(content_hash(&written), content_hash(&back));
}

fn measures(list: &[(&str, &str)]) -> Measures {
    list.iter().map(|(n, v)| (name(n), d(v))).collect()
}

fn stock_key() -> Fields {
    fields(&[("item", link(BOLT)), ("warehouse", link(WAREHOUSE))])
}

fn checked(
    ledger: &str,
    key: &Fields,
    now: Measures,
    added: &[Added],
    later: &[Later],
) -> Vec<Broken> {
    world().settle(|facts: &Facts| {
        let locked = Locked {
            key,
            now: &now,
            added,
            later,
        };
        check(rules(), &r(ledger), &locked, facts).unwrap()
    })
}

fn on(date: &str, more: &[(&str, &str)]) -> Added {
    Added {
        day: day(date),
        measures: measures(more),
    }
}

fn stock(
    on_hand: &str,
    reserved: &str,
    more: &str,
    later: &[(&str, &str)],
) -> Vec<(String, Option<String>, String)> {
    let later: Vec<Later> = later
        .iter()
        .map(|(on, amount)| Later {
            day: day(on),
            measures: measures(&[("on_hand", amount), ("reserved", "0")]),
        })
        .collect();
    let now = measures(&[("on_hand", on_hand), ("reserved", reserved)]);
    checked(
        "shop/stock",
        &stock_key(),
        now,
        &[on("2026-03-01", &[("on_hand", more)])],
        &later,
    )
    .into_iter()
    .map(|b| {
        let at = b.at.map(|d| d.to_string());
        (
            b.constraint.to_string(),
            at,
            b.short.normalize().to_string(),
        )
    })
    .collect()
}

#[test]
fn constraints_hold_now_and_later() {
    let broken = |name: &str, at: Option<&str>, short: &str| {
        (name.to_string(), at.map(str::to_string), short.to_string())
    };
    assert!(stock("10", "0", "-10", &[]).is_empty());
    assert_eq!(
        stock("10", "0", "-11", &[]),
        [
            broken("never_below", None, "1"),
            broken("promised_once", None, "1")
        ]
    );
    assert_eq!(
        stock("10", "4", "-7", &[]),
        [broken("promised_once", None, "1")]
    );
    // Enough now, but a later day would fall below zero.
    let later = [
        ("2026-03-01", "5"),
        ("2026-03-05", "2"),
        ("2026-03-08", "10"),
    ];
    assert_eq!(
        stock("10", "0", "-4", &later),
        [broken("never_below", Some("2026-03-05"), "2")]
    );
    assert!(stock("10", "0", "-2", &later).is_empty());
}

#[test]
fn each_line_counts_from_its_own_day() {
    let moved = |now: &str, days: &[(&str, &str)], later: &[Later]| {
        let added: Vec<Added> = days
            .iter()
            .map(|(date, more)| on(date, &[("on_hand", more)]))
            .collect();
        checked(
            "shop/stock",
            &stock_key(),
            measures(&[("on_hand", now), ("reserved", "0")]),
            &added,
            later,
        )
        .into_iter()
        .map(|b| (b.at.map(|d| d.to_string()), b.short.normalize().to_string()))
        .collect::<Vec<_>>()
    };
    // Out before it comes in: the sum is nothing, the days between are short.
    assert_eq!(
        moved("0", &[("2026-03-01", "-5"), ("2026-03-04", "5")], &[]),
        [(Some("2026-03-01".into()), "5".into())]
    );
    assert!(moved("0", &[("2026-03-01", "5"), ("2026-03-04", "-5")], &[]).is_empty());
    // What goes out on the fourth takes nothing from the second.
    let later = |on: &str, amount: &str| Later {
        day: day(on),
        measures: measures(&[("on_hand", amount), ("reserved", "0")]),
    };
    let kept = [later("2026-03-01", "0"), later("2026-03-03", "4")];
    let four = [("2026-03-01", "1"), ("2026-03-04", "-4")];
    assert!(moved("4", &four, &kept).is_empty());
    // And a day between two that are kept is looked at, too.
    let kept = [
        later("2026-03-01", "1"),
        later("2026-03-03", "0"),
        later("2026-03-06", "9"),
    ];
    let one = [("2026-03-01", "0"), ("2026-03-04", "-1")];
    assert_eq!(
        moved("9", &one, &kept),
        [(Some("2026-03-04".into()), "1".into())]
    );
}

#[test]
fn what_does_not_lessen_the_headroom_passes() {
    assert!(stock("-5", "0", "3", &[]).is_empty());
    assert!(stock("-5", "0", "0", &[]).is_empty());
    assert_eq!(stock("-5", "9", "-1", &[]).len(), 2);
    // What is promised already does not stop goods from coming in.
    assert!(stock("2", "9", "1", &[]).is_empty());
}

#[test]
fn a_constraint_looks_where_it_says_and_names_its_mode() {
    let key = fields(&[("order_line", link(101)), ("item", link(BOLT))]);
    let open = |received: &str| {
        let now = measures(&[("ordered", "100"), ("received", "0")]);
        checked(
            "shop/open",
            &key,
            now,
            &[on("2026-03-01", &[("received", received)])],
            &[],
        )
    };
    assert!(open("105").is_empty());
    let broken = open("105.000001");
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0].mode, Mode::Override);
    assert_eq!(broken[0].short, d("0.000001"));
    assert_eq!(open("-1").len(), 1);
    // Without a tolerance on the item there is nothing to compare with: no limit.
    let nut = fields(&[("order_line", link(102)), ("item", link(NUT))]);
    let now = measures(&[("ordered", "1"), ("received", "0")]);
    let nine = [on("2026-03-01", &[("received", "9")])];
    assert!(checked("shop/open", &nut, now, &nine, &[]).is_empty());
}

proptest! {
    /// N issues against a stock of k: in any order exactly those pass that still fit.
    #[test]
    fn issues_never_take_more_than_there_is(
        start in 0i64..50,
        moves in proptest::collection::vec(-20i64..20, 1..30),
    ) {
        let mut on_hand = start;
        for n in moves {
            let broken = stock(&on_hand.to_string(), "0", &n.to_string(), &[]);
            prop_assert_eq!(broken.is_empty(), n >= 0 || on_hand + n >= 0);
            if broken.is_empty() {
                on_hand += n;
            }
            prop_assert!(on_hand >= 0);
        }
    }

    /// The lowest later day decides.
    #[test]
    fn the_lowest_later_day_decides(
        lows in proptest::collection::vec(0i64..30, 1..8),
        out in 1i64..40,
    ) {
        let days: Vec<String> = (0..lows.len()).map(|n| format!("2026-03-{:02}", n + 1)).collect();
        let amounts: Vec<String> = lows.iter().map(i64::to_string).collect();
        let later: Vec<(&str, &str)> = days
            .iter()
            .zip(&amounts)
            .map(|(d, a)| (d.as_str(), a.as_str()))
            .collect();
        let broken = stock("1000", "0", &(-out).to_string(), &later);
        let lowest = lows.iter().min().copied().unwrap_or(0);
        prop_assert_eq!(broken.is_empty(), out <= lowest);
        if let Some((_, _, short)) = broken.first() {
            prop_assert_eq!(short.clone(), (out - lowest).to_string());
        }
    }
}
