//! `approval`: people decide, one ballot.

use super::{Shape, Written};
use crate::workflow::{
    ask::Stop,
    def::{Ballot, Body, Empty, Split},
    run::Run,
    seating,
    state::{Vote, Way},
};
use model::{
    Look,
    workflow::{self, Approval, Opinion, Own, Pass, People},
};

/// The outcome that decides against.
pub(in crate::workflow) const REJECT: &str = "reject";

pub(super) fn shape(kind: &Approval) -> Shape {
    let mut votes: Vec<_> = kind
        .outcomes
        .keys()
        .map(|o| {
            (
                o.as_str().into(),
                if &**o == REJECT {
                    Vote::Reject
                } else {
                    Vote::Pass
                },
            )
        })
        .collect();
    // The first outcome is the main way; where `reject` stands first, the first beside it is.
    votes.sort_by_key(|(_, vote)| *vote == Vote::Reject);
    let ways = kind.outcomes.iter().map(|(outcome, to)| Written {
        way: outcome.as_str().into(),
        to: to.clone(),
        when: None,
        at: format!("/outcomes/{outcome}"),
    });
    Shape {
        ways: ways.collect(),
        body: Body::Ballot(Ballot {
            // Nobody approves what he asked for himself, unless the file lets him.
            own: kind.people.own.or(Some(Own::Refuse)),
            veto: kind.veto,
            opinion: kind.opinion.clone(),
            ..ballot(&kind.people, kind.pass.clone(), votes)
        }),
        split: Split::Chosen,
    }
}

/// A ballot of people as a file describes them.
pub(super) fn ballot(people: &People, pass: Pass, votes: Vec<(Way, Vote)>) -> Ballot {
    Ballot {
        order: people.order,
        pass,
        veto: None,
        opinion: Opinion::default(),
        may: people.may.clone(),
        same_person: people.same_person,
        own: people.own,
        not_same_as: people.not_same_as.clone(),
        empty: match people.empty {
            None => Empty::Refuse,
            Some(workflow::Empty::Pass) => Empty::Pass,
            Some(workflow::Empty::Seat(_)) => Empty::Seat,
        },
        pick: people.pick,
        edits: people.fields.values().any(|look| *look >= Look::Edit),
        due: people.due.is_some(),
        ladder: people.ladder.clone(),
        votes,
    }
}

pub(super) fn enter(
    run: &mut Run,
    visit: u32,
    node: usize,
    ballot: &Ballot,
    sent_back: bool,
) -> Result<(), Stop> {
    let sittings = seating::allocate(run, visit, node, ballot, sent_back)?;
    if sittings.is_empty() && ballot.empty == Empty::Pass {
        return run.leave_by(visit, node, ballot.main());
    }
    seating::open(run, visit, node, ballot, sittings)?;
    run.settle(visit)
}
