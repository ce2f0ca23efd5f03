//! `start`: where the submitted record comes in. Sent back to, it is a task of the starter, who
//! edits and submits again.

use super::{Shape, next};
use crate::workflow::{
    ask::{SeatSpec, Stop},
    def::{Ballot, Body, Empty, Split},
    run::Run,
    seating::{self, Sitting},
    state::{Origin, Vote},
};
use indexmap::IndexMap;
use model::{
    Name,
    workflow::{Operations, Opinion, Order, Pass, SamePerson},
};

pub(super) fn shape(to: &Name) -> Shape {
    let ballot = Ballot {
        order: Order::Parallel,
        pass: Pass::default(),
        veto: None,
        opinion: Opinion::default(),
        may: Operations::default(),
        same_person: SamePerson::Never,
        own: None,
        not_same_as: Vec::new(),
        empty: Empty::Refuse,
        pick: None,
        edits: true,
        due: false,
        ladder: IndexMap::new(),
        votes: vec![("next".into(), Vote::Pass)],
    };
    Shape {
        body: Body::Start(ballot),
        split: Split::Chosen,
        ways: vec![next(to)],
    }
}

pub(super) fn enter(
    run: &mut Run,
    visit: u32,
    node: usize,
    ballot: &Ballot,
    sent_back: bool,
) -> Result<(), Stop> {
    match run.state.starter {
        Some(starter) if sent_back => {
            let spec = SeatSpec::user(starter.user, starter.person);
            let sitting = Sitting::new(spec, Origin::Starter);
            seating::open(run, visit, node, ballot, vec![sitting])?;
            run.settle(visit)
        }
        _ => run.leave_by(visit, node, ballot.main()),
    }
}
