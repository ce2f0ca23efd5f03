//! Days and moments as both databases keep them alike: years 1 to 9999, whole microseconds.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use std::ops::RangeInclusive;

/// Years that have four digits.
pub const YEARS: RangeInclusive<i32> = 1..=9999;

/// Whether a day can be kept.
pub fn keeps(day: NaiveDate) -> bool {
    YEARS.contains(&day.year())
}

/// Whether a moment can be kept.
pub fn keeps_moment(moment: DateTime<Utc>) -> bool {
    YEARS.contains(&moment.year())
}

/// The first moment that can be kept.
pub fn first_moment() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(-62_135_596_800_000_000).unwrap_or(DateTime::UNIX_EPOCH)
}

/// The last moment that can be kept.
pub fn last_moment() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(253_402_300_799_999_999).unwrap_or(DateTime::UNIX_EPOCH)
}

/// A day that was written `YYYY-MM-DD`.
pub fn of_text(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    // The format of the library takes signs and spaces too.
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    (plain && !text.starts_with('-') && keeps(day)).then_some(day)
}

/// A moment that was written as RFC 3339 says, to the microsecond.
pub fn moment_of_text(text: &str) -> Option<DateTime<Utc>> {
    let moment = DateTime::parse_from_rfc3339(text).ok()?;
    moment_of_micros(moment.timestamp_micros())
}

/// A moment by its microseconds since 1970.
pub fn moment_of_micros(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).filter(|m| keeps_moment(*m))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_have_four_digits() {
        for good in ["0001-01-01", "9999-12-31", "2026-3-1"] {
            assert!(of_text(good).is_some(), "{good}");
        }
        for bad in [
            "0000-12-31",
            "10000-01-01",
            "+2026-01-01",
            "-2026-01-01",
            " 2026-01-01",
            "262142-01-01",
            "2026-02-30",
            "",
        ] {
            assert_eq!(of_text(bad), None, "{bad}");
        }
    }

    #[test]
    fn moments_are_kept_to_the_microsecond() {
        let moment = moment_of_text("2026-03-02T09:00:00.123456789+08:00").unwrap();
        assert_eq!(moment.to_rfc3339(), "2026-03-02T01:00:00.123456+00:00");
        // Year 0 in UTC.
        assert_eq!(moment_of_text("0001-01-01T00:00:00+08:00"), None);
        assert_eq!(moment_of_text("9999-12-31T23:59:59-08:00"), None);
        for (end, beyond) in [(first_moment(), -1), (last_moment(), 1)] {
            assert_eq!(moment_of_micros(end.timestamp_micros()), Some(end));
            assert_eq!(moment_of_micros(end.timestamp_micros() + beyond), None);
        }
        assert_eq!(moment_of_micros(i64::MAX), None);
        assert_eq!(moment_of_micros(i64::MIN), None);
    }
}
