//! Rows and rights: tests whose values may be expressions.

use super::compile::{Compiler, Wanted};
use crate::{
    access::row_type,
    expr::{Where, paths::type_at, types::Type},
};
use model::{
    Given, Package, Path,
    access::{RowTest, Rows, Tests},
};

impl Compiler<'_> {
    /// Compiles the expressions of `rows` on something of type `of`.
    pub(super) fn rows(&mut self, place: &Where, rows: &Rows, of: &Type, file: &str, at: &str) {
        for (path, test) in rows {
            let kind = type_at(self.world.catalogue, of.clone(), &path.0);
            self.test(place, path, test, kind.as_ref(), file, at);
        }
    }

    fn test(
        &mut self,
        place: &Where,
        path: &Path,
        test: &RowTest,
        kind: Option<&Type>,
        file: &str,
        at: &str,
    ) {
        let at = format!("{at}/{path}");
        match test {
            RowTest::Is(given) => self.tested(place, given, kind, file, &at),
            RowTest::Test(tests) => {
                for (key, given) in singles(tests) {
                    self.tested(place, given, kind, file, &format!("{at}/{key}"));
                }
                for (n, given) in tests.one_of.iter().flatten().enumerate() {
                    self.tested(place, given, kind, file, &format!("{at}/in/{n}"));
                }
            }
        }
    }

    /// A value to test with: of the path's type, or a list of such.
    fn tested(&mut self, place: &Where, given: &Given, kind: Option<&Type>, file: &str, at: &str) {
        let Given::Expr(expr) = given else { return };
        let Some(compiled) = self.expr(place, expr, (file, at), &Wanted::Any) else {
            return;
        };
        if let Some(kind) = kind
            && !compiled.kind.element().fits(kind.element())
        {
            let wanted = Wanted::Kind(kind.element().clone());
            self.expr(place, expr, (file, at), &wanted);
        }
    }

    pub(super) fn grants(&mut self, package: &Package) {
        let file = format!("{}/roles.json", package.name);
        let place = Where::Grant {
            package: package.name.clone(),
        };
        for (name, grant) in &package.roles.grants {
            let at = format!("/grants/{name}/rows");
            let form = grant.form.as_ref().or(grant.register.as_ref());
            if let Some(form) = form {
                self.rows(&place, &grant.rows, &Type::record(form), &file, &at);
            } else if let Some(ledger) = &grant.ledger {
                for (path, test) in &grant.rows {
                    let kind = row_type(self.world.catalogue, ledger, path);
                    self.test(&place, path, test, kind.as_ref(), &file, &at);
                }
            }
        }
    }
}

/// The tests on one value, by their key in the file.
pub(crate) fn singles(tests: &Tests) -> impl Iterator<Item = (&'static str, &Given)> {
    [
        ("above", &tests.above),
        ("below", &tests.below),
        ("at_least", &tests.at_least),
        ("at_most", &tests.at_most),
        ("not", &tests.not),
        ("like", &tests.like),
        ("under", &tests.under),
    ]
    .into_iter()
    .filter_map(|(key, given)| Some((key, given.as_ref()?)))
}
