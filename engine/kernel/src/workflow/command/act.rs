//! Act: a seat decides; of a role's seat, whoever acts takes it.

use super::{actor_may, opinion, task};
use crate::workflow::{
    Refusal,
    ask::{Answer, Stop, What},
    def::Ballot,
    event::Change,
    run::Run,
    state::{Seat, Vote, Way},
};
use model::{
    Id, Name,
    workflow::{Need, Opinion, Pass},
};

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
    let (this, node, ballot) = task(run.def, &run.state, seat)?;
    let (this, node) = (this.clone(), node.clone());
    let (way, vote) = vote(ballot, outcome)?;
    let opinion = opinion(need(run, &node, ballot)?, said)?;
    let by = run.env.actor;
    let mut acts = vec![seat];
    // Two seats of one holder are one task to him; one act closes both.
    if this.advises.is_none() && this.holder == Some(by) {
        let twin =
            |s: &&Seat| s.id != seat && s.open() && s.holder == Some(by) && s.advises.is_none();
        acts.extend(run.state.ballot(this.visit).filter(twin).map(|s| s.id));
    }
    for seat in acts {
        let change = Change::Done {
            vote,
            way: way.clone(),
            by,
            opinion: opinion.clone(),
        };
        run.change(seat, change);
    }
    run.settle(this.visit)?;
    run.flow()
}

/// Whether an opinion must be written, asked for where it hangs on the record.
fn need(run: &Run, node: &Name, ballot: &Ballot) -> Result<Need, Stop> {
    match &ballot.opinion {
        Opinion::Always(need) => Ok(*need),
        Opinion::When(_) => match run.ask(What::Opinion { node: node.clone() })? {
            Answer::Bool(true) => Ok(Need::Required),
            Answer::Bool(false) => Ok(Need::Optional),
            _ => Err(run.unfit(node)),
        },
    }
}
