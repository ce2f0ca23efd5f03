//! `start`: where the submitted record comes in. Sent back to, it is a task of the starter, who
//! edits and submits again.

use super::{Shape, next};
use crate::workflow::{
    ask::{SeatSpec, Stop},
    def::{Ballot, Body, Split},
    run::Run,
    seating::{self, Sitting},
    state::{Origin, Vote},
};
use model::{
    Name,
    workflow::{Need, Operations, Order, Pass, SamePerson},
};

pub(super) fn shape(to: &Name) -> Shape {
    let ballot = Ballot {
        order: Order::Parallel,
        pass: Pass::default(),
        opinion: Need::Optional,
        may: Operations::default(),
        same_person: SamePerson::Never,
        own: None,
        not_same_as: Vec::new(),
        empty: false,
        edits: true,
        due: false,
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
            let sitting = Sitting {
                spec,
                origin: Origin::Starter,
                auto: None,
            };
            seating::open(run, visit, node, ballot, vec![sitting])?;
            run.settle(visit)
        }
        _ => run.leave_by(visit, node, ballot.main()),
    }
}
