//! `parallel_gateway`: goes on by every branch, with `threads` or `copies` several
//! times. As a join it says
//! `"join": "all"`.

use super::{Shape, exclusive_gateway};
use crate::workflow::{
    ask::{AmountOf, Stop},
    def::{Body, Split},
    run::{Edges, Run},
};
use model::workflow::{Amount, Gateway};

pub(super) fn shape(kind: &Gateway) -> Shape {
    let split = match kind.copies.as_ref().or(kind.threads.as_ref()) {
        Some(times) => Split::Threads {
            times: times.clone(),
            together: kind.copies.is_some(),
        },
        None => Split::All,
    };
    Shape {
        body: Body::Pass,
        split,
        ways: exclusive_gateway::ways(kind),
    }
}

/// Leaves by every way, so many times.
pub(super) fn threads(
    run: &mut Run,
    visit: u32,
    node: usize,
    threads: &Amount,
) -> Result<(), Stop> {
    let threads = run.amount_of(node, threads, AmountOf::Threads)?;
    let outs = &run.def.nodes[node].outs;
    let edges: Edges = (0..threads).flat_map(|_| outs.iter().copied()).collect();
    run.leave(visit, None, edges)
}
