//! Who sits in a ballot: the rules of a node turned into seats. Never an ownerless task: where
//! nobody is left, the command is refused.

use super::{
    Refusal,
    ask::{Answer, SeatSpec, Stop, What},
    deadline::{self, Deadlines},
    def::{Ballot, Empty},
    event::{Change, Event},
    limit,
    run::Run,
    state::{Auto, Done, Origin, Seat, SeatNow, State, VisitNow, Vote},
    substitute,
};
use model::{
    Id, Name,
    workflow::{Order, Own, SamePerson},
};

/// Somebody about to get a seat.
#[derive(Clone, Debug)]
pub(super) struct Sitting {
    pub spec: SeatSpec,
    pub origin: Origin,
    /// Born done, in this user's name.
    pub auto: Option<(Auto, Id)>,
    /// Whom the holder stands in for.
    pub on_behalf: Option<Id>,
}

impl Sitting {
    /// A seat to be decided.
    pub fn new(spec: SeatSpec, origin: Origin) -> Self {
        Self {
            spec,
            origin,
            auto: None,
            on_behalf: None,
        }
    }
}

/// What becomes of one seat of a rule.
enum Fit {
    Sits(Sitting),
    /// Nobody could fill it: the `empty` rule takes its place.
    Vacant,
    /// Whoever would fill it may not decide here: it is left out.
    LeftOut,
}

/// Works out the seats of a node by its rules; none, where it passes by itself. `sent_back`:
/// people act again, nothing passes by itself.
pub(super) fn allocate(
    run: &mut Run,
    visit: u32,
    node: usize,
    ballot: &Ballot,
    sent_back: bool,
) -> Result<Vec<Sitting>, Stop> {
    let name = &run.def.nodes[node].name;
    let barred = barred(&run.state, &ballot.not_same_as);
    let mut sittings = Vec::new();
    let (mut vacant, mut left_out) = (false, false);
    let rule = What::Seats { node: name.clone() };
    for spec in specs(run, name, rule)? {
        match fit(run, ballot, &barred, spec, Origin::Rule, sent_back)? {
            Fit::Sits(sitting) => sittings.push(sitting),
            Fit::Vacant => vacant = true,
            Fit::LeftOut => left_out = true,
        }
    }
    // Where somebody was found who may not decide here, nothing passes for want of him.
    if sittings.is_empty() && ballot.empty == Empty::Pass && !left_out {
        return Ok(sittings);
    }
    if sittings.is_empty() || vacant && ballot.empty != Empty::Pass {
        let mut found = false;
        if ballot.empty == Empty::Seat {
            for spec in specs(run, name, What::Empty { node: name.clone() })? {
                let fit = fit(run, ballot, &barred, spec, Origin::Empty, sent_back)?;
                if let Fit::Sits(sitting) = fit {
                    sittings.push(sitting);
                    found = true;
                }
            }
        }
        if !found {
            let refusal = Refusal::new("nobody_to_ask").with("node", name);
            if !run.preview {
                return Err(refusal.into());
            }
            run.noted.push((visit, refusal));
        }
    }
    // One person, one voice: of two seats with the same holder or role the first stays.
    let mut kept: Vec<Sitting> = Vec::with_capacity(sittings.len());
    for sitting in sittings {
        let same = |k: &Sitting| match sitting.spec.holder {
            Some(_) => k.spec.holder == sitting.spec.holder,
            None => k.spec.holder.is_none() && k.spec.role == sitting.spec.role,
        };
        if !kept.iter().any(same) {
            kept.push(sitting);
        }
    }
    if kept.len() > limit::SEATS {
        return Err(too_many(name).into());
    }
    if !sent_back {
        pass_again(run, visit, ballot, &mut kept);
    }
    substitute::pick(run, name, ballot, &mut kept)?;
    substitute::stand_in(run, ballot, &barred, &mut kept)?;
    Ok(kept)
}

/// The ballot would have more seats than the kernel keeps.
pub(super) fn too_many(node: &Name) -> Refusal {
    Refusal::new("too_many_seats")
        .with("node", node)
        .with("max", limit::SEATS)
}

/// The seats a rule gives; whoever acted at another node stands for it.
pub(super) fn specs(run: &Run, node: &Name, what: What) -> Result<Vec<SeatSpec>, Stop> {
    let Answer::Seats(specs) = run.ask(what)? else {
        return Err(run.unfit(node));
    };
    let mut list = Vec::with_capacity(specs.len());
    for spec in specs {
        match &spec.same_as {
            None => list.push(spec.clone()),
            Some(node) => list.extend(familiar(&run.state, node, spec)),
        }
    }
    Ok(list)
}

/// Seats for whoever decided at a node when it was last visited; of the start, the starter. A
/// vacant one, where nobody did.
fn familiar(state: &State, node: &Name, spec: &SeatSpec) -> Vec<SeatSpec> {
    let seat = |user, person| SeatSpec {
        weight: spec.weight,
        ..SeatSpec::user(user, person)
    };
    let mut found: Vec<SeatSpec> = Vec::new();
    for (n, visit) in state.visits.iter().enumerate().rev() {
        let n = n as u32;
        if visit.node != *node || visit.now == VisitNow::Cancelled {
            continue;
        }
        if let (0, Some(starter)) = (n, state.starter) {
            found.push(seat(starter.user, starter.person));
        }
        for seated in state.ballot(n).filter(|s| s.counts()) {
            let Some(by) = seated.done().and_then(|d| d.by) else {
                continue;
            };
            let person = seated.person.filter(|_| seated.holder == Some(by));
            if !found.iter().any(|s| s.holder == Some(by)) {
                found.push(seat(by, person));
            }
        }
        break;
    }
    if found.is_empty() {
        found.push(SeatSpec::default());
    }
    found
}

/// Users who acted at these nodes and may therefore not act here. The start's is the starter.
pub(super) fn barred(state: &State, nodes: &[Name]) -> Vec<Id> {
    let mut users = Vec::new();
    for seat in &state.seats {
        let Some(visit) = state.visits.get(seat.visit as usize) else {
            continue;
        };
        let by = seat.done().and_then(|d| d.by);
        if visit.now != VisitNow::Cancelled && nodes.contains(&visit.node) {
            users.extend(by);
            // Whom he stood in for has decided too.
            users.extend(seat.on_behalf.filter(|_| by.is_some()));
        }
    }
    let first = state.visits.first();
    if first.is_some_and(|v| nodes.contains(&v.node)) {
        users.extend(state.starter.map(|s| s.user));
    }
    users
}

/// Whether the user is the starter, or the same person.
pub(super) fn is_starter(state: &State, user: Option<Id>, person: Option<Id>) -> bool {
    state
        .starter
        .is_some_and(|s| user == Some(s.user) || (person.is_some() && person == s.person))
}

/// Applies the rules about the starter and about separation of duties to one seat.
fn fit(
    run: &Run,
    ballot: &Ballot,
    barred: &[Id],
    mut spec: SeatSpec,
    mut origin: Origin,
    sent_back: bool,
) -> Result<Fit, Stop> {
    let mut auto = None;
    if vacant(&spec) {
        return Ok(Fit::Vacant);
    }
    if let Some(own) = ballot.own
        && let Some(starter) = run.state.starter
    {
        let alone = is_starter(&run.state, spec.holder, spec.person);
        let among = spec.holder.is_none() && spec.candidates.contains(&starter.user);
        if own == Own::Pass && (alone || among) {
            auto = (!sent_back).then_some((Auto::Own, starter.user));
        } else if alone || among {
            spec.candidates.retain(|c| *c != starter.user);
            if alone || spec.candidates.is_empty() {
                let instead = match own {
                    Own::Superior => What::Superior { of: starter.user },
                    Own::Head => What::Head { of: starter.user },
                    Own::Refuse | Own::Pass => return Ok(Fit::LeftOut),
                };
                let Answer::Seats(found) = run.ask(instead)? else {
                    return Err(Refusal::new("unfit_answer").into());
                };
                // Nobody above him, or himself: then the seat is vacant.
                match found.first() {
                    Some(found)
                        if !vacant(found)
                            && !is_starter(&run.state, found.holder, found.person) =>
                    {
                        spec = found.clone();
                        origin = Origin::Own;
                    }
                    _ => return Ok(Fit::Vacant),
                }
            }
        }
    }
    if auto.is_none() {
        spec.candidates.retain(|c| !barred.contains(c));
        let out = match spec.holder {
            Some(holder) => barred.contains(&holder),
            None => spec.candidates.is_empty(),
        };
        if out {
            return Ok(Fit::LeftOut);
        }
    }
    Ok(Fit::Sits(Sitting {
        auto,
        ..Sitting::new(spec, origin)
    }))
}

/// A person without a user, or a role that nobody holds.
fn vacant(spec: &SeatSpec) -> bool {
    spec.holder.is_none() && (spec.role.is_none() || spec.candidates.is_empty())
}

/// Lets seats pass whose person has passed before, as the node's `same_person` says.
fn pass_again(run: &Run, visit: u32, ballot: &Ballot, sittings: &mut [Sitting]) {
    let state = &run.state;
    let counts: Vec<u32> = match ballot.same_person {
        SamePerson::Never => return,
        SamePerson::Always => {
            let lives = |v: &super::state::Visit| v.now != VisitNow::Cancelled;
            let lived = (0u32..)
                .zip(&state.visits)
                .filter(|(n, v)| *n != visit && lives(v));
            lived.map(|(n, _)| n).collect()
        }
        SamePerson::Adjacent => state.nearest_above(visit, |n| state.ballot(n).next().is_some()),
    };
    let passed: Vec<Id> = counts
        .iter()
        .flat_map(|n| state.ballot(*n))
        // What the starter did when it came back to him is no approval.
        .filter(|s| s.origin != Origin::Starter)
        .filter_map(|s| s.done().filter(|d| d.vote == Vote::Pass)?.by)
        .collect();
    for sitting in sittings.iter_mut().filter(|s| s.auto.is_none()) {
        let again = match sitting.spec.holder {
            Some(holder) => passed.contains(&holder).then_some(holder),
            None => sitting
                .spec
                .candidates
                .iter()
                .copied()
                .find(|c| passed.contains(c)),
        };
        sitting.auto = again.map(|user| (Auto::SamePerson, user));
    }
}

/// Opens the seats of a visit: all at once, or one after the other.
pub(super) fn open(
    run: &mut Run,
    visit: u32,
    node: usize,
    ballot: &Ballot,
    sittings: Vec<Sitting>,
) -> Result<(), Stop> {
    let deadlines = if sittings.iter().all(|s| s.auto.is_some()) {
        Deadlines::default()
    } else {
        deadline::fresh(run, node, ballot)?
    };
    let mut before: Option<Id> = None;
    for sitting in sittings {
        let waits: Vec<Id> = match ballot.order {
            Order::Parallel => Vec::new(),
            Order::InTurn => before.into_iter().collect(),
        };
        let now = match sitting.auto {
            Some((auto, user)) => SeatNow::Done(Done {
                vote: Vote::Pass,
                way: ballot.main().clone(),
                by: Some(user),
                auto: Some(auto),
            }),
            None if run.state.held_up(&waits) => SeatNow::Planned,
            None if sitting.spec.holder.is_some() => SeatNow::Allocated,
            None => SeatNow::Offered,
        };
        before = Some(seat(run, visit, sitting, waits, now, None, &deadlines));
    }
    Ok(())
}

/// Opens one seat with its deadline; gives its id.
fn seat(
    run: &mut Run,
    visit: u32,
    sitting: Sitting,
    waits: Vec<Id>,
    now: SeatNow,
    advises: Option<Id>,
    deadlines: &Deadlines,
) -> Id {
    let id = run.next_id("seat");
    let attempt = run.state.visits[visit as usize].attempt;
    let SeatSpec {
        holder,
        person,
        role,
        candidates,
        weight,
        same_as: _,
    } = sitting.spec;
    let seat = Seat {
        id,
        visit,
        attempt,
        holder: holder.or(sitting.auto.map(|(_, user)| user)),
        person,
        role,
        candidates,
        now,
        waits,
        origin: sitting.origin,
        on_behalf: sitting.on_behalf,
        advises,
        weight,
        due: None,
        ladder: Vec::new(),
        stopped: None,
        reminded: None,
    };
    let open = seat.open();
    run.emit(Event::SeatOpened {
        seat: Box::new(seat),
    });
    if open {
        deadline::set(run, visit, id, deadlines);
    }
    id
}

/// Adds a seat to the visit's present attempt. `advises`: the seat it is asked by.
pub(super) fn add(
    run: &mut Run,
    visit: u32,
    (spec, origin): (SeatSpec, Origin),
    waits: Vec<Id>,
    advises: Option<Id>,
    deadlines: &Deadlines,
) -> Id {
    let now = match (waits.is_empty(), spec.holder) {
        (false, _) => SeatNow::Planned,
        (true, Some(_)) => SeatNow::Allocated,
        (true, None) => SeatNow::Offered,
    };
    let sitting = Sitting::new(spec, origin);
    seat(run, visit, sitting, waits, now, advises, deadlines)
}

/// Opens the seats whose turn has come: nothing they wait for is still to decide.
pub(super) fn open_next(
    run: &mut Run,
    visit: u32,
    node: usize,
    ballot: &Ballot,
) -> Result<(), Stop> {
    let ready: Vec<Id> = run
        .state
        .ballot(visit)
        .filter(|s| matches!(s.now, SeatNow::Planned | SeatNow::Parked))
        .filter(|s| !run.state.held_up(&s.waits))
        .map(|s| s.id)
        .collect();
    substitute::at_opening(run, ballot, &ready)?;
    for id in ready {
        reopen(run, visit, node, ballot, id)?;
    }
    Ok(())
}

/// Opens a seat that waited; what was left of its time runs on.
pub(super) fn reopen(
    run: &mut Run,
    visit: u32,
    node: usize,
    ballot: &Ballot,
    id: Id,
) -> Result<(), Stop> {
    let deadlines = deadline::of(run, node, ballot, run.state.seat(id))?;
    run.emit(Event::SeatChanged {
        seat: id,
        change: Change::Opened,
    });
    deadline::set(run, visit, id, &deadlines);
    Ok(())
}
