//! Withdraw (撤回): the starter takes the record back while it runs and nothing is posted.

use super::{running, send_back, unsuspended};
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::Def,
    event::{About, Event, Notice},
    run::Run,
    state::{Origin, Seat, State, VisitNow},
};
use model::{Id, Status, workflow::Withdraw};

/// Whether the user may withdraw the instance.
pub(in crate::workflow) fn may(def: &Def, state: &State, user: Id) -> Result<(), Refusal> {
    running(state)?;
    unsuspended(state)?;
    if state.starter.is_none_or(|s| s.user != user) {
        return Err(Refusal::new("only_the_starter"));
    }
    if state.posted {
        // What is in the ledgers is reversed, not withdrawn (page 2).
        return Err(Refusal::new("already_posted"));
    }
    let alive = |s: &Seat| state.visits[s.visit as usize].now != VisitNow::Cancelled;
    let acted = |s: &Seat| alive(s) && s.origin != Origin::Starter && send_back::acted(s);
    if def.withdraw == Withdraw::BeforeFirstAct && state.seats.iter().any(acted) {
        return Err(Refusal::new("already_acted"));
    }
    Ok(())
}

pub(super) fn run(run: &mut Run) -> Result<(), Stop> {
    let by = run.env.actor;
    may(run.def, &run.state, by)?;
    let waiting: Vec<Notice> = run
        .state
        .seats
        .iter()
        .filter(|s| s.open() && s.holder != Some(by))
        .filter_map(|s| {
            Some(Notice {
                about: About::Withdrawn,
                node: run.state.node_of(s)?.clone(),
                to: s.holder.map_or_else(|| s.candidates.clone(), |h| vec![h]),
                seat: Some(s.id),
                by: Some(by),
                opinion: None,
                once: false,
            })
        })
        .collect();
    run.cancel_everything();
    for notice in waiting {
        run.emit(Event::Notified {
            notice: Box::new(notice),
        });
    }
    run.emit(Event::Ended {
        status: Status::Withdrawn,
    });
    Ok(())
}
