//! From the tables there are to the tables a catalogue wants: statements, or what they would lose.

use super::build::{self, Part, Wanted, WantedColumn};
use crate::{
    Failure, Tables, Tx,
    cell::{Cell, Type, cells, row},
    sql::{Dialect, Insert, column_type, quoted},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::LazyLock,
};

/// What a publish would lose, and therefore does not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// `table.column`.
    pub at: String,
    /// `kind_changed`, `digits_lost`, `not_unique`, `dimension_removed`, `dimension_renamed`.
    pub code: &'static str,
    /// What the column holds, and what it should hold.
    pub from: String,
    pub to: String,
    /// How many rows are in the way.
    pub count: u64,
    /// A few of their values.
    pub samples: Vec<String>,
}

/// What a publish does to the tables.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    statements: Vec<String>,
    /// Rows of `shape` to write.
    shape: Vec<(String, String, String, bool)>,
    /// Tables that move, with what is known of them.
    moved: Vec<(String, String)>,
}

impl Plan {
    /// The statements, for people: what `check --plan` shows.
    pub fn statements(&self) -> &[String] {
        &self.statements
    }
    /// Whether the tables stay as they are.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.shape.is_empty()
    }
}

/// The row of `shape` that stands for a table itself.
const WHOLE: &str = "*";

/// What is known of a table: column → what it holds, whether it is retired.
type Columns = BTreeMap<String, (String, bool)>;

static SHAPE: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "shape",
        &[
            ("tab", Type::Text),
            ("col", Type::Text),
            ("kind", Type::Text),
            ("retired", Type::Bool),
        ],
        " on conflict (tab, col) do update set kind = excluded.kind, retired = excluded.retired",
    )
});

/// The type of what a word of `shape` stands for.
fn type_of(word: &str) -> Type {
    match word.split_once(':') {
        Some(("number", scale)) => Type::Number(scale.parse().unwrap_or(0)),
        Some(("link", _)) => Type::Id,
        _ => match word {
            "date" => Type::Date,
            "moment" => Type::Moment,
            "switch" => Type::Bool,
            "parent" => Type::Id,
            _ => Type::Text,
        },
    }
}

impl Tx {
    /// Works out what must be done to the tables so that they fit `new`. Gives what would be
    /// lost, all of it at once, instead of a plan if there is any. Changes nothing.
    pub async fn plan(&mut self, new: &Tables) -> Result<Result<Plan, Vec<Loss>>, Failure> {
        let dialect = self.dialect();
        let mut shape = self.shape().await?;
        let mut planner = Planner {
            dialect,
            plan: Plan::default(),
            losses: Vec::new(),
        };
        let mut wanted: Vec<Wanted> = Vec::new();
        for form in new.forms() {
            wanted.extend(build::form(form, dialect));
        }
        for ledger in new.ledgers() {
            wanted.extend(build::ledger(ledger, dialect));
        }
        let names: HashSet<String> = wanted.iter().map(|w| w.table.clone()).collect();
        for table in &wanted {
            planner.table(self, table, &mut shape).await?;
        }
        for (table, columns) in &shape {
            // Nobody fills it any more; if it is wanted again it is worked out anew.
            let gone = columns.get(WHOLE).is_some_and(|(_, retired)| !retired);
            if gone && !names.contains(table) {
                let word = columns[WHOLE].0.clone();
                planner.know(table, WHOLE, &word, true);
            }
        }
        Ok(if planner.losses.is_empty() {
            Ok(planner.plan)
        } else {
            Err(planner.losses)
        })
    }

    /// Does what a plan says. In the same transaction as [`Tx::plan`], so that nothing changed in
    /// between.
    pub async fn apply(&mut self, plan: &Plan) -> Result<(), Failure> {
        for statement in &plan.statements {
            self.run(statement.clone(), &[]).await?;
        }
        for (from, to) in &plan.moved {
            self.run(
                "update shape set tab = $1 where tab = $2",
                &cells![to, from],
            )
            .await?;
        }
        let rows = plan
            .shape
            .iter()
            .map(|(t, c, k, r)| row![t, c, k, *r])
            .collect();
        self.insert(&SHAPE, rows).await.map(|_| ())
    }

    async fn shape(&mut self) -> Result<HashMap<String, Columns>, Failure> {
        let mut out: HashMap<String, Columns> = HashMap::new();
        let rows = self
            .rows(
                "select tab, col, kind, retired from shape",
                &[],
                &[Type::Text, Type::Text, Type::Text, Type::Bool],
            )
            .await?;
        for mut row in rows {
            let (table, column) = (row.string()?, row.string()?);
            let what = (row.string()?, row.bool()?);
            out.entry(table).or_default().insert(column, what);
        }
        Ok(out)
    }

    /// How many rows of a table meet a condition of the engine's own.
    async fn how_many(&mut self, table: &str, condition: &str) -> Result<u64, Failure> {
        let sql = format!("select count(*) from {} where {condition}", quoted(table));
        let row = self.row(sql, &[], &[Type::Int]).await?;
        row.map_or(Ok(0), |mut r| r.count())
    }

    /// A few values of a column.
    async fn samples(
        &mut self,
        table: &str,
        column: &str,
        condition: &str,
        kind: Type,
    ) -> Result<Vec<String>, Failure> {
        let sql = format!(
            "select {} from {} where {condition} limit 3",
            quoted(column),
            quoted(table)
        );
        let mut rows = self.rows(sql, &[], &[kind]).await?;
        rows.iter_mut()
            .map(|r| {
                Ok(match r.cell()? {
                    Cell::Text(t) => t.to_string(),
                    Cell::Number(d, _) => d.to_string(),
                    Cell::Date(d) => d.to_string(),
                    Cell::Id(id) => id.to_string(),
                    Cell::Bool(b) => b.to_string(),
                    other => format!("{other:?}"),
                })
            })
            .collect()
    }
}

struct Planner {
    dialect: Dialect,
    plan: Plan,
    losses: Vec<Loss>,
}

impl Planner {
    fn say(&mut self, statement: String) {
        self.plan.statements.push(statement);
    }
    fn know(&mut self, table: &str, column: &str, word: &str, retired: bool) {
        self.plan
            .shape
            .push((table.into(), column.into(), word.into(), retired));
    }

    async fn table(
        &mut self,
        tx: &mut Tx,
        wanted: &Wanted,
        shape: &mut HashMap<String, Columns>,
    ) -> Result<(), Failure> {
        let table = &wanted.table;
        let mut hash = blake3::Hasher::new();
        hash.update(wanted.create.as_bytes());
        for statement in &wanted.after {
            hash.update(statement.as_bytes());
        }
        for column in &wanted.columns {
            hash.update(column.name.as_bytes());
            hash.update(column.word.as_bytes());
        }
        let mark = hash.finalize().to_hex()[..32].to_owned();
        if let Some(was) = &wanted.was
            && !shape.contains_key(table)
            && let Some(columns) = shape.remove(was)
        {
            self.say(format!(
                "alter table {} rename to {}",
                quoted(was),
                quoted(table)
            ));
            self.plan.moved.push((was.clone(), table.clone()));
            // What it is called while the plan is being made.
            shape.insert(was.clone(), columns.clone());
            self.columns(tx, wanted, was, &columns).await?;
            shape.remove(was);
            self.finish(wanted, &mark);
            return Ok(());
        }
        let Some(known) = shape.get(table) else {
            self.say(wanted.create.clone());
            for column in &wanted.columns {
                self.know(table, &column.name, &column.word, false);
            }
            self.finish(wanted, &mark);
            if let Some(fill) = &wanted.fill {
                self.say(fill.clone());
            }
            return Ok(());
        };
        let whole = known.get(WHOLE).cloned().unwrap_or_default();
        if whole == (mark.clone(), false) {
            return Ok(());
        }
        self.columns(tx, wanted, table, known).await?;
        self.finish(wanted, &mark);
        if let (true, Some(fill)) = (whole.1, &wanted.fill) {
            self.say(format!("delete from {}", quoted(table)));
            self.say(fill.clone());
        }
        Ok(())
    }

    /// Indexes and triggers, and the mark that says all of it is done.
    fn finish(&mut self, wanted: &Wanted, mark: &str) {
        for statement in &wanted.after {
            self.say(statement.clone());
        }
        self.know(&wanted.table, WHOLE, mark, false);
    }

    /// Brings the columns of a table that is there up to date. `now` is what it is called before
    /// the plan runs.
    async fn columns(
        &mut self,
        tx: &mut Tx,
        wanted: &Wanted,
        now: &str,
        known: &Columns,
    ) -> Result<(), Failure> {
        let table = &wanted.table;
        let names: HashSet<&str> = wanted.columns.iter().map(|c| c.name.as_str()).collect();
        let mut taken: HashSet<&str> = HashSet::new();
        for column in &wanted.columns {
            let was = column.was.as_deref().filter(|w| !names.contains(w));
            match (
                known.get(&column.name),
                was.and_then(|w| known.get_key_value(w)),
            ) {
                (Some((word, retired)), _) => {
                    if word != &column.word {
                        self.change(tx, wanted, now, &column.name, word, column)
                            .await?;
                    } else if *retired {
                        self.know(table, &column.name, word, false);
                    }
                }
                (None, Some((old, (word, _)))) => {
                    taken.insert(old);
                    self.rename(tx, wanted, now, old, word, column).await?;
                }
                (None, None) => {
                    self.add(table, column);
                    self.know(table, &column.name, &column.word, false);
                }
            }
        }
        for (name, (word, retired)) in known {
            if *retired || name == WHOLE || names.contains(name.as_str()) || taken.contains(&**name)
            {
                continue;
            }
            if wanted.part == Part::Entries && !word.starts_with("number") {
                self.refuse_if(tx, now, name, word, "dimension_removed", "")
                    .await?;
            }
            self.know(table, name, word, true);
        }
        self.uniqueness(tx, wanted, now, known).await
    }

    /// Drops every index that a column of this name and type may be in.
    fn drop_indexes(&mut self, wanted: &Wanted, name: &str, kind: Type) {
        let mut sets = vec![vec![name], vec![name, "id"], vec!["record", name]];
        for other in &wanted.columns {
            for other_name in [Some(&other.name), other.was.as_ref()]
                .into_iter()
                .flatten()
            {
                match (kind, other.kind) {
                    (Type::Id, Type::Date) => sets.push(vec![name, other_name, "id"]),
                    (Type::Date, Type::Id) => sets.push(vec![other_name, name, "id"]),
                    _ => {}
                }
            }
        }
        for columns in sets {
            let index = build::index_name(&wanted.table, &columns);
            self.say(format!("drop index if exists {}", quoted(&index)));
        }
    }

    fn add(&mut self, table: &str, column: &WantedColumn) {
        self.say(format!(
            "alter table {} add column {} {}{}",
            quoted(table),
            quoted(&column.name),
            column_type(self.dialect, column.kind),
            column.rest
        ));
    }

    async fn rename(
        &mut self,
        tx: &mut Tx,
        wanted: &Wanted,
        now: &str,
        old: &str,
        word: &str,
        column: &WantedColumn,
    ) -> Result<(), Failure> {
        let table = &wanted.table;
        if wanted.part != Part::Form && !word.starts_with("number") {
            // The name is part of every key already posted.
            self.refuse_if(tx, now, old, word, "dimension_renamed", &column.name)
                .await?;
        }
        self.drop_indexes(wanted, old, type_of(word));
        self.say(format!(
            "alter table {} rename column {} to {}",
            quoted(table),
            quoted(old),
            quoted(&column.name)
        ));
        self.know(table, old, "gone", true);
        self.know(table, &column.name, &column.word, false);
        if word != column.word {
            self.change(tx, wanted, now, old, word, column).await?;
        }
        Ok(())
    }

    /// Notes a loss if a column holds anything.
    async fn refuse_if(
        &mut self,
        tx: &mut Tx,
        now: &str,
        name: &str,
        word: &str,
        code: &'static str,
        to: &str,
    ) -> Result<bool, Failure> {
        if word == "gone" {
            return Ok(false);
        }
        let condition = format!("{} is not null", quoted(name));
        self.refuse_where(tx, now, name, word, code, to, &condition)
            .await
    }

    #[allow(clippy::too_many_arguments)]
    async fn refuse_where(
        &mut self,
        tx: &mut Tx,
        now: &str,
        name: &str,
        word: &str,
        code: &'static str,
        to: &str,
        condition: &str,
    ) -> Result<bool, Failure> {
        let count = tx.how_many(now, condition).await?;
        if count == 0 {
            return Ok(false);
        }
        let samples = tx.samples(now, name, condition, type_of(word)).await?;
        self.losses.push(Loss {
            at: format!("{now}.{name}"),
            code,
            from: word.into(),
            to: to.into(),
            count,
            samples,
        });
        Ok(true)
    }

    /// Makes a column hold something else. `now` and `name` are what table and column are called
    /// before the plan runs; the statements use the names after it.
    async fn change(
        &mut self,
        tx: &mut Tx,
        wanted: &Wanted,
        now: &str,
        name: &str,
        word: &str,
        column: &WantedColumn,
    ) -> Result<(), Failure> {
        let table = &wanted.table;
        if let (Type::Number(from), Type::Number(to)) = (type_of(word), column.kind) {
            return self
                .rescale(tx, wanted, now, name, (from, to), column)
                .await;
        }
        if word == "gone" {
            self.add(table, column);
        } else {
            if self
                .refuse_if(tx, now, name, word, "kind_changed", &column.word)
                .await?
            {
                return Ok(());
            }
            // Nothing is in it: it may be made anew.
            self.drop_indexes(wanted, &column.name, type_of(word));
            self.say(format!(
                "alter table {} drop column {}",
                quoted(table),
                quoted(&column.name)
            ));
            self.add(table, column);
        }
        self.know(table, &column.name, &column.word, false);
        Ok(())
    }

    /// Gives a column of decimals more digits, or fewer where nothing is lost.
    async fn rescale(
        &mut self,
        tx: &mut Tx,
        wanted: &Wanted,
        now: &str,
        name: &str,
        (from, to): (u32, u32),
        column: &WantedColumn,
    ) -> Result<(), Failure> {
        let (c, table) = (quoted(name), &wanted.table);
        let factor = 10i64.pow(from.abs_diff(to));
        let whole = 10i64.pow(18 - to.min(18));
        let lost = match (self.dialect, to < from) {
            (Dialect::Sqlite, true) => format!("{c} % {factor} <> 0"),
            (Dialect::Sqlite, false) => format!("abs({c}) >= {}", 10i64.pow(18) / factor),
            (Dialect::Postgres, true) => format!("{c} <> trunc({c}, {to})"),
            (Dialect::Postgres, false) => format!("abs({c}) >= {whole}"),
        };
        let word = format!("number:{from}");
        if self
            .refuse_where(tx, now, name, &word, "digits_lost", &column.word, &lost)
            .await?
        {
            return Ok(());
        }
        let c = quoted(&column.name);
        match self.dialect {
            Dialect::Sqlite => {
                let sign = if to < from { "/" } else { "*" };
                if wanted.part == Part::Entries {
                    for statement in build::let_change(table, self.dialect) {
                        self.say(statement);
                    }
                }
                self.say(format!(
                    "update {} set {c} = {c} {sign} {factor}",
                    quoted(table)
                ));
            }
            Dialect::Postgres => self.say(format!(
                "alter table {} alter column {c} type numeric(18,{to})",
                quoted(table)
            )),
        }
        self.know(table, &column.name, &column.word, false);
        Ok(())
    }

    /// Checks that what must be unique is, and lets go of what need not be any more.
    async fn uniqueness(
        &mut self,
        tx: &mut Tx,
        wanted: &Wanted,
        now: &str,
        known: &Columns,
    ) -> Result<(), Failure> {
        for columns in &wanted.unique {
            let Some(last) = columns.last().filter(|c| known.contains_key(*c)) else {
                continue;
            };
            let list: Vec<_> = columns.iter().map(|c| quoted(c).into_owned()).collect();
            let condition = format!(
                "({list}) in (select {list} from {t} where {last} is not null group by {list} \
                 having count(*) > 1)",
                list = list.join(", "),
                t = quoted(now),
                last = quoted(last)
            );
            let word = known[last].0.clone();
            self.refuse_where(tx, now, last, &word, "not_unique", "unique", &condition)
                .await?;
        }
        if wanted.part != Part::Form {
            return Ok(());
        }
        for column in wanted
            .columns
            .iter()
            .filter(|c| known.contains_key(&c.name))
        {
            for columns in [vec![column.name.as_str()], vec!["record", &column.name]] {
                if !wanted.unique.iter().any(|u| *u == columns) {
                    self.say(format!(
                        "drop index if exists {}",
                        quoted(&build::index_name(&wanted.table, &columns))
                    ));
                }
            }
        }
        Ok(())
    }
}
