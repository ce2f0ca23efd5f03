//! Start: the record is submitted.

use crate::workflow::{Refusal, ask::Stop, event::Event, join::Took, run::Run, state::Life};

pub(super) fn run(run: &mut Run) -> Result<(), Stop> {
    if run.state.life != Life::Fresh {
        return Err(Refusal::new("already_started").into());
    }
    run.emit(Event::Started {
        by: run.env.actor,
        person: run.env.person,
    });
    run.enter(run.def.start, Took::new(), None, false)?;
    run.flow()
}
