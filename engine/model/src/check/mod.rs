//! What is wrong across the files of a package, and between it and what it needs. All at once.
//!
//! Knows definitions only: what an expression means is the kernel's business, and so is whether a
//! workflow can get stuck.

mod definitions;
mod people;
mod words;

use crate::{Catalogue, Package, Problem, Ref};

/// Every problem of `package` in a site that already holds it and what it needs; sorted.
pub fn package(package: &Package, site: &Catalogue) -> Vec<Problem> {
    let mut checker = Checker {
        package,
        site,
        problems: vec![],
    };
    checker.needs();
    checker.forms();
    checker.workflows();
    checker.ledgers();
    checker.registers();
    checker.postings();
    checker.makes();
    checker.roles();
    checker.menu();
    checker.stories();
    checker.words();
    let mut problems = checker.problems;
    problems.sort();
    problems.dedup();
    problems
}

/// The files of a package that are not in their canonical layout.
pub fn layout(package: &Package) -> Vec<Problem> {
    package
        .files
        .iter()
        .filter(|(path, _)| path.ends_with(".json"))
        .filter_map(|(path, bytes)| {
            let text = std::str::from_utf8(bytes).ok()?;
            let good = crate::canonical::format(text).ok()?;
            (good != text).then(|| {
                let file = format!("{}/{path}", package.name);
                Problem::new(
                    file,
                    "",
                    "not_canonical",
                    &[],
                    "not in its canonical layout; `formwork fmt` writes it",
                )
            })
        })
        .collect()
}

struct Checker<'a> {
    package: &'a Package,
    site: &'a Catalogue,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn bad(&mut self, path: &str, at: String, code: &str, with: &[&str], say: String) {
        let file = format!("{}/{path}.json", self.package.name);
        self.problems.push(Problem::new(file, at, code, with, say));
    }

    /// Whether this package may refer to another: it is its own, or one it needs.
    fn reaches(&self, r: &Ref) -> bool {
        r.package == self.package.name || self.package.manifest.needs.contains_key(&r.package)
    }

    /// Says when a reference leads nowhere, or to a package that the manifest does not need.
    fn refer(&mut self, what: &str, r: &Ref, found: bool, path: &str, at: String) {
        let text = r.to_string();
        if !self.reaches(r) {
            let say = format!("the manifest does not need `{}`", r.package);
            self.bad(path, at, "not_needed", &[&text], say);
        } else if !found {
            self.bad(
                path,
                at,
                &format!("unknown_{what}"),
                &[&text],
                format!("there is no {what} {text}"),
            );
        }
    }

    fn needs(&mut self) {
        for (name, wanted) in &self.package.manifest.needs {
            match self.site.packages.get(name) {
                None => self.bad(
                    "manifest",
                    format!("/needs/{name}"),
                    "unknown_package",
                    &[name],
                    format!("there is no package {name}"),
                ),
                Some(found) if !satisfies(&found.manifest.version, wanted) => self.bad(
                    "manifest",
                    format!("/needs/{name}"),
                    "wrong_version",
                    &[name, wanted, &found.manifest.version],
                    format!("{name} is {}, {wanted} is needed", found.manifest.version),
                ),
                Some(_) => {}
            }
        }
        let people: Vec<_> = self
            .site
            .packages
            .values()
            .filter(|p| p.manifest.people.is_some())
            .collect();
        if self.package.manifest.people.is_some() && people.len() > 1 {
            let names = people
                .iter()
                .map(|p| p.name.to_string())
                .collect::<Vec<_>>()
                .join(", ");
            let say = format!("only one package of a site says who the people are: {names}");
            self.bad("manifest", "/people".into(), "people_twice", &[&names], say);
        }
        if let Some(people) = self.package.manifest.people.clone() {
            let found = self.site.form(&people.form).is_some();
            self.refer(
                "form",
                &people.form,
                found,
                "manifest",
                "/people/form".into(),
            );
            let paths = [
                ("manager", &people.manager),
                ("branch", &people.branch),
                ("department", &people.department),
                ("head", &people.head),
            ];
            for (key, path) in paths {
                if let Some(path) = path {
                    self.walk(&people.form, path, "manifest", format!("/people/{key}"));
                }
            }
            if let Some(substitutes) = &people.substitutes {
                self.substitutes(&people.form, substitutes);
            }
        }
    }

    /// Says when a path of links from `form` meets a field that is not there. Built-in fields end
    /// a path.
    fn walk(&mut self, form: &Ref, path: &crate::Path, file: &str, at: String) {
        const BUILT_IN: &[&str] = &[
            "id",
            "status",
            "version",
            "created_at",
            "created_by",
            "updated_at",
            "updated_by",
            "parent",
        ];
        let mut here = self.site.form(form).cloned();
        for (n, step) in path.0.iter().enumerate() {
            let last = n + 1 == path.0.len();
            let Some(form) = here.take() else { return };
            if last && BUILT_IN.contains(&step.as_str()) {
                return;
            }
            match form.fields.get(step) {
                None => {
                    let say = format!("{} has no field {step}", form.name);
                    return self.bad(file, at, "unknown_field", &[&path.to_string(), step], say);
                }
                Some(field) if !last => match field.as_link() {
                    Some(link) if link.to.table.is_none() => {
                        here = self.site.form(&link.to.form).cloned()
                    }
                    _ => {
                        let say = format!("{step} of {} is no link", form.name);
                        return self.bad(file, at, "not_a_link", &[&path.to_string(), step], say);
                    }
                },
                Some(_) => {}
            }
        }
    }
}

/// Whether `version` satisfies `wanted`: `^1` or `^1.2` (same major, not below), `~1.2` (same
/// minor), or a plain version (exactly it, as far as it is written).
pub fn satisfies(version: &str, wanted: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect()
    };
    let have = numbers(version);
    let part = |list: &[u64], n: usize| list.get(n).copied().unwrap_or(0);
    let at_least = |want: &[u64]| {
        (0..3)
            .map(|n| part(&have, n))
            .ge((0..3).map(|n| part(want, n)))
    };
    if let Some(text) = wanted.strip_prefix('^') {
        let want = numbers(text);
        part(&have, 0) == part(&want, 0) && at_least(&want)
    } else if let Some(text) = wanted.strip_prefix('~') {
        let want = numbers(text);
        part(&have, 0) == part(&want, 0) && part(&have, 1) == part(&want, 1) && at_least(&want)
    } else {
        numbers(wanted)
            .iter()
            .enumerate()
            .all(|(n, want)| part(&have, n) == *want)
    }
}

#[cfg(test)]
mod tests {
    use super::satisfies;

    #[test]
    fn versions() {
        for (version, wanted, good) in [
            ("1.0.0", "^1", true),
            ("1.4.2", "^1.4", true),
            ("1.3.9", "^1.4", false),
            ("2.0.0", "^1", false),
            ("1.4.9", "~1.4", true),
            ("1.5.0", "~1.4", false),
            ("1.0.0", "1.0.0", true),
            ("1.0.1", "1.0.0", false),
        ] {
            assert_eq!(satisfies(version, wanted), good, "{version} for {wanted}");
        }
    }
}
