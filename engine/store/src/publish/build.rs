//! The statements that make tables, indexes and triggers.

use crate::{
    cell::Type,
    sql::{Dialect, column_type, quoted},
    table::{FormTable, LedgerTable, LineTable, fit},
};
use std::fmt::Write;

/// A wanted table: its columns and what makes it.
pub(crate) struct Wanted {
    pub table: String,
    /// The table's name before.
    pub was: Option<String>,
    /// Columns of fields: name, former name, word of what it holds, type.
    pub columns: Vec<WantedColumn>,
    /// Creates the table with all its columns.
    pub create: String,
    /// Statements after the table is there; each may run again.
    pub after: Vec<String>,
    /// Fills a table that is worked out from another, when it is made.
    pub fill: Option<String>,
    /// Columns no two rows may agree on, each with the other columns of its index.
    pub unique: Vec<Vec<String>>,
    pub part: Part,
}

/// What part of the house a table belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Form,
    Entries,
    /// Worked out from entries: filled when it is made, emptied and filled when it changes.
    Derived,
}

/// A wanted column.
pub(crate) struct WantedColumn {
    pub name: String,
    pub was: Option<String>,
    pub word: String,
    pub kind: Type,
    /// ` not null default 0` for measures.
    pub rest: &'static str,
}

/// The name of the index over these columns.
pub(crate) fn index_name(table: &str, columns: &[&str]) -> String {
    fit(format!("i_{table}__{}", columns.join("_")))
}

fn index(table: &str, columns: &[&str], unique: bool, d: Dialect) -> String {
    let name = index_name(table, columns);
    let unique = if unique { "unique " } else { "" };
    let columns: Vec<String> = columns
        .iter()
        .map(|c| match d {
            // Empty sorts before everything, as in SQLite.
            Dialect::Postgres if !c.starts_with('_') => format!("{} nulls first", quoted(c)),
            _ => quoted(c).into_owned(),
        })
        .collect();
    format!(
        "create {unique}index if not exists {} on {} ({})",
        quoted(&name),
        quoted(table),
        columns.join(", ")
    )
}

fn create(
    table: &str,
    columns: &[(String, Type, &str)],
    key: &str,
    clustered: bool,
    d: Dialect,
) -> String {
    let mut sql = format!("create table {} (", quoted(table));
    for (name, kind, rest) in columns {
        let _ = write!(sql, "{} {}{rest}, ", quoted(name), column_type(d, *kind));
    }
    let _ = write!(sql, "{key})");
    match d {
        Dialect::Sqlite if clustered => sql.push_str(" without rowid"),
        Dialect::Sqlite => {}
        // Room on each page, so that an update of a hot row stays on it.
        Dialect::Postgres => sql.push_str(" with (fillfactor = 85)"),
    }
    sql
}

fn fields(columns: &indexmap::IndexMap<model::Name, crate::table::Column>) -> Vec<WantedColumn> {
    columns
        .values()
        .map(|c| WantedColumn {
            name: c.name.to_string(),
            was: c.was.as_ref().map(ToString::to_string),
            word: c.codec.word(),
            kind: c.kind(),
            rest: "",
        })
        .collect()
}

fn all(
    system: &[(&str, Type, &'static str)],
    fields: &[WantedColumn],
) -> Vec<(String, Type, &'static str)> {
    system
        .iter()
        .map(|(n, k, r)| ((*n).to_owned(), *k, *r))
        .chain(fields.iter().map(|c| (c.name.clone(), c.kind, c.rest)))
        .collect()
}

const REQUIRED: &str = " not null";

/// The table of a form and those of its child tables.
pub(crate) fn form(t: &FormTable, d: Dialect) -> Vec<Wanted> {
    let mut columns = fields(&t.columns);
    if t.tree() {
        columns.push(WantedColumn {
            name: "parent".into(),
            was: None,
            word: "parent".into(),
            kind: Type::Id,
            rest: "",
        });
    }
    let mut system = vec![
        ("id", Type::Id, REQUIRED),
        ("version", Type::Int, REQUIRED),
        ("status", Type::Text, REQUIRED),
        ("created_at", Type::Moment, REQUIRED),
        ("created_by", Type::Id, REQUIRED),
        ("updated_at", Type::Moment, REQUIRED),
        ("updated_by", Type::Id, REQUIRED),
        ("_title", Type::Text, REQUIRED),
        ("_typed", Type::Text, ""),
    ];
    let key = match d {
        Dialect::Sqlite => {
            // The full-text table names its rows by this number.
            system.insert(0, ("_n", Type::Int, " primary key"));
            "unique (\"id\")"
        }
        Dialect::Postgres => "primary key (\"id\")",
    };
    let mut after = Vec::new();
    for (columns, unique) in t.indexes() {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        after.push(index(&t.name, &columns, unique, d));
    }
    if d == Dialect::Sqlite {
        after.push(format!(
            "create virtual table if not exists {} using fts5(words, content='', \
             contentless_delete=1, tokenize='unicode61 remove_diacritics 0')",
            quoted(&t.words)
        ));
    }
    let create_table = create(&t.name, &all(&system, &columns), key, false, d);
    let mut out = vec![Wanted {
        table: t.name.clone(),
        was: None,
        columns,
        create: create_table,
        after,
        fill: None,
        unique: t
            .indexes()
            .into_iter()
            .filter_map(|(columns, unique)| unique.then_some(columns))
            .collect(),
        part: Part::Form,
    }];
    out.extend(t.lines.values().map(|l| lines(l, d)));
    out
}

fn lines(t: &LineTable, d: Dialect) -> Wanted {
    let columns = fields(&t.columns);
    let system = [
        ("id", Type::Id, REQUIRED),
        ("record", Type::Id, REQUIRED),
        ("_n", Type::Int, REQUIRED),
    ];
    let mut after: Vec<String> = t
        .columns
        .values()
        .filter(|c| c.unique)
        .map(|c| index(&t.name, &["record", &c.name], true, d))
        .collect();
    if t.targeted {
        after.push(index(&t.name, &["id"], true, d));
    }
    Wanted {
        table: t.name.clone(),
        was: t.was.clone(),
        create: create(
            &t.name,
            &all(&system, &columns),
            "primary key (\"record\", \"id\")",
            true,
            d,
        ),
        unique: columns
            .iter()
            .filter(|c| t.columns.get(c.name.as_str()).is_some_and(|c| c.unique))
            .map(|c| vec!["record".into(), c.name.clone()])
            .collect(),
        columns,
        after,
        fill: None,
        part: Part::Form,
    }
}

/// What a table of entries refuses: change and deletion (5 P8).
pub(crate) fn insert_only(table: &str, d: Dialect) -> Vec<String> {
    let t = quoted(table);
    match d {
        Dialect::Sqlite => ["update", "delete"]
            .iter()
            .map(|verb| {
                format!(
                    "create trigger if not exists {} before {verb} on {t} begin \
                     select raise(abort, 'entries are never changed'); end",
                    quoted(&fit(format!("t_{table}__{verb}")))
                )
            })
            .collect(),
        Dialect::Postgres => {
            let name = quoted(&fit(format!("t_{table}__keep"))).into_owned();
            vec![
                format!("drop trigger if exists {name} on {t}"),
                format!(
                    "create trigger {name} before update or delete or truncate on {t} \
                     for each statement execute function entries_stay()"
                ),
            ]
        }
    }
}

/// Takes the triggers of [`insert_only`] away, for a change of a measure's digits.
pub(crate) fn let_change(table: &str, d: Dialect) -> Vec<String> {
    match d {
        Dialect::Sqlite => ["update", "delete"]
            .iter()
            .map(|verb| {
                format!(
                    "drop trigger if exists {}",
                    quoted(&fit(format!("t_{table}__{verb}")))
                )
            })
            .collect(),
        // Changing a column's type fires no trigger there.
        Dialect::Postgres => vec![],
    }
}

const ZERO: &str = " not null default 0";

fn measures(t: &LedgerTable) -> Vec<WantedColumn> {
    let column = |name: String, was: Option<String>, scale: u32| WantedColumn {
        name,
        was,
        word: format!("number:{scale}"),
        kind: Type::Number(scale),
        rest: ZERO,
    };
    t.measures
        .iter()
        .map(|(n, scale)| column(n.to_string(), None, *scale))
        .collect()
}

/// The tables of a ledger.
pub(crate) fn ledger(t: &LedgerTable, d: Dialect) -> Vec<Wanted> {
    let mut out = vec![entries(t, d)];
    if t.by_month() {
        out.push(periods(t, d));
    }
    if t.current() {
        out.push(balances(t, d));
    }
    out
}

fn entries(t: &LedgerTable, d: Dialect) -> Wanted {
    let mut columns = fields(&t.dimensions);
    columns.extend(fields(&t.attributes));
    columns.extend(measures(t));
    let system: Vec<(&str, Type, &'static str)> = crate::table::ENTRY
        .iter()
        .map(|(n, k)| (*n, *k, if *n == "_line" { "" } else { REQUIRED }))
        .collect();
    let mut after = vec![
        index(&t.entries, &["_key", "_date", "_seq"], false, d),
        index(&t.entries, &["_date", "_seq"], false, d),
    ];
    after.extend(insert_only(&t.entries, d));
    Wanted {
        table: t.entries.clone(),
        was: None,
        create: create(
            &t.entries,
            &all(&system, &columns),
            "primary key (\"_posting\", \"_n\")",
            true,
            d,
        ),
        columns,
        after,
        fill: None,
        unique: vec![],
        part: Part::Entries,
    }
}

fn balances(t: &LedgerTable, d: Dialect) -> Wanted {
    let mut columns = fields(&t.dimensions);
    columns.extend(measures(t));
    let system = [
        ("_key", Type::Bytes, REQUIRED),
        ("_seq", Type::Int, " not null default 0"),
        // The day of its latest entry: if none is later, nothing needs to be looked up.
        ("_date", Type::Date, ""),
    ];
    let names: Vec<String> = columns
        .iter()
        .map(|c| quoted(&c.name).into_owned())
        .collect();
    let key_fields = names[..t.dimensions.len()].join(", ");
    let sums: String = names[t.dimensions.len()..]
        .iter()
        .fold(String::new(), |mut s, n| {
            let _ = write!(s, ", sum({n})");
            s
        });
    let group = if key_fields.is_empty() {
        String::new()
    } else {
        format!(", {key_fields}")
    };
    let fill = format!(
        "insert into {} (\"_key\", \"_seq\", \"_date\"{}) \
         select \"_key\", max(\"_seq\"), max(\"_date\"){group}{sums} \
         from {} group by \"_key\"{group}",
        quoted(&t.balances),
        names.iter().fold(String::new(), |mut s, n| {
            let _ = write!(s, ", {n}");
            s
        }),
        quoted(&t.entries)
    );
    Wanted {
        table: t.balances.clone(),
        was: None,
        create: create(
            &t.balances,
            &all(&system, &columns),
            "primary key (\"_key\")",
            true,
            d,
        ),
        columns,
        after: vec![],
        fill: Some(fill),
        unique: vec![],
        part: Part::Derived,
    }
}

fn periods(t: &LedgerTable, d: Dialect) -> Wanted {
    let mut columns = fields(&t.dimensions);
    let dimensions = columns.len();
    for m in measures(t) {
        for side in ["in", "out"] {
            columns.push(WantedColumn {
                name: format!("{}__{side}", m.name),
                was: None,
                word: m.word.clone(),
                kind: m.kind,
                rest: ZERO,
            });
        }
    }
    let system = [
        ("_key", Type::Bytes, REQUIRED),
        ("_month", Type::Text, REQUIRED),
        ("_bucket", Type::Int, REQUIRED),
    ];
    let month = match d {
        Dialect::Sqlite => "substr(\"_date\", 1, 7)",
        Dialect::Postgres => "to_char(\"_date\", 'YYYY-MM')",
    };
    let (mut into, mut from, mut group) = (String::new(), String::new(), String::new());
    for c in &columns[..dimensions] {
        let name = quoted(&c.name);
        let _ = write!(into, ", {name}");
        let _ = write!(from, ", {name}");
        let _ = write!(group, ", {name}");
    }
    for m in t.measures.keys() {
        let name = quoted(m).into_owned();
        let _ = write!(into, ", \"{m}__in\", \"{m}__out\"");
        let _ = write!(
            from,
            ", sum(case when {name} > 0 then {name} else 0 end), \
             sum(case when {name} < 0 then -{name} else 0 end)"
        );
    }
    let fill = format!(
        "insert into {} (\"_key\", \"_month\", \"_bucket\"{into}) \
         select \"_key\", {month}, 0{from} from {} group by \"_key\", {month}{group}",
        quoted(&t.periods),
        quoted(&t.entries)
    );
    Wanted {
        table: t.periods.clone(),
        was: None,
        create: create(
            &t.periods,
            &all(&system, &columns),
            "primary key (\"_key\", \"_month\", \"_bucket\")",
            true,
            d,
        ),
        columns,
        after: vec![],
        fill: Some(fill),
        unique: vec![],
        part: Part::Derived,
    }
}
