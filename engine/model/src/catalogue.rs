//! Everything a site knows: all its packages, looked up by reference.

use crate::{
    Form, Ledger, Look, Name, Package, Path, Ref, Workflow,
    calendar::Calendar,
    make::Make,
    manifest::People,
    message::Message,
    posting::Posting,
    register::Register,
    roles::{Grant, Role},
    zone::Zone,
};
use indexmap::IndexMap;
use std::{collections::HashMap, sync::Arc};

/// The packages of a site, in the order they need each other. Immutable; a publish makes a new one.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub packages: IndexMap<Name, Arc<Package>>,
    /// Where the site is: which day a moment belongs to.
    pub zone: Zone,
    /// Forms, and the forms that registers are kept as.
    forms: HashMap<Ref, Arc<Form>>,
}

impl Catalogue {
    /// A catalogue of `packages`, put in the order they need each other.
    pub fn new(packages: impl IntoIterator<Item = Arc<Package>>) -> Self {
        let all: IndexMap<Name, Arc<Package>> =
            packages.into_iter().map(|p| (p.name.clone(), p)).collect();
        let mut ordered = IndexMap::new();
        fn place(
            name: &Name,
            all: &IndexMap<Name, Arc<Package>>,
            ordered: &mut IndexMap<Name, Arc<Package>>,
            depth: usize,
        ) {
            let Some(package) = all.get(name) else { return };
            if ordered.contains_key(name) || depth > all.len() {
                return;
            }
            for needed in package.manifest.needs.keys() {
                place(needed, all, ordered, depth + 1);
            }
            ordered.insert(name.clone(), package.clone());
        }
        let mut names: Vec<_> = all.keys().cloned().collect();
        names.sort();
        for name in &names {
            place(name, &all, &mut ordered, 0);
        }
        let mut forms = HashMap::new();
        for package in ordered.values() {
            forms.extend(package.forms.iter().map(|(r, f)| (r.clone(), f.clone())));
            forms.extend(
                package
                    .registers
                    .iter()
                    .map(|(r, reg)| (r.clone(), Arc::new(reg.as_form()))),
            );
        }
        Self {
            packages: ordered,
            zone: Zone::default(),
            forms,
        }
    }
    /// The same of a site somewhere else.
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }
    /// The same with one package added or replaced.
    pub fn with(&self, package: Arc<Package>) -> Self {
        let mut packages = self.packages.clone();
        packages.insert(package.name.clone(), package);
        Self::new(packages.into_values()).in_zone(self.zone)
    }
    /// A form, or the form a register is kept as.
    pub fn form(&self, r: &Ref) -> Option<&Arc<Form>> {
        self.forms.get(r)
    }
    /// Every form, registers' forms included.
    pub fn forms(&self) -> impl Iterator<Item = &Arc<Form>> {
        self.forms.values()
    }
    pub fn workflow(&self, r: &Ref) -> Option<&Arc<Workflow>> {
        self.packages.get(&r.package)?.workflows.get(r)
    }
    pub fn ledger(&self, r: &Ref) -> Option<&Arc<Ledger>> {
        self.packages.get(&r.package)?.ledgers.get(r)
    }
    /// Every ledger.
    pub fn ledgers(&self) -> impl Iterator<Item = &Arc<Ledger>> {
        self.packages.values().flat_map(|p| p.ledgers.values())
    }
    pub fn register(&self, r: &Ref) -> Option<&Arc<Register>> {
        self.packages.get(&r.package)?.registers.get(r)
    }
    /// The posting rule of a form, if it has one.
    pub fn posting(&self, form: &Ref) -> Option<&Arc<Posting>> {
        self.packages
            .values()
            .flat_map(|p| p.postings.values())
            .find(|p| p.form == *form)
    }
    pub fn make(&self, r: &Ref) -> Option<&Arc<Make>> {
        self.packages.get(&r.package)?.makes.get(r)
    }
    /// Every make that starts from a form.
    pub fn makes_from(&self, form: &Ref) -> impl Iterator<Item = &Arc<Make>> {
        self.packages
            .values()
            .flat_map(|p| p.makes.values())
            .filter(move |m| m.from == *form)
    }
    pub fn calendar(&self, r: &Ref) -> Option<&Arc<Calendar>> {
        self.packages.get(&r.package)?.calendars.get(r)
    }
    pub fn message(&self, r: &Ref) -> Option<&Arc<Message>> {
        self.packages.get(&r.package)?.messages.get(r)
    }
    pub fn role(&self, r: &Ref) -> Option<&Role> {
        self.packages.get(&r.package)?.roles.roles.get(&r.name)
    }
    /// A grant that hides or masks a field of a form or register, or the table it stands in, from
    /// those it is given to.
    pub fn hiding_grant(&self, of: &Ref, path: &Path) -> Option<&Name> {
        let table = Path::one(path.head());
        let hides = |grant: &Grant| {
            let named = grant.form.as_ref().or(grant.register.as_ref());
            let looks = [path, &table].map(|path| grant.fields.get(path));
            named == Some(of) && looks.into_iter().flatten().any(|look| *look < Look::Read)
        };
        let mut grants = self.packages.values().flat_map(|p| &p.roles.grants);
        grants.find(|(_, grant)| hides(grant)).map(|(name, _)| name)
    }
    /// Who stands behind a user, as the one package that knows says.
    pub fn people(&self) -> Option<&People> {
        self.packages
            .values()
            .find_map(|p| p.manifest.people.as_ref())
    }
    /// The words at `path` of `package` in `language`; falls back zh-TW → zh-CN → in place.
    pub fn word(&self, package: &Name, language: &str, path: &str, in_place: &str) -> String {
        let Some(package) = self.packages.get(package) else {
            return in_place.into();
        };
        if package.manifest.language == language {
            return in_place.into();
        }
        let tries: &[&str] = if language == "zh-TW" {
            &["zh-TW", "zh-CN"]
        } else {
            &[language]
        };
        tries
            .iter()
            .find_map(|l| package.word(l, path))
            .unwrap_or(in_place)
            .into()
    }
}
