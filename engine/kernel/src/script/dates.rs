//! Days, months and moments in scripts. There is no clock: they come in as arguments.

use super::meter::{Fallible, failed};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use model::{Month, day, zone::Zone};
use rhai::{Engine, INT};

pub(super) fn register(engine: &mut Engine, zone: Zone) {
    engine.register_type_with_name::<NaiveDate>("day");
    engine.register_type_with_name::<Month>("month");
    engine.register_type_with_name::<DateTime<Utc>>("moment");
    ordered::<NaiveDate>(engine);
    ordered::<Month>(engine);
    ordered::<DateTime<Utc>>(engine);
    engine.register_get("year", |d: &mut NaiveDate| d.year() as INT);
    engine.register_get("month", |d: &mut NaiveDate| d.month() as INT);
    engine.register_get("day", |d: &mut NaiveDate| d.day() as INT);
    // 1 is Monday.
    engine.register_get("weekday", |d: &mut NaiveDate| {
        d.weekday().number_from_monday() as INT
    });
    engine.register_get("year", |m: &mut Month| m.year as INT);
    engine.register_get("month", |m: &mut Month| m.month as INT);
    engine.register_get("day", move |m: &mut DateTime<Utc>| zone.day_of(*m));
    engine.register_fn("days_between", |a: NaiveDate, b: NaiveDate| {
        (b - a).num_days() as INT
    });
    engine.register_fn("add_days", |d: NaiveDate, n: INT| -> Fallible<NaiveDate> {
        let moved = chrono::Duration::try_days(n).and_then(|n| d.checked_add_signed(n));
        match moved.filter(|d| day::keeps(*d)) {
            Some(day) => Ok(day),
            None => failed("a day outside the calendar"),
        }
    });
    engine.register_fn("date", |y: INT, m: INT, d: INT| -> Fallible<NaiveDate> {
        let part = |n: INT| u32::try_from(n).ok();
        let year = i32::try_from(y).ok().filter(|y| day::YEARS.contains(y));
        let day = (|| NaiveDate::from_ymd_opt(year?, part(m)?, part(d)?))();
        match day {
            Some(day) => Ok(day),
            None => failed("there is no such day"),
        }
    });
    engine.register_fn("to_string", |d: NaiveDate| d.to_string());
    engine.register_fn("to_string", |m: Month| m.to_string());
}

fn ordered<T: Clone + PartialOrd + Send + Sync + 'static>(engine: &mut Engine) {
    engine.register_fn("==", |a: T, b: T| a == b);
    engine.register_fn("!=", |a: T, b: T| a != b);
    engine.register_fn("<", |a: T, b: T| a < b);
    engine.register_fn("<=", |a: T, b: T| a <= b);
    engine.register_fn(">", |a: T, b: T| a > b);
    engine.register_fn(">=", |a: T, b: T| a >= b);
}
