//! Proof that what is kept is what was written, and that the place it is kept in is sound.

mod instances;
mod keys;
mod postings;

use crate::{Error, Options, Site, desk::Desk, view, words::Language};
use model::FormKind;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};
use store::{Dialect, Failure, Queue, Store, Wrong};

/// Places named of a check that fails.
const NAMED: usize = 5;
/// The oldest SQLite that keeps what it acknowledged (a corruption of WAL files was mended in it).
const SQLITE: [u32; 3] = [3, 51, 3];
/// Less free space than this is told.
const FREE: u64 = 1 << 30;
/// How far the clocks of the site and of the database may differ.
const APART: chrono::TimeDelta = chrono::TimeDelta::seconds(5);

/// The checks of `verify`, in the order they are shown.
const CHECKS: [&str; 14] = [
    "integrity",
    "versions",
    "foreign_keys",
    "series",
    "balances",
    "turnover",
    "postings",
    "keys",
    "events",
    "replay",
    "waiting",
    "completions",
    "audit",
    "blobs",
];

impl Site {
    /// Recomputes everything that can be recomputed, and compares.
    pub async fn verify(&self) -> Result<view::Verified, Error> {
        let definitions = self.definitions();
        let store = &self.inner.store;
        let mut wrong: Vec<Wrong> = vec![];
        match store.read(|tx| Box::pin(tx.check_integrity())).await {
            // Too damaged to say where.
            Err(Failure::Corrupt(say)) => wrong.push(Wrong {
                check: "integrity",
                at: say,
                rows: 1,
            }),
            found => wrong.extend(found?),
        }
        if !wrong.is_empty() {
            // A damaged file answers nothing else truly.
            return Ok(told(vec![shown("integrity", &wrong)]));
        }
        let tables = definitions.tables.clone();
        let (t, u, v, w) = (tables.clone(), tables.clone(), tables.clone(), tables);
        wrong.extend(
            store
                .read_with(t, |tx, t| Box::pin(tx.check_versions(t)))
                .await?,
        );
        wrong.extend(
            store
                .read_with(u, |tx, t| Box::pin(tx.check_records(t)))
                .await?,
        );
        wrong.extend(
            store
                .read_with(v, |tx, t| Box::pin(tx.check_ledgers(t)))
                .await?,
        );
        wrong.extend(
            store
                .read_with(w, |tx, t| Box::pin(tx.check_postings(t)))
                .await?,
        );
        wrong.extend(self.check_entries().await?);
        wrong.extend(self.check_keys().await?);
        wrong.extend(store.read(|tx| Box::pin(tx.check_changes())).await?);
        wrong.extend(store.read(|tx| Box::pin(tx.check_events())).await?);
        wrong.extend(self.check_instances().await?);
        let block = store
            .read(|tx| Box::pin(tx.check_audit()))
            .await
            .map_err(|f: Failure| Error::from(f))?;
        wrong.extend(block.map(|block| Wrong {
            check: "audit",
            at: format!("block {block}"),
            rows: 1,
        }));
        wrong.extend(store.check_blobs().await?);
        Ok(told(
            CHECKS.iter().map(|code| shown(code, &wrong)).collect(),
        ))
    }

    /// Looks at the place the site is kept in, and at what it still needs.
    pub async fn doctor(&self) -> Result<view::Verified, Error> {
        let store = &self.inner.store;
        let dialect = store.dialect();
        let now = self.clock.now();
        let (version, theirs, dead, newest) = store
            .read(|tx| {
                Box::pin(async move {
                    let dead = tx.backlog(Queue::Job).await?.1 + tx.backlog(Queue::Outbox).await?.1;
                    let newest = tx.audit(None, 1).await?.first().map(|a| a.at);
                    Ok::<_, Error>((tx.version().await?, tx.now().await?, dead, newest))
                })
            })
            .await?;
        let fits = match dialect {
            Dialect::Sqlite => recent(&version),
            Dialect::Postgres => true,
        };
        let name = match dialect {
            Dialect::Sqlite => "SQLite",
            Dialect::Postgres => "PostgreSQL",
        };
        let mut checks = vec![found("database", fits, 0, &format!("{name} {version}"))];
        checks.push(match store.dead() {
            None => found("writes", true, 0, ""),
            Some(failure) => found("writes", false, 1, &failure.to_string()),
        });
        let dir = store.dir().to_owned();
        let free = tokio::task::spawn_blocking(move || free(&dir)).await;
        checks.push(match free.ok().flatten() {
            Some(bytes) => {
                let say = format!("{} MiB", bytes >> 20);
                found("disk", bytes >= FREE, 0, &say)
            }
            None => found("disk", true, 0, "?"),
        });
        let apart = match self.clock {
            crate::Clock::System | crate::Clock::Wrong(_) => (now - theirs).abs(),
            crate::Clock::Fixed(_) => chrono::TimeDelta::zero(),
        };
        let sane = model::day::keeps_moment(now)
            && now > chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000)
            && newest.is_none_or(|at| at <= now + chrono::TimeDelta::minutes(5))
            && apart <= APART;
        checks.push(found("clock", sane, 0, &crate::show::moment(now)));
        let missing = self.settings_missing().await?;
        let say = missing.join(", ");
        checks.push(found("settings", missing.is_empty(), missing.len(), &say));
        let definitions = self.definitions();
        let packages: Vec<String> = definitions
            .catalogue
            .packages
            .values()
            .map(|p| {
                let revision = definitions.revisions.get(&p.name).copied().unwrap_or(0);
                format!("{} {} ({revision})", p.name, p.manifest.version)
            })
            .collect();
        checks.push(found(
            "packages",
            !packages.is_empty(),
            packages.len(),
            &packages.join(", "),
        ));
        let parked: Vec<String> = definitions
            .parked
            .iter()
            .map(|p| {
                let first = p.problems.first().map(ToString::to_string);
                format!("{} ({}): {}", p.name, p.revision, first.unwrap_or_default())
            })
            .collect();
        let say = parked.join("; ");
        checks.push(found("parked", parked.is_empty(), parked.len(), &say));
        checks.push(found("dead_work", dead == 0, dead as usize, ""));
        Ok(told(checks))
    }

    /// Required settings that nobody has set, `form.field`.
    async fn settings_missing(&self) -> Result<Vec<String>, Error> {
        self.desk(&self.engine(), |desk: &mut Desk| {
            Box::pin(async move {
                let definitions = desk.definitions.clone();
                let forms = definitions.catalogue.forms();
                let forms = forms.filter(|f| f.kind == FormKind::Settings);
                let mut out = BTreeSet::new();
                for form in forms {
                    let record = desk.settings(&form.name).await?;
                    let missing = form.fields.iter().filter(|(name, f)| {
                        f.required.always()
                            && f.typed()
                            && record
                                .as_ref()
                                .is_none_or(|r| !r.values.contains_key(*name))
                    });
                    out.extend(missing.map(|(name, _)| format!("{}.{name}", form.name)));
                }
                Ok(out.into_iter().collect())
            })
        })
        .await
    }

    /// Copies the whole site into an empty folder while it goes on working.
    pub async fn backup(&self, to: &Path) -> Result<view::BackedUp, Error> {
        self.inner.store.backup(to).await?;
        measured(to.to_owned(), to.display().to_string()).await
    }

    /// Makes a site out of a backup.
    pub async fn restore(options: Options, from: &Path) -> Result<view::BackedUp, Error> {
        let store = Store::restore(from, options.address()).await?;
        drop(store);
        measured(from.to_owned(), options.data.display().to_string()).await
    }
}

fn told(checks: Vec<view::Checked>) -> view::Verified {
    view::Verified {
        ok: checks.iter().all(|c| c.ok),
        checks,
    }
}

/// One check, with what it found.
fn shown(code: &str, wrong: &[Wrong]) -> view::Checked {
    let mine: Vec<&Wrong> = wrong.iter().filter(|w| w.check == code).collect();
    let count = mine.iter().map(|w| w.rows).sum();
    checked(&format!("verify/{code}"), code, count, &mine)
}

fn checked(key: &str, code: &str, count: u64, wrong: &[&Wrong]) -> view::Checked {
    let mut say = Language::En.word(key).unwrap_or(code).to_owned();
    if !wrong.is_empty() {
        let places = wrong
            .iter()
            .take(NAMED)
            .map(|w| format!("{}: {}", w.at, w.rows));
        let more = if wrong.len() > NAMED { "; …" } else { "" };
        let places: Vec<String> = places.collect();
        say = format!("{say} — {}{more}", places.join("; "));
    }
    view::Checked {
        code: code.into(),
        ok: wrong.is_empty(),
        say,
        count,
    }
}

fn found(code: &str, ok: bool, count: usize, what: &str) -> view::Checked {
    let say = Language::En.say(&format!("doctor/{code}"), &[what.to_owned()]);
    view::Checked {
        code: code.into(),
        ok,
        say,
        count: count as u64,
    }
}

/// Whether a version of SQLite is new enough.
fn recent(version: &str) -> bool {
    let parts: Vec<u32> = version.split('.').filter_map(|p| p.parse().ok()).collect();
    parts.as_slice() >= &SQLITE[..]
}

/// Free bytes where a folder is, as `df` tells; nothing where there is no such program.
fn free(dir: &Path) -> Option<u64> {
    let mut df = std::process::Command::new("df");
    let out = df.arg("-Pk").arg(dir).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let kilobytes: u64 = text
        .lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    kilobytes.checked_mul(1_024)
}

/// How much a backup holds.
async fn measured(dir: PathBuf, to: String) -> Result<view::BackedUp, Error> {
    fn add(dir: &Path, sum: &mut (u64, u64)) -> std::io::Result<()> {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                add(&entry.path(), sum)?;
            } else {
                sum.0 += 1;
                sum.1 += entry.metadata()?.len();
            }
        }
        Ok(())
    }
    let summed = tokio::task::spawn_blocking(move || {
        let mut sum = (0, 0);
        add(&dir, &mut sum).map(|()| sum)
    });
    let failed = |e: String| Error::Failure(Failure::Io(e));
    let sum = summed.await.map_err(|e| failed(e.to_string()))?;
    let (files, bytes) = sum.map_err(|e| failed(e.to_string()))?;
    Ok(view::BackedUp { to, files, bytes })
}

#[cfg(test)]
mod tests {
    use super::recent;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(recent("3.51.3"));
        assert!(recent("3.100.0"));
        assert!(!recent("3.51.2"));
        assert!(!recent("3.9.9"));
        assert!(!recent(""));
    }
}
