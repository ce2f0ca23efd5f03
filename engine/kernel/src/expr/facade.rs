//! Expressions of workflows, asked one by one.

use super::{
    Val, Where,
    eval::{Asks, Eval},
    fit,
};
use crate::{Asker, Facts, Fault, Outcome, Rules};
use model::{Expr, Field, Form, Given, Name, Record, Value};

/// Where an expression of a workflow stands.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The package the workflow is of: its names need no prefix, its scripts may be called.
    pub package: &'a Name,
    pub form: &'a Form,
    pub record: &'a Record,
}

pub(super) fn run(
    rules: &Rules,
    expr: &Expr,
    at: &At,
    asker: Asker,
    facts: &Facts,
) -> Result<Outcome<Val>, Fault> {
    let place = Where::Flow {
        package: at.package.clone(),
        form: at.form.name.clone(),
    };
    let compiled = rules.compiled(&place, expr)?;
    let asks = Asks::default();
    let eval = Eval {
        asker: Some(asker),
        record: Some(at.record),
        ..Eval::new(rules.catalogue(), facts, &asks)
    };
    let value = eval.run(&compiled)?;
    Ok(match value {
        Val::Pending => Outcome::Need(asks.take()),
        value => Outcome::Done(value),
    })
}

/// Whether a condition holds (`when` of a branch); without a value it does not.
pub fn flag(
    rules: &Rules,
    expr: &Expr,
    at: &At,
    asker: Asker,
    facts: &Facts,
) -> Result<Outcome<bool>, Fault> {
    Ok(run(rules, expr, at, asker, facts)?.map(|value| value.truth()))
}

/// The value of an expression as a record would keep it, unrounded (`until` of a timer).
pub fn value(
    rules: &Rules,
    expr: &Expr,
    at: &At,
    asker: Asker,
    facts: &Facts,
) -> Result<Outcome<Option<Value>>, Fault> {
    Ok(run(rules, expr, at, asker, facts)?.map(Val::plain))
}

/// What a script node sets a field to: rounded to the field's digits and checked for its kind.
pub fn given(
    rules: &Rules,
    given: &Given,
    field: &Field,
    at: &At,
    asker: Asker,
    facts: &Facts,
) -> Result<Outcome<Option<Value>>, Fault> {
    let value = match given.expr() {
        Some(expr) => run(rules, expr, at, asker, facts)?,
        None => Outcome::Done(constant(given)),
    };
    Ok(match value {
        Outcome::Need(asks) => Outcome::Need(asks),
        Outcome::Done(value) => {
            let zone = rules.catalogue().zone;
            Outcome::Done(fit::fit(literal(value, field), field, zone)?)
        }
    })
}

/// A value written in a package as it is.
pub(crate) fn constant(given: &Given) -> Val {
    match given {
        Given::Expr(_) => Val::Empty,
        Given::Text(t) => Val::Text(t.clone()),
        Given::Number(n) => Val::Number(*n),
        Given::Bool(b) => Val::Bool(*b),
        Given::List(items) => Val::List(items.iter().map(constant).collect()),
    }
}

/// A text that stands for a number, day, month or moment, read as the field's kind.
pub(crate) fn literal(value: Val, field: &Field) -> Val {
    let Val::Text(text) = &value else {
        return value;
    };
    let json = serde_json::Value::String(text.to_string());
    match field.kind {
        model::Kind::Text(_) | model::Kind::Link(_) | model::Kind::Lines(_) => value,
        _ => match Value::of_json(field, &json) {
            Ok(Some(read)) => Val::of(&read, &super::types::Type::Any),
            _ => value,
        },
    }
}
