//! Whether everything that is kept fits together (I1–I15 of 6.4.0, as far as they are read from
//! what is stored), and backups.

use crate::{Error, Site, site::Options, view};
use kernel::workflow::{self, State};
use model::Id;
use std::path::Path;
use store::{Store, Wrong};

impl Site {
    /// Checks a site, read-only: balances are the fold of entries, turnover too; events replay to
    /// the stored state; a live instance has something to wait for; versions, numbers, links,
    /// files, the audit chain, and the database's own checks.
    pub async fn verify(&self) -> Result<view::Verified, Error> {
        let definitions = self.definitions();
        let wrong = self
            .inner
            .store
            .read(move |tx| {
                let tables = definitions.tables.clone();
                Box::pin(async move {
                    let mut wrong = tx.check_ledgers(&tables).await?;
                    wrong.extend(tx.check_events().await?);
                    wrong.extend(tx.check_versions(&tables).await?);
                    wrong.extend(tx.check_records(&tables).await?);
                    wrong.extend(tx.check_integrity().await?);
                    if let Some(block) = tx.check_audit().await? {
                        let at = format!("block {block}");
                        wrong.push(Wrong {
                            check: "audit",
                            at,
                            rows: 1,
                        });
                    }
                    Ok::<_, Error>(wrong)
                })
            })
            .await?;
        let mut all = wrong;
        all.extend(self.inner.store.check_blobs().await?);
        all.extend(self.check_flows().await?);
        let names = [
            "balances",
            "turnover",
            "integrity",
            "foreign_keys",
            "events",
            "versions",
            "series",
            "audit",
            "blobs",
            "replay",
            "waiting",
        ];
        let mut checks = vec![];
        for name in names {
            let mine: Vec<&Wrong> = all.iter().filter(|w| w.check == name).collect();
            checks.push(checked(name, &mine));
        }
        for w in all.iter().filter(|w| !names.contains(&w.check)) {
            checks.push(checked(w.check, &[w]));
        }
        Ok(view::Verified {
            ok: checks.iter().all(|c| c.ok),
            checks,
        })
    }

    /// Replays every instance that has not ended.
    async fn check_flows(&self) -> Result<Vec<Wrong>, Error> {
        self.inner
            .store
            .read(|tx| {
                Box::pin(async move {
                    let mut wrong = vec![];
                    for id in tx.live_instances().await? {
                        let Some(row) = tx.instance(id).await? else {
                            continue;
                        };
                        let loaded = crate::flow::loaded(row)?;
                        let (events, last) = tx.events(id).await?;
                        let events: Result<Vec<workflow::Event>, _> = events
                            .iter()
                            .map(|e| serde_json::from_str(&e.payload))
                            .collect();
                        let replayed = events.map(|e| State::replay(loaded.state.instance, &e));
                        if !replayed.is_ok_and(|s| s == loaded.state) || last != loaded.last {
                            wrong.push(at("replay", id));
                        }
                        let open = tx.tasks_of(id).await?.iter().any(|t| t.status == "open");
                        let timer = !loaded.state.timers.is_empty();
                        if !open && !timer && loaded.state.incident.is_none() {
                            wrong.push(at("waiting", id));
                        }
                    }
                    Ok::<_, Error>(wrong)
                })
            })
            .await
    }

    /// Looks at what surrounds the site: versions, clock, backlog.
    pub async fn doctor(&self) -> Result<view::Verified, Error> {
        let (now, jobs, outbox) = self
            .inner
            .store
            .read(|tx| {
                Box::pin(async move {
                    let now = tx.now().await?;
                    let jobs = tx.backlog(store::Queue::Job).await?;
                    Ok::<_, Error>((now, jobs, tx.backlog(store::Queue::Outbox).await?))
                })
            })
            .await?;
        let skew = (now - self.clock.now()).num_seconds().unsigned_abs();
        let check = |code: &str, ok: bool, say: String, count: u64| view::Checked {
            code: code.into(),
            ok,
            say,
            count,
        };
        let dead = self.inner.store.dead();
        let checks = vec![
            check(
                "clock",
                skew <= 60,
                format!("the database's clock differs by {skew} s"),
                skew,
            ),
            check(
                "writer",
                dead.is_none(),
                dead.map_or("writes".into(), |f| f.to_string()),
                0,
            ),
            check(
                "jobs",
                jobs.1 == 0,
                format!("{} jobs wait, {} were given up", jobs.0, jobs.1),
                jobs.1,
            ),
            check(
                "outbox",
                outbox.1 == 0,
                format!("{} messages wait, {} were given up", outbox.0, outbox.1),
                outbox.1,
            ),
        ];
        Ok(view::Verified {
            ok: checks.iter().all(|c| c.ok),
            checks,
        })
    }

    /// Writes a backup of the running site into an empty folder.
    pub async fn backup(&self, to: &Path) -> Result<view::BackedUp, Error> {
        self.inner.store.backup(to).await?;
        Ok(sizes(to))
    }

    /// Restores a backup into an empty place, and checks it.
    pub async fn restore(options: Options, from: &Path) -> Result<view::BackedUp, Error> {
        drop(Store::restore(from, options.address()).await?);
        Ok(sizes(from))
    }
}

fn at(check: &'static str, id: Id) -> Wrong {
    Wrong {
        check,
        at: id.to_string(),
        rows: 1,
    }
}

fn checked(name: &str, wrong: &[&Wrong]) -> view::Checked {
    let rows = wrong.iter().map(|w| w.rows).sum();
    let places: Vec<&str> = wrong.iter().take(5).map(|w| w.at.as_str()).collect();
    let say = if wrong.is_empty() {
        "fits".into()
    } else {
        places.join(", ")
    };
    view::Checked {
        code: name.into(),
        ok: wrong.is_empty(),
        say,
        count: rows,
    }
}

/// How much lies in a folder.
fn sizes(folder: &Path) -> view::BackedUp {
    fn walk(at: &Path, files: &mut u64, bytes: &mut u64) {
        for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, files, bytes);
            } else if let Ok(data) = entry.metadata() {
                *files += 1;
                *bytes += data.len();
            }
        }
    }
    let (mut files, mut bytes) = (0, 0);
    walk(folder, &mut files, &mut bytes);
    view::BackedUp {
        to: folder.display().to_string(),
        files,
        bytes,
    }
}
