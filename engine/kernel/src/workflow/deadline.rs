//! When a task is overdue, and when the steps of its node's ladder come. Every clock belongs to
//! one attempt of one seat, and stands still while the seat waits or the instance is suspended.

use super::{
    ask::{Answer, Left, Stop, What},
    def::Ballot,
    event::Event,
    run::Run,
    state::{Seat, Timer},
};
use chrono::{DateTime, Utc};
use model::{Id, Name};

/// What is to be set for a task that opens now.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    due: Option<DateTime<Utc>>,
    ladder: Vec<(Name, DateTime<Utc>)>,
}

/// Of a task opened now.
pub(super) fn fresh(run: &Run, node: usize, ballot: &Ballot) -> Result<Deadlines, Stop> {
    of(run, node, ballot, None)
}

/// The same; of a seat whose clock stood still, what was left.
pub(super) fn of(
    run: &Run,
    node: usize,
    ballot: &Ballot,
    seat: Option<&Seat>,
) -> Result<Deadlines, Stop> {
    let stopped = seat.and_then(|s| Some((s, s.stopped?)));
    let rest = |from, due| Some(Left { from, due });
    // The step of the ladder (none: the deadline), and what was left until then.
    let mut wanted: Vec<(Option<Name>, Option<Left>)> = Vec::new();
    match stopped {
        None => {
            wanted.extend(ballot.due.then_some((None, None)));
            // Nobody climbs while it is only looked ahead.
            if !run.preview {
                wanted.extend(ballot.ladder.keys().map(|step| (Some(step.clone()), None)));
            }
        }
        Some((seat, from)) => {
            let due = seat.due.filter(|due| *due > from);
            wanted.extend(due.map(|due| (None, rest(from, due))));
            for ahead in &seat.ladder {
                wanted.push((Some(ahead.step.clone()), rest(from, ahead.at)));
            }
        }
    }
    let name = &run.def.nodes[node].name;
    let whats = wanted.iter().map(|(step, left)| What::Due {
        node: name.clone(),
        step: step.clone(),
        left: *left,
    });
    let answers = run.ask_all(whats)?;
    let mut found = Deadlines::default();
    for ((step, _), answer) in wanted.into_iter().zip(answers) {
        let Answer::Moment(at) = answer else {
            return Err(run.unfit(name));
        };
        match step {
            None => found.due = *at,
            Some(step) => found.ladder.extend(at.map(|at| (step, at))),
        }
    }
    Ok(found)
}

/// Sets the timers of a seat that is open now.
pub(super) fn set(run: &mut Run, visit: u32, seat: Id, deadlines: &Deadlines) {
    let due = deadlines.due.map(|at| (None, at));
    let ladder = deadlines
        .ladder
        .iter()
        .map(|(s, at)| (Some(s.clone()), *at));
    for (step, at) in due.into_iter().chain(ladder) {
        let id = run.next_id("timer");
        run.emit(Event::TimerSet {
            timer: Timer {
                id,
                visit,
                at,
                seat: Some(seat),
                step,
            },
        });
    }
}
