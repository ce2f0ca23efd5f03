//! Our evaluator against rhai's own: the same text, the same value. rhai is the authority on what
//! an expression over plain values means.

use crate::shop::*;
use kernel::{
    Facts, Outcome,
    expr::{At, value},
};
use model::{Expr, Value};
use proptest::prelude::*;
use rhai::{
    Dynamic, Engine, OptimizationLevel,
    packages::{ArithmeticPackage, LogicPackage, Package},
};

/// A number, written so that rhai reads a decimal as every number of a record is one.
fn number_text() -> impl Strategy<Value = String> {
    (0u32..1_000, 0u32..100).prop_map(|(whole, part)| format!("{whole}.{part:02}"))
}

/// An expression that gives a number, and one that gives yes or no, grown together.
fn expression() -> impl Strategy<Value = (String, String)> {
    let leaf = (number_text(), any::<bool>()).prop_map(|(n, b)| (n, b.to_string()));
    leaf.prop_recursive(5, 24, 3, |inner| {
        (inner.clone(), inner.clone(), inner, 0usize..12).prop_map(|(a, b, c, n)| {
            let number = match n % 8 {
                0 => format!("{} + {}", a.0, b.0),
                1 => format!("{} - {}", a.0, b.0),
                2 => format!("{} * {}", a.0, b.0),
                3 => format!("{} / {}", a.0, b.0),
                4 => format!("({} + {}) * {}", a.0, b.0, c.0),
                5 => format!("-({})", a.0),
                6 => format!("if {} {{ {} }} else {{ {} }}", c.1, a.0, b.0),
                _ => format!("{} % {}", a.0, b.0),
            };
            // An `if` is no operand without brackets.
            let number = format!("({number})");
            let truth = match n {
                0 => format!("{} < {}", a.0, b.0),
                1 => format!("{} <= {}", a.0, b.0),
                2 => format!("{} > {}", a.0, b.0),
                3 => format!("{} >= {}", a.0, b.0),
                4 => format!("{} == {}", a.0, b.0),
                5 => format!("{} != {}", a.0, b.0),
                6 => format!("{} && {}", a.1, b.1),
                7 => format!("{} || {}", a.1, b.1),
                8 => format!("!({})", a.1),
                9 => format!("{} == {}", a.1, b.1),
                10 => format!("{} && {} || {}", a.1, b.1, c.1),
                _ => format!("{} || {} && !({})", a.1, b.1, c.1),
            };
            (number, format!("({truth})"))
        })
    })
}

fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_expr_depths(64, 32);
    engine
}

fn ours(source: &str) -> Result<Option<Value>, String> {
    let record = record("shop/order", 100, &[]);
    let form = rules().catalogue().form(&record.form).unwrap().clone();
    let package = name("shop");
    let at = At {
        package: &package,
        form: &form,
        record: &record,
    };
    let user = user();
    let expr = Expr::source(source);
    match value(rules(), &expr, &at, asker(&user), &Facts::default()) {
        Ok(Outcome::Done(value)) => Ok(value),
        Ok(Outcome::Need(_)) => Err("needs".into()),
        Err(fault) => Err(fault.code),
    }
}

fn theirs(engine: &Engine, source: &str) -> Result<Option<Value>, String> {
    let value: Dynamic = engine
        .eval_expression(source)
        .map_err(|error| error.to_string())?;
    Ok(match (value.as_bool(), value.as_decimal()) {
        (Ok(b), _) => Some(Value::Bool(b)),
        (_, Ok(d)) => Some(Value::Number(d)),
        _ => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_same_text_gives_the_same_value((number, truth) in expression()) {
        let engine = engine();
        for source in [number, truth] {
            match (ours(&source), theirs(&engine, &source)) {
                (Ok(a), Ok(b)) => prop_assert_eq!(a, b, "{}", source),
                // Both refuse a division by zero, a number too large, a tree too deep.
                (Err(_), Err(_)) => {}
                (a, b) => prop_assert!(false, "{source}\n{a:?}\n{b:?}"),
            }
        }
    }
}
