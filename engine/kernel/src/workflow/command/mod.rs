//! Commands, a file each: what may be done, and the events it comes to.

use super::{
    Refusal,
    ask::{Answer, SeatSpec, Stop, What},
    def::{Ballot, Def},
    limit,
    run::Run,
    seating,
    state::{Life, Message, Origin, Seat, SeatNow, State},
};
use model::{
    Id, Name,
    workflow::{How, Need, Operation, Operations, Own},
};

pub(super) mod act;
mod add_run;
pub(super) mod add_seat;
pub(super) mod claim;
mod close_join;
mod copy;
pub(super) mod delegate;
mod deliver;
pub(super) mod drop_seat;
mod fire;
mod hand_over;
pub(super) mod jump;
pub(super) mod remind;
pub(super) mod resume;
mod retry;
pub(super) mod send_back;
mod start;
pub(super) mod suspend;
pub(super) mod take_back;
pub(super) mod terminate;
mod transfer;
pub(super) mod unclaim;
pub(super) mod withdraw;

/// What somebody wants done. A `seat` is the id of a task; users are meant by their user id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cmd {
    /// Submits the record; the actor is the starter.
    Start,
    /// Completes a task. `outcome`: a way out of the node, `abstain` in a vote by share, or
    /// nothing for the main way.
    Act {
        seat: Id,
        outcome: Option<Name>,
        opinion: Option<String>,
    },
    /// 加签.
    AddSeat {
        seat: Id,
        how: How,
        users: Vec<Id>,
        opinion: Option<String>,
    },
    /// Takes a role's seat, without deciding yet.
    Claim { seat: Id },
    /// Puts a role's seat back.
    Unclaim { seat: Id },
    /// 减签: the seat of `who` in the ballot of this task.
    DropSeat {
        seat: Id,
        who: Id,
        opinion: Option<String>,
    },
    /// 委派: asks somebody for advice, then decides himself.
    Delegate {
        seat: Id,
        to: Id,
        opinion: Option<String>,
    },
    /// 转办: another holder, the same seat.
    Transfer {
        seat: Id,
        to: Id,
        opinion: Option<String>,
    },
    /// 催办: everybody who is to act in the ballot of this task.
    Remind { seat: Id },
    /// 抄送.
    Copy {
        seat: Id,
        users: Vec<Id>,
        opinion: Option<String>,
    },
    /// 退回. `to`: a node; may be left out where the task has one target only.
    Return {
        seat: Id,
        to: Option<Name>,
        opinion: Option<String>,
    },
    /// 拿回: `seat` is the one he decided with.
    TakeBack { seat: Id, opinion: Option<String> },
    /// 跳转: all that is open is cancelled, this node is entered.
    Jump { to: Name, opinion: Option<String> },
    /// 暂停.
    Suspend { opinion: Option<String> },
    /// 恢复.
    Resume,
    /// 终止.
    Terminate { opinion: Option<String> },
    /// 离职转交: every seat of one user that is still to be decided.
    HandOver { from: Id, to: Id },
    /// 撤回 by the starter.
    Withdraw,
    /// A timer's moment has come.
    Fire { timer: Id },
    /// Goes on after an incident.
    Retry,
    /// One run more of a block that has several, or one more thread of a split.
    AddRun { node: Name },
    /// A join with `need` goes on with what has arrived.
    CloseJoin { node: Name },
    /// A message to this instance.
    Message { message: Message },
    /// A signal, to whatever waits for it now.
    Signal { name: Name },
}

/// Runs a command: the one exhaustive match.
pub(super) fn run(run: &mut Run, cmd: &Cmd) -> Result<(), Stop> {
    match cmd {
        Cmd::Start => start::run(run),
        Cmd::Act {
            seat,
            outcome,
            opinion,
        } => act::run(run, *seat, outcome.as_ref(), opinion.as_ref()),
        Cmd::AddSeat {
            seat,
            how,
            users,
            opinion,
        } => add_seat::run(run, *seat, *how, users, opinion.as_ref()),
        Cmd::Transfer { seat, to, opinion } => transfer::run(run, *seat, *to, opinion.as_ref()),
        Cmd::Remind { seat } => remind::run(run, *seat),
        Cmd::Copy {
            seat,
            users,
            opinion,
        } => copy::run(run, *seat, users, opinion.as_ref()),
        Cmd::Return { seat, to, opinion } => {
            send_back::run(run, *seat, to.as_ref(), opinion.as_ref())
        }
        Cmd::Claim { seat } => claim::run(run, *seat),
        Cmd::Unclaim { seat } => unclaim::run(run, *seat),
        Cmd::DropSeat { seat, who, opinion } => drop_seat::run(run, *seat, *who, opinion.as_ref()),
        Cmd::Delegate { seat, to, opinion } => delegate::run(run, *seat, *to, opinion.as_ref()),
        Cmd::TakeBack { seat, opinion } => take_back::run(run, *seat, opinion.as_ref()),
        Cmd::Jump { to, opinion } => jump::run(run, to, opinion.as_ref()),
        Cmd::Suspend { opinion } => suspend::run(run, opinion.as_ref()),
        Cmd::Resume => resume::run(run),
        Cmd::Terminate { opinion } => terminate::run(run, opinion.as_ref()),
        Cmd::HandOver { from, to } => hand_over::run(run, *from, *to),
        Cmd::Withdraw => withdraw::run(run),
        Cmd::Fire { timer } => fire::run(run, *timer),
        Cmd::Retry => retry::run(run),
        Cmd::AddRun { node } => add_run::run(run, node),
        Cmd::CloseJoin { node } => close_join::run(run, node),
        Cmd::Message { message } => deliver::message(run, message),
        Cmd::Signal { name } => deliver::signal(run, name),
    }
}

/// Refuses where nothing can be done any more, or not yet.
pub(super) fn running(state: &State) -> Result<(), Refusal> {
    match state.life {
        Life::Fresh => Err(Refusal::new("not_started")),
        Life::Ended(status) => Err(Refusal::new("instance_ended").with("status", status)),
        Life::Running => Ok(()),
    }
}

/// Refuses while somebody has stopped the instance.
pub(super) fn unsuspended(state: &State) -> Result<(), Refusal> {
    match state.suspended {
        Some(_) => Err(Refusal::new("suspended")),
        None => Ok(()),
    }
}

/// The same, and refuses while an incident holds the flow up.
pub(super) fn moving(state: &State) -> Result<(), Refusal> {
    running(state)?;
    unsuspended(state)?;
    match &state.incident {
        Some(incident) => Err(Refusal::new("stands_still")
            .with("incident", &incident.code)
            .with("node", &incident.node)),
        None => Ok(()),
    }
}

/// A task and how its node decides.
pub(super) fn task<'d, 's>(
    def: &'d Def,
    state: &'s State,
    seat: Id,
) -> Result<(&'s Seat, &'s Name, &'d Ballot), Refusal> {
    let unknown = || Refusal::new("no_such_task").with("task", seat);
    let seat = state.seat(seat).ok_or_else(unknown)?;
    let node = state.node_of(seat).ok_or_else(unknown)?;
    Ok((seat, node, def.ballot(node).ok_or_else(unknown)?))
}

/// Whether this user may act on the seat now. `takes`: he holds the seat's role.
pub(super) fn may_act(
    def: &Def,
    state: &State,
    seat: Id,
    user: Id,
    person: Option<Id>,
    takes: bool,
) -> Result<(), Refusal> {
    moving(state)?;
    let (seat, node, ballot) = task(def, state, seat)?;
    match seat.now {
        SeatNow::Offered | SeatNow::Allocated => {}
        SeatNow::Planned => return Err(Refusal::new("seat_planned")),
        SeatNow::Parked => return Err(Refusal::new("seat_parked")),
        SeatNow::Suspended => return Err(Refusal::new("suspended")),
        SeatNow::Done(_) => return Err(Refusal::new("already_done")),
        SeatNow::Returned | SeatNow::Cancelled => return Err(Refusal::new("seat_cancelled")),
    }
    match seat.holder {
        Some(holder) if holder != user => return Err(Refusal::new("not_holder")),
        None if !takes => return Err(Refusal::new("not_holder")),
        _ => {}
    }
    if seat.origin == Origin::Starter {
        return Ok(());
    }
    may_decide(state, node, ballot, user, person)
}

/// Whether a user may decide at a node at all: separation of duties, and the starter's own record.
pub(super) fn may_decide(
    state: &State,
    node: &Name,
    ballot: &Ballot,
    user: Id,
    person: Option<Id>,
) -> Result<(), Refusal> {
    if seating::barred(state, &ballot.not_same_as).contains(&user) {
        return Err(Refusal::new("separation_of_duties").with("node", node));
    }
    let own = matches!(ballot.own, Some(Own::Superior | Own::Head | Own::Refuse));
    if own && seating::is_starter(state, Some(user), person) {
        return Err(Refusal::new("starter_may_not").with("node", node));
    }
    Ok(())
}

/// [`may_act`] for the actor of the command, whose role is asked for where the seat has no holder.
pub(super) fn actor_may(run: &Run, seat: Id) -> Result<(), Stop> {
    let user = run.env.actor;
    let takes = match run.state.seat(seat) {
        Some(Seat {
            holder: None,
            role: Some(role),
            now: SeatNow::Offered,
            ..
        }) => {
            let (role, within) = (role.role.clone(), role.within);
            match run.ask(What::Takes { user, role, within })? {
                Answer::Bool(takes) => *takes,
                _ => return Err(Refusal::new("unfit_answer").into()),
            }
        }
        _ => false,
    };
    let person = run.env.person;
    Ok(may_act(run.def, &run.state, seat, user, person, takes)?)
}

/// The seats of users named by hand, each once, in their order; refuses nobody, too many, and
/// whoever could never act.
pub(super) fn named(run: &Run, users: &[Id]) -> Result<Vec<SeatSpec>, Stop> {
    let mut list: Vec<Id> = Vec::new();
    for user in users {
        if !list.contains(user) {
            list.push(*user);
        }
        if list.len() > limit::NAMED {
            return Err(Refusal::new("too_many_named")
                .with("max", limit::NAMED)
                .into());
        }
    }
    if list.is_empty() {
        return Err(Refusal::new("nobody_named").into());
    }
    let answers = run.ask_all(list.iter().map(|user| What::User { user: *user }))?;
    let mut specs = Vec::with_capacity(list.len());
    for (user, answer) in list.iter().zip(answers) {
        match answer {
            Answer::Seats(found) => match found.first() {
                Some(spec) => specs.push(spec.clone()),
                None => return Err(Refusal::new("no_such_user").with("user", user).into()),
            },
            _ => return Err(Refusal::new("unfit_answer").into()),
        }
    }
    Ok(specs)
}

/// Refuses an empty opinion where one is required; gives the one to keep.
pub(super) fn opinion(need: Need, given: Option<&String>) -> Result<Option<String>, Refusal> {
    let kept = given.filter(|o| !o.trim().is_empty()).cloned();
    if need == Need::Required && kept.is_none() {
        return Err(Refusal::new("opinion_required"));
    }
    Ok(kept)
}

/// Whoever was asked for advice advises; the record is not his to move.
pub(super) fn advises() -> Refusal {
    Refusal::new("only_advises")
}

/// Whether the actor may steer the instance: by right, or because he has a task at a node that
/// offers it. Gives what that node says of it.
pub(super) fn steering<'d>(
    def: &'d Def,
    state: &State,
    user: Id,
    steers: bool,
    offer: impl Fn(&'d Operations) -> Option<&'d Operation>,
) -> Result<Option<&'d Operation>, Refusal> {
    let held = state.seats.iter().filter(|s| {
        let open = s.open() || s.now == SeatNow::Suspended;
        open && s.advises.is_none() && s.holder == Some(user)
    });
    let mut offers = held.filter_map(|s| offer(&def.ballot(state.node_of(s)?)?.may));
    match offers.next() {
        Some(operation) => Ok(Some(operation)),
        None if steers => Ok(None),
        None => Err(Refusal::new("may_not_steer")),
    }
}

/// The operation is not among those the node offers.
pub(super) fn not_offered(operation: &'static str) -> Refusal {
    Refusal::new("not_offered").with("operation", operation)
}
