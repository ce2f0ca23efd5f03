//! Who acts at a node: roles, nodes, a calendar and the steps of a ladder.

use super::Checker;
use crate::{
    Kind, Name, Ref, Workflow,
    manifest::Substitutes,
    workflow::{People, Seat},
};

impl Checker<'_> {
    pub(super) fn people(&mut self, people: &People, workflow: &Workflow, file: &str, at: &str) {
        for (n, rule) in people.seats.iter().enumerate() {
            self.seat(&rule.who, Some(workflow), file, format!("{at}/seats/{n}"));
        }
        if let Some(seat) = people.empty.as_ref().and_then(|e| e.seat()) {
            self.seat(seat, Some(workflow), file, format!("{at}/empty"));
        }
        for (name, rung) in &people.ladder {
            for (n, seat) in rung.to.iter().enumerate() {
                self.seat(
                    seat,
                    Some(workflow),
                    file,
                    format!("{at}/ladder/{name}/to/{n}"),
                );
            }
        }
        for other in &people.not_same_as {
            self.known_node(workflow, other, file, format!("{at}/not_same_as"));
        }
        if let Some(calendar) = &people.calendar {
            let found = self.site.calendar(calendar).is_some();
            self.refer("calendar", calendar, found, file, format!("{at}/calendar"));
        }
    }

    /// A seat; `workflow`: the flow whose nodes it may name, where it may.
    pub(super) fn seat(
        &mut self,
        seat: &Seat,
        workflow: Option<&Workflow>,
        file: &str,
        at: String,
    ) {
        match (seat, workflow) {
            (Seat::Role(role), _) => {
                let found = self.site.role(role).is_some();
                self.refer("role", role, found, file, at);
            }
            (Seat::SameAs(node), Some(flow)) => self.known_node(flow, node, file, at),
            (Seat::SameAs(_) | Seat::Expr(_), _) => {}
        }
    }

    /// The form that says who stands in for whom: without a workflow, with fields that fit.
    pub(super) fn substitutes(&mut self, people: &Ref, substitutes: &Substitutes) {
        let at = |key: &str| format!("/people/substitutes/{key}");
        let found = self.site.form(&substitutes.form).cloned();
        self.refer(
            "form",
            &substitutes.form,
            found.is_some(),
            "manifest",
            at("form"),
        );
        let Some(form) = found else { return };
        if form.workflow.is_some() {
            let say = format!(
                "{} runs through a workflow; it must hold at once",
                form.name
            );
            self.bad("manifest", at("form"), "no_workflow_here", &[], say);
        }
        let person = |kind: &Kind| matches!(kind, Kind::Link(l) if l.to.form == *people);
        let date = |kind: &Kind| matches!(kind, Kind::Date(_));
        let switch = |kind: &Kind| matches!(kind, Kind::Switch(_));
        type Fits<'f> = &'f dyn Fn(&Kind) -> bool;
        let mut wanted: Vec<(&str, &Name, Fits)> = vec![
            ("who", &substitutes.who, &person),
            ("by", &substitutes.by, &person),
            ("from", &substitutes.from, &date),
            ("until", &substitutes.until, &date),
        ];
        if let Some(name) = &substitutes.successor {
            wanted.push(("successor", name, &switch));
        }
        for (key, name, fits) in wanted {
            if !form.fields.get(name).is_some_and(|f| fits(&f.kind)) {
                let say = format!("{} has no such field `{name}`", form.name);
                self.bad("manifest", at(key), "unknown_field", &[name], say);
            }
        }
    }

    fn known_node(&mut self, workflow: &Workflow, node: &Name, file: &str, at: String) {
        if workflow.node(node).is_none() {
            let say = format!("there is no node {node}");
            self.bad(file, at, "unknown_node", &[node], say);
        }
    }
}
