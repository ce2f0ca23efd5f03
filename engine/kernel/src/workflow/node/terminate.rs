//! `terminate`: ends the whole instance at once, whatever else still runs; in a block, this run of
//! the block.

use super::{Shape, end};
use crate::workflow::{
    ask::Stop,
    def::{Body, Split},
    event::Event,
    run::Run,
};
use model::Status;
use smallvec::SmallVec;

pub(super) fn shape(status: Option<Status>) -> Shape {
    Shape {
        body: Body::Terminate(status),
        split: Split::All,
        ways: Vec::new(),
    }
}

pub(super) fn enter(run: &mut Run, visit: u32, written: Option<Status>) -> Result<(), Stop> {
    if let Some(block) = run.state.visits[visit as usize].block {
        run.leave(visit, None, SmallVec::new())?;
        run.cancel_within(block);
        return Ok(());
    }
    let status = run.state.last_status(end::status(run, visit, written));
    run.leave(visit, None, SmallVec::new())?;
    run.cancel_everything();
    run.emit(Event::Ended { status });
    Ok(())
}
