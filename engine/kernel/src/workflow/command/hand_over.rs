//! Hand over (离职转交): every seat of one user that is still to be decided goes to another. Two
//! seats of one ballot that come to one holder by it stay two; one act closes both.

use super::{may_decide, named, running, task};
use crate::workflow::{Refusal, ask::Stop, event::Change, run::Run, state::Origin};
use model::Id;

pub(super) fn run(run: &mut Run, from: Id, to: Id) -> Result<(), Stop> {
    running(&run.state)?;
    if !run.env.steers {
        return Err(Refusal::new("may_not_steer").into());
    }
    if from == to {
        return Err(Refusal::new("already_seated").with("user", to).into());
    }
    // What came back to the starter is his own record to mend, not a voice to pass on.
    let his = run
        .state
        .seats
        .iter()
        .filter(|s| s.undecided() && s.holder == Some(from) && s.origin != Origin::Starter);
    let his: Vec<Id> = his.map(|s| s.id).collect();
    if his.is_empty() {
        return Err(Refusal::new("nothing_to_hand_over").into());
    }
    let to = named(run, &[to])?.swap_remove(0);
    let Some(holder) = to.holder else {
        return Err(Refusal::new("unfit_answer").into());
    };
    let (person, by) = (to.person, run.env.actor);
    // A seat that he could never act on would wait for ever.
    for seat in &his {
        let (_, node, ballot) = task(run.def, &run.state, *seat)?;
        may_decide(&run.state, node, ballot, holder, person)?;
    }
    for seat in his {
        run.change(seat, Change::HandedOver { holder, person, by });
    }
    Ok(())
}
