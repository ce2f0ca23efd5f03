//! What happened, in the past tense. The record of an instance: replaying it gives the state.
//!
//! An event says what was decided, with everything the decision needed; applying it decides
//! nothing. Who acted and when stands beside it in its row.

use super::{
    ask::RoleSeat,
    state::{Message, Seat, Timer, Token, Vote, Way},
};
use chrono::{DateTime, Utc};
use model::{
    Fields, Id, Name, Ref, Status,
    workflow::{How, Then},
};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// One thing that happened to an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    Started {
        by: Id,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Id>,
    },
    /// A token is on a transition.
    TokenPut {
        token: Token,
    },
    /// A node was entered: the tokens are off their transitions.
    NodeEntered {
        visit: u32,
        node: Name,
        attempt: u32,
        took: SmallVec<[Token; 1]>,
        /// The run of a block it stands in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block: Option<u32>,
        /// Of one of several runs of a block: the visit that holds them together.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run_of: Option<u32>,
    },
    /// A token came too late for a join that had gone on without it.
    TokenLate {
        visit: u32,
        token: u32,
    },
    /// Every way in has arrived at a join that blocks; the next round may begin.
    RoundOver {
        visit: u32,
    },
    /// A visit acquired a mutex, which is kept until it is let go.
    MutexTaken {
        mutex: Name,
        visit: u32,
    },
    MutexFreed {
        mutex: Name,
    },
    /// An expression gave the amount that a node needs.
    AmountSet {
        node: Name,
        amount: u32,
    },
    /// A message came, and nobody waited for it.
    MessageKept {
        message: Message,
    },
    /// A message was taken out of the mailbox, or kept there too long.
    MessageGone {
        message: Message,
    },
    /// A visit is open again. `redo`: it was sent back to and leads back to the sender.
    NodeReopened {
        visit: u32,
        attempt: u32,
        redo: bool,
    },
    /// A visit is over, by this way where it chose one.
    NodeLeft {
        visit: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        way: Option<Way>,
    },
    /// A seat exists: planned, offered, allocated, or born done.
    SeatOpened {
        seat: Box<Seat>,
    },
    SeatChanged {
        seat: Id,
        change: Change,
    },
    /// Who had seats added beside, before or after his own.
    SeatsAdded {
        by: Id,
        how: How,
        seats: Vec<Id>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
    },
    /// A timer runs; of a seat, it is the seat's deadline.
    TimerSet {
        timer: Timer,
    },
    TimerFired {
        timer: Id,
    },
    TimerCancelled {
        timer: Id,
    },
    /// People are told something; it holds nothing up.
    Notified {
        notice: Box<Notice>,
    },
    /// A script node wrote the record.
    RecordPatched {
        visit: u32,
        values: Fields,
    },
    /// The ledgers are written, these constraints having been let through.
    Posted {
        visit: u32,
        overridden: Vec<String>,
    },
    /// A constraint stood in the way of posting and goes to whoever may let it through.
    PostBroken {
        visit: u32,
        constraint: String,
    },
    /// Sent back.
    Rewound {
        rewind: Box<Rewind>,
    },
    /// Taken back by the last who had decided there.
    TakenBack {
        by: Id,
        visit: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
    },
    /// Moved to a node by somebody with the right to.
    Jumped {
        by: Id,
        to: Name,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
    },
    /// Stopped for a while; these timers of waiting nodes stand still.
    Suspended {
        by: Id,
        at: DateTime<Utc>,
        timers: Vec<Timer>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
    },
    Resumed {
        by: Id,
    },
    /// Ended before its time by somebody with the right to.
    Terminated {
        by: Id,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
    },
    /// Tokens and visits that are no more: terminated, withdrawn, overtaken.
    Cancelled {
        visits: Vec<u32>,
        tokens: Vec<u32>,
    },
    IncidentRaised {
        code: String,
        node: Name,
    },
    IncidentCleared,
    /// What an end that was reached leaves the record as, once nothing runs any more.
    EndReached {
        status: Status,
    },
    Ended {
        status: Status,
    },
}

/// What happened to a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Change {
    /// Its turn came, or what it was parked for is done.
    Opened,
    /// A candidate took a role's seat.
    Claimed {
        by: Id,
    },
    /// Who had taken a role's seat put it back.
    Released {
        by: Id,
    },
    Done {
        vote: Vote,
        way: Way,
        by: Id,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
    },
    /// Another holder, the same seat.
    Transferred {
        holder: Id,
        /// The person behind the new holder.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Id>,
        by: Id,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
    },
    /// Its turn has come while its holder is away or has left.
    Substituted {
        holder: Id,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Id>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_behalf: Option<Id>,
    },
    /// Passed on because its holder has left; it stays what it was.
    HandedOver {
        holder: Id,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Id>,
        by: Id,
    },
    /// Waits for the advice of this seat; `at`: since when its clock stands still.
    Delegated {
        asks: Id,
        at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
    },
    /// Taken out of its ballot by the holder of another seat.
    Dropped {
        by: Id,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
    },
    /// Nobody acted in time: this step of the ladder lets it count as this.
    Expired {
        step: Name,
        vote: Vote,
        way: Way,
    },
    /// Nobody acted in time: this step of the ladder gives it to somebody else.
    Escalated {
        step: Name,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<Id>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Id>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<RoleSeat>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        candidates: Vec<Id>,
    },
    /// The instance is suspended.
    Suspended {
        at: DateTime<Utc>,
    },
    /// Waits for these seats; `at`: since when its clock stands still.
    Parked {
        waits: Vec<Id>,
        at: DateTime<Utc>,
    },
    /// Its turn comes after these seats too.
    Waits {
        waits: Vec<Id>,
    },
    Returned {
        by: Id,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
    },
    Reminded {
        at: DateTime<Utc>,
    },
    Cancelled,
}

/// What people are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub about: About,
    pub node: Name,
    pub to: Vec<Id>,
    /// The task it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<Id>,
    /// Who wants them told; nobody where the engine does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Id>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<String>,
    /// Counts as a copy: whoever got it gets no second one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
}

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A message of a package.
    Message(Ref),
    /// A copy by hand (抄送).
    Copy,
    /// 催办.
    Reminder,
    /// A deadline has passed.
    Overdue,
    /// What they were to act on was withdrawn.
    Withdrawn,
    /// What they were to act on was ended before its time.
    Terminated,
}

/// A sending back, with everything it moved (4.1, "Rewind, exactly").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewind {
    /// The visit that sent it back.
    pub from: u32,
    /// The visit it goes to.
    pub to: u32,
    pub then: Then,
    /// Undone visits.
    pub cancelled: Vec<u32>,
    /// Tokens off their transitions.
    pub taken: Vec<u32>,
    /// Tokens of finished branches, back at the joins that had taken them.
    pub restored: Vec<Token>,
    /// Visits that wait until the target is done again.
    pub paused: Vec<u32>,
}
