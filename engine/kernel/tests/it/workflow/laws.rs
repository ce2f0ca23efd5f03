//! What must hold after every command, whatever it was.

use kernel::workflow::{Change, Effects, Event, Life, SeatNow, State, VisitNow};
use model::Id;
use std::collections::BTreeSet;

/// No token twice, none taken and waiting at once; an ended instance is empty.
pub fn tokens(state: &State) {
    let mut ids = BTreeSet::new();
    for token in &state.tokens {
        assert!(ids.insert(token.id), "token {} twice", token.id);
        assert!(
            state.visits[token.by as usize].now != VisitNow::Cancelled,
            "orphan token"
        );
    }
    for visit in state.visits.iter().filter(|v| v.now != VisitNow::Cancelled) {
        for token in &visit.took {
            assert!(ids.insert(token.id), "token {} taken twice", token.id);
        }
    }
    let waits = |v: &kernel::workflow::Visit| matches!(v.now, VisitNow::Open | VisitNow::Paused(_));
    match state.life {
        Life::Ended(_) => {
            assert!(state.tokens.is_empty() && state.timers.is_empty());
            assert!(!state.visits.iter().any(waits));
            assert!(!state.seats.iter().any(|s| s.undecided()));
        }
        // Somebody or something is waited for, or a person is called.
        Life::Running => {
            let open = state.open().next().is_some();
            assert!(
                open || state.incident.is_some(),
                "stands still and nobody knows"
            );
        }
        Life::Fresh => {}
    }
    for (n, visit) in (0u32..).zip(&state.visits) {
        if let VisitNow::Paused(by) = visit.now {
            let by = &state.visits[by as usize];
            assert!(by.redo && waits(by), "visit {n} waits for one that is done");
        }
    }
}

/// A seat is open only at an open visit; every open ballot has somebody to act; one completion
/// per seat.
pub fn seats(state: &State, log: &[Event]) {
    let mut done = BTreeSet::new();
    for event in log {
        if let Event::SeatChanged {
            seat,
            change: Change::Done { .. },
        } = event
        {
            assert!(done.insert(*seat), "seat {seat} done twice");
        }
    }
    for seat in &state.seats {
        let visit = &state.visits[seat.visit as usize];
        if seat.undecided() {
            assert_eq!(visit.now, VisitNow::Open);
            assert_eq!(visit.attempt, seat.attempt);
        }
        assert!(
            seat.holder.is_some() || seat.role.is_some(),
            "an ownerless task"
        );
    }
    for (n, _) in state.open() {
        let seats: Vec<_> = state.ballot(n).collect();
        assert!(
            seats.is_empty() || state.suspended.is_some() || seats.iter().any(|s| s.open()),
            "a ballot nobody can move"
        );
    }
    for timer in &state.timers {
        assert_eq!(state.visits[timer.visit as usize].now, VisitNow::Open);
        if let Some(seat) = timer.seat {
            assert!(state.seat(seat).unwrap().open());
        }
    }
}

/// Rows of tasks follow from the effects alone.
pub fn rows(effects: &Effects, before: &State, after: &State) {
    let open = |s: &State| -> BTreeSet<Id> {
        let stands =
            |s: &kernel::workflow::Seat| matches!(s.now, SeatNow::Parked | SeatNow::Suspended);
        let waits = |s: &&kernel::workflow::Seat| s.open() || stands(s);
        s.seats.iter().filter(waits).map(|s| s.id).collect()
    };
    let mut rows = open(before);
    for task in &effects.tasks_opened {
        assert!(task.fresh && rows.insert(task.id));
    }
    for task in &effects.tasks_changed {
        assert!(!task.fresh && rows.contains(&task.id));
    }
    for task in &effects.tasks_closed {
        assert!(rows.remove(&task.id) != task.fresh);
    }
    assert_eq!(rows, open(after), "open rows");
    let timers = |s: &State| -> BTreeSet<Id> { s.timers.iter().map(|t| t.id).collect() };
    let mut set = timers(before);
    for timer in &effects.timers_cancelled {
        assert!(set.remove(timer));
    }
    set.extend(effects.timers_set.iter().map(|t| t.id));
    assert!(timers(after).is_subset(&set));
}
