//! Nodes whose clocks are wrong.

use crate::{
    house::{BOTH, object, r},
    yard::Yard,
};
use chrono::{TimeDelta, Utc};
use runtime::Clock;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_fires_by_the_clock_it_is_claimed_by() {
    for on in BOTH {
        let behind = Clock::Wrong(-TimeDelta::minutes(10));
        let yard = Yard::by(on, behind, |path: &str, body: &mut Value| match path {
            "forms/move.json" => {
                body["fields"]["at"] = json!({ "label": "At", "kind": "moment" });
            }
            "workflows/move.json" => {
                body["nodes"]["asked"]["next"] = json!("wait");
                body["nodes"]["wait"] =
                    json!({ "kind": "timer", "until": "= record.at", "next": "look" });
            }
            _ => {}
        })
        .await;
        let place = yard.place("a").await;
        let soon = Utc::now() + TimeDelta::milliseconds(300);
        let lines = json!([{ "day": "2026-03-02", "amount": 3 }]);
        let id = yard
            .make(
                "move",
                json!({ "place": place, "at": soon, "lines": lines }),
            )
            .await;
        let (form, key) = (r("yard/move"), yard.key());
        let none = object(json!({}));
        yard.site
            .submit(&yard.chief, &key, &form, id, 1, none)
            .await
            .unwrap();
        // It is not tried before, and once it is due one try is enough.
        let mut done = 0;
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            done = yard.site.run_due_once().await.unwrap();
            if done > 0 {
                break;
            }
        }
        assert_eq!(done, 1);
        assert!(Utc::now() >= soon);
        assert_eq!(yard.complete("approve").await.unwrap().status, "posted");
        // What was written says when by the same clock.
        let sheet = yard.site.sheet(&yard.chief, &form, id).await.unwrap();
        let made: chrono::DateTime<Utc> = sheet.record.created_at.unwrap().parse().unwrap();
        assert!((made - soon).abs() < TimeDelta::minutes(5), "{made}");
    }
}
