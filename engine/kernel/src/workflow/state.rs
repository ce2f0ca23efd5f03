//! Where an instance stands: tokens, visits, seats, timers. What the next step reads.
//!
//! Everything is in lists ordered by birth, so the same events give the same bytes.

use super::ask::RoleSeat;
use chrono::{DateTime, Utc};
use model::{Id, Name, Status};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A way out of a node: `next`, an outcome, a branch, or a constraint of `over`.
pub type Way = Arc<str>;

/// One instance of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub instance: Id,
    /// Events applied so far.
    pub rev: u64,
    pub life: Life,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starter: Option<Starter>,
    /// Tokens that wait on a transition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Token>,
    /// Every node entered, in order; the place in the list is the visit's number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visits: Vec<Visit>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<Seat>,
    /// Timers that are set and have not fired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Timer>,
    /// The number of the next token.
    pub tokens_born: u32,
    /// A post node has run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub posted: bool,
    /// What an end already reached wants the record's status to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Status>,
    /// Amounts that expressions gave, until they are used: of a join, a split, a block.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub amounts: BTreeMap<Name, u32>,
    /// Mutexes that were acquired, and by which visit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mutexes: BTreeMap<Name, u32>,
    /// Messages that nobody has waited for yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mailbox: Vec<Message>,
    /// Users who got a copy by hand; nobody gets a second.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub copied: BTreeSet<Id>,
    /// What stopped the flow and was not cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Incident>,
    /// Somebody has stopped it for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspended>,
}

/// A flow stopped for a while (暂停): nobody acts and no clock runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspended {
    pub by: Id,
    pub at: DateTime<Utc>,
    /// Timers of nodes that wait, as they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Timer>,
}

/// Whether an instance has begun, runs, or is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    Fresh,
    Running,
    /// With the status the record was left in.
    Ended(Status),
}

/// Who started the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Starter {
    pub user: Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Id>,
}

/// A token on the way `way` out of the node visited by `by`, towards `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: u32,
    /// The visit that put it; its lineage.
    pub by: u32,
    pub way: Way,
    pub to: Name,
    /// The run of a block it moves in: the number of that visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u32>,
}

/// One entering of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub node: Name,
    /// How often the node had been entered, this time included; rises when it is entered again.
    pub attempt: u32,
    /// The tokens it took.
    #[serde(default, skip_serializing_if = "SmallVec::is_empty")]
    pub took: SmallVec<[Token; 1]>,
    /// The run of a block it stands in: the number of that visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u32>,
    /// Of one of several runs of a block: the visit that holds them together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_of: Option<u32>,
    /// Of a join with `need`: the tokens that came too late for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<Token>,
    /// Of a join that blocks: every way in has arrived, the next round may begin.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub round_over: bool,
    pub now: VisitNow,
    /// Sent back to: when it is left the old way, those that wait for it go on, and no token is put.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redo: bool,
    /// The way it was left by, last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
    /// Of a post: the constraint that stood in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// The seat whose holder was the last to decide here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Id>,
}

/// What has become of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitNow {
    Open,
    /// Waits until the visit of this number, which was sent back to, is done again.
    Paused(u32),
    Left,
    /// Undone: sent back behind it, withdrawn, terminated.
    Cancelled,
}

/// A seat of a ballot. Its id is the id of its task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    pub id: Id,
    pub visit: u32,
    /// The attempt of the visit it belongs to.
    pub attempt: u32,
    /// The user whose it is; of a role's seat, once somebody took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Id>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Id>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleSeat>,
    /// Who could take it when it was opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Id>,
    pub now: SeatNow,
    /// Seats that must be closed before this one may decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Id>,
    pub origin: Origin,
    /// Whom its holder stands in for (代理).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<Id>,
    /// Of a delegate: the seat he advises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advises: Option<Id>,
    /// What it counts in a vote by weight.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Steps of the node's ladder that have not come yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ladder: Vec<Ahead>,
    /// Since when its clock stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<DateTime<Utc>>,
}

/// A step of a ladder that is still ahead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead {
    pub step: Name,
    pub at: DateTime<Utc>,
}

fn one() -> u32 {
    1
}
fn is_one(n: &u32) -> bool {
    *n == 1
}

/// A seat's state (4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatNow {
    /// Its turn has not come.
    Planned,
    /// Open to every candidate.
    Offered,
    /// Its holder is to act.
    Allocated,
    /// Its holder waits for seats put before him, or for whom he asked for advice.
    Parked,
    /// It was open when the instance was suspended.
    Suspended,
    Done(Done),
    /// Its holder sent the record back.
    Returned,
    Cancelled,
}

/// How a seat was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub vote: Vote,
    pub way: Way,
    /// The user who acted, or in whose name it passed by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto: Option<Auto>,
}

/// What a done seat counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vote {
    Pass,
    Reject,
    Abstain,
}

/// Why a seat was born done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auto {
    /// The same person passed before.
    SamePerson,
    /// It is the starter's own.
    Own,
    /// Nobody acted in time; the node's ladder says what it counts as.
    Overdue,
}

/// Where a seat comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The node's seats.
    Rule,
    /// The node's `empty` rule.
    Empty,
    /// Instead of the starter.
    Own,
    /// Sent back to the starter.
    Starter,
    /// Added by hand.
    Added,
    /// Asked for advice by the holder of another seat (委派).
    Advice,
    /// Added because nobody acted in time.
    Overdue,
}

/// A message to an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub name: Name,
    /// What it is about, where several of one name are told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Kept for whoever waits for it later until then; for ever where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// Something to happen at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    pub id: Id,
    pub visit: u32,
    pub at: DateTime<Utc>,
    /// The task that is overdue then; left out: the timer node goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<Id>,
    /// The step of the node's ladder that is due then; left out: the task's deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Name>,
}

/// Why a running flow stands still and a person must look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// `step_budget`: too many nodes in one command. `stuck`: tokens that nothing can move. Else
    /// the code of a refusal that a timer ran into, where there was nobody to refuse.
    pub code: String,
    pub node: Name,
}

impl State {
    /// An instance before its start.
    pub fn new(instance: Id) -> Self {
        Self {
            instance,
            rev: 0,
            life: Life::Fresh,
            starter: None,
            tokens: Vec::new(),
            visits: Vec::new(),
            seats: Vec::new(),
            timers: Vec::new(),
            tokens_born: 0,
            posted: false,
            ending: None,
            amounts: BTreeMap::new(),
            mutexes: BTreeMap::new(),
            mailbox: Vec::new(),
            copied: BTreeSet::new(),
            incident: None,
            suspended: None,
        }
    }
    /// The state that these events lead to.
    pub fn replay<'a>(
        instance: Id,
        events: impl IntoIterator<Item = &'a super::event::Event>,
    ) -> Self {
        let mut state = Self::new(instance);
        for event in events {
            super::apply(&mut state, event);
        }
        state
    }
    /// A seat by its id.
    pub fn seat(&self, id: Id) -> Option<&Seat> {
        self.seats.iter().find(|s| s.id == id)
    }
    /// The seats of the current attempt of a visit, in the order they were opened.
    pub fn ballot(&self, visit: u32) -> impl Iterator<Item = &Seat> {
        let attempt = self.visits.get(visit as usize).map_or(0, |v| v.attempt);
        self.seats
            .iter()
            .filter(move |s| s.visit == visit && s.attempt == attempt)
    }
    /// Visits where something is waited for, with their numbers.
    pub fn open(&self) -> impl Iterator<Item = (u32, &Visit)> {
        (0u32..)
            .zip(&self.visits)
            .filter(|(_, v)| v.now == VisitNow::Open)
    }
    /// The node a seat belongs to.
    pub fn node_of(&self, seat: &Seat) -> Option<&Name> {
        self.visits.get(seat.visit as usize).map(|v| &v.node)
    }
}

impl Visit {
    /// It has not been left: something is waited for, or it waits itself.
    pub fn open(&self) -> bool {
        matches!(self.now, VisitNow::Open | VisitNow::Paused(_))
    }
}

impl Seat {
    /// Somebody can act on it now.
    pub fn open(&self) -> bool {
        matches!(self.now, SeatNow::Offered | SeatNow::Allocated)
    }
    /// It still has a voice to give: open, parked, or its turn to come.
    pub fn undecided(&self) -> bool {
        self.open()
            || matches!(
                self.now,
                SeatNow::Planned | SeatNow::Parked | SeatNow::Suspended
            )
    }
    /// It has a place in its ballot, be it to advise.
    pub fn live(&self) -> bool {
        self.undecided() || matches!(self.now, SeatNow::Done(_))
    }
    /// It counts in its ballot: what a delegate says is advice.
    pub fn counts(&self) -> bool {
        self.live() && self.advises.is_none()
    }
    /// How it was done, if it was.
    pub fn done(&self) -> Option<&Done> {
        match &self.now {
            SeatNow::Done(done) => Some(done),
            _ => None,
        }
    }
}
