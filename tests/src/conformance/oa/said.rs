//! What a case says in words of its own: moments, calendars, conditions, reasons.

use chrono::{DateTime, Days, NaiveDate, Utc};
use model::{Name, Ref, calendar::Calendar};
use rust_decimal::Decimal;
use serde_json::Value;

/// A moment with its zone.
pub fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let at = DateTime::parse_from_rfc3339(text).map_err(|e| format!("{text}: {e}"))?;
    Ok(at.with_timezone(&Utc))
}

/// The end of a day.
pub fn end_of(day: &str) -> Result<DateTime<Utc>, String> {
    let day: NaiveDate = day.parse().map_err(|e| format!("{day}: {e}"))?;
    moment(&format!("{}T00:00:00+08:00", day + Days::new(1)))
}

/// A working calendar: hours of a day, weekend, holidays, and the days worked instead.
pub fn calendar(given: &Value) -> Result<Option<Calendar>, String> {
    let Some(hours) = given["hours"].as_array() else {
        return Ok(None);
    };
    let time = |n: usize| {
        hours
            .get(n)
            .and_then(Value::as_str)
            .ok_or("hours are two times")
    };
    let hours = vec![format!("{}-{}", time(0)?, time(1)?)];
    let weekend = super::names(&given["weekend"]);
    let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let worked = week.into_iter().filter(|day| !weekend.contains(day));
    let mut days = indexmap::IndexMap::new();
    let mut covers = vec![];
    for (key, hours) in [("holidays", vec![]), ("workdays", hours.clone())] {
        for text in super::names(&given[key]) {
            let day: NaiveDate = text.parse().map_err(|e| format!("{text}: {e}"))?;
            days.insert(day, hours.clone());
            let year = text[..4].to_string();
            if !covers.contains(&year) {
                covers.push(year);
            }
        }
    }
    let home = Name::known("cases");
    Ok(Some(Calendar {
        name: Ref::new(&home, &Name::known("calendar")),
        label: "Calendar".into(),
        week: worked.map(|day| (day.to_string(), hours.clone())).collect(),
        days,
        covers,
        note: None,
    }))
}

/// Whether a condition holds of a document: `otherwise`, `amount > 1000`, `1000 lt amount`.
pub fn holds(text: &str, document: &Value) -> Result<bool, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [left, sign, right] = words.as_slice() else {
        return Err(format!("no condition `{text}`"));
    };
    let value = |word: &str| match word.parse::<Decimal>() {
        Ok(number) => Ok(number),
        Err(_) => document[word].to_string().parse::<Decimal>(),
    };
    let read = |word: &str| value(word).map_err(|e| format!("{word}: {e}"));
    let (left, right) = (read(left)?, read(right)?);
    match *sign {
        ">" | "gt" => Ok(left > right),
        "<" | "lt" => Ok(left < right),
        other => Err(format!("no comparison `{other}`")),
    }
}

/// The codes that stand for a case's reason.
pub fn codes(reason: &str) -> &'static [&'static str] {
    match reason {
        "seat is parked" => &["seat_parked"],
        "seat is cancelled" => &["seat_cancelled", "instance_ended"],
        "seat is closed" => &["already_done", "seat_cancelled", "instance_ended"],
        "seat is not open" => &["seat_planned"],
        "seat already acted" => &["already_done"],
        "no seat would be left open" => &["last_seat"],
        "not the holder" => &["not_holder"],
        "already has a seat in this ballot" => &["already_seated"],
        "would be a circle" => &["delegation_circle"],
        "the initiator may not approve here" => &["starter_may_not"],
        "target was never entered" => &["not_a_target"],
        "only the initiator" => &["only_the_starter"],
        "someone has already acted" => &["already_acted"],
        "instance has ended" => &["instance_ended"],
        "instance is suspended" => &["suspended"],
        "not permitted" => &["may_not_steer"],
        "did not act on it" => &["did_not_decide"],
        "the next has already acted" => &["next_acted"],
        "opinion is required" => &["opinion_required"],
        "reminded less than the set interval ago" => &["reminded_lately"],
        _ => &[],
    }
}
