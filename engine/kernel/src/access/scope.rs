//! Everything one user may do, worked out once and kept until rights or packages change.

use super::{Blank, FieldLooks, holds::passes, looks::added, rows::rows};
use crate::{
    Asker, Facts, Fault, HeldRole, Outcome, Rules, User,
    expr::{
        Where,
        eval::{Asks, Eval},
    },
};
use indexmap::IndexMap;
use model::{
    Filter, Form, Id, Name, Path, Record, Ref, Verb,
    roles::{Grant, Grantee},
};
use std::collections::HashMap;

/// What a user may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Who asks.
    pub user: Id,
    of: HashMap<Ref, Allowed>,
}

/// What a user may do with a form, register or ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowed {
    /// By verb the rows it is allowed on; a verb that is not there is not allowed at all.
    pub verbs: IndexMap<Verb, Filter>,
    /// How fields look on every row he sees.
    pub looks: FieldLooks,
    /// How they look on the row where they look best.
    pub wide: FieldLooks,
    /// How they look on a row that he only takes part in.
    pub part: FieldLooks,
    /// Fields that may not be read on every row, and the rows on which they may.
    pub open: IndexMap<Path, Filter>,
    /// The grants behind it, each with its rows.
    pub rights: Vec<Right>,
}

/// One grant that applies to the user: `package/name` of it, its verbs, its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Right {
    pub grant: Ref,
    pub may: Vec<Verb>,
    pub rows: Filter,
    pub looks: FieldLooks,
}

impl Scope {
    /// Nothing is allowed: for the engine itself, which asks no rights.
    pub fn nothing(user: Id) -> Self {
        Self {
            user,
            of: HashMap::new(),
        }
    }
    /// What is allowed on a form, register or ledger; nothing where no grant names it.
    pub fn of(&self, r: &Ref) -> Option<&Allowed> {
        self.of.get(r)
    }
    /// Every form, register and ledger that a grant names.
    pub fn all(&self) -> impl Iterator<Item = (&Ref, &Allowed)> {
        self.of.iter()
    }
    /// Whether a verb is allowed on any row.
    pub fn may(&self, r: &Ref, verb: Verb) -> bool {
        self.of.get(r).is_some_and(|a| a.verbs.contains_key(&verb))
    }
    /// How fields look on every row he sees; without any grant as for somebody who takes part in
    /// a record.
    pub fn looks(&self, rules: &Rules, r: &Ref) -> FieldLooks {
        match self.of.get(r) {
            Some(allowed) => allowed.looks.clone(),
            None => added(rules.catalogue(), r, &[]).floor,
        }
    }
    /// How fields look on the row where they look best: what a page may have to show, and of a
    /// record that is still being made.
    pub fn wide_looks(&self, rules: &Rules, r: &Ref) -> FieldLooks {
        match self.of.get(r) {
            Some(allowed) => allowed.wide.clone(),
            None => added(rules.catalogue(), r, &[]).wide,
        }
    }
}

/// Works out what a user may do today. A grant is his if it is to everyone or to a role he holds
/// anywhere; of the records roles are held within, those of its own role count. Where its rows ask
/// for something about him that is not there, it lets no row through.
pub fn scope(rules: &Rules, asker: Asker, facts: &Facts) -> Result<Outcome<Scope>, Fault> {
    let catalogue = rules.catalogue();
    let asks = Asks::default();
    let eval = Eval::new(catalogue, facts, &asks);
    let mut pending = false;
    let mut his: IndexMap<Ref, Vec<(&Grant, Right)>> = IndexMap::new();
    for package in catalogue.packages.values() {
        let place = Where::Grant {
            package: package.name.clone(),
        };
        for (name, grant) in &package.roles.grants {
            let named = [&grant.form, &grant.ledger, &grant.register];
            let Some(of) = named.into_iter().flatten().next() else {
                continue;
            };
            if !given_to(grant, asker.user) {
                continue;
            }
            let user = as_granted(grant, asker.user);
            let asker = Asker {
                user: &user,
                ..asker
            };
            let eval = Eval {
                asker: Some(asker),
                ..eval
            };
            let made = rows(rules, &place, &grant.rows, of, &eval, Blank::Nothing)?;
            let Some(rows) = made else {
                pending = true;
                continue;
            };
            let right = Right {
                grant: Ref::new(&package.name, name),
                may: grant.may.clone(),
                rows,
                looks: FieldLooks::everything(),
            };
            his.entry(of.clone()).or_default().push((grant, right));
        }
    }
    if pending {
        return Ok(Outcome::Need(asks.take()));
    }
    let of = his.into_iter().map(|(of, grants)| {
        let pairs: Vec<_> = grants.iter().map(|(g, right)| (*g, &right.rows)).collect();
        let sum = added(catalogue, &of, &pairs);
        let rights: Vec<Right> = grants
            .into_iter()
            .zip(sum.each)
            .map(|((_, right), looks)| Right { looks, ..right })
            .collect();
        let allowed = Allowed {
            verbs: verbs(&rights),
            looks: sum.floor,
            wide: sum.wide,
            part: sum.part,
            open: sum.open,
            rights,
        };
        (of, allowed)
    });
    Ok(Outcome::Done(Scope {
        user: asker.user.id,
        of: of.collect(),
    }))
}

fn given_to(grant: &Grant, user: &User) -> bool {
    match &grant.to {
        Grantee::Everyone => true,
        Grantee::Role(role) => user.holds(role),
    }
}

/// The user as a grant sees him: where another role is held does not widen this one.
fn as_granted(grant: &Grant, user: &User) -> User {
    let mut user = user.clone();
    let (own, held) = (user.branch, &user.roles);
    user.branches.retain(|branch| {
        let mut within = held.iter().filter(|h| h.within == Some(*branch)).peekable();
        let mine = |h: &HeldRole| matches!(&grant.to, Grantee::Role(role) if *role == h.role);
        own == Some(*branch) || within.peek().is_none() || within.any(mine)
    });
    user
}

/// By verb the rows that at least one right allows it on.
fn verbs(rights: &[Right]) -> IndexMap<Verb, Filter> {
    let mut verbs: IndexMap<Verb, Vec<Filter>> = IndexMap::new();
    for right in rights {
        for verb in &right.may {
            verbs.entry(*verb).or_default().push(right.rows.clone());
        }
    }
    let joined = |mut filters: Vec<Filter>| {
        if filters.contains(&Filter::everything()) {
            Filter::everything()
        } else if filters.len() == 1 {
            filters.remove(0)
        } else {
            Filter::Any(filters)
        }
    };
    verbs
        .into_iter()
        .map(|(verb, filters)| (verb, joined(filters)))
        .collect()
}

/// How the fields of one record look to somebody who sees it: the widest of the grants that show
/// it, or as to somebody who takes part in it, where none does.
pub fn looks_on(
    rules: &Rules,
    scope: &Scope,
    record: &Record,
    facts: &Facts,
) -> Outcome<FieldLooks> {
    let Some(allowed) = scope.of(&record.form) else {
        return Outcome::Done(scope.looks(rules, &record.form));
    };
    if allowed.looks == allowed.wide {
        return Outcome::Done(allowed.looks.clone());
    }
    let asks = Asks::default();
    let eval = Eval {
        record: Some(record),
        ..Eval::new(rules.catalogue(), facts, &asks)
    };
    let mut pending = false;
    let mut shown = vec![];
    for right in &allowed.rights {
        match passes(&eval, &record.form, &right.rows) {
            Some(true) => shown.push(&right.looks),
            Some(false) => {}
            None => pending = true,
        }
    }
    if pending {
        return Outcome::Need(asks.take());
    }
    let widest = FieldLooks::widest(shown.into_iter());
    Outcome::Done(widest.unwrap_or_else(|| allowed.part.clone()))
}

/// Whether a verb is allowed, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub allowed: bool,
    /// The grants that allow it.
    pub by: Vec<Ref>,
    pub why: Why,
}

/// Why a verb is allowed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Granted,
    /// No grant of his gives this verb on this form at all.
    NoGrant,
    /// Grants of his give it, but on other rows.
    OtherRows,
    /// The record's status does not allow it (a submitted record is not edited).
    Status,
}

/// Whether the user may do something with a form, or with one record of it. Being allowed says
/// nothing about tasks: who holds one acts by it.
pub fn verb(
    rules: &Rules,
    scope: &Scope,
    form: &Form,
    verb: Verb,
    record: Option<&Record>,
    facts: &Facts,
) -> Outcome<Verdict> {
    let no = |why| {
        Outcome::Done(Verdict {
            allowed: false,
            by: vec![],
            why,
        })
    };
    let rights = scope.of(&form.name).map_or(&[][..], |a| &a.rights);
    let giving: Vec<&Right> = rights.iter().filter(|r| r.may.contains(&verb)).collect();
    if giving.is_empty() {
        return no(Why::NoGrant);
    }
    let Some(record) = record else {
        let by = giving.iter().map(|r| r.grant.clone()).collect();
        return Outcome::Done(granted(by));
    };
    if !fits_status(form, verb, record) {
        return no(Why::Status);
    }
    let asks = Asks::default();
    let eval = Eval {
        record: Some(record),
        ..Eval::new(rules.catalogue(), facts, &asks)
    };
    let mut by = vec![];
    let mut pending = false;
    for right in giving {
        match passes(&eval, &record.form, &right.rows) {
            Some(true) => by.push(right.grant.clone()),
            Some(false) => {}
            None => pending = true,
        }
    }
    if !by.is_empty() {
        Outcome::Done(granted(by))
    } else if pending {
        Outcome::Need(asks.take())
    } else {
        no(Why::OtherRows)
    }
}

fn granted(by: Vec<Ref>) -> Verdict {
    Verdict {
        allowed: true,
        by,
        why: Why::Granted,
    }
}

/// Whether the record's status lets the verb happen (5 P6).
fn fits_status(form: &Form, verb: Verb, record: &Record) -> bool {
    use model::Status::{Posted, Submitted};
    let flows = form.workflow.is_some();
    match verb {
        Verb::Edit => {
            let after_post = |fields: &indexmap::IndexMap<Name, model::Field>| {
                fields.values().any(|f| f.after_post)
            };
            record.status.editable() || (record.status == Posted && after_post(&form.fields))
        }
        Verb::Delete => record.status.editable(),
        Verb::Submit => flows && record.status.editable(),
        Verb::Withdraw => record.status == Submitted,
        Verb::Steer => flows && matches!(record.status, Submitted | Posted),
        Verb::Reverse => record.status == Posted,
        Verb::Create | Verb::Read | Verb::Export | Verb::Print | Verb::Share => true,
    }
}
