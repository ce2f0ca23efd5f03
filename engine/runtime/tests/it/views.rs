//! What is kept, read by somebody: filters, ledgers, remarks, views, files, look-ups, proofs.

use crate::house::{BOTH, On, object, r};
use model::{Fields, Id, Name, Value as Held};
use runtime::{
    BalanceAsked, Caller, Key, Language, ListAsked, LookupAsked, NewUser, Site, TurnoverAsked,
};
use serde_json::{Value, json};

struct Stage {
    site: Site,
    admin: Caller,
    hr: Caller,
    _dir: tempfile::TempDir,
}

async fn stage(on: On) -> Stage {
    let dir = tempfile::tempdir().unwrap();
    let site = crate::house::site(dir.path(), on).await;
    for (login, name, role) in [
        ("admin", "管理员", "base/administrator"),
        ("wu", "吴芳", "human_resources/hr_officer"),
    ] {
        let new = NewUser {
            login: login.into(),
            name: Some(name.into()),
            password: None,
            person: None,
            roles: vec![(r(role), None)],
            language: Language::ZhCn,
        };
        site.add_user(new).await.unwrap();
    }
    let admin = site.caller_named("admin").await.unwrap();
    let hr = site.caller_named("wu").await.unwrap();
    Stage {
        site,
        admin,
        hr,
        _dir: dir,
    }
}

fn n(text: &str) -> Name {
    text.parse().unwrap()
}

impl Stage {
    fn key(&self) -> Key {
        Key {
            text: uuid::Uuid::new_v4().to_string(),
            hash: [0; 32],
        }
    }
    async fn unit(&self, code: &str, values: Value) -> Id {
        let mut values = object(values);
        values.insert("code".into(), json!(code));
        let (form, key) = (r("base/unit"), self.key());
        let made = self.site.create(&self.admin, &key, &form, values).await;
        made.unwrap().id
    }
    async fn codes(&self, filter: Value) -> Result<Vec<String>, runtime::Error> {
        let asked = ListAsked {
            filter: object(filter),
            sort: vec!["code".into()],
            ..ListAsked::default()
        };
        let page = self.site.list(&self.hr, &r("base/unit"), asked).await?;
        let code = |row: &runtime::view::Row| row.values["code"].as_str().unwrap().to_owned();
        Ok(page.rows.iter().map(code).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_find_what_they_say_and_name_what_is_wrong() {
    for on in BOTH {
        let s = stage(on).await;
        let kg = s
            .unit(
                "kg",
                json!({ "name": "Kilogram", "family": "weight", "decimals": "3" }),
            )
            .await;
        s.unit(
            "t",
            json!({ "name": "Tonne", "family": "weight", "base_unit": kg, "factor": "1000" }),
        )
        .await;
        s.unit("pcs", json!({ "name": "Piece", "family": "count" }))
            .await;
        for (filter, found) in [
            (json!({}), &["kg", "pcs", "t"][..]),
            (json!({ "family": "weight" }), &["kg", "t"]),
            (
                json!({ "family": ["weight", "count"] }),
                &["kg", "pcs", "t"],
            ),
            (json!({ "family": { "not": "weight" } }), &["pcs"]),
            (
                json!({ "decimals": { "at_least": "1", "below": "4" } }),
                &["kg"],
            ),
            (json!({ "factor": { "above": "999.5" } }), &["t"]),
            (json!({ "base_unit": null }), &["kg", "pcs"]),
            (json!({ "base_unit": kg }), &["t"]),
            (json!({ "base_unit": { "key": "kg" } }), &["t"]),
            (json!({ "base_unit": { "not": "kg" } }), &["kg", "pcs"]),
            (json!({ "base_unit.name": { "like": "kilo" } }), &["t"]),
            (
                json!({ "active": true, "status": "draft" }),
                &["kg", "pcs", "t"],
            ),
            (json!({ "created_at": "2026-03-02" }), &["kg", "pcs", "t"]),
            (json!({ "created_at": { "at_most": "2026-03-01" } }), &[]),
            (json!({ "id": { "in": [kg] } }), &["kg"]),
            (
                json!({ "created_by": s.admin.user.id }),
                &["kg", "pcs", "t"],
            ),
        ] {
            let rows = s.codes(filter.clone()).await;
            assert_eq!(
                rows.unwrap_or_else(|e| panic!("{filter}: {e:?}")),
                found,
                "{filter}"
            );
        }
        for (filter, code) in [
            (json!({ "colour": "red" }), "unknown_field"),
            (json!({ "base_unit.colour": "red" }), "unknown_field"),
            (json!({ "Bad Path": 1 }), "unknown_field"),
            (json!({ "parent": kg }), "unknown_field"),
            (json!({ "decimals": "many" }), "unfit_value"),
            (json!({ "family": "colour" }), "unfit_value"),
            (json!({ "status": "lost" }), "unfit_value"),
            (
                json!({ "decimals": { "roughly": "1" } }),
                "unknown_operator",
            ),
            (json!({ "decimals": { "like": "1" } }), "unknown_operator"),
            (json!({ "base_unit": { "under": kg } }), "unknown_operator"),
        ] {
            let error = s.codes(filter.clone()).await.unwrap_err();
            assert_eq!(error.code(), code, "{filter}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_shows_what_its_reader_may_see() {
    for on in BOTH {
        let s = stage(on).await;
        let ledger = r("leave/leave");
        let kind = s
            .site
            .engine_create(
                &r("leave/leave_type"),
                object(json!({ "code": "annual", "name": "Annual" })),
            )
            .await
            .unwrap();
        let key: Fields = [
            (n("employee"), Held::Link(s.hr.user.id)),
            (n("leave_type"), Held::Link(kind)),
        ]
        .into_iter()
        .collect();
        for (day, days) in [("2026-01-31", "10"), ("2026-02-10", "-2.5")] {
            let measures = [(n("granted"), days.parse().unwrap())]
                .into_iter()
                .collect();
            s.site
                .engine_opening(&ledger, key.clone(), measures, day.parse().unwrap())
                .await
                .unwrap();
        }
        let now = BalanceAsked::default();
        let balances = s.site.balance(&s.hr, &ledger, now.clone()).await.unwrap();
        assert_eq!(balances.rows.len(), 1);
        assert_eq!(balances.rows[0].measures["granted"], "7.5");
        assert_eq!(balances.rows[0].measures["left"], "7.5");
        assert_eq!(balances.rows[0].key["leave_type"]["title"], "Annual");
        assert_eq!(balances.rows[0].key["employee"]["title"], Value::Null);
        assert_eq!(balances.totals["granted"], "7.5");
        let january = BalanceAsked {
            at: Some("2026-01-31".parse().unwrap()),
            by: vec![n("leave_type")],
            filter: object(json!({ "leave_type.code": "annual" })),
            ..BalanceAsked::default()
        };
        let balances = s.site.balance(&s.hr, &ledger, january).await.unwrap();
        assert_eq!(balances.rows[0].measures["granted"], "10.0");
        let february = TurnoverAsked {
            from: Some("2026-02-01".parse().unwrap()),
            to: Some("2026-02-28".parse().unwrap()),
            ..TurnoverAsked::default()
        };
        let turnover = s.site.turnover(&s.hr, &ledger, february).await.unwrap();
        let row = &turnover.rows[0];
        assert_eq!(row.opening["granted"], "10.0");
        assert_eq!(row.inward["granted"], "0.0");
        assert_eq!(row.outward["granted"], "2.5");
        assert_eq!(row.closing["left"], "7.5");
        let entries = s
            .site
            .entries(&s.hr, &ledger, Default::default())
            .await
            .unwrap();
        assert_eq!(entries.rows.len(), 2);
        assert_eq!(entries.rows[0].date, "2026-02-10");
        assert_eq!(entries.rows[0].kind, "open");
        // Everyone may read his own days; the administrator is nobody's employee.
        let none = s.site.balance(&s.admin, &ledger, now).await.unwrap();
        assert!(none.rows.is_empty());
        let orders = r("purchasing/po_open");
        assert!(
            !s.site
                .ledgers(&s.admin)
                .iter()
                .any(|l| l.ledger == orders.to_string())
        );
        assert_eq!(
            s.site.ledger(&s.admin, &orders).unwrap_err().code(),
            "not_found"
        );
        let shape = s.site.ledger(&s.hr, &ledger).unwrap();
        assert_eq!(shape.measures["left"]["computed"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_leave_beside_records() {
    for on in BOTH {
        let s = stage(on).await;
        let (form, site) = (r("base/unit"), &s.site);
        let kg = s
            .unit("kg", json!({ "name": "Kilogram", "family": "weight" }))
            .await;
        let change = object(json!({ "name": "Kilo" }));
        site.change(&s.admin, &s.key(), &form, kg, 1, change)
            .await
            .unwrap();
        let history = site.history(&s.admin, &form, kg).await.unwrap();
        assert_eq!(history.len(), 2);
        let name = history[0].changes.iter().find(|c| c.at == "name").unwrap();
        assert_eq!((&name.old, &name.new), (&json!("Kilogram"), &json!("Kilo")));
        assert_eq!(history[0].by.name, "管理员");

        let key = s.key();
        let said = site
            .comment(&s.admin, &key, &form, kg, "@吴芳 请看")
            .await
            .unwrap();
        let again = site
            .comment(&s.admin, &key, &form, kg, "@吴芳 请看")
            .await
            .unwrap();
        assert_eq!(said.id, again.id);
        let page = site.comments(&s.hr, &form, kg, None).await.unwrap();
        assert_eq!((page.rows.len(), page.next), (1, None));
        let notices = site.notices(&s.hr).await.unwrap();
        assert_eq!(notices.rows.len(), 1);
        assert_eq!(notices.rows[0].say, "管理员 提到你：Kilo");
        site.read_notices(&s.hr, vec![notices.rows[0].id])
            .await
            .unwrap();
        assert!(site.notices(&s.hr).await.unwrap().rows[0].read);

        let query = json!({ "q": "k" });
        let view = site
            .save_view(&s.admin, &form, "Mine", query.clone(), false)
            .await
            .unwrap();
        let same = site
            .save_view(&s.admin, &form, "Mine", query, true)
            .await
            .unwrap();
        assert_eq!(view.id, same.id);
        assert!(!site.views(&s.hr, &form).await.unwrap()[0].own);
        let theirs = site.drop_view(&s.hr, &form, view.id).await.unwrap_err();
        assert_eq!(theirs.code(), "not_found");
        site.drop_view(&s.admin, &form, view.id).await.unwrap();

        let asked = |q: &str| LookupAsked {
            q: q.into(),
            of: Some((form.clone(), "base_unit".parse().unwrap())),
            values: object(json!({ "family": "weight", "nonsense": 1 })),
            ..LookupAsked::default()
        };
        let found = site.lookup(&s.hr, "base/unit", asked("kg")).await.unwrap();
        assert_eq!((found.len(), &*found[0].title), (1, "Kilo"));
        let mut other = asked("");
        other.values = object(json!({ "family": "count" }));
        assert!(
            site.lookup(&s.hr, "base/unit", other)
                .await
                .unwrap()
                .is_empty()
        );

        let blob = site.upload(&s.hr, "a/b.txt", "hello".into()).await.unwrap();
        assert_eq!((&*blob.name, &*blob.media), ("b.txt", "text/plain"));
        let html = site
            .upload(&s.hr, "b.html", "<html>".into())
            .await
            .unwrap_err();
        assert_eq!(html.code(), "file_kind");
        let lost = site
            .download(&s.hr, &form, kg, &blob.hash)
            .await
            .unwrap_err();
        assert_eq!(lost.code(), "not_found");

        assert_eq!(site.run_due_once().await.unwrap(), 0);
        let verified = site.verify().await.unwrap();
        assert!(verified.ok, "{verified:?}");
        let doctor = site.doctor().await.unwrap();
        assert!(
            doctor.checks.iter().any(|c| c.code == "database" && c.ok),
            "{doctor:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engines_own_work_stops_when_told() {
    for on in BOTH {
        let s = stage(on).await;
        let jobs = s.site.spawn_jobs();
        let mut listener = s.site.subscribe(&s.admin, false);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let kg = s
            .unit("kg", json!({ "name": "Kilogram", "family": "weight" }))
            .await;
        let heard = tokio::time::timeout(std::time::Duration::from_secs(5), listener.next());
        assert_eq!(heard.await.unwrap().unwrap().record, kg);
        jobs.stop().await;
    }
}
