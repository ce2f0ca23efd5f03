//! `inclusive_gateway`: goes on by every branch whose condition holds, or by the last if none
//! does. As a join it says `"join": "live"`.

use super::{Shape, exclusive_gateway};
use crate::workflow::{
    ask::Stop,
    def::{Body, Split},
    run::{Edges, Run},
};
use model::{Name, workflow::Gateway};

pub(super) fn shape(kind: &Gateway) -> Shape {
    Shape {
        body: Body::Pass,
        split: Split::Every,
        ways: exclusive_gateway::ways(kind),
    }
}

pub(super) fn enter(run: &mut Run, visit: u32, node: usize) -> Result<(), Stop> {
    let def = run.def;
    let this = &def.nodes[node];
    let asked = |e: &usize| def.edges[*e].when.clone();
    let named: Vec<Name> = this.outs.iter().filter_map(asked).collect();
    let holds = exclusive_gateway::holding(run, &this.name, &named)?;
    let conditional = this
        .outs
        .iter()
        .copied()
        .filter(|&e| def.edges[e].when.is_some());
    let mut chosen: Edges = conditional
        .zip(holds)
        .filter(|(_, h)| *h)
        .map(|(e, _)| e)
        .collect();
    if chosen.is_empty() {
        chosen.extend(
            this.outs
                .iter()
                .copied()
                .find(|&e| def.edges[e].when.is_none()),
        );
    }
    if chosen.is_empty() {
        return Err(run.no_way(node));
    }
    run.leave(visit, None, chosen)
}
