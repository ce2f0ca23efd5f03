//! The demo company: masters as data, then documents made through the very commands people use.

use crate::{
    Clock, Error, NewUser, Site, password,
    story::{self, Direct},
    view::DemoLogin,
    words::Language,
};
use model::{
    Id, Ref,
    story::{DemoUser, Held, Story},
};
use serde_json::{Map, Value};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// The password of every demo login.
const PASSWORD: &str = "demo";

/// Where a site keeps how far its demo is loaded.
const KEY: &str = "demo";

/// How far the demo is loaded: what is being made now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Nothing,
    Masters,
    Logins,
    /// So many runs have begun.
    Runs(usize),
    Loaded,
}
impl Stage {
    fn of(text: &str) -> Self {
        match (text, text.strip_prefix("runs ")) {
            (_, Some(n)) => Self::Runs(n.parse().unwrap_or(0)),
            ("masters", _) => Self::Masters,
            ("logins", _) => Self::Logins,
            _ => Self::Loaded,
        }
    }
}
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Masters => f.write_str("masters"),
            Self::Logins => f.write_str("logins"),
            Self::Runs(n) => write!(f, "runs {n}"),
            Self::Loaded => f.write_str("loaded"),
        }
    }
}

impl Site {
    /// Loads the demo company once; says who may log in. A load that was interrupted goes on where
    /// it stopped, but for the master data: half of them cannot be told from what people made.
    pub async fn load_demo(&self, progress: impl Fn(&str)) -> Result<Vec<DemoLogin>, Error> {
        let stage = self.site_key(KEY).await?;
        let stage = stage.as_deref().map(Stage::of).unwrap_or_default();
        if stage == Stage::Masters {
            return Err(Error::refused("demo_interrupted"));
        }
        if stage == Stage::Nothing {
            progress("master data");
            self.demo_at(Stage::Masters).await?;
            self.load_demo_masters().await?;
            self.demo_at(Stage::Logins).await?;
        }
        if stage <= Stage::Logins {
            progress("logins");
            self.load_demo_users().await?;
            self.demo_at(Stage::Runs(0)).await?;
        }
        if stage != Stage::Loaded {
            let done = match stage {
                Stage::Runs(done) => done,
                _ => 0,
            };
            let mut runs: Vec<Arc<Story>> = vec![];
            for package in self.definitions().catalogue.packages.values() {
                runs.extend(package.demo_runs.iter().cloned().map(Arc::new));
            }
            runs.sort_by(|a, b| a.given.today.cmp(&b.given.today));
            let all = runs.len();
            for (n, run) in runs.iter().enumerate().skip(done) {
                progress(&format!("documents {}/{all}", n + 1));
                // Noted before it begins: half a run is kept as it is and not told twice.
                self.demo_at(Stage::Runs(n + 1)).await?;
                self.demo_run(run).await?;
            }
            self.set_site_key("name", "江南集团".into()).await?;
            self.demo_at(Stage::Loaded).await?;
        }
        self.remember_logins().await
    }

    /// Whether the demo company was loaded here, or its loading began: its logins have a password
    /// that everybody knows.
    pub async fn is_demo(&self) -> Result<bool, Error> {
        Ok(self.site_key(KEY).await?.is_some())
    }

    async fn demo_at(&self, stage: Stage) -> Result<(), Error> {
        self.set_site_key(KEY, stage.to_string()).await
    }

    /// One run of a demo, every row of its table.
    async fn demo_run(&self, run: &Story) -> Result<(), Error> {
        let day = run
            .given
            .today
            .parse()
            .map_err(|_| Error::bad("not_a_date", "demo"))?;
        let rows = run.table.as_ref().map_or(1, |t| t.rows.len());
        let definitions = self.definitions();
        let makes = |make: &Ref| definitions.catalogue.make(make).map(|m| m.to.clone());
        for row in 0..rows {
            let seed = u64::from_le_bytes(
                self.clock.id().0.as_bytes()[8..]
                    .try_into()
                    .unwrap_or_default(),
            );
            let stage = Direct::new(self.at(Clock::fixed(day, seed)));
            let row = run.table.is_some().then_some(row);
            if let Err(failed) = story::tell(&stage, run, row, &makes).await {
                let say = format!("demo run of {}: {failed}", run.given.today);
                return Err(Error::Refused {
                    code: "demo_failed".into(),
                    with: vec![say],
                    say: None,
                });
            }
        }
        Ok(())
    }

    /// Only the master data: what stories name by key.
    pub async fn load_demo_masters(&self) -> Result<(), Error> {
        let definitions = self.definitions();
        let mut left: Vec<(Ref, Map<String, Value>)> = vec![];
        for package in definitions.catalogue.packages.values() {
            for (name, rows) in &package.demo {
                let form = Ref::new(&package.name, name);
                for row in rows {
                    let row = row.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                    left.push((form.clone(), row));
                }
            }
        }
        // Again and again while something is made. What only fails for a link to a record that
        // comes later is made without it and gets it at the end.
        let mut later: Vec<(Ref, Id, Map<String, Value>)> = vec![];
        let mut strip = false;
        while !left.is_empty() {
            let before = left.len();
            let mut waiting = vec![];
            for (form, row) in left {
                match self.engine_create(&form, row.clone()).await {
                    Ok(_) => {}
                    Err(e) if !strip && missing(&e).is_some() => waiting.push((form, row)),
                    Err(e) => match missing(&e) {
                        Some(fields) => {
                            let mut bare = row.clone();
                            let mut cut = Map::new();
                            for field in fields {
                                if let Some(value) = bare.shift_remove(&field) {
                                    cut.insert(field, value);
                                }
                            }
                            match self.engine_create(&form, bare).await {
                                Ok(id) => later.push((form, id, cut)),
                                Err(_) => waiting.push((form, row)),
                            }
                        }
                        None => return Err(told(&form, &row, e)),
                    },
                }
            }
            if waiting.len() == before {
                if strip {
                    let (form, row) = waiting.remove(0);
                    let e = self.engine_create(&form, row.clone()).await.err();
                    return Err(told(&form, &row, e.unwrap_or(Error::NotFound)));
                }
                strip = true;
            } else {
                strip = false;
            }
            left = waiting;
        }
        for (form, id, cut) in later {
            self.engine_change(&form, id, cut.clone())
                .await
                .map_err(|e| told(&form, &cut, e))?;
        }
        Ok(())
    }

    async fn load_demo_users(&self) -> Result<(), Error> {
        let hash = password::hash(PASSWORD).await;
        for user in self.demo_users() {
            // There already: the load was interrupted among the logins.
            match self.user_named(&user.login).await {
                Ok(_) => continue,
                Err(Error::NotFound) => {}
                Err(e) => return Err(e),
            }
            let roles = user.roles.iter().map(|held| match held {
                Held::Role(role) => (role.clone(), None),
                Held::Within { role, within } => (role.clone(), Some(within.clone())),
            });
            let language = user.language.as_deref().and_then(|l| l.parse().ok());
            self.add_user_hashed(
                NewUser {
                    login: user.login.clone(),
                    name: None,
                    password: None,
                    person: Some(user.employee.clone()),
                    roles: roles.collect(),
                    language: language.unwrap_or(Language::ZhCn),
                },
                Some(hash.clone()),
            )
            .await?;
        }
        Ok(())
    }

    fn demo_users(&self) -> Vec<DemoUser> {
        let definitions = self.definitions();
        let packages = definitions.catalogue.packages.values();
        packages
            .flat_map(|p| p.demo_users.iter().cloned())
            .collect()
    }

    /// The logins worth showing, once the demo is loaded.
    async fn remember_logins(&self) -> Result<Vec<DemoLogin>, Error> {
        let shown = |u: DemoUser| {
            Some(DemoLogin {
                login: u.login,
                says: u.says?,
            })
        };
        let logins: Vec<DemoLogin> = self.demo_users().into_iter().filter_map(shown).collect();
        let _ = self.inner.logins.set(logins.clone());
        Ok(logins)
    }

    /// The demo's logins; none on a site without a demo.
    pub(crate) fn demo_logins(&self) -> Vec<DemoLogin> {
        self.inner.logins.get().cloned().unwrap_or_default()
    }

    async fn site_key(&self, key: &'static str) -> Result<Option<String>, Error> {
        self.inner
            .store
            .read(move |tx| Box::pin(async move { Ok::<_, Error>(tx.site(key).await?) }))
            .await
    }
    async fn set_site_key(&self, key: &'static str, value: String) -> Result<(), Error> {
        self.inner
            .store
            .write(move |tx| {
                let value = value.clone();
                Box::pin(async move { Ok::<_, Error>(tx.set_site(key, &value).await?) })
            })
            .await
    }
}

/// Where a site keeps the logins of its demo.
pub(crate) type Logins = OnceLock<Vec<DemoLogin>>;

/// The fields whose links name a record that is not there (yet).
fn missing(e: &Error) -> Option<Vec<String>> {
    match e {
        Error::Invalid(findings) if findings.iter().all(|f| f.code == "no_such_record") => Some(
            findings
                .iter()
                .map(|f| f.at.split('/').next().unwrap_or_default().to_string())
                .collect(),
        ),
        Error::BadRequest { code, at, .. } if code == "no_such_record" => Some(vec![at.clone()]),
        _ => None,
    }
}

fn told(form: &Ref, row: &Map<String, Value>, e: Error) -> Error {
    let why = match &e {
        Error::Invalid(findings) => findings
            .iter()
            .map(|f| format!("{} at {}", f.code, f.at))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    let row = Value::Object(row.clone()).to_string();
    Error::Refused {
        code: "demo_failed".into(),
        with: vec![format!("{form} {row}: {why}")],
        say: None,
    }
}

#[cfg(test)]
mod tests {
    use super::Stage;

    #[test]
    fn a_stage_is_read_back_as_it_was_kept() {
        let all = [
            Stage::Masters,
            Stage::Logins,
            Stage::Runs(0),
            Stage::Runs(17),
            Stage::Loaded,
        ];
        for stage in all {
            assert_eq!(Stage::of(&stage.to_string()), stage);
        }
        assert!(all.is_sorted());
    }
}
