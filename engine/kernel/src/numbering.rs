//! Numbers of records: the pattern of a sequence filled in, and the period its counter runs for.

use chrono::{Datelike, NaiveDate};

/// Fills a pattern: `{year}` `{month}` `{day}` of the date, and a run of zeros in braces for the
/// counter, padded to that many digits (more digits are never cut). A brace part that is none of
/// these stays as it is written; [`crate::Rules::compile`] refuses it.
pub fn format(pattern: &str, date: NaiveDate, n: u64) -> String {
    let mut out = String::with_capacity(pattern.len() + 4);
    for part in parts(pattern) {
        match part {
            Part::Text(t) => out.push_str(t),
            Part::Year => out.push_str(&format!("{:04}", date.year())),
            Part::Month => out.push_str(&format!("{:02}", date.month())),
            Part::Day => out.push_str(&format!("{:02}", date.day())),
            Part::Counter(width) => out.push_str(&format!("{n:0width$}")),
            Part::Unknown(t) => {
                out.push('{');
                out.push_str(t);
                out.push('}');
            }
        }
    }
    out
}

/// The period a counter runs for: the date parts of the pattern, from the largest to the smallest,
/// as text (`2026`, `2026-03`); empty where the pattern has none and the counter never restarts.
pub fn period(pattern: &str, date: NaiveDate) -> String {
    let mut has = [false; 3];
    for part in parts(pattern) {
        match part {
            Part::Year => has[0] = true,
            Part::Month => has[1] = true,
            Part::Day => has[2] = true,
            _ => {}
        }
    }
    let all = [
        format!("{:04}", date.year()),
        format!("{:02}", date.month()),
        format!("{:02}", date.day()),
    ];
    let kept: Vec<&str> = all
        .iter()
        .zip(has)
        .filter(|(_, has)| *has)
        .map(|(text, _)| text.as_str())
        .collect();
    kept.join("-")
}

/// What is wrong with a pattern: an unknown part, or not exactly one counter.
pub(crate) fn wrong(pattern: &str) -> Option<String> {
    let mut counters = 0;
    for part in parts(pattern) {
        match part {
            Part::Unknown(t) => return Some(format!("{{{t}}}")),
            Part::Counter(_) => counters += 1,
            _ => {}
        }
    }
    (counters != 1).then(|| "{0000}".into())
}

enum Part<'a> {
    Text(&'a str),
    Year,
    Month,
    Day,
    Counter(usize),
    Unknown(&'a str),
}

fn parts(pattern: &str) -> Vec<Part<'_>> {
    let mut out = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inside, next)) = after.split_once('}') else {
            break;
        };
        out.push(Part::Text(before));
        out.push(match inside {
            "year" => Part::Year,
            "month" => Part::Month,
            "day" => Part::Day,
            zeros if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => {
                Part::Counter(zeros.len())
            }
            other => Part::Unknown(other),
        });
        rest = next;
    }
    out.push(Part::Text(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_filled_and_give_their_period() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 9).unwrap();
        assert_eq!(format("GR-{year}{month}-{0000}", day, 7), "GR-202603-0007");
        assert_eq!(format("X{00}", day, 12345), "X12345");
        assert_eq!(period("GR-{year}{month}-{0000}", day), "2026-03");
        assert_eq!(period("X{00}", day), "");
        assert_eq!(wrong("A{week}{00}").as_deref(), Some("{week}"));
        assert_eq!(wrong("A{year}").as_deref(), Some("{0000}"));
    }
}
