//! `end`: a branch ends here. The instance ends when nothing runs any more.

use super::{Shape, approval::REJECT};
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
        body: Body::End(status),
        split: Split::All,
        ways: Vec::new(),
    }
}

/// The status an end leaves: the written one; without it, `rejected` where a rejection led here.
pub(super) fn status(run: &Run, visit: u32, written: Option<Status>) -> Option<Status> {
    let rejected = || {
        run.state.visits[visit as usize]
            .took
            .iter()
            .any(|t| &*t.way == REJECT)
    };
    written.or_else(|| rejected().then_some(Status::Rejected))
}

pub(super) fn enter(run: &mut Run, visit: u32, written: Option<Status>) -> Result<(), Stop> {
    // The end of a block is no end of the whole.
    let whole = run.state.visits[visit as usize].block.is_none();
    if let Some(status) = status(run, visit, written).filter(|_| whole) {
        // Of several ends, one that rejects has the last word.
        if run.state.ending != Some(Status::Rejected) {
            run.emit(Event::EndReached { status });
        }
    }
    run.leave(visit, None, SmallVec::new())
}
