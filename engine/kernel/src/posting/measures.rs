//! Computed measures of balances, for those who read them.

use crate::{
    Facts, Fault, Measures, Outcome, Rules,
    expr::{
        Val, Where,
        eval::{Asks, Eval},
        fit::rounded,
    },
};
use model::{Fields, Ref};

/// The computed measures of a balance, each with its digits. One that has no value is left out:
/// it reads a dimension that the key does not name, divides by zero, or grows too large.
pub fn measures(
    rules: &Rules,
    ledger: &Ref,
    key: &Fields,
    stored: &Measures,
    facts: &Facts,
) -> Result<Outcome<Measures>, Fault> {
    let mut out = Measures::new();
    let Some(def) = rules.catalogue().ledger(ledger) else {
        return Ok(Outcome::Done(out));
    };
    let asks = Asks::default();
    let eval = Eval {
        key: Some(key),
        measures: Some(stored),
        ..Eval::new(rules.catalogue(), facts, &asks)
    };
    let place = Where::Ledger(ledger.clone());
    let mut pending = false;
    for (name, measure) in &def.measures {
        let Some(expr) = &measure.computed else {
            continue;
        };
        let compiled = rules.compiled(&place, expr)?;
        match eval.run(&compiled) {
            Ok(Val::Pending) => pending = true,
            Ok(Val::Number(n)) => {
                if let Ok(n) = rounded(n, measure.scale()) {
                    out.insert(name.clone(), n);
                }
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(if pending {
        Outcome::Need(asks.take())
    } else {
        Outcome::Done(out)
    })
}
