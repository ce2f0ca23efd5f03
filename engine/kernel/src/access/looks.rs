//! How the fields of a form, register or ledger look to somebody.

use indexmap::IndexMap;
use model::{Catalogue, Field, Look, Name, Path, Ref, Verb, roles::Grant};

/// Looks by path; what is not named looks like `others`. Never [`Look::Required`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldLooks {
    named: IndexMap<Path, Look>,
    others: Look,
}

impl FieldLooks {
    /// Everything may be seen and edited: the engine's own view.
    pub fn everything() -> Self {
        Self {
            named: IndexMap::new(),
            others: Look::Edit,
        }
    }
    /// How the field at `field` or `table.field` looks; a column never more than its table.
    pub fn at(&self, path: &Path) -> Look {
        let said = |path: &Path| self.named.get(path).copied().unwrap_or(self.others);
        if path.tail().is_empty() {
            said(path)
        } else {
            said(&Path::one(path.head())).min(said(path))
        }
    }
    /// The paths that do not look like most others.
    pub fn named(&self) -> impl Iterator<Item = (&Path, Look)> {
        self.named.iter().map(|(path, look)| (path, *look))
    }
    /// How every path looks that is not named.
    pub fn others(&self) -> Look {
        self.others
    }
}

/// Every field of a form, register or ledger with its path; of a ledger dimensions, attributes and
/// measures, each with its seal.
fn sealed(catalogue: &Catalogue, of: &Ref) -> Vec<(Path, Option<Name>)> {
    let mut out = vec![];
    let mut add = |path: Path, field: &Field| out.push((path, field.sealed.clone()));
    if let Some(form) = catalogue.form(of) {
        for (name, field) in &form.fields {
            add(Path::one(name), field);
            for (column, field) in field.as_lines().iter().flat_map(|l| &l.fields) {
                add(Path(vec![name.clone(), column.clone()]), field);
            }
        }
    } else if let Some(ledger) = catalogue.ledger(of) {
        for (name, field) in ledger.dimensions.iter().chain(&ledger.attributes) {
            add(Path::one(name), field);
        }
        for (name, measure) in &ledger.measures {
            out.push((Path::one(name), measure.sealed.clone()));
        }
    }
    out
}

/// The looks that grants on one thing add up to: the widest wins, and a sealed field looks as its
/// seal says unless one of the grants opens the seal. Without any grant everything unsealed may
/// be read, for who takes part in a record.
///
/// Looks are of the whole form, not of single rows: a grant on few rows that opens a seal opens it
/// on all rows that another grant shows.
pub(super) fn looks(catalogue: &Catalogue, of: &Ref, grants: &[&Grant]) -> FieldLooks {
    let base = |grant: &Grant| {
        let edits = grant
            .may
            .iter()
            .any(|v| matches!(v, Verb::Edit | Verb::Create));
        if edits { Look::Edit } else { Look::Read }
    };
    let others = grants.iter().map(|g| base(g)).max().unwrap_or(Look::Read);
    let mut named = IndexMap::new();
    for (path, seal) in sealed(catalogue, of) {
        let given = |grant: &&&Grant| {
            let said = grant.fields.get(&path).copied();
            // Required is a word of workflow nodes; in a grant it means edit.
            said.unwrap_or_else(|| base(grant)).min(Look::Edit)
        };
        let mut look = grants.iter().map(|g| given(&g)).max().unwrap_or(Look::Read);
        if let Some(seal) = seal {
            let opened = grants.iter().filter(|g| g.opens.contains(&seal));
            let without = || {
                let package = catalogue.packages.get(&of.package);
                let seal = package.and_then(|p| p.roles.seals.get(&seal));
                seal.map_or(Look::Hidden, |s| s.look.min(Look::Masked))
            };
            look = opened.map(|g| given(&g)).max().unwrap_or_else(without);
        }
        if look != others {
            named.insert(path, look);
        }
    }
    FieldLooks { named, others }
}
