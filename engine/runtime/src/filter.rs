//! Filters as somebody asks them: the `rows` of packages with plain values (`{"total":
//! {"at_least": "100"}}`), read against the fields they name, as far as the asker reads them.

use crate::{Error, desk::Desk, site::Definitions};
use chrono::{Days, NaiveDate};
use model::{
    Decimal, Field, Filter, Form, FormKind, Id, Kind, Ledger, Look, Name, Path, Ref, Status,
    Target, Test, Value, day,
    value::{Month, Named},
};
use serde_json::{Map, Value as Json};

/// Whose fields a path begins at.
#[derive(Clone, Copy)]
pub(crate) enum Of<'a> {
    Form(&'a Form),
    /// A ledger's dimensions; of its entries also attributes, measures and the day.
    Ledger(&'a Ledger, Entries),
}

/// Whether entries are filtered, or balances.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Entries {
    Yes,
    No,
}

/// Who asks: a field that he does not read is as one that is not there.
#[derive(Clone, Copy)]
pub(crate) struct Asks<'a> {
    pub definitions: &'a Definitions,
    /// Whether he reads a field of a form or ledger on any row.
    pub reads: &'a dyn Fn(&Ref, &Path) -> bool,
}

impl Desk<'_> {
    /// A filter on records of a form, by what the caller sees of it.
    pub(crate) fn form_filter(
        &self,
        form: &Ref,
        json: &Map<String, Json>,
    ) -> Result<Filter, Error> {
        let asks = Asks {
            definitions: &self.definitions,
            reads: &|of, path| self.rights(of).at(path) >= Look::Read,
        };
        parse(&asks, Of::Form(self.definitions.form(form)?), json)
    }
}

/// A filter: every line must hold.
pub(crate) fn parse(asks: &Asks, of: Of, json: &Map<String, Json>) -> Result<Filter, Error> {
    let mut all = vec![];
    for (text, test) in json {
        let unknown = || problem("unknown_field", text, text);
        let path: Path = text.parse().map_err(|_| unknown())?;
        let leaf = leaf(asks, of, &path).ok_or_else(unknown)?;
        let line = Line {
            definitions: asks.definitions,
            path,
            leaf,
        };
        all.push(line.filter(test)?);
    }
    Ok(Filter::All(all))
}

fn problem(code: &str, at: &str, with: &str) -> Error {
    Error::BadRequest {
        code: code.into(),
        at: at.into(),
        with: vec![with.into()],
    }
}

/// What stands at the end of a path.
#[derive(Clone)]
enum Leaf {
    Field(Box<Field>),
    /// The lines of a table: some, or none.
    Table,
    /// A record of a form, or a line of a table.
    Record(Target),
    User,
    Status,
    Number,
    Date,
    Moment,
    Text,
}

fn leaf(asks: &Asks, of: Of, path: &Path) -> Option<Leaf> {
    match of {
        Of::Form(form) => in_form(asks, form, &path.0),
        Of::Ledger(ledger, entries) => {
            let (head, tail) = (path.head(), path.tail());
            let hidden = || !(asks.reads)(&ledger.name, &Path::one(head));
            if let Some(field) = ledger.dimensions.get(head) {
                return in_field(asks, field, tail).filter(|_| !hidden());
            }
            if entries == Entries::No {
                return None;
            }
            if let Some(field) = ledger.attributes.get(head) {
                return in_field(asks, field, tail).filter(|_| !hidden());
            }
            if !tail.is_empty() {
                return None;
            }
            match head.as_str() {
                _ if ledger.measures.get(head).is_some_and(|m| m.stored()) => {
                    Some(Leaf::Number).filter(|_| !hidden())
                }
                "date" => Some(Leaf::Date),
                "rule" => Some(Leaf::Text),
                _ => None,
            }
        }
    }
}

fn in_form(asks: &Asks, form: &Form, path: &[Name]) -> Option<Leaf> {
    let (head, tail) = path.split_first()?;
    if let Some(field) = form.fields.get(head) {
        if !(asks.reads)(&form.name, &Path::one(head)) {
            return None;
        }
        return match (field.as_lines(), tail) {
            (None, _) => in_field(asks, field, tail),
            (Some(_), []) => Some(Leaf::Table),
            (Some(_), [column, rest @ ..]) => in_table(asks, form, head, column, rest),
        };
    }
    let own = || Target {
        form: form.name.clone(),
        table: None,
    };
    match (head.as_str(), tail) {
        ("id", []) => Some(Leaf::Record(own())),
        ("parent", []) if form.kind == FormKind::Tree => Some(Leaf::Record(own())),
        ("parent", rest) if form.kind == FormKind::Tree => in_form(asks, form, rest),
        ("status", []) => Some(Leaf::Status),
        ("version", []) => Some(Leaf::Number),
        ("created_at" | "updated_at", []) => Some(Leaf::Moment),
        ("created_by" | "updated_by", []) => Some(Leaf::User),
        _ => None,
    }
}

fn in_table(asks: &Asks, form: &Form, table: &Name, column: &Name, rest: &[Name]) -> Option<Leaf> {
    let lines = form.fields.get(table)?.as_lines()?;
    let field = lines.fields.get(column)?;
    let path = Path(vec![table.clone(), column.clone()]);
    in_field(asks, field, rest).filter(|_| (asks.reads)(&form.name, &path))
}

/// A field, or what lies behind the link that it is.
fn in_field(asks: &Asks, field: &Field, rest: &[Name]) -> Option<Leaf> {
    if field.live.is_some() {
        return None;
    }
    let Some((column, behind)) = rest.split_first() else {
        return Some(match field.as_link() {
            Some(link) => Leaf::Record(link.to.clone()),
            None => Leaf::Field(Box::new(field.clone())),
        });
    };
    let to = &field.as_link()?.to;
    let form = asks.definitions.catalogue.form(&to.form)?;
    match &to.table {
        None => in_form(asks, form, rest),
        Some(table) => in_table(asks, form, table, column, behind),
    }
}

/// A value to test with.
enum Meant {
    Value(Value),
    /// A record named by its key.
    Key(String),
    /// A whole day where the path holds moments.
    Day(NaiveDate),
}

struct Line<'a> {
    definitions: &'a Definitions,
    path: Path,
    leaf: Leaf,
}

impl Line<'_> {
    fn unfit(&self) -> Error {
        let path = self.path.to_string();
        problem("unfit_value", &path, &path)
    }
    fn operator(&self, key: &str) -> Error {
        problem("unknown_operator", &self.path.to_string(), key)
    }
    fn on(&self, test: Test) -> Filter {
        Filter::Field(self.path.clone(), test)
    }

    fn filter(&self, json: &Json) -> Result<Filter, Error> {
        match json {
            Json::Null => Ok(self.on(Test::Empty(true))),
            Json::Array(list) => self.one_of(list),
            // A record may be named by `{"id": …}` or `{"key": …}` where no test is called so.
            Json::Object(tests) if !self.names_record(tests) => {
                let all = tests.iter().map(|(key, value)| self.test(key, value));
                Ok(Filter::All(all.collect::<Result<_, _>>()?))
            }
            value => self.is(value),
        }
    }
    fn names_record(&self, tests: &Map<String, Json>) -> bool {
        matches!(self.leaf, Leaf::Record(_) | Leaf::User)
            && (tests.contains_key("id") || tests.contains_key("key"))
    }

    fn is(&self, json: &Json) -> Result<Filter, Error> {
        Ok(match self.value(json)? {
            Meant::Value(Value::Bool(false)) => Filter::Any(vec![
                self.on(Test::Is(Value::Bool(false))),
                self.on(Test::Empty(true)),
            ]),
            Meant::Value(value) => self.on(Test::Is(value)),
            Meant::Key(key) => self.keyed(key)?,
            Meant::Day(day) => Filter::All(vec![self.since(day)?, self.before(next(day, self)?)?]),
        })
    }

    fn one_of(&self, list: &[Json]) -> Result<Filter, Error> {
        let (mut values, mut any) = (vec![], vec![]);
        for json in list {
            match self.value(json)? {
                Meant::Value(value) if !matches!(value, Value::Bool(_)) => values.push(value),
                _ => any.push(self.is(json)?),
            }
        }
        if !values.is_empty() {
            any.push(self.on(Test::In(values)));
        }
        Ok(match any.len() {
            1 => any.remove(0),
            _ => Filter::Any(any),
        })
    }

    fn test(&self, key: &str, json: &Json) -> Result<Filter, Error> {
        let ordered = |make: fn(Value) -> Test| match self.value(json)? {
            Meant::Value(value) if self.is_ordered() => Ok(self.on(make(value))),
            _ => Err(self.operator(key)),
        };
        let day = |json: &Json| match (&self.leaf, self.value(json)) {
            (Leaf::Moment, Ok(Meant::Day(day))) => Some(day),
            (Leaf::Field(_), Ok(Meant::Day(day))) => Some(day),
            _ => None,
        };
        match (key, day(json)) {
            ("above", Some(day)) => self.since(next(day, self)?),
            ("at_least", Some(day)) => self.since(day),
            ("below", Some(day)) => self.before(day),
            ("at_most", Some(day)) => self.before(next(day, self)?),
            ("above", None) => ordered(Test::Above),
            ("at_least", None) => ordered(Test::AtLeast),
            ("below", None) => ordered(Test::Below),
            ("at_most", None) => ordered(Test::AtMost),
            ("not", _) => self.not(json),
            ("like", _) if self.is_text() => {
                let text = json.as_str().ok_or_else(|| self.unfit())?;
                Ok(self.on(Test::Like(text.into())))
            }
            ("in", _) => self.one_of(json.as_array().ok_or_else(|| self.unfit())?),
            ("under", _) => self.under(json),
            ("empty", _) => {
                let empty = json.as_bool().ok_or_else(|| self.unfit())?;
                Ok(self.on(Test::Empty(empty)))
            }
            _ => Err(self.operator(key)),
        }
    }

    fn not(&self, json: &Json) -> Result<Filter, Error> {
        let each = match json {
            Json::Null => return Ok(self.on(Test::Empty(false))),
            Json::Array(list) => &list[..],
            one => std::slice::from_ref(one),
        };
        let not = |json: &Json| {
            Ok(match self.value(json)? {
                Meant::Value(value) => self.on(Test::Not(value)),
                _ => Filter::Not(Box::new(self.is(json)?)),
            })
        };
        Ok(Filter::All(
            each.iter().map(not).collect::<Result<_, Error>>()?,
        ))
    }

    fn under(&self, json: &Json) -> Result<Filter, Error> {
        let Leaf::Record(to) = &self.leaf else {
            return Err(self.operator("under"));
        };
        let tree = self.definitions.catalogue.form(&to.form);
        if to.table.is_some() || tree.is_none_or(|f| f.kind != FormKind::Tree) {
            return Err(self.operator("under"));
        }
        let list = match json {
            Json::Array(list) => &list[..],
            one => std::slice::from_ref(one),
        };
        let mut any = vec![];
        for json in list {
            match self.value(json)? {
                Meant::Value(Value::Link(id)) => any.push(self.on(Test::Under(id))),
                _ => return Err(self.unfit()),
            }
        }
        Ok(Filter::Any(any))
    }

    /// A test on the key of what is linked to.
    fn keyed(&self, key: String) -> Result<Filter, Error> {
        let Leaf::Record(Target { form, table: None }) = &self.leaf else {
            return Err(self.unfit());
        };
        let name = self.key_of(form).ok_or_else(|| self.unfit())?;
        let mut path = self.path.clone();
        // The record itself, not something that links to it.
        if path.0.last().is_some_and(|n| n.as_str() == "id") {
            path.0.pop();
        }
        path.0.push(name);
        Ok(Filter::Field(path, Test::Is(Value::Text(key.into()))))
    }
    fn key_of(&self, form: &Ref) -> Option<Name> {
        self.definitions.catalogue.form(form)?.key.clone()
    }

    fn since(&self, day: NaiveDate) -> Result<Filter, Error> {
        Ok(self.on(Test::AtLeast(Value::Moment(
            self.definitions.catalogue.zone.start_of(day),
        ))))
    }
    fn before(&self, day: NaiveDate) -> Result<Filter, Error> {
        Ok(self.on(Test::Below(Value::Moment(
            self.definitions.catalogue.zone.start_of(day),
        ))))
    }

    fn is_ordered(&self) -> bool {
        match &self.leaf {
            Leaf::Number | Leaf::Date | Leaf::Moment | Leaf::Text => true,
            Leaf::Field(field) => !matches!(
                field.kind,
                Kind::Switch(_)
                    | Kind::Choice(_)
                    | Kind::Choices(_)
                    | Kind::Attachment(_)
                    | Kind::Image(_)
            ),
            _ => false,
        }
    }
    fn is_text(&self) -> bool {
        match &self.leaf {
            Leaf::Text => true,
            Leaf::Field(field) => {
                matches!(
                    field.kind,
                    Kind::Text(_) | Kind::Rich(_) | Kind::Sequence(_)
                )
            }
            _ => false,
        }
    }

    /// A value as the path holds it.
    fn value(&self, json: &Json) -> Result<Meant, Error> {
        let unfit = || self.unfit();
        let text = || json.as_str().filter(|t| !t.is_empty()).ok_or_else(unfit);
        let number = || {
            let digits = match json {
                Json::Number(n) => n.to_string(),
                Json::String(s) => s.trim().replace(',', ""),
                _ => return Err(unfit()),
            };
            digits
                .parse::<Decimal>()
                .map(Value::Number)
                .map_err(|_| unfit())
        };
        let date = || day::of_text(text()?).ok_or_else(unfit);
        let moment = || {
            let text = text()?;
            if let Some(day) = day::of_text(text) {
                return Ok(Meant::Day(day));
            }
            let at = day::moment_of_text(text).ok_or_else(unfit)?;
            Ok(Meant::Value(Value::Moment(at)))
        };
        Ok(Meant::Value(match &self.leaf {
            Leaf::Table => return Err(unfit()),
            Leaf::Record(_) => match Named::of_json(json).map_err(|_| unfit())? {
                Some(Named::Id(id)) => Value::Link(id),
                Some(Named::Key(key)) => return Ok(Meant::Key(key)),
                None => return Err(unfit()),
            },
            Leaf::User => Value::Link(user(json).ok_or_else(unfit)?),
            Leaf::Status => {
                let status: Status = text()?.parse().map_err(|()| unfit())?;
                Value::Text(status.as_str().into())
            }
            Leaf::Number => number()?,
            Leaf::Date => Value::Date(date()?),
            Leaf::Moment => return moment(),
            Leaf::Text => Value::Text(text()?.into()),
            Leaf::Field(field) => match &field.kind {
                Kind::Text(_) | Kind::Rich(_) | Kind::Sequence(_) => Value::Text(text()?.into()),
                Kind::Number(_) | Kind::Money(_) | Kind::Quantity(_) => number()?,
                Kind::Date(_) => Value::Date(date()?),
                Kind::Month(_) => Value::Month(text()?.parse::<Month>().map_err(|()| unfit())?),
                Kind::Moment(_) => return moment(),
                Kind::Switch(_) => Value::Bool(json.as_bool().ok_or_else(unfit)?),
                Kind::Choice(k) => {
                    let option = text()?;
                    if !k.options.contains_key(option) {
                        return Err(unfit());
                    }
                    Value::Text(option.into())
                }
                Kind::Choices(k) => {
                    let option = text()?;
                    if !k.options.contains_key(option) {
                        return Err(unfit());
                    }
                    Value::Text(option.into())
                }
                Kind::Link(_) | Kind::Lines(_) | Kind::Attachment(_) | Kind::Image(_) => {
                    return Err(unfit());
                }
            },
        }))
    }
}

fn next(day: NaiveDate, line: &Line) -> Result<NaiveDate, Error> {
    day.checked_add_days(Days::new(1))
        .ok_or_else(|| line.unfit())
}

/// A user, by id.
fn user(json: &Json) -> Option<Id> {
    let text = match json {
        Json::Object(o) => o.get("id")?.as_str()?,
        other => other.as_str()?,
    };
    text.parse().ok()
}
