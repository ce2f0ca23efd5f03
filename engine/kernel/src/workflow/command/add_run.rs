//! Add a run: while a block with several runs is open, it gets one more; a split into threads that
//! has been passed sends one more thread.

use super::moving;
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::{Body, Split},
    node::block,
    run::{Edges, Run},
    state::VisitNow,
};
use model::Name;

pub(super) fn run(run: &mut Run, name: &Name) -> Result<(), Stop> {
    moving(&run.state)?;
    let unknown = || Refusal::new("no_such_node").with("node", name);
    let &node = run.def.by_name.get(name).ok_or_else(unknown)?;
    let def = run.def;
    let last = |now: VisitNow| {
        let visits = (0u32..).zip(&run.state.visits);
        let of = visits.filter(|(_, v)| v.node == *name && v.run_of.is_none() && v.now == now);
        of.map(|(n, _)| n).last()
    };
    let closed = || Refusal::new("not_open").with("node", name);
    match (&def.nodes[node].body, &def.nodes[node].split) {
        (Body::Block(block), _) if block.each.is_some() => {
            let visit = last(VisitNow::Open).ok_or_else(closed)?;
            block::one_more(run, visit, node, block)?;
        }
        (_, Split::Threads { .. }) => {
            let visit = last(VisitNow::Left).ok_or_else(closed)?;
            let outs: Edges = def.nodes[node].outs.iter().copied().collect();
            run.put(visit, &outs);
        }
        _ => return Err(Refusal::new("runs_once").with("node", name).into()),
    }
    run.flow()
}
