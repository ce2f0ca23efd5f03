//! A catalogue compiled once per publish.
//!
//! Comes in: a [`Catalogue`]. Goes out: [`Rules`], which hold every expression of every package
//! parsed, resolved and typed, and the order in which each form is worked out; or all problems at
//! once. Refuses to know: records, users, days.

mod compile;
mod flow;
mod given;
mod ledgers;
mod order;
pub(crate) mod plan;

pub(crate) use given::singles;

use crate::{
    Fault,
    expr::{
        Where,
        lower::{self, Scripts, World},
        tree::Compiled,
    },
};
use model::{Catalogue, Expr, Form, FormKind, Name, Problem, Ref};
use plan::Plan;
use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

/// Most expressions kept that were compiled after the publish (of pinned workflow versions).
const LATE_MAX: usize = 10_000;

type Kept = HashMap<Where, HashMap<Expr, Arc<Compiled>>>;

/// A catalogue with all its expressions compiled. Cheap to share behind an [`Arc`].
#[derive(Debug)]
pub struct Rules {
    catalogue: Arc<Catalogue>,
    scripts: Scripts,
    plans: HashMap<Ref, Plan>,
    known: Kept,
    /// Expressions of workflow versions that instances still run but the catalogue no longer has.
    late: RwLock<Kept>,
}

impl Rules {
    /// Compiles every expression of every package. Gives all problems at once, each with its file
    /// and the place in it: `expression_syntax`, `unknown_field`, `unknown_function`,
    /// `unknown_ledger`, `unknown_register`, `unknown_calendar`, `unknown_role`,
    /// `forbidden_construct`, `type_mismatch`, `wrong_arguments`, `missing_key`,
    /// `no_such_option`, `live_through_link`, `not_a_person`, `not_a_comparison`,
    /// `missing_dimension`, `computed_measure`, `sequence_pattern`, `script_syntax`, `cycle`.
    pub fn compile(catalogue: Arc<Catalogue>) -> Result<Self, Vec<Problem>> {
        compile::compile(catalogue)
    }
    /// What was compiled.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }
    /// The source of all scripts of a package, for [`crate::script::run`]; empty where it has none.
    pub fn scripts(&self, package: &Name) -> String {
        let package = self.catalogue.packages.get(package);
        let scripts = package.iter().flat_map(|p| &p.scripts);
        let sources: Vec<&str> = scripts.map(|script| script.source.as_str()).collect();
        sources.join("\n")
    }
    pub(crate) fn plan(&self, form: &Ref) -> Option<&Plan> {
        self.plans.get(form)
    }
    /// The compiled form of an expression; compiles what the catalogue does not hold.
    pub(crate) fn compiled(&self, place: &Where, expr: &Expr) -> Result<Arc<Compiled>, Fault> {
        let find = |kept: &Kept| kept.get(place)?.get(expr).cloned();
        if let Some(found) = find(&self.known) {
            return Ok(found);
        }
        // A panic while the lock was held cannot leave the map half written.
        let read = self.late.read().unwrap_or_else(|e| e.into_inner());
        if let Some(found) = find(&read) {
            return Ok(found);
        }
        drop(read);
        let world = World {
            catalogue: &self.catalogue,
            scripts: &self.scripts,
        };
        let compiled = lower::compile(world, place, expr.as_str()).map_err(|flaws| {
            let first = &flaws[0];
            let with: Vec<&str> = first.with.iter().map(String::as_str).collect();
            Fault::new(first.code, &with, first.say.clone())
        })?;
        let compiled = Arc::new(compiled);
        let mut late = self.late.write().unwrap_or_else(|e| e.into_inner());
        if late.values().map(HashMap::len).sum::<usize>() >= LATE_MAX {
            late.clear();
        }
        let place = late.entry(place.clone()).or_default();
        place.insert(expr.clone(), compiled.clone());
        Ok(compiled)
    }
}

/// The settings form of a package: the one `settings.<package>` reads.
pub(crate) fn settings_form<'a>(catalogue: &'a Catalogue, package: &str) -> Option<&'a Arc<Form>> {
    let package = catalogue.packages.get(package)?;
    package
        .forms
        .values()
        .find(|f| f.kind == FormKind::Settings)
}
