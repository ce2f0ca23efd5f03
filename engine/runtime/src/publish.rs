//! Publishing packages: checked as a whole, tables planned and changed, an immutable revision
//! kept, in one transaction.

use crate::{
    Caller, Error, Site,
    folder::{self, Named},
    site::Definitions,
    view,
};
use model::{Name, Problem};
use std::{collections::HashMap, sync::Arc};
use store::{Failure, Loss, Tables};

impl Site {
    /// Publishes packages together, or says what publishing them would do. Only administrators
    /// may; the product itself (`None`) may too.
    pub async fn publish(
        &self,
        caller: Option<&Caller>,
        packages: Vec<Named>,
        dry_run: bool,
    ) -> Result<view::Published, Error> {
        if caller.is_some_and(|c| !c.admin) {
            return Err(Error::Forbidden { code: "admin_only", with: vec![] });
        }
        let now = self.definitions();
        let beneath: Vec<_> = now.catalogue.packages.values().cloned().collect();
        let checked =
            tokio::task::spawn_blocking(move || (folder::check(&packages, &beneath), packages))
                .await
                .map_err(|e| Error::Failure(Failure::Panicked(e.to_string())))?;
        let (checked, packages) = (checked.0.map_err(Error::Problems)?, checked.1);
        let names: Vec<Name> = packages.iter().map(|(name, _)| name.clone()).collect();
        let tables = Arc::new(Tables::compile(&checked.catalogue)?);
        let (catalogue, at, by) =
            (checked.catalogue.clone(), self.clock.now(), caller.map(|c| c.user.id));
        let before = now.revisions.clone();
        let write = move |tx: &mut store::Tx| {
            let (names, tables, catalogue) = (names.clone(), tables.clone(), catalogue.clone());
            let before = before.clone();
            async move {
                tx.lock_publish().await?;
                let plan = match tx.plan(&tables).await? {
                    Ok(plan) => plan,
                    Err(losses) => return Err(Error::Problems(losses.iter().map(loss).collect())),
                };
                let mut out = view::Published {
                    dry_run,
                    packages: vec![],
                    statements: plan.statements().to_vec(),
                    notes: vec![],
                };
                tx.apply(&plan).await?;
                for name in &names {
                    let package = &catalogue.packages[name];
                    let version = &package.manifest.version;
                    let head = tx.add_revision(name, version, &package.files, at, by).await?;
                    out.packages.push(view::PublishedPackage {
                        name: name.to_string(),
                        version: head.version,
                        revision: head.revision,
                        unchanged: before.get(name) == Some(&head.revision),
                    });
                }
                let mut revisions = HashMap::new();
                for head in tx.packages().await? {
                    revisions.insert(head.name, head.revision);
                }
                Ok((out, revisions, tx.catalogue().await?))
            }
        };
        if dry_run {
            let undone = self
                .inner
                .store
                .write(move |tx| {
                    let work = write(tx);
                    Box::pin(async move { Err::<(), _>(Undone(work.await)) })
                })
                .await;
            return match undone {
                Err(Undone(Ok((out, ..)))) => Ok(out),
                Err(Undone(Err(e))) => Err(e),
                Ok(()) => Err(Error::refused("failure")),
            };
        }
        let (out, revisions, number) =
            self.inner.store.write(move |tx| Box::pin(write(tx))).await?;
        self.install(Definitions::new(checked.catalogue, checked.rules, revisions, number)?);
        Ok(out)
    }

    /// The packages of the site.
    pub async fn packages(&self, caller: &Caller) -> Result<Vec<view::PackageEntry>, Error> {
        let heads = self
            .inner
            .store
            .read(|tx| Box::pin(async move { Ok::<_, Error>(tx.packages().await?) }))
            .await?;
        let definitions = self.definitions();
        let language = caller.language.as_str();
        let entry = |head: store::RevisionHead| {
            let package = definitions.catalogue.packages.get(&head.name)?;
            let label = &package.manifest.label;
            Some(view::PackageEntry {
                name: head.name.to_string(),
                label: definitions.catalogue.word(&head.name, language, "label", label),
                version: head.version,
                revision: head.revision,
                published_at: head.published_at.to_rfc3339(),
                forms: package.forms.len() + package.registers.len(),
                workflows: package.workflows.len(),
                ledgers: package.ledgers.len(),
                stories: package.stories.len(),
            })
        };
        Ok(heads.into_iter().filter_map(entry).collect())
    }
}

/// A dry run's way to undo what it did: everything is returned as an error.
struct Undone<T>(Result<T, Error>);
impl<T> From<Failure> for Undone<T> {
    fn from(failure: Failure) -> Self {
        Self(Err(failure.into()))
    }
}

/// What would be lost, as a problem of the package.
fn loss(loss: &Loss) -> Problem {
    let say = format!(
        "{} records hold data that would be lost ({} to {}), for example {}",
        loss.count,
        loss.from,
        loss.to,
        loss.samples.join(", ")
    );
    let with = [loss.code, &loss.from, &loss.to, &loss.count.to_string()];
    Problem::new(loss.at.clone(), "", "would_lose_data", &with, say)
}
