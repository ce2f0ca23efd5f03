//! One statement of a list: the rows of the scope, the order, what comes after the cursor.

use super::{
    builder::{Builder, Place, Step},
    cursor::Cursor,
    list::{Columns, Found, Query},
};
use crate::{
    Failure,
    cell::{Cell, Row, Type},
    sql::Dialect,
    table::{Codec, FormTable},
};
use indexmap::IndexMap;
use model::{Filter, Id, Look, Name, Path, Record};

/// Most keys of a sort.
const KEYS: usize = 4;

/// A key of the sort, worked out.
pub(super) struct Key {
    pub(super) path: Path,
    pub(super) down: bool,
    pub(super) kind: Type,
    /// Never empty: one comparison of pairs does.
    pub(super) full: bool,
}

/// What is read of each row beside the columns every record has.
pub(super) struct Shape {
    pub(super) header: Vec<Name>,
    pub(super) linked: Vec<Path>,
    pub(super) lines: bool,
    pub(super) masked: Vec<Path>,
    /// Of the header, fields that are masked on rows that do not open them.
    pub(super) partly: Vec<Name>,
}

/// Part of the rows after the cursor, in order: the pairs tie, then the next key differs.
pub(super) enum Phase {
    All,
    /// All keys after the cursor at once (single key).
    Pair,
    /// The first `n` keys are the cursor's; the key after them comes after its value (`false`),
    /// or is empty where that comes last (`true`). `n` = all keys: the id decides.
    Tie(usize, bool),
}

/// Which rows of the scope a statement looks at.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// All that the asker sees, in one condition.
    Both,
    /// Those of his grant, and those he takes part in, each from its own index.
    Split,
    /// Only those he takes part in.
    Part,
}

impl Builder<'_> {
    pub(super) fn side(&self, place: &Place) -> Result<Side, Failure> {
        Ok(match self.grant(place)? {
            None => Side::Both,
            Some(g) if g.rows == Filter::everything() => Side::Both,
            Some(g) if g.rows == Filter::nothing() => Side::Part,
            Some(_) => Side::Split,
        })
    }
    pub(super) fn shape(
        &self,
        place: &Place,
        table: &FormTable,
        columns: &Columns,
    ) -> Result<Shape, Failure> {
        let mut shape = Shape {
            header: vec![],
            linked: vec![],
            lines: *columns == Columns::Whole,
            masked: vec![],
            partly: vec![],
        };
        let grant = self.grant(place)?;
        let look = |path: &Path| match grant {
            None => Look::Edit,
            Some(g) if g.open.contains_key(path) => Look::Read,
            Some(g) => g.look(path),
        };
        let partly = |name: &Name| {
            let path = Path::one(name);
            grant.is_some_and(|g| g.open.contains_key(&path) && g.look(&path) == Look::Masked)
        };
        if let Columns::These(paths) = columns {
            for path in paths {
                Self::depth(path)?;
                let name = path.head();
                if path.0.len() > 1 {
                    shape.linked.push(path.clone());
                } else if table.columns.contains_key(name) && look(path) == Look::Masked {
                    shape.masked.push(path.clone());
                } else if let Step::Column(c) = self.step(place, name, path)? {
                    shape.header.push(c.name);
                }
            }
            let names = shape.header.iter();
            shape.partly = names.filter(|name| partly(name)).cloned().collect();
            return Ok(shape);
        }
        for name in table.columns.keys() {
            match look(&Path::one(name)) {
                Look::Hidden => {}
                Look::Masked => shape.masked.push(Path::one(name)),
                _ => shape.header.push(name.clone()),
            }
        }
        let names = shape.header.iter();
        shape.partly = names.filter(|name| partly(name)).cloned().collect();
        if shape.lines {
            for (table, lines) in &table.lines {
                let paths = lines
                    .columns
                    .keys()
                    .map(|c| Path(vec![table.clone(), c.clone()]));
                shape
                    .masked
                    .extend(paths.filter(|p| look(p) == Look::Masked));
            }
        }
        Ok(shape)
    }
    pub(super) fn keys(&self, place: &Place, sort: &[(Path, bool)]) -> Result<Vec<Key>, Failure> {
        if sort.len() > KEYS {
            return Err(Failure::bad("sort_too_long", "sort"));
        }
        let mut keys = Vec::new();
        for (path, down) in sort {
            Self::depth(path)?;
            // A trial on the side: the text is thrown away, the codec is what is wanted.
            let mut trial = Builder::new(self.tables, self.scope, self.sql.dialect);
            let kind = match trial.sorted(place, "t", path)? {
                Codec::Choices | Codec::Files => {
                    return Err(Failure::bad("bad_sort", path));
                }
                codec => codec.kind(),
            };
            let full = matches!(self.step(place, path.head(), path)?,
                Step::System(name, _) if name != "parent" && path.0.len() == 1);
            keys.push(Key {
                path: path.clone(),
                down: *down,
                kind,
                full,
            });
        }
        Ok(keys)
    }
    /// Adds the expression a key sorts by; a link sorts by title.
    fn sorted(&mut self, place: &Place, alias: &str, path: &Path) -> Result<Codec, Failure> {
        if path.0.len() == 1
            && let Step::Column(c) = self.step(place, path.head(), path)?
            && let Some(to) = c.link()
        {
            if self.title(place, to, alias, &c.name)? {
                return Ok(Codec::Text);
            }
            return Err(Failure::bad("bad_sort", path));
        }
        self.value(place, alias, &path.0, path)
    }
    fn order(&mut self, place: &Place, keys: &[Key]) -> Result<(), Failure> {
        self.sql.push(" order by ");
        for key in keys {
            self.sorted(place, "t", &key.path)?;
            let nulls = match (self.sql.dialect, key.full, key.down) {
                (Dialect::Sqlite, ..) | (_, true, _) => "",
                (_, _, false) => " nulls first",
                (_, _, true) => " nulls last",
            };
            self.sql
                .push(if key.down { " desc" } else { "" })
                .push(nulls)
                .push(", ");
        }
        let down = keys.last().is_none_or(|k| k.down);
        self.sql
            .column("t", "id")
            .push(if down { " desc" } else { "" });
        Ok(())
    }
    /// Adds the condition of one phase.
    fn phase(
        &mut self,
        place: &Place,
        keys: &[Key],
        cursor: Option<&Cursor>,
        phase: &Phase,
    ) -> Result<(), Failure> {
        let down = keys.last().is_none_or(|k| k.down);
        let sign = |down: bool| if down { " < " } else { " > " };
        let Some(cursor) = cursor else {
            self.sql.push("true");
            return Ok(());
        };
        match phase {
            Phase::All => {
                self.sql.push("true");
            }
            Phase::Pair => {
                self.sql.push("(");
                self.sorted(place, "t", &keys[0].path)?;
                self.sql
                    .push(", ")
                    .column("t", "id")
                    .push(")")
                    .push(sign(down))
                    .push("(");
                self.sql
                    .bind(cursor.values[0].clone())
                    .push(", ")
                    .bind(cursor.id)
                    .push(")");
            }
            Phase::Tie(ties, empty) => {
                for (key, value) in keys.iter().zip(&cursor.values).take(*ties) {
                    self.sorted(place, "t", &key.path)?;
                    if matches!(value, Cell::Null(_)) {
                        self.sql.push(" is null");
                    } else {
                        self.sql.push(" = ").bind(value.clone());
                    }
                    self.sql.push(" and ");
                }
                let Some(key) = keys.get(*ties) else {
                    self.sql.column("t", "id").push(sign(down)).bind(cursor.id);
                    return Ok(());
                };
                self.sorted(place, "t", &key.path)?;
                match (&cursor.values[*ties], empty) {
                    (_, true) => self.sql.push(" is null"),
                    (Cell::Null(_), false) => self.sql.push(" is not null"),
                    (value, false) => self.sql.push(sign(key.down)).bind(value.clone()),
                };
            }
        }
        Ok(())
    }
}

/// The phases of what comes after a cursor, in order.
pub(super) fn phases(keys: &[Key], cursor: Option<&Cursor>) -> Vec<Phase> {
    let Some(cursor) = cursor else {
        return vec![Phase::All];
    };
    let is_null = |n: usize| matches!(cursor.values[n], Cell::Null(_));
    if keys.len() == 1 && !is_null(0) {
        let mut out = vec![Phase::Pair];
        if keys[0].down && !keys[0].full {
            out.push(Phase::Tie(0, true));
        }
        return out;
    }
    let mut out = vec![Phase::Tie(keys.len(), false)];
    for n in (0..keys.len()).rev() {
        match (keys[n].down, is_null(n)) {
            // Empty came last: nothing follows it.
            (true, true) => {}
            (true, false) => {
                out.push(Phase::Tie(n, false));
                if !keys[n].full {
                    out.push(Phase::Tie(n, true));
                }
            }
            (false, _) => out.push(Phase::Tie(n, false)),
        }
    }
    out
}

/// The statements a side is made of: whole, of the grant (`Both` within a split), taking part.
pub(super) fn sides(side: Side) -> &'static [Side] {
    match side {
        Side::Both => &[Side::Both],
        Side::Split => &[Side::Split, Side::Part],
        Side::Part => &[Side::Part],
    }
}

/// Adds the rows of one side.
pub(super) fn condition(
    b: &mut Builder,
    place: &Place,
    table: &FormTable,
    side: Side,
) -> Result<(), Failure> {
    match side {
        Side::Both => b.visible(place, "t"),
        Side::Split => b.granted(place, "t"),
        Side::Part => {
            b.sql
                .push("t.\"id\" in (select p.record from participant p where ");
            b.taking_part(table);
            b.sql.push(")");
            Ok(())
        }
    }
}

/// One statement of a list.
pub(super) struct Select<'a> {
    pub(super) place: &'a Place,
    pub(super) table: &'a FormTable,
    pub(super) query: &'a Query,
    pub(super) keys: &'a [Key],
    pub(super) shape: &'a Shape,
    pub(super) cursor: Option<&'a Cursor>,
    pub(super) phase: Phase,
    pub(super) limit: usize,
}

/// The columns of every row, in the order [`Select::read`] takes them.
const SYSTEM: [&str; 9] = [
    "id",
    "version",
    "status",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "_title",
    "parent",
];

impl Select<'_> {
    pub(super) fn text(&self, b: &mut Builder) -> Result<(Vec<Type>, Vec<Codec>), Failure> {
        let mut types = Vec::new();
        b.sql.push("select ");
        for name in SYSTEM
            .iter()
            .filter(|n| self.table.tree() || **n != "parent")
        {
            let kind = crate::table::SYSTEM.iter().find(|(s, _)| s == name);
            types.extend(kind.map(|k| k.1));
            b.sql.column("t", name).push(", ");
        }
        for name in &self.shape.header {
            if b.rows_of_field(self.place, name).is_empty() {
                b.sql.column("t", name);
            } else {
                b.value(
                    self.place,
                    "t",
                    std::slice::from_ref(name),
                    &Path::one(name),
                )?;
            }
            b.sql.push(", ");
            types.push(self.table.columns[name].kind());
        }
        for name in &self.shape.partly {
            b.sql.push("case when ");
            b.on_its_rows(self.place, "t", name, false)?;
            b.sql
                .push(" then cast(1 as bigint) else cast(0 as bigint) end, ");
            types.push(Type::Int);
        }
        let mut codecs = Vec::new();
        for path in &self.shape.linked {
            let codec = b.value(self.place, "t", &path.0, path)?;
            b.sql.push(", ");
            types.push(codec.kind());
            codecs.push(codec);
        }
        for key in self.keys {
            b.sorted(self.place, "t", &key.path)?;
            b.sql.push(", ");
            types.push(key.kind);
        }
        b.sql
            .push("1 from ")
            .name(&self.table.name)
            .push(" t where ");
        let side = b.side(self.place)?;
        if side == Side::Both {
            self.rows_of(b, side)?;
        } else {
            // Each side finds its own first rows by its own index; the page is among them.
            b.sql.push("t.\"id\" in (");
            for (n, part) in sides(side).iter().enumerate() {
                b.sql.push(if n > 0 { " union " } else { "" });
                b.sql.push("select id from (select t.\"id\" as id from ");
                b.sql.name(&self.table.name).push(" t where ");
                self.rows_of(b, *part)?;
                b.order(self.place, self.keys)?;
                b.sql
                    .push(" limit ")
                    .bind(self.limit)
                    .push(&format!(") as s{n}"));
            }
            b.sql.push(")");
        }
        b.order(self.place, self.keys)?;
        b.sql.push(" limit ").bind(self.limit);
        Ok((types, codecs))
    }
    fn rows_of(&self, b: &mut Builder, side: Side) -> Result<(), Failure> {
        condition(b, self.place, self.table, side)?;
        b.sql.push(" and ");
        b.filter(self.place, "t", &self.query.filter)?;
        if self.query.offered != Filter::everything() {
            b.sql.push(" and ");
            b.record_passes(self.place, "t", &[&self.query.offered])?;
        }
        b.sql.push(" and ");
        b.phase(self.place, self.keys, self.cursor, &self.phase)
    }
    pub(super) fn read(&self, row: &mut Row, codecs: &[Codec]) -> Result<(Found, Cursor), Failure> {
        let mut record = Record {
            form: self.query.form.clone(),
            id: row.id()?,
            version: row.count()?,
            status: row.parse()?,
            created_at: row.moment()?,
            created_by: row.id()?,
            updated_at: row.moment()?,
            updated_by: row.id()?,
            parent: None,
            values: model::Fields::new(),
            typed: vec![],
        };
        let title = row.string()?;
        if self.table.tree() {
            record.parent = row.maybe_id()?;
        }
        for name in &self.shape.header {
            if let Some(value) = self.table.columns[name].codec.value(row.cell()?)? {
                record.values.insert(name.clone(), value);
            }
        }
        let mut masked = vec![];
        for name in &self.shape.partly {
            if row.count()? == 0 {
                masked.push(Path::one(name));
            }
        }
        let mut linked = IndexMap::new();
        for (path, codec) in self.shape.linked.iter().zip(codecs) {
            if let Some(value) = codec.value(row.cell()?)? {
                linked.insert(path.clone(), value);
            }
        }
        let values = self
            .keys
            .iter()
            .map(|_| row.cell())
            .collect::<Result<_, _>>()?;
        let id: Id = record.id;
        Ok((
            Found {
                record,
                title,
                linked,
                masked,
            },
            Cursor { values, id },
        ))
    }
}
