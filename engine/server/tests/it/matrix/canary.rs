//! Values that occur nowhere else: each belongs to one field of one record, and is found again in
//! whatever form it leaves the server.

use super::who::{GUARDED_LABELS, Kind, Sight};
use std::collections::{HashMap, HashSet};

/// What a canary stands for, and so who may know it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Secret {
    /// A field of a paper, or what whoever sees the paper may know of it (`plain`).
    Of(usize, String),
    /// What a definition calls a field of the paper, or of the ledger where it is one of its.
    Label(String),
    /// What only the clerk knows.
    Clerk(String),
}

/// All canaries, by what they look like.
#[derive(Default)]
pub struct Canaries {
    by_text: HashMap<String, Secret>,
    texts: HashMap<Secret, String>,
    fields: Vec<String>,
}

/// A text's canary has so many characters; see [`Canaries::text`].
const TEXT: usize = 12;

impl Canaries {
    fn field(&mut self, name: &str) -> usize {
        match self.fields.iter().position(|f| f == name) {
            Some(n) => n,
            None => {
                self.fields.push(name.into());
                self.fields.len() - 1
            }
        }
    }
    fn keep(&mut self, secret: Secret, text: String) -> String {
        self.by_text.insert(text.clone(), secret.clone());
        self.texts.insert(secret, text.clone());
        text
    }
    /// A word.
    pub fn text(&mut self, n: usize, field: &str) -> String {
        let f = self.field(field);
        self.keep(Secret::Of(n, field.into()), format!("zqr{n:02}f{f:04}ww"))
    }
    /// An amount of twelve digits before the point.
    pub fn amount(&mut self, n: usize, field: &str) -> String {
        let f = self.field(field) as u64;
        // By cubes, so that no sum of some is twice another.
        let digits = 731_900_000_000 + (n as u64).pow(3) * 1_000_000 + f * 100 + 17;
        self.keep(Secret::Of(n, field.into()), digits.to_string());
        format!("{digits}.50")
    }
    /// The digits of an amount that follows from another.
    pub fn times(&mut self, n: usize, field: &str, from: &str, by: u64) {
        let digits = self.texts[&Secret::Of(n, from.into())]
            .parse::<u64>()
            .unwrap();
        let digits = digits * by + by / 2;
        self.keep(Secret::Of(n, field.into()), digits.to_string());
    }
    /// A month, written `yyyy-mm`, in a year nothing else is in.
    pub fn month(&mut self, n: usize, field: &str, century: usize) -> String {
        self.keep(
            Secret::Of(n, field.into()),
            format!("{:04}-11", century + n),
        )
    }
    /// A word of a definition.
    pub fn label(&mut self, of: &str) -> String {
        let n = self.texts.len();
        let secret = match of {
            "vault" | "vault.inside" => Secret::Clerk(of.into()),
            of => Secret::Label(of.into()),
        };
        self.keep(secret, format!("zqlabel{n:03}ww"))
    }
    /// A word that only the clerk may know.
    pub fn clerks(&mut self, what: &str) -> String {
        let n = self.texts.len();
        self.keep(Secret::Clerk(what.into()), format!("zqclerk{n:03}ww"))
    }
    /// What stands for a field of a paper.
    pub fn of(&self, n: usize, field: &str) -> &str {
        &self.texts[&Secret::Of(n, field.into())]
    }
    /// What a definition calls something.
    pub fn label_of(&self, of: &str) -> &str {
        &self.texts[&Secret::Label(of.into())]
    }
    /// What stands for something only the clerk knows.
    pub fn clerk_of(&self, what: &str) -> &str {
        &self.texts[&Secret::Clerk(what.into())]
    }
    pub fn all(&self) -> impl Iterator<Item = (&Secret, &str)> {
        self.texts.iter().map(|(s, t)| (s, t.as_str()))
    }

    /// Every canary in these bytes; what is written in hexadecimal is read too.
    pub fn found(&self, bytes: &[u8]) -> HashSet<&Secret> {
        let mut out = HashSet::new();
        self.look(bytes, &mut out);
        let mut at = 0;
        while at < bytes.len() {
            let run = bytes[at..]
                .iter()
                .take_while(|b| b.is_ascii_hexdigit())
                .count();
            // Longer than a hash: a cursor.
            if run > 64 {
                let hex = &bytes[at..at + run / 2 * 2];
                let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
                let read: Vec<u8> = hex
                    .chunks(2)
                    .map(|p| digit(p[0]) * 16 + digit(p[1]))
                    .collect();
                self.look(&read, &mut out);
            }
            at += run + 1;
        }
        out
    }
    fn look<'a>(&'a self, bytes: &[u8], out: &mut HashSet<&'a Secret>) {
        for at in 0..bytes.len() {
            // A word, an amount and what follows from one, a month.
            let lengths: &[usize] = match bytes[at] {
                b'z' if bytes.get(at + 1) == Some(&b'q') => &[TEXT],
                b'1' | b'2' | b'7' => &[12, 13, 7],
                _ => continue,
            };
            for length in lengths {
                let text = bytes
                    .get(at..at + length)
                    .and_then(|b| std::str::from_utf8(b).ok());
                out.extend(text.and_then(|t| self.by_text.get(t)));
            }
        }
    }
}

impl Kind {
    /// Whether he may know what a canary stands for.
    pub fn may_know(self, secret: &Secret) -> bool {
        match secret {
            Secret::Clerk(_) => self == Self::Clerk,
            Secret::Of(n, field) => self.sight(*n, field) == Sight::Value,
            Secret::Label(of) if of == "book" => self.reads_book(),
            Secret::Label(of) if of == "make" => self.knows_papers(),
            Secret::Label(of) if GUARDED_LABELS.contains(&of.as_str()) => {
                self.sight_of_book(of) == Sight::Value
            }
            Secret::Label(of) => self.most(of) > Sight::Nothing,
        }
    }
}
