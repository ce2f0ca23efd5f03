//! What somebody sees of himself and of his site: menu, counts, colleagues.

use crate::{
    Caller, Error, Site,
    desk::{Desk, Halt},
    site::Definitions,
    view,
    words::Language,
};
use model::{Filter, Id, Name, Path, Ref, Status, Target, Test, Value, Verb, menu::Menu};

/// Tasks are counted up to here.
const COUNT: u32 = 99;

impl Site {
    /// The caller with his menu and counts.
    pub async fn me(&self, caller: &Caller) -> Result<view::Me, Error> {
        self.desk(caller, |desk| Box::pin(async move { desk.me().await }))
            .await
    }

    /// Active users whose name or login holds `q`.
    pub async fn people(&self, caller: &Caller, q: &str) -> Result<Vec<view::Person>, Error> {
        let q = q.trim().to_lowercase();
        self.desk(caller, move |desk| {
            let q = q.clone();
            Box::pin(async move { desk.people(&q).await })
        })
        .await
    }

    /// Whether the site answers, and the logins of its demo.
    pub fn health(&self) -> view::Health {
        let logins = self.demo_logins();
        let status = if self.inner.store.dead().is_some() {
            "failed"
        } else {
            "ok"
        };
        view::Health {
            status,
            demo: !logins.is_empty(),
            logins,
        }
    }
}

impl Desk<'_> {
    async fn me(&mut self) -> Result<view::Me, Halt> {
        let definitions = self.definitions.clone();
        let caller = self.caller.clone();
        let user = caller.user.clone();
        let language = caller.language.as_str();
        let mut person = None;
        let (mut department, mut branch) = (None, None);
        if let Some(people) = definitions.catalogue.people() {
            if let Some(id) = user.person {
                let title = self.title_of(&people.form, id).await?;
                person = Some(view::Named {
                    id,
                    title,
                    form: Some(people.form.to_string()),
                });
            }
            if let (Some(id), Some(path)) = (user.department, &people.department)
                && let Some(form) = end_of(&definitions, &people.form, path)
            {
                department = self.title_of(&form, id).await?;
            }
            if let (Some(id), Some(path)) = (user.branch, &people.branch)
                && let Some(form) = end_of(&definitions, &people.form, path)
            {
                branch = self.title_of(&form, id).await?;
            }
        }
        let mut roles = vec![];
        for held in &user.roles {
            let Some(role) = definitions.catalogue.role(&held.role) else {
                continue;
            };
            let path = format!("roles/{}", held.role.name);
            let within = match (held.within, &role.within) {
                (Some(id), Some(form)) => self.title_of(form, id).await?,
                _ => None,
            };
            roles.push(view::HeldRole {
                role: held.role.to_string(),
                label: definitions
                    .catalogue
                    .word(&held.role.package, language, &path, &role.label),
                within,
            });
        }
        let settings = self.tx.site(&format!("settings {}", user.id)).await?;
        let settings = settings
            .and_then(|s| serde_json::from_str(&s).ok())
            .unwrap_or_else(|| serde_json::json!({}));
        let demo = self.tx.site("demo").await?.is_some();
        let name = self.tx.site("name").await?;
        let mut menu = vec![];
        for package in definitions.catalogue.packages.values() {
            menu.extend(entries(
                &definitions,
                &caller,
                &package.name,
                &package.menu,
                "menu",
            ));
        }
        Ok(view::Me {
            user: view::MeUser {
                id: user.id,
                login: user.login.clone(),
                name: user.name.clone(),
                // His own, whichever the question was asked in.
                language: user.language.clone(),
                person,
                department,
                branch,
            },
            csrf: caller.csrf.clone(),
            roles,
            admin: caller.admin,
            menu,
            counts: self.counts().await?,
            site: view::SiteName {
                name: name.unwrap_or_else(|| "Formwork".into()),
                version: env!("CARGO_PKG_VERSION"),
                demo,
            },
            languages: Language::ALL.iter().map(|l| l.as_str()).collect(),
            settings,
        })
    }

    /// A record's title, as far as the caller may read it.
    async fn title_of(&mut self, form: &Ref, id: Id) -> Result<Option<String>, Halt> {
        let definitions = self.definitions.clone();
        let scope = self.caller.store.clone();
        let to = Target {
            form: form.clone(),
            table: None,
        };
        let found = self
            .tx
            .titles(&definitions.tables, &scope, &to, &[id])
            .await?;
        Ok(found.get(&id).map(|t| t.title.clone()))
    }

    async fn counts(&mut self) -> Result<view::Counts, Halt> {
        let definitions = self.definitions.clone();
        let inbox = self.inbox(None, COUNT);
        let mut counts = view::Counts {
            todo: self.tx.inbox_count(&inbox, COUNT).await?.rows,
            ..view::Counts::default()
        };
        let me = Value::Link(self.caller.user.id);
        let scope = self.caller.store.clone();
        for form in definitions
            .catalogue
            .forms()
            .filter(|f| f.workflow.is_some())
        {
            if !self.caller.may(&form.name, Verb::Create) {
                continue;
            }
            for (status, into) in [
                (Status::Draft, &mut counts.drafts),
                (Status::Submitted, &mut counts.mine),
            ] {
                let by = Filter::Field(Path::one(&Name::known("created_by")), Test::Is(me.clone()));
                let status = Value::Text(status.as_str().into());
                let filter = by.and(Filter::Field(
                    Path::one(&Name::known("status")),
                    Test::Is(status),
                ));
                let tables = &definitions.tables;
                *into += self
                    .tx
                    .count(tables, &scope, &form.name, &filter, COUNT)
                    .await?
                    .rows;
            }
        }
        let notices = self.tx.notices(self.caller.user.id, None, COUNT).await?;
        counts.copied = notices.iter().filter(|n| n.kind == "copy").count() as u64;
        Ok(counts)
    }

    async fn people(&mut self, q: &str) -> Result<Vec<view::Person>, Halt> {
        let definitions = self.definitions.clone();
        let users = self.tx.all_users().await?;
        let fits = |u: &store::User| {
            u.active
                && [&u.name, &u.login]
                    .iter()
                    .any(|t| t.to_lowercase().contains(q))
        };
        let mut out = vec![];
        for user in users.into_iter().filter(fits).take(50) {
            let mut department = None;
            if let (Some(person), Some(people)) = (user.person, definitions.catalogue.people())
                && let Some(path) = &people.department
                && let Some(form) = end_of(&definitions, &people.form, path)
                && let Some(id) = self.follow(&people.form, person, path).await?
            {
                department = self.title_of(&form, id).await?;
            }
            out.push(view::Person {
                user: user.id,
                name: user.name,
                department,
            });
        }
        Ok(out)
    }
}

/// The form at the end of a path of links.
fn end_of(definitions: &Definitions, form: &Ref, path: &Path) -> Option<Ref> {
    let mut form = form.clone();
    for step in &path.0 {
        let link = definitions
            .catalogue
            .form(&form)?
            .fields
            .get(step)?
            .as_link()?;
        form = link.to.form.clone();
    }
    Some(form)
}

/// The entries of a menu that lead somewhere for this caller.
fn entries(
    definitions: &Definitions,
    caller: &Caller,
    package: &Name,
    menu: &Menu,
    at: &str,
) -> Vec<view::MenuEntry> {
    let mut out = vec![];
    for (name, entry) in menu {
        let path = format!("{at}/{name}");
        let open = |r: &Option<Ref>| {
            let seen = |r: &&Ref| caller.may(r, Verb::Read) || caller.may(r, Verb::Create);
            r.as_ref().filter(seen).map(ToString::to_string)
        };
        let items = entries(
            definitions,
            caller,
            package,
            &entry.items,
            &format!("{path}/items"),
        );
        let entry = view::MenuEntry {
            name: format!("{package}/{name}"),
            label: definitions.catalogue.word(
                package,
                caller.language.as_str(),
                &path,
                &entry.label,
            ),
            form: open(&entry.form),
            ledger: open(&entry.ledger),
            register: open(&entry.register),
            items,
        };
        let leads = entry.form.is_some() || entry.ledger.is_some() || entry.register.is_some();
        if leads || !entry.items.is_empty() {
            out.push(entry);
        }
    }
    out
}
