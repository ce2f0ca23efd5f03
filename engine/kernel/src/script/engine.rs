//! The engine scripts run in: nothing but arithmetic, comparisons, ranges and our own functions.

use super::{Limits, dates, lists, meter::Meter, numbers, texts};
use crate::limits;
use rhai::{
    Engine, OptimizationLevel,
    packages::{ArithmeticPackage, BasicIteratorPackage, LogicPackage, Package},
};
use std::sync::Arc;

/// Words a script may not use: what evaluates text, holds functions, or writes outside.
const DISABLED: &[&str] = &[
    "eval",
    "Fn",
    "call",
    "curry",
    "print",
    "debug",
    "is_def_var",
    "is_def_fn",
    "is_shared",
    "import",
    "export",
];

/// A raw engine with the curated functions. rhai's text, list and map packages stay out: they
/// check sizes after they have made what is too large (F4). No function takes a call-back, and
/// closures cannot be written, so nothing runs beside the counters. `sleep`, `timestamp` and the
/// like are never registered.
pub(super) fn engine(given: Limits, meter: &Arc<Meter>) -> Engine {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    texts::register(&mut engine, meter);
    lists::register(&mut engine, meter);
    numbers::register(&mut engine);
    dates::register(&mut engine, given.zone);
    for word in DISABLED {
        engine.disable_symbol(*word);
    }
    engine
        .set_optimization_level(OptimizationLevel::None)
        // rhai's own fast `+` on texts would go past our counter.
        .set_fast_operators(false)
        .set_allow_anonymous_fn(false)
        .set_fail_on_invalid_map_property(true)
        .set_strict_variables(true)
        .set_max_operations(given.operations)
        .set_max_call_levels(limits::SCRIPT_CALLS)
        .set_max_expr_depths(limits::EXPRESSION_DEPTH, limits::EXPRESSION_DEPTH / 2)
        .set_max_string_size(limits::SCRIPT_TEXT)
        .set_max_array_size(limits::SCRIPT_ARRAY)
        .set_max_map_size(limits::SCRIPT_MAP)
        .set_max_variables(limits::SCRIPT_VARIABLES)
        // All files of a package together.
        .set_max_functions(limits::SCRIPT_FUNCTIONS * 8)
        .set_max_modules(0)
        .set_max_strings_interned(0);
    let meter = meter.clone();
    engine.on_progress(move |_| meter.tick());
    engine
}
