//! A moment falls on a day by the site's zone, whoever asks.

use crate::{
    house::{BOTH, On, object, r},
    yard::Yard,
};
use runtime::{BalanceAsked, Site};
use serde_json::{Value, json};

/// Moves are posted on the day they were made.
fn dated(path: &str, body: &mut Value) {
    match path {
        "forms/move.json" => {
            body["fields"]["made"] =
                json!({ "label": "Made", "kind": "date", "computed": "= record.created_at" });
            body["fields"]["month"] = json!({ "label": "Month", "kind": "date",
                "computed": "= first_of_month(record.created_at)" });
        }
        "postings/move.json" => body["date"] = json!("= record.created_at"),
        _ => {}
    }
}

impl Yard {
    /// What lay at a place at the end of a day.
    async fn pile_on(&self, place: model::Id, day: &str) -> String {
        let asked = BalanceAsked {
            at: Some(day.parse().unwrap()),
            filter: object(json!({ "place": place })),
            ..BalanceAsked::default()
        };
        let ledger = r("yard/pile");
        let found = self.site.balance(&self.chief, &ledger, asked).await;
        let rows = found.unwrap().rows;
        let amount = rows.first().map(|row| &row.measures["amount"]);
        amount.map_or("0".into(), |a| a.as_str().unwrap().to_string())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_the_sites_day_everywhere() {
    for on in BOTH {
        let yard = Yard::with(on, dated).await;
        // Half past midnight in Shanghai, and still the first of March elsewhere.
        let clock = &yard.options.clock;
        clock.move_to("2026-03-01T16:30:00Z".parse().unwrap());
        for (zone, made, before) in [
            ("Asia/Shanghai", "2026-03-02", "2026-03-01"),
            ("America/New_York", "2026-03-01", "2026-02-28"),
        ] {
            yard.site.set_zone(zone.parse().unwrap()).await.unwrap();
            let chief = yard.site.caller_named("chief").await.unwrap();
            let place = yard.place(zone).await;
            let done = yard.moved(place, &[("2026-01-01", 4)]).await.unwrap();
            yard.complete("approve").await.unwrap();
            let form = r("yard/move");
            let sheet = yard.site.sheet(&chief, &form, done.id).await.unwrap();
            assert_eq!(sheet.record.values["made"], made, "{on:?} {zone}");
            assert_eq!(sheet.record.values["month"], "2026-03-01");
            assert_eq!(yard.pile_on(place, before).await, "0");
            assert_eq!(yard.pile_on(place, made).await, "4");
        }
        // It is kept with the site, for every process on it.
        let zone = yard.site.zone();
        let again = match on {
            On::Sqlite => yard.plant(dated).await.unwrap().site,
            On::Postgres => Site::open(yard.options.clone()).await.unwrap(),
        };
        assert_eq!(again.zone(), zone);
    }
}
