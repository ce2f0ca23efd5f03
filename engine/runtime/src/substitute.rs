//! Who stands in for whom (代理, 离职转交): records of the form that the site's manifest names. They
//! are kept, granted, searched and audited like any other record.

use crate::desk::{Desk, Halt};
use kernel::workflow::Substitute;
use model::{Filter, Id, Path, Record, Test, Value, manifest::Substitutes};

/// How many stand in one after the other: whoever stands in may be away himself.
const CHAIN: usize = 5;

/// Most absences looked at in one allocation.
const MOST: u32 = 1_000;

impl Desk<'_> {
    /// Who stands in for each of these users today.
    pub async fn substitutes(&mut self, of: &[Id]) -> Result<Vec<Option<Substitute>>, Halt> {
        let definitions = self.definitions.clone();
        let rule = definitions.catalogue.people();
        let Some(rule) = rule.and_then(|p| p.substitutes.as_ref()) else {
            return Ok(vec![None; of.len()]);
        };
        let users = self.tx.users(of).await?;
        let person = |id: &Id| users.iter().find(|u| u.id == *id).and_then(|u| u.person);
        let people: Vec<Option<Id>> = of.iter().map(person).collect();
        let known: Vec<Id> = people.iter().copied().flatten().collect();
        // Mostly nobody is away, and one look says so.
        let away = self.absences(rule, &known).await?;
        let mut found = Vec::with_capacity(of.len());
        for person in people {
            found.push(match person {
                Some(person) if !away.is_empty() => self.substitute(rule, person, &away).await?,
                _ => None,
            });
        }
        Ok(found)
    }

    /// Follows who stands in for whom from a person on.
    async fn substitute(
        &mut self,
        rule: &Substitutes,
        first: Id,
        away: &[Record],
    ) -> Result<Option<Substitute>, Halt> {
        let mut found = None;
        let mut successor = true;
        let (mut at, mut seen) = (first, vec![first]);
        let link = |record: &Record, field| record.values.get(field).and_then(Value::link);
        for _ in 0..CHAIN {
            let record = match at == first {
                true => away
                    .iter()
                    .find(|r| link(r, &rule.who) == Some(at))
                    .cloned(),
                false => self.absences(rule, &[at]).await?.into_iter().next(),
            };
            let Some(record) = record else { break };
            let by = link(&record, &rule.by).filter(|by| !seen.contains(by));
            let Some(by) = by else { break };
            let left = rule.successor.as_ref();
            let left = left.and_then(|field| record.values.get(field));
            successor &= left == Some(&Value::Bool(true));
            // Who has no user cannot act; whoever stands in for him may.
            if let Some(user) = self.user_of(by).await? {
                found = Some(Substitute {
                    user: user.id,
                    person: Some(by),
                    successor,
                });
            }
            seen.push(by);
            at = by;
        }
        Ok(found)
    }

    /// The records that let somebody stand in for one of these people today, newest first.
    async fn absences(&mut self, rule: &Substitutes, people: &[Id]) -> Result<Vec<Record>, Halt> {
        if people.is_empty() {
            return Ok(vec![]);
        }
        let today = Value::Date(self.today);
        let field = |name, test| Filter::Field(Path::one(name), test);
        let until = Filter::Any(vec![
            field(&rule.until, Test::Empty(true)),
            field(&rule.until, Test::AtLeast(today.clone())),
        ]);
        let who = people.iter().copied().map(Value::Link).collect();
        let filter = Filter::All(vec![
            field(&rule.who, Test::In(who)),
            field(&rule.from, Test::AtMost(today)),
            until,
        ]);
        let newest = vec![(Path::one(&rule.from), true)];
        self.find(&rule.form, filter, newest, MOST).await
    }
}
