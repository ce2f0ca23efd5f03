//! Who may use which route, and requests that a page of another site made a browser send: over
//! all routes of the table.

use crate::house::{Got, get, house, house_with, log_in, to};
use server::{Permission, Takes};

fn filled(route: &server::Route) -> crate::house::Ask {
    match route.takes {
        Takes::Nothing => to(route).key(),
        Takes::Json(..) => to(route).key().json("{}"),
        Takes::File => to(route)
            .key()
            .bytes("multipart/form-data; boundary=x", "--x--\r\n"),
    }
}

#[tokio::test]
async fn strangers_are_admitted_only_where_a_route_is_open() {
    let house = house().await;
    let mut bodies = std::collections::HashSet::new();
    for route in server::api() {
        let got = filled(&route).of(&house).await;
        if route.permission == Permission::Open {
            assert_ne!(got.status, 401, "{} {}", route.method, route.path);
        } else {
            assert_eq!(
                got.problem(),
                (401, "not_logged_in".into()),
                "{}",
                route.path
            );
            bodies.insert(got.text());
        }
        let open = route.permission == Permission::Open;
        let made_up = filled(&route)
            .header("authorization", "Bearer nonsense")
            .of(&house)
            .await;
        assert_eq!(made_up.status == 401, !open, "{}", route.path);
    }
    // A stranger cannot tell one route from another.
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn only_administrators_use_the_routes_of_administrators() {
    let house = house().await;
    let who = log_in(&house).await;
    let mut seen = 0;
    for route in server::api()
        .iter()
        .filter(|r| r.permission == Permission::Admin)
    {
        let got = filled(route).by(&who).of(&house).await;
        assert_eq!(got.problem(), (403, "admin_only".into()), "{}", route.path);
        seen += 1;
    }
    assert!(seen > 0);
}

#[tokio::test]
async fn no_page_of_another_site_changes_anything_through_any_route() {
    let house = house().await;
    let who = log_in(&house).await;
    let refused = |got: Got, code: &str, route: &server::Route| {
        assert_eq!(
            got.problem(),
            (403, code.into()),
            "{} {}",
            route.method,
            route.path
        );
    };
    let mut seen = 0;
    for route in server::api().iter().filter(|r| !r.safe()) {
        let sent = || filled(route).by(&who);
        refused(
            sent()
                .header("origin", "https://evil.example")
                .of(&house)
                .await,
            "cross_site",
            route,
        );
        refused(
            sent().header("origin", "null").of(&house).await,
            "cross_site",
            route,
        );
        for site in ["cross-site", "same-site"] {
            refused(
                sent().header("sec-fetch-site", site).of(&house).await,
                "cross_site",
                route,
            );
        }
        if route.permission != Permission::Open {
            let bare = || filled(route).header("cookie", &who.cookie);
            refused(bare().of(&house).await, "csrf_token", route);
            refused(
                bare().header("x-csrf-token", "guess").of(&house).await,
                "csrf_token",
                route,
            );
            let cut = &who.csrf[..who.csrf.len() - 1];
            refused(
                bare().header("x-csrf-token", cut).of(&house).await,
                "csrf_token",
                route,
            );
        }
        seen += 1;
    }
    assert!(seen > 15, "only {seen} unsafe routes");
    // Nothing of all this ended the session.
    assert_eq!(get("/api/me").by(&who).of(&house).await.status, 200);
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_not_answered() {
    let options = server::Options {
        hosts: vec!["erp.example".into(), "[::1]".into()],
        ..Default::default()
    };
    let house = house_with(options).await;
    for (host, answered) in [
        ("erp.example", true),
        ("ERP.example:8080", true),
        ("[::1]:8080", true),
        ("[::1]", true),
        ("evil.example", false),
        ("erp.example.evil.example", false),
        ("evil.example:erp.example", false),
        ("", false),
    ] {
        for path in ["/api/health", "/", "/metrics"] {
            let got = get(path).header("host", host).of(&house).await;
            assert_eq!(got.status != 421, answered, "{host} {path}");
        }
    }
}
