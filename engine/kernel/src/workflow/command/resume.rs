//! Resume (恢复): what was open when it was suspended is open again, with what was left of its time.

use super::{running, steering};
use crate::workflow::{
    Refusal,
    ask::{Answer, Left, Stop, What},
    def::Def,
    event::Event,
    run::Run,
    seating,
    state::{SeatNow, State, Timer},
};
use model::Id;

/// Whether the user may resume it: by right, or because he suspended it.
pub(in crate::workflow) fn may(
    def: &Def,
    state: &State,
    user: Id,
    steers: bool,
) -> Result<(), Refusal> {
    running(state)?;
    let Some(suspended) = &state.suspended else {
        return Err(Refusal::new("not_suspended"));
    };
    if suspended.by == user {
        return Ok(());
    }
    steering(def, state, user, steers, |may| may.suspend.as_ref()).map(|_| ())
}

pub(super) fn run(run: &mut Run) -> Result<(), Stop> {
    let by = run.env.actor;
    may(run.def, &run.state, by, run.env.steers)?;
    let Some(suspended) = run.state.suspended.clone() else {
        return Ok(());
    };
    run.emit(Event::Resumed { by });
    let still = |s: &&crate::workflow::Seat| s.now == SeatNow::Suspended;
    let stood = run.state.seats.iter().filter(still);
    let stood: Vec<(Id, u32)> = stood.map(|s| (s.id, s.visit)).collect();
    for (seat, visit) in stood {
        let name = &run.state.visits[visit as usize].node;
        if let (Some(ballot), Some(&node)) = (run.def.ballot(name), run.def.by_name.get(name)) {
            seating::reopen(run, visit, node, ballot, seat)?;
        }
    }
    for timer in suspended.timers {
        let node = run.state.visits[timer.visit as usize].node.clone();
        let what = What::Due {
            node: node.clone(),
            step: None,
            left: Some(Left {
                from: suspended.at,
                due: timer.at,
            }),
        };
        let Answer::Moment(Some(at)) = run.ask(what)? else {
            return Err(run.unfit(&node));
        };
        let (id, at) = (run.next_id("timer"), *at);
        run.emit(Event::TimerSet {
            timer: Timer { id, at, ..timer },
        });
    }
    run.flow()
}
