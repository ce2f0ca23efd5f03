//! What is published while others work: nothing is lost, and nobody goes on by what was.

use crate::{
    house::{BOTH, On, object, r},
    yard::{Yard, as_is, files},
};
use model::Name;
use runtime::{Error, Site};
use serde_json::{Value, json};

/// A package of one form.
fn small(name: &str) -> (Name, model::read::Files) {
    let body = |value: Value| {
        let text = model::canonical::format(&value.to_string()).unwrap();
        text.into_bytes()
    };
    let manifest = json!({ "label": name, "version": "1.0.0", "language": "en" });
    let thing = json!({ "label": "Thing", "kind": "catalog", "key": "code", "title": "{code}",
        "fields": { "code": { "label": "Code", "kind": "text", "required": true } }, "list": ["code"] });
    let files = [
        ("manifest.json".to_string(), body(manifest)),
        ("forms/thing.json".to_string(), body(thing)),
    ];
    (Name::new(name).unwrap(), files.into_iter().collect())
}

/// Another process on the same site; SQLite has one, so there it is the same.
async fn beside(yard: &Yard, on: On) -> Site {
    match on {
        On::Sqlite => yard.site.clone(),
        On::Postgres => Site::open(yard.options.clone()).await.unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_publishes_at_once_lose_nothing() {
    for on in BOTH {
        let yard = Yard::new(on).await;
        let other = beside(&yard, on).await;
        let (east, west) = tokio::join!(
            yard.site.publish(None, vec![small("east")], false),
            other.publish(None, vec![small("west")], false),
        );
        east.unwrap();
        west.unwrap();
        for site in [&yard.site, &other] {
            site.refresh().await.unwrap();
            let mut known: Vec<String> = site
                .packages(&yard.chief)
                .await
                .unwrap()
                .into_iter()
                .map(|p| p.name)
                .collect();
            known.sort();
            assert_eq!(known, ["east", "west", "yard"]);
            for form in ["east/thing", "west/thing"] {
                let code = format!("{form} {}", uuid::Uuid::new_v4());
                site.engine_create(&r(form), object(json!({ "code": code })))
                    .await
                    .unwrap();
            }
        }
        assert!(yard.site.verify().await.unwrap().ok);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_judged_by_what_is_published_when_it_is_kept() {
    for on in BOTH {
        let yard = Yard::new(on).await;
        let other = beside(&yard, on).await;
        yard.place("a").await;
        let stricter = |path: &str, body: &mut Value| {
            if path == "forms/place.json" {
                body["checks"] = json!({ "named": { "fails": "= empty(record.name)", "at": "name",
                                                    "say": "A place has a name." } });
            }
        };
        yard.site
            .publish(None, vec![files(stricter)], false)
            .await
            .unwrap();
        let nameless = object(json!({ "code": "b" }));
        let (key, form) = (yard.key(), r("yard/place"));
        match other.create(&yard.chief, &key, &form, nameless).await {
            Err(Error::Invalid(found)) => assert_eq!(found[0].say, "A place has a name."),
            made => panic!("{made:?}"),
        }
    }
}

/// The note of a move under a name, which it had not always.
fn noted(name: &'static str, was: Option<&'static str>) -> impl Fn(&str, &mut Value) {
    move |path, body| match path {
        "forms/move.json" => {
            let fields = body["fields"].as_object_mut().unwrap();
            let mut note = fields.remove("note").unwrap();
            if let Some(was) = was {
                note["was"] = json!(was);
            }
            fields.insert(name.into(), note);
        }
        "workflows/move.json" => {
            let big = format!("= record.{name} == `big`");
            let role = json!(["role:keeper"]);
            let fields = json!({ name: "edit" });
            body["nodes"]["look"]["outcomes"]["approve"] = json!("size");
            body["nodes"]["size"] = json!({ "kind": "exclusive_gateway", "branches": {
                "big": { "when": big, "to": "again" }, "small": { "to": "book" } } });
            body["nodes"]["again"] = json!({ "kind": "approval", "label": "Again", "seats": role, "fields": fields,
                "outcomes": { "approve": "size", "reject": "bad" } });
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_runs_to_its_end_by_what_it_began_with() {
    for on in BOTH {
        let yard = Yard::with(on, noted("note", None)).await;
        let place = yard.place("a").await;
        let id = yard
            .make(
                "move",
                json!({ "place": place, "note": "big", "lines": [
                { "day": "2026-03-02", "amount": 3 } ] }),
            )
            .await;
        let (form, none) = (r("yard/move"), object(json!({})));
        yard.site
            .submit(&yard.chief, &yard.key(), &form, id, 1, none)
            .await
            .unwrap();
        let publish = async |change: &dyn Fn(&str, &mut Value)| {
            let files = files(change);
            yard.site.publish(None, vec![files], false).await.unwrap();
        };
        publish(&noted("remark", Some("note"))).await;
        // Still big, whatever it is called: the second look comes.
        let done = yard.complete("approve").await.unwrap();
        assert_eq!(done.status, "submitted");
        let task = yard.task().await;
        let sheet = yard
            .site
            .task(&yard.keeper().await, task)
            .await
            .unwrap()
            .sheet;
        assert_eq!(sheet.record.values["remark"], "big");
        assert_eq!(sheet.looks["remark"]["look"], "edit");
        assert!(!sheet.record.values.contains_key("note"));
        // Renamed again, and another field besides: what was read before is of no use.
        publish(&|path, body| {
            noted("comment", Some("remark"))(path, body);
            if path == "forms/move.json" {
                body["fields"]["more"] = json!({ "label": "More", "kind": "text" });
            }
        })
        .await;
        let small = json!({ "comment": "small" });
        let done = yard.filled(task, "approve", small).await.unwrap();
        assert_eq!(done.status, "posted");
        let sheet = yard.site.sheet(&yard.chief, &form, id).await.unwrap();
        assert_eq!(sheet.record.values["comment"], "small");
        assert_eq!(yard.pile(place).await, "3");
        assert!(yard.site.verify().await.unwrap().ok);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_is_not_understood_is_parked() {
    for on in BOTH {
        let yard = Yard::new(on).await;
        yard.site
            .publish(None, vec![small("east")], false)
            .await
            .unwrap();
        let place = yard.place("a").await;
        let yard = yard
            .plant(|path, body| {
                if path == "forms/move.json" {
                    body["fields"]["note"]["kind"] = json!("telepathy");
                }
            })
            .await
            .unwrap();
        // The others go on.
        let thing = object(json!({ "code": "x" }));
        yard.site
            .engine_create(&r("east/thing"), thing)
            .await
            .unwrap();
        let form = r("yard/place");
        let made = yard.site.engine_create(&form, object(json!({}))).await;
        assert_eq!(made.unwrap_err().code(), "package_parked");
        let told = yard.site.doctor().await.unwrap();
        let parked = told.checks.iter().find(|c| c.code == "parked").unwrap();
        assert!(!parked.ok && parked.say.contains("yard (2)"), "{parked:?}");
        // Nothing else is published over its head; published anew, it is back with its records.
        let west = yard.site.publish(None, vec![small("west")], false).await;
        assert_eq!(west.unwrap_err().code(), "package_parked");
        yard.site
            .publish(None, vec![files(as_is)], false)
            .await
            .unwrap();
        let sheet = yard.site.sheet(&yard.chief, &form, place);
        // Whoever asks is asked for anew: he was nobody while his roles were parked.
        assert_eq!(sheet.await.unwrap_err().code(), "not_found");
        let chief = yard.site.caller_named("chief").await.unwrap();
        let sheet = yard.site.sheet(&chief, &form, place).await;
        assert_eq!(sheet.unwrap().record.values["code"], "a");
        assert!(
            yard.site
                .doctor()
                .await
                .unwrap()
                .checks
                .iter()
                .all(|c| c.code != "parked" || c.ok)
        );
    }
}
