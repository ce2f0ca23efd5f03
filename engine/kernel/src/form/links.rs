//! Links somebody chose, and which records may be chosen.

use super::Place;
use crate::{
    Asker, Facts, Fault, Outcome, Rules,
    access::{Blank, rows},
    expr::{
        Where,
        eval::{Asks, Eval},
    },
};
use model::{Field, Fields, Filter, Form, Id, Line, Record, Target, Value};

/// A link that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub at: Place,
    pub to: Target,
    pub id: Id,
}

/// The links of `record` that `before` does not have in the same place: their targets have to
/// exist, be readable by the caller, and pass [`link_rows`].
pub fn chosen(form: &Form, before: Option<&Record>, record: &Record) -> Vec<Chosen> {
    let mut out = vec![];
    let was = before.map(|b| &b.values);
    let note = |at: Place, field: &Field, was: Option<&Fields>, is: &Fields| {
        let link = field.as_link()?;
        let id = is.get(&at.field)?.link()?;
        let same = was.and_then(|w| w.get(&at.field)?.link()) == Some(id);
        let to = link.to.clone();
        (!same).then_some(Chosen { at, to, id })
    };
    for (name, field) in &form.fields {
        out.extend(note(Place::header(name), field, was, &record.values));
        let Some(table) = field.as_lines() else {
            continue;
        };
        let old: &[Line] = was.and_then(|w| w.get(name)).map_or(&[], Value::lines);
        let old: std::collections::HashMap<_, _> = old.iter().map(|l| (l.id, l)).collect();
        for line in record.values.get(name).map_or(&[][..], Value::lines) {
            let was = old.get(&line.id).map(|l| &l.values);
            for (column, field) in &table.fields {
                let at = Place::line(name, line.id, column);
                out.extend(note(at, field, was, &line.values));
            }
        }
    }
    out
}

/// Which records may be chosen at a place: the field's `rows`, worked out on the record as it
/// stands. A test whose value is still empty lets everything through. Everything where the field
/// says nothing, or is no link.
pub fn link_rows(
    rules: &Rules,
    form: &Form,
    record: &Record,
    at: &Place,
    asker: Asker,
    facts: &Facts,
) -> Result<Outcome<Filter>, Fault> {
    let everything = Ok(Outcome::Done(Filter::everything()));
    let Some(link) = form.at(&at.path()).and_then(Field::as_link) else {
        return everything;
    };
    let place = Where::Form {
        form: form.name.clone(),
        table: at.line.as_ref().map(|(table, _)| table.clone()),
    };
    // A line that is not there yet has no values.
    let blank = Line {
        id: Id(Default::default()),
        values: Fields::new(),
    };
    let line = at.line.as_ref().map(|(table, id)| {
        let lines = record.values.get(table).map_or(&[][..], Value::lines);
        (table, lines.iter().find(|l| l.id == *id).unwrap_or(&blank))
    });
    let asks = Asks::default();
    let eval = Eval {
        asker: Some(asker),
        record: Some(record),
        line,
        ..Eval::new(rules.catalogue(), facts, &asks)
    };
    let filter = rows(
        rules,
        &place,
        &link.rows,
        &link.to.form,
        &eval,
        Blank::Drops,
    )?;
    Ok(match filter {
        Some(filter) => Outcome::Done(filter),
        None => Outcome::Need(asks.take()),
    })
}
