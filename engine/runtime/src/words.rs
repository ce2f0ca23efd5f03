//! The engine's own words in its three languages; the words of packages live in packages.

use std::{collections::HashMap, str::FromStr, sync::LazyLock};

/// A language of the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    En,
    #[default]
    ZhCn,
    ZhTw,
}

static WORDS: LazyLock<[HashMap<String, String>; 3]> = LazyLock::new(|| {
    // Part of the program: a test reads all three.
    let read = |text: &str| serde_json::from_str(text).expect("the engine's words are JSON");
    [
        read(include_str!("../words/en.json")),
        read(include_str!("../words/zh-CN.json")),
        read(include_str!("../words/zh-TW.json")),
    ]
});

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::En, Self::ZhCn, Self::ZhTw];

    /// `en`, `zh-CN`, `zh-TW`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
            Self::ZhTw => "zh-TW",
        }
    }
    /// The engine's sentence for a code, `{0}` `{1}` … filled in; the code itself where nothing
    /// is said.
    pub fn say(self, code: &str, with: &[String]) -> String {
        let words = &WORDS[self as usize];
        let Some(sentence) = words.get(code) else {
            return code.replace('_', " ");
        };
        let mut out = sentence.clone();
        for (n, word) in with.iter().enumerate() {
            out = out.replace(&format!("{{{n}}}"), word);
        }
        out
    }
    /// The word for something of the engine (`status/draft`), if it has one.
    pub fn word(self, key: &str) -> Option<&'static str> {
        WORDS[self as usize].get(key).map(String::as_str)
    }
}

impl FromStr for Language {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|l| l.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_the_same_things() {
        let keys = |n: usize| {
            let mut keys: Vec<_> = WORDS[n].keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(0), keys(1));
        assert_eq!(keys(0), keys(2));
    }
}
