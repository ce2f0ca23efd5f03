//! Terminate (终止): somebody with the right to ends what runs; the record is closed.

use super::{opinion, running, steering};
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::Def,
    event::{About, Event, Notice},
    run::Run,
    state::State,
};
use model::{Id, Status, workflow::Operation};

/// Whether the user may end it, and what the node of his task says of it.
pub(in crate::workflow) fn may<'d>(
    def: &'d Def,
    state: &State,
    user: Id,
    steers: bool,
) -> Result<Option<&'d Operation>, Refusal> {
    running(state)?;
    steering(def, state, user, steers, |may| may.terminate.as_ref())
}

pub(super) fn run(run: &mut Run, said: Option<&String>) -> Result<(), Stop> {
    let by = run.env.actor;
    let offer = may(run.def, &run.state, by, run.env.steers)?;
    let opinion = opinion(offer.map(|o| o.comment).unwrap_or_default(), said)?;
    let mut to: Vec<Id> = run.state.starter.map(|s| s.user).into_iter().collect();
    for seat in run.state.seats.iter().filter(|s| s.undecided()) {
        to.extend(seat.holder);
    }
    to.sort();
    to.dedup();
    to.retain(|user| *user != by);
    let node = run.state.open().next().map(|(_, v)| v.node.clone());
    let node = node.unwrap_or_else(|| run.def.nodes[run.def.start].name.clone());
    run.emit(Event::Terminated {
        by,
        opinion: opinion.clone(),
    });
    run.cancel_everything();
    if !to.is_empty() {
        let notice = Notice {
            about: About::Terminated,
            node,
            to,
            seat: None,
            by: Some(by),
            opinion,
            once: false,
        };
        run.emit(Event::Notified {
            notice: Box::new(notice),
        });
    }
    // What is in the ledgers stays there; it is reversed, not closed.
    let status = run.state.last_status(Some(Status::Closed));
    run.emit(Event::Ended { status });
    Ok(())
}
