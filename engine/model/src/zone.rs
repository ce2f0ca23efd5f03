//! The zone a site lives in: when its days begin and end.

use crate::day;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A zone by its name in the tz database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Tz);

impl Zone {
    /// The calendar day of a moment.
    pub fn day_of(self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.0).date_naive()
    }
    /// The moment a calendar day begins: midnight, or the first moment after it where the clocks
    /// are put forward at midnight; within the moments that can be kept.
    pub fn start_of(self, date: NaiveDate) -> DateTime<Utc> {
        let midnight = date.and_time(NaiveTime::MIN);
        let quarters = (0..=12).filter_map(|n| {
            let local = midnight.checked_add_signed(TimeDelta::minutes(15 * n))?;
            self.0.from_local_datetime(&local).earliest()
        });
        let first = quarters.map(|at| at.with_timezone(&Utc)).next();
        let first = first.unwrap_or_else(|| midnight.and_utc());
        first.clamp(day::first_moment(), day::last_moment())
    }
}

impl Default for Zone {
    /// Where the product comes from.
    fn default() -> Self {
        Self(Tz::Asia__Shanghai)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// The tz database has no zone of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoZone(pub String);

impl fmt::Display for NoZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "there is no zone `{}`; for example Asia/Shanghai",
            self.0
        )
    }
}
impl std::error::Error for NoZone {}

impl FromStr for Zone {
    type Err = NoZone;
    fn from_str(name: &str) -> Result<Self, NoZone> {
        name.parse().map(Self).map_err(|_| NoZone(name.into()))
    }
}
impl TryFrom<String> for Zone {
    type Error = NoZone;
    fn try_from(name: String) -> Result<Self, NoZone> {
        name.parse()
    }
}
impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_where_it_is() {
        for (zone, date, begins) in [
            ("Asia/Shanghai", "2026-03-02", "2026-03-01T16:00:00Z"),
            ("Europe/Berlin", "2026-03-02", "2026-03-01T23:00:00Z"),
            ("Europe/Berlin", "2026-07-02", "2026-07-01T22:00:00Z"),
            ("America/New_York", "2026-03-02", "2026-03-02T05:00:00Z"),
            // There is no midnight on the day the clocks are put forward.
            ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z"),
        ] {
            let zone: Zone = zone.parse().unwrap();
            let begins: DateTime<Utc> = begins.parse().unwrap();
            assert_eq!(zone.start_of(on(date)), begins, "{zone} {date}");
            assert_eq!(zone.day_of(begins), on(date));
            let before = begins - TimeDelta::microseconds(1);
            assert_eq!(zone.day_of(before), on(date).pred_opt().unwrap());
        }
    }

    #[test]
    fn what_is_no_zone_is_refused() {
        assert!("Asia/Nowhere".parse::<Zone>().is_err());
        assert!("+08:00".parse::<Zone>().is_err());
    }
}
