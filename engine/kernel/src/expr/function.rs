//! The closed list of functions an expression may call.

/// Functions over values that are already worked out. Those that read facts or take a fixed name
/// as an argument are nodes of their own in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Empty,
    IfEmpty,
    Min,
    Max,
    Sum,
    Any,
    Count,
    Percent,
    RoundUp,
    DaysBetween,
    AddDays,
    Year,
    Month,
    FirstOfMonth,
    LastOfMonth,
    FirstOfYear,
    LastOfYear,
    UnitFactor,
    Managers,
    Each,
}

impl Function {
    /// The function called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "empty" => Self::Empty,
            "if_empty" => Self::IfEmpty,
            "min" => Self::Min,
            "max" => Self::Max,
            "sum" => Self::Sum,
            "any" => Self::Any,
            "count" => Self::Count,
            "percent" => Self::Percent,
            "round_up" => Self::RoundUp,
            "days_between" => Self::DaysBetween,
            "add_days" => Self::AddDays,
            "year" => Self::Year,
            "month" => Self::Month,
            "first_of_month" => Self::FirstOfMonth,
            "last_of_month" => Self::LastOfMonth,
            "first_of_year" => Self::FirstOfYear,
            "last_of_year" => Self::LastOfYear,
            "unit_factor" => Self::UnitFactor,
            "managers" => Self::Managers,
            "each" => Self::Each,
            _ => return None,
        })
    }
    /// How many arguments it takes.
    pub(crate) fn arity(self) -> usize {
        match self {
            Self::Empty
            | Self::Sum
            | Self::Any
            | Self::Count
            | Self::Year
            | Self::Month
            | Self::FirstOfMonth
            | Self::LastOfMonth
            | Self::FirstOfYear
            | Self::LastOfYear
            | Self::Each => 1,
            Self::IfEmpty
            | Self::Min
            | Self::Max
            | Self::Percent
            | Self::RoundUp
            | Self::DaysBetween
            | Self::AddDays
            | Self::UnitFactor
            | Self::Managers => 2,
        }
    }
}

/// Names no script function may take: they mean something in every expression.
pub(crate) const TAKEN: &[&str] = &["balance", "slice", "holders", "role", "working_days"];

/// Whether a script function of this name would hide a built-in one.
pub(crate) fn taken(name: &str) -> bool {
    Function::named(name).is_some() || TAKEN.contains(&name)
}
