//! Who gets a seat when it is allocated, beside what the node's rules say: one of several
//! candidates is picked, and whoever is away or has left is stood in for (代理, 离职转交).
//! What is open already stays with whom it was given to.

use super::{
    ask::{Answer, SeatSpec, Stop, Substitute, What},
    def::Ballot,
    event::{Change, Event},
    run::Run,
    seating::{self, Sitting},
    state::{SeatNow, State},
};
use model::{
    Id, Name,
    workflow::{Own, Pick},
};

/// Gives every role's seat to one of its candidates, as the node's `pick` says.
pub(super) fn pick(
    run: &mut Run,
    node: &Name,
    ballot: &Ballot,
    sittings: &mut [Sitting],
) -> Result<(), Stop> {
    let Some(how) = ballot.pick else {
        return Ok(());
    };
    let mut seated: Vec<Id> = sittings.iter().filter_map(|s| s.spec.holder).collect();
    for sitting in sittings.iter_mut().filter(|s| s.auto.is_none()) {
        if sitting.spec.holder.is_some() {
            continue;
        }
        let candidates = &sitting.spec.candidates;
        let free = candidates.iter().copied().filter(|c| !seated.contains(c));
        let mut among: Vec<Id> = free.collect();
        if among.is_empty() {
            among.clone_from(candidates);
        }
        if let Some(chosen) = one_of(run, node, how, &among)? {
            seated.push(chosen);
            sitting.spec.holder = Some(chosen);
        }
    }
    Ok(())
}

/// One of these users; of equals, the first.
fn one_of(run: &mut Run, node: &Name, how: Pick, among: &[Id]) -> Result<Option<Id>, Stop> {
    let best = match how {
        Pick::Random => {
            let drawn = run.next_id("pick").0.as_u128();
            let count = among.len().max(1) as u128;
            usize::try_from(drawn % count).ok()
        }
        Pick::Turn => {
            let to = among.to_vec();
            let node = node.clone();
            let Answer::Moments(last) = run.ask(What::LastGiven { node, to })? else {
                return Err(super::Refusal::new("unfit_answer").into());
            };
            let given = last.iter().take(among.len()).enumerate();
            given.min_by_key(|(_, at)| **at).map(|(n, _)| n)
        }
        Pick::Shortest => {
            let of = among.to_vec();
            let Answer::Counts(open) = run.ask(What::Loads { of })? else {
                return Err(super::Refusal::new("unfit_answer").into());
            };
            let loads = open.iter().take(among.len()).enumerate();
            loads.min_by_key(|(_, count)| **count).map(|(n, _)| n)
        }
    };
    Ok(best.and_then(|n| among.get(n).copied()))
}

/// Gives the seats of whoever is away or has left to whoever stands in for him, unless that one
/// may not decide here.
pub(super) fn stand_in(
    run: &Run,
    ballot: &Ballot,
    barred: &[Id],
    sittings: &mut [Sitting],
) -> Result<(), Stop> {
    let asked = sittings.iter().filter(|s| s.auto.is_none());
    let of = asked.filter_map(|s| s.spec.holder).collect();
    let found = substitutes(run, of)?;
    for sitting in sittings.iter_mut().filter(|s| s.auto.is_none()) {
        let Some(holder) = sitting.spec.holder else {
            continue;
        };
        let Some(one) = found.iter().find(|(of, _)| *of == holder).map(|(_, s)| *s) else {
            continue;
        };
        if !may_stand_in(&run.state, ballot, barred, one) {
            continue;
        }
        sitting.on_behalf = (!one.successor).then_some(holder);
        sitting.spec = SeatSpec {
            holder: Some(one.user),
            person: one.person,
            ..sitting.spec.clone()
        };
    }
    Ok(())
}

/// The same for seats of a ballot in turn whose turn has come.
pub(super) fn at_opening(run: &mut Run, ballot: &Ballot, ready: &[Id]) -> Result<(), Stop> {
    let planned = |id: &&Id| {
        let seat = run.state.seat(**id);
        seat.is_some_and(|s| s.now == SeatNow::Planned && s.on_behalf.is_none())
    };
    let ids: Vec<Id> = ready.iter().filter(planned).copied().collect();
    let holder = |id: &Id| run.state.seat(*id).and_then(|s| s.holder);
    let found = substitutes(run, ids.iter().filter_map(holder).collect())?;
    let barred = seating::barred(&run.state, &ballot.not_same_as);
    for id in ids {
        let Some(of) = run.state.seat(id).and_then(|s| s.holder) else {
            continue;
        };
        let Some(one) = found.iter().find(|(who, _)| *who == of).map(|(_, s)| *s) else {
            continue;
        };
        if may_stand_in(&run.state, ballot, &barred, one) {
            let change = Change::Substituted {
                holder: one.user,
                person: one.person,
                on_behalf: (!one.successor).then_some(of),
            };
            run.emit(Event::SeatChanged { seat: id, change });
        }
    }
    Ok(())
}

fn may_stand_in(state: &State, ballot: &Ballot, barred: &[Id], one: Substitute) -> bool {
    let own = matches!(ballot.own, Some(Own::Superior | Own::Head | Own::Refuse));
    let starter = own && seating::is_starter(state, Some(one.user), one.person);
    !starter && !barred.contains(&one.user)
}

/// Who stands in for these users now, of those for whom somebody does.
fn substitutes(run: &Run, of: Vec<Id>) -> Result<Vec<(Id, Substitute)>, Stop> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let Answer::Substitutes(found) = run.ask(What::Substitutes { of: of.clone() })? else {
        return Err(super::Refusal::new("unfit_answer").into());
    };
    let both = of.into_iter().zip(found);
    Ok(both.filter_map(|(of, one)| Some((of, (*one)?))).collect())
}
