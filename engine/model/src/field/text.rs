use serde::{Deserialize, Serialize};

/// Words, on one line or several.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Text {
    /// Height of the box; more than one makes it multi-line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<u32>,
    /// Most characters; 4,000 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// No two records of the form may have the same text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<TextFormat>,
}

/// What the words are, which chooses the keyboard of a phone and a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextFormat {
    Phone,
    Email,
    Address,
}

impl Text {
    /// Longest text where the field names no `max`.
    pub const MAX: u32 = 4_000;

    /// Whether `text` fits; the code of the first rule it breaks otherwise.
    pub fn check(&self, text: &str) -> Result<(), &'static str> {
        if text.chars().count() > self.max.unwrap_or(Self::MAX) as usize {
            return Err("too_long");
        }
        if text
            .chars()
            .any(|c| c == '\0' || (c.is_control() && !matches!(c, '\n' | '\t' | '\r')))
        {
            return Err("control_character");
        }
        match self.format {
            Some(TextFormat::Email) => match text.split_once('@') {
                Some((name, host))
                    if !name.is_empty() && host.contains('.') && !text.contains(' ') =>
                {
                    Ok(())
                }
                _ => Err("not_an_email"),
            },
            Some(TextFormat::Phone) => {
                let good = text.chars().filter(char::is_ascii_digit).count() >= 3
                    && text
                        .chars()
                        .all(|c| c.is_ascii_digit() || "+-() #*".contains(c));
                if good { Ok(()) } else { Err("not_a_phone") }
            }
            Some(TextFormat::Address) | None => Ok(()),
        }
    }
}
