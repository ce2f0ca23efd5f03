//! Deliver: a message goes to the one node that waits for it longest, or is kept; a signal goes to
//! every node that waits for it now.

use super::moving;
use crate::workflow::{
    Refusal,
    ask::Stop,
    def::{Body, Trigger},
    event::Event,
    limit,
    node::message,
    run::Run,
    state::Message,
};
use model::Name;

pub(super) fn message(run: &mut Run, sent: &Message) -> Result<(), Stop> {
    moving(&run.state)?;
    for (visit, node) in waiting(run) {
        let Body::Wait(Trigger::Message { name, key }) = &run.def.nodes[node].body else {
            continue;
        };
        if *name == sent.name && message::fits(run, node, sent, *key)? {
            run.leave_all(visit, node)?;
            return run.flow();
        }
    }
    if run.state.mailbox.len() >= limit::MAILBOX {
        return Err(Refusal::new("mailbox_full").into());
    }
    run.emit(Event::MessageKept {
        message: sent.clone(),
    });
    Ok(())
}

pub(super) fn signal(run: &mut Run, sent: &Name) -> Result<(), Stop> {
    moving(&run.state)?;
    for (visit, node) in waiting(run) {
        let waits = matches!(&run.def.nodes[node].body,
            Body::Wait(Trigger::Signal(name)) if name == sent);
        // One may have ended another.
        if waits && run.state.visits[visit as usize].open() {
            run.leave_all(visit, node)?;
        }
    }
    run.flow()
}

/// Open visits and their nodes, oldest first.
fn waiting(run: &Run) -> Vec<(u32, usize)> {
    let open = run.state.open();
    open.filter_map(|(n, v)| Some((n, *run.def.by_name.get(&v.node)?)))
        .collect()
}
