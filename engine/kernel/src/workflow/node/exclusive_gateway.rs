//! `exclusive_gateway`: goes on by the first branch whose condition holds; the last has none.

use super::{Shape, Written, next};
use crate::workflow::{
    ask::{Answer, Stop, What},
    def::{Body, Split},
    run::Run,
};
use model::{Name, workflow::Gateway};
use smallvec::smallvec;

pub(super) fn shape(kind: &Gateway) -> Shape {
    Shape {
        body: Body::Pass,
        split: Split::First,
        ways: ways(kind),
    }
}

/// The ways out of any gateway.
pub(super) fn ways(kind: &Gateway) -> Vec<Written> {
    let branches = kind.branches.iter().map(|(name, branch)| Written {
        way: name.as_str().into(),
        to: branch.to.clone(),
        when: branch.when.is_some().then(|| name.clone()),
        at: format!("/branches/{name}/to"),
    });
    branches.chain(kind.next.iter().map(next)).collect()
}

/// Which of these branches hold; all are asked for at once.
pub(super) fn holding(run: &Run, node: &Name, branches: &[Name]) -> Result<Vec<bool>, Stop> {
    let asks = branches.iter().map(|b| What::When {
        node: node.clone(),
        branch: b.clone(),
    });
    let answers = run.ask_all(asks)?;
    answers
        .into_iter()
        .map(|answer| match answer {
            Answer::Bool(holds) => Ok(*holds),
            _ => Err(run.unfit(node)),
        })
        .collect()
}

pub(super) fn enter(run: &mut Run, visit: u32, node: usize) -> Result<(), Stop> {
    let def = run.def;
    let this = &def.nodes[node];
    let named: Vec<Name> = this
        .outs
        .iter()
        .filter_map(|&e| def.edges[e].when.clone())
        .collect();
    let mut holds = holding(run, &this.name, &named)?.into_iter();
    // A way without a condition is the default: it is always open.
    let chosen = this
        .outs
        .iter()
        .copied()
        .find(|&e| def.edges[e].when.is_none() || holds.next().unwrap_or(false));
    match chosen {
        Some(edge) => run.leave(visit, Some(def.edges[edge].way.clone()), smallvec![edge]),
        None => Err(run.no_way(node)),
    }
}
