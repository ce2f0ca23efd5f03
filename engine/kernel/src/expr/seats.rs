//! Seats of a workflow node, and whom a message goes to.

use super::{At, Val, facade};
use crate::{Asker, Facts, Fault, Outcome, Rules};
use model::{Id, Name, Ref, workflow::Seat};

/// Who may take a seat.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SeatValue {
    /// A record of the people form.
    Person(Id),
    User(Id),
    /// Any holder of a role; with `within`, one who holds it within that record or everywhere.
    Role {
        role: Ref,
        within: Option<Id>,
    },
    /// Whoever decided at that node.
    SameAs(Name),
}

/// The seats a rule gives, in order, each once. A list, and `each(list)`, gives one seat each; no
/// value gives none. A record that is no person is a fault (`not_a_person`).
pub fn seats(
    rules: &Rules,
    seat: &Seat,
    at: &At,
    asker: Asker,
    facts: &Facts,
) -> Result<Outcome<Vec<SeatValue>>, Fault> {
    let expr = match seat {
        Seat::Role(role) => {
            let role = role.clone();
            return Ok(Outcome::Done(vec![SeatValue::Role { role, within: None }]));
        }
        // Who that was is in the state of the instance.
        Seat::SameAs(node) => {
            return Ok(Outcome::Done(vec![SeatValue::SameAs(node.clone())]));
        }
        Seat::Expr(expr) => expr,
    };
    let value = match facade::run(rules, expr, at, asker, facts)? {
        Outcome::Need(asks) => return Ok(Outcome::Need(asks)),
        Outcome::Done(value) => value,
    };
    let mut out = vec![];
    add(rules, value, &mut out)?;
    Ok(Outcome::Done(out))
}

fn add(rules: &Rules, value: Val, out: &mut Vec<SeatValue>) -> Result<(), Fault> {
    let people = rules.catalogue().people();
    let seat = match value {
        Val::Empty | Val::Pending => return Ok(()),
        Val::List(items) => return items.into_iter().try_for_each(|v| add(rules, v, out)),
        Val::Link(link) if people.is_some_and(|p| p.form == link.to.form) => {
            SeatValue::Person(link.id)
        }
        Val::User(id) => SeatValue::User(id),
        Val::Holder(holder) => SeatValue::User(holder.user),
        Val::Role(both) => {
            let (role, within) = *both;
            SeatValue::Role { role, within }
        }
        other => {
            let say = format!("{} cannot take a seat", other.kind());
            return Err(Fault::new("not_a_person", &[other.kind()], say));
        }
    };
    if !out.contains(&seat) {
        out.push(seat);
    }
    Ok(())
}
