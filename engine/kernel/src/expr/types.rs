//! What is known about a value before anything runs: types of paths, resolved against the
//! catalogue.

use model::{Catalogue, Field, Kind, Name, Ref, Target};
use std::sync::Arc;

/// The type of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    /// Not known before it runs: what a script gives, `()`.
    Any,
    Bool,
    Number,
    Text,
    /// Text that is one of these options.
    Choice(Arc<[Name]>),
    Date,
    Month,
    Moment,
    /// A record, or a line.
    Link(Arc<Target>),
    /// A user (`created_by`), not the person.
    User,
    Files,
    /// A child table, a column, several choices, people.
    List(Box<Type>),
    /// What `balance` gives; its measures are read by name.
    Balance(Ref),
    /// What `slice` gives; its values are read by name.
    Row(Ref),
    /// Seats of a role or of its holders.
    Seat,
    /// `user`.
    Asker,
    /// `settings`, then a package of it.
    Settings,
    SettingsOf(Ref),
    /// `entry`, then a rule and a measure of it.
    Entries,
}

impl Type {
    /// The type of the values of a field.
    pub(crate) fn of(form: &Ref, name: &Name, field: &Field) -> Self {
        let options = |names: Vec<Name>| Self::Choice(names.into());
        match &field.kind {
            Kind::Text(_) | Kind::Rich(_) | Kind::Sequence(_) => Self::Text,
            Kind::Number(_) | Kind::Money(_) | Kind::Quantity(_) => Self::Number,
            Kind::Date(_) => Self::Date,
            Kind::Month(_) => Self::Month,
            Kind::Moment(_) => Self::Moment,
            Kind::Switch(_) => Self::Bool,
            Kind::Choice(k) => options(k.options.keys().cloned().collect()),
            Kind::Choices(k) => Self::List(Box::new(options(k.options.keys().cloned().collect()))),
            Kind::Link(k) => Self::Link(Arc::new(k.to.clone())),
            Kind::Lines(_) => Self::List(Box::new(Self::line(form, name))),
            Kind::Attachment(_) | Kind::Image(_) => Self::Files,
        }
    }
    /// A record of a form.
    pub(crate) fn record(form: &Ref) -> Self {
        Self::Link(Arc::new(Target {
            form: form.clone(),
            table: None,
        }))
    }
    /// A line of a table.
    pub(crate) fn line(form: &Ref, table: &Name) -> Self {
        Self::Link(Arc::new(Target {
            form: form.clone(),
            table: Some(table.clone()),
        }))
    }
    /// Of a list what it holds; of everything else itself.
    pub(crate) fn element(&self) -> &Self {
        match self {
            Self::List(of) => of.element(),
            other => other,
        }
    }
    /// Whether values of both could be equal.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        let texts = |t: &Self| matches!(t, Self::Text | Self::Choice(_));
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Link(a), Self::Link(b)) => a == b,
            (Self::List(a), Self::List(b)) => a.fits(b),
            (a, b) if texts(a) && texts(b) => true,
            (a, b) => a == b,
        }
    }
    /// What it is, for a sentence.
    pub(crate) fn say(&self) -> String {
        match self {
            Self::Any => "anything".into(),
            Self::Bool => "yes or no".into(),
            Self::Number => "a number".into(),
            Self::Text => "text".into(),
            Self::Choice(_) => "a choice".into(),
            Self::Date => "a date".into(),
            Self::Month => "a month".into(),
            Self::Moment => "a moment".into(),
            Self::Link(to) => format!("{to}"),
            Self::User => "a user".into(),
            Self::Files => "files".into(),
            Self::List(of) => format!("a list of {}", of.say()),
            Self::Balance(ledger) => format!("a balance of {ledger}"),
            Self::Row(register) => format!("a row of {register}"),
            Self::Seat => "seats".into(),
            Self::Asker => "user".into(),
            Self::Settings | Self::SettingsOf(_) => "settings".into(),
            Self::Entries => "entry".into(),
        }
    }
}

/// The field called `name` of a record or line.
pub(crate) fn field_of<'a>(
    catalogue: &'a Catalogue,
    to: &Target,
    name: &str,
) -> Option<(&'a Name, &'a Field)> {
    let form = catalogue.form(&to.form)?;
    let fields = match &to.table {
        Some(table) => &form.fields.get(table)?.as_lines()?.fields,
        None => &form.fields,
    };
    fields.get_key_value(name)
}
