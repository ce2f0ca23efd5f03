//! Texts that another reads: formats, languages, expressions, times.

use super::{Check, Judge, when};
use crate::{element::Ix, kind::Kind, rule::Rule};

pub(super) const CHECKS: &[Check] = &[
    text_format,
    uris,
    script_format,
    formal,
    empty,
    boolean,
    conditional_event,
    times,
];

fn text_format(judge: &mut Judge<'_>) {
    for (kind, name) in [
        (Kind::Documentation, "textFormat"),
        (Kind::TextAnnotation, "textFormat"),
        (Kind::ScriptTask, "scriptFormat"),
    ] {
        judge.each(kind, Rule::TextFormat, |j, ix| {
            let format = j.at(ix).get(name)?;
            let good = |part: &str| {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
            };
            let kind = format.split(';').next().unwrap_or_default().trim();
            let parts = kind.split_once('/');
            let fits = parts.is_some_and(|(a, b)| good(a) && good(b));
            when(!fits, &format!("{format:?} is no media kind"))
        });
    }
}

/// Whether a text can be a URI, absolute or not.
fn is_uri(text: &str) -> bool {
    let bytes = text.as_bytes();
    let hex = |n: usize| bytes.get(n).is_some_and(u8::is_ascii_hexdigit);
    (0..bytes.len()).all(|n| match bytes[n] {
        b'%' => hex(n + 1) && hex(n + 2),
        c => c.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&c) || c >= 0x80,
    })
}

fn uris(judge: &mut Judge<'_>) {
    for (kind, name) in [
        (Kind::Definitions, "expressionLanguage"),
        (Kind::Definitions, "typeLanguage"),
        (Kind::Expression, "language"),
        (Kind::Transaction, "method"),
    ] {
        judge.each(kind, Rule::NotAUri, |j, ix| {
            let value = j.at(ix).get(name)?;
            when(!is_uri(value), &format!("{value:?} is no URI"))
        });
    }
}

fn script_format(judge: &mut Judge<'_>) {
    judge.each(Kind::ScriptTask, Rule::ScriptFormat, |j, ix| {
        let task = j.at(ix);
        let wrong = task.get("script").is_some() && task.get("scriptFormat").is_none();
        when(wrong, "its script is of no language")
    });
}

fn formal(judge: &mut Judge<'_>) {
    judge.each(Kind::Expression, Rule::InformalExpression, |j, ix| {
        let expression = j.at(ix);
        let of_condition = expression
            .parent
            .is_some_and(|up| j.is(up, Kind::ComplexBehavior));
        let wrong = j.is_executable(ix) && !expression.formal && !of_condition;
        when(wrong, "it is in words, in an executable process")
    });
}

fn empty(judge: &mut Judge<'_>) {
    /// What always stands for a formal expression.
    const FORMAL: [&str; 3] = ["messagePath", "dataPath", "transformation"];
    judge.each(Kind::Expression, Rule::EmptyExpression, |j, ix| {
        let expression = j.at(ix);
        let within = expression.parent.map(|up| j.at(up).kind);
        let formal = expression.formal
            || FORMAL.contains(&expression.tag)
            || within == Some(Kind::ComplexBehavior);
        let says = !expression.text.trim().is_empty() || !expression.markup.is_empty();
        when(formal && !says, "it says nothing")
    });
}

fn boolean(judge: &mut Judge<'_>) {
    const CONDITIONS: [&str; 4] = [
        "completionCondition",
        "condition",
        "loopCondition",
        "conditionExpression",
    ];
    judge.each(Kind::Expression, Rule::ConditionIsBoolean, |j, ix| {
        let expression = j.at(ix);
        let text = expression.text.trim();
        let number = text.parse::<f64>().is_ok() && text.starts_with(|c: char| c.is_ascii_digit());
        let quoted = |quote: char| {
            let inner = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote));
            inner.is_some_and(|t| !t.contains(quote))
        };
        let value = number || quoted('"') || quoted('\'');
        let wrong = CONDITIONS.contains(&expression.tag) && value;
        when(wrong, &format!("{text} is neither true nor false"))
    });
}

fn conditional_event(judge: &mut Judge<'_>) {
    judge.each(
        Kind::ConditionalEventDefinition,
        Rule::ConditionalEvent,
        |j, ix| {
            let condition = j.at(j.model.child(ix, "condition")?);
            let says = !condition.text.trim().is_empty() || !condition.markup.is_empty();
            when(
                !condition.formal || !says,
                "its condition is not a formal one, or empty",
            )
        },
    );
}

/// Whether a text says a time of its form.
type Fits = fn(&str) -> bool;

fn times(judge: &mut Judge<'_>) {
    let judged: [(&str, Rule, Fits); 3] = [
        ("timeDate", Rule::TimeDate, is_moment),
        ("timeCycle", Rule::TimeCycle, is_cycle),
        ("timeDuration", Rule::TimeDuration, is_duration),
    ];
    for (tag, rule, fits) in judged {
        judge.each(Kind::Expression, rule, |j, ix: Ix| {
            let expression = j.at(ix);
            let text = expression.text.trim();
            // What is computed has a value when it runs.
            let computed = text.starts_with(['$', '#', '=']);
            let wrong = expression.tag == tag && !text.is_empty() && !computed && !fits(text);
            when(wrong, &format!("{text:?} is none of ISO 8601"))
        });
    }
}

fn digits(text: &str, least: usize) -> bool {
    text.len() >= least && text.bytes().all(|b| b.is_ascii_digit())
}

/// A date, with or without a time.
fn is_moment(text: &str) -> bool {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00"));
    let parts: Vec<&str> = date.splitn(3, '-').collect();
    let date_fits = match parts.as_slice() {
        [year, month, day] => digits(year, 4) && digits(month, 2) && digits(day, 2),
        [whole] => digits(whole, 8),
        _ => false,
    };
    let clock = time.split(['Z', '+', '-']).next().unwrap_or_default();
    let mut parts = clock.split([':', '.', ',']);
    date_fits && parts.all(|part| digits(part, 2))
}

/// `P`, numbers with their units, and after a `T` those of a day.
pub(crate) fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('-').unwrap_or(text).strip_prefix('P') else {
        return false;
    };
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) => (days, Some(time)),
        None => (rest, None),
    };
    let fits = |text: &str, units: &str| {
        let mut number = false;
        let mut left = units;
        let all = text.chars().all(|c| match c {
            '0'..='9' | '.' | ',' => {
                number = true;
                true
            }
            unit => {
                let there = std::mem::take(&mut number) && left.contains(unit);
                left = left.split_once(unit).map_or("", |(_, after)| after);
                there
            }
        });
        all && !number
    };
    let says = !days.is_empty() || time.is_some_and(|time| !time.is_empty());
    says && fits(days, "YMWD") && time.is_none_or(|time| !time.is_empty() && fits(time, "HMS"))
}

/// A repeated interval: how often, and a duration, with a moment before or after it where one is
/// said.
fn is_cycle(text: &str) -> bool {
    let mut parts: Vec<&str> = text.split('/').collect();
    let Some(times) = parts[0].strip_prefix('R') else {
        return is_duration(text);
    };
    parts.remove(0);
    let fits = |part: &&str| is_duration(part) || is_moment(part);
    digits(times, 0) && (1..=2).contains(&parts.len()) && parts.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::{is_cycle, is_duration, is_moment, is_uri};

    #[test]
    fn times_are_told_from_words() {
        for good in ["P1D", "PT1S", "P1Y2M3DT4H5M6S", "PT0.5S", "P2W"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["INVALID", "P", "PT", "1D", "P1", "PT1D", "P1S", "PT1S1H"] {
            assert!(!is_duration(bad), "{bad}");
        }
        for good in [
            "2016-06-01T14:37:44",
            "2016-06-01",
            "2011-03-11T12:13:14Z",
            "20160601",
        ] {
            assert!(is_moment(good), "{good}");
        }
        assert!(!is_moment("INVALID") && !is_moment("2016-06"));
        assert!(is_cycle("R4/PT1S") && is_cycle("R/2016-06-01/P1D") && !is_cycle("R4"));
    }

    #[test]
    fn a_uri_has_no_blanks_and_no_half_percent() {
        assert!(is_uri("http://www.w3.org/1999/XPath") && is_uri("a%20b"));
        assert!(!is_uri("_invalid_uri%$!") && !is_uri("a b"));
    }
}
