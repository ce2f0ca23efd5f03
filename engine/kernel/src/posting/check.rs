//! What must hold on a balance (5 P9), checked while its row is locked.

use crate::{
    Facts, Fault, Measures, Outcome, Rules,
    expr::{
        Val, Where, apply,
        eval::{Asks, Eval},
        tree::{Compiled, Node, Op},
    },
};
use chrono::NaiveDate;
use model::{
    Decimal, Fields, Ledger, Name, Ref,
    ledger::{Constraint, Horizon, Mode},
};
use std::collections::BTreeSet;

/// A locked balance and what is about to be added to it.
#[derive(Clone, Copy, Debug)]
pub struct Locked<'a> {
    /// Dimensions.
    pub key: &'a Fields,
    /// Stored measures as they are now.
    pub now: &'a Measures,
    /// Sums of the new entries of this key, one for each of their days, ascending.
    pub added: &'a [Added],
    /// For constraints with horizon `all_later`, where entries later than the first of the new
    /// ones exist: the balance at the end of that day and of every later day with entries, without
    /// the new ones. Empty where nothing is later; `now` says it all then.
    pub later: &'a [Later],
}

/// What is added to a balance on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    pub day: NaiveDate,
    pub measures: Measures,
}

/// A running balance at the end of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Later {
    pub day: NaiveDate,
    pub measures: Measures,
}

/// A constraint that would not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    pub ledger: Ref,
    pub constraint: Name,
    /// Refuse, or may be let through by the approval that the post node names.
    pub mode: Mode,
    /// In the ledger's package's language.
    pub say: String,
    pub key: Fields,
    /// The day on which it fails worst; `None`: now.
    pub at: Option<NaiveDate>,
    /// How much is missing there, never below zero.
    pub short: Decimal,
}

/// The constraints that a posting would break. One that does not lessen the headroom of a
/// comparison never breaks it, so that what is already wrong can be mended in steps. A comparison
/// without a value on one side holds: there is no limit to break. Measures that are not dated
/// count now only.
pub fn check(
    rules: &Rules,
    ledger: &Ref,
    locked: &Locked,
    facts: &Facts,
) -> Result<Outcome<Vec<Broken>>, Fault> {
    let Some(def) = rules.catalogue().ledger(ledger) else {
        return Ok(Outcome::Done(vec![]));
    };
    let asks = Asks::default();
    let checker = Checker {
        eval: Eval {
            key: Some(locked.key),
            ..Eval::new(rules.catalogue(), facts, &asks)
        },
        rules,
        ledger: def,
        locked,
    };
    let (mut broken, mut pending) = (vec![], false);
    for (name, constraint) in &def.constraints {
        match checker.constraint(name, constraint)? {
            Found::Pending => pending = true,
            Found::Holds => {}
            Found::Broken(b) => broken.push(b),
        }
    }
    Ok(if pending {
        Outcome::Need(asks.take())
    } else {
        Outcome::Done(broken)
    })
}

enum Found {
    Pending,
    Holds,
    Broken(Broken),
}

struct Checker<'a> {
    eval: Eval<'a>,
    rules: &'a Rules,
    ledger: &'a Ledger,
    locked: &'a Locked<'a>,
}

/// A moment at which a constraint is looked at: before and after the posting.
struct Point {
    day: Option<NaiveDate>,
    before: Measures,
    after: Measures,
}

impl Checker<'_> {
    fn constraint(&self, name: &Name, constraint: &Constraint) -> Result<Found, Fault> {
        let place = Where::Ledger(self.ledger.name.clone());
        let points = self.points(constraint.horizon);
        if let Some(when) = &constraint.when {
            let when = self.rules.compiled(&place, when)?;
            match self.with(&points[0].after).run(&when)? {
                Val::Pending => return Ok(Found::Pending),
                value if value.truth() => {}
                _ => return Ok(Found::Holds),
            }
        }
        let holds = self.rules.compiled(&place, &constraint.holds)?;
        let mut worst: Option<(Option<NaiveDate>, Decimal)> = None;
        for point in &points {
            match self.at(&holds, point)? {
                None => return Ok(Found::Pending),
                Some(Some(short)) if worst.is_none_or(|(_, w)| short > w) => {
                    worst = Some((point.day, short));
                }
                Some(_) => {}
            }
        }
        Ok(match worst {
            None => Found::Holds,
            Some((at, short)) => Found::Broken(Broken {
                ledger: self.ledger.name.clone(),
                constraint: name.clone(),
                mode: constraint.mode,
                say: constraint.say.clone(),
                key: self.locked.key.clone(),
                at,
                short,
            }),
        })
    }

    /// Now, and the end of every day from the first new entry on where the horizon reaches that
    /// far.
    fn points(&self, horizon: Horizon) -> Vec<Point> {
        let Locked {
            now, added, later, ..
        } = self.locked;
        let mut points = vec![self.point(None, now)];
        if horizon == Horizon::AllLater {
            let new = added.iter().map(|a| a.day);
            let days: BTreeSet<NaiveDate> = later.iter().map(|l| l.day).chain(new).collect();
            for day in days {
                // Between two days nothing moves.
                let so_far = later.iter().rev().find(|l| l.day <= day);
                points.push(self.point(Some(day), so_far.map_or(*now, |l| &l.measures)));
            }
        }
        points
    }

    /// A balance without the new entries, and with those that count by then.
    fn point(&self, day: Option<NaiveDate>, measures: &Measures) -> Point {
        let mut before = Measures::new();
        let mut after = Measures::new();
        for (name, measure) in self.ledger.stored() {
            let (mut was, mut more) = (Decimal::ZERO, Decimal::ZERO);
            if day.is_none() || measure.dated {
                was = measures.get(name).copied().unwrap_or_default();
                let by_then = self.locked.added.iter();
                more = by_then
                    .filter(|a| day.is_none_or(|day| a.day <= day))
                    .filter_map(|a| a.measures.get(name))
                    .sum();
            }
            before.insert(name.clone(), was);
            after.insert(name.clone(), was + more);
        }
        Point { day, before, after }
    }

    fn with<'b>(&'b self, measures: &'b Measures) -> Eval<'b> {
        Eval {
            measures: Some(measures),
            ..self.eval
        }
    }

    /// How much is missing at a point; `Some(None)` where the constraint holds, nothing while a
    /// fact is missing.
    fn at(&self, holds: &Compiled, point: &Point) -> Result<Option<Option<Decimal>>, Fault> {
        let after = self.with(&point.after);
        match after.run(holds)? {
            Val::Pending => return Ok(None),
            Val::Bool(false) => {}
            _ => return Ok(Some(None)),
        }
        let before = self.with(&point.before);
        let mut worst: Option<Decimal> = None;
        for (op, a, b) in holds.comparisons.iter().flatten() {
            let room = headroom(&after, *op, a, b)?;
            let lessened = match (room, headroom(&before, *op, a, b)?) {
                (Some(now), Some(was)) => now < was,
                _ => true,
            };
            if lessened && !fits(&after, *op, a, b)? {
                let short = room.map_or(Decimal::ZERO, |r| (-r).max(Decimal::ZERO));
                worst = Some(worst.map_or(short, |w| w.max(short)));
            }
        }
        Ok(Some(worst))
    }
}

fn fits(eval: &Eval, op: Op, a: &Node, b: &Node) -> Result<bool, Fault> {
    // A side without a value limits nothing.
    Ok(apply(op, eval.node(a)?, eval.node(b)?)? != Val::Bool(false))
}

/// How far a comparison is from failing; below zero it has failed by that much. Nothing where a
/// side is no number.
fn headroom(eval: &Eval, op: Op, a: &Node, b: &Node) -> Result<Option<Decimal>, Fault> {
    let (Val::Number(a), Val::Number(b)) = (eval.node(a)?, eval.node(b)?) else {
        return Ok(None);
    };
    Ok(match op {
        Op::AtMost | Op::Less => Some(b - a),
        Op::AtLeast | Op::Greater => Some(a - b),
        Op::Equal => Some(-(a - b).abs()),
        Op::Differs => Some((a - b).abs()),
        _ => None,
    })
}
