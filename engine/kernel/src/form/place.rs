//! Where in a record something is: a field of the header, or of one line.

use model::{Id, Name, Path};
use std::fmt;

/// A field of the header, or of one line of a table. Written `field` or `table/<line id>/field`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The table and the line, for a field of a line.
    pub line: Option<(Name, Id)>,
    /// The field; of a finding about a whole line, the table's first column.
    pub field: Name,
}

impl Place {
    /// A field of the header.
    pub fn header(field: &Name) -> Self {
        Self {
            line: None,
            field: field.clone(),
        }
    }
    /// A field of a line.
    pub fn line(table: &Name, line: Id, field: &Name) -> Self {
        Self {
            line: Some((table.clone(), line)),
            field: field.clone(),
        }
    }
    /// The path of the field without the line: `field` or `table.field`.
    pub fn path(&self) -> Path {
        match &self.line {
            Some((table, _)) => Path(vec![table.clone(), self.field.clone()]),
            None => Path::one(&self.field),
        }
    }
    /// How [`model::Record::typed`] names this place: `field` or `line-id.field`.
    pub fn typed(&self) -> String {
        match &self.line {
            Some((_, line)) => format!("{line}.{}", self.field),
            None => self.field.to_string(),
        }
    }
}
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.line {
            Some((table, line)) => write!(f, "{table}/{line}/{}", self.field),
            None => self.field.fmt(f),
        }
    }
}
impl serde::Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
