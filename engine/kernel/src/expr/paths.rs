//! Names after a dot, resolved: fields, built-ins, what links lead to, what functions give.

use super::{
    lower::{Lowerer, Part, broken},
    names::{Head, Where, settings_of, user_field},
    tree::{Blank, Built, Compiled, Node, PathRead, Root, Step},
    types::{Type, field_of},
};
use model::{Catalogue, FormKind, Kind, Name, Ref, Status, Target};
use std::sync::Arc;

/// What stands before a dot.
#[derive(Clone)]
struct At {
    kind: Type,
    /// A record, line or table at hand; a link that is not here has to be followed.
    here: bool,
    /// Part of the record being worked on, so that its live values can be read too.
    own: bool,
}

impl Lowerer<'_> {
    /// The root that `user`, `settings` or `entry` makes with the names after it, and how many of
    /// those it uses.
    pub(super) fn second(&self, head: &Head, names: &[&str]) -> Option<(Root, Type, usize)> {
        let catalogue = self.world.catalogue;
        match head {
            Head::User => {
                let (field, kind) = user_field(catalogue, names.first()?)?;
                Some((Root::User(field), kind, 1))
            }
            Head::Settings => {
                let form = settings_of(catalogue, names.first()?)?;
                let kind = Type::SettingsOf(form.clone());
                Some((Root::Settings(form), kind, 1))
            }
            Head::Entries => {
                let Where::Posting { form, rule, .. } = self.place else {
                    return None;
                };
                let posting = catalogue.posting(form)?;
                let mut above = posting.entries.iter();
                let mut above = above
                    .by_ref()
                    .take_while(|(name, _)| Some(*name) != rule.as_ref());
                let (entry, rule) =
                    above.find(|(name, _)| names.first() == Some(&name.as_str()))?;
                let ledger = catalogue.ledger(&rule.ledger)?;
                let wanted = names.get(1)?;
                let (measure, _) = ledger.stored().find(|(name, _)| name.as_str() == *wanted)?;
                let root = Root::Entry(entry.clone(), measure.clone());
                Some((root, Type::Number, 2))
            }
            _ => None,
        }
    }

    /// A path from its root; notes a flaw and gives nothing where a name means nothing.
    pub(super) fn resolve(&mut self, root: Root, kind: Type, names: &[&str]) -> Option<PathRead> {
        let own = matches!(root, Root::Record | Root::Line);
        let mut at = At {
            here: own || matches!(kind, Type::SettingsOf(_)),
            kind,
            own,
        };
        let mut steps = vec![];
        for name in names {
            match step(self.world.catalogue, &at, name, &mut steps) {
                Ok(next) => at = next,
                Err(code) => {
                    self.missing(code, &at.kind, name);
                    return None;
                }
            }
        }
        let kind = at.kind;
        Some(PathRead { root, steps, kind })
    }

    fn missing(&mut self, code: &'static str, kind: &Type, name: &str) -> Part {
        let say = if code == LIVE {
            format!("`{name}` is worked out only while its own record is shown")
        } else {
            format!("{} has no `{name}`", kind.say())
        };
        self.flaw(code, &[name], say)
    }

    /// Properties of what a function gave.
    pub(super) fn properties(&mut self, part: Part, names: &[&str]) -> Part {
        let (node, kind) = part;
        let mut steps = vec![];
        let mut at = At {
            kind,
            here: false,
            own: false,
        };
        for name in names {
            let next = match at.kind.clone() {
                Type::Any => Err(UNKNOWN),
                Type::Balance(ledger) => self.measure(&ledger, name, &mut steps),
                Type::Row(register) => self.register_value(&register, name, &mut steps),
                _ => step(self.world.catalogue, &at, name, &mut steps),
            };
            match next {
                Ok(next) => at = next,
                Err(code) => return self.missing(code, &at.kind, name),
            }
        }
        (Node::Get(Box::new((node, steps))), at.kind)
    }

    fn measure(
        &mut self,
        ledger: &Ref,
        name: &str,
        steps: &mut Vec<Step>,
    ) -> Result<At, &'static str> {
        let catalogue = self.world.catalogue;
        let def = catalogue.ledger(ledger).ok_or(UNKNOWN)?;
        let (name, measure) = def.measures.get_key_value(name).ok_or(UNKNOWN)?;
        steps.push(match &measure.computed {
            None => Step::Measure(name.clone()),
            // Where it cannot be compiled, its own file says so.
            Some(_) => Step::Computed(self.inline(ledger, name).ok_or(UNKNOWN)?),
        });
        Ok(At {
            kind: Type::Number,
            here: false,
            own: false,
        })
    }

    /// The compiled form of a computed measure.
    fn inline(&mut self, ledger: &Ref, name: &Name) -> Option<Arc<Compiled>> {
        let this = (ledger.clone(), name.clone());
        if self.within.contains(&this) {
            let say = format!("the measure `{name}` of {ledger} reads itself");
            self.flaw("cycle", &[name], say);
            return None;
        }
        let catalogue = self.world.catalogue;
        let measure = catalogue.ledger(ledger)?.measures.get(name)?;
        let place = Where::Ledger(ledger.clone());
        let mut inner = Lowerer::new(self.world, &place);
        inner.within = self.within.clone();
        inner.within.push(this);
        match inner.compile(measure.computed.as_ref()?.as_str()) {
            Ok(compiled) => Some(Arc::new(compiled)),
            Err(flaws) => {
                self.flaws.extend(flaws);
                None
            }
        }
    }

    /// A computed measure of the ledger at hand, by its bare name.
    pub(super) fn computed_measure(&mut self, name: &Name) -> Part {
        let Where::Ledger(ledger) = self.place else {
            return broken();
        };
        match self.inline(&ledger.clone(), name) {
            Some(compiled) => (Node::Inline(compiled), Type::Number),
            None => broken(),
        }
    }

    fn register_value(
        &self,
        register: &Ref,
        name: &str,
        steps: &mut Vec<Step>,
    ) -> Result<At, &'static str> {
        let def = self.world.catalogue.register(register).ok_or(UNKNOWN)?;
        let kind = if let Some((name, field)) = def.values.get_key_value(name) {
            let kind = Type::of(register, name, field);
            steps.push(Step::Value(name.clone(), kind.clone()));
            kind
        } else if name == "found" {
            steps.push(Step::Found);
            Type::Choice(def.chain.keys().cloned().collect())
        } else {
            return Err(UNKNOWN);
        };
        Ok(At {
            kind,
            here: false,
            own: false,
        })
    }
}

/// The type at the end of a path that starts at a value of type `kind`, as `rows` and titles
/// write it; nothing where a name means nothing.
pub(crate) fn type_at(catalogue: &Catalogue, kind: Type, path: &[Name]) -> Option<Type> {
    let mut at = At {
        kind,
        here: true,
        own: false,
    };
    let mut steps = vec![];
    for name in path {
        at = step(catalogue, &at, name, &mut steps).ok()?;
    }
    Some(at.kind)
}

/// A path of a record as a filter reads it: a switch that is empty is empty, not no.
pub(crate) fn read_at(catalogue: &Catalogue, form: &Ref, path: &[Name]) -> Option<PathRead> {
    let mut at = At {
        kind: Type::record(form),
        here: true,
        own: true,
    };
    let mut steps = vec![];
    for name in path {
        at = step(catalogue, &at, name, &mut steps).ok()?;
    }
    for step in &mut steps {
        if let Step::Field(_, blank @ Blank::No) = step {
            *blank = Blank::Nothing;
        }
    }
    Some(PathRead {
        root: Root::Record,
        steps,
        kind: at.kind,
    })
}

const UNKNOWN: &str = "unknown_field";
const LIVE: &str = "live_through_link";

/// One name after a dot: adds the steps to take, gives what then stands there.
fn step(
    catalogue: &Catalogue,
    at: &At,
    name: &str,
    steps: &mut Vec<Step>,
) -> Result<At, &'static str> {
    match &at.kind {
        Type::Link(to) => {
            if !at.here {
                steps.push(Step::Follow(to.clone()));
            }
            member(catalogue, to, name, at.own, steps)
        }
        Type::SettingsOf(form) => {
            let to = Target {
                form: form.clone(),
                table: None,
            };
            member(catalogue, &to, name, false, steps)
        }
        Type::List(of) => {
            if at.here {
                steps.push(Step::Each);
            }
            let row = At {
                kind: (**of).clone(),
                here: at.here,
                own: at.own,
            };
            let found = step(catalogue, &row, name, steps)?;
            let kind = match found.kind {
                Type::List(of) => Type::List(of),
                one => Type::List(Box::new(one)),
            };
            // A table inside a column is walked line by line as well.
            Ok(At { kind, ..found })
        }
        _ => Err(UNKNOWN),
    }
}

/// A field or built-in of a record or line.
fn member(
    catalogue: &Catalogue,
    to: &Target,
    name: &str,
    own: bool,
    steps: &mut Vec<Step>,
) -> Result<At, &'static str> {
    let value = |kind| At {
        kind,
        here: false,
        own: false,
    };
    if let Some((name, field)) = field_of(catalogue, to, name) {
        if field.live.is_some() && !own {
            return Err(LIVE);
        }
        let kind = Type::of(&to.form, name, field);
        let (blank, here) = match field.kind {
            Kind::Switch(_) => (Blank::No, false),
            Kind::Lines(_) => (Blank::Rows, true),
            _ => (Blank::Nothing, false),
        };
        steps.push(Step::Field(name.clone(), blank));
        let own = own && here;
        return Ok(At { kind, here, own });
    }
    if to.table.is_some() && name == "record" {
        steps.push(Step::Holder);
        return Ok(At {
            kind: Type::record(&to.form),
            here: true,
            own,
        });
    }
    let built = Built::named(name).ok_or(UNKNOWN)?;
    if to.table.is_some() && built != Built::Id {
        return Err(UNKNOWN);
    }
    let form = catalogue.form(&to.form).ok_or(UNKNOWN)?;
    let kind = match built {
        Built::Id => Type::Link(Arc::new(to.clone())),
        Built::Status => Type::Choice(
            Status::ALL
                .iter()
                .map(|s| Name::known(s.as_str()))
                .collect(),
        ),
        Built::Version => Type::Number,
        Built::CreatedAt | Built::UpdatedAt => Type::Moment,
        Built::CreatedBy | Built::UpdatedBy => Type::User,
        Built::Parent if form.kind == FormKind::Tree => Type::record(&to.form),
        Built::Parent => return Err(UNKNOWN),
    };
    steps.push(Step::Built(built));
    Ok(value(kind))
}
