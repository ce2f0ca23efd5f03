//! Retry: whoever looks after the flow has seen to what stopped it; tokens move again.

use super::{running, unsuspended};
use crate::workflow::{Refusal, ask::Stop, event::Event, run::Run};

pub(super) fn run(run: &mut Run) -> Result<(), Stop> {
    running(&run.state)?;
    unsuspended(&run.state)?;
    if run.state.incident.is_none() {
        return Err(Refusal::new("no_incident").into());
    }
    run.emit(Event::IncidentCleared);
    run.flow()
}
