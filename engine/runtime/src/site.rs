//! A site: one customer's data and definitions, open in this process.

use crate::{
    Caller, Clock, Error,
    older::Names,
    stream::Hub,
    worker::{self, Pool},
};
use kernel::{Rules, workflow::Def};
use model::{Catalogue, Id, Name, Package, Ref, Target, read};
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
        })
    }
    /// A compiled workflow definition.
    pub fn flow(&self, r: &Ref) -> Result<&Arc<Def>, Error> {
        self.flows.get(r).ok_or(Error::NotFound)
    }
    /// A form, or the form a register is kept as.
    pub fn form(&self, r: &Ref) -> Result<&Arc<model::Form>, Error> {
        self.catalogue.form(r).ok_or(Error::NotFound)
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
) -> Result<Definitions, Error> {
    let catalogue = Arc::new(Catalogue::new(packages));
    let rules = Rules::compile(catalogue.clone()).map_err(Error::Problems)?;
    Definitions::new(catalogue, Arc::new(rules), revisions, number)
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
        let (packages, revisions, number) = load(&store).await?;
        let current = compile(packages, revisions, number)?;
        let clock = options.clock.clone();
        let inner = Inner {
            store,
            pool,
            hub: Hub::default(),
            counters: crate::metrics::Counters::default(),
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
            let (packages, revisions, number) = load(&self.inner.store).await?;
            self.install(compile(packages, revisions, number)?);
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
        let revisions: HashMap<Name, u64> = then
            .iter()
            .map(|r| (r.head.name.clone(), r.head.revision))
            .collect();
        let then: Vec<Arc<Package>> = then.into_iter().map(package).collect::<Result<_, _>>()?;
        // Of one that cannot be read any more nothing is known to be renamed.
        let since: Vec<Arc<Package>> = since.into_iter().filter_map(|r| package(r).ok()).collect();
        let mut names = Names::default();
        for package in &then {
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
            ..compile(then, revisions, number)?
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

type Loaded = (Vec<Arc<Package>>, HashMap<Name, u64>, u64);

/// The newest revision of every package of a site.
async fn load(store: &Store) -> Result<Loaded, Error> {
    let (revisions, number) = store
        .read(|tx| {
            Box::pin(async move {
                let number = tx.catalogue().await?;
                let mut out = vec![];
                for head in tx.packages().await? {
                    out.push(tx.revision(&head.name, head.revision).await?);
                }
                Ok::<_, Error>((out, number))
            })
        })
        .await?;
    let mut packages = vec![];
    let mut numbers = HashMap::new();
    for revision in revisions {
        let name = revision.head.name.clone();
        numbers.insert(name, revision.head.revision);
        packages.push(package(revision)?);
    }
    Ok((packages, numbers, number))
}

/// A stored revision as it is used.
fn package(revision: store::Revision) -> Result<Arc<Package>, Error> {
    let files = revision.files.into_iter();
    let files = files.map(|(path, body)| (path, body.to_vec())).collect();
    let read = read::package(&revision.head.name, &files).map_err(Error::Problems)?;
    Ok(Arc::new(read))
}
