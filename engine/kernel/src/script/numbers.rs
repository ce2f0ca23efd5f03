//! Numbers in scripts, beyond operators.

use super::meter::{Fallible, failed};
use model::decimal;
use rhai::{Engine, INT};
use rust_decimal::{Decimal, prelude::ToPrimitive};

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("to_decimal", |n: INT| Decimal::from(n));
    engine.register_fn("to_decimal", |n: Decimal| n);
    engine.register_fn("to_int", |n: INT| n);
    engine.register_fn("to_int", |n: Decimal| -> Fallible<INT> {
        match n.trunc().to_i64() {
            Some(n) => Ok(n),
            None => failed("the number is too large"),
        }
    });
    engine.register_fn("floor", |n: Decimal| n.floor());
    engine.register_fn("ceiling", |n: Decimal| n.ceil());
    engine.register_fn("round", |n: Decimal, places: INT| -> Fallible<Decimal> {
        match u32::try_from(places) {
            Ok(places) if places <= decimal::SCALE_MAX => Ok(decimal::round(n, places)),
            _ => failed("a number keeps 0 to 8 decimal places"),
        }
    });
    engine.register_fn("min", |a: INT, b: INT| a.min(b));
    engine.register_fn("max", |a: INT, b: INT| a.max(b));
    engine.register_fn("min", |a: Decimal, b: Decimal| a.min(b));
    engine.register_fn("max", |a: Decimal, b: Decimal| a.max(b));
    engine.register_fn("min", |a: Decimal, b: INT| a.min(b.into()));
    engine.register_fn("max", |a: Decimal, b: INT| a.max(b.into()));
    engine.register_fn("min", |a: INT, b: Decimal| b.min(a.into()));
    engine.register_fn("max", |a: INT, b: Decimal| b.max(a.into()));
}
