//! Working a record out: values in the order of their dependencies.

use super::{Finding, Live, Phase, Place, Sheet, judge::judge, sheet::NodeFields};
use crate::{
    Asker, Facts, Fault, Outcome, Rules,
    access::FieldLooks,
    expr::{
        Val, constant,
        eval::{Asks, Eval},
        fit::fit,
        literal,
        tree::{Compiled, Read},
    },
    rules::plan::{DefaultPlan, Plan, Slot},
};
use model::{Field, Fields, Form, Given, Id, Kind, Line, Name, Record, Status, Value, form::Level};
use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
};

/// What an evaluation is asked to do.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    pub rules: &'a Rules,
    pub form: &'a Form,
    pub record: &'a Record,
    /// The record as it is stored; `None` while it is being made. Defaults run then, and on every
    /// line that is not in it; a copy runs again where what it reads differs from it.
    pub before: Option<&'a Record>,
    pub phase: &'a Phase,
    /// Field access at the node whose task is being worked on.
    pub node_fields: Option<&'a NodeFields>,
    /// What the caller's rights let him see and edit; left out: everything.
    pub access: Option<&'a FieldLooks>,
    pub asker: Asker<'a>,
    pub facts: &'a Facts,
}

/// Works a record out: values, looks, findings. The result does not depend on the order in which
/// fields were filled in, and working it out again changes nothing. What cannot be worked out is
/// left empty with a finding, which warns while the record is being filled in and refuses from
/// submit on.
///
/// Once posted, a record's stored values stay as they are, whatever happens to the master data
/// they came from; only live values and looks are worked out.
pub fn evaluate(e: &Evaluation) -> Outcome<Sheet> {
    let empty = Plan::default();
    let plan = e.rules.plan(&e.form.name).unwrap_or(&empty);
    let asks = Asks::default();
    let mut work = Work {
        e,
        asks: &asks,
        record: e.record.clone(),
        findings: RefCell::default(),
        pending: Cell::new(false),
        typed: e.record.typed.iter().map(String::as_str).collect(),
        before: lines_before(e.before),
        settled: e.before.is_some_and(|b| settled(b.status)),
    };
    for slot in &plan.order {
        work.slot(slot);
    }
    let looks = judge(&work, plan);
    if work.pending.get() {
        return Outcome::Need(asks.take());
    }
    let Work {
        mut record,
        findings,
        ..
    } = work;
    let live = take_live(&mut record, plan);
    Outcome::Done(Sheet {
        record,
        live,
        looks,
        findings: findings.into_inner(),
    })
}

/// Whether the stored values of a record are settled for good.
fn settled(status: Status) -> bool {
    matches!(status, Status::Posted | Status::Reversed | Status::Closed)
}

fn lines_before(before: Option<&Record>) -> HashMap<Id, &Line> {
    let values = before.iter().flat_map(|b| b.values.values());
    values
        .flat_map(|value| value.lines())
        .map(|line| (line.id, line))
        .collect()
}

/// Live values stand among the others while they are read; here they are taken out again.
fn take_live(record: &mut Record, plan: &Plan) -> Live {
    let mut live = Live::default();
    for slot in plan.order.iter().filter(|slot| slot.live.is_some()) {
        match &slot.table {
            None => {
                if let Some(value) = record.values.shift_remove(&slot.field) {
                    live.header.insert(slot.field.clone(), value);
                }
            }
            Some(table) => {
                let Some(Value::Lines(lines)) = record.values.get_mut(table) else {
                    continue;
                };
                for line in lines {
                    if let Some(value) = line.values.shift_remove(&slot.field) {
                        let of = live.lines.entry(line.id).or_default();
                        of.insert(slot.field.clone(), value);
                    }
                }
            }
        }
    }
    live
}

/// A record while it is being worked out.
pub(super) struct Work<'a> {
    pub(super) e: &'a Evaluation<'a>,
    pub(super) asks: &'a Asks,
    pub(super) record: Record,
    pub(super) findings: RefCell<Vec<Finding>>,
    pub(super) pending: Cell<bool>,
    typed: HashSet<&'a str>,
    before: HashMap<Id, &'a Line>,
    settled: bool,
}

/// A line of the record being worked out: its table and its number.
type At<'b> = Option<(&'b Name, usize)>;

impl<'a> Work<'a> {
    fn slot(&mut self, slot: &Slot) {
        let form = self.e.form;
        match &slot.table {
            None => {
                if let Some(field) = form.fields.get(&slot.field) {
                    self.one(slot, field, None);
                }
            }
            Some(table) => {
                let lines = form.fields.get(table).and_then(Field::as_lines);
                let Some(field) = lines.and_then(|l| l.fields.get(&slot.field)) else {
                    return;
                };
                for n in 0..self.lines(table).len() {
                    self.one(slot, field, Some((table, n)));
                }
            }
        }
    }

    pub(super) fn lines(&self, table: &Name) -> &[Line] {
        self.record.values.get(table).map_or(&[], Value::lines)
    }

    /// Gives one field of the header or of one line its value.
    fn one(&mut self, slot: &Slot, field: &Field, at: At) {
        if let Some(live) = &slot.live {
            let value = self.run(live, at);
            self.put(slot, field, at, value);
            return;
        }
        if self.settled {
            return;
        }
        match &slot.computed {
            Some(computed) => {
                let value = self.run(computed, at);
                self.put(slot, field, at, value);
            }
            None => self.given(slot, field, at),
        }
    }

    /// A copy or a default, where it is due.
    fn given(&mut self, slot: &Slot, field: &Field, at: At) {
        let new = self.is_new(at);
        if let Some(copy) = &slot.copy {
            // While it is still being filled in, what could not be copied before is tried again.
            let open = self.record.status.editable() && self.value(slot, at).is_none();
            let due = new || open || self.changed(slot, copy, at);
            if due && !self.is_typed(slot, at) {
                let value = self.run(copy, at);
                self.put(slot, field, at, value);
            }
        }
        let Some(default) = &slot.default else { return };
        if !new || self.value(slot, at).is_some() || self.is_typed(slot, at) {
            return;
        }
        let value = match default {
            DefaultPlan::Expr(c) => self.run(c, at),
            DefaultPlan::Given(given) => Ok(self.literal(given, field)),
        };
        self.put(slot, field, at, value);
    }

    /// A default as written; of a link the key of a record.
    fn literal(&self, given: &Given, field: &Field) -> Val {
        match (constant(given), &field.kind) {
            (Val::Text(text), Kind::Link(link)) => {
                let eval = Eval::new(self.e.rules.catalogue(), self.e.facts, self.asks);
                eval.named(&std::sync::Arc::new(link.to.clone()), &text)
            }
            (value, _) => literal(value, field),
        }
    }

    /// Whether the record, or the line, is being made.
    fn is_new(&self, at: At) -> bool {
        match (self.e.before, at) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(_), Some((table, n))) => !self.before.contains_key(&self.lines(table)[n].id),
        }
    }

    fn is_typed(&self, slot: &Slot, at: At) -> bool {
        if self.typed.is_empty() {
            return false;
        }
        let place = match at {
            None => Place::header(&slot.field),
            Some((table, n)) => Place::line(table, self.lines(table)[n].id, &slot.field),
        };
        self.typed.contains(place.typed().as_str())
    }

    fn value(&self, slot: &Slot, at: At) -> Option<&Value> {
        match at {
            None => self.record.values.get(&slot.field),
            Some((table, n)) => self.lines(table)[n].values.get(&slot.field),
        }
    }

    /// Whether something the copy reads is not what it was.
    fn changed(&self, slot: &Slot, copy: &Compiled, at: At) -> bool {
        let Some(before) = self.e.before else {
            return true;
        };
        if copy.whole {
            return before.values != self.e.record.values;
        }
        slot.inputs.iter().any(|read| match read {
            Read::Line(name) => {
                let now = at.and_then(|(table, n)| {
                    let line = &self.lines(table)[n];
                    Some((self.before.get(&line.id)?, line))
                });
                now.is_none_or(|(was, is)| was.values.get(name) != is.values.get(name))
            }
            Read::Header(table, Some(column)) => {
                let cells = |record: &Record| -> Vec<(Id, Option<Value>)> {
                    let lines = record.values.get(table).map_or(&[][..], Value::lines);
                    let cell = |line: &Line| (line.id, line.values.get(column).cloned());
                    lines.iter().map(cell).collect()
                };
                cells(before) != cells(&self.record)
            }
            Read::Header(name, None) => {
                match (before.values.get(name), self.record.values.get(name)) {
                    // Of a table read as a whole, which lines there are.
                    (Some(Value::Lines(a)), Some(Value::Lines(b))) => {
                        !a.iter().map(|l| l.id).eq(b.iter().map(|l| l.id))
                    }
                    (a, b) => a != b,
                }
            }
        })
    }

    /// What an expression sees here.
    pub(super) fn eval<'b>(&'b self, line: Option<(&'b Name, &'b Line)>) -> Eval<'b> {
        Eval {
            asker: Some(self.e.asker),
            record: Some(&self.record),
            line,
            ..Eval::new(self.e.rules.catalogue(), self.e.facts, self.asks)
        }
    }

    fn run(&self, c: &Compiled, at: At) -> Result<Val, Fault> {
        let line = at.map(|(table, n)| (table, &self.lines(table)[n]));
        self.eval(line).run(c)
    }

    fn put(&mut self, slot: &Slot, field: &Field, at: At, value: Result<Val, Fault>) {
        if matches!(value, Ok(Val::Pending)) {
            // What stands there stays until the facts are known.
            self.pending.set(true);
            return;
        }
        let value = match value.and_then(|value| fit(value, field, self.e.rules.catalogue().zone)) {
            Ok(value) => value,
            Err(fault) => {
                let place = match at {
                    None => Place::header(&slot.field),
                    Some((table, n)) => Place::line(table, self.lines(table)[n].id, &slot.field),
                };
                self.fault(fault, place);
                None
            }
        };
        let values = match at {
            None => Some(&mut self.record.values),
            Some((table, n)) => match self.record.values.get_mut(table) {
                Some(Value::Lines(lines)) => Some(&mut lines[n].values),
                _ => None,
            },
        };
        if let Some(values) = values {
            set(values, &slot.field, value);
        }
    }

    /// Notes that something could not be worked out.
    pub(super) fn fault(&self, fault: Fault, at: Place) {
        let level = match self.e.phase {
            Phase::New | Phase::Change => Level::Warn,
            _ => Level::Refuse,
        };
        self.finding(Finding {
            code: fault.code,
            check: None,
            at,
            level,
            say: None,
            with: fault.with,
        });
    }
}

impl Work<'_> {
    pub(super) fn finding(&self, finding: Finding) {
        self.findings.borrow_mut().push(finding);
    }
}

fn set(values: &mut Fields, name: &Name, value: Option<Value>) {
    match value {
        Some(value) => {
            values.insert(name.clone(), value);
        }
        None => {
            values.shift_remove(name);
        }
    }
}
