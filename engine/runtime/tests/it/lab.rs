//! A package made for tests (`tests/lab`), its users, and short words for what they do.

use crate::house::{On, options, r};
use model::{Id, Name, workflow::How};
use runtime::{
    Caller, Clock, CompleteAsked, Error, Folder, Key, Language, NewUser, Options, Site, folder,
    view::Done,
};
use serde_json::{Map, Value, json};
use std::{path::Path, sync::Arc};
use tokio::task::JoinSet;

/// A site with the lab and nothing else.
#[derive(Clone)]
pub struct Lab {
    pub site: Site,
    /// Fills in what others decide.
    pub clerk: Caller,
    /// Where it is kept.
    pub options: Options,
    _dir: Arc<tempfile::TempDir>,
}

pub async fn lab(on: On) -> Lab {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::fixed("2026-03-02".parse().unwrap(), 11);
    let options = options(dir.path(), on, clock);
    let site = Site::open(options.clone()).await.unwrap();
    let package = folder::package(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab")));
    site.publish(None, vec![package.unwrap()], false)
        .await
        .unwrap();
    let clerk = user(&site, "clerk", &[]).await;
    let _dir = Arc::new(dir);
    Lab {
        site,
        clerk,
        options,
        _dir,
    }
}

/// A new user with roles of the lab; `role@key` is held within a record.
pub async fn user(site: &Site, login: &str, roles: &[&str]) -> Caller {
    let held = roles.iter().map(|role| match role.split_once('@') {
        Some((role, key)) => (r(&format!("lab/{role}")), Some(key.to_string())),
        None => (r(&format!("lab/{role}")), None),
    });
    let new = NewUser {
        login: login.into(),
        name: None,
        password: None,
        person: None,
        roles: held.collect(),
        language: Language::En,
    };
    site.add_user(new).await.unwrap();
    site.caller_named(login).await.unwrap()
}

/// A key nobody has used.
pub fn key() -> Key {
    Key {
        text: uuid::Uuid::new_v4().to_string(),
        hash: [0; 32],
    }
}

/// Done, or the code of what was in the way.
pub type Said = Result<Done, String>;

pub fn said(out: Result<Done, Error>) -> Said {
    out.map_err(|e| e.code().to_string())
}

/// Runs all of them at once.
pub async fn together<T: Send + 'static>(
    all: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut running: JoinSet<T> = all.into_iter().collect();
    let mut out = vec![];
    while let Some(done) = running.join_next().await {
        out.push(done.unwrap());
    }
    out
}

fn values(json: Value) -> Map<String, Value> {
    json.as_object().unwrap().clone()
}

impl Lab {
    /// Ends it; its folder lasts as long as what this gives.
    pub async fn close(self) -> Arc<tempfile::TempDir> {
        let Self { site, _dir, .. } = self;
        site.close().await;
        _dir
    }
    pub async fn create(&self, form: &str, json: Value) -> Done {
        let form = r(&format!("lab/{form}"));
        let site = &self.site;
        site.create(&self.clerk, &key(), &form, values(json))
            .await
            .unwrap()
    }
    pub async fn change(&self, of: &Done, json: Value) -> Said {
        let (form, values) = (&of.form, values(json));
        let site = &self.site;
        said(
            site.change(&self.clerk, &key(), form, of.id, of.version, values)
                .await,
        )
    }
    pub async fn submit(&self, of: &Done) -> Said {
        self.submit_by(of, &key()).await
    }
    pub async fn submit_by(&self, of: &Done, key: &Key) -> Said {
        let (form, version) = (&of.form, of.version);
        let site = &self.site;
        said(
            site.submit(&self.clerk, key, form, of.id, version, Map::new())
                .await,
        )
    }
    /// A new record, submitted.
    pub async fn submitted(&self, form: &str, json: Value) -> Done {
        let made = self.create(form, json).await;
        self.submit(&made).await.unwrap()
    }
    /// The open tasks that are this user's to take, by record.
    pub async fn tasks(&self, by: &Caller) -> Vec<(Id, Id)> {
        let mut out = vec![];
        let mut after: Option<String> = None;
        loop {
            let page = self
                .site
                .tasks(by, Folder::Todo, "", after.as_deref(), Some(100))
                .await
                .unwrap();
            out.extend(page.rows.iter().map(|t| (t.record.id, t.id.unwrap())));
            after = page.next;
            if after.is_none() {
                return out;
            }
        }
    }
    /// The open task of this user on a record.
    pub async fn task(&self, by: &Caller, of: &Done) -> Option<Id> {
        let tasks = self.tasks(by).await;
        tasks.iter().find(|t| t.0 == of.id).map(|t| t.1)
    }
    pub async fn complete(&self, by: &Caller, task: Id, outcome: &str) -> Said {
        self.complete_by(by, task, outcome, &key()).await
    }
    pub async fn complete_by(&self, by: &Caller, task: Id, outcome: &str, key: &Key) -> Said {
        let asked = CompleteAsked {
            outcome: Some(outcome.parse::<Name>().unwrap()),
            opinion: String::new(),
            values: Map::new(),
            version: None,
        };
        said(self.site.complete(by, key, task, asked).await)
    }
    /// Sends a record back to an earlier node.
    pub async fn send_back(&self, by: &Caller, task: Id, to: &str) -> Said {
        let to = to.parse::<Name>().unwrap();
        said(self.site.send_back(by, &key(), task, to, "once more").await)
    }
    /// Asks further people to decide beside the one whose task it is.
    pub async fn add_seats(&self, by: &Caller, task: Id, users: Vec<Id>) -> Said {
        let site = &self.site;
        said(
            site.add_seat(by, &key(), task, users, How::Parallel, "")
                .await,
        )
    }
    pub async fn status(&self, of: &Done) -> String {
        let sheet = self.site.sheet(&self.clerk, &of.form, of.id).await;
        sheet.unwrap().record.status
    }
    /// How often something was written about a record.
    pub async fn acts(&self, of: &Done) -> Vec<String> {
        let history = self.site.history(&self.clerk, &of.form, of.id).await;
        history.unwrap().into_iter().map(|h| h.act).collect()
    }
    /// Everything that can be recomputed is what was written.
    pub async fn verified(&self) {
        let verified = self.site.verify().await.unwrap();
        let wrong: Vec<_> = verified.checks.iter().filter(|c| !c.ok).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    /// The checks that find something wrong.
    pub async fn wrong(&self) -> Vec<String> {
        let verified = self.site.verify().await.unwrap();
        let wrong = verified.checks.into_iter().filter(|c| !c.ok);
        wrong.map(|c| c.code).collect()
    }
    /// An item with this much on hand.
    pub async fn item(&self, code: &str, on_hand: &str) -> Id {
        let item = self.create("item", json!({ "code": code })).await.id;
        let key = [("item".parse().unwrap(), model::Value::Link(item))];
        let measures = [("on_hand".parse().unwrap(), on_hand.parse().unwrap())];
        let day = "2026-03-01".parse().unwrap();
        let ledger = r("lab/stock");
        self.site
            .engine_opening(
                &ledger,
                key.into_iter().collect(),
                measures.into_iter().collect(),
                day,
            )
            .await
            .unwrap();
        item
    }
    /// What is on hand of an item.
    pub async fn on_hand(&self, item: Id) -> String {
        let asked = runtime::BalanceAsked {
            filter: values(json!({ "item": item })),
            ..Default::default()
        };
        let found = self.site.balance(&self.clerk, &r("lab/stock"), asked).await;
        let rows = found.unwrap().rows;
        rows.first()
            .map_or("0".into(), |row| row.measures["on_hand"].to_string())
    }
}
