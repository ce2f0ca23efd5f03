//! Remind (催办): tells everybody who is to act in a ballot that it is waited for.

use super::{moving, not_offered, task};
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::Def,
    event::{About, Change, Event, Notice},
    limit,
    run::Run,
    state::{Seat, State},
};
use chrono::{DateTime, TimeDelta, Utc};
use model::Id;

/// Whether the user may remind the people of this ballot: he started it or took part, and nobody
/// did so a moment ago. `now` left out: without regard to the pause.
pub(in crate::workflow) fn may(
    def: &Def,
    state: &State,
    seat: Id,
    user: Id,
    now: Option<DateTime<Utc>>,
) -> Result<(), Refusal> {
    moving(state)?;
    let (this, _, ballot) = task(def, state, seat)?;
    if ballot.may.remind.is_none() {
        return Err(not_offered("remind"));
    }
    let started = state.starter.is_some_and(|s| s.user == user);
    let took_part = state
        .seats
        .iter()
        .any(|s| s.done().is_some_and(|d| d.by == Some(user)));
    if !(started || took_part) {
        return Err(Refusal::new("not_involved"));
    }
    let mut open = state.ballot(this.visit).filter(|s| s.open()).peekable();
    if open.peek().is_none() {
        return Err(Refusal::new("already_done"));
    }
    let last = open.filter_map(|s| s.reminded).max();
    let pause = TimeDelta::minutes(limit::REMIND_PAUSE_MINUTES);
    match (last, now) {
        (Some(last), Some(now)) if now < last + pause => {
            Err(Refusal::new("reminded_lately").with("until", (last + pause).to_rfc3339()))
        }
        _ => Ok(()),
    }
}

pub(super) fn run(run: &mut Run, seat: Id) -> Result<(), Stop> {
    let now = run.env.now;
    may(run.def, &run.state, seat, run.env.actor, Some(now))?;
    let (this, node, _) = task(run.def, &run.state, seat)?;
    let node = node.clone();
    let open: Vec<Seat> = run
        .state
        .ballot(this.visit)
        .filter(|s| s.open())
        .cloned()
        .collect();
    for seat in open {
        run.change(seat.id, Change::Reminded { at: now });
        let notice = Notice {
            about: About::Reminder,
            node: node.clone(),
            to: seat.holder.map_or(seat.candidates, |h| vec![h]),
            seat: Some(seat.id),
            by: Some(run.env.actor),
            opinion: None,
            once: false,
        };
        run.emit(Event::Notified {
            notice: Box::new(notice),
        });
    }
    Ok(())
}
