//! Fire: a timer's moment has come. A timer node goes on; a task that is overdue tells its people,
//! or the next step of its node's ladder is taken.

use super::{moving, task};
use crate::workflow::{Refusal, ask::Stop, event::Event, ladder, run::Run, state::Timer};
use model::Id;

pub(super) fn run(run: &mut Run, timer: Id) -> Result<(), Stop> {
    moving(&run.state)?;
    let found = run.state.timers.iter().find(|t| t.id == timer).cloned();
    // Cancelled in the meantime, or fired already: the loser of a race learns it here.
    let timer = found.ok_or_else(|| Refusal::new("no_such_timer").with("timer", timer))?;
    if run.env.now < timer.at {
        return Err(Refusal::new("not_due")
            .with("at", timer.at.to_rfc3339())
            .into());
    }
    run.emit(Event::TimerFired { timer: timer.id });
    run.unattended = true;
    match timer.seat {
        Some(seat) => overdue(run, &timer, seat),
        None => {
            let name = &run.state.visits[timer.visit as usize].node;
            if let Some(&node) = run.def.by_name.get(name) {
                run.leave_all(timer.visit, node)?;
            }
            run.flow()
        }
    }
}

fn overdue(run: &mut Run, timer: &Timer, seat: Id) -> Result<(), Stop> {
    let (_, _, ballot) = task(run.def, &run.state, seat)?;
    match &timer.step {
        Some(step) => match ballot.ladder.get(step) {
            Some(rung) => ladder::climb(run, seat, step, rung),
            None => Ok(()),
        },
        // Where there is a ladder, it says what happens.
        None if ballot.ladder.is_empty() => {
            ladder::remind(run, seat);
            Ok(())
        }
        None => Ok(()),
    }
}
