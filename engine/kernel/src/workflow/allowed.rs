//! What somebody may do now, and why not: the same checks as the commands, asked beforehand.

use super::{
    Refusal,
    command::{
        act, add_seat, advises, claim, drop_seat, jump, may_act, remind, resume, send_back,
        suspend, take_back, task, terminate, unclaim, withdraw,
    },
    def::{Ballot, Def},
    state::{Seat, SeatNow, State, Vote},
};
use model::{
    Id, Name,
    workflow::{How, Need, Operation, Return, Then},
};
use serde::Serialize;

/// An operation on a task or an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Complete,
    Claim,
    Unclaim,
    AddSeat,
    DropSeat,
    Transfer,
    Delegate,
    Return,
    TakeBack,
    Remind,
    Copy,
    Withdraw,
    Jump,
    Suspend,
    Resume,
    Terminate,
}

/// One operation, whether it is allowed, and if not, why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperationState {
    pub op: Op,
    /// Of `complete`: the outcome; `next` where the node has no outcomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Name>,
    /// Of `complete`: what the outcome counts as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vote: Option<Vote>,
    /// What the node calls it, where it has a word of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether an opinion must be written.
    pub comment: Need,
    /// Of `add_seat`: the ways offered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub how: Vec<How>,
    /// Of `return`: what happens once the target has done its part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
    /// Of `return`: where it may go, nearest first; of `jump`: where it may go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// Of `drop_seat`: whose seats may go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Id>,
    pub allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Refusal>,
}

/// A node that a task may be sent back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    pub node: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The users who acted there; of the start, the starter.
    pub users: Vec<Id>,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    pub user: Id,
    /// The person behind the user.
    pub person: Option<Id>,
    /// The user holds the role of the task in question now (`false` for a task with a holder).
    pub takes: bool,
    /// The user has the right to steer what runs.
    pub steers: bool,
}

/// What this user may do: on a task, every operation its node offers (complete, by outcome, first);
/// for the starter, also to withdraw. Without a task, only what concerns the whole instance.
pub fn allowed(def: &Def, state: &State, seat: Option<Id>, who: Who) -> Vec<OperationState> {
    let mut list = seat.map_or_else(Vec::new, |seat| of_task(def, state, seat, who));
    if state.starter.is_some_and(|s| s.user == who.user) {
        list.push(operation(
            Op::Withdraw,
            None,
            Need::Optional,
            withdraw::may(def, state, who.user),
        ));
    }
    list.extend(steering(def, state, who));
    list
}

/// Where this task may be sent back to, nearest first; empty where its node does not offer it.
pub fn targets(def: &Def, state: &State, seat: Id) -> Vec<Target> {
    let Ok((this, _, ballot)) = task(def, state, seat) else {
        return Vec::new();
    };
    let Some(may) = &ballot.may.send_back else {
        return Vec::new();
    };
    targets_of(def, state, this.visit, may)
}

fn targets_of(def: &Def, state: &State, visit: u32, may: &Return) -> Vec<Target> {
    let target = |n: u32| {
        let node = state.visits[n as usize].node.clone();
        let mut users: Vec<Id> = state
            .ballot(n)
            .filter_map(|s| s.done())
            .filter_map(|d| d.by)
            .collect();
        if users.is_empty() {
            users.extend(state.starter.map(|s| s.user));
        }
        Target {
            label: def.label(&node).map(str::to_string),
            node,
            users,
        }
    };
    send_back::targets(def, state, visit, may)
        .into_iter()
        .map(target)
        .collect()
}

/// What concerns the whole instance, for those who may: by right, or by a task of theirs.
fn steering(def: &Def, state: &State, who: Who) -> Vec<OperationState> {
    type Offer<'d> = Result<Option<&'d Operation>, Refusal>;
    let told = |op, may: Offer| match may {
        // Whoever has nothing to do with it is not told that it exists.
        Err(why) if why.code == "may_not_steer" => None,
        Err(why) => Some(operation(op, None, Need::Optional, Err(why))),
        Ok(offer) => {
            let label = offer.and_then(|o| o.label.clone());
            let comment = offer.map_or(Need::Optional, |o| o.comment);
            Some(operation(op, label, comment, Ok(())))
        }
    };
    if state.life != super::Life::Running {
        return Vec::new();
    }
    let (user, steers) = (who.user, who.steers);
    let mut list = Vec::new();
    if state.suspended.is_none() {
        if let Some(mut entry) = told(Op::Jump, jump::may(def, state, user, steers)) {
            let target = |node: Name| Target {
                label: def.label(&node).map(str::to_string),
                node,
                users: Vec::new(),
            };
            let targets = jump::targets(def, state);
            entry.targets = targets.into_iter().map(target).collect();
            list.push(entry);
        }
        list.extend(told(Op::Suspend, suspend::may(def, state, user, steers)));
    } else {
        let may = resume::may(def, state, user, steers).map(|()| None);
        list.extend(told(Op::Resume, may));
    }
    list.extend(told(
        Op::Terminate,
        terminate::may(def, state, user, steers),
    ));
    list
}

/// Taking a role's seat, and putting it back.
fn of_role(def: &Def, state: &State, this: &Seat, who: Who) -> Option<OperationState> {
    this.role.as_ref()?;
    let (op, may) = match this.now {
        SeatNow::Offered => {
            let may = claim::may(def, state, this.id, who.user, who.person, who.takes);
            (Op::Claim, may)
        }
        SeatNow::Allocated => (
            Op::Unclaim,
            unclaim::may(def, state, this.id, who.user, who.person),
        ),
        _ => return None,
    };
    Some(operation(op, None, Need::Optional, may))
}

/// What changes who sits in the ballot.
fn of_seats(
    def: &Def,
    state: &State,
    this: &Seat,
    ballot: &Ballot,
    who: Who,
    acts: &Result<(), Refusal>,
) -> Vec<OperationState> {
    let may = &ballot.may;
    let moves = match this.advises {
        Some(_) => acts.clone().and_then(|()| Err(advises())),
        None => acts.clone(),
    };
    let mut list = Vec::new();
    if let Some(o) = &may.add_seat {
        let mut entry = operation(Op::AddSeat, o.label.clone(), o.comment, moves);
        entry.how = add_seat::ways(o);
        list.push(entry);
    }
    let plain = |op, o: &Operation, may| operation(op, o.label.clone(), o.comment, may);
    if let Some(o) = &may.drop_seat {
        let may = drop_seat::may(def, state, this.id, who.user);
        let users = drop_seat::whom(state, this.id);
        let nobody = || Err(Refusal::new("last_seat"));
        let may = may.and_then(|()| if users.is_empty() { nobody() } else { Ok(()) });
        let mut entry = plain(Op::DropSeat, o, may);
        entry.users = users;
        list.push(entry);
    }
    if let Some(o) = &may.transfer {
        list.push(plain(Op::Transfer, o, acts.clone()));
    }
    if let Some(o) = &may.delegate {
        list.push(plain(Op::Delegate, o, acts.clone()));
    }
    list
}

fn of_task(def: &Def, state: &State, seat: Id, who: Who) -> Vec<OperationState> {
    let Ok((this, _, ballot)) = task(def, state, seat) else {
        return Vec::new();
    };
    let may = &ballot.may;
    let acts = may_act(def, state, seat, who.user, who.person, who.takes);
    let mut list = Vec::new();
    let need = ballot.need();
    let abstain = act::may_abstain(ballot).then(|| (act::ABSTAIN.into(), Vote::Abstain));
    for (way, vote) in ballot.votes.iter().cloned().chain(abstain) {
        let mut entry = operation(Op::Complete, None, need, acts.clone());
        entry.outcome = Name::new(&way).ok();
        entry.vote = Some(vote);
        list.push(entry);
    }
    list.extend(of_role(def, state, this, who));
    list.extend(of_seats(def, state, this, ballot, who, &acts));
    if let Some(o) = &may.send_back {
        let targets = targets_of(def, state, this.visit, o);
        let none = || Err(Refusal::new("no_target"));
        let moves = match this.advises {
            Some(_) => acts.clone().and_then(|()| Err(advises())),
            None => acts.clone(),
        };
        let may = moves.and_then(|()| if targets.is_empty() { none() } else { Ok(()) });
        let mut entry = operation(Op::Return, o.label.clone(), o.comment, may);
        entry.then = Some(o.then);
        entry.targets = targets;
        list.push(entry);
    }
    if let Some(o) = &may.take_back
        && this.done().is_some()
    {
        let may = take_back::may(def, state, seat, who.user);
        list.push(operation(Op::TakeBack, o.label.clone(), o.comment, may));
    }
    if let Some(o) = &may.remind {
        let may = remind::may(def, state, seat, who.user, None);
        list.push(operation(Op::Remind, o.label.clone(), o.comment, may));
    }
    if let Some(o) = &may.copy {
        list.push(operation(Op::Copy, o.label.clone(), o.comment, acts));
    }
    list
}

fn operation(
    op: Op,
    label: Option<String>,
    comment: Need,
    may: Result<(), Refusal>,
) -> OperationState {
    OperationState {
        op,
        outcome: None,
        vote: None,
        label,
        comment,
        how: Vec::new(),
        then: None,
        targets: Vec::new(),
        users: Vec::new(),
        allowed: may.is_ok(),
        why: may.err(),
    }
}
