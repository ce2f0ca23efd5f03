//! Working calendars: a weekly pattern, the days that differ (holidays, 调休 make-up days), and
//! the years they are known for.

use crate::Ref;
use chrono::{Datelike, NaiveDate};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A calendar file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calendar {
    #[serde(skip, default = "crate::form::nowhere")]
    pub name: Ref,
    pub label: String,
    /// `mon`…`sun` → working hours as `HH:MM-HH:MM`; a day left out is free.
    pub week: IndexMap<String, Vec<String>>,
    /// Days that differ; an empty list is a free day.
    #[serde(default)]
    pub days: IndexMap<NaiveDate, Vec<String>>,
    /// Years whose days are known.
    pub covers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A year this calendar does not know: better an error than a guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the calendar {calendar} does not cover {year}")]
pub struct NotCovered {
    pub calendar: Ref,
    pub year: i32,
}

impl Calendar {
    /// The working hours of a day.
    pub fn hours(&self, day: NaiveDate) -> Result<&[String], NotCovered> {
        if !self.covers.iter().any(|y| y.parse() == Ok(day.year())) {
            return Err(NotCovered {
                calendar: self.name.clone(),
                year: day.year(),
            });
        }
        let weekday = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
            [day.weekday().num_days_from_monday() as usize];
        Ok(match self.days.get(&day) {
            Some(hours) => hours,
            None => self.week.get(weekday).map_or(&[], |h| h),
        })
    }
    /// Whether people work on a day.
    pub fn works(&self, day: NaiveDate) -> Result<bool, NotCovered> {
        Ok(!self.hours(day)?.is_empty())
    }
    /// Working days from `first` to `last`, both ends included; 0 if they are out of order.
    pub fn working_days(&self, first: NaiveDate, last: NaiveDate) -> Result<u32, NotCovered> {
        let mut count = 0;
        for day in first.iter_days().take_while(|d| *d <= last) {
            count += u32::from(self.works(day)?);
        }
        Ok(count)
    }
    /// The day `n` working days after `day`.
    pub fn add_working_days(&self, day: NaiveDate, n: u32) -> Result<NaiveDate, NotCovered> {
        let mut left = n;
        let mut at = day;
        while left > 0 {
            at = at + chrono::Days::new(1);
            left -= u32::from(self.works(at)?);
        }
        Ok(at)
    }
}
