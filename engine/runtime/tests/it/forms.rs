//! Forms, menu and colleagues as people see them.

use crate::house::{BOTH, On, object, r};
use runtime::{Caller, CompleteAsked, Error, Folder, Key, Language, NewUser, Site};
use serde_json::json;
use std::path::Path;

/// A site with the builtin modules and their master data.
async fn site(dir: &Path, on: On) -> Site {
    let site = crate::house::site(dir, on).await;
    site.load_demo_masters().await.unwrap();
    site
}

async fn user(site: &Site, login: &str, person: &str, role: &str) -> Caller {
    let new = NewUser {
        login: login.into(),
        name: None,
        password: None,
        person: Some(person.into()),
        roles: vec![(role.parse().unwrap(), None)],
        language: Language::En,
    };
    site.add_user(new).await.unwrap();
    site.caller_named(login).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_speaks_the_language_of_its_reader() {
    for on in BOTH {
        let dir = tempfile::tempdir().unwrap();
        let site = site(dir.path(), on).await;
        let buyer = user(&site, "Lina", "E1003", "purchasing/buyer").await;
        let order = r("purchasing/purchase_order");
        for (language, label, module) in [
            (Language::En, "Purchase order", "Purchasing"),
            (Language::ZhCn, "采购订单", "采购管理"),
        ] {
            let caller = buyer.clone().speaking(language);
            let found = site.definition(&caller, &order).await.unwrap();
            assert_eq!(
                (found.label.as_str(), found.module_label.as_str()),
                (label, module)
            );
            let requisition = r("purchasing/purchase_requisition");
            let request = site.definition(&caller, &requisition).await;
            let labels: Vec<_> = request
                .unwrap()
                .makes
                .into_iter()
                .map(|m| m.to_label)
                .collect();
            assert!(labels.contains(&label.to_string()), "{labels:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_types_is_only_read() {
    for on in BOTH {
        let dir = tempfile::tempdir().unwrap();
        let site = site(dir.path(), on).await;
        let buyer = user(&site, "lina", "E1003", "purchasing/buyer").await;
        let order = site
            .definition(&buyer, &r("purchasing/purchase_order"))
            .await
            .unwrap();
        let columns = &order.fields["lines"]["fields"];
        assert_eq!(columns["amount"]["look"], "read");
        assert_eq!(columns["quantity"]["look"], "edit");
        assert_eq!(columns["tax_rate"]["format"], "percent");
        // Everything the layout and the list name is there.
        let placed = order.layout.iter().flat_map(|s| s.rows.iter().flatten());
        for name in placed.chain(&order.list) {
            assert!(order.fields.contains_key(name), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_menu_leads_only_where_one_may_go() {
    for on in BOTH {
        let dir = tempfile::tempdir().unwrap();
        let site = site(dir.path(), on).await;
        let buyer = user(&site, "Lina", "E1003", "purchasing/buyer").await;
        let me = site.me(&buyer).await.unwrap();
        let menu = serde_json::to_string(&me.menu).unwrap();
        assert!(menu.contains("purchasing/purchase_order"));
        // Grants of leave are for the personnel office; an entry without a target is not shown.
        assert!(!menu.contains("leave/leave_grant"));
        assert_eq!(
            me.user.department.as_deref().map(|d| d.is_empty()),
            Some(false)
        );
        let found = site.people(&buyer, "LINA").await.unwrap();
        assert_eq!(found.len(), 1);
        assert!(!site.health().demo);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_told_by_its_outcome() {
    for on in BOTH {
        let dir = tempfile::tempdir().unwrap();
        let site = site(dir.path(), on).await;
        let buyer = user(&site, "lina", "E1003", "purchasing/buyer").await;
        let manager = user(&site, "wang", "E1005", "purchasing/purchasing_manager").await;
        let key = || Key {
            text: uuid::Uuid::new_v4().to_string(),
            hash: [0; 32],
        };
        let form = r("purchasing/purchase_order");
        for (outcome, said) in [("approve", "同意"), ("reject", "驳回")] {
            let values = json!({
                "supplier": "S007", "warehouse": "NJ01",
                "lines": [{ "item": "BE-001", "quantity": "50" }],
            });
            let made = site.create(&buyer, &key(), &form, object(values)).await;
            let made = made.unwrap();
            let (id, version) = (made.id, made.version);
            site.submit(&buyer, &key(), &form, id, version, object(json!({})))
                .await
                .unwrap();
            let waiting = site.tasks(&manager, Folder::Todo, "", None, None).await;
            let task = waiting.unwrap().rows[0].id.unwrap();
            let asked = CompleteAsked {
                outcome: Some(outcome.parse().unwrap()),
                opinion: "Seen.".into(),
                values: object(json!({})),
                version: None,
            };
            site.complete(&manager, &key(), task, asked).await.unwrap();
            let reader = buyer.clone().speaking(Language::ZhCn);
            let history = site.history(&reader, &form, id).await.unwrap();
            let last = history.first().unwrap();
            assert_eq!(
                (last.act.as_str(), last.act_label.as_str()),
                ("complete", said)
            );
            assert_eq!(last.outcome.as_deref(), Some(outcome));
            assert_eq!(last.opinion.as_deref(), Some("Seen."));
            assert!(history.iter().skip(1).all(|c| c.outcome.is_none()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beyond_ones_rows_is_refused_by_the_name_of_its_field() {
    for on in BOTH {
        let dir = tempfile::tempdir().unwrap();
        let site = site(dir.path(), on).await;
        let buyer = user(&site, "lina", "E1003", "purchasing/buyer").await;
        let key = Key {
            text: uuid::Uuid::new_v4().to_string(),
            hash: [0; 32],
        };
        let values = json!({
            "employee": "E1005", "leave_type": "annual",
            "first_day": "2026-12-01", "last_day": "2026-12-01", "reason": "x",
        });
        let form = r("leave/leave_request");
        let no = site.create(&buyer, &key, &form, object(values)).await;
        let no = no.unwrap_err();
        assert!(matches!(no, Error::Forbidden { .. }), "{no}");
        assert_eq!(no.code(), "not_among_yours");
        assert!(no.say(Language::En).contains("Employee"), "{no:?}");
    }
}
