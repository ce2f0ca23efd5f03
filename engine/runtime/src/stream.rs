//! Who hears of a change: rows of the stream, polled, and handed to whoever listens here. They
//! hold ids only; a listener fetches again what it shows, under its own rights.

use crate::{Caller, Site, view};
use model::Id;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Most events a slow listener may lag behind; it then fetches everything anew.
const LAG: usize = 1_024;

/// One row of the stream.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub id: Id,
    pub principal: Arc<str>,
    pub form: String,
    pub record: Id,
    pub kind: Arc<str>,
}

/// Hands rows of the stream to the listeners of this process.
pub(crate) struct Hub(broadcast::Sender<Heard>);
impl Default for Hub {
    fn default() -> Self {
        Self(broadcast::channel(LAG).0)
    }
}
impl Hub {
    /// Tells everybody who listens; nobody listening is no error.
    pub fn tell(&self, heard: Heard) {
        let _ = self.0.send(heard);
    }
}

/// A listener: only what its principals may hear comes through.
pub struct Listener {
    principals: Arc<Vec<String>>,
    /// What happened before this listener began is told as one event of kind `all`.
    missed: bool,
    receiver: broadcast::Receiver<Heard>,
}

impl Listener {
    /// The next event; `None` when the site is closed. A listener that lagged behind gets an
    /// event of kind `all`: fetch everything anew.
    pub async fn next(&mut self) -> Option<view::StreamEvent> {
        if std::mem::take(&mut self.missed) {
            return Some(everything());
        }
        loop {
            match self.receiver.recv().await {
                Ok(heard) => {
                    let mine = &*heard.principal == "*"
                        || self.principals.iter().any(|p| **p == *heard.principal);
                    if mine {
                        return Some(view::StreamEvent {
                            id: heard.id.to_string(),
                            form: heard.form,
                            record: heard.record,
                            kind: heard.kind.to_string(),
                        });
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    return Some(everything());
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// Fetch everything anew.
fn everything() -> view::StreamEvent {
    view::StreamEvent {
        id: String::new(),
        form: String::new(),
        record: crate::caller::ENGINE,
        kind: "all".into(),
    }
}

impl Site {
    /// Listens to changes that concern a caller, from now on. `again`: it listened before, and
    /// may have missed something meanwhile.
    pub fn subscribe(&self, caller: &Caller, again: bool) -> Listener {
        Listener {
            principals: caller.principals.clone(),
            missed: again,
            receiver: self.inner.hub.0.subscribe(),
        }
    }
}
