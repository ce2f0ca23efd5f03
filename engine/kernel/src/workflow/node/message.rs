//! `message`: waits for a message to this instance. One that came before was kept for it.

use super::{Shape, next};
use crate::workflow::{
    ask::{Answer, Stop, What},
    def::{Body, Split, Trigger},
    event::Event,
    run::Run,
    state::Message,
};
use model::{Name, workflow::Message as Written};

pub(super) fn shape(kind: &Written) -> Shape {
    Shape {
        body: Body::Wait(Trigger::Message {
            name: kind.name.clone(),
            key: kind.key.is_some(),
        }),
        split: Split::All,
        ways: vec![next(&kind.next)],
    }
}

pub(super) fn enter(
    run: &mut Run,
    visit: u32,
    node: usize,
    name: &Name,
    key: bool,
) -> Result<(), Stop> {
    let now = run.env.now;
    let stale = |m: &&Message| m.until.is_some_and(|until| until <= now);
    let gone: Vec<Message> = run.state.mailbox.iter().filter(stale).cloned().collect();
    for message in gone {
        run.emit(Event::MessageGone { message });
    }
    let mut found = None;
    for message in &run.state.mailbox {
        if message.name == *name && fits(run, node, message, key)? {
            found = Some(message.clone());
            break;
        }
    }
    match found {
        Some(message) => {
            run.emit(Event::MessageGone { message });
            run.leave_all(visit, node)
        }
        None => Ok(()),
    }
}

/// Whether a message is about what the node waits for.
pub(in crate::workflow) fn fits(
    run: &Run,
    node: usize,
    message: &Message,
    key: bool,
) -> Result<bool, Stop> {
    if !key {
        return Ok(true);
    }
    let name = &run.def.nodes[node].name;
    match run.ask(What::Key { node: name.clone() })? {
        Answer::Key(key) => Ok(*key == message.key),
        _ => Err(run.unfit(name)),
    }
}
