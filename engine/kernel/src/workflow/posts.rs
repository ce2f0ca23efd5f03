//! Status and ledgers agree (5 P6): a run posts once at most, and one that has posted ends posted.
//! Judged when a definition is published; one that runs already is taken as it is.

use super::{
    check,
    def::{Action, Body, Def, Join, Split},
    node::REJECT,
};
use model::{
    Problem, Status, Workflow,
    workflow::{Amount, Rest},
};

/// What may happen in one run although it posts: another posting, an end that says otherwise.
pub(super) fn problems(workflow: &Workflow, def: &Def) -> Vec<Problem> {
    let mut found: Vec<Problem> = Vec::new();
    let mut add = |node: usize, code: &str, post: usize, say: String| {
        let (name, post) = (&def.nodes[node].name, &def.nodes[post].name);
        let at = workflow.place(name);
        if !found.iter().any(|p| p.at == at && p.code == code) {
            found.push(check::problem(workflow, &at, code, &[name, post], say));
        }
    };
    for post in (0..def.nodes.len()).filter(|&n| is_post(def, n)) {
        // What holds for a block holds for what is in it, so each of them is looked at.
        let outer: Vec<usize> = enclosing(def, post).collect();
        let mut ways = vec![false; def.edges.len()];
        for &at in &outer {
            for (way, with) in ways.iter_mut().zip(with(def, at)) {
                *way |= with;
            }
        }
        let name = &def.nodes[post].name;
        if let Some(&block) = outer.iter().find(|&&n| repeats(def, n)) {
            let say = format!("a run can post at `{name}` several times");
            add(block, "posts_twice", post, say);
        }
        for (n, node) in def.nodes.iter().enumerate() {
            let mut ins = enclosing(def, n)
                .flat_map(|n| &def.nodes[n].ins)
                .filter(|e| ways[**e]);
            let other = &node.name;
            match &node.body {
                Body::Auto(Action::Post) if ins.next().is_some() => {
                    let say = format!("a run can post at `{name}` and again at `{other}`");
                    add(n, "posts_twice", post, say);
                }
                // The end of a block leaves no status.
                Body::End(status) | Body::Terminate(status) if node.block.is_none() => {
                    let otherwise = match status {
                        Some(status) => *status != Status::Posted && ins.next().is_some(),
                        // Without a status of its own it is rejected where a rejection leads to it.
                        None => ins.any(|&e| &*def.edges[e].way == REJECT),
                    };
                    if otherwise {
                        let say = format!("a run that has posted at `{name}` can end at `{other}`");
                        add(n, "ends_unposted", post, say);
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// A node and the blocks it stands in, from within.
fn enclosing(def: &Def, node: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(node), |&n| def.nodes[n].block)
}

/// Whether a node can run several times side by side: a block with several runs, or what threads
/// lead to before they are brought together.
fn repeats(def: &Def, node: usize) -> bool {
    let several = match &def.nodes[node].body {
        Body::Block(block) => !matches!(block.each, None | Some(Amount::Fixed(0 | 1))),
        _ => false,
    };
    let splits = def.nodes.iter();
    let mut threads = splits.filter(|n| matches!(n.split, Split::Threads { .. }));
    let leads = |split: &super::def::Node| {
        let apart = check::spread(def.edges.len(), split.outs.clone(), |e| {
            let to = &def.nodes[def.edges[e].to];
            let together = meets(def, def.edges[e].to);
            to.outs.iter().copied().filter(move |_| !together)
        });
        def.nodes[node].ins.iter().any(|&e| apart[e]) && !meets(def, node)
    };
    several || threads.any(leads)
}

/// Whether what arrives at a node several times goes on once.
fn meets(def: &Def, node: usize) -> bool {
    let join = &def.nodes[node].join;
    match join {
        Join::All | Join::Live => true,
        Join::Count { rest, .. } => *rest != Rest::Block,
        Join::Each => false,
    }
}

fn is_post(def: &Def, node: usize) -> bool {
    matches!(def.nodes[node].body, Body::Auto(Action::Post))
}

/// Transitions that can carry a token in a run in which this node posts: after it, or beside it
/// in a branch that runs at the same time.
fn with(def: &Def, post: usize) -> Vec<bool> {
    let next = def.edge(post, "next");
    let mut ways = check::spread(def.edges.len(), next.into_iter().collect(), |e| {
        def.nodes[def.edges[e].to].outs.iter().copied()
    });
    for node in &def.nodes {
        let parts = matches!(
            node.split,
            Split::All | Split::Every | Split::Threads { .. }
        );
        if !parts || node.outs.len() < 2 {
            continue;
        }
        let branches: Vec<Vec<bool>> = node.outs.iter().map(|&e| branch(def, e)).collect();
        let posts = |branch: &Vec<bool>| def.nodes[post].ins.iter().any(|&e| branch[e]);
        for (n, _) in branches.iter().enumerate().filter(|(_, b)| posts(b)) {
            for (_, beside) in branches.iter().enumerate().filter(|(m, _)| *m != n) {
                for (way, beside) in ways.iter_mut().zip(beside) {
                    *way |= beside;
                }
            }
        }
    }
    ways
}

/// The transitions of a branch that begins with one, until it meets others: a join is passed only
/// where the branch fills all its ways in by itself.
fn branch(def: &Def, first: usize) -> Vec<bool> {
    let mut seen = vec![false; def.edges.len()];
    seen[first] = true;
    loop {
        let mut grown = false;
        for node in &def.nodes {
            let reached = match node.join {
                Join::Each | Join::Count { .. } => node.ins.iter().any(|&e| seen[e]),
                Join::All | Join::Live => !node.ins.is_empty() && node.ins.iter().all(|&e| seen[e]),
            };
            for &e in node.outs.iter().filter(|_| reached) {
                grown |= !std::mem::replace(&mut seen[e], true);
            }
        }
        if !grown {
            return seen;
        }
    }
}
