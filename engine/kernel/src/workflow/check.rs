//! Static checks of a definition (4.9, L0 and L1): what can be seen by walking the graph. All
//! problems at once, each at its place in the file.

use super::{
    command::act::ABSTAIN,
    def::{Body, Def},
    node::REJECT,
};
use model::{
    Name, Problem, Workflow,
    workflow::{Gateway, Node, NodeKind, Pass, People, RungAct, Seat},
};

/// What a step of a ladder does beside choosing an outcome.
const STEPS: [&str; 3] = ["remind", "add_seat", "transfer"];

/// A problem in the file of a workflow, at a JSON pointer.
pub(super) fn problem(
    workflow: &Workflow,
    at: &str,
    code: &str,
    with: &[&str],
    say: String,
) -> Problem {
    let file = format!(
        "{}/workflows/{}.json",
        workflow.name.package, workflow.name.name
    );
    Problem::new(file, at, code, with, say)
}

/// Problems found so far.
struct Found<'a> {
    workflow: &'a Workflow,
    list: Vec<Problem>,
}
impl Found<'_> {
    fn add(&mut self, at: &str, code: &str, with: &[&str], say: String) {
        self.list.push(problem(self.workflow, at, code, with, say));
    }
    /// Where a node stands in the file.
    fn at(&self, node: &Name) -> String {
        self.workflow.place(node)
    }
    fn node(&mut self, node: &Name, code: &str, say: String) {
        let at = self.at(node);
        self.add(&at, code, &[node], say);
    }
}

/// Everything that is wrong with a definition, as far as the graph shows it. `whole`: every way
/// leads somewhere, so that paths can be judged.
pub(super) fn check(workflow: &Workflow, def: &Def, whole: bool) -> Vec<Problem> {
    let mut found = Found {
        workflow,
        list: Vec::new(),
    };
    for (name, node) in workflow.all_nodes() {
        match &node.kind {
            NodeKind::ExclusiveGateway(g) | NodeKind::InclusiveGateway(g) => {
                conditions(&mut found, name, g);
            }
            NodeKind::ParallelGateway(g) => {
                no_conditions(&mut found, name, g);
                if g.threads.is_some() && g.copies.is_some() {
                    let say = "a gateway has `threads` or `copies`, not both".into();
                    let at = format!("{}/threads", found.at(name));
                    found.add(&at, "threads_or_copies", &[name], say);
                }
            }
            NodeKind::ComplexGateway(g) if g.branches.values().any(|b| b.when.is_some()) => {
                conditions(&mut found, name, g);
            }
            NodeKind::ComplexGateway(g) => shape(&mut found, name, g),
            NodeKind::Race(g) => race(&mut found, def, name, g),
            NodeKind::Block(b) if b.each.is_none() && b.until.is_some() => {
                let say = "a block that runs once has no `until`".into();
                let at = format!("{}/until", found.at(name));
                found.add(&at, "until_without_each", &[name], say);
            }
            NodeKind::Approval(a) => {
                let lost = matches!(a.pass, Pass::Share(_)) || a.veto.is_some();
                outcomes(&mut found, name, lost, a.outcomes.keys());
            }
            NodeKind::Post(post) => {
                for (constraint, to) in &post.over {
                    over(&mut found, def, name, constraint, to);
                }
            }
            _ => {}
        }
        one_of(&mut found, name, node);
        if let Some(people) = node.kind.people() {
            for other in people.not_same_as.iter().filter(|o| !acts(workflow, o)) {
                let say = format!("`{other}` is no node where people act");
                let at = format!("{}/not_same_as", found.at(name));
                found.add(&at, "no_people_there", &[other], say);
            }
            same_as(&mut found, name, people);
            let outcomes = match &node.kind {
                NodeKind::Approval(a) => a.outcomes.keys().collect(),
                _ => Vec::new(),
            };
            ladder(&mut found, name, people, &outcomes);
        }
    }
    starts(&mut found, def, workflow);
    if whole && found.list.is_empty() {
        walks(&mut found, def);
        automatic_cycles(&mut found, def);
    }
    found.list
}

fn acts(workflow: &Workflow, node: &Name) -> bool {
    workflow
        .node(node)
        .is_some_and(|n| n.kind.people().is_some() || matches!(n.kind, NodeKind::Start { .. }))
}

/// Every level has one start, and nothing leads into it.
fn starts(found: &mut Found, def: &Def, workflow: &Workflow) {
    let is_start = |n: &&Name| {
        let node = workflow.node(n);
        node.is_some_and(|node| matches!(node.kind, NodeKind::Start { .. }))
    };
    let blocks = (0..def.nodes.len()).filter(|&n| matches!(def.nodes[n].body, Body::Block(_)));
    for level in std::iter::once(None).chain(blocks.map(Some)) {
        let here = def.nodes.iter().filter(|n| n.block == level);
        let mut starts = here.filter(|n| is_start(&&n.name));
        match (starts.next(), starts.next()) {
            (None, _) => {
                let at = match level {
                    Some(block) => format!("{}/nodes", found.at(&def.nodes[block].name)),
                    None => "/nodes".into(),
                };
                found.add(&at, "no_start", &[], "there is no start".into());
            }
            (Some(_), Some(second)) => {
                let say = "there is more than one start".into();
                found.node(&second.name, "several_starts", say);
            }
            (Some(start), None) if !start.ins.is_empty() => {
                let say = "nothing may lead into the start; send back instead".into();
                found.node(&start.name, "way_into_start", say);
            }
            _ => {}
        }
    }
}

/// Keys of which a node has one: `need` and `join` both say how arrivals meet, `mutex` and
/// `acquire` both hold it up. `rest` belongs to `need`.
fn one_of(found: &mut Found, name: &Name, node: &Node) {
    let at = found.at(name);
    if node.need.is_some() && node.join.is_some() {
        let say = "a node has `join` or `need`, not both".into();
        found.add(&format!("{at}/need"), "join_or_need", &[name], say);
    }
    if node.mutex.is_some() && node.acquire.is_some() {
        let say = "a node has `mutex` or `acquire`, not both".into();
        found.add(&format!("{at}/mutex"), "mutex_or_acquire", &[name], say);
    }
    if node.need.is_none() && node.rest.is_some() {
        let say = "`rest` says what becomes of the arrivals beyond `need`".into();
        found.add(&format!("{at}/rest"), "rest_without_need", &[name], say);
    }
}

/// The branches of a race lead to nodes where something is waited for.
fn race(found: &mut Found, def: &Def, name: &Name, gateway: &Gateway) {
    no_conditions(found, name, gateway);
    for (branch, way) in &gateway.branches {
        let waits = def
            .node(&way.to)
            .is_none_or(|to| matches!(to.body, Body::Ballot(_) | Body::Wait(_) | Body::Block(_)));
        if !waits {
            let say = format!(
                "nothing is waited for at `{}`, so it would win the race",
                way.to
            );
            let at = format!("{}/branches/{branch}/to", found.at(name));
            found.add(&at, "nothing_waits", &[&way.to], say);
        }
    }
}

/// Ways of a gateway that decides: conditions, and a default at the end.
fn conditions(found: &mut Found, name: &Name, gateway: &Gateway) {
    shape(found, name, gateway);
    for (n, (branch, way)) in gateway.branches.iter().enumerate() {
        let last = n + 1 == gateway.branches.len();
        let at = format!("{}/branches/{branch}", found.at(name));
        match (&way.when, last) {
            (None, false) => {
                let say = format!("`{branch}` is not the last branch and needs a `when`");
                found.add(&at, "needs_when", &[branch], say);
            }
            (Some(_), true) => {
                let say = "the last branch is the default and has no `when`".into();
                found.add(&format!("{at}/when"), "no_default", &[branch], say);
            }
            _ => {}
        }
    }
}

fn no_conditions(found: &mut Found, name: &Name, gateway: &Gateway) {
    shape(found, name, gateway);
    for (branch, _) in gateway.branches.iter().filter(|(_, b)| b.when.is_some()) {
        let say = "every branch is taken here; a `when` has no place".into();
        let at = format!("{}/branches/{branch}/when", found.at(name));
        found.add(&at, "no_when_here", &[branch], say);
    }
}

/// A gateway splits with `branches` or goes on with `next`.
fn shape(found: &mut Found, name: &Name, gateway: &Gateway) {
    match (gateway.branches.is_empty(), &gateway.next) {
        (true, None) => found.node(name, "no_way_out", format!("`{name}` leads nowhere")),
        (false, Some(_)) => {
            let say = "a gateway has `branches` or `next`, not both".into();
            found.add(
                &format!("{}/next", found.at(name)),
                "branches_or_next",
                &[name],
                say,
            );
        }
        _ => {}
    }
}

fn outcomes<'a>(
    found: &mut Found,
    name: &Name,
    lost: bool,
    outcomes: impl Iterator<Item = &'a Name> + Clone,
) {
    let at = format!("{}/outcomes", found.at(name));
    if outcomes.clone().all(|o| &**o == REJECT) {
        found.add(
            &at,
            "no_way_to_pass",
            &[name],
            "no outcome lets it pass".into(),
        );
    }
    for taken in outcomes.clone().filter(|o| STEPS.contains(&&***o)) {
        let say = format!("`{taken}` is what a step of a ladder does, not a way out");
        let at = format!("{at}/{taken}");
        found.add(&at, "reserved_outcome", &[taken], say);
    }
    if outcomes.clone().any(|o| &**o == ABSTAIN) {
        let say = "`abstain` is what a voter may do, not a way out".into();
        found.add(
            &format!("{at}/{ABSTAIN}"),
            "reserved_outcome",
            &[ABSTAIN],
            say,
        );
    }
    if lost && !outcomes.clone().any(|o| &**o == REJECT) {
        let say = "a vote can be lost, so it needs a `reject` outcome".into();
        found.add(&at, "no_reject_way", &[name], say);
    }
}

/// A seat for whoever decided at a node: people act there, and it is another one.
fn same_as(found: &mut Found, name: &Name, people: &People) {
    let seats = people.seats.iter().enumerate();
    let lines = seats.map(|(n, rule)| (format!("seats/{n}"), &rule.who));
    let empty = people.empty.as_ref().and_then(|e| e.seat());
    let empty = empty.map(|seat| ("empty".to_string(), seat));
    let rungs = people.ladder.iter().flat_map(|(step, rung)| {
        let to = rung.to.iter().enumerate();
        to.map(move |(n, seat)| (format!("ladder/{step}/to/{n}"), seat))
    });
    for (at, seat) in lines.chain(empty).chain(rungs) {
        let Seat::SameAs(other) = seat else { continue };
        if other == name || !acts(found.workflow, other) {
            let say = format!("`{other}` is no other node where people act");
            let at = format!("/nodes/{name}/{at}");
            found.add(&at, "no_people_there", &[other], say);
        }
    }
}

/// A step of a ladder does what there is, and says to whom where it goes to somebody only.
fn ladder(found: &mut Found, name: &Name, people: &People, outcomes: &[&Name]) {
    for (step, rung) in &people.ladder {
        let at = format!("/nodes/{name}/ladder/{step}");
        let goes = matches!(rung.acts(), Some(RungAct::AddSeat | RungAct::Transfer));
        if rung.acts().is_none() && !outcomes.contains(&&rung.act) {
            let say = format!("`{}` is neither a step nor an outcome here", rung.act);
            found.add(&format!("{at}/do"), "unknown_step", &[&rung.act], say);
        }
        if !goes && !rung.to.is_empty() {
            let say = format!("`{}` goes to nobody", rung.act);
            found.add(&format!("{at}/to"), "no_to_here", &[&rung.act], say);
        }
    }
}

/// What lets a constraint through is an approval from which the way leads back to the post.
fn over(found: &mut Found, def: &Def, post: &Name, constraint: &str, to: &Name) {
    let (Some(&post_at), Some(&to_at)) = (def.by_name.get(post), def.by_name.get(to)) else {
        return;
    };
    let at = format!(
        "{}/over/{}",
        found.at(post),
        constraint.replace('~', "~0").replace('/', "~1")
    );
    if def.nodes[to_at].kind != "approval" {
        let say = format!("`{to}` is no approval, so nobody lets the constraint through");
        found.add(&at, "over_without_approval", &[to], say);
    } else if !forward(def, to_at)[post_at] {
        let say = format!("no way leads from `{to}` back to `{post}`");
        found.add(&at, "over_without_return", &[to, post], say);
    }
}

/// Nodes that can be reached from one, itself included.
fn forward(def: &Def, from: usize) -> Vec<bool> {
    spread(def.nodes.len(), vec![from], |n| {
        def.nodes[n].outs.iter().map(|&e| def.edges[e].to)
    })
}

pub(super) fn spread<I: Iterator<Item = usize>>(
    len: usize,
    mut todo: Vec<usize>,
    next: impl Fn(usize) -> I,
) -> Vec<bool> {
    let mut seen = vec![false; len];
    while let Some(n) = todo.pop() {
        if !std::mem::replace(&mut seen[n], true) {
            todo.extend(next(n));
        }
    }
    seen
}

/// Every node on a path from the start of its level to an end.
fn walks(found: &mut Found, def: &Def) {
    let mut starts = vec![def.start];
    for node in &def.nodes {
        if let Body::Block(block) = &node.body {
            starts.push(block.start);
        }
    }
    let reached = spread(def.nodes.len(), starts.clone(), |n| {
        def.nodes[n].outs.iter().map(|&e| def.edges[e].to)
    });
    let is_end = |n: &usize| matches!(def.nodes[*n].body, Body::End(_) | Body::Terminate(_));
    let ends: Vec<usize> = (0..def.nodes.len()).filter(is_end).collect();
    if !ends.iter().any(|&n| def.nodes[n].block.is_none()) {
        found.add("/nodes", "no_end", &[], "there is no end".into());
        return;
    }
    let back = |n: usize| def.nodes[n].ins.iter().map(|&e| def.edges[e].from);
    let ending = spread(def.nodes.len(), ends, back);
    for (n, node) in def.nodes.iter().enumerate() {
        let name = &node.name;
        if !reached[n] {
            found.node(
                name,
                "unreachable_node",
                format!("no way leads to `{name}`"),
            );
        } else if !ending[n] {
            found.node(
                name,
                "no_way_out",
                format!("no way leads from `{name}` to an end"),
            );
        }
    }
}

/// A cycle in which nobody acts and nothing waits would run until the step budget ends it.
fn automatic_cycles(found: &mut Found, def: &Def) {
    let automatic = |n: usize| match def.nodes[n].body {
        Body::Pass | Body::Auto(_) => true,
        Body::Start(_)
        | Body::Ballot(_)
        | Body::Wait(_)
        | Body::Block(_)
        | Body::End(_)
        | Body::Terminate(_) => false,
    };
    let onward = |n: usize| {
        let ways = def.nodes[n].outs.iter().map(|&e| def.edges[e].to);
        ways.filter(|&to| automatic(to))
    };
    let mut told = vec![false; def.nodes.len()];
    for n in (0..def.nodes.len()).filter(|&n| automatic(n)) {
        let after = spread(def.nodes.len(), onward(n).collect(), onward);
        if after[n] && !told[n] {
            // The whole cycle is told once, at its first node in the file.
            for (other, told) in told.iter_mut().enumerate() {
                let back = spread(def.nodes.len(), onward(other).collect(), onward);
                *told |= after[other] && back[n];
            }
            let name = &def.nodes[n].name;
            let say = format!("the cycle through `{name}` has no node where anybody acts");
            found.node(name, "automatic_cycle", say);
        }
    }
}
