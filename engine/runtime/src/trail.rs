//! What the audit keeps beside commands on records: who came in or tried to, who took a file,
//! what became of users and packages.

use crate::{Error, Site};
use model::Id;
use serde_json::Value as Json;
use store::{Audit, Tx};

impl Site {
    /// A row of the audit that is about no record. Nobody acts where the command line does.
    pub(crate) fn trail(&self, actor: Option<Id>, act: &str, detail: &Json) -> Audit {
        Audit {
            id: self.clock.id(),
            at: self.clock.now(),
            actor,
            on_behalf_of: None,
            act: act.into(),
            form: None,
            record: None,
            version: None,
            detail: detail.to_string(),
        }
    }

    /// Keeps a row of the audit by itself, where nothing else is written.
    pub(crate) async fn keep_trail(&self, row: Audit) -> Result<(), Error> {
        self.inner
            .store
            .write(move |tx: &mut Tx| {
                let row = row.clone();
                Box::pin(async move { Ok::<_, Error>(tx.add_audit(&[row]).await?) })
            })
            .await
    }
}
