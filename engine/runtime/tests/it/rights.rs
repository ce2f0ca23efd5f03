//! Rights follow what they are read from.

use crate::{
    house::{BOTH, object, r},
    yard::Yard,
};
use runtime::{Caller, Language, ListAsked, NewUser};
use serde_json::{Value, json};
use std::time::Duration;

impl Yard {
    /// The places a user sees.
    async fn places(&self, who: &Caller) -> Vec<String> {
        let asked = ListAsked {
            sort: vec!["code".into()],
            ..ListAsked::default()
        };
        let page = self.site.list(who, &r("yard/place"), asked).await.unwrap();
        let code = |row: &runtime::view::Row| row.values["code"].as_str().unwrap().to_owned();
        page.rows.iter().map(code).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_moved_sees_by_his_new_branch() {
    for on in BOTH {
        let yard = Yard::with(on, |path: &str, body: &mut Value| {
            if path == "roles.json" {
                let all = body["grants"]["places"].clone();
                body["grants"]["all_places"] = all;
                body["grants"]["all_places"]["to"] = json!("role:chief");
                body["grants"]["places"] = json!({ "to": "everyone", "form": "place",
                    "rows": { "branch": "= user.branch" }, "may": ["read"] });
            }
        })
        .await;
        let branch =
            |code: &'static str| yard.make("branch", json!({ "code": code, "name": code }));
        let (north, south) = (branch("north").await, branch("south").await);
        for (code, branch) in [("n", north), ("s", south)] {
            yard.make(
                "place",
                json!({ "code": code, "name": code, "branch": branch }),
            )
            .await;
        }
        let person = json!({ "code": "lin", "name": "Lin", "branch": north });
        let person = yard.make("person", person).await;
        let new = NewUser {
            login: "lin".into(),
            name: None,
            password: None,
            person: Some("lin".into()),
            roles: vec![],
            language: Language::En,
        };
        yard.site.add_user(new).await.unwrap();
        let lin = yard.site.caller_named("lin").await.unwrap();
        assert_eq!(yard.places(&lin).await, ["n"]);
        let moved = object(json!({ "branch": south }));
        let (key, form) = (yard.key(), r("yard/person"));
        yard.site
            .change(&yard.chief, &key, &form, person, 1, moved)
            .await
            .unwrap();
        // What was read before the move may be used for a second.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let lin = yard.site.caller_named("lin").await.unwrap();
        assert_eq!(yard.places(&lin).await, ["s"]);
    }
}
