//! Expressions of ledgers, postings and makes.

use super::compile::{Compiler, Wanted};
use crate::expr::{Where, types::Type};
use indexmap::IndexMap;
use model::{
    Field, Given, Ledger, Name, Package, Problem, Ref,
    make::Make,
    posting::{EntryRule, Posting},
};

impl Compiler<'_> {
    pub(super) fn problem(&mut self, file: &str, at: &str, code: &str, with: &str, say: String) {
        self.problems
            .push(Problem::new(file, at, code, &[with], say));
    }

    pub(super) fn ledgers(&mut self, package: &Package) {
        for (name, ledger) in &package.ledgers {
            let file = format!("{}/ledgers/{}.json", package.name, name.name);
            let place = Where::Ledger(name.clone());
            for (measure, def) in &ledger.measures {
                if let Some(expr) = &def.computed {
                    let at = format!("/measures/{measure}/computed");
                    self.expr(&place, expr, (&file, &at), &Wanted::Kind(Type::Number));
                }
            }
            for (constraint, def) in &ledger.constraints {
                let bool = Wanted::Kind(Type::Bool);
                let at = format!("/constraints/{constraint}/holds");
                let holds = self.expr(&place, &def.holds, (&file, &at), &bool);
                if holds.is_some_and(|c| c.comparisons.is_none()) {
                    let say = "a constraint is comparisons joined by `&&`".into();
                    self.problem(&file, &at, "not_a_comparison", constraint, say);
                }
                if let Some(expr) = &def.when {
                    let at = format!("/constraints/{constraint}/when");
                    self.expr(&place, expr, (&file, &at), &bool);
                }
            }
        }
    }

    pub(super) fn postings(&mut self, package: &Package) {
        for (name, posting) in &package.postings {
            let file = format!("{}/postings/{}.json", package.name, name.name);
            for (rule, def) in &posting.entries {
                self.entry(package, posting, rule, def, &file);
            }
        }
    }

    fn entry(
        &mut self,
        package: &Package,
        posting: &Posting,
        rule: &Name,
        def: &EntryRule,
        file: &str,
    ) {
        let at = format!("/entries/{rule}");
        let place = |rule: Option<Name>| Where::Posting {
            package: package.name.clone(),
            form: posting.form.clone(),
            table: def.each.clone(),
            rule,
        };
        self.expr(
            &place(None),
            &posting.date,
            (file, "/date"),
            &Wanted::Kind(Type::Date),
        );
        let place = place(Some(rule.clone()));
        if let Some(expr) = &def.when {
            let at = format!("{at}/when");
            self.expr(&place, expr, (file, &at), &Wanted::Kind(Type::Bool));
        }
        let Some(ledger) = self.world.catalogue.ledger(&def.ledger) else {
            let say = format!("there is no ledger `{}`", def.ledger);
            let at = format!("{at}/ledger");
            self.problem(file, &at, "unknown_ledger", &def.ledger.to_string(), say);
            return;
        };
        for (key, given) in &def.set {
            let at = format!("{at}/set/{key}");
            let kind = match entry_type(ledger, key) {
                Ok(kind) => kind,
                Err(code) => {
                    let say = match code {
                        "computed_measure" => format!("`{key}` is worked out, never posted"),
                        _ => format!("{} has no `{key}`", def.ledger),
                    };
                    self.problem(file, &at, code, key, say);
                    continue;
                }
            };
            if let Given::Expr(expr) = given {
                self.expr(&place, expr, (file, &at), &Wanted::Kind(kind));
            }
        }
        for (dimension, field) in &ledger.dimensions {
            if !field.optional && !def.set.contains_key(dimension) {
                let say = format!("`{dimension}` of {} must be given", def.ledger);
                self.problem(file, &at, "missing_dimension", dimension, say);
            }
        }
    }

    pub(super) fn makes(&mut self, package: &Package) {
        for (name, make) in &package.makes {
            let file = format!("{}/makes/{}.json", package.name, name.name);
            let place = |table: Option<Name>, open| Where::Make {
                make: name.clone(),
                table,
                open,
            };
            let header = place(None, false);
            self.rows(
                &header,
                &make.rows,
                &Type::record(&make.from),
                &file,
                "/rows",
            );
            let to = self.world.catalogue.form(&make.to);
            if let Some(form) = to {
                self.set(&header, &make.set, &make.to, &form.fields, (&file, "/set"));
            }
            let Some(lines) = &make.lines else { continue };
            if let Some(expr) = &lines.open {
                let place = place(lines.from.clone(), false);
                let number = Wanted::Kind(Type::Number);
                self.expr(&place, expr, (&file, "/lines/open"), &number);
            }
            let place = place(lines.from.clone(), lines.open.is_some());
            let table = to.and_then(|form| form.fields.get(&lines.to)?.as_lines());
            match table {
                Some(table) => {
                    let here = (file.as_str(), "/lines/set");
                    self.set(&place, &lines.set, &make.to, &table.fields, here);
                }
                None => self.no_table(make, &lines.to, &file),
            }
        }
    }

    fn no_table(&mut self, make: &Make, table: &Name, file: &str) {
        let say = format!("{} has no table `{table}`", make.to);
        self.problem(file, "/lines/to", "unknown_field", table, say);
    }

    fn set(
        &mut self,
        place: &Where,
        set: &IndexMap<Name, Given>,
        form: &Ref,
        fields: &IndexMap<Name, Field>,
        (file, at): (&str, &str),
    ) {
        for (name, given) in set {
            let at = format!("{at}/{name}");
            let Some(field) = fields.get(name) else {
                let say = format!("{form} has no `{name}`");
                self.problem(file, &at, "unknown_field", name, say);
                continue;
            };
            if let Given::Expr(expr) = given {
                let kind = Type::of(form, name, field);
                self.expr(place, expr, (file, &at), &Wanted::Kind(kind));
            }
        }
    }
}

/// The type of what an entry may set, or why it may not.
fn entry_type(ledger: &Ledger, key: &Name) -> Result<Type, &'static str> {
    if let Some(measure) = ledger.measures.get(key) {
        return match measure.computed {
            None => Ok(Type::Number),
            Some(_) => Err("computed_measure"),
        };
    }
    let field = ledger.dimensions.get(key);
    let field = field
        .or_else(|| ledger.attributes.get(key))
        .ok_or("unknown_field")?;
    Ok(Type::of(&ledger.name, key, field))
}
