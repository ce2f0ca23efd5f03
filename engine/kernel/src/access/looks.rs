//! How the fields of a form, register or ledger look to somebody.

use indexmap::IndexMap;
use model::{Catalogue, Field, Filter, Look, Name, Path, Ref, Verb, roles::Grant};

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
    /// Of each field the widest look.
    pub(super) fn widest<'a>(many: impl Iterator<Item = &'a Self>) -> Option<Self> {
        many.fold(None, |sum: Option<Self>, one| {
            let Some(sum) = sum else {
                return Some(one.clone());
            };
            let said =
                |looks: &Self, path: &Path| looks.named.get(path).copied().unwrap_or(looks.others);
            let others = sum.others.max(one.others);
            let paths = sum.named.keys().chain(one.named.keys());
            let named = paths.map(|path| (path.clone(), said(&sum, path).max(said(one, path))));
            let named = named.filter(|(_, look)| *look != others).collect();
            Some(Self { named, others })
        })
    }
    /// The same under other names.
    pub fn renamed(self, name: impl Fn(&Path) -> Path) -> Self {
        Self {
            named: self.named.iter().map(|(p, l)| (name(p), *l)).collect(),
            ..self
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

/// How one grant lets a field look.
#[derive(Clone, Copy)]
struct Given {
    /// As the grant says.
    said: Look,
    /// The same where the field is sealed and the grant does not open the seal.
    shut: Look,
}

/// What grants on one thing add up to.
pub(super) struct Added {
    /// On every row that is seen at all.
    pub floor: FieldLooks,
    /// On the row where it looks best.
    pub wide: FieldLooks,
    /// On rows that none of the grants shows, by who takes part in them.
    pub part: FieldLooks,
    /// Of each grant by itself, in their order.
    pub each: Vec<FieldLooks>,
    /// Fields that `floor` does not let be read, and the rows on which they are.
    pub open: IndexMap<Path, Filter>,
}

/// The looks that grants on one thing, each with its rows, add up to. On a row the widest of the
/// grants that show it wins; a grant on few rows opens nothing on others. A sealed field looks as
/// its seal says unless a grant opens the seal. Who only takes part in a record sees of it what
/// any of his grants shows on some row, and without any grant everything; never what is sealed.
pub(super) fn added(catalogue: &Catalogue, of: &Ref, grants: &[(&Grant, &Filter)]) -> Added {
    let base = |grant: &Grant| {
        let edits = grant
            .may
            .iter()
            .any(|v| matches!(v, Verb::Edit | Verb::Create));
        if edits { Look::Edit } else { Look::Read }
    };
    let plain = |grant: &Grant| Given {
        said: base(grant),
        shut: base(grant),
    };
    let others: Vec<Given> = grants.iter().map(|(grant, _)| plain(grant)).collect();
    // Nobody takes part in the entries of a ledger.
    let parts = catalogue.ledger(of).is_none();
    let others = Sum::of(grants, &others, parts);
    let looks = |others: Look| FieldLooks {
        named: IndexMap::new(),
        others,
    };
    let mut out = Added {
        floor: looks(others.floor),
        wide: looks(others.wide),
        part: looks(others.part),
        each: others.each.iter().map(|look| looks(*look)).collect(),
        open: IndexMap::new(),
    };
    for (path, seal) in sealed(catalogue, of) {
        let package = catalogue.packages.get(&of.package);
        let shut = seal.as_ref().map(|seal| {
            let seal = package.and_then(|p| p.roles.seals.get(seal));
            seal.map_or(Look::Hidden, |s| s.look.min(Look::Masked))
        });
        let given: Vec<Given> = grants
            .iter()
            .map(|(grant, _)| {
                let said = grant.fields.get(&path).copied();
                // Required is a word of workflow nodes; in a grant it means edit.
                let said = said.unwrap_or_else(|| base(grant)).min(Look::Edit);
                let opens = seal.as_ref().is_none_or(|seal| grant.opens.contains(seal));
                let closed = said.min(shut.unwrap_or(said));
                Given {
                    said: if opens { said } else { closed },
                    shut: closed,
                }
            })
            .collect();
        let mut sum = Sum::of(grants, &given, parts);
        if grants.is_empty()
            && let Some(shut) = shut
        {
            (sum.floor, sum.wide, sum.part) = (shut, shut, shut);
        }
        if sum.floor < Look::Read && sum.wide >= Look::Read {
            out.open.insert(path.clone(), sum.rows(grants));
        }
        let name = |looks: &mut FieldLooks, look: Look| {
            if look != looks.others {
                looks.named.insert(path.clone(), look);
            }
        };
        name(&mut out.floor, sum.floor);
        name(&mut out.wide, sum.wide);
        name(&mut out.part, sum.part);
        for (looks, look) in out.each.iter_mut().zip(&sum.each) {
            name(looks, *look);
        }
    }
    out
}

/// What grants come to for one field.
struct Sum {
    floor: Look,
    wide: Look,
    part: Look,
    each: Vec<Look>,
}

impl Sum {
    fn of(grants: &[(&Grant, &Filter)], given: &[Given], parts: bool) -> Self {
        let everything = Filter::everything();
        let each: Vec<Look> = given.iter().map(|g| g.said).collect();
        let wide = each.iter().copied().max();
        let part = given.iter().map(|g| g.shut).max().unwrap_or(Look::Read);
        let of = |keep: &dyn Fn(&Grant, &Filter) -> bool| {
            let kept = grants.iter().zip(&each);
            let kept = kept.filter(|((grant, rows), _)| keep(grant, rows));
            kept.map(|(_, look)| *look).collect::<Vec<_>>()
        };
        let everywhere = of(&|_, rows| *rows == everything).into_iter().max();
        let reading = of(&|grant, _| grant.may.contains(&Verb::Read));
        let least = reading.into_iter().min().unwrap_or(part);
        let least = if parts { least.min(part) } else { least };
        Self {
            floor: everywhere.unwrap_or(least).max(least),
            wide: wide.unwrap_or(part).max(part),
            part,
            each,
        }
    }

    /// The rows on which the field may be read: those of the grants that let it be, and those
    /// seen by none of them, where taking part is enough.
    fn rows(&self, grants: &[(&Grant, &Filter)]) -> Filter {
        let rows = |keep: &dyn Fn(Look) -> bool| {
            let kept = grants
                .iter()
                .zip(&self.each)
                .filter(|(_, look)| keep(**look));
            kept.map(|((_, rows), _)| (*rows).clone()).collect()
        };
        let mut any: Vec<Filter> = rows(&|look| look >= Look::Read);
        if self.part >= Look::Read {
            any.push(Filter::Not(Box::new(Filter::Any(rows(&|_| true)))));
        }
        Filter::Any(any)
    }
}
