//! Deadlines: ISO 8601 durations counted on a working calendar where one is named (4.1, "Fine
//! points"): `P1D` is the same time on the next working day, `PTnH` are working hours. Without a
//! calendar both are plain days and hours.

use crate::Error;
use chrono::{DateTime, Days, Months, NaiveTime, TimeDelta, Utc};
use model::{
    calendar::{Calendar, NotCovered},
    zone::Zone,
};

/// A duration as it is written: whole months, whole days, and minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub months: u32,
    pub days: u32,
    pub minutes: u32,
}

impl Span {
    /// Reads `P1D`, `P1M2DT8H30M`, `P2W`, `PT90M`.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text
            .strip_prefix('P')?
            .split_once('T')
            .unwrap_or((&text[1..], ""));
        let mut span = Self::default();
        for (part, in_time) in [(date, false), (time, true)] {
            let mut digits = String::new();
            for c in part.chars() {
                if c.is_ascii_digit() {
                    digits.push(c);
                    continue;
                }
                let n: u32 = std::mem::take(&mut digits).parse().ok()?;
                match (c, in_time) {
                    ('Y', false) => span.months = span.months.checked_add(n.checked_mul(12)?)?,
                    ('M', false) => span.months = span.months.checked_add(n)?,
                    ('W', false) => span.days = span.days.checked_add(n.checked_mul(7)?)?,
                    ('D', false) => span.days = span.days.checked_add(n)?,
                    ('H', true) => span.minutes = span.minutes.checked_add(n.checked_mul(60)?)?,
                    ('M', true) => span.minutes = span.minutes.checked_add(n)?,
                    _ => return None,
                }
            }
            if !digits.is_empty() {
                return None;
            }
        }
        (span != Self::default()).then_some(span)
    }

    /// The moment this much after `from`.
    pub fn after(
        self,
        from: DateTime<Utc>,
        calendar: Option<&Calendar>,
        zone: Zone,
    ) -> Result<DateTime<Utc>, Error> {
        let far = || Error::refused("too_far");
        let mut at = from
            .checked_add_months(Months::new(self.months))
            .ok_or_else(far)?;
        let Some(calendar) = calendar else {
            at = at
                .checked_add_days(Days::new(self.days.into()))
                .ok_or_else(far)?;
            return at
                .checked_add_signed(TimeDelta::minutes(self.minutes.into()))
                .filter(|at| model::day::keeps_moment(*at))
                .ok_or_else(far);
        };
        if self.days > 0 {
            let day = zone.day_of(at);
            let next = calendar
                .add_working_days(day, self.days)
                .map_err(uncovered)?;
            at += TimeDelta::days((next - day).num_days());
        }
        working_minutes(at, self.minutes, calendar, zone)
    }
}

/// The moment when so many working minutes after `from` have passed.
fn working_minutes(
    from: DateTime<Utc>,
    minutes: u32,
    calendar: &Calendar,
    zone: Zone,
) -> Result<DateTime<Utc>, Error> {
    let mut left = TimeDelta::minutes(minutes.into());
    let mut at = from;
    while left > TimeDelta::zero() {
        let day = zone.day_of(at);
        let midnight = zone.start_of(day);
        for hours in calendar.hours(day).map_err(uncovered)? {
            let Some((opens, closes)) = span_of_day(hours) else {
                continue;
            };
            let begin = (midnight + opens).max(at);
            let end = midnight + closes;
            if begin >= end {
                continue;
            }
            if end - begin >= left {
                return Ok(begin + left);
            }
            left -= end - begin;
            at = end;
        }
        at = zone.start_of(day + Days::new(1));
    }
    Ok(at)
}

/// What is left of the time from one moment to a later one: working minutes where a calendar is
/// given. It runs on with [`Span::after`] once the clock is started again.
pub fn working_left(
    from: DateTime<Utc>,
    due: DateTime<Utc>,
    calendar: Option<&Calendar>,
    zone: Zone,
) -> Result<Span, Error> {
    let mut left = TimeDelta::zero();
    match calendar {
        None => left = (due - from).max(left),
        Some(calendar) => {
            let mut day = zone.day_of(from);
            while zone.start_of(day) < due {
                let midnight = zone.start_of(day);
                for hours in calendar.hours(day).map_err(uncovered)? {
                    let Some((opens, closes)) = span_of_day(hours) else {
                        continue;
                    };
                    let begin = (midnight + opens).max(from);
                    let end = (midnight + closes).min(due);
                    left += (end - begin).max(TimeDelta::zero());
                }
                day = day + Days::new(1);
            }
        }
    }
    let minutes = u32::try_from(left.num_minutes()).map_err(|_| Error::refused("too_far"))?;
    Ok(Span {
        minutes,
        ..Span::default()
    })
}

/// `09:00-12:00` as time since midnight.
fn span_of_day(text: &str) -> Option<(TimeDelta, TimeDelta)> {
    let (from, to) = text.split_once('-')?;
    let since = |t: &str| {
        let time = NaiveTime::parse_from_str(t, "%H:%M").ok()?;
        Some(time - NaiveTime::MIN)
    };
    Some((since(from)?, since(to)?))
}

fn uncovered(e: NotCovered) -> Error {
    Error::Refused {
        code: "calendar_year_missing".into(),
        with: vec![e.calendar.to_string(), e.year.to_string()],
        say: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Ref;

    fn office() -> Calendar {
        let hours = vec!["09:00-12:00".to_string(), "13:00-18:00".to_string()];
        Calendar {
            name: "base/office".parse::<Ref>().unwrap(),
            label: "Office".into(),
            week: ["mon", "tue", "wed", "thu", "fri"]
                .into_iter()
                .map(|d| (d.to_string(), hours.clone()))
                .collect(),
            days: [
                ("2026-10-01".parse().unwrap(), vec![]),
                ("2026-10-02".parse().unwrap(), vec![]),
                ("2026-10-10".parse().unwrap(), hours.clone()),
            ]
            .into_iter()
            .collect(),
            covers: vec!["2026".into()],
            note: None,
        }
    }
    /// A moment of site time.
    fn at(text: &str) -> DateTime<Utc> {
        let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        Zone::default().start_of(naive.date()) + (naive.time() - NaiveTime::MIN)
    }

    #[test]
    fn durations_are_read_whole_or_not_at_all() {
        assert_eq!(
            Span::parse("P1D"),
            Some(Span {
                days: 1,
                ..Span::default()
            })
        );
        assert_eq!(
            Span::parse("P1M2DT8H30M"),
            Some(Span {
                months: 1,
                days: 2,
                minutes: 510
            })
        );
        assert_eq!(
            Span::parse("P2W"),
            Some(Span {
                days: 14,
                ..Span::default()
            })
        );
        for bad in [
            "",
            "P",
            "PT",
            "1D",
            "P1",
            "P1H",
            "PT1D",
            "P-1D",
            "P99999999999D",
        ] {
            assert_eq!(Span::parse(bad), None, "{bad}");
        }
    }
    #[test]
    fn a_day_over_a_holiday_is_the_next_working_day_at_the_same_time() {
        let due = Span::parse("P1D").unwrap().after(
            at("2026-09-30 16:00"),
            Some(&office()),
            Zone::default(),
        );
        assert_eq!(due.unwrap(), at("2026-10-05 16:00"));
        let make_up = Span::parse("P1D").unwrap().after(
            at("2026-10-09 16:00"),
            Some(&office()),
            Zone::default(),
        );
        assert_eq!(
            make_up.unwrap(),
            at("2026-10-10 16:00"),
            "调休: that Saturday is worked"
        );
    }
    #[test]
    fn hours_are_working_hours() {
        let due = Span::parse("PT4H").unwrap().after(
            at("2026-09-30 16:00"),
            Some(&office()),
            Zone::default(),
        );
        assert_eq!(due.unwrap(), at("2026-10-05 11:00"));
        let lunch = Span::parse("PT1H").unwrap().after(
            at("2026-09-30 11:30"),
            Some(&office()),
            Zone::default(),
        );
        assert_eq!(lunch.unwrap(), at("2026-09-30 13:30"));
    }
    #[test]
    fn what_is_left_is_working_time() {
        let (from, due) = (at("2026-09-30 16:00"), at("2026-10-05 11:00"));
        let left = working_left(from, due, Some(&office()), Zone::default()).unwrap();
        assert_eq!(left.minutes, 4 * 60, "the holiday is no time");
        let again = left.after(at("2026-10-10 17:00"), Some(&office()), Zone::default());
        assert_eq!(again.unwrap(), at("2026-10-12 12:00"));
        let plain = working_left(from, due, None, Zone::default()).unwrap();
        assert_eq!(plain.minutes, (4 * 24 + 19) * 60);
        let late = working_left(due, from, Some(&office()), Zone::default()).unwrap();
        assert_eq!(late.minutes, 0);
    }
    #[test]
    fn a_year_nobody_knows_is_an_error() {
        let due = Span::parse("P1D").unwrap().after(
            at("2026-12-31 10:00"),
            Some(&office()),
            Zone::default(),
        );
        assert_eq!(due.unwrap_err().code(), "calendar_year_missing");
    }
}
