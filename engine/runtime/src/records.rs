//! The use cases on records: each prepared at a desk and committed in one transaction.

use crate::{Caller, Error, Key, Site, view::Done};
use model::{Id, Ref};
use serde_json::{Map, Value as Json};

impl Site {
    /// Makes a draft (or, of master data, the record itself).
    pub async fn create(
        &self,
        caller: &Caller,
        key: &Key,
        form: &Ref,
        values: Map<String, Json>,
    ) -> Result<Done, Error> {
        let (kept, form, ids) = (Some(key.clone()), form.clone(), self.clock.id());
        self.command(caller, Some(key), move |desk, _| {
            let (key, form, values) = (kept.clone(), form.clone(), values.clone());
            Box::pin(async move { desk.create(key, &form, values, ids).await })
        })
        .await
    }
    /// Makes a record as the engine: demo masters and what stories are given.
    pub async fn engine_create(&self, form: &Ref, values: Map<String, Json>) -> Result<Id, Error> {
        let (form, ids) = (form.clone(), self.clock.id());
        let done = self
            .command(&self.engine(), None, move |desk, _| {
                let (form, values) = (form.clone(), values.clone());
                Box::pin(async move { desk.create(None, &form, values, ids).await })
            })
            .await?;
        Ok(done.id)
    }
    /// Changes a record as the engine: links of demo masters to records that came later.
    pub(crate) async fn engine_change(
        &self,
        form: &Ref,
        id: Id,
        values: Map<String, Json>,
    ) -> Result<(), Error> {
        let (form, ids) = (form.clone(), self.clock.id());
        self.command(&self.engine(), None, move |desk, _| {
            let (form, values) = (form.clone(), values.clone());
            Box::pin(async move {
                let record = desk.record(&form, id).await?.ok_or(Error::NotFound)?;
                desk.change(None, (&form, id, record.version), values, ids)
                    .await
            })
        })
        .await
        .map(|_| ())
    }
    /// Changes fields of a record.
    pub async fn change(
        &self,
        caller: &Caller,
        key: &Key,
        form: &Ref,
        id: Id,
        version: u64,
        values: Map<String, Json>,
    ) -> Result<Done, Error> {
        let (kept, form, ids) = (Some(key.clone()), form.clone(), self.clock.id());
        self.command(caller, Some(key), move |desk, _| {
            let (key, form, values) = (kept.clone(), form.clone(), values.clone());
            Box::pin(async move { desk.change(key, (&form, id, version), values, ids).await })
        })
        .await
    }
    /// Deletes a draft.
    pub async fn delete(
        &self,
        caller: &Caller,
        key: &Key,
        form: &Ref,
        id: Id,
        version: u64,
    ) -> Result<Done, Error> {
        let (kept, form, ids) = (Some(key.clone()), form.clone(), self.clock.id());
        self.command(caller, Some(key), move |desk, _| {
            let (key, form) = (kept.clone(), form.clone());
            Box::pin(async move { desk.delete(key, (&form, id, version), ids).await })
        })
        .await
    }
    /// Sends a record on its way (or on again, where it was sent back to the caller).
    pub async fn submit(
        &self,
        caller: &Caller,
        key: &Key,
        form: &Ref,
        id: Id,
        version: u64,
        values: Map<String, Json>,
    ) -> Result<Done, Error> {
        let (kept, form, ids) = (Some(key.clone()), form.clone(), self.clock.id());
        self.command(caller, Some(key), move |desk, forced| {
            let (key, form, values) = (kept.clone(), form.clone(), values.clone());
            Box::pin(async move {
                desk.submit(key, (&form, id, version), values, ids, forced)
                    .await
            })
        })
        .await
    }
    /// Takes a submitted record back.
    pub async fn withdraw(
        &self,
        caller: &Caller,
        key: &Key,
        form: &Ref,
        id: Id,
        version: u64,
        reason: &str,
    ) -> Result<Done, Error> {
        let (kept, form, ids) = (Some(key.clone()), form.clone(), self.clock.id());
        let reason = reason.to_owned();
        self.command(caller, Some(key), move |desk, _| {
            let (key, form, reason) = (kept.clone(), form.clone(), reason.clone());
            Box::pin(async move { desk.withdraw(key, (&form, id, version), &reason, ids).await })
        })
        .await
    }
    /// Negates what a posted record has written.
    pub async fn reverse(
        &self,
        caller: &Caller,
        key: &Key,
        form: &Ref,
        id: Id,
        version: u64,
        reason: &str,
    ) -> Result<Done, Error> {
        let (kept, form, ids) = (Some(key.clone()), form.clone(), self.clock.id());
        let reason = reason.to_owned();
        self.command(caller, Some(key), move |desk, _| {
            let (key, form, reason) = (kept.clone(), form.clone(), reason.clone());
            Box::pin(async move { desk.reverse(key, (&form, id, version), &reason, ids).await })
        })
        .await
    }
    /// Makes a draft of another form from a record.
    pub async fn make(
        &self,
        caller: &Caller,
        key: &Key,
        form: &Ref,
        id: Id,
        make: &Ref,
    ) -> Result<Done, Error> {
        let (kept, form, ids) = (Some(key.clone()), form.clone(), self.clock.id());
        let make = make.clone();
        self.command(caller, Some(key), move |desk, _| {
            let (key, form, make) = (kept.clone(), form.clone(), make.clone());
            Box::pin(async move { desk.make(key, (&form, id), &make, ids).await })
        })
        .await
    }
}
