//! `rows` with their values worked out.

use crate::{
    Fault, Rules,
    expr::{Val, Where, constant, eval::Eval, paths::type_at, types::Type},
    rules::singles,
};
use model::{
    Catalogue, Filter, Given, Path, Ref, Test, Value,
    access::{RowTest, Rows, Tests},
};

/// What a test does whose value is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blank {
    /// It lets everything through: of what somebody fills in.
    Drops,
    /// It lets nothing through: of a right.
    Nothing,
}

/// What a path of rows leads to.
pub(crate) fn row_type(catalogue: &Catalogue, of: &Ref, path: &Path) -> Option<Type> {
    if catalogue.form(of).is_some() {
        return type_at(catalogue, Type::record(of), &path.0);
    }
    let ledger = catalogue.ledger(of)?;
    let found = ledger.dimensions.get_key_value(path.head());
    let (name, field) = found.or_else(|| ledger.attributes.get_key_value(path.head()))?;
    match Type::of(of, name, field) {
        kind if path.tail().is_empty() => Some(kind),
        kind => type_at(catalogue, kind, path.tail()),
    }
}

/// The filter that `rows` on records of a form (or entries of a ledger) make; nothing while a
/// fact is missing.
pub(crate) fn rows(
    rules: &Rules,
    place: &Where,
    rows: &Rows,
    of: &Ref,
    eval: &Eval,
    blank: Blank,
) -> Result<Option<Filter>, Fault> {
    let maker = Maker {
        rules,
        place,
        eval,
        blank,
    };
    let mut all = vec![];
    let mut pending = false;
    for (path, test) in rows {
        let kind = row_type(rules.catalogue(), of, path).unwrap_or(Type::Any);
        match maker.line(path, test, &kind)? {
            Some(filters) => all.extend(filters),
            None => pending = true,
        }
    }
    Ok((!pending).then_some(Filter::All(all)))
}

struct Maker<'a> {
    rules: &'a Rules,
    place: &'a Where,
    eval: &'a Eval<'a>,
    blank: Blank,
}

impl Maker<'_> {
    fn line(&self, path: &Path, test: &RowTest, kind: &Type) -> Result<Option<Vec<Filter>>, Fault> {
        let tests = match test {
            RowTest::Is(given) => {
                let filter = self.value(given, kind)?.map(|value| self.is(path, value));
                return Ok(filter.map(|f| vec![f]));
            }
            RowTest::Test(tests) => tests,
        };
        let mut out = vec![];
        for (key, given) in singles(tests) {
            match self.value(given, kind)? {
                None => return Ok(None),
                Some(value) => out.push(self.single(path, key, value)),
            }
        }
        match self.one_of(path, tests, kind)? {
            None => return Ok(None),
            Some(more) => out.extend(more),
        }
        let empty = tests
            .empty
            .map(|e| Filter::Field(path.clone(), Test::Empty(e)));
        out.extend(empty);
        Ok(Some(out))
    }

    fn one_of(
        &self,
        path: &Path,
        tests: &Tests,
        kind: &Type,
    ) -> Result<Option<Vec<Filter>>, Fault> {
        let Some(list) = &tests.one_of else {
            return Ok(Some(vec![]));
        };
        let mut items = vec![];
        for given in list {
            match self.value(given, kind)? {
                None => return Ok(None),
                Some(Val::List(more)) => items.extend(more),
                Some(value) => items.push(value),
            }
        }
        Ok(Some(vec![self.is(path, Val::List(items))]))
    }

    /// The value to test with; nothing while a fact is missing.
    fn value(&self, given: &Given, kind: &Type) -> Result<Option<Val>, Fault> {
        let value = match given {
            Given::Expr(expr) => self.eval.run(&*self.rules.compiled(self.place, expr)?)?,
            Given::List(items) => {
                let mut out = vec![];
                for item in items {
                    match self.value(item, kind)? {
                        None => return Ok(None),
                        Some(value) => out.push(value),
                    }
                }
                Val::List(out)
            }
            written => self.read(constant(written), kind),
        };
        Ok((value != Val::Pending).then_some(value))
    }

    /// A text as written, read as what the path holds.
    fn read(&self, value: Val, kind: &Type) -> Val {
        let Val::Text(text) = &value else {
            return value;
        };
        let read = match kind.element() {
            Type::Link(to) => return self.eval.named(to, text),
            Type::User => text.parse().ok().map(Val::User),
            Type::Number => text.parse().ok().map(Val::Number),
            Type::Date => text.parse().ok().map(Val::Date),
            Type::Month => text.parse().ok().map(Val::Month),
            Type::Moment => text.parse().ok().map(Val::Moment),
            _ => None,
        };
        read.unwrap_or(value)
    }

    fn blank(&self) -> Filter {
        match self.blank {
            Blank::Drops => Filter::everything(),
            Blank::Nothing => Filter::nothing(),
        }
    }

    /// The value itself, or one of a list.
    fn is(&self, path: &Path, value: Val) -> Filter {
        let test = match value {
            Val::Empty => return self.blank(),
            Val::List(items) => {
                let values: Vec<Value> = items.into_iter().filter_map(Val::plain).collect();
                if values.is_empty() {
                    return self.blank();
                }
                Test::In(values)
            }
            // A switch that is empty is no.
            Val::Bool(false) => {
                return Filter::Any(vec![
                    Filter::Field(path.clone(), Test::Is(Value::Bool(false))),
                    Filter::Field(path.clone(), Test::Empty(true)),
                ]);
            }
            value => match value.plain() {
                Some(value) => Test::Is(value),
                None => return Filter::nothing(),
            },
        };
        Filter::Field(path.clone(), test)
    }

    fn single(&self, path: &Path, key: &str, value: Val) -> Filter {
        if value == Val::Empty {
            return self.blank();
        }
        if let (Val::List(items), "not" | "under") = (&value, key) {
            let each = items
                .iter()
                .map(|item| self.single(path, key, item.clone()));
            let each = each.collect();
            return if key == "not" {
                Filter::All(each)
            } else {
                Filter::Any(each)
            };
        }
        let Some(value) = value.plain() else {
            return Filter::nothing();
        };
        let test = match (key, value) {
            ("above", value) => Test::Above(value),
            ("below", value) => Test::Below(value),
            ("at_least", value) => Test::AtLeast(value),
            ("at_most", value) => Test::AtMost(value),
            ("not", value) => Test::Not(value),
            ("like", Value::Text(text)) => Test::Like(text.to_string()),
            ("under", Value::Link(id)) => Test::Under(id),
            _ => return Filter::nothing(),
        };
        Filter::Field(path.clone(), test)
    }
}
