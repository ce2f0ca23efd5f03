//! Where a page ended: opaque to the caller, useless with another sort.

use crate::{
    Failure,
    cell::{Cell, Type},
};
use model::Id;

/// The values of the sort at the last row, and its id.
#[derive(Debug, PartialEq)]
pub(crate) struct Cursor {
    pub values: Vec<Cell>,
    pub id: Id,
}

fn to_text(cell: &Cell) -> Option<String> {
    Some(match cell {
        Cell::Null(_) | Cell::List(..) => return None,
        Cell::Int(n) => n.to_string(),
        Cell::Text(t) => t.to_string(),
        Cell::Bool(b) => b.to_string(),
        Cell::Id(id) => id.to_string(),
        Cell::Date(d) => d.to_string(),
        Cell::Moment(m) => m.timestamp_micros().to_string(),
        Cell::Number(d, _) => d.to_string(),
        Cell::Bytes(_) => return None,
    })
}

fn of_text(text: Option<String>, kind: Type) -> Option<Cell> {
    let Some(text) = text else {
        return Some(Cell::Null(kind));
    };
    Some(match kind {
        Type::Int => Cell::Int(text.parse().ok()?),
        Type::Text if text.contains('\0') => return None,
        Type::Text => Cell::Text(text.into()),
        Type::Bool => Cell::Bool(text.parse().ok()?),
        Type::Id => Cell::Id(text.parse().ok()?),
        Type::Date => Cell::Date(model::day::of_text(&text)?),
        Type::Moment => Cell::Moment(model::day::moment_of_micros(text.parse().ok()?)?),
        Type::Number(scale) => Cell::Number(
            model::decimal::exact(text.parse().ok()?, scale).ok()?,
            scale,
        ),
        Type::Bytes => return None,
    })
}

impl Cursor {
    /// As text for the caller. `sort` names the order the cursor is good for.
    pub(crate) fn write(&self, sort: &str) -> String {
        let values: Vec<_> = self.values.iter().map(to_text).collect();
        let json = serde_json::json!([sort, self.id, values]).to_string();
        json.bytes().map(|b| format!("{b:02x}")).collect()
    }
    /// From the caller's text. [`Failure::Bad`] `bad_cursor` if it is not one of this order.
    pub(crate) fn read(text: &str, sort: &str, kinds: &[Type]) -> Result<Self, Failure> {
        let bad = || Failure::bad("bad_cursor", "after");
        if text.len() > 20_000 || !text.len().is_multiple_of(2) || !text.is_ascii() {
            return Err(bad());
        }
        let bytes = (0..text.len())
            .step_by(2)
            .map(|n| u8::from_str_radix(&text[n..n + 2], 16))
            .collect::<Result<Vec<u8>, _>>()
            .map_err(|_| bad())?;
        let (asked, id, values): (String, Id, Vec<Option<String>>) =
            serde_json::from_slice(&bytes).map_err(|_| bad())?;
        if asked != sort || values.len() != kinds.len() {
            return Err(bad());
        }
        let values = values
            .into_iter()
            .zip(kinds)
            .map(|(v, kind)| of_text(v, *kind).ok_or_else(bad))
            .collect::<Result<_, _>>()?;
        Ok(Self { values, id })
    }
}
