//! Opening balances, written by the engine: what a story is given, and what a site begins with.

use crate::{Error, Site, caller::ENGINE};
use chrono::NaiveDate;
use model::{Fields, Id, Name, Ref};
use std::sync::Arc;

impl Site {
    /// Adds measures to one key of a ledger on a day. No constraint is asked: an opening balance
    /// is what it is.
    pub async fn engine_opening(
        &self,
        ledger: &Ref,
        key: Fields,
        measures: kernel::Measures,
        date: NaiveDate,
    ) -> Result<(), Error> {
        let id = self.clock.id();
        let posting = store::Posting {
            id,
            form: ledger.clone(),
            record: Id::derived(id, &["opening"]),
            version: 1,
            kind: "open".into(),
            reverses: None,
            date,
            seq: 0,
            rules: String::new(),
            hash: vec![],
            at: self.clock.now(),
            by: ENGINE,
        };
        let entry = store::Entry {
            ledger: ledger.clone(),
            rule: Name::known("opening"),
            line: None,
            date,
            dimensions: key,
            attributes: Fields::new(),
            measures,
        };
        let (definitions, parts) = (self.definitions(), Arc::new((posting, entry)));
        self.inner
            .store
            .write(move |tx| {
                let (definitions, parts) = (definitions.clone(), parts.clone());
                Box::pin(async move {
                    let (posting, entry) = &*parts;
                    let key = [(entry.ledger.clone(), entry.dimensions.clone())];
                    let locked = tx.lock_balances(&definitions.tables, &key).await?;
                    let entries = std::slice::from_ref(entry);
                    tx.post(&definitions.tables, posting, entries, &locked)
                        .await?;
                    Ok::<_, Error>(())
                })
            })
            .await
    }
}
