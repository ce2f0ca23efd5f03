//! Expressions of workflows: conditions, seats, moments, values set.

use super::compile::{Compiler, Wanted};
use crate::expr::{Where, types::Type};
use model::{
    Expr, Form, Given, Package, Workflow,
    workflow::{Amount, Gateway, NodeKind, Opinion, People, Seat},
};
use std::sync::Arc;

impl Compiler<'_> {
    /// Compiles each workflow of a package once for every form that runs on it.
    pub(super) fn flows(&mut self, package: &Package) {
        for (name, flow) in &package.workflows {
            let file = format!("{}/workflows/{}.json", package.name, name.name);
            let forms = self.world.catalogue.forms();
            let forms: Vec<Arc<Form>> = forms
                .filter(|f| f.workflow.as_ref() == Some(name))
                .cloned()
                .collect();
            for form in forms {
                let place = Where::Flow {
                    package: package.name.clone(),
                    form: form.name.clone(),
                };
                self.flow(&place, &form, flow, &file);
            }
        }
    }

    fn flow(&mut self, place: &Where, form: &Form, flow: &Workflow, file: &str) {
        for (name, node) in flow.all_nodes() {
            let at = flow.place(name);
            if let Some(Amount::Expr(expr)) = &node.need {
                self.amount(place, expr, file, &format!("{at}/need"));
            }
            if let Some(people) = node.kind.people() {
                self.people(place, people, file, &at);
            }
            match &node.kind {
                NodeKind::Approval(approval) => {
                    if let Opinion::When(expr) = &approval.opinion {
                        let at = format!("{at}/opinion");
                        self.expr(place, expr, (file, &at), &Wanted::Kind(Type::Bool));
                    }
                }
                NodeKind::ExclusiveGateway(g)
                | NodeKind::ParallelGateway(g)
                | NodeKind::InclusiveGateway(g)
                | NodeKind::ComplexGateway(g)
                | NodeKind::Race(g) => self.gateway(place, g, file, &at),
                NodeKind::Block(block) => {
                    for (key, amount) in [("each", &block.each), ("until", &block.until)] {
                        if let Some(Amount::Expr(expr)) = amount {
                            self.amount(place, expr, file, &format!("{at}/{key}"));
                        }
                    }
                }
                NodeKind::Message(message) => {
                    if let Some(expr) = &message.key {
                        self.expr(place, expr, (file, &format!("{at}/key")), &Wanted::Any);
                    }
                }
                NodeKind::Notify(notify) => {
                    self.seats(place, &notify.to, file, &format!("{at}/to"));
                }
                NodeKind::Script { set, .. } => {
                    for (field, given) in set {
                        let at = format!("{at}/set/{field}");
                        let Some(def) = form.fields.get(field) else {
                            let say = format!("{} has no `{field}`", form.name);
                            self.problem(file, &at, "unknown_field", field, say);
                            continue;
                        };
                        if let Given::Expr(expr) = given {
                            let kind = Type::of(&form.name, field, def);
                            self.expr(place, expr, (file, &at), &Wanted::Kind(kind));
                        }
                    }
                }
                NodeKind::Timer(timer) => {
                    if let Some(expr) = &timer.until {
                        let at = format!("{at}/until");
                        self.expr(place, expr, (file, &at), &Wanted::Moment);
                    }
                }
                _ => {}
            }
        }
    }

    fn amount(&mut self, place: &Where, expr: &Expr, file: &str, at: &str) {
        self.expr(place, expr, (file, at), &Wanted::Kind(Type::Number));
    }

    fn gateway(&mut self, place: &Where, gateway: &Gateway, file: &str, at: &str) {
        for (key, amount) in [("threads", &gateway.threads), ("copies", &gateway.copies)] {
            if let Some(Amount::Expr(expr)) = amount {
                self.amount(place, expr, file, &format!("{at}/{key}"));
            }
        }
        for (name, branch) in &gateway.branches {
            if let Some(expr) = &branch.when {
                let at = format!("{at}/branches/{name}/when");
                self.expr(place, expr, (file, &at), &Wanted::Kind(Type::Bool));
            }
        }
    }

    fn people(&mut self, place: &Where, people: &People, file: &str, at: &str) {
        for (n, rule) in people.seats.iter().enumerate() {
            self.seat(place, &rule.who, file, &format!("{at}/seats/{n}"));
        }
        if let Some(seat) = people.empty.as_ref().and_then(|e| e.seat()) {
            self.seat(place, seat, file, &format!("{at}/empty"));
        }
        for (step, rung) in &people.ladder {
            self.seats(place, &rung.to, file, &format!("{at}/ladder/{step}/to"));
        }
    }

    fn seats(&mut self, place: &Where, seats: &[Seat], file: &str, at: &str) {
        for (n, seat) in seats.iter().enumerate() {
            self.seat(place, seat, file, &format!("{at}/{n}"));
        }
    }

    fn seat(&mut self, place: &Where, seat: &Seat, file: &str, at: &str) {
        match seat {
            Seat::Expr(expr) => {
                self.expr(place, expr, (file, at), &Wanted::People);
            }
            Seat::Role(role) if self.world.catalogue.role(role).is_none() => {
                let say = format!("there is no role `{role}`");
                self.problem(file, at, "unknown_role", &role.to_string(), say);
            }
            Seat::Role(_) | Seat::SameAs(_) => {}
        }
    }
}
