//! What a step needs to know and cannot work out itself: questions and answers.
//!
//! The kernel neither evaluates expressions nor knows the organisation. It names what it needs,
//! the caller answers on its snapshot and steps again, until nothing is missing. Every answer
//! that decided something ends up in an event, so a replay asks nothing.

use super::Refusal;
use chrono::{DateTime, Utc};
use model::{Fields, Id, Name, Ref};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A question. `set` counts the script nodes that have written the record earlier in this
/// command: the question is about the record with the answers to those `Set` questions applied,
/// in order. It is 0 until a script node has run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ask {
    pub set: u32,
    pub what: What,
}

/// What is asked, and (behind the arrow) the answer that fits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum What {
    /// The node's `seats`, in the order of the file → `Seats`. An expression that names nobody
    /// adds nothing to the list; a person without a user is a seat without holder and role.
    Seats { node: Name },
    /// The node's `empty` rule → `Seats`.
    Empty { node: Name },
    /// The nearest manager of this user's person → `Seats` with at most one.
    Superior { of: Id },
    /// The head of the department of this user's person → `Seats` with at most one.
    Head { of: Id },
    /// A user named by hand, and the person behind him → `Seats`: his own, or none where nobody
    /// who may log in has this id.
    User { user: Id },
    /// Whether the user holds the role (within the record, where one is named) now → `Bool`.
    Takes {
        user: Id,
        role: Ref,
        within: Option<Id>,
    },
    /// A branch's `when`; an empty result is `false` → `Bool`.
    When { node: Name, branch: Name },
    /// What an amount of the node comes to; nothing, a fraction and less than nothing are refused
    /// by whoever answers → `Amount`.
    Amount { node: Name, of: AmountOf },
    /// The key a message node waits for → `Key`.
    Key { node: Name },
    /// When a task opened now is overdue, or its `step` of the ladder comes → `Moment`. With
    /// `left`: a clock stood still since then (of a timer node too); what was left of its time
    /// runs on from now.
    Due {
        node: Name,
        step: Option<Name>,
        left: Option<Left>,
    },
    /// Whom a step of the ladder is for → `Seats`.
    Rung { node: Name, step: Name },
    /// Who stands in for each of these users now → `Substitutes`, one for each.
    Substitutes { of: Vec<Id> },
    /// Whether an opinion must be written at this node → `Bool`.
    Opinion { node: Name },
    /// How many open tasks each of these users has → `Counts`, one for each.
    Loads { of: Vec<Id> },
    /// When each of these users last got a task at this node, of any instance → `Moments`, one
    /// for each.
    LastGiven { node: Name, to: Vec<Id> },
    /// When a timer node lets go → `Moment`; no moment is a refusal.
    Until { node: Name },
    /// The values a script node sets → `Values`.
    Set { node: Name },
    /// Whom a notify node tells → `Users`.
    Tell { node: Name },
    /// Whether the record could be posted now, the named constraints being let through →
    /// `Posted` or `Broken`.
    Post { node: Name, overridden: Vec<String> },
}

/// Which amount of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountOf {
    /// Of a join: `need`.
    Need,
    /// Of a split: `threads` or `copies`.
    Threads,
    /// Of a block: `each`.
    Each,
    /// Of a block: `until`.
    Until,
}

/// The rest of a deadline: it stood at `due` when the clock was stopped at `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Left {
    pub from: DateTime<Utc>,
    pub due: DateTime<Utc>,
}

/// An answer to an [`Ask`].
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Seats(Vec<SeatSpec>),
    Users(Vec<Id>),
    Bool(bool),
    Amount(u32),
    Key(Option<String>),
    Moment(Option<DateTime<Utc>>),
    Moments(Vec<Option<DateTime<Utc>>>),
    Counts(Vec<u64>),
    Substitutes(Vec<Option<Substitute>>),
    Values(Fields),
    Posted,
    /// `package/ledger/constraint`.
    Broken {
        constraint: String,
    },
}

/// Who stands in for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Substitute {
    pub user: Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Id>,
    /// The user has left for good: the other one acts in his own name, not on behalf.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub successor: bool,
}

/// One seat as a rule gives it: a person's (`holder`), or a role's that any candidate may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatSpec {
    /// The user who holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Id>,
    /// The person behind the holder; alone where that person has no user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Id>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleSeat>,
    /// Users who could take a role's seat now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Id>,
    /// Everybody who decided at this node, one seat each; nothing else is said then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<Name>,
    /// What each seat counts in a vote by weight.
    pub weight: u32,
}

impl Default for SeatSpec {
    fn default() -> Self {
        Self {
            holder: None,
            person: None,
            role: None,
            candidates: Vec::new(),
            same_as: None,
            weight: 1,
        }
    }
}

impl SeatSpec {
    /// A user's own seat.
    pub fn user(user: Id, person: Option<Id>) -> Self {
        Self {
            holder: Some(user),
            person,
            ..Self::default()
        }
    }
    /// A role's seat.
    pub fn role(role: Ref, within: Option<Id>, candidates: Vec<Id>) -> Self {
        Self {
            role: Some(RoleSeat { role, within }),
            candidates,
            ..Self::default()
        }
    }
}

/// The role whose holders may take a seat, and within which record they must hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSeat {
    pub role: Ref,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Id>,
}

/// All answers of one command so far.
#[derive(Clone, Debug, Default)]
pub struct Answers(BTreeMap<Ask, Answer>);

impl Answers {
    /// Keeps an answer; a second one to the same question takes its place.
    pub fn put(&mut self, ask: Ask, answer: Answer) {
        self.0.insert(ask, answer);
    }
    /// The answer, if it was given.
    pub fn get(&self, ask: &Ask) -> Option<&Answer> {
        self.0.get(ask)
    }
}

/// Everything a step may know beside definition and state.
#[derive(Clone, Copy, Debug)]
pub struct Env<'a> {
    pub now: DateTime<Utc>,
    /// The user who commands; for a timer, whoever the shell lets stand for the engine.
    pub actor: Id,
    /// The person behind the actor.
    pub person: Option<Id>,
    /// The actor may steer what runs: jump, suspend, resume, terminate, hand over.
    pub steers: bool,
    pub answers: &'a Answers,
}

/// What a pure question comes to: the result, or what must be known first.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T> {
    Done(T),
    Need(Vec<Ask>),
}

/// Why a step stopped before its end.
#[derive(Debug)]
pub(super) enum Stop {
    Need(Vec<Ask>),
    No(Refusal),
}
impl From<Refusal> for Stop {
    fn from(no: Refusal) -> Self {
        Self::No(no)
    }
}
impl Stop {
    /// The public face of a result that may have stopped.
    pub(super) fn settle<T>(result: Result<T, Self>) -> Result<Outcome<T>, Refusal> {
        match result {
            Ok(done) => Ok(Outcome::Done(done)),
            Err(Self::Need(asks)) => Ok(Outcome::Need(asks)),
            Err(Self::No(refusal)) => Err(refusal),
        }
    }
}
