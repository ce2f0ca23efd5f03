//! What the audit keeps beside commands on records: who came in or tried to, who took a file,
//! what became of users and packages.

use crate::{Error, Site};
use model::Id;
use serde_json::Value as Json;
use store::{Audit, Tx};

impl Site {
    /// A row of the audit that is about no record. Nobody acts where the command line does.
    pub(crate) fn trail(&self, actor: Option<Id>, act: &str, detail: &Json) -> Audit {
        Audit {
            id: self.clock.id(),
            at: self.clock.now(),
            actor,
            on_behalf_of: None,
            act: act.into(),
            form: None,
            record: None,
            version: None,
            detail: detail.to_string(),
        }
    }

    /// Keeps a row of the audit by itself, where nothing else is written.
    pub(crate) async fn keep_trail(&self, row: Audit) -> Result<(), Error> {
        self.inner
            .store
            .write(move |tx: &mut Tx| {
                let row = row.clone();
                Box::pin(async move { Ok::<_, Error>(tx.add_audit(&[row]).await?) })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use crate::{NewUser, Options, Site, words::Language};
    use serde_json::Value;

    async fn told(mut options: Options, postgres: Option<String>) {
        if let Some(url) = postgres {
            options.schema = format!("t_{}", uuid::Uuid::new_v4().simple());
            (options.database, options.allow_unsafe) = (Some(url), true);
        }
        let site = Site::open(options).await.unwrap();
        let new = NewUser {
            login: "lin".into(),
            name: None,
            password: Some("right horse".into()),
            person: None,
            roles: vec![],
            language: Language::En,
        };
        let lin = site.add_user(new).await.unwrap();
        let from = "10.0.0.1".parse().ok();
        assert!(site.log_in("lin", "wrong", from).await.is_err());
        assert!(site.log_in("my password", "x", from).await.is_err());
        site.log_in("lin", "right horse", from).await.unwrap();
        let old = Some("right horse".to_string());
        site.change_password(lin, old, "other horse").await.unwrap();
        site.set_active("lin", false).await.unwrap();
        let manifest =
            "{\n  \"label\": \"Shop\",\n  \"version\": \"1.0.0\",\n  \"language\": \"en\"\n}\n";
        let files = [("manifest.json".to_string(), manifest.into())].into();
        let package = ("shop".parse().unwrap(), files);
        for _ in 0..2 {
            let shop = vec![package.clone()];
            site.publish(None, shop, false).await.unwrap();
        }
        let rows = site.inner.store.read(|tx| Box::pin(tx.audit(None, 99)));
        let mut rows = rows.await.unwrap();
        rows.reverse();
        let acts: Vec<&str> = rows.iter().map(|row| row.act.as_str()).collect();
        let wanted = [
            "user_added",
            "login_failed",
            "login_failed",
            "login",
            "user_password",
            "user_disabled",
            "publish",
        ];
        assert_eq!(acts, wanted);
        let detail = |n: usize| -> Value { serde_json::from_str(&rows[n].detail).unwrap() };
        assert_eq!(detail(1)["user"], lin.to_string());
        assert_eq!(detail(1)["address"], "10.0.0.1");
        assert!(!rows[2].detail.contains("my password"));
        assert_eq!((rows[3].actor, rows[4].actor), (Some(lin), Some(lin)));
        assert_eq!(detail(5)["login"], "lin");
        assert_eq!(detail(6)["packages"][0]["name"], "shop");
        assert!(site.verify().await.unwrap().ok);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_came_in_and_what_became_of_users_and_packages_is_kept() {
        let url = std::env::var("FORMWORK_TEST_PG").expect("a PostgreSQL");
        for postgres in [None, Some(url)] {
            let dir = tempfile::tempdir().unwrap();
            let program = std::env::current_exe().unwrap();
            told(Options::folder(dir.path().into(), program), postgres).await;
        }
    }
}
