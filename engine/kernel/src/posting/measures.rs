//! The measures of a balance, the computed ones worked out beside the stored.

use crate::{
    Fault, Measures, Outcome, Rules,
    expr::{
        Val, Where,
        eval::{Asks, Eval},
    },
    facts::Facts,
};
use model::{Fields, Ref};

/// Every measure of a ledger, in its order, from the stored ones of a key. A computed measure that
/// reads what the key does not hold is left out.
pub fn measures(
    rules: &Rules,
    ledger: &Ref,
    key: &Fields,
    stored: &Measures,
    facts: &Facts,
) -> Result<Outcome<Measures>, Fault> {
    let Some(def) = rules.catalogue().ledger(ledger) else {
        return Ok(Outcome::Done(stored.clone()));
    };
    let asks = Asks::default();
    let eval = Eval {
        key: Some(key),
        measures: Some(stored),
        ..Eval::new(rules.catalogue(), facts, &asks)
    };
    let place = Where::Ledger(ledger.clone());
    let mut out = Measures::new();
    let mut pending = false;
    for (name, measure) in &def.measures {
        let value = match &measure.computed {
            None => stored.get(name).copied(),
            Some(expr) => match eval.run(&*rules.compiled(&place, expr)?)? {
                Val::Pending => {
                    pending = true;
                    None
                }
                Val::Number(n) => Some(model::decimal::round(n, measure.scale())),
                _ => None,
            },
        };
        if let Some(value) = value {
            out.insert(name.clone(), value);
        }
    }
    Ok(if pending {
        Outcome::Need(asks.take())
    } else {
        Outcome::Done(out)
    })
}
