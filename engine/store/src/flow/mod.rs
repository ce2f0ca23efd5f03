//! What workflows keep: instances, tasks, events, who takes part.

mod event;
mod instance;
mod participant;
mod task;

pub use event::Event;
pub(crate) use event::hash as event_hash;
pub use instance::Instance;
pub use participant::Participant;
pub use task::{Inbox, Task};
