//! The files of the repository as the other modules read them: found, and taken apart into code,
//! texts in quotes, and comments.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders that hold nothing of ours.
const SKIPPED: [&str; 6] = ["target", "node_modules", "dist", ".git", "data", "coverage"];

/// A text file, by its path from the root of the repository.
pub struct Source {
    /// With `/` between the steps.
    pub path: String,
    pub text: String,
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A file that must be there.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The text files below a folder whose names end in one of `endings`, sorted by path. A folder
/// that is not there has none.
pub fn below(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut paths = vec![];
    walk(&root().join(folder), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter(|path| {
            let name = path.to_string_lossy();
            endings.iter().any(|ending| name.ends_with(ending))
        })
        .filter_map(|path| {
            let text = fs::read_to_string(&path).ok()?;
            let path = path.strip_prefix(root()).ok()?.to_string_lossy();
            Some(Source {
                path: path.replace('\\', "/").trim_start_matches("./").to_owned(),
                text,
            })
        })
        .collect()
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if !path.is_dir() {
            out.push(path);
        } else if !SKIPPED.contains(&entry.file_name().to_string_lossy().as_ref()) {
            walk(&path, out);
        }
    }
}

/// The engine's Rust sources without its tests.
pub fn engine() -> Vec<Source> {
    let sources = without_tests(below("engine", &[".rs"]));
    assert!(!sources.is_empty(), "the engine has no sources");
    sources
}

/// The web app's sources without its tests.
pub fn designer() -> Vec<Source> {
    without_tests(below("designer/src", &[".ts", ".tsx"]))
}

fn without_tests(sources: Vec<Source>) -> Vec<Source> {
    sources
        .into_iter()
        .filter(|source| !source.is_test())
        .collect()
}

impl Source {
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains(".test.")
    }

    /// The text up to a module of tests at its end.
    fn untested(&self) -> &str {
        let mut place = 0;
        let mut gate = None;
        for line in self.text.split_inclusive('\n') {
            match line.trim() {
                "#[cfg(test)]" => gate = Some(place),
                line if line.starts_with("mod ") && gate.is_some() => break,
                _ => gate = None,
            }
            place += line.len();
        }
        &self.text[..gate.unwrap_or(self.text.len())]
    }

    /// Code without comments, texts in quotes kept. Lines stay where they were.
    pub fn spoken(&self) -> String {
        self.keep(|part| part != Part::Comment)
    }

    /// Code alone: comments and what stands in quotes blanked. Lines stay where they were.
    pub fn code(&self) -> String {
        self.keep(|part| part == Part::Code)
    }

    /// What stands in quotes, the rest blanked. Lines stay where they were.
    pub fn quoted(&self) -> String {
        self.keep(|part| part == Part::Text)
    }

    fn keep(&self, wanted: impl Fn(Part) -> bool) -> String {
        let text = self.untested();
        let parts = parts(text, self.path.ends_with(".rs"));
        text.chars()
            .zip(parts)
            .map(|(c, part)| if c == '\n' || wanted(part) { c } else { ' ' })
            .collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Code,
    Text,
    Comment,
}

/// What each character of a source belongs to.
fn parts(text: &str, rust: bool) -> Vec<Part> {
    let chars: Vec<char> = text.chars().collect();
    let at = |n: usize| chars.get(n).copied().unwrap_or('\0');
    let mut out = Vec::with_capacity(chars.len());
    while out.len() < chars.len() {
        let n = out.len();
        let (part, end) = match (at(n), at(n + 1)) {
            ('/', '/') => (Part::Comment, line_end(&chars, n)),
            ('/', '*') => (Part::Comment, find(&chars, n + 2, "*/")),
            ('r', '"' | '#') if rust && !word(at(n.wrapping_sub(1))) => {
                let hashes = chars[n + 1..].iter().take_while(|c| **c == '#').count();
                if at(n + 1 + hashes) == '"' {
                    let close = format!("\"{}", "#".repeat(hashes));
                    (Part::Text, find(&chars, n + 2 + hashes, &close))
                } else {
                    (Part::Code, n + 1)
                }
            }
            ('"', _) => (Part::Text, quote_end(&chars, n, rust)),
            ('\'', _) if rust => {
                // A character, or the name of a lifetime.
                if at(n + 1) == '\\' {
                    (Part::Text, quote_end(&chars, n, rust))
                } else if at(n + 2) == '\'' {
                    (Part::Text, n + 3)
                } else {
                    (Part::Code, n + 1)
                }
            }
            ('\'', _) if !word(at(n.wrapping_sub(1))) => (Part::Text, quote_end(&chars, n, rust)),
            ('`', _) if !rust => (Part::Text, quote_end(&chars, n, true)),
            _ => (Part::Code, n + 1),
        };
        out.resize(end.clamp(n + 1, chars.len()), part);
    }
    out
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_end(chars: &[char], from: usize) -> usize {
    let rest = chars[from..].iter().position(|c| *c == '\n');
    rest.map_or(chars.len(), |n| from + n)
}

/// The place after the next `what`.
fn find(chars: &[char], from: usize, what: &str) -> usize {
    let what: Vec<char> = what.chars().collect();
    let from = from.min(chars.len());
    let rest = chars[from..].windows(what.len()).position(|w| w == what);
    rest.map_or(chars.len(), |n| from + n + what.len())
}

/// The place after the quote that closes the one at `from`; where a text may not run over lines,
/// the end of the line closes it too, so an apostrophe in prose does no harm.
fn quote_end(chars: &[char], from: usize, over_lines: bool) -> usize {
    let mut n = from + 1;
    while n < chars.len() {
        match chars[n] {
            '\\' => n += 1,
            '\n' if !over_lines => return n,
            c if c == chars[from] => return n + 1,
            _ => {}
        }
        n += 1;
    }
    chars.len()
}

/// The words of a text in small letters, with their line: `PurchaseOrder`, `purchase_order`,
/// `purchase-order` and `purchase order` all give `purchase`, `order`. Where more than one such
/// sign stands between two words, an empty word does too: they belong to different things.
pub fn words(text: &str) -> Vec<(usize, String)> {
    let mut out = vec![];
    for (n, line) in text.lines().enumerate() {
        let (mut word, mut small, mut between) = (String::new(), false, 0);
        for c in line.chars().chain([' ']) {
            let starts = !c.is_alphanumeric() || (c.is_uppercase() && small);
            if starts && !word.is_empty() {
                out.push((n + 1, std::mem::take(&mut word)));
            }
            match c {
                c if c.is_alphanumeric() => {
                    if between > 1 {
                        out.push((n + 1, String::new()));
                    }
                    between = 0;
                    word.extend(c.to_lowercase());
                }
                '_' | '-' | ' ' => between += 1,
                _ => between += 2,
            }
            small = c.is_lowercase() || c.is_numeric();
        }
        out.push((n + 1, String::new()));
    }
    out
}

/// The lines where the words of `phrase` stand next to each other.
pub fn says(words: &[(usize, String)], phrase: &[&str]) -> Vec<usize> {
    words
        .windows(phrase.len())
        .filter(|window| {
            window
                .iter()
                .zip(phrase)
                .all(|((_, word), wanted)| word == wanted)
        })
        .map(|window| window[0].0)
        .collect()
}

/// The lines of `text` that hold `what`, as `path:line`; not where it is the tail of a longer name.
pub fn places(source: &Source, text: &str, what: &str) -> Vec<String> {
    let begins = what.starts_with(word);
    let holds = |line: &str| {
        line.match_indices(what)
            .any(|(at, _)| !begins || !line[..at].ends_with(word))
    };
    text.lines()
        .enumerate()
        .filter(|(_, line)| holds(line))
        .map(|(n, _)| format!("{}:{}", source.path, n + 1))
        .collect()
}

#[test]
fn sources_are_taken_apart() {
    let source = Source {
        path: "engine/x.rs".into(),
        text: "let a = \"b // c\"; // d 'e\nfn f<'g>(h: char) { h == '\"' } /* i */ r#\"j \" k\"#\n#[cfg(test)]\nmod tests {}\n".into(),
    };
    let all = |text: &str| -> Vec<String> {
        let all = words(text).into_iter().map(|(_, word)| word);
        all.filter(|word| !word.is_empty()).collect()
    };
    let code = all(&source.code());
    assert_eq!(code, ["let", "a", "fn", "f", "g", "h", "char", "h"]);
    let said = all(&source.quoted());
    assert_eq!(said, ["b", "c", "r", "j", "k"]);
}

#[test]
fn words_are_found_however_they_are_joined() {
    let words = words("PurchaseOrder\npurchase_orders purchase-order onMouseLeave");
    assert_eq!(says(&words, &["purchase", "order"]), [1, 2]);
    assert_eq!(says(&words, &["mouse", "leave"]), [2]);
    assert_eq!(says(&words, &["order", "on"]), [2]);
    let apart = self::words("order, on");
    assert_eq!(says(&apart, &["order", "on"]), [0; 0]);
}
