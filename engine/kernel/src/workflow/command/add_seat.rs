//! Add a seat (加签): before (the opener waits), after, or beside.

use super::{actor_may, advises, may_decide, named, not_offered, opinion, task};
use crate::workflow::{
    Refusal,
    ask::{SeatSpec, Stop},
    deadline::{self, Deadlines},
    event::{Change, Event},
    limit,
    run::Run,
    seating,
    state::{Origin, Seat},
};
use model::{
    Id,
    workflow::{AddSeat, How},
};

/// Which ways of adding a node offers.
pub(in crate::workflow) fn ways(may: &AddSeat) -> Vec<How> {
    if may.how.is_empty() {
        vec![How::Before, How::After, How::Parallel]
    } else {
        may.how.clone()
    }
}

pub(super) fn run(
    run: &mut Run,
    seat: Id,
    how: How,
    users: &[Id],
    said: Option<&String>,
) -> Result<(), Stop> {
    let def = run.def;
    actor_may(run, seat)?;
    let (this, node, ballot) = task(def, &run.state, seat)?;
    let (visit, node) = (this.visit, node.clone());
    if this.advises.is_some() {
        return Err(advises().into());
    }
    let offered = this.holder.is_none();
    let may = ballot
        .may
        .add_seat
        .as_ref()
        .ok_or_else(|| not_offered("add_seat"))?;
    if !ways(may).contains(&how) {
        return Err(not_offered("add_seat").into());
    }
    let opinion = opinion(may.comment, said)?;
    let users = newcomers(run, visit, users)?;
    for spec in &users {
        if let Some(user) = spec.holder {
            may_decide(&run.state, &node, ballot, user, spec.person)?;
        }
    }
    if run.state.ballot(visit).count() + users.len() > limit::SEATS {
        return Err(seating::too_many(&node).into());
    }
    let Some(&at) = def.by_name.get(&node) else {
        return Ok(());
    };
    let deadlines = if how == How::After {
        Deadlines::default()
    } else {
        deadline::fresh(run, at, ballot)?
    };
    if offered {
        run.change(seat, Change::Claimed { by: run.env.actor });
    }
    let waits = if how == How::After {
        vec![seat]
    } else {
        Vec::new()
    };
    let add = |spec| {
        let who = (spec, Origin::Added);
        seating::add(run, visit, who, waits.clone(), None, &deadlines)
    };
    let added: Vec<Id> = users.into_iter().map(add).collect();
    match how {
        How::Before => {
            run.change(
                seat,
                Change::Parked {
                    waits: added.clone(),
                    at: run.env.now,
                },
            );
        }
        How::After => {
            // Whoever came after the opener comes after the added seats too.
            let later: Vec<Id> = run
                .state
                .ballot(visit)
                .filter(|s| s.undecided() && s.waits.contains(&seat) && !added.contains(&s.id))
                .map(|s| s.id)
                .collect();
            for later in later {
                run.change(
                    later,
                    Change::Waits {
                        waits: added.clone(),
                    },
                );
            }
        }
        How::Parallel => {}
    }
    run.emit(Event::SeatsAdded {
        by: seat,
        how,
        seats: added,
        opinion,
    });
    run.settle(visit)?;
    run.flow()
}

/// The seats to add, each once; refuses nobody, and who has a seat already.
fn newcomers(run: &Run, visit: u32, users: &[Id]) -> Result<Vec<SeatSpec>, Stop> {
    for user in users {
        let seated = |s: &Seat| s.live() && s.holder == Some(*user);
        if *user == run.env.actor || run.state.ballot(visit).any(seated) {
            return Err(Refusal::new("already_seated").with("user", user).into());
        }
    }
    named(run, users)
}
