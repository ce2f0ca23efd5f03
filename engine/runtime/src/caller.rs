//! Who asks: a user with everything he may, worked out once and kept for a moment.

use crate::{
    Error, Site,
    desk::{Desk, Halt},
    words::Language,
};
use chrono::NaiveDate;
use kernel::{HeldRole, User};
use model::{Filter, Id, Ref, Verb};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::{Grant, Grants, Scope, role_principal, user_principal};

/// Somebody who asks for something, with his rights. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    pub user: Arc<User>,
    pub language: Language,
    /// What a changing request by cookie must carry.
    pub csrf: Option<String>,
    /// Holds a role that administers the site.
    pub admin: bool,
    pub(crate) rights: Arc<kernel::access::Scope>,
    pub(crate) store: Scope,
    /// As whom he takes part in records and hears of changes.
    pub(crate) principals: Arc<Vec<String>>,
}

impl Caller {
    /// The same, reading another language.
    pub fn speaking(mut self, language: Language) -> Self {
        self.language = language;
        self
    }
    /// The same, with what a changing request must carry.
    pub(crate) fn with_csrf(mut self, csrf: String) -> Self {
        self.csrf = Some(csrf);
        self
    }
    /// Whether he may do this with some rows of a form, register or ledger.
    pub(crate) fn may(&self, r: &Ref, verb: Verb) -> bool {
        self.rights.may(r, verb)
    }
    /// The roles, as the store keeps them.
    pub(crate) fn held(&self) -> Vec<store::HeldRole> {
        let held = |r: &HeldRole| store::HeldRole {
            role: r.role.clone(),
            within: r.within,
        };
        self.user.roles.iter().map(held).collect()
    }
}

/// Callers as they were worked out, by user.
#[derive(Default)]
pub(crate) struct Cache(Mutex<HashMap<Id, Kept>>);

struct Kept {
    /// When it was begun to be worked out.
    since: Instant,
    epoch: u64,
    number: u64,
    day: NaiveDate,
    caller: Caller,
}

/// How long a caller is kept: what his rights are read from (his person, its branch) may change
/// any moment, and must be felt within a second (6.1 rule 21).
const KEPT_FOR: Duration = Duration::from_secs(1);

/// Most callers kept.
const KEPT_MAX: usize = 5_000;

impl Cache {
    fn get(&self, user: Id, epoch: u64, number: u64, day: NaiveDate) -> Option<Caller> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&user)?;
        let fresh = found.since.elapsed() < KEPT_FOR
            && found.epoch == epoch
            && found.number == number
            && found.day == day;
        fresh.then(|| found.caller.clone())
    }
    fn keep(&self, since: Instant, epoch: u64, number: u64, day: NaiveDate, caller: &Caller) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        let row = Kept {
            since,
            epoch,
            number,
            day,
            caller: caller.clone(),
        };
        kept.insert(caller.user.id, row);
    }
    /// Forgets one user.
    pub fn forget(&self, user: Id) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&user);
    }
    /// Forgets everybody.
    pub fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

/// The id that stands for the engine itself where a user is asked for.
pub(crate) const ENGINE: Id = Id(uuid::Uuid::nil());

impl Site {
    /// A user with his rights. `epoch` is what the session or token was checked against.
    pub(crate) async fn caller(&self, user: Id, epoch: u64) -> Result<Caller, Error> {
        let (number, day) = (self.definitions().number, self.today());
        if let Some(found) = self.inner.callers.get(user, epoch, number, day) {
            return Ok(found);
        }
        let since = Instant::now();
        let caller = self
            .desk(&self.engine(), move |desk| {
                Box::pin(async move {
                    let row = desk.tx.user(user).await?.ok_or(Error::NotLoggedIn)?;
                    desk.caller_of(row).await
                })
            })
            .await?;
        self.inner.callers.keep(since, epoch, number, day, &caller);
        Ok(caller)
    }
    /// A caller as he is by what is published now.
    pub(crate) async fn anew(&self, caller: &Caller) -> Result<Caller, Error> {
        let id = caller.user.id;
        if id == ENGINE {
            return Ok(self.engine());
        }
        let found = self
            .desk(&self.engine(), move |desk| {
                Box::pin(async move {
                    let row = desk.tx.user(id).await?.ok_or(Error::NotLoggedIn)?;
                    desk.caller_of(row).await
                })
            })
            .await?;
        Ok(Caller {
            language: caller.language,
            csrf: caller.csrf.clone(),
            ..found
        })
    }
    /// The caller behind a login, without a password: for stories and the command line.
    pub async fn caller_named(&self, login: &str) -> Result<Caller, Error> {
        let user = self.user_named(login).await?;
        self.caller(user.id, user.epoch).await
    }
    /// The caller behind a user's id, without a password.
    pub async fn caller_by_id(&self, id: Id) -> Result<Caller, Error> {
        let row = self
            .inner
            .store
            .read(move |tx| Box::pin(async move { Ok::<_, Error>(tx.user(id).await?) }))
            .await?
            .ok_or(Error::NotFound)?;
        self.caller(id, row.epoch).await
    }
    /// The same caller after something about him was changed.
    pub async fn again(&self, caller: &Caller) -> Result<Caller, Error> {
        let now = self.caller_by_id(caller.user.id).await?;
        Ok(match &caller.csrf {
            Some(csrf) => now.with_csrf(csrf.clone()),
            None => now,
        })
    }
    /// The engine itself: for timers, demo data and opening balances. It has no grants; what it
    /// does is not asked of rights.
    pub(crate) fn engine(&self) -> Caller {
        let user = User {
            id: ENGINE,
            login: "engine".into(),
            name: "engine".into(),
            language: "en".into(),
            person: None,
            branch: None,
            branches: vec![],
            department: None,
            roles: vec![],
        };
        Caller {
            user: Arc::new(user),
            language: Language::En,
            csrf: None,
            admin: true,
            rights: Arc::new(kernel::access::Scope::nothing(ENGINE)),
            store: Scope::engine(),
            principals: Arc::default(),
        }
    }
}

impl Desk<'_> {
    /// Works out what a user may.
    pub async fn caller_of(&mut self, row: store::User) -> Result<Caller, Halt> {
        let definitions = self.definitions.clone();
        let roles = self.tx.roles_of(row.id).await?;
        let (mut branch, mut department) = (None, None);
        if let (Some(person), Some(people)) = (row.person, definitions.catalogue.people()) {
            if let Some(path) = &people.branch {
                branch = self.follow(&people.form, person, path).await?;
            }
            if let Some(path) = &people.department {
                department = self.follow(&people.form, person, path).await?;
            }
        }
        let mut branches: Vec<Id> = branch.into_iter().collect();
        for within in roles.iter().filter_map(|r| r.within) {
            if !branches.contains(&within) {
                branches.push(within);
            }
        }
        let admin = roles.iter().any(|r| {
            definitions
                .catalogue
                .role(&r.role)
                .is_some_and(|r| r.administers)
        });
        let held = |r: store::HeldRole| HeldRole {
            role: r.role,
            within: r.within,
        };
        let user = Arc::new(User {
            id: row.id,
            login: row.login,
            name: row.name,
            language: row.language.clone(),
            person: row.person,
            branch,
            branches,
            department,
            roles: roles.into_iter().map(held).collect(),
        });
        let me = user.clone();
        let rights = self
            .settle(move |d, asker, facts| {
                let asker = kernel::Asker { user: &me, ..asker };
                kernel::access::scope(&d.rules, asker, facts)
            })
            .await?;
        let mut principals = vec![user_principal(user.id)];
        for held in &user.roles {
            principals.push(role_principal(&held.role, held.within));
            // Who holds a role everywhere holds it within every record, and who holds it within
            // one is still a holder where none is named.
            if held.within.is_some() {
                principals.push(role_principal(&held.role, None));
            }
        }
        let store = Scope::of(self.grants(&rights, &principals));
        Ok(Caller {
            language: row.language.parse().unwrap_or_default(),
            user,
            csrf: None,
            admin,
            rights: Arc::new(rights),
            store,
            principals: Arc::new(principals),
        })
    }

    /// Rights as the query builder takes them. A form without a grant has no rows of its own, but
    /// who takes part in one of its records still sees it.
    fn grants(&self, rights: &kernel::access::Scope, principals: &[String]) -> Grants {
        let definitions = &self.definitions;
        let grant = |r: &Ref| {
            let looks = rights.looks(&definitions.rules, r);
            let rows = rights.of(r).and_then(|a| a.verbs.get(&Verb::Read)).cloned();
            Grant {
                rows: rows.unwrap_or_else(Filter::nothing),
                looks: looks
                    .named()
                    .map(|(path, look)| (path.clone(), look))
                    .collect(),
                others: looks.others(),
                open: rights.of(r).map_or_else(Default::default, |allowed| {
                    let open = allowed.open.iter();
                    open.map(|(path, rows)| (path.clone(), rows.clone()))
                        .collect()
                }),
            }
        };
        let forms = definitions
            .catalogue
            .forms()
            .map(|f| (f.name.clone(), grant(&f.name)));
        let ledgers = definitions
            .catalogue
            .ledgers()
            .filter(|l| rights.may(&l.name, Verb::Read))
            .map(|l| (l.name.clone(), grant(&l.name)));
        Grants {
            principals: principals.to_vec(),
            forms: forms.collect(),
            ledgers: ledgers.collect(),
        }
    }
}
