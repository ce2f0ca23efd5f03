//! Which names an expression may use where it stands (format/README, "in scope").

use super::{
    tree::{Root, UserField},
    types::Type,
};
use crate::rules::settings_form;
use model::{Catalogue, Name, Ref};

/// The place of an expression. Also the key under which its compiled form is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Where {
    /// A field or check of a form, or of one of its tables.
    Form {
        form: Ref,
        table: Option<Name>,
    },
    /// A workflow of `package` that runs on records of a form.
    Flow {
        package: Name,
        form: Ref,
    },
    /// A posting of `package` for a form; `line` is of `table`. Sees the rules above `rule`.
    Posting {
        package: Name,
        form: Ref,
        table: Option<Name>,
        rule: Option<Name>,
    },
    Ledger(Ref),
    /// A make; `open` once it has been worked out.
    Make {
        make: Ref,
        table: Option<Name>,
        open: bool,
    },
    /// Grants of a package: only who asks.
    Grant {
        package: Name,
    },
}

impl Where {
    /// The package whose names need no prefix, and whose scripts may be called.
    pub(crate) fn home(&self) -> &Name {
        match self {
            Self::Form { form, .. } => &form.package,
            Self::Flow { package, .. } | Self::Posting { package, .. } => package,
            Self::Ledger(r) | Self::Make { make: r, .. } => &r.package,
            Self::Grant { package } => package,
        }
    }
    /// Whether it may read ledgers: a posting may not (a constraint guards it instead), nor may
    /// what is itself part of a ledger or of a right.
    pub(crate) fn reads_ledgers(&self) -> bool {
        matches!(
            self,
            Self::Form { .. } | Self::Flow { .. } | Self::Make { .. }
        )
    }
    /// Whether it may call scripts, registers and people: rights and constraints may not.
    pub(crate) fn calls(&self) -> bool {
        !matches!(self, Self::Ledger(_) | Self::Grant { .. })
    }
    /// What a bare name means here.
    pub(crate) fn head(&self, catalogue: &Catalogue, name: &str) -> Option<(Head, Type)> {
        let record = |form: &Ref| Some((Head::Root(Root::Record), Type::record(form)));
        let line = |form: &Ref, table: &Option<Name>| {
            let table = table.as_ref()?;
            Some((Head::Root(Root::Line), Type::line(form, table)))
        };
        let asks = || match name {
            "user" => Some((Head::User, Type::Asker)),
            "today" => Some((Head::Root(Root::Today), Type::Date)),
            _ => None,
        };
        match (self, name) {
            (Self::Grant { .. }, _) => asks(),
            (Self::Ledger(ledger), _) => key(catalogue, ledger, name),
            (_, "settings") => Some((Head::Settings, Type::Settings)),
            (Self::Form { form, .. } | Self::Flow { form, .. }, "record") => record(form),
            (Self::Form { form, table }, "line") => line(form, table),
            (Self::Posting { form, .. }, "record") => record(form),
            (Self::Posting { form, table, .. }, "line") => line(form, table),
            (Self::Posting { rule: Some(_), .. }, "entry") => Some((Head::Entries, Type::Entries)),
            (Self::Posting { .. }, _) => None,
            (Self::Make { make, table, open }, _) => {
                let from = &catalogue.make(make)?.from;
                match name {
                    "source" => record(from),
                    "line" => line(from, table),
                    "open" if *open => Some((Head::Root(Root::Open), Type::Number)),
                    _ => asks(),
                }
            }
            _ => asks(),
        }
    }
}

/// What a bare name is: a root, or the first half of one.
pub(crate) enum Head {
    Root(Root),
    User,
    Settings,
    Entries,
    /// A computed measure of the ledger at hand.
    Computed(Name),
}

fn key(catalogue: &Catalogue, ledger: &Ref, name: &str) -> Option<(Head, Type)> {
    let def = catalogue.ledger(ledger)?;
    if let Some((name, measure)) = def.measures.get_key_value(name) {
        let head = match measure.computed {
            Some(_) => Head::Computed(name.clone()),
            None => Head::Root(Root::Measure(name.clone())),
        };
        return Some((head, Type::Number));
    }
    let found = def.dimensions.get_key_value(name);
    let (name, field) = found.or_else(|| def.attributes.get_key_value(name))?;
    Some((
        Head::Root(Root::Key(name.clone())),
        Type::of(ledger, name, field),
    ))
}

/// What `user.<name>` is. The person, branch and department are typed by the package that says
/// who stands behind a user.
pub(crate) fn user_field(catalogue: &Catalogue, name: &str) -> Option<(UserField, Type)> {
    let people = catalogue.people();
    let person = || Some(Type::record(&people?.form));
    let at = |path: &Option<model::Path>| -> Option<Type> {
        let mut form = people?.form.clone();
        let path = path.as_ref()?;
        for step in &path.0 {
            let link = catalogue.form(&form)?.fields.get(step)?.as_link()?;
            form = link.to.form.clone();
        }
        Some(Type::record(&form))
    };
    Some(match name {
        "id" => (UserField::Id, Type::User),
        "login" => (UserField::Login, Type::Text),
        "name" => (UserField::Name, Type::Text),
        "language" => (UserField::Language, Type::Text),
        "employee" => (UserField::Employee, person()?),
        "branch" => (UserField::Branch, at(&people?.branch)?),
        "branches" => {
            let branch = at(&people?.branch)?;
            (UserField::Branches, Type::List(Box::new(branch)))
        }
        "department" => (UserField::Department, at(&people?.department)?),
        _ => return None,
    })
}

/// The settings form of a package, for `settings.<package>`.
pub(crate) fn settings_of(catalogue: &Catalogue, package: &str) -> Option<Ref> {
    settings_form(catalogue, package).map(|form| form.name.clone())
}
