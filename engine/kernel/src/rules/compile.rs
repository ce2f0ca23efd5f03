//! Compiling a catalogue: forms here, workflows, ledgers and rights in the files beside.

use super::{
    Kept, Rules, order,
    plan::{CheckPlan, DefaultPlan, Flags, Plan, Slot, Switch},
};
use crate::{
    expr::{
        Where,
        function::taken,
        functions_of,
        lower::{self, Flaw, Scripts, World},
        tree::Compiled,
        types::Type,
    },
    form::Say,
    numbering,
};
use indexmap::IndexMap;
use model::{Catalogue, Expr, Field, Flag, Form, Given, Kind, Name, Problem, Ref, form::Check};
use std::{collections::HashMap, sync::Arc};

pub(super) fn compile(catalogue: Arc<Catalogue>) -> Result<Rules, Vec<Problem>> {
    let mut problems = vec![];
    let scripts = scripts(&catalogue, &mut problems);
    let mut compiler = Compiler {
        world: World {
            catalogue: &catalogue,
            scripts: &scripts,
        },
        problems,
        known: HashMap::new(),
    };
    let mut plans = HashMap::new();
    for package in catalogue.packages.values() {
        for (name, form) in &package.forms {
            let file = format!("{}/forms/{}.json", package.name, name.name);
            plans.insert(name.clone(), compiler.form(&file, form));
        }
        for (name, register) in &package.registers {
            let file = format!("{}/registers/{}.json", package.name, name.name);
            if let Some(form) = catalogue.form(&register.name) {
                plans.insert(name.clone(), compiler.form(&file, form));
            }
        }
        compiler.flows(package);
        compiler.ledgers(package);
        compiler.postings(package);
        compiler.makes(package);
        compiler.grants(package);
    }
    let Compiler {
        mut problems,
        known,
        ..
    } = compiler;
    if problems.is_empty() {
        Ok(Rules {
            catalogue,
            scripts,
            plans,
            known,
            late: Default::default(),
        })
    } else {
        problems.sort();
        problems.dedup();
        Err(problems)
    }
}

fn scripts(catalogue: &Catalogue, problems: &mut Vec<Problem>) -> Scripts {
    let mut all = Scripts::new();
    for package in catalogue.packages.values() {
        let mut functions: IndexMap<String, usize> = IndexMap::new();
        for script in &package.scripts {
            let file = format!("{}/scripts/{}.rhai", package.name, script.name);
            match functions_of(&script.source) {
                Err(fault) => problems.push(Problem::new(file, "", &fault.code, &[], fault.say)),
                Ok(found) => {
                    for (name, arity) in found {
                        if taken(&name) || functions.contains_key(&name) {
                            let say = format!("the function `{name}` exists already");
                            let at = file.clone();
                            problems.push(Problem::new(at, "", "function_exists", &[&name], say));
                        }
                        functions.insert(name, arity);
                    }
                }
            }
        }
        all.insert(package.name.clone(), functions);
    }
    all
}

/// What an expression has to give.
#[derive(Clone)]
pub(super) enum Wanted {
    Kind(Type),
    /// A date or a moment.
    Moment,
    /// People, users or seats of roles.
    People,
    Any,
}

pub(super) struct Compiler<'a> {
    pub(super) world: World<'a>,
    pub(super) problems: Vec<Problem>,
    known: Kept,
}

impl Compiler<'_> {
    /// Compiles one expression, checks what it gives, and keeps it. Nothing where it is wrong; the
    /// problems have been noted.
    pub(super) fn expr(
        &mut self,
        place: &Where,
        expr: &Expr,
        (file, at): (&str, &str),
        wanted: &Wanted,
    ) -> Option<Arc<Compiled>> {
        let known = self.known.get(place).and_then(|kept| kept.get(expr));
        let compiled = match known {
            Some(found) => found.clone(),
            None => match lower::compile(self.world, place, expr.as_str()) {
                Ok(compiled) => Arc::new(compiled),
                Err(flaws) => {
                    let problems = flaws.into_iter().map(|flaw| flaw.at(file, at));
                    self.problems.extend(problems);
                    return None;
                }
            },
        };
        if let Some(flaw) = self.misfit(&compiled.kind, wanted) {
            self.problems.push(flaw.at(file, at));
            return None;
        }
        let kept = self.known.entry(place.clone()).or_default();
        kept.insert(expr.clone(), compiled.clone());
        Some(compiled)
    }

    fn misfit(&self, is: &Type, wanted: &Wanted) -> Option<Flaw> {
        let wrong = |wanted: &str| {
            let say = format!("{wanted} is expected, not {}", is.say());
            Some(Flaw::new("type_mismatch", &[wanted, &is.say()], say))
        };
        match wanted {
            Wanted::Any => None,
            Wanted::Kind(kind) if is.fits(kind) => None,
            // A day may be taken from a moment.
            Wanted::Kind(Type::Date) if *is == Type::Moment => None,
            Wanted::Kind(kind) => wrong(&kind.say()),
            Wanted::Moment => match is {
                Type::Any | Type::Date | Type::Moment => None,
                _ => wrong("a day or a moment"),
            },
            Wanted::People => {
                let people = self.world.catalogue.people();
                match is.element() {
                    Type::Any | Type::Seat | Type::User => None,
                    Type::Link(to) if people.is_some_and(|p| p.form == to.form) => None,
                    other => {
                        let say = format!("{} cannot take a seat", other.say());
                        Some(Flaw::new("not_a_person", &[&other.say()], say))
                    }
                }
            }
        }
    }

    fn switch(&mut self, place: &Where, flag: &Flag, here: (&str, &str), other: bool) -> Switch {
        match flag {
            Flag::Always(b) => Switch::Always(*b),
            Flag::When(expr) => match self.expr(place, expr, here, &Wanted::Kind(Type::Bool)) {
                Some(compiled) => Switch::When(compiled),
                None => Switch::Always(other),
            },
        }
    }

    /// Compiles a form, or the form a register is kept as.
    fn form(&mut self, file: &str, form: &Form) -> Plan {
        let mut plan = Plan::default();
        let mut slots = vec![];
        let place = Where::Form {
            form: form.name.clone(),
            table: None,
        };
        for (name, field) in &form.fields {
            let at = format!("/fields/{name}");
            let (flags, slot) = self.field(&place, name, field, file, &at);
            plan.header.insert(name.clone(), flags);
            slots.extend(slot);
            if let Some(lines) = field.as_lines() {
                let place = Where::Form {
                    form: form.name.clone(),
                    table: Some(name.clone()),
                };
                let mut columns = IndexMap::new();
                for (column, field) in &lines.fields {
                    let at = format!("{at}/fields/{column}");
                    let (flags, slot) = self.field(&place, column, field, file, &at);
                    columns.insert(column.clone(), flags);
                    slots.extend(slot);
                }
                plan.tables.insert(name.clone(), columns);
                for (check, def) in &lines.checks {
                    let at = format!("{at}/checks/{check}");
                    plan.checks
                        .extend(self.check(&place, &form.name, check, def, file, &at));
                }
            }
        }
        for (check, def) in &form.checks {
            let at = format!("/checks/{check}");
            plan.checks
                .extend(self.check(&place, &form.name, check, def, file, &at));
        }
        for (name, section) in &form.layout {
            let at = format!("/layout/{name}/shown");
            let shown = self.switch(&place, &section.shown, (file, &at), true);
            if !matches!(shown, Switch::Always(true)) {
                let fields = section.rows.iter().flatten().cloned().collect();
                plan.sections.push((shown, fields));
            }
        }
        match order::order(slots) {
            Ok(order) => {
                plan.order = order;
                plan.find_inputs();
            }
            Err(cycle) => {
                let names: Vec<&str> = cycle.iter().map(String::as_str).collect();
                let say = format!("these read each other: {}", names.join(" → "));
                let at = pointer(names[0]);
                self.problems
                    .push(Problem::new(file, at, "cycle", &names, say));
            }
        }
        plan
    }

    fn field(
        &mut self,
        place: &Where,
        name: &Name,
        field: &Field,
        file: &str,
        at: &str,
    ) -> (Flags, Option<Slot>) {
        let (form, table) = match place {
            Where::Form { form, table } => (form.clone(), table.clone()),
            _ => return (Flags::plain(), None),
        };
        let mut flag = |flag: &Flag, key: &str, other: bool| {
            let at = format!("{at}/{key}");
            self.switch(place, flag, (file, &at), other)
        };
        let flags = Flags {
            required: flag(&field.required, "required", false),
            readonly: flag(&field.readonly, "readonly", false),
            shown: flag(&field.shown, "shown", true),
        };
        let wanted = Wanted::Kind(Type::of(&form, name, field));
        let mut value = |expr: &Option<Expr>, key: &str| {
            let at = format!("{at}/{key}");
            self.expr(place, expr.as_ref()?, (file, &at), &wanted)
        };
        let copy = value(&field.copy, "copy");
        let computed = value(&field.computed, "computed");
        let live = value(&field.live, "live");
        let default = match &field.default {
            Some(Given::Expr(expr)) => value(&Some(expr.clone()), "default").map(DefaultPlan::Expr),
            Some(given) => Some(DefaultPlan::Given(given.clone())),
            None => None,
        };
        self.kind(place, field, file, at);
        let slot = Slot {
            table,
            field: name.clone(),
            default,
            copy,
            inputs: vec![],
            computed,
            live,
        };
        let used = slot.default.is_some() || slot.expressions().next().is_some();
        (flags, used.then_some(slot))
    }

    /// What a kind itself says with expressions or patterns.
    fn kind(&mut self, place: &Where, field: &Field, file: &str, at: &str) {
        match &field.kind {
            Kind::Link(link) => {
                let target = match &link.to.table {
                    Some(table) => Type::line(&link.to.form, table),
                    None => Type::record(&link.to.form),
                };
                self.rows(place, &link.rows, &target, file, &format!("{at}/rows"));
            }
            Kind::Money(money) => {
                if let Some(expr) = &money.currency {
                    let at = format!("{at}/currency");
                    self.expr(place, expr, (file, &at), &Wanted::Kind(Type::Text));
                }
            }
            Kind::Sequence(sequence) => {
                if let Some(part) = numbering::wrong(&sequence.pattern) {
                    let say = format!("a pattern holds one counter {{0000}}; see `{part}`");
                    let at = format!("{at}/pattern");
                    self.problems
                        .push(Problem::new(file, at, "sequence_pattern", &[&part], say));
                }
            }
            _ => {}
        }
    }

    fn check(
        &mut self,
        place: &Where,
        form: &Ref,
        name: &Name,
        check: &Check,
        file: &str,
        at: &str,
    ) -> Option<CheckPlan> {
        let here = format!("{at}/fails");
        let wanted = Wanted::Kind(Type::Bool);
        let fails = self.expr(place, &check.fails, (file, &here), &wanted)?;
        let table = match place {
            Where::Form { table, .. } => table.clone(),
            _ => None,
        };
        let inside = match &table {
            Some(table) => format!("fields/{table}/checks"),
            None => "checks".into(),
        };
        Some(CheckPlan {
            name: name.clone(),
            table,
            fails,
            at: check.at.clone(),
            on: check.on.clone(),
            level: check.level,
            say: Say {
                package: form.package.clone(),
                path: format!("forms/{}/{inside}/{name}", form.name),
                text: check.say.clone(),
            },
        })
    }
}

impl Flags {
    fn plain() -> Self {
        Self {
            required: Switch::Always(false),
            readonly: Switch::Always(false),
            shown: Switch::Always(true),
        }
    }
}

/// The JSON pointer of `field` or `table.field`.
fn pointer(name: &str) -> String {
    match name.split_once('.') {
        Some((table, field)) => format!("/fields/{table}/fields/{field}"),
        None => format!("/fields/{name}"),
    }
}
