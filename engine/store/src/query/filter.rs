//! Filters to SQL: the asker's rows and the asked filter, one tree.

use super::builder::{Builder, Place, Step};
use crate::{
    Failure,
    cell::Type,
    search,
    sql::Dialect,
    table::{Codec, Column, FormTable},
};
use model::{Filter, Id, Kind, Name, Path, Target, Test, Value};

/// Most tests in one filter.
const MOST: usize = 200;
/// Deepest nesting of a filter.
const NESTED: usize = 12;
/// Most values of one `in`.
const VALUES: usize = 1_000;

impl Builder<'_> {
    /// Adds the condition under which a row is visible to the asker: the rows of his grant, or
    /// those he takes part in.
    pub(crate) fn visible(&mut self, place: &Place, alias: &str) -> Result<(), Failure> {
        let Some(grant) = self.grant(place)? else {
            self.sql.push("true");
            return Ok(());
        };
        if grant.rows == Filter::everything() {
            self.sql.push("true");
            return Ok(());
        }
        if let Place::Lines(table, _) = place {
            // A line is seen with its record.
            let (form, j) = (Place::Form(table.clone()), self.alias());
            self.sql
                .column(alias, "record")
                .push(" in (select ")
                .column(&j, "id");
            self.sql
                .push(" from ")
                .name(&table.name)
                .push(" ")
                .push(&j)
                .push(" where ");
            self.visible(&form, &j)?;
            self.sql.push(")");
            return Ok(());
        }
        self.sql.push("(");
        self.granted(place, alias)?;
        if let Place::Form(table) = place {
            self.sql
                .push(" or exists (select 1 from participant p where ");
            self.taking_part(table);
            self.sql
                .push(" and p.record = ")
                .column(alias, "id")
                .push(")");
        }
        self.sql.push(")");
        Ok(())
    }
    /// Adds the rows of the asker's grant.
    pub(crate) fn granted(&mut self, place: &Place, alias: &str) -> Result<(), Failure> {
        match self.grant(place)? {
            None => self.sql.push("true"),
            Some(grant) => {
                let rows = &grant.rows;
                self.trusted = true;
                let out = self.filter(place, alias, rows);
                self.trusted = false;
                out?;
                &mut self.sql
            }
        };
        Ok(())
    }
    /// Adds the condition on `participant p` for a form and the asker's principals.
    pub(crate) fn taking_part(&mut self, table: &FormTable) {
        let principals = self.scope.grants().map_or(&[][..], |g| &g.principals);
        self.sql.push("p.principal");
        self.sql.within(
            Type::Text,
            principals.iter().map(|p| p.as_str().into()).collect(),
        );
        self.sql.push(" and p.form = ").bind(&table.form.name);
    }

    /// Adds a filter. Nothing in it can become anything but a column of the metadata, an operator
    /// of ours and a bound value.
    pub(crate) fn filter(
        &mut self,
        place: &Place,
        alias: &str,
        filter: &Filter,
    ) -> Result<(), Failure> {
        let mut tests = 0;
        self.nested(place, alias, filter, 0, &mut tests)
    }

    fn nested(
        &mut self,
        place: &Place,
        alias: &str,
        filter: &Filter,
        depth: usize,
        tests: &mut usize,
    ) -> Result<(), Failure> {
        *tests += 1;
        if depth > NESTED || *tests > MOST {
            return Err(Failure::bad("filter_too_large", "filter"));
        }
        match filter {
            Filter::All(list) => self.joined(place, alias, list, ("and", "true"), depth, tests),
            Filter::Any(list) => self.joined(place, alias, list, ("or", "false"), depth, tests),
            Filter::Not(inner) => {
                self.sql.push("not coalesce((");
                self.nested(place, alias, inner, depth + 1, tests)?;
                self.sql.push("), false)");
                Ok(())
            }
            Filter::Field(path, test) => {
                Self::depth(path)?;
                self.test(place, alias, &path.0, path, test)
            }
            Filter::Text(words) => self.words(place, alias, words),
        }
    }
    fn joined(
        &mut self,
        place: &Place,
        alias: &str,
        list: &[Filter],
        (word, none): (&str, &str),
        depth: usize,
        tests: &mut usize,
    ) -> Result<(), Failure> {
        if list.is_empty() {
            self.sql.push(none);
            return Ok(());
        }
        self.sql.push("(");
        for (n, one) in list.iter().enumerate() {
            if n > 0 {
                self.sql.push(" ").push(word).push(" ");
            }
            self.nested(place, alias, one, depth + 1, tests)?;
        }
        self.sql.push(")");
        Ok(())
    }

    /// Adds a test on the value at a path.
    fn test(
        &mut self,
        place: &Place,
        alias: &str,
        rest: &[Name],
        whole: &Path,
        test: &Test,
    ) -> Result<(), Failure> {
        let step = self.step(place, &rest[0], whole)?;
        // Of rows on which it may not be read the test says no, whatever stands there.
        let partly = !self.rows_of_field(place, &rest[0]).is_empty();
        if partly {
            self.sql.push("(");
            self.on_its_rows(place, alias, &rest[0], true)?;
        }
        self.test_on(place, alias, rest, whole, test, step)?;
        self.sql.push(if partly { ")" } else { "" });
        Ok(())
    }

    fn test_on(
        &mut self,
        place: &Place,
        alias: &str,
        rest: &[Name],
        whole: &Path,
        test: &Test,
        step: Step,
    ) -> Result<(), Failure> {
        if let Test::In(list) = test
            && list.len() > VALUES
        {
            return Err(Failure::bad("filter_too_large", whole));
        }
        if rest.len() == 1 && !matches!(step, Step::Table(_)) {
            if let Test::Under(id) = test {
                return self.under(place, alias, &step, whole, *id);
            }
            let (name, codec) = step
                .leaf()
                .ok_or_else(|| Failure::bad("unknown_field", whole))?;
            let name = name.to_owned();
            return self.leaf(alias, &name, &codec, whole, test);
        }
        // Through a link or into lines, "not" and "empty" mean that no such row is found.
        let (positive, test) = match test {
            Test::Not(v) => (false, &Test::Is(v.clone())),
            Test::Empty(true) => (false, &Test::Empty(false)),
            other => (true, other),
        };
        if !positive {
            self.sql.push("not coalesce(");
        }
        match &step {
            Step::Table(table) => self.some_line(place, alias, table, rest, whole, test)?,
            _ => {
                let (to, column) = step
                    .link(place)
                    .ok_or_else(|| Failure::bad("unknown_field", whole))?;
                let target = self.place_of(&to)?;
                let (table, j) = (self.table_of(&target)?, self.alias());
                self.sql
                    .column(alias, &column)
                    .push(" in (select ")
                    .column(&j, "id");
                self.sql
                    .push(" from ")
                    .name(&table)
                    .push(" ")
                    .push(&j)
                    .push(" where ");
                if self.grant(&target).is_err() {
                    return Err(Failure::bad("unknown_field", whole));
                }
                self.visible(&target, &j)?;
                self.sql.push(" and ");
                self.test(&target, &j, &rest[1..], whole, test)?;
                self.sql.push(")");
            }
        }
        if !positive {
            self.sql.push(", false)");
        }
        Ok(())
    }

    /// Adds the condition that some line of the record passes.
    fn some_line(
        &mut self,
        place: &Place,
        alias: &str,
        table: &Name,
        rest: &[Name],
        whole: &Path,
        test: &Test,
    ) -> Result<(), Failure> {
        let Place::Form(form) = place else {
            return Err(Failure::bad("unknown_field", whole));
        };
        let lines = Place::Lines(form.clone(), table.clone());
        let (name, j) = (self.table_of(&lines)?, self.alias());
        self.sql
            .column(alias, "id")
            .push(" in (select ")
            .column(&j, "record");
        self.sql
            .push(" from ")
            .name(&name)
            .push(" ")
            .push(&j)
            .push(" where ");
        match (rest.len(), test) {
            (1, Test::Empty(false)) => {
                self.sql.push("true");
            }
            (1, _) => return Err(Failure::bad("bad_operator", whole)),
            _ => self.test(&lines, &j, &rest[1..], whole, test)?,
        }
        self.sql.push(")");
        Ok(())
    }

    /// Adds the condition that a link points to a record of a tree or to one below it.
    fn under(
        &mut self,
        place: &Place,
        alias: &str,
        step: &Step,
        whole: &Path,
        id: Id,
    ) -> Result<(), Failure> {
        let (to, column) = match (step, place) {
            (Step::System("id", _), Place::Form(t)) => (
                Target {
                    form: t.form.name.clone(),
                    table: None,
                },
                "id".to_owned(),
            ),
            _ => step
                .link(place)
                .ok_or_else(|| Failure::bad("bad_operator", whole))?,
        };
        let tree = self.tables.form(&to.form)?.clone();
        if !tree.tree() || to.table.is_some() {
            return Err(Failure::bad("bad_operator", whole));
        }
        // From a record that the asker sees, over such as he sees.
        let place = Place::Form(tree.clone());
        self.sql.column(alias, &column);
        self.sql
            .push(" in (with recursive down(id) as (select u.\"id\" from ")
            .name(&tree.name);
        self.sql.push(" u where u.\"id\" = ").bind(id);
        self.sql.push(" and ");
        self.visible(&place, "u")?;
        self.sql
            .push(" union select d.\"id\" from ")
            .name(&tree.name);
        self.sql
            .push(" d join down on d.\"parent\" = down.id where ");
        self.visible(&place, "d")?;
        self.sql.push(") select id from down)");
        Ok(())
    }

    /// Adds the condition that words occur in what a record is found by.
    fn words(&mut self, place: &Place, alias: &str, words: &str) -> Result<(), Failure> {
        let Place::Form(table) = place else {
            return Err(Failure::bad("bad_operator", "text"));
        };
        if !self.reads_all_text(place, table)? {
            return self.words_in_columns(place, alias, table, words);
        }
        let asked = match self.sql.dialect {
            Dialect::Sqlite => search::matches(words),
            Dialect::Postgres => search::query(words),
        };
        let Some(asked) = asked else {
            self.sql.push("true");
            return Ok(());
        };
        match self.sql.dialect {
            Dialect::Sqlite => {
                self.sql.column(alias, "_n").push(" in (select rowid from ");
                self.sql
                    .name(&table.words)
                    .push(" where ")
                    .name(&table.words);
                self.sql.push(" match ").bind(asked).push(")");
            }
            Dialect::Postgres => {
                self.sql.column(alias, "id");
                self.sql
                    .push(" in (select s.record from search s where s.words @@ ");
                self.sql.bind(asked).push("::text::tsquery)");
            }
        }
        Ok(())
    }
    /// Whether the asker reads everything that goes into a record's words: every field with text
    /// that has no seal (what is sealed is never among the words), and every record that such a
    /// link may point to.
    fn reads_all_text(&self, place: &Place, table: &FormTable) -> Result<bool, Failure> {
        let Some(grant) = self.grant(place)? else {
            return Ok(true);
        };
        let reads = |path: &Path| {
            let table = grant.look(&Path::one(path.head()));
            grant.look(path).min(table) >= model::Look::Read
        };
        let sees_all = |f: &model::Field| {
            let Kind::Link(link) = &f.kind else {
                return true;
            };
            let to = self.place_of(&link.to).and_then(|to| self.grant(&to));
            to.is_ok_and(|g| g.is_none_or(|g| g.rows == Filter::everything()))
        };
        let texts = |f: &model::Field| {
            f.sealed.is_none()
                && matches!(
                    f.kind,
                    Kind::Text(_)
                        | Kind::Rich(_)
                        | Kind::Choice(_)
                        | Kind::Choices(_)
                        | Kind::Link(_)
                        | Kind::Sequence(_)
                )
        };
        let header = table.form.fields.iter().map(|(n, f)| (Path::one(n), f));
        let lines = table.form.tables().flat_map(|(t, l)| {
            l.fields
                .iter()
                .map(move |(n, f)| (Path(vec![t.clone(), n.clone()]), f))
        });
        Ok(header
            .chain(lines)
            .filter(|(_, f)| texts(f))
            .all(|(path, f)| reads(&path) && sees_all(f)))
    }
    /// The search of somebody from whom text is hidden: each word must occur in a text of the
    /// header that he reads, or in the title of a record that it links to and he sees.
    fn words_in_columns(
        &mut self,
        place: &Place,
        alias: &str,
        table: &FormTable,
        words: &str,
    ) -> Result<(), Failure> {
        let readable: Vec<Column> = table
            .columns
            .values()
            .filter(|c| c.codec == Codec::Text || c.link().is_some_and(|to| to.table.is_none()))
            .filter(|c| self.step(place, &c.name, &Path::one(&c.name)).is_ok())
            // Nobody finds by what is sealed.
            .filter(|c| table.form.fields[&c.name].sealed.is_none())
            .cloned()
            .collect();
        self.sql.push("(true");
        for word in words.split_whitespace().take(8) {
            self.sql.push(" and (false");
            for column in &readable {
                self.sql.push(" or (");
                self.on_its_rows(place, alias, &column.name, true)?;
                match column.link() {
                    None => self.like(alias, &column.name, word),
                    Some(to) => self.titled(alias, &column.name, to, word)?,
                }
                self.sql.push(")");
            }
            self.sql.push(")");
        }
        self.sql.push(")");
        Ok(())
    }
    /// Adds the condition that a link points to a record that the asker sees and whose title
    /// contains a word.
    fn titled(
        &mut self,
        alias: &str,
        column: &str,
        to: &Target,
        word: &str,
    ) -> Result<(), Failure> {
        let target = self.place_of(to)?;
        if self.grant(&target).is_err() {
            self.sql.push("false");
            return Ok(());
        }
        let (table, j) = (self.table_of(&target)?, self.alias());
        self.sql.column(alias, column).push(" in (select ");
        self.sql.column(&j, "id").push(" from ").name(&table);
        self.sql.push(" ").push(&j).push(" where ");
        self.like(&j, "_title", word);
        self.sql.push(" and ");
        self.visible(&target, &j)?;
        self.sql.push(")");
        Ok(())
    }
    /// Adds the condition that a text contains another, without regard to (ASCII) case.
    pub(crate) fn like(&mut self, alias: &str, column: &str, text: &str) {
        let mut pattern = String::from("%");
        for c in text.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        let word = match self.sql.dialect {
            Dialect::Sqlite => " like ",
            Dialect::Postgres => " ilike ",
        };
        self.sql.column(alias, column).push(word).bind(pattern);
        self.sql.push(" escape '\\'");
    }
    /// Whether a value is no more than this many characters, so that nobody sends a book.
    pub(crate) fn short(value: &Value) -> bool {
        match value {
            Value::Text(t) => t.len() <= 4_000 && !t.contains('\0'),
            _ => true,
        }
    }
}
