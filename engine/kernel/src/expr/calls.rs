//! Calls of functions, judged and typed.

use super::{
    function::Function,
    lower::{Lowerer, Part, broken},
    operators::ordered,
    tree::{Node, Root, Step},
    types::{Type, field_of},
};
use model::{Name, Ref};
use rhai::Expr as Ast;

impl Lowerer<'_> {
    /// A call of the function `name`.
    pub(super) fn call(&mut self, name: &str, args: &[Ast]) -> Part {
        if let Some(function) = Function::named(name) {
            return self.built_in(function, name, args);
        }
        match (name, args) {
            ("balance", [ledger, key]) => self.balance(ledger, key),
            ("slice", [register, key, day]) => self.slice(register, key, day),
            ("working_days", [first, last, calendar]) => self.working_days(first, last, calendar),
            ("role" | "holders", [role]) => self.role(role, None, name == "holders"),
            ("role" | "holders", [role, within]) => {
                self.role(role, Some(within), name == "holders")
            }
            (taken, _) if super::function::TAKEN.contains(&taken) => self.arguments(name),
            _ => self.script(name, args),
        }
    }

    fn arguments(&mut self, name: &str) -> Part {
        let say = format!("`{name}` does not take these arguments");
        self.flaw("wrong_arguments", &[name], say)
    }

    fn built_in(&mut self, function: Function, name: &str, args: &[Ast]) -> Part {
        if args.len() != function.arity() {
            return self.arguments(name);
        }
        if function == Function::Managers && !self.place.calls() {
            return self.forbid(&format!("{name}()"));
        }
        let exempt = matches!(function, Function::Empty | Function::IfEmpty);
        if exempt {
            self.lazy = true;
            self.exempt += 1;
        }
        let (mut nodes, mut kinds) = (vec![], vec![]);
        for arg in args {
            let (node, kind) = self.lower(arg);
            nodes.push(node);
            kinds.push(kind);
        }
        if exempt {
            self.exempt -= 1;
        }
        match self.result(function, &kinds) {
            Some(kind) => (Node::Call(function, nodes), kind),
            None => {
                let said: Vec<String> = kinds.iter().map(Type::say).collect();
                let say = format!("`{name}` does not take {}", said.join(", "));
                self.flaw("type_mismatch", &[name], say)
            }
        }
    }

    /// What a function gives for arguments of these types; nothing where they do not fit.
    fn result(&mut self, function: Function, kinds: &[Type]) -> Option<Type> {
        let first = &kinds[0];
        let is = |n: usize, kind: Type| kinds[n].fits(&kind);
        let joined = |kinds: &[Type]| match (&kinds[0], &kinds[1]) {
            (Type::Any, other) => Some(other.clone()),
            (a, b) => a.fits(b).then(|| a.clone()),
        };
        let list = |of: Type| match first {
            Type::List(inner) => inner.fits(&of),
            other => *other == Type::Any,
        };
        let dated = matches!(first, Type::Any | Type::Date | Type::Month | Type::Moment);
        match function {
            Function::Empty => Some(Type::Bool),
            Function::IfEmpty => joined(kinds),
            Function::Min | Function::Max => joined(kinds).filter(ordered),
            Function::Sum => list(Type::Number).then_some(Type::Number),
            Function::Any => list(Type::Bool).then_some(Type::Bool),
            Function::Count => list(Type::Any).then_some(Type::Number),
            Function::Percent | Function::RoundUp => {
                (is(0, Type::Number) && is(1, Type::Number)).then_some(Type::Number)
            }
            Function::DaysBetween => {
                (is(0, Type::Date) && is(1, Type::Date)).then_some(Type::Number)
            }
            Function::AddDays => (is(0, Type::Date) && is(1, Type::Number)).then_some(Type::Date),
            Function::Year => dated.then_some(Type::Number),
            Function::Month => dated.then_some(Type::Month),
            Function::FirstOfMonth
            | Function::LastOfMonth
            | Function::FirstOfYear
            | Function::LastOfYear => dated.then_some(Type::Date),
            Function::UnitFactor => self.units(first, &kinds[1]).then_some(Type::Number),
            Function::Managers => {
                let person = Type::record(&self.world.catalogue.people()?.form);
                let good = first.fits(&person) && is(1, Type::Number);
                good.then(|| Type::List(Box::new(person)))
            }
            Function::Each => list(Type::Any).then(|| first.clone()),
        }
    }

    /// Whether an item has a table `units` with a `unit` like the one asked and a `factor`.
    fn units(&self, item: &Type, unit: &Type) -> bool {
        let Type::Link(to) = item else {
            return *item == Type::Any;
        };
        let field = field_of(self.world.catalogue, to, "units");
        let Some(lines) = field.and_then(|(_, field)| field.as_lines()) else {
            return false;
        };
        let column = |name: &str| {
            let (name, field) = lines.fields.get_key_value(name)?;
            Some(Type::of(&to.form, name, field))
        };
        column("unit").is_some_and(|kind| kind.fits(unit)) && column("factor") == Some(Type::Number)
    }

    /// The definition a text names, `package/name` or a name of the own package.
    fn named(&mut self, ast: &Ast, what: &str) -> Option<Ref> {
        let Ast::StringConstant(text, _) = ast else {
            let say = format!("the {what} is named by a text in backticks");
            self.flaw("wrong_arguments", &[what], say);
            return None;
        };
        match Ref::within(self.place.home(), text) {
            Ok(found) => Some(found),
            Err(_) => {
                self.unknown(what, text);
                None
            }
        }
    }

    fn unknown(&mut self, what: &str, name: &str) -> Part {
        let code = match what {
            "ledger" => "unknown_ledger",
            "register" => "unknown_register",
            "calendar" => "unknown_calendar",
            _ => "unknown_role",
        };
        self.flaw(code, &[name], format!("there is no {what} `{name}`"))
    }

    fn balance(&mut self, ledger: &Ast, key: &Ast) -> Part {
        if !self.place.reads_ledgers() {
            return self.forbid("balance() here");
        }
        let Some(name) = self.named(ledger, "ledger") else {
            return broken();
        };
        let Some(def) = self.world.catalogue.ledger(&name) else {
            return self.unknown("ledger", &name.to_string());
        };
        let dimensions = def.dimensions.iter();
        let kinds: Vec<(Name, Type)> = dimensions
            .map(|(n, f)| (n.clone(), Type::of(&name, n, f)))
            .collect();
        let (key, _) = self.key(key, &name, &kinds);
        (
            Node::Balance(name.clone(), Box::new(key)),
            Type::Balance(name),
        )
    }

    fn slice(&mut self, register: &Ast, key: &Ast, day: &Ast) -> Part {
        if !self.place.calls() {
            return self.forbid("slice() here");
        }
        let Some(name) = self.named(register, "register") else {
            return broken();
        };
        let Some(def) = self.world.catalogue.register(&name) else {
            return self.unknown("register", &name.to_string());
        };
        let dimensions = def.dimensions.iter();
        let kinds: Vec<(Name, Type)> = dimensions
            .map(|(n, f)| (n.clone(), Type::of(&name, n, f)))
            .collect();
        let (key, given) = self.key(key, &name, &kinds);
        for wanted in def.chain.values().flat_map(|link| &link.by) {
            if !given.contains(wanted) {
                let say = format!("{name} must be asked with `{wanted}`");
                self.flaw("missing_key", &[wanted], say);
                break;
            }
        }
        let (day, kind) = self.lower(day);
        self.want(&kind, &Type::Date);
        (
            Node::Slice(name.clone(), Box::new((key, day))),
            Type::Row(name),
        )
    }

    /// `#{ dimension: value, … }`.
    fn key(&mut self, ast: &Ast, of: &Ref, kinds: &[(Name, Type)]) -> (Node, Vec<Name>) {
        self.lazy = true;
        let Ast::Map(entries, _) = ast else {
            self.flaw(
                "wrong_arguments",
                &["key"],
                "the key is written `#{ dimension: value }`".into(),
            );
            return (Node::Map(vec![]), vec![]);
        };
        let mut nodes: Vec<(Name, Node)> = vec![];
        for (ident, value) in entries.0.iter() {
            let (node, kind) = self.lower(value);
            match kinds.iter().find(|(name, _)| **name == *ident.name) {
                Some((name, wanted)) => {
                    self.want(&kind, wanted);
                    nodes.push((name.clone(), node));
                }
                None => {
                    let say = format!("{of} has no dimension `{}`", ident.name);
                    self.flaw("unknown_field", &[&ident.name], say);
                }
            }
        }
        // The same key gives the same ask, in whatever order it was written.
        nodes.sort_by(|a, b| a.0.cmp(&b.0));
        let given = nodes.iter().map(|(name, _)| name.clone()).collect();
        (Node::Map(nodes), given)
    }

    fn working_days(&mut self, first: &Ast, last: &Ast, calendar: &Ast) -> Part {
        let (first, a) = self.lower(first);
        let (last, b) = self.lower(last);
        self.want(&a, &Type::Date);
        self.want(&b, &Type::Date);
        let Some(name) = self.named(calendar, "calendar") else {
            return broken();
        };
        if self.world.catalogue.calendar(&name).is_none() {
            return self.unknown("calendar", &name.to_string());
        }
        (
            Node::WorkingDays(name, Box::new((first, last))),
            Type::Number,
        )
    }

    fn role(&mut self, role: &Ast, within: Option<&Ast>, each: bool) -> Part {
        if !self.place.calls() {
            return self.forbid(if each { "holders()" } else { "role()" });
        }
        let Some(name) = self.named(role, "role") else {
            return broken();
        };
        let Some(def) = self.world.catalogue.role(&name) else {
            return self.unknown("role", &name.to_string());
        };
        let within = within.map(|ast| {
            let (node, kind) = self.lower(ast);
            match &def.within {
                Some(form) => self.want(&kind, &Type::record(form)),
                None => {
                    let say = format!("the role {name} is not held within anything");
                    self.flaw("wrong_arguments", &[&name.to_string()], say);
                }
            }
            Box::new(node)
        });
        let kind = match each {
            true => Type::List(Box::new(Type::Seat)),
            false => Type::Seat,
        };
        let role = name;
        (Node::Role { role, within, each }, kind)
    }

    fn script(&mut self, name: &str, args: &[Ast]) -> Part {
        let package = self.place.home().clone();
        let known = self.world.scripts.get(&package).and_then(|f| f.get(name));
        let Some(&arity) = known else {
            let say = format!("there is no function `{name}` here");
            return self.flaw("unknown_function", &[name], say);
        };
        if !self.place.calls() {
            return self.forbid(&format!("{name}()"));
        }
        if args.len() != arity {
            return self.arguments(name);
        }
        let args = args.iter().map(|arg| self.lower(arg).0).collect::<Vec<_>>();
        // A script would be called with nothing where a field is empty.
        self.lazy = true;
        self.whole |= args.iter().any(reads_whole);
        let function = Name::new(name);
        match function {
            Ok(function) => {
                let node = Node::Script {
                    package,
                    function,
                    args,
                };
                (node, Type::Any)
            }
            Err(bad) => self.flaw("unknown_function", &[name], bad.to_string()),
        }
    }
}

/// Whether an argument is the record or line at hand itself, or one of its tables.
fn reads_whole(node: &Node) -> bool {
    let Node::Path(path) = node else { return false };
    matches!(path.root, Root::Record | Root::Line)
        && !path.steps.iter().any(|s| matches!(s, Step::Follow(_)))
        && matches!(path.kind.element(), Type::Link(_))
        && matches!(
            path.steps.last(),
            None | Some(Step::Holder) | Some(Step::Field(_, super::tree::Blank::Rows))
        )
}
