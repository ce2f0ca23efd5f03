//! A JSON body applied to a record: the only way values typed by a person come in.

use super::{Finding, Looks, Place};
use crate::{
    Facts, Outcome, Rules,
    facts::{Answer, Ask},
};
use model::{
    Field, Fields, Form, Id, Kind, Line, Look, Name, Record, Value, field::Lines, value::Named,
};
use serde_json::{Map, Value as Json};
use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
};

/// A body to apply.
///
/// A field that is left out keeps its value, also inside a line; `null` and empty text clear it. A
/// table is sent whole: lines with a known `id` are kept, others are new, those not sent are
/// removed. A value for a field with `copy` counts as typed unless it is what stands there
/// already, and `null` on a record or line that is being made keeps its default away, so a sender
/// gives only what a person typed.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    pub rules: &'a Rules,
    pub form: &'a Form,
    /// The record as it is; for a new one, an empty record of version 0.
    pub record: &'a Record,
    pub json: &'a Map<String, Json>,
    /// How the fields look to the sender: what he may edit, and what he must not know of.
    pub looks: &'a Looks,
    /// New lines get ids derived from it.
    pub seed: Id,
    /// Takes the ids of unknown lines as they are. Only for evaluations that are never stored:
    /// a stored line gets an id of ours.
    pub adopt: bool,
    pub facts: &'a Facts,
}

/// A body applied: the record, not yet worked out, and what the body changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    pub record: Record,
    pub changed: Vec<Place>,
}

/// Applies a body, or says everything that is wrong with it: `unknown_field` (also for a hidden
/// one), `not_editable`, `no_such_record`, `not_a_list`, `too_many_lines`, and the codes of
/// [`model::value::Misfit`].
pub fn apply(body: &Body) -> Outcome<Result<Applied, Vec<Finding>>> {
    let mut hand = Hand {
        body,
        asks: RefCell::default(),
        findings: vec![],
        changed: vec![],
        typed: body.record.typed.clone(),
    };
    let mut record = body.record.clone();
    for (key, json) in body.json {
        let Some((name, field)) = body.form.fields.get_key_value(key.as_str()) else {
            hand.unknown(None, key);
            continue;
        };
        match field.as_lines() {
            Some(lines) => hand.table(name, lines, json, &mut record.values),
            None => hand.field(Place::header(name), field, json, &mut record.values),
        }
    }
    let asks = hand.asks.into_inner();
    if !asks.is_empty() {
        return Outcome::Need(asks);
    }
    if !hand.findings.is_empty() {
        return Outcome::Done(Err(hand.findings));
    }
    record.typed = hand.typed;
    Outcome::Done(Ok(Applied {
        record,
        changed: hand.changed,
    }))
}

/// Findings after which nothing more is said of a body.
const FINDINGS_MAX: usize = 100;
/// How much of a key that is no field is said again, in characters.
const KEY_SHOWN: usize = 100;

struct Hand<'a> {
    body: &'a Body<'a>,
    asks: RefCell<Vec<Ask>>,
    findings: Vec<Finding>,
    changed: Vec<Place>,
    typed: Vec<String>,
}

/// A value as read: there, empty, or wrong.
enum Read {
    Value(Option<Value>),
    Wrong(&'static str, String),
    /// The key of a link is being asked for.
    Asked,
}

impl Hand<'_> {
    /// What does not exist and what is hidden give the same answer.
    fn unknown(&mut self, line: Option<(&Name, Id)>, key: &str) {
        let field = Name::new(key).unwrap_or_else(|_| Name::known("values"));
        let at = match line {
            None => Place::header(&field),
            Some((table, id)) => Place::line(table, id, &field),
        };
        let shown: String = key.chars().take(KEY_SHOWN).collect();
        self.refuse("unknown_field", at, &shown);
    }

    fn refuse(&mut self, code: &str, at: Place, with: &str) {
        if self.findings.len() < FINDINGS_MAX {
            let with: &[&str] = if with.is_empty() { &[] } else { &[with] };
            self.findings.push(Finding::refuse(code, at, with));
        }
    }

    fn look(&self, at: &Place) -> Look {
        self.body.looks.at(at).map_or(Look::Hidden, |l| l.look)
    }

    fn field(&mut self, at: Place, field: &Field, json: &Json, values: &mut Fields) {
        let look = self.look(&at);
        if look == Look::Hidden {
            let line = at.line.clone();
            let line = line.as_ref().map(|(table, id)| (table, *id));
            return self.unknown(line, &at.field.clone());
        }
        if look == Look::Masked && json.get("masked").is_some() {
            return;
        }
        let value = match self.read(field, json) {
            Read::Value(value) => value,
            Read::Wrong(code, with) => return self.refuse(code, at, &with),
            Read::Asked => return,
        };
        let fresh = self.body.record.version == 0;
        if values.get(&at.field) == value.as_ref() {
            // Emptied by hand before it was ever stored: the default stays away.
            if fresh && value.is_none() && field.default.is_some() && look >= Look::Edit {
                self.typed(&at);
            }
            return;
        }
        if look < Look::Edit {
            return self.refuse("not_editable", at, "");
        }
        if field.copy.is_some() || (field.default.is_some() && value.is_none()) {
            self.typed(&at);
        }
        match value {
            Some(value) => {
                values.insert(at.field.clone(), value);
            }
            None => {
                values.shift_remove(&at.field);
            }
        }
        self.changed.push(at);
    }

    fn typed(&mut self, at: &Place) {
        let typed = at.typed();
        if !self.typed.contains(&typed) {
            self.typed.push(typed);
        }
    }

    fn read(&self, field: &Field, json: &Json) -> Read {
        let Kind::Link(link) = &field.kind else {
            return match Value::of_json(field, json) {
                Ok(value) => Read::Value(value),
                Err(misfit) => Read::Wrong(misfit.code, misfit.with),
            };
        };
        match Named::of_json(json) {
            Err(misfit) => Read::Wrong(misfit.code, misfit.with),
            Ok(None) => Read::Value(None),
            Ok(Some(Named::Id(id))) => Read::Value(Some(Value::Link(id))),
            // A line has no key of its own.
            Ok(Some(Named::Key(_))) if link.to.table.is_some() => {
                Read::Wrong("not_a_link", String::new())
            }
            Ok(Some(Named::Key(key))) => {
                let form = link.to.form.clone();
                let ask = Ask::KeySeen { form, key };
                match self.body.facts.other(&ask) {
                    Some(Answer::Id(Some(id))) => Read::Value(Some(Value::Link(*id))),
                    Some(_) => match ask {
                        Ask::KeySeen { key, .. } => Read::Wrong("no_such_record", key),
                        _ => Read::Wrong("no_such_record", String::new()),
                    },
                    None => {
                        let mut asks = self.asks.borrow_mut();
                        if !asks.contains(&ask) {
                            asks.push(ask);
                        }
                        Read::Asked
                    }
                }
            }
        }
    }

    fn table(&mut self, table: &Name, lines: &Lines, json: &Json, values: &mut Fields) {
        let at = Place::header(table);
        let look = self.look(&at);
        if look < Look::Read {
            return self.unknown(None, table);
        }
        let none = vec![];
        let sent = match json {
            Json::Array(items) => items,
            Json::Null => &none,
            _ => return self.refuse("not_a_list", at, ""),
        };
        if sent.len() > Lines::MAX as usize {
            return self.refuse("too_many_lines", at, &Lines::MAX.to_string());
        }
        let old: Vec<Line> = values.get(table).map_or(vec![], |v| v.lines().to_vec());
        let mut known: HashMap<Id, Line> = old.iter().map(|l| (l.id, l.clone())).collect();
        let mut out: Vec<Line> = Vec::with_capacity(sent.len());
        let mut taken = HashSet::with_capacity(sent.len());
        for (n, item) in sent.iter().enumerate() {
            let Json::Object(object) = item else {
                self.refuse("not_a_line", at.clone(), &n.to_string());
                continue;
            };
            let Some(mut line) = self.line(table, object, n, &mut known) else {
                self.refuse("not_a_line", at.clone(), &n.to_string());
                continue;
            };
            if !taken.insert(line.id) {
                self.refuse("not_a_line", at.clone(), &n.to_string());
                continue;
            }
            self.columns(table, lines, object, &mut line);
            out.push(line);
        }
        let ids = |lines: &[Line]| lines.iter().map(|l| l.id).collect::<Vec<_>>();
        if ids(&old) != ids(&out) {
            if look < Look::Edit {
                return self.refuse("not_editable", at, "");
            }
            self.changed.push(at);
            let gone = known.keys().map(Id::to_string).collect::<Vec<_>>();
            self.typed
                .retain(|typed| !gone.iter().any(|id| typed.starts_with(id.as_str())));
        }
        if out.is_empty() {
            values.shift_remove(table);
        } else {
            values.insert(table.clone(), Value::Lines(out));
        }
    }

    /// The line an object stands for: a known one, or a new one.
    fn line(
        &self,
        table: &Name,
        object: &Map<String, Json>,
        n: usize,
        known: &mut HashMap<Id, Line>,
    ) -> Option<Line> {
        let new = |id| Line {
            id,
            values: Fields::new(),
        };
        let sent = match object.get("id") {
            None | Some(Json::Null) => {
                let id = Id::derived(self.body.seed, &[table, &n.to_string()]);
                return Some(new(id));
            }
            Some(Json::String(text)) => text.as_str(),
            Some(_) => return None,
        };
        // What is no id of ours is the sender's own mark for a new line.
        match sent.parse::<Id>() {
            Ok(id) if known.contains_key(&id) => known.remove(&id),
            Ok(id) if self.body.adopt => Some(new(id)),
            _ => Some(new(Id::derived(self.body.seed, &[table, sent]))),
        }
    }

    fn columns(
        &mut self,
        table: &Name,
        lines: &Lines,
        object: &Map<String, Json>,
        line: &mut Line,
    ) {
        for (key, json) in object.iter().filter(|(key, _)| *key != "id") {
            match lines.fields.get_key_value(key.as_str()) {
                None => self.unknown(Some((table, line.id)), key),
                Some((column, field)) => {
                    let at = Place::line(table, line.id, column);
                    self.field(at, field, json, &mut line.values);
                }
            }
        }
    }
}
