//! Who asks: logging in, sessions, tokens, and what somebody may change about himself.

use crate::{Caller, Error, Site, password, throttle, view, words::Language};
use chrono::TimeDelta;
use model::{Id, Ref};
use serde_json::{Value, json};
use std::{net::IpAddr, sync::Arc};
use store::{HeldRole, Session, User};

/// A session that nobody uses ends after this long.
const IDLE: TimeDelta = TimeDelta::hours(12);
/// Every session ends after this long.
const ABSOLUTE: TimeDelta = TimeDelta::days(30);
/// A used session is noted at most this often.
const TOUCH: TimeDelta = TimeDelta::minutes(10);

/// A new session.
pub struct LoggedIn {
    /// The secret for the cookie; only its hash is kept.
    pub token: String,
    pub caller: Caller,
}

/// What somebody may change about himself.
#[derive(Clone, Debug, Default)]
pub struct ChangeMe {
    pub language: Option<String>,
    /// Kept for the web app as it is.
    pub settings: Option<Value>,
    /// Old and new password.
    pub password: Option<(String, String)>,
}

/// A user to add.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub login: String,
    pub name: Option<String>,
    pub password: Option<String>,
    /// Key of the person behind the user.
    pub person: Option<String>,
    /// Roles; `role` or `role@key of the record it is held within`.
    pub roles: Vec<(Ref, Option<String>)>,
    pub language: Language,
}

impl Site {
    /// Checks a password and begins a session. Who guesses is slowed down.
    pub async fn log_in(
        &self,
        login: &str,
        secret: &str,
        address: Option<IpAddr>,
    ) -> Result<LoggedIn, Error> {
        let now = self.clock.now();
        let tried = Arc::new(self.may_try(login, address).await?);
        let name = login.to_owned();
        let user = self
            .inner
            .store
            .read(move |tx| {
                let name = name.clone();
                Box::pin(async move { Ok::<_, Error>(tx.user_by_login(&name).await?) })
            })
            .await?
            .filter(|u| u.active);
        let hash = user.as_ref().and_then(|u| u.password.clone());
        let right = password::verify(secret, hash).await;
        let from = address.map(|a| a.to_string());
        let Some(user) = user.clone().filter(|_| right) else {
            // What is no login of ours may be a password typed in the wrong place.
            let known = user.map(|u| u.id);
            let detail = json!({ "address": from, "user": known });
            self.keep_trail(self.trail(None, "login_failed", &detail))
                .await?;
            return Err(Error::refused("wrong_login"));
        };
        let trail = self.trail(Some(user.id), "login", &json!({ "address": from }));
        let token = password::secret();
        let csrf = password::secret();
        let session = Session {
            hash: password::digest(&token).to_vec(),
            user: user.id,
            epoch: user.epoch,
            csrf: csrf.clone(),
            agent: String::new(),
            created_at: now,
            seen_at: now,
            until: now + IDLE,
        };
        self.inner
            .store
            .write(move |tx| {
                let (session, tried) = (session.clone(), tried.clone());
                let trail = trail.clone();
                Box::pin(async move {
                    throttle::succeeded(tx, &tried, now).await?;
                    tx.add_audit(&[trail]).await?;
                    tx.add_session(&session).await?;
                    Ok::<_, Error>(())
                })
            })
            .await?;
        let caller = self.caller(user.id, user.epoch).await?.with_csrf(csrf);
        Ok(LoggedIn { token, caller })
    }

    /// The caller behind a session's secret. A change of his rights or a log-out elsewhere is
    /// felt at once: the user's epoch is read every time.
    pub async fn caller_of_session(&self, token: &str) -> Result<Caller, Error> {
        let (hash, now) = (password::digest(token), self.clock.now());
        let session = self
            .inner
            .store
            .ask(move |tx| Box::pin(async move { Ok::<_, Error>(tx.session(&hash, now).await?) }))
            .await?
            .ok_or(Error::NotLoggedIn)?;
        if now - session.seen_at > TOUCH {
            let until = (now + IDLE).min(session.created_at + ABSOLUTE);
            self.inner
                .store
                .write(move |tx| {
                    Box::pin(
                        async move { Ok::<_, Error>(tx.touch_session(&hash, now, until).await?) },
                    )
                })
                .await?;
        }
        Ok(self
            .caller(session.user, session.epoch)
            .await?
            .with_csrf(session.csrf))
    }

    /// The caller behind a bearer token.
    pub async fn caller_of_bearer(&self, token: &str) -> Result<Caller, Error> {
        let (hash, now) = (password::digest(token), self.clock.now());
        let token = self
            .inner
            .store
            .read(move |tx| Box::pin(async move { Ok::<_, Error>(tx.token(&hash, now).await?) }))
            .await?
            .ok_or(Error::NotLoggedIn)?;
        self.caller(token.user, token.epoch).await
    }

    /// Ends a session.
    pub async fn log_out(&self, token: &str) -> Result<(), Error> {
        let hash = password::digest(token);
        self.inner
            .store
            .write(move |tx| Box::pin(async move { Ok::<_, Error>(tx.end_session(&hash).await?) }))
            .await
    }

    /// Changes what somebody may change about himself.
    pub async fn change_me(&self, caller: &Caller, change: ChangeMe) -> Result<(), Error> {
        let id = caller.user.id;
        if let Some(language) = change.language {
            let language: Language = language.parse().map_err(|()| Error::BadRequest {
                code: "unknown_language".into(),
                at: "language".into(),
                with: vec![language.clone()],
            })?;
            self.inner
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        Ok::<_, Error>(tx.set_language(id, language.as_str()).await?)
                    })
                })
                .await?;
            self.forget(caller);
        }
        if let Some(settings) = change.settings {
            let text = settings.to_string();
            if text.len() > 64 << 10 {
                return Err(Error::bad("too_long", "settings"));
            }
            self.inner
                .store
                .write(move |tx| {
                    let text = text.clone();
                    let key = format!("settings {id}");
                    Box::pin(async move { Ok::<_, Error>(tx.set_site(&key, &text).await?) })
                })
                .await?;
        }
        if let Some((old, new)) = change.password {
            self.change_password(id, Some(old), &new).await?;
        }
        Ok(())
    }

    /// Sets a password; the old one is asked where somebody changes his own. Ends all sessions.
    pub async fn change_password(
        &self,
        user: Id,
        old: Option<String>,
        new: &str,
    ) -> Result<(), Error> {
        if new.chars().count() < password::LENGTH_MIN || new.len() > password::LENGTH_MAX {
            return Err(Error::Refused {
                code: "weak_password".into(),
                with: vec![password::LENGTH_MIN.to_string()],
                say: None,
            });
        }
        let mut row = self.user_row(user).await?;
        let actor = old.is_some().then_some(user);
        if let Some(old) = old
            && !password::verify(&old, row.password.clone()).await
        {
            return Err(Error::refused("wrong_password"));
        }
        row.password = Some(password::hash(new).await);
        self.keep_user(row, actor, "user_password").await
    }

    async fn user_row(&self, id: Id) -> Result<User, Error> {
        self.inner
            .store
            .read(move |tx| Box::pin(async move { Ok::<_, Error>(tx.user(id).await?) }))
            .await?
            .ok_or(Error::NotFound)
    }

    async fn keep_user(&self, row: User, actor: Option<Id>, act: &str) -> Result<(), Error> {
        let id = row.id;
        let trail = self.trail(actor, act, &json!({ "user": id, "login": row.login }));
        self.inner
            .store
            .write(move |tx| {
                let (row, trail) = (row.clone(), trail.clone());
                Box::pin(async move {
                    tx.change_user(&row).await?;
                    tx.end_sessions(row.id).await?;
                    tx.add_audit(&[trail]).await?;
                    Ok::<_, Error>(())
                })
            })
            .await?;
        self.inner.callers.forget(id);
        Ok(())
    }

    /// Lets a user in, or keeps him out from this moment on.
    pub async fn set_active(&self, login: &str, active: bool) -> Result<(), Error> {
        let mut row = self.user_named(login).await?;
        row.active = active;
        let act = if active {
            "user_enabled"
        } else {
            "user_disabled"
        };
        self.keep_user(row, None, act).await
    }

    /// A user by login.
    pub async fn user_named(&self, login: &str) -> Result<User, Error> {
        let login = login.to_owned();
        self.inner
            .store
            .read(move |tx| {
                let login = login.clone();
                Box::pin(async move { Ok::<_, Error>(tx.user_by_login(&login).await?) })
            })
            .await?
            .ok_or(Error::NotFound)
    }

    /// All users of the site.
    pub async fn users(&self) -> Result<Vec<view::UserEntry>, Error> {
        let definitions = self.definitions();
        self.inner
            .store
            .read(move |tx| {
                let definitions = definitions.clone();
                Box::pin(async move {
                    let mut out = vec![];
                    for user in tx.all_users().await? {
                        let roles = tx.roles_of(user.id).await?;
                        let admin = roles.iter().any(|r| {
                            definitions
                                .catalogue
                                .role(&r.role)
                                .is_some_and(|r| r.administers)
                        });
                        out.push(view::UserEntry {
                            id: user.id,
                            login: user.login,
                            name: user.name,
                            admin,
                            active: user.active,
                            language: user.language,
                        });
                    }
                    Ok::<_, Error>(out)
                })
            })
            .await
    }

    /// Adds a user. The name is the person's title where none is given.
    pub async fn add_user(&self, new: NewUser) -> Result<Id, Error> {
        let hash = match &new.password {
            Some(secret) => Some(password::hash(secret).await),
            None => None,
        };
        self.add_user_hashed(new, hash).await
    }

    /// Adds a user whose password was hashed before.
    pub(crate) async fn add_user_hashed(
        &self,
        new: NewUser,
        hash: Option<String>,
    ) -> Result<Id, Error> {
        let people = self
            .definitions()
            .catalogue
            .people()
            .map(|p| p.form.clone());
        let person = match (&new.person, people) {
            (None, _) => None,
            (Some(_), None) => return Err(Error::refused("people_unknown")),
            (Some(key), Some(form)) => Some(self.record_by_key(&form, key).await?),
        };
        let roles = self.held(&new.roles).await?;
        let name = new
            .name
            .clone()
            .or_else(|| person.as_ref().map(|(_, title)| title.clone()));
        let row = User {
            id: self.clock.id(),
            login: new.login.clone(),
            name: name.unwrap_or_else(|| new.login.clone()),
            person: person.map(|(id, _)| id),
            language: new.language.as_str().into(),
            password: hash,
            active: true,
            epoch: 1,
            created_at: self.clock.now(),
        };
        let id = row.id;
        let detail = json!({ "user": id, "login": row.login, "roles": named(&roles) });
        let trail = self.trail(None, "user_added", &detail);
        let out = self
            .inner
            .store
            .write(move |tx| {
                let (row, roles, trail) = (row.clone(), roles.clone(), trail.clone());
                Box::pin(async move {
                    tx.add_user(&row).await?;
                    tx.set_roles(row.id, &roles).await?;
                    tx.add_audit(&[trail]).await?;
                    Ok::<_, Error>(())
                })
            })
            .await;
        match out {
            Err(Error::Failure(store::Failure::Duplicate { .. })) => Err(Error::Refused {
                code: "login_taken".into(),
                with: vec![new.login],
                say: None,
            }),
            other => other.map(|()| id),
        }
    }

    /// Roles by reference and key, as they are kept.
    async fn held(&self, roles: &[(Ref, Option<String>)]) -> Result<Vec<HeldRole>, Error> {
        let mut out = vec![];
        for (role, within) in roles {
            let definitions = self.definitions();
            let known = definitions.catalogue.role(role);
            let known = known.ok_or_else(|| Error::bad("unknown_role", role.to_string()))?;
            let within = match (within, &known.within) {
                (Some(key), Some(form)) => Some(self.record_by_key(form, key).await?.0),
                (Some(_), None) => return Err(Error::bad("role_not_within", role.to_string())),
                (None, _) => None,
            };
            out.push(HeldRole {
                role: role.clone(),
                within,
            });
        }
        Ok(out)
    }

    /// Gives a user roles beside those he holds.
    pub(crate) async fn add_roles(
        &self,
        user: Id,
        roles: &[(Ref, Option<String>)],
    ) -> Result<(), Error> {
        let more = self.held(roles).await?;
        if more.is_empty() {
            return Ok(());
        }
        let detail = json!({ "user": user, "roles": named(&more) });
        let trail = self.trail(None, "user_roles", &detail);
        self.inner
            .store
            .write(move |tx| {
                let (more, trail) = (more.clone(), trail.clone());
                Box::pin(async move {
                    let mut all = tx.roles_of(user).await?;
                    let before = all.len();
                    for role in more {
                        if !all.contains(&role) {
                            all.push(role);
                        }
                    }
                    if all.len() > before {
                        tx.set_roles(user, &all).await?;
                        tx.add_audit(&[trail]).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await?;
        self.inner.callers.forget(user);
        Ok(())
    }
}

/// Roles as the audit names them.
fn named(roles: &[HeldRole]) -> Vec<Value> {
    let name = |held: &HeldRole| json!({ "role": held.role.to_string(), "within": held.within });
    roles.iter().map(name).collect()
}
