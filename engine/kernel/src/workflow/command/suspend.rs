//! Suspend (暂停): nobody acts and no clock runs until it is resumed.

use super::{opinion, running, steering, unsuspended};
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::Def,
    event::{Change, Event},
    run::Run,
    state::{State, Timer},
};
use model::{Id, workflow::Operation};

/// Whether the user may suspend it, and what the node of his task says of it.
pub(in crate::workflow) fn may<'d>(
    def: &'d Def,
    state: &State,
    user: Id,
    steers: bool,
) -> Result<Option<&'d Operation>, Refusal> {
    running(state)?;
    unsuspended(state)?;
    steering(def, state, user, steers, |may| may.suspend.as_ref())
}

pub(super) fn run(run: &mut Run, said: Option<&String>) -> Result<(), Stop> {
    let (by, at) = (run.env.actor, run.env.now);
    let offer = may(run.def, &run.state, by, run.env.steers)?;
    let opinion = opinion(offer.map(|o| o.comment).unwrap_or_default(), said)?;
    let of_nodes = run.state.timers.iter().filter(|t| t.seat.is_none());
    let timers: Vec<Timer> = of_nodes.cloned().collect();
    let stopped: Vec<Id> = timers.iter().map(|t| t.id).collect();
    run.emit(Event::Suspended {
        by,
        at,
        timers,
        opinion,
    });
    let open: Vec<Id> = run
        .state
        .seats
        .iter()
        .filter(|s| s.open())
        .map(|s| s.id)
        .collect();
    for seat in open {
        run.change(seat, Change::Suspended { at });
    }
    for timer in stopped {
        run.emit(Event::TimerCancelled { timer });
    }
    Ok(())
}
