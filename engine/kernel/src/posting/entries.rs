//! The entries a record writes, by its form's posting rules.

use crate::{
    Facts, Fault, Measures, Outcome, Rules,
    expr::{
        Val, Where, constant,
        eval::{Asks, Eval, LineAt},
        fit::{fit, rounded},
        literal,
    },
};
use chrono::NaiveDate;
use model::{
    Decimal, Field, Fields, Given, Id, Kind, Ledger, Name, Record, Ref, Value,
    posting::{EntryRule, Posting},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// One entry of a ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The rule that wrote it.
    pub rule: Name,
    pub ledger: Ref,
    /// The line it was written for.
    pub line: Option<Id>,
    /// The day from which it counts.
    pub date: NaiveDate,
    /// In the order of the ledger's definition; an empty optional dimension is left out.
    pub dims: Fields,
    pub attrs: Fields,
    /// Every stored measure, each with exactly its digits.
    pub measures: Measures,
}

/// The entries that posting a record writes, in the order of the rules and of the lines. An entry
/// whose measures are all zero is left out. Faults: whatever cannot be worked out, a date or a
/// dimension without a value (`missing_date`, `missing_dimension`).
pub fn entries(
    rules: &Rules,
    posting: &Posting,
    record: &Record,
    facts: &Facts,
) -> Result<Outcome<Vec<Entry>>, Fault> {
    let asks = Asks::default();
    let packages = rules.catalogue().packages.values();
    let mut homes = packages.filter(|p| p.postings.values().any(|p| p.form == posting.form));
    // Its names are relative to the package it is written in.
    let package = homes.next().map_or(&posting.form.package, |p| &p.name);
    let mut writer = Writer {
        rules,
        posting,
        package,
        record,
        facts,
        asks: &asks,
        done: HashMap::new(),
        out: vec![],
        pending: false,
    };
    for (name, rule) in &posting.entries {
        match &rule.each {
            None => writer.entry(name, rule, None)?,
            Some(table) => {
                let lines = record.values.get(table).map_or(&[][..], Value::lines);
                for line in lines {
                    writer.entry(name, rule, Some((table, line)))?;
                }
            }
        }
    }
    Ok(if writer.pending {
        Outcome::Need(asks.take())
    } else {
        Outcome::Done(writer.out)
    })
}

struct Writer<'a> {
    rules: &'a Rules,
    posting: &'a Posting,
    package: &'a Name,
    record: &'a Record,
    facts: &'a Facts,
    asks: &'a Asks,
    /// Measures by rule, with the line they were written for.
    done: HashMap<Name, Vec<(Option<Id>, Measures)>>,
    out: Vec<Entry>,
    pending: bool,
}

impl<'a> Writer<'a> {
    /// A measure of an entry above: of the same line, or of all lines where either has none.
    fn above(&self, rule: &Name, measure: &Name, line: Option<Id>) -> Decimal {
        let written = self.done.get(rule).map_or(&[][..], Vec::as_slice);
        let meant = |of: &Option<Id>| line.is_none() || of.is_none() || *of == line;
        let amounts = written.iter().filter(|(of, _)| meant(of));
        amounts.filter_map(|(_, m)| m.get(measure)).sum()
    }

    /// The value of an expression of this posting; nothing while a fact is missing.
    fn run(
        &self,
        expr: &model::Expr,
        rule: Option<&Name>,
        line: Option<LineAt>,
    ) -> Result<Option<Val>, Fault> {
        let place = Where::Posting {
            package: self.package.clone(),
            form: self.posting.form.clone(),
            table: line.map(|(table, _)| table.clone()),
            rule: rule.cloned(),
        };
        let compiled = self.rules.compiled(&place, expr)?;
        let line_id = line.map(|(_, line)| line.id);
        let above = |rule: &Name, measure: &Name| self.above(rule, measure, line_id);
        let eval = Eval {
            record: Some(self.record),
            line,
            entries: Some(&above),
            ..Eval::new(self.rules.catalogue(), self.facts, self.asks)
        };
        Ok(match eval.run(&compiled)? {
            Val::Pending => None,
            value => Some(value),
        })
    }

    fn given(
        &self,
        given: &Given,
        field: Option<&Field>,
        rule: &Name,
        line: Option<LineAt>,
    ) -> Result<Option<Val>, Fault> {
        let Given::Expr(expr) = given else {
            let value = match (constant(given), field) {
                (Val::Text(text), Some(field)) => match &field.kind {
                    Kind::Link(link) => {
                        let eval = Eval::new(self.rules.catalogue(), self.facts, self.asks);
                        eval.named(&Arc::new(link.to.clone()), &text)
                    }
                    _ => literal(Val::Text(text), field),
                },
                (value, _) => value,
            };
            return Ok((value != Val::Pending).then_some(value));
        };
        self.run(expr, Some(rule), line)
    }

    fn entry(&mut self, name: &Name, rule: &EntryRule, line: Option<LineAt>) -> Result<(), Fault> {
        if let Some(when) = &rule.when {
            match self.run(when, Some(name), line)? {
                None => self.pending = true,
                Some(value) if value.truth() => {}
                Some(_) => return Ok(()),
            }
        }
        let Some(ledger) = self.rules.catalogue().ledger(&rule.ledger).cloned() else {
            let name = rule.ledger.to_string();
            let say = format!("there is no ledger `{name}`");
            return Err(Fault::new("unknown_ledger", &[&name], say));
        };
        let date = match self.run(&self.posting.date, None, line)? {
            None => None,
            Some(Val::Date(day)) => Some(day),
            Some(Val::Moment(at)) => Some(self.rules.catalogue().zone.day_of(at)),
            Some(_) => {
                return Err(Fault::new("missing_date", &[], "a posting without a date"));
            }
        };
        let dims = self.fields(&ledger.dimensions, name, rule, line)?;
        let attrs = self.fields(&ledger.attributes, name, rule, line)?;
        let measures = self.measures(&ledger, name, rule, line)?;
        let (Some(date), Some(dims), Some(attrs), Some(measures)) = (date, dims, attrs, measures)
        else {
            self.pending = true;
            return Ok(());
        };
        complete(&ledger, &dims)?;
        let line = line.map(|(_, line)| line.id);
        let written = self.done.entry(name.clone()).or_default();
        written.push((line, measures.clone()));
        if measures.values().any(|m| !m.is_zero()) {
            self.out.push(Entry {
                rule: name.clone(),
                ledger: rule.ledger.clone(),
                line,
                date,
                dims,
                attrs,
                measures,
            });
        }
        Ok(())
    }

    fn fields(
        &self,
        fields: &indexmap::IndexMap<Name, Field>,
        name: &Name,
        rule: &EntryRule,
        line: Option<LineAt>,
    ) -> Result<Option<Fields>, Fault> {
        let mut out = Fields::new();
        let mut pending = false;
        for (key, field) in fields {
            let Some(given) = rule.set.get(key) else {
                continue;
            };
            match self.given(given, Some(field), name, line)? {
                None => pending = true,
                Some(value) => {
                    if let Some(value) = fit(value, field, self.rules.catalogue().zone)? {
                        out.insert(key.clone(), value);
                    }
                }
            }
        }
        Ok((!pending).then_some(out))
    }

    fn measures(
        &self,
        ledger: &Ledger,
        name: &Name,
        rule: &EntryRule,
        line: Option<LineAt>,
    ) -> Result<Option<Measures>, Fault> {
        let mut out = Measures::new();
        let mut pending = false;
        for (key, measure) in ledger.stored() {
            let value = match rule.set.get(key) {
                None => Val::Empty,
                Some(given) => match self.given(given, None, name, line)? {
                    None => {
                        pending = true;
                        continue;
                    }
                    Some(value) => value,
                },
            };
            let amount = match value {
                Val::Empty => Decimal::ZERO,
                Val::Number(n) => n,
                Val::Text(text) => text.parse().map_err(|_| amount_fault(key))?,
                _ => return Err(amount_fault(key)),
            };
            out.insert(key.clone(), rounded(amount, measure.scale())?);
        }
        Ok((!pending).then_some(out))
    }
}

fn amount_fault(measure: &Name) -> Fault {
    let say = format!("`{measure}` needs a number");
    Fault::new("type_mismatch", &[measure], say)
}

fn complete(ledger: &Ledger, dims: &Fields) -> Result<(), Fault> {
    let mut needed = ledger.dimensions.iter().filter(|(_, f)| !f.optional);
    match needed.find(|(name, _)| !dims.contains_key(*name)) {
        None => Ok(()),
        Some((name, _)) => {
            let say = format!("{} needs `{name}`", ledger.name);
            let with = [name.as_str(), &ledger.name.to_string()];
            Err(Fault::new("missing_dimension", &with, say))
        }
    }
}

/// The entries that take others back: the same keys with every measure negated, on the same day or
/// on `date`.
pub fn reverse(entries: &[Entry], date: Option<NaiveDate>) -> Vec<Entry> {
    let negated = |entry: &Entry| Entry {
        date: date.unwrap_or(entry.date),
        measures: entry
            .measures
            .iter()
            .map(|(name, amount)| (name.clone(), -*amount))
            .collect(),
        ..entry.clone()
    };
    entries.iter().map(negated).collect()
}

/// The hash of what a posting writes (blake3, hexadecimal): equal entries give equal hashes, also
/// as they come back from where they are kept. So the order of names does not count, nor how a
/// number is written, nor a measure that is zero.
pub fn content_hash(entries: &[Entry]) -> String {
    let mut hash = blake3::Hasher::new();
    for entry in entries {
        let plain = Plain {
            rule: &entry.rule,
            ledger: &entry.ledger,
            line: entry.line,
            date: entry.date,
            dims: plain(&entry.dims),
            attrs: plain(&entry.attrs),
            measures: entry
                .measures
                .iter()
                .filter(|(_, amount)| !amount.is_zero())
                .map(|(name, amount)| (name, amount.normalize()))
                .collect(),
        };
        // Entries are made of texts, numbers and lists only, which always become JSON.
        let json = serde_json::to_vec(&plain).unwrap_or_default();
        hash.update(&(json.len() as u64).to_le_bytes());
        hash.update(&json);
    }
    hash.finalize().to_hex().to_string()
}

/// An entry as it is hashed.
#[derive(Serialize)]
struct Plain<'a> {
    rule: &'a Name,
    ledger: &'a Ref,
    line: Option<Id>,
    date: NaiveDate,
    dims: BTreeMap<&'a Name, Value>,
    attrs: BTreeMap<&'a Name, Value>,
    measures: BTreeMap<&'a Name, Decimal>,
}

fn plain(fields: &Fields) -> BTreeMap<&Name, Value> {
    let one = |value: &Value| match value {
        Value::Number(n) => Value::Number(n.normalize()),
        other => other.clone(),
    };
    fields.iter().map(|(name, v)| (name, one(v))).collect()
}
