//! Words for the full-text search: NFKC, lower case, bigrams of CJK (8.1.8). The databases only
//! ever see these tokens, so no tokenizer or locale of theirs matters.
//!
//! `采购订单` becomes `采购 购订 订单 单`: the last character stands alone, so that every
//! character begins a token and one character can be looked for as a prefix.

use std::fmt::Write;
use unicode_normalization::UnicodeNormalization;

/// Most tokens kept for a record (PostgreSQL keeps positions up to 16,383).
const MOST: usize = 4_000;
/// Most tokens of a question.
const ASKED: usize = 24;
/// Longest token; a longer run of letters is no word.
const LONGEST: usize = 64;

/// Whether a character is written without spaces between words.
fn cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x2E80..=0x2FDF | 0x3005..=0x3007 | 0x3040..=0x30FF | 0x3100..=0x312F | 0x31A0..=0x31BF
        | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF
        | 0xF900..=0xFAFF | 0x20000..=0x323AF)
}

/// A run of one writing.
enum Run {
    /// `joined`: only signs stand between it and the word before, as in `PO-2026`.
    Word {
        text: String,
        joined: bool,
    },
    Cjk(Vec<char>),
}

fn runs(text: &str) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    let (mut broken, mut spaced) = (true, true);
    for c in text.nfkc().flat_map(char::to_lowercase) {
        if cjk(c) {
            match out.last_mut() {
                Some(Run::Cjk(run)) if !broken => run.push(c),
                _ => out.push(Run::Cjk(vec![c])),
            }
        } else if c.is_alphanumeric() {
            match out.last_mut() {
                Some(Run::Word { text, .. }) if !broken && text.len() < LONGEST => text.push(c),
                last => {
                    let joined = !spaced && matches!(last, Some(Run::Word { .. }));
                    let text = c.into();
                    out.push(Run::Word { text, joined });
                }
            }
        } else {
            broken = true;
            spaced |= c.is_whitespace();
            continue;
        }
        (broken, spaced) = (false, false);
    }
    out
}

fn bigrams(run: &[char]) -> Vec<String> {
    run.windows(2).map(|w| w.iter().collect()).collect()
}

fn tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for run in runs(text) {
        match run {
            Run::Word { text, .. } => out.push(text),
            Run::Cjk(run) => {
                out.extend(bigrams(&run));
                out.extend(run.last().map(char::to_string));
            }
        }
        if out.len() >= MOST {
            out.truncate(MOST);
            break;
        }
    }
    out
}

/// A text as SQLite keeps it: tokens with spaces between them.
pub(crate) fn words(text: &str) -> String {
    tokens(text).join(" ")
}

/// A text as PostgreSQL keeps it: the literal of a `tsvector` with positions.
pub(crate) fn vector(text: &str) -> String {
    let mut out = String::new();
    for (n, token) in tokens(text).iter().enumerate() {
        // Tokens hold letters and digits only, so nothing needs escaping.
        let _ = write!(out, "'{token}':{} ", n + 1);
    }
    out
}

/// What is asked for, and must occur: these tokens one after the other.
struct Part {
    tokens: Vec<String>,
    /// The last token may go on.
    open: bool,
}

fn parts(text: &str) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    let mut room = ASKED;
    for run in runs(text) {
        let part = match run {
            Run::Word { text, joined } => {
                room -= 1;
                // A number like `PO-2026` is looked for as it is written.
                match out.last_mut() {
                    Some(last) if joined => {
                        last.tokens.push(text);
                        None
                    }
                    _ => Some((vec![text], true)),
                }
            }
            Run::Cjk(run) if run.len() == 1 => {
                room -= 1;
                Some((vec![run[0].into()], true))
            }
            Run::Cjk(run) => {
                let tokens = bigrams(&run[..run.len().min(room + 1)]);
                room -= tokens.len();
                Some((tokens, false))
            }
        };
        out.extend(part.map(|(tokens, open)| Part { tokens, open }));
        if room == 0 {
            break;
        }
    }
    out
}

/// A question as SQLite's FTS5 reads it; `None` if it holds no word.
pub(crate) fn matches(text: &str) -> Option<String> {
    let parts: Vec<String> = parts(text)
        .iter()
        .map(|p| {
            format!(
                "\"{}\"{}",
                p.tokens.join(" "),
                if p.open { "*" } else { "" }
            )
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// A question as the literal of PostgreSQL's `tsquery`; `None` if it holds no word.
pub(crate) fn query(text: &str) -> Option<String> {
    let parts: Vec<String> = parts(text)
        .iter()
        .map(|p| {
            let quoted: Vec<_> = p.tokens.iter().map(|t| format!("'{t}'")).collect();
            let all = quoted.join(" <-> ") + if p.open { ":*" } else { "" };
            if p.open && quoted.len() == 1 {
                all
            } else {
                format!("({all})")
            }
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(" & "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_becomes_bigrams_and_latin_stays() {
        assert_eq!(words("采购订单 PO-2026"), "采购 购订 订单 单 po 2026");
        assert_eq!(matches("购订").as_deref(), Some("\"购订\""));
        assert_eq!(matches("单").as_deref(), Some("\"单\"*"));
        assert_eq!(
            query("ＰＯ 采购订").as_deref(),
            Some("'po':* & ('采购' <-> '购订')")
        );
        assert_eq!(matches("  -'\"* "), None);
    }

    #[test]
    fn what_is_written_as_one_is_looked_for_as_one() {
        assert_eq!(matches("TO-001").as_deref(), Some("\"to 001\"*"));
        assert_eq!(query("to/001").as_deref(), Some("('to' <-> '001':*)"));
        assert_eq!(matches("TO 001").as_deref(), Some("\"to\"* AND \"001\"*"));
        assert_eq!(
            matches("a-b - c, d采购-e").as_deref(),
            Some("\"a b\"* AND \"c\"* AND \"d\"* AND \"采购\" AND \"e\"*")
        );
    }

    #[test]
    fn a_long_question_is_cut() {
        let long = |sign: &str| vec!["x"; 40].join(sign);
        assert_eq!(matches(&long("-")).unwrap().matches('x').count(), ASKED);
        assert_eq!(matches(&long(" ")).unwrap().matches('x').count(), ASKED);
        assert!(matches(&"采".repeat(40)).unwrap().chars().count() < 80);
    }
}
