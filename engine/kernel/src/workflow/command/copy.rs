//! Copy (抄送): shows the record to people; holds nothing up. Nobody gets a second copy.

use super::{actor_may, named, not_offered, opinion, task};
use crate::workflow::{
    Refusal,
    ask::Stop,
    event::{About, Event, Notice},
    run::Run,
};
use model::Id;

pub(super) fn run(
    run: &mut Run,
    seat: Id,
    users: &[Id],
    said: Option<&String>,
) -> Result<(), Stop> {
    actor_may(run, seat)?;
    let (_, node, ballot) = task(run.def, &run.state, seat)?;
    let may = ballot
        .may
        .copy
        .as_ref()
        .ok_or_else(|| not_offered("copy"))?;
    let opinion = opinion(may.comment, said)?;
    let named = named(run, users)?;
    let to: Vec<Id> = named
        .into_iter()
        .filter_map(|spec| spec.holder)
        .filter(|user| !run.state.copied.contains(user))
        .collect();
    if to.is_empty() {
        return Err(Refusal::new("already_copied").into());
    }
    let by = Some(run.env.actor);
    let notice = Notice {
        about: About::Copy,
        node: node.clone(),
        to,
        seat: Some(seat),
        by,
        opinion,
        once: false,
    };
    run.emit(Event::Notified {
        notice: Box::new(notice),
    });
    Ok(())
}
