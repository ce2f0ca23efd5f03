//! `timer`: waits until a moment, or for a while.

use super::{Shape, next};
use crate::workflow::{
    Refusal,
    ask::{Answer, Stop, What},
    def::{Body, Split, Trigger},
    event::Event,
    run::Run,
    state::Timer,
};
use model::workflow::Timer as Written;

pub(super) fn shape(kind: &Written) -> Shape {
    Shape {
        body: Body::Wait(Trigger::Moment),
        split: Split::All,
        ways: vec![next(&kind.next)],
    }
}

pub(super) fn enter(run: &mut Run, visit: u32, node: usize) -> Result<(), Stop> {
    let name = &run.def.nodes[node].name;
    let Answer::Moment(at) = run.ask(What::Until { node: name.clone() })? else {
        return Err(run.unfit(name));
    };
    let at = at.ok_or_else(|| Refusal::new("no_moment").with("node", name))?;
    if at <= run.env.now {
        return run.leave_all(visit, node);
    }
    let id = run.next_id("timer");
    run.emit(Event::TimerSet {
        timer: Timer {
            id,
            visit,
            at,
            seat: None,
            step: None,
        },
    });
    Ok(())
}
