//! Fields: what every field says, and the closed list of kinds, one file each.

mod attachment;
mod choice;
mod choices;
mod date;
mod image;
mod lines;
mod link;
mod moment;
mod money;
mod month;
mod number;
mod quantity;
mod rich;
mod sequence;
mod switch;
mod text;

pub use attachment::Attachment;
pub use choice::{Choice, ChoiceOption};
pub use choices::Choices;
pub use date::Date;
pub use image::Image;
pub use lines::Lines;
pub use link::Link;
pub use moment::Moment;
pub use money::Money;
pub use month::MonthKind;
pub use number::{Number, NumberFormat};
pub use quantity::Quantity;
pub use rich::Rich;
pub use sequence::{Sequence, When};
pub use switch::Switch;
pub use text::{Text, TextFormat};

use crate::{Expr, Flag, Given, Name};
use serde::{Deserialize, Serialize};

/// A field of a form, a table, a ledger's key or a register.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Field {
    #[serde(default)]
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    #[serde(default = "Flag::no", skip_serializing_if = "Flag::never")]
    pub required: Flag,
    #[serde(default = "Flag::no", skip_serializing_if = "Flag::never")]
    pub readonly: Flag,
    #[serde(default = "Flag::yes", skip_serializing_if = "Flag::always")]
    pub shown: Flag,
    /// Once, at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Given>,
    /// Again whenever what it reads changes, until somebody types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<Expr>,
    /// Always; stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Expr>,
    /// Always; never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Expr>,
    /// Seen only with a grant that opens this seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Name>,
    /// May still be changed after the record is posted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_post: bool,
    /// Of a ledger's or register's key: may be left empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Of a register's key: the greatest value not above the one asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub step: bool,
    /// The name this field had before; its data moves along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(flatten)]
    pub kind: Kind,
}

/// The closed list of field kinds; the JSON key `kind` chooses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    Text(Text),
    Rich(Rich),
    Number(Number),
    Money(Money),
    Quantity(Quantity),
    Date(Date),
    Month(MonthKind),
    Moment(Moment),
    Switch(Switch),
    Choice(Choice),
    Choices(Choices),
    Link(Link),
    Lines(Lines),
    Sequence(Sequence),
    Attachment(Attachment),
    Image(Image),
}

impl Kind {
    /// The kind's name as written in a package.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Rich(_) => "rich",
            Self::Number(_) => "number",
            Self::Money(_) => "money",
            Self::Quantity(_) => "quantity",
            Self::Date(_) => "date",
            Self::Month(_) => "month",
            Self::Moment(_) => "moment",
            Self::Switch(_) => "switch",
            Self::Choice(_) => "choice",
            Self::Choices(_) => "choices",
            Self::Link(_) => "link",
            Self::Lines(_) => "lines",
            Self::Sequence(_) => "sequence",
            Self::Attachment(_) => "attachment",
            Self::Image(_) => "image",
        }
    }
}

impl Field {
    /// Digits after the point that this field keeps; `None` for what is no number.
    pub fn scale(&self) -> Option<u32> {
        match &self.kind {
            Kind::Number(k) => Some(k.scale),
            Kind::Money(_) => Some(Money::SCALE),
            Kind::Quantity(_) => Some(Quantity::SCALE),
            _ => None,
        }
    }
    /// Whether the field has a column of its own (neither lines nor a live value).
    pub fn stored(&self) -> bool {
        self.live.is_none() && !matches!(self.kind, Kind::Lines(_))
    }
    /// Whether a person may ever type here: neither worked out nor given by the engine.
    pub fn typed(&self) -> bool {
        self.computed.is_none() && self.live.is_none() && !matches!(self.kind, Kind::Sequence(_))
    }
    /// The child table, if this field is one.
    pub fn as_lines(&self) -> Option<&Lines> {
        match &self.kind {
            Kind::Lines(lines) => Some(lines),
            _ => None,
        }
    }
    /// The link, if this field is one.
    pub fn as_link(&self) -> Option<&Link> {
        match &self.kind {
            Kind::Link(link) => Some(link),
            _ => None,
        }
    }
}
