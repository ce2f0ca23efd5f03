//! Forms, menu and colleagues as people see them.

use crate::house::{BOTH, On, r};
use runtime::{Caller, Language, NewUser, Site};
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
            let found = site.definition(&caller, &order).unwrap();
            assert_eq!(
                (found.label.as_str(), found.module_label.as_str()),
                (label, module)
            );
            let request = site.definition(&caller, &r("purchasing/purchase_requisition"));
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
            .unwrap();
        let columns = &order.fields["lines"]["fields"];
        assert_eq!(columns["amount"]["look"], "read");
        assert_eq!(columns["quantity"]["look"], "edit");
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
