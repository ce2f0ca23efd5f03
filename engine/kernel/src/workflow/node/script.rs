//! `script`: sets fields of the record. What it sets is seen by every later question.

use super::{Shape, next};
use crate::workflow::{
    ask::{Answer, Stop, What},
    def::{Action, Body, Split},
    event::Event,
    run::Run,
};
use model::Name;

pub(super) fn shape(to: &Name) -> Shape {
    Shape {
        body: Body::Auto(Action::Set),
        split: Split::All,
        ways: vec![next(to)],
    }
}

pub(super) fn enter(run: &mut Run, visit: u32, node: usize) -> Result<(), Stop> {
    let name = &run.def.nodes[node].name;
    let Answer::Values(values) = run.ask(What::Set { node: name.clone() })? else {
        return Err(run.unfit(name));
    };
    let values = values.clone();
    run.emit(Event::RecordPatched { visit, values });
    run.sets += 1;
    run.leave_all(visit, node)
}
