//! Names to columns: what a path means at a place, and whether the asker may use it.

use crate::{
    Failure, Scope, Tables,
    cell::Type,
    scope::Grant,
    sql::{Dialect, Sql},
    table::{Codec, Column, FormTable, LedgerTable, LineTable},
};
use model::{Filter, Look, Name, Path, Ref, Target};
use std::sync::Arc;

/// Most link steps of one path.
const DEEPEST: usize = 5;

/// What a path starts from.
#[derive(Clone)]
pub(crate) enum Place {
    Form(Arc<FormTable>),
    /// The lines of a table of a form.
    Lines(Arc<FormTable>, Name),
    /// The entries of a ledger (with their own columns), or its balances.
    Ledger(Arc<LedgerTable>, bool),
}

/// What a name means at a place.
pub(crate) enum Step {
    /// A column every row has.
    System(&'static str, Type),
    Column(Column),
    /// A child table.
    Table(Name),
}

impl Step {
    /// What the step links to, and the name of its column.
    pub(crate) fn link(&self, place: &Place) -> Option<(Target, String)> {
        let whole = |form: &Ref| Target {
            form: form.clone(),
            table: None,
        };
        match (self, place) {
            (Self::Column(c), _) => Some((c.link()?.clone(), c.name.to_string())),
            (Self::System("parent", _), Place::Form(t)) => {
                Some((whole(&t.form.name), "parent".into()))
            }
            (Self::System("record", _), Place::Lines(t, _)) => {
                Some((whole(&t.form.name), "record".into()))
            }
            _ => None,
        }
    }
    /// The column and how it is coded, for a test or a sort.
    pub(crate) fn leaf(&self) -> Option<(&str, Codec)> {
        match self {
            Self::Column(c) => Some((&c.name, c.codec.clone())),
            Self::System(name, kind) => Some((
                name,
                match kind {
                    Type::Int => Codec::Count,
                    Type::Moment => Codec::Moment,
                    Type::Date => Codec::Date,
                    Type::Id => Codec::Link(Target {
                        form: Ref {
                            package: Name::known("engine"),
                            name: Name::known("id"),
                        },
                        table: None,
                    }),
                    _ => Codec::Text,
                },
            )),
            Self::Table(_) => None,
        }
    }
}

/// Puts one statement together for somebody.
pub(crate) struct Builder<'a> {
    pub tables: &'a Tables,
    pub scope: &'a Scope,
    pub sql: Sql,
    aliases: usize,
    /// Set while a grant's own rows are written: they may test anything.
    pub trusted: bool,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(tables: &'a Tables, scope: &'a Scope, dialect: Dialect) -> Self {
        Self {
            tables,
            scope,
            sql: Sql::new(dialect),
            aliases: 0,
            trusted: false,
        }
    }
    /// A fresh alias.
    pub(crate) fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("j{}", self.aliases)
    }
    /// The grant of the asker at a place; `None` for the engine.
    pub(crate) fn grant(&self, place: &Place) -> Result<Option<&'a Grant>, Failure> {
        let Some(grants) = self.scope.grants().filter(|_| !self.trusted) else {
            return Ok(None);
        };
        let (found, name) = match place {
            Place::Form(t) | Place::Lines(t, _) => (grants.forms.get(&t.form.name), &t.form.name),
            Place::Ledger(t, _) => (grants.ledgers.get(&t.ledger.name), &t.ledger.name),
        };
        found
            .map(Some)
            .ok_or_else(|| Failure::bad("unknown_form", name))
    }
    /// Where a link leads.
    pub(crate) fn place_of(&self, to: &Target) -> Result<Place, Failure> {
        let table = self.tables.form(&to.form)?.clone();
        Ok(match &to.table {
            None => Place::Form(table),
            Some(name) => Place::Lines(table, name.clone()),
        })
    }
    /// The rows on which alone the asker may use a field: their conditions, all of which must hold
    /// of the record. None where he may use it on every row, or on no row.
    pub(crate) fn rows_of_field(&self, place: &Place, name: &Name) -> Vec<&'a Filter> {
        let Ok(Some(grant)) = self.grant(place) else {
            return vec![];
        };
        let open = |path: Path| grant.open.get(&path);
        match place {
            Place::Lines(_, table) => {
                let column = open(Path(vec![table.clone(), name.clone()]));
                open(Path::one(table)).into_iter().chain(column).collect()
            }
            Place::Form(_) => open(Path::one(name)).into_iter().collect(),
            Place::Ledger(..) => vec![],
        }
    }
    /// Adds the condition that the asker may use a field on this row; says whether there is one.
    /// With `and` it is followed by that word.
    pub(crate) fn on_its_rows(
        &mut self,
        place: &Place,
        alias: &str,
        name: &Name,
        and: bool,
    ) -> Result<bool, Failure> {
        let rows = self.rows_of_field(place, name);
        if rows.is_empty() {
            return Ok(false);
        }
        self.record_passes(place, alias, &rows)?;
        if and {
            self.sql.push(" and ");
        }
        Ok(true)
    }
    /// Adds the condition that the record, or the record of the line, passes rows of grants.
    pub(crate) fn record_passes(
        &mut self,
        place: &Place,
        alias: &str,
        rows: &[&Filter],
    ) -> Result<(), Failure> {
        let (form, at, close) = match place {
            Place::Lines(table, _) => {
                let j = self.alias();
                self.sql.column(alias, "record");
                self.sql.push(" in (select ").column(&j, "id");
                self.sql.push(" from ").name(&table.name);
                self.sql.push(" ").push(&j).push(" where ");
                (Place::Form(table.clone()), j, ")")
            }
            place => (place.clone(), alias.to_owned(), ""),
        };
        self.sql.push("(");
        for (n, filter) in rows.iter().enumerate() {
            self.sql.push(if n > 0 { " and " } else { "" });
            let trusted = std::mem::replace(&mut self.trusted, true);
            let out = self.filter(&form, &at, filter);
            self.trusted = trusted;
            out?;
        }
        self.sql.push(")").push(close);
        Ok(())
    }
    /// Whether the asker may use a field at a place, on some rows at least: read it, filter and
    /// sort by it.
    fn readable(&self, place: &Place, name: &Name) -> Result<bool, Failure> {
        let Ok(grant) = self.grant(place) else {
            return Ok(false);
        };
        let Some(grant) = grant else { return Ok(true) };
        Ok(match place {
            Place::Lines(_, table) => {
                let path = Path(vec![table.clone(), name.clone()]);
                reads(grant, &Path::one(table)) && reads(grant, &path)
            }
            Place::Form(t) if t.lines.contains_key(name) => table_readable(t, grant, name),
            Place::Form(_) => reads(grant, &Path::one(name)),
            Place::Ledger(..) => grant.look(&Path::one(name)) >= Look::Read,
        })
    }
    /// What a name means at a place. `whole` is the path it stands in, for the error.
    pub(crate) fn step(&self, place: &Place, name: &Name, whole: &Path) -> Result<Step, Failure> {
        let unknown = || Failure::bad("unknown_field", whole);
        if let Some(step) = system(place, name) {
            return match self.grant(place) {
                Ok(_) => Ok(step),
                Err(_) => Err(unknown()),
            };
        }
        let step = match place {
            Place::Form(t) => match t.columns.get(name) {
                Some(c) => Step::Column(c.clone()),
                None if t.lines.contains_key(name) => Step::Table(name.clone()),
                None => return Err(unknown()),
            },
            Place::Lines(t, table) => {
                let lines: &LineTable = t.lines.get(table).ok_or_else(unknown)?;
                Step::Column(lines.columns.get(name).ok_or_else(unknown)?.clone())
            }
            Place::Ledger(t, entries) => {
                Step::Column(ledger_column(t, *entries, name).ok_or_else(unknown)?)
            }
        };
        if !self.readable(place, name)? {
            return Err(unknown());
        }
        Ok(step)
    }
    /// The physical table of a place.
    pub(crate) fn table_of(&self, place: &Place) -> Result<String, Failure> {
        Ok(match place {
            Place::Form(t) => t.name.clone(),
            Place::Lines(t, table) => t
                .lines
                .get(table)
                .map(|l| l.name.clone())
                .ok_or_else(|| Failure::bad("no_such_form", table))?,
            Place::Ledger(t, true) => t.entries.clone(),
            Place::Ledger(t, false) => t.balances.clone(),
        })
    }
    /// Refuses paths that go too far.
    pub(crate) fn depth(path: &Path) -> Result<(), Failure> {
        if path.0.is_empty() || path.0.len() > DEEPEST {
            return Err(Failure::bad("unknown_field", path));
        }
        Ok(())
    }
    /// Adds an expression for the value at a path: a column, or a sub-select through links. A row
    /// on the way that the asker may not see makes it empty. Gives how the value is coded.
    pub(crate) fn value(
        &mut self,
        place: &Place,
        alias: &str,
        rest: &[Name],
        whole: &Path,
    ) -> Result<Codec, Failure> {
        let step = self.step(place, &rest[0], whole)?;
        if rest.len() == 1 {
            let (name, codec) = step
                .leaf()
                .ok_or_else(|| Failure::bad("not_a_value", whole))?;
            let partly = !self.rows_of_field(place, &rest[0]).is_empty();
            if partly {
                self.sql.push("case when ");
                self.on_its_rows(place, alias, &rest[0], false)?;
                self.sql.push(" then ");
            }
            self.sql.column(alias, name);
            self.sql.push(if partly { " end" } else { "" });
            return Ok(codec);
        }
        let (to, column) = step
            .link(place)
            .ok_or_else(|| Failure::bad("unknown_field", whole))?;
        let (from, place) = (place, self.place_of(&to)?);
        let (table, j) = (self.table_of(&place)?, self.alias());
        self.sql.push("(select ");
        let codec = self.value(&place, &j, &rest[1..], whole)?;
        self.sql.push(" from ").name(&table).push(" ").push(&j);
        self.sql.push(" where ");
        self.on_its_rows(from, alias, &rest[0], true)?;
        self.sql.column(&j, "id").push(" = ").column(alias, &column);
        self.sql.push(" and ");
        self.visible(&place, &j)?;
        self.sql.push(")");
        Ok(codec)
    }
    /// Adds an expression for what a link's target is called, or empty if the asker may not see
    /// it. For sorting by a link.
    pub(crate) fn title(
        &mut self,
        from: &Place,
        to: &Target,
        alias: &str,
        column: &Name,
    ) -> Result<bool, Failure> {
        let place = self.place_of(to)?;
        if to.table.is_some() || self.grant(&place).is_err() {
            return Ok(false);
        }
        let (table, j) = (self.table_of(&place)?, self.alias());
        self.sql
            .push("(select ")
            .column(&j, "_title")
            .push(" from ")
            .name(&table);
        self.sql.push(" ").push(&j).push(" where ");
        self.on_its_rows(from, alias, column, true)?;
        self.sql.column(&j, "id").push(" = ");
        self.sql.column(alias, column).push(" and ");
        self.visible(&place, &j)?;
        self.sql.push(")");
        Ok(true)
    }
}

/// Whether a field may be read on some rows at least.
fn reads(grant: &Grant, path: &Path) -> bool {
    grant.look(path) >= Look::Read || grant.open.contains_key(path)
}

/// Whether anything of a child table may be read, on some rows at least.
fn table_readable(t: &FormTable, grant: &Grant, table: &Name) -> bool {
    let Some(lines) = t.lines.get(table) else {
        return false;
    };
    let path = |column: &Name| Path(vec![table.clone(), column.clone()]);
    let whole = grant.looks.get(&Path::one(table));
    let shut = whole.is_some_and(|l| *l < Look::Read);
    if shut && !grant.open.contains_key(&Path::one(table)) {
        return false;
    }
    lines.columns.keys().any(|c| reads(grant, &path(c)))
}

/// The column every row of a place has by this name.
fn system(place: &Place, name: &str) -> Option<Step> {
    const LEDGER: [(&str, &str, Type); 4] = [
        ("date", "_date", Type::Date),
        ("posting", "_posting", Type::Id),
        ("line", "_line", Type::Id),
        ("rule", "_rule", Type::Text),
    ];
    match place {
        Place::Form(t) => {
            let kind = t.system(name)?;
            let (known, _) = crate::table::SYSTEM.iter().find(|(s, _)| *s == name)?;
            Some(Step::System(known, kind))
        }
        Place::Lines(..) => match name {
            "id" => Some(Step::System("id", Type::Id)),
            "record" => Some(Step::System("record", Type::Id)),
            _ => None,
        },
        Place::Ledger(t, entries) => {
            if !entries || ledger_column(t, true, name).is_some() {
                return None;
            }
            let (_, column, kind) = LEDGER.iter().find(|(n, ..)| *n == name)?;
            Some(Step::System(column, *kind))
        }
    }
}

/// A dimension; of entries also an attribute or a measure.
fn ledger_column(t: &LedgerTable, entries: bool, name: &str) -> Option<Column> {
    if let Some(c) = t.dimensions.get(name) {
        return Some(c.clone());
    }
    if !entries {
        return None;
    }
    if let Some(c) = t.attributes.get(name) {
        return Some(c.clone());
    }
    let (name, scale) = t.measures.get_key_value(name)?;
    Some(Column {
        name: name.clone(),
        was: None,
        codec: Codec::Number(*scale),
        unique: false,
    })
}
