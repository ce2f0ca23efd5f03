//! Applies an event to a state. Total: it decides nothing and refuses nothing, so a replay can
//! only come to what was decided.

use super::{
    event::{About, Change, Event},
    state::{
        Ahead, Auto, Done, Incident, Life, Seat, SeatNow, Starter, State, Suspended, Timer, Token,
        Visit, VisitNow,
    },
};
use model::Id;

/// Applies one event; an event that names what is not there changes nothing but `rev`.
pub fn apply(state: &mut State, event: &Event) {
    state.rev += 1;
    match event {
        Event::Started { by, person } => {
            state.life = Life::Running;
            state.starter = Some(Starter {
                user: *by,
                person: *person,
            });
        }
        Event::TokenPut { .. }
        | Event::TokenLate { .. }
        | Event::RoundOver { .. }
        | Event::NodeEntered { .. }
        | Event::NodeReopened { .. }
        | Event::NodeLeft { .. }
        | Event::PostBroken { .. }
        | Event::Rewound { .. }
        | Event::Cancelled { .. } => travel(state, event),
        Event::SeatOpened { seat } => state.seats.push(Seat::clone(seat)),
        Event::SeatChanged { seat, change } => {
            if let Some(seat) = state.seats.iter_mut().find(|s| s.id == *seat) {
                turn(seat, change);
                if let (Change::Done { .. }, Some(visit)) =
                    (change, state.visits.get_mut(seat.visit as usize))
                {
                    visit.last = Some(seat.id);
                }
            }
        }
        Event::TimerSet { timer } => {
            promise(state, timer);
            state.timers.push(timer.clone());
        }
        Event::TimerFired { timer } => {
            if let Some(timer) = state.timers.iter().find(|t| t.id == *timer).cloned() {
                happened(state, &timer);
            }
            state.timers.retain(|t| t.id != *timer);
        }
        Event::TimerCancelled { timer } => state.timers.retain(|t| t.id != *timer),
        Event::Notified { notice } => {
            if notice.about == About::Copy || notice.once {
                state.copied.extend(&notice.to);
            }
        }
        Event::RecordPatched { .. }
        | Event::SeatsAdded { .. }
        | Event::TakenBack { .. }
        | Event::Jumped { .. }
        | Event::Terminated { .. } => {}
        Event::Suspended { by, at, timers, .. } => {
            state.suspended = Some(Suspended {
                by: *by,
                at: *at,
                timers: timers.clone(),
            });
        }
        Event::Resumed { .. } => state.suspended = None,
        Event::Posted { .. } => state.posted = true,
        Event::IncidentRaised { code, node } => {
            state.incident = Some(Incident {
                code: code.clone(),
                node: node.clone(),
            });
        }
        Event::MutexTaken { mutex, visit } => {
            state.mutexes.insert(mutex.clone(), *visit);
        }
        Event::MutexFreed { mutex } => {
            state.mutexes.remove(mutex);
        }
        Event::AmountSet { node, amount } => {
            state.amounts.insert(node.clone(), *amount);
        }
        Event::MessageKept { message } => state.mailbox.push(message.clone()),
        Event::MessageGone { message } => {
            if let Some(n) = state.mailbox.iter().position(|m| m == message) {
                state.mailbox.remove(n);
            }
        }
        Event::IncidentCleared => state.incident = None,
        Event::EndReached { status } => state.ending = Some(*status),
        Event::Ended { status } => {
            state.life = Life::Ended(*status);
            state.suspended = None;
        }
    }
}

/// A seat's deadline, or a step of its ladder, stands.
fn promise(state: &mut State, timer: &Timer) {
    let Some(seat) = state.seats.iter_mut().find(|s| Some(s.id) == timer.seat) else {
        return;
    };
    let Some(step) = &timer.step else {
        seat.due = Some(timer.at);
        return;
    };
    match seat.ladder.iter_mut().find(|a| a.step == *step) {
        Some(ahead) => ahead.at = timer.at,
        None => seat.ladder.push(Ahead {
            step: step.clone(),
            at: timer.at,
        }),
    }
}

/// A step of a ladder has come.
fn happened(state: &mut State, timer: &Timer) {
    if let Some(seat) = state.seats.iter_mut().find(|s| Some(s.id) == timer.seat) {
        seat.ladder.retain(|a| Some(&a.step) != timer.step.as_ref());
    }
}

/// Tokens and visits.
fn travel(state: &mut State, event: &Event) {
    match event {
        Event::TokenPut { token } => put(state, token),
        Event::NodeEntered {
            node,
            attempt,
            took,
            block,
            run_of,
            ..
        } => {
            state
                .tokens
                .retain(|t| !took.iter().any(|taken| taken.id == t.id));
            state.amounts.remove(node);
            state.visits.push(Visit {
                node: node.clone(),
                attempt: *attempt,
                took: took.clone(),
                block: *block,
                run_of: *run_of,
                late: Vec::new(),
                round_over: false,
                now: VisitNow::Open,
                redo: false,
                way: None,
                broken: None,
                last: None,
            });
        }
        Event::TokenLate { visit, token } => {
            if let Some(n) = state.tokens.iter().position(|t| t.id == *token) {
                let token = state.tokens.remove(n);
                at(state, *visit, |v| v.late.push(token));
            }
        }
        Event::RoundOver { visit } => at(state, *visit, |v| v.round_over = true),
        Event::NodeReopened {
            visit,
            attempt,
            redo,
        } => at(state, *visit, |v| {
            v.now = VisitNow::Open;
            v.attempt = *attempt;
            v.redo = *redo;
        }),
        Event::NodeLeft { visit, way } => at(state, *visit, |v| {
            v.now = VisitNow::Left;
            v.redo = false;
            v.way.clone_from(way);
        }),
        Event::PostBroken { visit, constraint } => {
            at(state, *visit, |v| v.broken = Some(constraint.clone()));
        }
        Event::Rewound { rewind } => {
            cancel(state, &rewind.cancelled, &rewind.taken);
            for token in &rewind.restored {
                put(state, token);
            }
            for visit in &rewind.paused {
                at(state, *visit, |v| v.now = VisitNow::Paused(rewind.to));
            }
        }
        Event::Cancelled { visits, tokens } => cancel(state, visits, tokens),
        _ => {}
    }
}

fn at(state: &mut State, visit: u32, change: impl FnOnce(&mut Visit)) {
    if let Some(visit) = state.visits.get_mut(visit as usize) {
        change(visit);
    }
}

/// Puts a token on its transition; tokens stay in the order of their birth.
fn put(state: &mut State, token: &Token) {
    let place = state.tokens.partition_point(|t| t.id < token.id);
    state.tokens.insert(place, token.clone());
    state.tokens_born = state.tokens_born.max(token.id + 1);
}

fn cancel(state: &mut State, visits: &[u32], tokens: &[u32]) {
    state.mutexes.retain(|_, by| !visits.contains(by));
    for visit in visits {
        at(state, *visit, |v| {
            v.now = VisitNow::Cancelled;
            v.redo = false;
        });
    }
    if !tokens.is_empty() {
        state.tokens.retain(|t| !tokens.contains(&t.id));
    }
}

/// One change of a seat.
fn turn(seat: &mut Seat, change: &Change) {
    match change {
        Change::Opened => {
            seat.now = match seat.holder {
                Some(_) => SeatNow::Allocated,
                None => SeatNow::Offered,
            };
            seat.stopped = None;
        }
        Change::Claimed { by } => {
            seat.holder = Some(*by);
            seat.now = SeatNow::Allocated;
        }
        Change::Released { .. } => {
            seat.holder = None;
            seat.now = SeatNow::Offered;
        }
        Change::Done { vote, way, by, .. } => {
            seat.holder = seat.holder.or(Some(*by));
            seat.now = SeatNow::Done(Done {
                vote: *vote,
                way: way.clone(),
                by: Some(*by),
                auto: None,
            });
        }
        Change::Expired { vote, way, .. } => {
            seat.now = SeatNow::Done(Done {
                vote: *vote,
                way: way.clone(),
                by: None,
                auto: Some(Auto::Overdue),
            });
        }
        Change::Transferred { holder, person, .. } => {
            pass_on(seat, *holder, *person);
            seat.now = SeatNow::Allocated;
        }
        Change::HandedOver { holder, person, .. } => pass_on(seat, *holder, *person),
        Change::Substituted {
            holder,
            person,
            on_behalf,
        } => {
            seat.holder = Some(*holder);
            seat.person = *person;
            seat.on_behalf = *on_behalf;
        }
        Change::Escalated {
            holder,
            person,
            role,
            candidates,
            ..
        } => {
            seat.holder = *holder;
            seat.person = *person;
            seat.on_behalf = None;
            seat.role.clone_from(role);
            seat.candidates.clone_from(candidates);
            seat.now = match holder {
                Some(_) => SeatNow::Allocated,
                None => SeatNow::Offered,
            };
        }
        Change::Delegated { asks, at, .. } => {
            seat.now = SeatNow::Parked;
            seat.waits.push(*asks);
            seat.stopped = Some(*at);
        }
        Change::Suspended { at } => {
            seat.now = SeatNow::Suspended;
            seat.stopped = Some(*at);
        }
        Change::Parked { waits, at } => {
            seat.now = SeatNow::Parked;
            seat.waits.extend(waits);
            seat.stopped = Some(*at);
        }
        Change::Waits { waits } => seat.waits.extend(waits),
        Change::Returned { by, .. } => {
            seat.holder = seat.holder.or(Some(*by));
            seat.now = SeatNow::Returned;
        }
        Change::Reminded { at } => seat.reminded = Some(*at),
        Change::Dropped { .. } | Change::Cancelled => seat.now = SeatNow::Cancelled,
    }
}

/// Another holder, in his own name.
fn pass_on(seat: &mut Seat, holder: Id, person: Option<Id>) {
    seat.holder = Some(holder);
    seat.person = person;
    seat.on_behalf = None;
}
