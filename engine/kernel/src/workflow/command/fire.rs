//! Fire: a timer's moment has come. A timer node goes on; a task that is overdue tells its people.

use super::moving;
use crate::workflow::{
    Refusal,
    ask::Stop,
    event::{About, Event, Notice},
    run::Run,
};
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
    match timer.seat.and_then(|seat| run.state.seat(seat)) {
        Some(seat) => {
            let Some(node) = run.state.node_of(seat).cloned() else {
                return Ok(());
            };
            let notice = Notice {
                about: About::Overdue,
                node,
                to: seat
                    .holder
                    .map_or_else(|| seat.candidates.clone(), |h| vec![h]),
                seat: Some(seat.id),
                by: None,
                opinion: None,
            };
            run.emit(Event::Notified {
                notice: Box::new(notice),
            });
            Ok(())
        }
        None => {
            let name = &run.state.visits[timer.visit as usize].node;
            run.unattended = true;
            if let Some(&node) = run.def.by_name.get(name) {
                run.leave_all(timer.visit, node)?;
            }
            run.flow()
        }
    }
}
