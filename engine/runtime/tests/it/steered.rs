//! Who stands in for whom, having a decision back, and steering what runs.

use crate::{
    house::{BOTH, On, object, r},
    yard::Yard,
};
use model::{Id, Name};
use runtime::{Caller, CompleteAsked, Error, Folder, Language, NewUser, Steer, view};
use serde_json::{Value, json};

/// Moves are looked at by whom they name, then by the keeper; areas say who stands in.
fn by_name(path: &str, body: &mut Value) {
    let link = |to: &str| json!({ "label": to, "kind": "link", "to": to });
    match path {
        "manifest.json" => {
            body["people"]["substitutes"] = json!({
                "form": "area", "who": "who", "by": "by", "from": "from_day", "until": "until_day"
            });
        }
        "forms/area.json" => {
            body["kind"] = json!("catalog");
            let fields = &mut body["fields"];
            (fields["who"], fields["by"]) = (link("person"), link("person"));
            fields["from_day"] = json!({ "label": "From", "kind": "date" });
            fields["until_day"] = json!({ "label": "Until", "kind": "date" });
        }
        "forms/move.json" => body["fields"]["looks"] = link("person"),
        "workflows/move.json" => {
            let nodes = &mut body["nodes"];
            nodes["look"] = json!({
                "kind": "approval", "label": "Look", "seats": ["= record.looks"],
                "empty": "role:keeper", "may": { "take_back": { "comment": "required" } },
                "outcomes": { "approve": "check", "reject": "bad" }
            });
            nodes["check"] = json!({
                "kind": "approval", "label": "Check", "seats": ["role:keeper"],
                "outcomes": { "approve": "book", "reject": "bad" }
            });
        }
        _ => {}
    }
}

struct Looked {
    yard: Yard,
    li: (Id, Caller),
    ana: (Id, Caller),
}

/// A yard where li and ana are people with users.
async fn looked(on: On) -> Looked {
    let yard = Yard::with(on, by_name).await;
    let mut people = vec![];
    for login in ["li", "ana"] {
        let person = yard
            .make("person", json!({ "code": login, "name": login }))
            .await;
        let new = NewUser {
            login: login.into(),
            name: None,
            password: None,
            person: Some(login.into()),
            roles: vec![],
            language: Language::En,
        };
        yard.site.add_user(new).await.unwrap();
        people.push((person, yard.site.caller_named(login).await.unwrap()));
    }
    let ana = people.pop().unwrap();
    let li = people.pop().unwrap();
    Looked { yard, li, ana }
}

impl Looked {
    /// A move that li looks at, submitted.
    async fn moved(&self) -> Id {
        let place = self.yard.place("a").await;
        let lines = json!([{ "day": "2026-03-02", "amount": 3 }]);
        let values = json!({ "place": place, "looks": self.li.0, "lines": lines });
        let id = self.yard.make("move", values).await;
        let (form, key) = (r("yard/move"), self.yard.key());
        let (site, none) = (&self.yard.site, object(json!({})));
        site.submit(&self.yard.chief, &key, &form, id, 1, none)
            .await
            .unwrap();
        id
    }
    async fn tasks(&self, of: &Caller) -> Vec<Id> {
        let tasks = self.yard.site.tasks(of, Folder::Todo, "", None, None).await;
        tasks.unwrap().rows.iter().filter_map(|t| t.id).collect()
    }
    async fn approve(&self, by: &Caller) -> Result<view::Done, Error> {
        let asked = CompleteAsked {
            outcome: Name::new("approve").ok(),
            opinion: String::new(),
            values: object(json!({})),
            version: None,
        };
        let task = self.tasks(by).await[0];
        self.yard
            .site
            .complete(by, &self.yard.key(), task, asked)
            .await
    }
    async fn sheet(&self, by: &Caller, id: Id) -> view::Sheet {
        let form = r("yard/move");
        self.yard.site.sheet(by, &form, id).await.unwrap()
    }
    async fn steer(&self, by: &Caller, id: Id, steer: Steer) -> Result<view::Done, Error> {
        let version = self.sheet(by, id).await.record.version;
        let (form, key) = (r("yard/move"), self.yard.key());
        let site = &self.yard.site;
        site.steer(by, &key, &form, id, version, steer, "").await
    }
}

fn refusal<T>(out: Result<T, Error>) -> String {
    out.err().map_or("done".into(), |e| e.code().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_in_is_kept_with_what_he_did_and_may_have_it_back() {
    for on in BOTH {
        let looked = looked(on).await;
        let away = json!({ "code": "x", "who": looked.li.0, "by": looked.ana.0,
                           "from_day": "2026-03-01" });
        looked.yard.make("area", away).await;
        let id = looked.moved().await;
        let ana = &looked.ana.1;
        assert!(looked.tasks(&looked.li.1).await.is_empty());
        let acts = |sheet: view::Sheet| {
            let back = sheet.acts.into_iter().find(|a| a.act == "take_back");
            back.map(|a| (a.task.unwrap(), a.comment.unwrap()))
        };
        assert_eq!(acts(looked.sheet(ana, id).await), None);
        let task = looked.tasks(ana).await[0];
        looked.approve(ana).await.unwrap();
        // It is no task of hers any more: the record offers it.
        assert_eq!(acts(looked.sheet(ana, id).await), Some((task, "required")));
        assert_eq!(acts(looked.sheet(&looked.li.1, id).await), None);
        let site = &looked.yard.site;
        let key = looked.yard.key();
        let silent = site.take_back(ana, &key, task, " ").await;
        assert_eq!(refusal(silent), "opinion_required");
        site.take_back(ana, &key, task, "Too soon").await.unwrap();
        // Sent again it is one act.
        site.take_back(ana, &key, task, "Too soon").await.unwrap();
        let chief = &looked.yard.chief;
        assert!(looked.tasks(&looked.yard.keeper().await).await.is_empty());
        looked.approve(ana).await.unwrap();
        looked.approve(&looked.yard.keeper().await).await.unwrap();
        assert_eq!(acts(looked.sheet(ana, id).await), None);
        assert!(site.verify().await.unwrap().ok);

        let (li, ana, chief) = (looked.li.1.user.id, ana.user.id, chief.user.id);
        let rows = looked.yard.audit(id).await;
        let of = |act: &str| {
            let rows = rows.iter().filter(|a| a.act == act);
            rows.map(|a| (a.actor.unwrap(), a.on_behalf_of))
                .collect::<Vec<_>>()
        };
        assert_eq!(of("submit"), [(chief, None)]);
        assert_eq!(of("take_back").len(), 1);
        let decided = of("complete");
        assert_eq!(decided[..2], [(ana, Some(li)), (ana, Some(li))]);
        assert_eq!(decided[2].1, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_steers_without_the_right_to() {
    for on in BOTH {
        let looked = looked(on).await;
        let id = looked.moved().await;
        let (li, ana, chief) = (&looked.li.1, &looked.ana.1, &looked.yard.chief);
        let site = &looked.yard.site;
        let end = looked.steer(li, id, Steer::Terminate).await;
        assert_eq!(refusal(end), "may_not_steer");
        let hand = site.hand_over(ana, li.user.id, ana.user.id).await;
        assert_eq!(refusal(hand), "may_not_steer");
        let offered = |sheet: view::Sheet| {
            let steers = ["jump", "suspend", "resume", "terminate"];
            let mut acts: Vec<&str> = sheet.acts.iter().map(|a| a.act).collect();
            acts.retain(|act| steers.contains(act));
            acts
        };
        assert!(offered(looked.sheet(li, id).await).is_empty());
        // Who administers the site may, without a grant.
        let all = ["jump", "suspend", "terminate"];
        assert_eq!(offered(looked.sheet(chief, id).await), all);
        looked.steer(chief, id, Steer::Suspend).await.unwrap();
        assert!(looked.tasks(li).await.is_empty());
        let told = looked.sheet(chief, id).await.suspended.expect("it stands");
        assert_eq!(told.by.id, Some(chief.user.id));
        assert_eq!(
            offered(looked.sheet(chief, id).await),
            ["resume", "terminate"]
        );
        assert!(site.verify().await.unwrap().ok);
        looked.steer(chief, id, Steer::Resume).await.unwrap();
        assert!(looked.sheet(chief, id).await.suspended.is_none());

        let hand = |to: Id| site.hand_over(chief, li.user.id, to);
        // It is the record of the chief himself: with him it would wait for ever.
        let own = hand(chief.user.id).await.unwrap();
        assert_eq!((own.moved, own.left), (0, 1));
        assert_eq!(looked.tasks(li).await.len(), 1);
        let first = hand(ana.user.id).await.unwrap();
        assert_eq!((first.moved, first.left), (1, 0));
        // Asked again, nothing is left to do.
        let again = hand(ana.user.id).await.unwrap();
        assert_eq!((again.moved, again.left), (0, 0));
        looked.approve(ana).await.unwrap();
        looked.approve(&looked.yard.keeper().await).await.unwrap();
        assert!(site.verify().await.unwrap().ok);
        let chief = chief.user.id;
        let rows = looked.yard.audit(id).await;
        for act in ["suspend", "resume", "hand_over"] {
            let found: Vec<_> = rows.iter().filter(|a| a.act == act).collect();
            assert_eq!(found.len(), 1, "{act}");
            assert_eq!(found[0].actor, Some(chief), "{act}");
        }
    }
}
