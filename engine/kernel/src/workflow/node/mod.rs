//! The node kinds a consultant meets: each is a setting of the one kernel node, in a file of its
//! own. Comes in: the kind as written. Goes out: body, split and ways; and for the automatic
//! kinds, what they do when a token comes.

use super::{
    ask::Stop,
    def::{Action, Body, Split, Trigger},
    run::Run,
    state::Way,
};
use model::{Name, Ref, workflow::NodeKind};

mod approval;
pub(super) mod block;
mod complex_gateway;
mod end;
mod exclusive_gateway;
mod fill;
mod inclusive_gateway;
pub(super) mod message;
mod notify;
mod parallel_gateway;
mod post;
mod race;
mod script;
mod signal;
mod start;
mod terminate;
mod timer;

pub(super) use approval::REJECT;

/// A kind's settings of the one node.
pub(super) struct Shape {
    pub body: Body,
    pub split: Split,
    pub ways: Vec<Written>,
}

/// A way out as it is written.
pub(super) struct Written {
    pub way: Way,
    pub to: Name,
    pub when: Option<Name>,
    /// JSON pointer below the node.
    pub at: String,
}

/// The way `next`.
fn next(to: &Name) -> Written {
    Written {
        way: "next".into(),
        to: to.clone(),
        when: None,
        at: "/next".into(),
    }
}

/// The settings of a kind.
pub(super) fn shape(home: &Ref, kind: &NodeKind) -> Shape {
    match kind {
        NodeKind::Start { next } => start::shape(next),
        NodeKind::Approval(k) => approval::shape(k),
        NodeKind::Fill(k) => fill::shape(k),
        NodeKind::ExclusiveGateway(k) => exclusive_gateway::shape(k),
        NodeKind::ParallelGateway(k) => parallel_gateway::shape(k),
        NodeKind::InclusiveGateway(k) => inclusive_gateway::shape(k),
        NodeKind::ComplexGateway(k) => complex_gateway::shape(k),
        NodeKind::Race(k) => race::shape(k),
        NodeKind::Block(k) => block::shape(k),
        NodeKind::Message(k) => message::shape(k),
        NodeKind::Signal(k) => signal::shape(k),
        NodeKind::Notify(k) => notify::shape(k),
        NodeKind::Script { next, .. } => script::shape(next),
        NodeKind::Timer(k) => timer::shape(k),
        NodeKind::Post(k) => post::shape(home, k),
        NodeKind::End { status } => end::shape(*status),
        NodeKind::Terminate { status } => terminate::shape(*status),
    }
}

/// Runs the body of a visit that has just been opened, until it leaves or waits.
/// `sent_back`: it was returned to, so people act again and nothing passes by itself.
pub(super) fn enter(run: &mut Run, visit: u32, node: usize, sent_back: bool) -> Result<(), Stop> {
    let def = run.def;
    match &def.nodes[node].body {
        Body::Start(ballot) => start::enter(run, visit, node, ballot, sent_back),
        Body::Ballot(ballot) => approval::enter(run, visit, node, ballot, sent_back),
        Body::Pass => match &def.nodes[node].split {
            Split::First => exclusive_gateway::enter(run, visit, node),
            Split::Every => inclusive_gateway::enter(run, visit, node),
            Split::Threads { times, .. } => parallel_gateway::threads(run, visit, node, times),
            Split::All | Split::Chosen | Split::Race => run.leave_all(visit, node),
        },
        Body::Auto(Action::Notify { message, once }) => {
            notify::enter(run, visit, node, message, *once)
        }
        Body::Auto(Action::Set) => script::enter(run, visit, node),
        Body::Auto(Action::Post) => post::enter(run, visit, node),
        Body::Wait(Trigger::Moment) => timer::enter(run, visit, node),
        Body::Wait(Trigger::Message { name, key }) => message::enter(run, visit, node, name, *key),
        // A signal that came before is lost: it is waited for.
        Body::Wait(Trigger::Signal(_)) => Ok(()),
        Body::Block(block) => block::enter(run, visit, node, block),
        Body::End(status) => end::enter(run, visit, *status),
        Body::Terminate(status) => terminate::enter(run, visit, *status),
    }
}
