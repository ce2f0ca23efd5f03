//! One form made from another.
//!
//! Comes in: a make and the records it starts from. Goes out: new drafts, not yet worked out.
//! Refuses to know: which records may be chosen; see [`source_rows`].

use crate::{
    Asker, Facts, Fault, Outcome, Rules,
    access::{Blank, rows},
    expr::{
        Val, Where, constant,
        eval::{Asks, Eval, LineAt},
        fit::fit,
        literal,
        paths::read_at,
    },
};
use indexmap::IndexMap;
use model::{
    Decimal, Expr, Field, Fields, Filter, Form, Given, Id, Kind, Line, Name, Record, Status, Value,
    make::{MadeLines, Make},
};
use std::sync::Arc;

/// What a make needs to run.
#[derive(Clone, Copy, Debug)]
pub struct Making<'a> {
    pub rules: &'a Rules,
    pub make: &'a Make,
    pub sources: &'a [Arc<Record>],
    pub asker: Asker<'a>,
    /// Ids of records and lines are derived from it.
    pub seed: Id,
    pub facts: &'a Facts,
}

/// Which records a make may start from.
pub fn source_rows(
    rules: &Rules,
    make: &Make,
    asker: Asker,
    facts: &Facts,
) -> Result<Outcome<Filter>, Fault> {
    let asks = Asks::default();
    let eval = Eval {
        asker: Some(asker),
        ..Eval::new(rules.catalogue(), facts, &asks)
    };
    let place = place(make, None, false);
    let filter = rows(rules, &place, &make.rows, &make.from, &eval, Blank::Drops)?;
    Ok(match filter {
        Some(filter) => Outcome::Done(filter),
        None => Outcome::Need(asks.take()),
    })
}

/// The drafts a make gives: one for all sources that agree in `group_by` (without it, one for
/// each), with a line for every source line of which something is left. A draft whose make has
/// lines but that got none is left out. What the make sets counts as typed, so that a `copy` does
/// not overwrite it. The drafts are still to be evaluated with nothing before them.
pub fn make(m: &Making) -> Result<Outcome<Vec<Record>>, Fault> {
    let asks = Asks::default();
    let Some(form) = m.rules.catalogue().form(&m.make.to) else {
        return Ok(Outcome::Done(vec![]));
    };
    let mut maker = Maker {
        m,
        form,
        asks: &asks,
        pending: false,
    };
    let Some(groups) = maker.groups() else {
        return Ok(Outcome::Need(asks.take()));
    };
    let mut out = vec![];
    for (n, group) in groups.into_iter().enumerate() {
        out.extend(maker.record(n, &group)?);
    }
    Ok(if maker.pending {
        Outcome::Need(asks.take())
    } else {
        Outcome::Done(out)
    })
}

fn place(make: &Make, table: Option<Name>, open: bool) -> Where {
    Where::Make {
        make: make.name.clone(),
        table,
        open,
    }
}

struct Maker<'a> {
    m: &'a Making<'a>,
    form: &'a Form,
    asks: &'a Asks,
    pending: bool,
}

impl<'a> Maker<'a> {
    /// The sources that become one record each, in order.
    fn groups(&self) -> Option<Vec<Vec<&'a Record>>> {
        let mut groups: Vec<(Vec<Val>, Vec<&Record>)> = vec![];
        let catalogue = self.m.rules.catalogue();
        let mut pending = false;
        for source in self.m.sources {
            let eval = self.eval(source, None);
            let paths = self.m.make.group_by.iter();
            let reads = paths.filter_map(|path| read_at(catalogue, &source.form, &path.0));
            let key: Vec<Val> = reads.map(|read| eval.path(&read)).collect();
            pending |= key.contains(&Val::Pending);
            let alone = self.m.make.group_by.is_empty();
            match groups.iter_mut().find(|(k, _)| !alone && *k == key) {
                Some((_, group)) => group.push(source),
                None => groups.push((key, vec![source])),
            }
        }
        (!pending).then(|| groups.into_iter().map(|(_, group)| group).collect())
    }

    fn eval(&self, source: &'a Record, line: Option<LineAt<'a>>) -> Eval<'a> {
        Eval {
            asker: Some(self.m.asker),
            record: Some(source),
            line,
            ..Eval::new(self.m.rules.catalogue(), self.m.facts, self.asks)
        }
    }

    fn record(&mut self, n: usize, group: &[&'a Record]) -> Result<Option<Record>, Fault> {
        let Some(first) = group.first() else {
            return Ok(None);
        };
        let asker = self.m.asker;
        let id = Id::derived(self.m.seed, &["made", &n.to_string()]);
        let mut record = Record {
            form: self.form.name.clone(),
            id,
            version: 0,
            status: Status::Draft,
            created_at: asker.now,
            created_by: asker.user.id,
            updated_at: asker.now,
            updated_by: asker.user.id,
            parent: None,
            values: Fields::new(),
            typed: vec![],
        };
        let eval = self.eval(first, None);
        let header = place(self.m.make, None, false);
        let values = self.set(&header, &self.m.make.set, &self.form.fields, &eval)?;
        record.typed.extend(values.keys().filter_map(|name| {
            let copied = self.form.fields.get(name)?.copy.is_some();
            copied.then(|| name.to_string())
        }));
        record.values = values;
        if let Some(made) = &self.m.make.lines {
            let lines = self.lines(made, group, &mut record)?;
            if lines.is_empty() {
                return Ok(None);
            }
            record.values.insert(made.to.clone(), Value::Lines(lines));
        }
        Ok(Some(record))
    }

    fn lines(
        &mut self,
        made: &MadeLines,
        group: &[&'a Record],
        record: &mut Record,
    ) -> Result<Vec<Line>, Fault> {
        let table = self.form.fields.get(&made.to).and_then(Field::as_lines);
        let Some(table) = table else {
            return Ok(vec![]);
        };
        let mut out: Vec<Line> = vec![];
        for source in group {
            let starts: Vec<Option<LineAt>> = match &made.from {
                None => vec![None],
                Some(from) => match source.values.get_key_value(from) {
                    Some((from, lines)) => lines.lines().iter().map(|l| Some((from, l))).collect(),
                    None => vec![],
                },
            };
            for start in starts {
                let mut eval = self.eval(source, start);
                if let Some(expr) = &made.open {
                    match self.run(&place(self.m.make, made.from.clone(), false), expr, &eval)? {
                        Val::Number(open) if open > Decimal::ZERO => eval.open = Some(open),
                        _ => continue,
                    }
                }
                let inner = place(self.m.make, made.from.clone(), made.open.is_some());
                let values = self.set(&inner, &made.set, &table.fields, &eval)?;
                let n = out.len().to_string();
                let id = Id::derived(record.id, &[&made.to, &n]);
                record.typed.extend(values.keys().filter_map(|name| {
                    let copied = table.fields.get(name)?.copy.is_some();
                    copied.then(|| format!("{id}.{name}"))
                }));
                out.push(Line { id, values });
            }
        }
        Ok(out)
    }

    fn run(&mut self, place: &Where, expr: &Expr, eval: &Eval) -> Result<Val, Fault> {
        let compiled = self.m.rules.compiled(place, expr)?;
        let value = eval.run(&compiled)?;
        self.pending |= value == Val::Pending;
        Ok(value)
    }

    fn set(
        &mut self,
        place: &Where,
        set: &IndexMap<Name, Given>,
        fields: &IndexMap<Name, Field>,
        eval: &Eval,
    ) -> Result<Fields, Fault> {
        let mut values = Fields::new();
        for (name, given) in set {
            let Some(field) = fields.get(name) else {
                continue;
            };
            let value = match (given, &field.kind) {
                (Given::Expr(expr), _) => self.run(place, expr, eval)?,
                (Given::Text(text), Kind::Link(link)) => {
                    let value = eval.named(&Arc::new(link.to.clone()), text);
                    self.pending |= value == Val::Pending;
                    value
                }
                (given, _) => literal(constant(given), field),
            };
            if let Some(value) = fit(value, field, eval.catalogue.zone)? {
                values.insert(name.clone(), value);
            }
        }
        Ok(values)
    }
}
