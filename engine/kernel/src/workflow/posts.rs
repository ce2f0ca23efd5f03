//! Status and ledgers agree (5 P6): a run posts once at most, and one that has posted ends posted.
//! Judged when a definition is published; one that runs already is taken as it is.

use super::{
    check,
    def::{Action, Body, Def, Split},
    node::REJECT,
};
use model::{Problem, Status, Workflow, workflow::Join};

/// What may happen in one run although it posts: another posting, an end that says otherwise.
pub(super) fn problems(workflow: &Workflow, def: &Def) -> Vec<Problem> {
    let mut found: Vec<Problem> = Vec::new();
    let mut add = |node: usize, code: &str, post: usize, say: String| {
        let (name, post) = (&def.nodes[node].name, &def.nodes[post].name);
        let at = format!("/nodes/{name}");
        if !found.iter().any(|p| p.at == at && p.code == code) {
            found.push(check::problem(workflow, &at, code, &[name, post], say));
        }
    };
    for post in (0..def.nodes.len()).filter(|&n| is_post(def, n)) {
        let ways = with(def, post);
        let name = &def.nodes[post].name;
        for (n, node) in def.nodes.iter().enumerate() {
            let mut ins = node.ins.iter().filter(|e| ways[**e]);
            let other = &node.name;
            match &node.body {
                Body::Auto(Action::Post) if ins.next().is_some() => {
                    let say = format!("a run can post at `{name}` and again at `{other}`");
                    add(n, "posts_twice", post, say);
                }
                Body::End(status) | Body::Terminate(status) => {
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
        if !matches!(node.split, Split::All | Split::Every) || node.outs.len() < 2 {
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
                Join::Each => node.ins.iter().any(|&e| seen[e]),
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
