//! Act: a seat decides; of a role's seat, whoever acts takes it.

use super::{actor_may, opinion, task};
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::Ballot,
    event::Change,
    run::Run,
    state::{Vote, Way},
};
use model::{Id, Name, workflow::Pass};

/// The outcome of who neither agrees nor objects; it counts for a quorum and never for pass.
pub(in crate::workflow) const ABSTAIN: &str = "abstain";

/// Whether a seat of this ballot may abstain: only a vote by share can do with it.
pub(in crate::workflow) fn may_abstain(ballot: &Ballot) -> bool {
    matches!(ballot.pass, Pass::Share(_))
}

/// What an outcome is and counts as.
fn vote(ballot: &Ballot, outcome: Option<&Name>) -> Result<(Way, Vote), Refusal> {
    let Some(outcome) = outcome else {
        return Ok((ballot.main().clone(), Vote::Pass));
    };
    if &**outcome == ABSTAIN && may_abstain(ballot) {
        return Ok((ABSTAIN.into(), Vote::Abstain));
    }
    let known = ballot.votes.iter().find(|(way, _)| **way == **outcome);
    known
        .cloned()
        .ok_or_else(|| Refusal::new("no_such_outcome").with("outcome", outcome))
}

pub(super) fn run(
    run: &mut Run,
    seat: Id,
    outcome: Option<&Name>,
    said: Option<&String>,
) -> Result<(), Stop> {
    actor_may(run, seat)?;
    let (this, _, ballot) = task(run.def, &run.state, seat)?;
    let visit = this.visit;
    let (way, vote) = vote(ballot, outcome)?;
    let opinion = opinion(ballot.opinion, said)?;
    let by = run.env.actor;
    run.change(
        seat,
        Change::Done {
            vote,
            way,
            by,
            opinion,
        },
    );
    run.settle(visit)?;
    run.flow()
}
