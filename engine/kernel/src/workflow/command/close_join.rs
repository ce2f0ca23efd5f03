//! Close a join: it goes on with what has arrived, although more is needed.

use super::moving;
use crate::workflow::{Refusal, ask::Stop, def::Join, join::Took, run::Run};
use model::Name;

pub(super) fn run(run: &mut Run, name: &Name) -> Result<(), Stop> {
    moving(&run.state)?;
    let unknown = || Refusal::new("no_such_node").with("node", name);
    let &node = run.def.by_name.get(name).ok_or_else(unknown)?;
    if !matches!(run.def.nodes[node].join, Join::Count { .. }) {
        return Err(Refusal::new("no_join_to_close").with("node", name).into());
    }
    // What else comes to it comes too late, so it waits in no mutex and behind no milestone.
    let first = run.state.tokens.iter().find(|t| t.to == *name);
    let nothing = || Refusal::new("nothing_arrived").with("node", name);
    let scope = first.ok_or_else(nothing)?.block;
    let waits = run
        .state
        .tokens
        .iter()
        .filter(|t| t.to == *name && t.block == scope);
    let took: Took = waits.cloned().collect();
    run.enter(node, took, scope, false)?;
    run.flow()
}
