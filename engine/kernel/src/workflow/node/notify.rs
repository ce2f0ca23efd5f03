//! `notify`: tells people and goes on at once.

use super::{Shape, next};
use crate::workflow::{
    ask::{Answer, Stop, What},
    def::{Action, Body, Split},
    event::{About, Event, Notice},
    run::Run,
};
use model::{Ref, workflow::Notify};

pub(super) fn shape(kind: &Notify) -> Shape {
    Shape {
        body: Body::Auto(Action::Notify {
            message: kind.message.clone(),
            once: kind.once,
        }),
        split: Split::All,
        ways: vec![next(&kind.next)],
    }
}

pub(super) fn enter(
    run: &mut Run,
    visit: u32,
    node: usize,
    message: &Ref,
    once: bool,
) -> Result<(), Stop> {
    let name = &run.def.nodes[node].name;
    let Answer::Users(users) = run.ask(What::Tell { node: name.clone() })? else {
        return Err(run.unfit(name));
    };
    let mut to = Vec::with_capacity(users.len());
    for user in users {
        let again = once && run.state.copied.contains(user);
        if !to.contains(user) && !again {
            to.push(*user);
        }
    }
    // Nobody to tell holds nothing up: a notice is not a decision.
    if !to.is_empty() {
        let notice = Notice {
            about: About::Message(message.clone()),
            node: name.clone(),
            to,
            seat: None,
            by: None,
            opinion: None,
            once,
        };
        run.emit(Event::Notified {
            notice: Box::new(notice),
        });
    }
    run.leave_all(visit, node)
}
