//! `parallel_gateway`: goes on by every branch. As a join it says `"join": "all"`.

use super::{Shape, exclusive_gateway};
use crate::workflow::{
    ask::Stop,
    def::{Body, Split},
    run::Run,
};
use model::workflow::Gateway;

pub(super) fn shape(kind: &Gateway) -> Shape {
    Shape {
        body: Body::Pass,
        split: Split::All,
        ways: exclusive_gateway::ways(kind),
    }
}

pub(super) fn enter(run: &mut Run, visit: u32, node: usize) -> Result<(), Stop> {
    let outs = run.def.nodes[node].outs.iter().copied().collect();
    run.leave(visit, None, outs)
}
