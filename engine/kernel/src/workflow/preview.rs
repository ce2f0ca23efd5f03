//! The path a record is expected to take and the people on it, by the same step: every ballot is
//! taken to pass, every timer to fire, every posting to go through. Before submit or mid-way.

use super::{
    Refusal,
    ask::{Env, Outcome, Stop},
    def::{Def, Split},
    event::{Change, Event},
    join::Took,
    limit,
    run::Run,
    state::{Life, Seat, State, Visit, VisitNow, Vote, Way},
};
use model::{Id, Name};
use serde::Serialize;

/// What is expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expected {
    /// Nodes in the order they are entered; those that were entered already come first.
    pub path: Vec<Step>,
    /// The path was followed to its end; else it goes round in a loop or is stuck.
    pub complete: bool,
}

/// One node on the path.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    pub node: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    pub kind: &'static str,
    pub attempt: u32,
    pub now: StepNow,
    /// The last attempt's seats; of a node where nobody acts, none. Ahead, they stand as if
    /// everybody had passed; a role's seat that several could take is still on offer.
    pub seats: Vec<Seat>,
    /// The branch that led here: gateway and branch, where a condition decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<(Name, Name)>,
    /// Comes for sure when everybody passes: no condition on the way is asked after somebody who
    /// may still change the record.
    pub certain: bool,
    /// What would be refused here: nobody to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Refusal>,
}

/// Whether a step lies behind or ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepNow {
    Done,
    Open,
    /// Undone by a sending back, a withdrawal or an end.
    Cancelled,
    /// Waits until a visit that was sent back to is done again.
    Paused,
    Expected,
}

/// Follows the flow from a state to its end. A fresh state is started by the actor first.
/// The answers are asked for as in a step; nothing is posted, so nothing about posting is asked.
pub fn preview(def: &Def, state: &State, env: &Env) -> Result<Outcome<Expected>, Refusal> {
    let mut run = Run::new(def, state.clone(), *env);
    run.preview = true;
    let followed = follow(&mut run);
    Stop::settle(followed.map(|complete| expected(&run, state, complete)))
}

/// Passes whatever is open, oldest first, until the end; `false` where that does not come.
fn follow(run: &mut Run) -> Result<bool, Stop> {
    let behind = run.state.visits.len();
    if run.state.life == Life::Fresh {
        run.emit(Event::Started {
            by: run.env.actor,
            person: run.env.person,
        });
        run.enter(run.def.start, Took::new(), None, false)?;
    }
    run.flow()?;
    while run.state.life == Life::Running && run.state.incident.is_none() {
        // A block goes on by itself, once what is open in it has.
        let waits = |(_, v): &(u32, &Visit)| !run.def.is_block(&v.node);
        let open = run.state.open().find(waits).map(|(n, _)| n);
        let Some(visit) = open else {
            return Ok(false);
        };
        let name = run.state.visits[visit as usize].node.clone();
        let ahead = run
            .state
            .visits
            .iter()
            .skip(behind)
            .filter(|v| v.node == name)
            .count();
        let Some(&node) = run.def.by_name.get(&name) else {
            return Ok(false);
        };
        if ahead > limit::PREVIEW_ROUNDS {
            return Ok(false);
        }
        match run.def.ballot(&name).map(|b| b.main().clone()) {
            Some(way) => {
                pass(run, visit, &way);
                run.leave_by(visit, node, &way)?;
            }
            None => run.leave_all(visit, node)?,
        }
        run.flow()?;
    }
    Ok(run.state.incident.is_none())
}

/// Takes every seat of a visit to pass, so that rules about the same person see it. A role's seat
/// that several could take stays open: nobody knows who it will be.
fn pass(run: &mut Run, visit: u32, way: &Way) {
    let open = run.state.ballot(visit).filter(|s| s.undecided());
    let known: Vec<(Id, Id)> = open
        .filter_map(|s| match (s.holder, s.candidates.as_slice()) {
            (Some(holder), _) => Some((s.id, holder)),
            (None, [only]) => Some((s.id, *only)),
            _ => None,
        })
        .collect();
    for (seat, by) in known {
        let change = Change::Done {
            vote: Vote::Pass,
            way: way.clone(),
            by,
            opinion: None,
        };
        run.emit(Event::SeatChanged { seat, change });
    }
}

fn expected(run: &Run, before: &State, complete: bool) -> Expected {
    let certain = certain(run, before);
    let step = |(n, visit): (usize, &Visit)| {
        let was = before.visits.get(n).map(|v| v.now);
        let node = run.def.node(&visit.node);
        // What lies behind is told as it was; what is ahead, as the rules give it.
        let told = if was.is_some_and(|now| !matches!(now, VisitNow::Paused(_))) {
            before
        } else {
            &run.state
        };
        Step {
            node: visit.node.clone(),
            label: node.and_then(|node| node.label.clone()),
            kind: node.map_or("", |node| node.kind),
            attempt: visit.attempt,
            now: match was {
                Some(VisitNow::Open) => StepNow::Open,
                Some(VisitNow::Left) => StepNow::Done,
                Some(VisitNow::Cancelled) => StepNow::Cancelled,
                Some(VisitNow::Paused(_)) => StepNow::Paused,
                None => StepNow::Expected,
            },
            seats: told.ballot(n as u32).cloned().collect(),
            why: visit.took.first().and_then(|t| {
                let from = &run.state.visits[t.by as usize].node;
                let edge = run.def.edge(*run.def.by_name.get(from)?, &t.way)?;
                Some((from.clone(), run.def.edges[edge].when.clone()?))
            }),
            certain: certain[n],
            problem: run
                .noted
                .iter()
                .find(|(v, _)| *v as usize == n)
                .map(|(_, r)| r.clone()),
        }
    };
    Expected {
        path: run.state.visits.iter().enumerate().map(step).collect(),
        complete,
    }
}

/// For each visit, whether it comes for sure when everybody passes: no condition on the way to it
/// is asked after somebody who may still change the record.
fn certain(run: &Run, before: &State) -> Vec<bool> {
    let visits = &run.state.visits;
    let (mut certain, mut changes) = (vec![true; visits.len()], vec![false; visits.len()]);
    for (n, visit) in visits.iter().enumerate() {
        let done = before
            .visits
            .get(n)
            .is_some_and(|v| v.now == VisitNow::Left);
        let edits = run.def.ballot(&visit.node).is_some_and(|b| b.edits);
        // The start is passed as it is submitted; only one that came back is edited.
        let submits = n == 0 && before.visits.is_empty();
        changes[n] = !done && edits && !submits;
        for by in visit.took.iter().map(|t| t.by as usize) {
            let split = run.def.node(&visits[by].node).map(|node| &node.split);
            let asks = matches!(split, Some(Split::First | Split::Every));
            let asked_late = n >= before.visits.len() && asks && changes[by];
            certain[n] &= certain[by] && !asked_late;
            changes[n] |= changes[by];
        }
    }
    certain
}

impl Expected {
    /// Users who hold a seat on the path ahead, in its order.
    pub fn users(&self) -> Vec<Id> {
        let ahead = self
            .path
            .iter()
            .filter(|s| matches!(s.now, StepNow::Open | StepNow::Expected));
        let mut users = Vec::new();
        for holder in ahead.flat_map(|s| &s.seats).filter_map(|s| s.holder) {
            if !users.contains(&holder) {
                users.push(holder);
            }
        }
        users
    }
}
