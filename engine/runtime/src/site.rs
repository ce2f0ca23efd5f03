//! A site: one customer's data and definitions, open in this process.

use crate::{
    Caller, Clock, Error,
    older::Names,
    stream::Hub,
    worker::{self, Pool},
};
use kernel::{Rules, workflow::Def};
use model::{
    Catalogue, Id, Name, Package, Problem, Ref, Target, read,
    zone::{NoZone, Zone},
};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use store::{Address, Failure, Store, Tables};

/// How to open a site.
#[derive(Clone)]
pub struct Options {
    /// Folder of the database (SQLite), of files, and of the lock.
    pub data: PathBuf,
    /// `postgres://…`; SQLite in `data` where nothing is said.
    pub database: Option<String>,
    /// Schema of the site on PostgreSQL.
    pub schema: String,
    pub clock: Clock,
    /// The program that runs as `PROGRAM worker`.
    pub program: PathBuf,
    /// Also on a PostgreSQL whose settings lose acknowledged work (tests).
    pub allow_unsafe: bool,
}

impl Options {
    /// A site in a folder, on SQLite, by the machine's clock.
    pub fn folder(data: PathBuf, program: PathBuf) -> Self {
        Self {
            data,
            database: None,
            schema: "formwork".into(),
            clock: Clock::System,
            program,
            allow_unsafe: false,
        }
    }
    /// Where the store is.
    pub(crate) fn address(&self) -> Address {
        match &self.database {
            None => Address::Sqlite {
                dir: self.data.clone(),
            },
            Some(url) => Address::Postgres {
                url: url.clone(),
                schema: self.schema.clone(),
                dir: self.data.clone(),
                allow_unsafe: self.allow_unsafe,
            },
        }
    }
}

/// An open site. Cloning is cheap; every clone is the same site.
#[derive(Clone)]
pub struct Site {
    pub(crate) inner: Arc<Inner>,
    pub(crate) clock: Clock,
}

pub(crate) struct Inner {
    pub store: Store,
    pub pool: Pool,
    pub hub: Hub,
    pub counters: crate::metrics::Counters,
    pub line: crate::command::Line,
    current: RwLock<Arc<Definitions>>,
    /// Older definitions by the catalogue's number, for instances that run by them; each with the
    /// number of the catalogue it was loaded beside.
    older: Mutex<HashMap<u64, (u64, Arc<Definitions>)>>,
    pub callers: crate::caller::Cache,
    pub logins: crate::demo::Logins,
}

/// Everything published, ready to be used. Immutable: a publish makes a new one.
pub(crate) struct Definitions {
    pub catalogue: Arc<Catalogue>,
    pub rules: Arc<Rules>,
    pub tables: Arc<Tables>,
    pub revisions: HashMap<Name, u64>,
    flows: HashMap<Ref, Arc<Def>>,
    /// The site's catalogue number these were loaded at.
    pub number: u64,
    /// Of older ones: what has another name today.
    pub names: Names,
    /// Packages that are published and cannot be used.
    pub parked: Vec<Parked>,
}

/// A stored package that this program does not understand, or that needs one it does not: an
/// older program was less strict. Its records stay as they are until it is published anew.
#[derive(Clone, Debug)]
pub(crate) struct Parked {
    pub name: Name,
    pub revision: u64,
    pub problems: Vec<Problem>,
}

/// Most older definitions kept at hand: as many publishes as the instances that run span.
const OLDER_MAX: usize = 32;

impl Definitions {
    pub(crate) fn new(
        catalogue: Arc<Catalogue>,
        rules: Arc<Rules>,
        revisions: HashMap<Name, u64>,
        number: u64,
    ) -> Result<Self, Error> {
        let mut flows = HashMap::new();
        for package in catalogue.packages.values() {
            for (r, workflow) in &package.workflows {
                let def = Def::load(workflow).map_err(Error::Problems)?;
                flows.insert(r.clone(), Arc::new(def));
            }
        }
        let tables = Arc::new(Tables::compile(&catalogue)?);
        Ok(Self {
            catalogue,
            rules,
            tables,
            revisions,
            flows,
            number,
            names: Names::default(),
            parked: vec![],
        })
    }
    /// A compiled workflow definition.
    pub fn flow(&self, r: &Ref) -> Result<&Arc<Def>, Error> {
        self.flows.get(r).ok_or_else(|| self.missing(r))
    }
    /// A form, or the form a register is kept as.
    pub fn form(&self, r: &Ref) -> Result<&Arc<model::Form>, Error> {
        self.catalogue.form(r).ok_or_else(|| self.missing(r))
    }
    /// Why something is not there.
    fn missing(&self, r: &Ref) -> Error {
        match self.parked.iter().any(|p| p.name == r.package) {
            true => crate::command::refused("package_parked", &[r.package.to_string()]),
            false => Error::NotFound,
        }
    }
    /// The revision of the package a definition belongs to.
    pub fn revision(&self, r: &Ref) -> u64 {
        self.revisions.get(&r.package).copied().unwrap_or(0)
    }
}

/// Definitions of a site that has no package yet, or of these packages.
fn compile(
    packages: Vec<Arc<Package>>,
    revisions: HashMap<Name, u64>,
    number: u64,
    zone: Zone,
) -> Result<Definitions, Error> {
    let catalogue = Arc::new(Catalogue::new(packages).in_zone(zone));
    let rules = Rules::compile(catalogue.clone()).map_err(Error::Problems)?;
    Definitions::new(catalogue, Arc::new(rules), revisions, number)
}

/// Definitions of stored packages, without those that cannot be used.
fn compile_stored(loaded: Loaded) -> Result<Definitions, Error> {
    let Loaded {
        mut packages,
        revisions,
        number,
        zone,
        mut parked,
    } = loaded;
    loop {
        let problems = match compile(packages.clone(), revisions.clone(), number, zone) {
            Err(Error::Problems(problems)) => problems,
            Err(e) => return Err(e),
            Ok(definitions) => {
                return Ok(Definitions {
                    parked,
                    ..definitions
                });
            }
        };
        let of = |name: &Name| -> Vec<Problem> {
            let theirs = |p: &&Problem| p.file.split('/').next() == Some(name.as_str());
            problems.iter().filter(theirs).cloned().collect()
        };
        let before = packages.len();
        packages.retain(|package| {
            let problems = of(&package.name);
            let good = problems.is_empty();
            if !good {
                parked.push(Parked {
                    name: package.name.clone(),
                    revision: revisions.get(&package.name).copied().unwrap_or(0),
                    problems,
                });
            }
            good
        });
        if packages.len() == before {
            return Err(Error::Problems(problems));
        }
    }
}

impl Site {
    /// Opens a site, creating it where it is missing.
    pub async fn open(options: Options) -> Result<Self, Error> {
        let store = Store::open(options.address()).await?;
        Self::over(store, options).await
    }
    /// Opens a site that another process may be serving, to copy it, to look at it, or to change
    /// users.
    pub async fn open_beside(options: Options) -> Result<Self, Error> {
        let store = Store::open_beside(options.address()).await?;
        Self::over(store, options).await
    }
    async fn over(store: Store, options: Options) -> Result<Self, Error> {
        let pool = Pool::new(options.program.clone(), worker::Limits::default());
        let current = compile_stored(load(&store).await?)?;
        let clock = options.clock.clone();
        let inner = Inner {
            store,
            pool,
            hub: Hub::default(),
            counters: crate::metrics::Counters::default(),
            line: crate::command::Line::default(),
            current: RwLock::new(Arc::new(current)),
            older: Mutex::default(),
            callers: crate::caller::Cache::default(),
            logins: crate::demo::Logins::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
            clock,
        })
    }
    /// The same site with another clock (stories, demo runs).
    pub fn at(&self, clock: Clock) -> Self {
        Self {
            inner: self.inner.clone(),
            clock,
        }
    }
    /// The day it is at the site.
    pub(crate) fn today(&self) -> chrono::NaiveDate {
        self.definitions().catalogue.zone.day_of(self.clock.now())
    }
    /// Where the site is: when its days begin.
    pub fn zone(&self) -> Zone {
        self.definitions().catalogue.zone
    }
    /// Says where the site is. Kept with its data, for every process on it.
    pub async fn set_zone(&self, zone: Zone) -> Result<(), Error> {
        self.inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock_publish().await?;
                    Ok::<_, Error>(tx.set_zone(&zone.to_string()).await?)
                })
            })
            .await?;
        self.refresh().await
    }
    /// What is published now.
    pub(crate) fn definitions(&self) -> Arc<Definitions> {
        self.inner
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
    /// Puts what was just published in place; who asks next sees it.
    pub(crate) fn install(&self, definitions: Definitions) {
        let mut current = self
            .inner
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Whoever comes late with an older catalogue changes nothing.
        if definitions.number >= current.number {
            *current = Arc::new(definitions);
        }
        drop(current);
        self.inner.callers.clear();
    }
    /// Loads the packages anew where another node has published (found by its number).
    pub async fn refresh(&self) -> Result<(), Error> {
        let number = self
            .inner
            .store
            .read(|tx| Box::pin(async move { Ok::<_, Error>(tx.catalogue().await?) }))
            .await?;
        if number != self.definitions().number {
            self.install(compile_stored(load(&self.inner.store).await?)?);
        }
        Ok(())
    }
    /// Everything as it was published when the catalogue had this number: what an instance that
    /// began then runs by to its end.
    pub(crate) async fn definitions_at(&self, number: u64) -> Result<Arc<Definitions>, Error> {
        let now = self.definitions();
        if now.number == number {
            return Ok(now);
        }
        let older = || {
            let older = self.inner.older.lock();
            older.unwrap_or_else(PoisonError::into_inner)
        };
        // What was worked out beside another catalogue does not know today's names and tables.
        let found = older().get(&number).cloned();
        if let Some(found) = found.filter(|(beside, _)| *beside == now.number) {
            return Ok(found.1);
        }
        let definitions = Arc::new(self.load_at(number, &now).await?);
        let mut older = older();
        older.retain(|_, (beside, _)| *beside == now.number);
        if older.len() >= OLDER_MAX {
            older.clear();
        }
        older.insert(number, (now.number, definitions.clone()));
        Ok(definitions)
    }

    async fn load_at(&self, number: u64, now: &Definitions) -> Result<Definitions, Error> {
        let today = Arc::new(now.revisions.clone());
        let (then, since) = self
            .inner
            .store
            .read(move |tx| {
                let today = today.clone();
                Box::pin(async move {
                    let (mut then, mut since) = (vec![], vec![]);
                    for head in tx.packages_at(number).await? {
                        let newest = today.get(&head.name).copied().unwrap_or(0);
                        for revision in head.revision + 1..=newest {
                            since.push(tx.revision(&head.name, revision).await?);
                        }
                        then.push(tx.revision(&head.name, head.revision).await?);
                    }
                    Ok::<_, Error>((then, since))
                })
            })
            .await?;
        if then.is_empty() {
            return Err(Error::Failure(Failure::Corrupt(format!(
                "no package of catalogue {number}"
            ))));
        }
        let then = understood(then, number, now.catalogue.zone)?;
        // Of one that cannot be read any more nothing is known to be renamed.
        let since: Vec<Arc<Package>> = since.into_iter().filter_map(|r| package(r).ok()).collect();
        let mut names = Names::default();
        for package in &then.packages {
            let since: Vec<Arc<Package>> = since
                .iter()
                .filter(|p| p.name == package.name)
                .cloned()
                .collect();
            names.learn(package, &since);
        }
        Ok(Definitions {
            // Rows are kept as the site keeps them today.
            tables: now.tables.clone(),
            names,
            ..compile_stored(then)?
        })
    }
    /// A record by its key, with its title, as the engine reads it.
    pub(crate) async fn record_by_key(&self, form: &Ref, key: &str) -> Result<(Id, String), Error> {
        let (form, key) = (form.clone(), key.to_owned());
        self.desk(&self.engine(), move |desk| {
            let (form, key) = (form.clone(), key.clone());
            Box::pin(async move {
                let found = desk.by_key(&form, &key).await?;
                let id = found.ok_or_else(|| Error::BadRequest {
                    code: "no_such_key".into(),
                    at: form.to_string(),
                    with: vec![key.clone()],
                })?;
                let to = Target {
                    form: form.clone(),
                    table: None,
                };
                let title = desk
                    .titles_of(&to, &[id])
                    .await?
                    .remove(&id)
                    .unwrap_or_default();
                Ok((id, title))
            })
        })
        .await
    }
    /// Closes the site once the commands on their way have let go of it, at most two seconds
    /// later; the database's threads end with the last hold.
    pub async fn close(self) {
        for _ in 0..400 {
            if Arc::strong_count(&self.inner) == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        // Ending the threads waits for them.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
    /// Forgets cached rights of a user, after they were changed here.
    pub(crate) fn forget(&self, caller: &Caller) {
        self.inner.callers.forget(caller.user.id);
    }
}

/// What is stored.
struct Loaded {
    packages: Vec<Arc<Package>>,
    revisions: HashMap<Name, u64>,
    number: u64,
    zone: Zone,
    parked: Vec<Parked>,
}

/// The newest revision of every package of a site.
async fn load(store: &Store) -> Result<Loaded, Error> {
    let (revisions, number, zone) = store
        .read(|tx| {
            Box::pin(async move {
                let number = tx.catalogue().await?;
                let mut out = vec![];
                for head in tx.packages().await? {
                    out.push(tx.revision(&head.name, head.revision).await?);
                }
                Ok::<_, Error>((out, number, tx.zone().await?))
            })
        })
        .await?;
    let zone = match zone {
        Some(name) => name
            .parse()
            .map_err(|e: NoZone| Failure::Corrupt(e.to_string()))?,
        None => Zone::default(),
    };
    understood(revisions, number, zone)
}

/// Stored revisions as far as they are understood.
fn understood(stored: Vec<store::Revision>, number: u64, zone: Zone) -> Result<Loaded, Error> {
    let mut loaded = Loaded {
        packages: vec![],
        revisions: HashMap::new(),
        number,
        zone,
        parked: vec![],
    };
    for stored in stored {
        let (name, revision) = (stored.head.name.clone(), stored.head.revision);
        loaded.revisions.insert(name.clone(), revision);
        match package(stored) {
            Ok(package) => loaded.packages.push(package),
            Err(Error::Problems(problems)) => loaded.parked.push(Parked {
                name,
                revision,
                problems,
            }),
            Err(e) => return Err(e),
        }
    }
    Ok(loaded)
}

/// A stored revision as it is used.
fn package(revision: store::Revision) -> Result<Arc<Package>, Error> {
    let files = revision.files.into_iter();
    let files = files.map(|(path, body)| (path, body.to_vec())).collect();
    let read = read::package(&revision.head.name, &files).map_err(Error::Problems)?;
    Ok(Arc::new(read))
}
