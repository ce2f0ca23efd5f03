//! Publishing packages: checked as a whole, tables planned and changed, an immutable revision
//! kept, in one transaction.

use crate::{
    Caller, Error, Site,
    folder::{self, Named},
    site::Definitions,
    view,
};
use chrono::{DateTime, Utc};
use model::{Catalogue, Id, Name, Problem};
use serde_json::json;
use std::{collections::HashMap, sync::Arc};
use store::{Audit, Failure, Loss, Tables, Tx};

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
            return Err(Error::Forbidden {
                code: "admin_only",
                why: None,
                with: vec![],
            });
        }
        let packages = Arc::new(packages);
        for _ in 0..TRIES {
            match self.publish_once(caller, &packages, dry_run).await {
                Err(Undone::Outdated) => self.refresh().await?,
                Err(Undone::Stop(e)) => return Err(e),
                Err(Undone::Tried(out)) | Ok(out) => return Ok(out),
            }
        }
        Err(Error::Busy { retry_after: 1 })
    }

    /// Publishes on top of what this process knows to be published.
    async fn publish_once(
        &self,
        caller: Option<&Caller>,
        packages: &Arc<Vec<Named>>,
        dry_run: bool,
    ) -> Result<view::Published, Undone> {
        let now = self.definitions();
        let beneath: Vec<_> = now.catalogue.packages.values().cloned().collect();
        let names: Vec<Name> = packages.iter().map(|(name, _)| name.clone()).collect();
        // What a parked package keeps is not planned for: first it comes back.
        if let Some(parked) = now.parked.iter().find(|p| !names.contains(&p.name)) {
            let with = [parked.name.to_string()];
            return Err(crate::command::refused("package_parked", &with).into());
        }
        let (packages, zone) = (packages.clone(), now.catalogue.zone);
        let check = move || folder::check_in(zone, &packages, &beneath);
        let checked = tokio::task::spawn_blocking(check)
            .await
            .map_err(|e| Failure::Panicked(e.to_string()))?
            .map_err(Error::Problems)?;
        let publication = Arc::new(Publication {
            names,
            tables: Arc::new(Tables::compile(&checked.catalogue)?),
            catalogue: checked.catalogue.clone(),
            before: now,
            at: self.clock.now(),
            by: caller.map(|c| c.user.id),
            trail: self.trail(
                caller.map(|c| c.user.id),
                "publish",
                &serde_json::Value::Null,
            ),
            dry_run,
        });
        let (out, revisions, number) = self
            .inner
            .store
            .write(move |tx| {
                let publication = publication.clone();
                Box::pin(async move { publication.run(tx).await })
            })
            .await?;
        self.install(Definitions::new(
            checked.catalogue,
            checked.rules,
            revisions,
            number,
        )?);
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
                label: definitions
                    .catalogue
                    .word(&head.name, language, "label", label),
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

/// How often a publish is decided anew when another one was faster.
const TRIES: usize = 5;

/// One publish, ready to be written.
struct Publication {
    names: Vec<Name>,
    tables: Arc<Tables>,
    catalogue: Arc<Catalogue>,
    /// What it was checked against.
    before: Arc<Definitions>,
    at: DateTime<Utc>,
    by: Option<Id>,
    trail: Audit,
    dry_run: bool,
}

/// What was done, the revisions after it, and the site's catalogue number.
type Done = (view::Published, HashMap<Name, u64>, u64);

impl Publication {
    async fn run(&self, tx: &mut Tx) -> Result<Done, Undone> {
        tx.lock_publish().await?;
        if tx.catalogue().await? != self.before.number {
            return Err(Undone::Outdated);
        }
        let plan = match tx.plan(&self.tables).await? {
            Ok(plan) => plan,
            Err(losses) => return Err(Error::Problems(losses.iter().map(loss).collect()).into()),
        };
        let mut out = view::Published {
            dry_run: self.dry_run,
            packages: vec![],
            statements: plan.statements().to_vec(),
        };
        tx.apply(&plan).await?;
        for name in &self.names {
            let package = &self.catalogue.packages[name];
            let version = &package.manifest.version;
            let head = tx
                .add_revision(name, version, &package.files, self.at, self.by)
                .await?;
            out.packages.push(view::PublishedPackage {
                name: name.to_string(),
                version: head.version,
                revision: head.revision,
                unchanged: self.before.revisions.get(name) == Some(&head.revision),
            });
        }
        if self.dry_run {
            return Err(Undone::Tried(out));
        }
        let fresh = out.packages.iter().filter(|p| !p.unchanged);
        let fresh: Vec<_> = fresh
            .map(|p| json!({ "name": p.name, "version": p.version, "revision": p.revision }))
            .collect();
        if !fresh.is_empty() {
            tx.add_audit(&[Audit {
                detail: json!({ "packages": fresh }).to_string(),
                ..self.trail.clone()
            }])
            .await?;
        }
        let mut revisions = HashMap::new();
        for head in tx.packages().await? {
            revisions.insert(head.name, head.revision);
        }
        Ok((out, revisions, tx.catalogue().await?))
    }
}

/// Why nothing of a publish stays.
enum Undone {
    Stop(Error),
    /// Another one was faster: what was checked is not what it would come on top of.
    Outdated,
    /// It was a dry run.
    Tried(view::Published),
}
impl<E: Into<Error>> From<E> for Undone {
    fn from(e: E) -> Self {
        Self::Stop(e.into())
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
