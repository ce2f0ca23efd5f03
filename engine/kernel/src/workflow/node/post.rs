//! `post`: writes the ledgers. A constraint that stands in the way goes to the approval named in
//! `over`; when that one passes and leads back here, the constraint is let through.

use super::{Shape, Written, next};
use crate::workflow::{
    Refusal,
    ask::{Answer, Stop, What},
    def::{Action, Body, Split},
    event::Event,
    run::Run,
    state::VisitNow,
};
use model::{Ref, workflow::Post};

pub(super) fn shape(home: &Ref, kind: &Post) -> Shape {
    let over = kind.over.iter().map(|(constraint, to)| Written {
        way: full(home, constraint).into(),
        to: to.clone(),
        when: None,
        at: format!("/over/{}", constraint.replace('~', "~0").replace('/', "~1")),
    });
    Shape {
        body: Body::Auto(Action::Post),
        split: Split::Chosen,
        ways: std::iter::once(next(&kind.next)).chain(over).collect(),
    }
}

/// `package/ledger/constraint`, where the own package may have been left out.
fn full(home: &Ref, constraint: &str) -> String {
    if constraint.matches('/').count() < 2 {
        format!("{}/{constraint}", home.package)
    } else {
        constraint.into()
    }
}

pub(super) fn enter(run: &mut Run, visit: u32, node: usize) -> Result<(), Stop> {
    let def = run.def;
    let name = &def.nodes[node].name;
    // Let through is what this node ran into before and what led back here since: the broken
    // visit is in this one's lineage. A record sent back in between has lost that consent.
    let lineage = run.state.ancestors(visit);
    let mut overridden: Vec<String> = run
        .state
        .visits
        .iter()
        .zip(&lineage)
        .filter(|(v, above)| **above && v.node == *name && v.now != VisitNow::Cancelled)
        .filter_map(|(v, _)| v.broken.clone())
        .collect();
    overridden.sort();
    overridden.dedup();
    if run.preview {
        return run.leave_by(visit, node, "next");
    }
    let what = What::Post {
        node: name.clone(),
        overridden: overridden.clone(),
    };
    match run.ask(what)? {
        Answer::Posted => {
            run.emit(Event::Posted { visit, overridden });
            run.leave_by(visit, node, "next")
        }
        Answer::Broken { constraint } => {
            let refusal = || {
                let refusal = Refusal::new("constraint_broken").with("constraint", constraint);
                Stop::No(refusal.with("node", name))
            };
            // Broken although let through: nobody else is left to ask.
            if overridden.contains(constraint) || def.edge(node, constraint).is_none() {
                return Err(refusal());
            }
            run.emit(Event::PostBroken {
                visit,
                constraint: constraint.clone(),
            });
            run.leave_by(visit, node, constraint)
        }
        _ => Err(run.unfit(name)),
    }
}
