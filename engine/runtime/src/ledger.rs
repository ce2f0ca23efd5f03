//! Ledgers as they are read: balances at any day, turnover, entries.

use crate::{
    Caller, Error, Site,
    desk::{Desk, Halt},
    filter::{self, Of},
    show::{Titles, moment, shown_number},
    site::Definitions,
    view,
};
use chrono::{Days, NaiveDate};
use indexmap::IndexMap;
use kernel::{Measures, access::FieldLooks};
use model::{
    Field, Fields, Filter, Id, Ledger, Look, Name, Path, Ref, Target, Test, Value, Verb,
    ledger::{Measure, MeasureKind},
};
use serde_json::{Map, Value as Json, json};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use store::{Balances, Entries, Every, Turnover};

/// Which balances are asked for.
#[derive(Clone, Debug, Default)]
pub struct BalanceAsked {
    /// At the end of this day; left out: now.
    pub at: Option<NaiveDate>,
    /// Grouped by these dimensions; left out: by all.
    pub by: Vec<Name>,
    pub filter: Map<String, Json>,
    pub after: Option<String>,
    pub limit: Option<u32>,
}

/// Which turnover is asked for.
#[derive(Clone, Debug, Default)]
pub struct TurnoverAsked {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub by: Vec<Name>,
    pub filter: Map<String, Json>,
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct EntriesAsked {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub filter: Map<String, Json>,
    pub after: Option<String>,
    pub limit: Option<u32>,
}

/// Rows of a page where nothing is said.
const PAGE: u32 = 100;
/// Most rows of a page.
const PAGE_MAX: u32 = 1_000;
/// Most rows of a turnover, and how far balances are paged.
const ROWS_MAX: u32 = 10_000;

impl Site {
    /// The ledgers that the caller may read.
    pub fn ledgers(&self, caller: &Caller) -> Vec<view::LedgerEntry> {
        let definitions = self.definitions();
        let seen = |l: &&Arc<Ledger>| readable(caller, &l.name);
        let entry = |l: &Arc<Ledger>| view::LedgerEntry {
            ledger: l.name.to_string(),
            label: word(&definitions, caller, &l.name, "", &l.label),
            module: l.name.package.to_string(),
            module_label: module_label(&definitions, caller, &l.name.package),
        };
        definitions
            .catalogue
            .ledgers()
            .filter(seen)
            .map(entry)
            .collect()
    }

    /// A ledger as the caller may see it.
    pub fn ledger(&self, caller: &Caller, ledger: &Ref) -> Result<view::LedgerDefinition, Error> {
        let definitions = self.definitions();
        let ledger = find(&definitions, caller, ledger)?;
        let seen = Seen::of(&definitions, caller, &ledger);
        let fields = |of: &IndexMap<Name, Field>, folder: &str| {
            let mut out = Map::new();
            for (name, field) in of.iter().filter(|(n, _)| seen.reads(n)) {
                let path = format!("/{folder}/{name}");
                let label = word(&definitions, caller, &ledger.name, &path, &field.label);
                let mut shape = json!({ "label": label, "kind": field.kind.name() });
                if let Some(link) = field.as_link() {
                    shape["to"] = json!(link.to.to_string());
                }
                if let model::Kind::Choice(choice) = &field.kind {
                    let option = |(name, option): (&Name, &model::field::ChoiceOption)| {
                        let path = format!("{path}/options/{name}");
                        let label = word(&definitions, caller, &ledger.name, &path, &option.label);
                        json!({ "name": name, "label": label })
                    };
                    shape["options"] = choice.options.iter().map(option).collect();
                }
                out.insert(name.to_string(), shape);
            }
            out
        };
        let measure = |(name, m): (&Name, &Measure)| {
            let path = format!("/measures/{name}");
            let label = word(&definitions, caller, &ledger.name, &path, &m.label);
            let kind = match m.kind {
                MeasureKind::Number => "number",
                MeasureKind::Money => "money",
                MeasureKind::Quantity => "quantity",
            };
            let shape = json!({ "label": label, "kind": kind, "scale": m.scale(),
                "computed": !m.stored() });
            (name.to_string(), shape)
        };
        let constraints = ledger.constraints.iter().map(|(name, c)| {
            let path = format!("/constraints/{name}");
            view::ConstraintView {
                name: name.to_string(),
                say: word(&definitions, caller, &ledger.name, &path, &c.say),
            }
        });
        Ok(view::LedgerDefinition {
            ledger: ledger.name.to_string(),
            label: word(&definitions, caller, &ledger.name, "", &ledger.label),
            module: ledger.name.package.to_string(),
            module_label: module_label(&definitions, caller, &ledger.name.package),
            dimensions: fields(&ledger.dimensions, "dimensions"),
            attributes: fields(&ledger.attributes, "attributes"),
            measures: ledger
                .measures
                .iter()
                .filter(|(n, _)| seen.reads(n))
                .map(measure)
                .collect(),
            constraints: constraints.collect(),
        })
    }

    /// Balances at the end of a day, or now.
    pub async fn balance(
        &self,
        caller: &Caller,
        ledger: &Ref,
        asked: BalanceAsked,
    ) -> Result<view::Balances, Error> {
        let (ledger, asked) = (ledger.clone(), Arc::new(asked));
        self.desk(caller, move |desk| {
            let (ledger, asked) = (ledger.clone(), asked.clone());
            Box::pin(async move { desk.balance(&ledger, &asked).await })
        })
        .await
    }
    /// What went in and out between two days, with what there was before and is after.
    pub async fn turnover(
        &self,
        caller: &Caller,
        ledger: &Ref,
        asked: TurnoverAsked,
    ) -> Result<view::Turnovers, Error> {
        let (ledger, asked) = (ledger.clone(), Arc::new(asked));
        self.desk(caller, move |desk| {
            let (ledger, asked) = (ledger.clone(), asked.clone());
            Box::pin(async move { desk.turnover(&ledger, &asked).await })
        })
        .await
    }
    /// Measures of a key as the engine knows them, the computed ones too.
    pub(crate) async fn engine_measures(
        &self,
        ledger: &Ref,
        key: Vec<(Name, Option<Value>)>,
    ) -> Result<Measures, Error> {
        let parts = Arc::new((ledger.clone(), key));
        self.desk(&self.engine(), move |desk| {
            let parts = parts.clone();
            Box::pin(async move {
                let (definitions, (ledger, key)) = (desk.definitions.clone(), &*parts);
                let stored = desk
                    .tx
                    .stored_balance(&definitions.tables, ledger, key)
                    .await?;
                let known = key
                    .iter()
                    .filter_map(|(n, v)| Some((n.clone(), v.clone()?)));
                let key: Fields = known.collect();
                let computed = desk
                    .settle(|d, _, facts| {
                        kernel::posting::measures(&d.rules, ledger, &key, &stored, facts)
                    })
                    .await?;
                Ok(stored.into_iter().chain(computed).collect())
            })
        })
        .await
    }
    /// Entries, newest day first.
    pub async fn entries(
        &self,
        caller: &Caller,
        ledger: &Ref,
        asked: EntriesAsked,
    ) -> Result<view::Entries, Error> {
        let (ledger, asked) = (ledger.clone(), Arc::new(asked));
        self.desk(caller, move |desk| {
            let (ledger, asked) = (ledger.clone(), asked.clone());
            Box::pin(async move { desk.entries(&ledger, &asked).await })
        })
        .await
    }
}

impl Desk<'_> {
    async fn balance(&mut self, r: &Ref, asked: &BalanceAsked) -> Result<view::Balances, Halt> {
        let definitions = self.definitions.clone();
        let ledger = find(&definitions, &self.caller, r)?;
        let seen = Seen::of(&definitions, &self.caller, &ledger);
        let (skip, limit) = (offset(&asked.after)?, page(asked.limit));
        let mut ask = Balances {
            ledger: r.clone(),
            at: asked.at,
            by: by(&ledger, &seen, &asked.by)?,
            filter: self.book_filter(&ledger, &seen, filter::Entries::No, &asked.filter)?,
            limit: (skip + limit + 1).min(ROWS_MAX),
        };
        let scope = self.caller.store.clone();
        let tables = &definitions.tables;
        let found = self.tx.balances(tables, &scope, &ask).await?;
        let more = found.len() > (skip + limit) as usize;
        let rows: Vec<_> = found
            .into_iter()
            .skip(skip as usize)
            .take(limit as usize)
            .collect();
        ask.by.clear();
        ask.limit = 1;
        let sums = self.tx.balances(tables, &scope, &ask).await?;
        let mut totals = Map::new();
        if let Some((_, sums)) = sums.into_iter().next() {
            let key = Fields::new();
            totals = self.shown_measures(&ledger, &seen, &key, sums).await?;
        }
        let titles = self
            .titles(&ledger, rows.iter().map(|(key, _)| key))
            .await?;
        let mut out = vec![];
        for (key, measures) in rows {
            out.push(view::BalanceRow {
                measures: self.shown_measures(&ledger, &seen, &key, measures).await?,
                key: shown_fields(&ledger.dimensions, &key, &titles),
            });
        }
        Ok(view::Balances {
            rows: out,
            totals,
            next: more.then(|| (skip + limit).to_string()),
        })
    }

    async fn turnover(&mut self, r: &Ref, asked: &TurnoverAsked) -> Result<view::Turnovers, Halt> {
        let definitions = self.definitions.clone();
        let ledger = find(&definitions, &self.caller, r)?;
        let seen = Seen::of(&definitions, &self.caller, &ledger);
        let to = asked.to.unwrap_or(self.today);
        let from = asked.from.unwrap_or_else(|| first_of_month(to));
        if from > to {
            return Err(Error::bad("unfit_value", "from").into());
        }
        let filter = self.book_filter(&ledger, &seen, filter::Entries::No, &asked.filter)?;
        let by = by(&ledger, &seen, &asked.by)?;
        let scope = self.caller.store.clone();
        let tables = &definitions.tables;
        let moved = Turnover {
            ledger: r.clone(),
            from,
            to,
            by: by.clone(),
            every: Every::All,
            filter: filter.clone(),
            limit: ROWS_MAX,
        };
        let moved = self.tx.turnover(tables, &scope, &moved).await?;
        let before = Balances {
            ledger: r.clone(),
            at: Some(from - Days::new(1)),
            by,
            filter,
            limit: ROWS_MAX,
        };
        let before = self.tx.balances(tables, &scope, &before).await?;
        let mut rows: IndexMap<Vec<Option<Value>>, (Fields, [Measures; 3])> = IndexMap::new();
        let key = |fields: &Fields| {
            let dimensions = ledger.dimensions.keys();
            dimensions
                .map(|d| fields.get(d).cloned())
                .collect::<Vec<_>>()
        };
        for (fields, measures) in before {
            let row = rows.entry(key(&fields)).or_default();
            *row = (fields, [measures, Measures::new(), Measures::new()]);
        }
        for row in moved {
            let kept = rows.entry(key(&row.dimensions)).or_default();
            kept.0 = row.dimensions;
            kept.1[1] = row.into;
            kept.1[2] = row.out;
        }
        let titles = self
            .titles(&ledger, rows.values().map(|(key, _)| key))
            .await?;
        let mut out = vec![];
        for (_, (key, [opening, into, gone])) in rows {
            let mut closing = opening.clone();
            crate::desk::add(&mut closing, &into);
            for (name, amount) in &gone {
                *closing.entry(name.clone()).or_default() -= *amount;
            }
            out.push(view::TurnoverRow {
                opening: self.shown_measures(&ledger, &seen, &key, opening).await?,
                // What moved is posted, never worked out.
                inward: seen.stored(&ledger, &into),
                outward: seen.stored(&ledger, &gone),
                closing: self.shown_measures(&ledger, &seen, &key, closing).await?,
                key: shown_fields(&ledger.dimensions, &key, &titles),
            });
        }
        Ok(view::Turnovers { rows: out })
    }

    async fn entries(&mut self, r: &Ref, asked: &EntriesAsked) -> Result<view::Entries, Halt> {
        let definitions = self.definitions.clone();
        let ledger = find(&definitions, &self.caller, r)?;
        let seen = Seen::of(&definitions, &self.caller, &ledger);
        let mut filter = self.book_filter(&ledger, &seen, filter::Entries::Yes, &asked.filter)?;
        // A dimension of that name would hide the day of the entry; then there is no such bound.
        let date = Path::one(&Name::known("date"));
        if let Some(from) = asked.from {
            filter = filter.and(Filter::Field(
                date.clone(),
                Test::AtLeast(Value::Date(from)),
            ));
        }
        if let Some(to) = asked.to {
            filter = filter.and(Filter::Field(date, Test::AtMost(Value::Date(to))));
        }
        let limit = page(asked.limit);
        let ask = Entries {
            ledger: r.clone(),
            filter,
            after: asked.after.clone(),
            limit: limit + 1,
        };
        let scope = self.caller.store.clone();
        let mut found = self.tx.entries(&definitions.tables, &scope, &ask).await?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next = found.last().filter(|_| more).map(|e| e.cursor.clone());
        let mut titles = Titles::default();
        for found in &found {
            titles.want(&ledger.dimensions, &found.entry.dimensions);
            titles.want(&ledger.attributes, &found.entry.attributes);
            if definitions.catalogue.form(&found.form).is_some() {
                titles.want_one(&record_target(&found.form), found.record);
            }
        }
        titles.fetch(self).await?;
        let posted = self.posted_at(&found).await?;
        // What entries come from is named to who knows such records.
        let mut known: HashMap<Ref, bool> = HashMap::new();
        for found in &found {
            if !known.contains_key(&found.form) {
                let knows = match self.known(&found.form).await {
                    Ok(_) => true,
                    Err(Halt::Stop(Error::NotFound)) => false,
                    Err(other) => return Err(other),
                };
                known.insert(found.form.clone(), knows);
            }
        }
        let rows = found.into_iter().map(|found| {
            let form = definitions.catalogue.form(&found.form);
            let form = form.filter(|f| known[&f.name]);
            view::EntryRow {
                id: found.posting,
                date: found.entry.date.to_string(),
                posted_at: posted.get(&found.posting).cloned().unwrap_or_default(),
                form: form.map(|f| f.name.to_string()),
                form_label: form.map(|f| self.form_label(f)),
                record: form.map(|f| view::Named {
                    id: found.record,
                    title: titles.title(found.record),
                    form: Some(f.name.to_string()),
                }),
                kind: found.kind,
                key: shown_fields(&ledger.dimensions, &found.entry.dimensions, &titles),
                attributes: shown_fields(&ledger.attributes, &found.entry.attributes, &titles),
                measures: seen.stored(&ledger, &found.entry.measures),
            }
        });
        Ok(view::Entries {
            rows: rows.collect(),
            next,
        })
    }

    /// A filter on a ledger by what the caller sees of it.
    fn book_filter(
        &self,
        ledger: &Ledger,
        seen: &Seen,
        entries: filter::Entries,
        json: &Map<String, Json>,
    ) -> Result<Filter, Error> {
        let asks = filter::Asks {
            definitions: &self.definitions,
            reads: &|of, path| match *of == ledger.name {
                true => seen.reads(path.head()),
                false => self.rights(of).at(path) >= Look::Read,
            },
        };
        filter::parse(&asks, Of::Ledger(ledger, entries), json)
    }

    /// When postings were written.
    async fn posted_at(
        &mut self,
        entries: &[store::EntryFound],
    ) -> Result<HashMap<Id, String>, Halt> {
        let mut out = HashMap::new();
        let mut asked = HashSet::new();
        for entry in entries {
            if asked.insert(entry.record) {
                for posting in self.tx.postings_of(entry.record).await? {
                    out.insert(posting.id, moment(posting.at));
                }
            }
        }
        Ok(out)
    }

    async fn titles<'k>(
        &mut self,
        ledger: &Ledger,
        keys: impl Iterator<Item = &'k Fields>,
    ) -> Result<Titles, Halt> {
        let mut titles = Titles::default();
        for key in keys {
            titles.want(&ledger.dimensions, key);
        }
        titles.fetch(self).await?;
        Ok(titles)
    }

    /// The measures of a balance that the caller sees, the computed ones worked out.
    async fn shown_measures(
        &mut self,
        ledger: &Ledger,
        seen: &Seen,
        key: &Fields,
        stored: Measures,
    ) -> Result<Map<String, Json>, Halt> {
        let mut all = stored;
        if ledger.measures.values().any(|m| !m.stored()) {
            let (name, known) = (&ledger.name, &all);
            let computed = self
                .settle(|d, _, facts| kernel::posting::measures(&d.rules, name, key, known, facts))
                .await?;
            all.extend(computed);
        }
        Ok(seen.measures(ledger, &all, |_| true))
    }
}

/// What of a ledger the caller sees.
struct Seen {
    looks: FieldLooks,
    /// Computed measures that read one he does not see.
    blind: HashSet<Name>,
}
impl Seen {
    fn of(definitions: &Definitions, caller: &Caller, ledger: &Ledger) -> Self {
        let looks = match caller.user.id == crate::caller::ENGINE {
            true => FieldLooks::everything(),
            false => caller.rights.looks(&definitions.rules, &ledger.name),
        };
        let mut seen = Self {
            looks,
            blind: HashSet::new(),
        };
        let names = ledger.measures.keys();
        let mut unseen: HashSet<Name> = names.filter(|n| !seen.reads(n)).cloned().collect();
        loop {
            let reads_unseen = |m: &Measure| {
                let text = m.computed.as_ref().map_or("", |e| e.as_str());
                let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                words.into_iter().any(|w| unseen.contains(w))
            };
            let measures = ledger.measures.iter();
            let more: Vec<Name> = measures
                .filter(|(n, m)| !unseen.contains(*n) && reads_unseen(m))
                .map(|(n, _)| n.clone())
                .collect();
            if more.is_empty() {
                return seen;
            }
            seen.blind.extend(more.iter().cloned());
            unseen.extend(more);
        }
    }
    fn reads(&self, name: &Name) -> bool {
        !self.blind.contains(name) && self.looks.at(&Path::one(name)) >= Look::Read
    }
    fn stored(&self, ledger: &Ledger, amounts: &Measures) -> Map<String, Json> {
        self.measures(ledger, amounts, Measure::stored)
    }
    /// Amounts with their digits. A stored measure that is not among them is zero.
    fn measures(
        &self,
        ledger: &Ledger,
        amounts: &Measures,
        which: impl Fn(&Measure) -> bool,
    ) -> Map<String, Json> {
        let mut out = Map::new();
        for (name, measure) in &ledger.measures {
            if !which(measure) || !self.reads(name) {
                continue;
            }
            let amount = amounts.get(name).copied();
            if let Some(amount) = amount.or_else(|| measure.stored().then(Default::default)) {
                out.insert(name.to_string(), Json::String(digits(measure, amount)));
            }
        }
        out
    }
}

/// An amount with the digits of its measure; a quantity without its trailing zeros.
fn digits(measure: &Measure, amount: model::Decimal) -> String {
    let mut amount = amount;
    match measure.kind {
        MeasureKind::Quantity => amount = amount.normalize(),
        _ => amount.rescale(measure.scale()),
    }
    amount.to_string()
}

fn readable(caller: &Caller, ledger: &Ref) -> bool {
    caller.user.id == crate::caller::ENGINE || caller.may(ledger, Verb::Read)
}

/// A ledger that the caller may read.
fn find(definitions: &Definitions, caller: &Caller, r: &Ref) -> Result<Arc<Ledger>, Error> {
    let found = definitions.catalogue.ledger(r).cloned();
    found
        .filter(|l| readable(caller, &l.name))
        .ok_or(Error::NotFound)
}

/// The dimensions to group by: those asked for, or all that the caller sees.
fn by(ledger: &Ledger, seen: &Seen, asked: &[Name]) -> Result<Vec<Name>, Error> {
    if asked.is_empty() {
        let names = ledger.dimensions.keys();
        return Ok(names.filter(|n| seen.reads(n)).cloned().collect());
    }
    let mut out: Vec<Name> = vec![];
    for name in asked {
        if !ledger.dimensions.contains_key(name) || !seen.reads(name) {
            return Err(Error::BadRequest {
                code: "unknown_field".into(),
                at: name.to_string(),
                with: vec![name.to_string()],
            });
        }
        if !out.contains(name) {
            out.push(name.clone());
        }
    }
    Ok(out)
}

fn shown_fields(
    fields: &IndexMap<Name, Field>,
    values: &Fields,
    titles: &Titles,
) -> Map<String, Json> {
    let mut out = Map::new();
    for (name, value) in values {
        if let Some(field) = fields.get(name) {
            let json = match value {
                Value::Number(n) => Json::String(shown_number(field, *n)),
                other => titles.value(field, other),
            };
            out.insert(name.to_string(), json);
        }
    }
    out
}

pub(crate) fn record_target(form: &Ref) -> Target {
    Target {
        form: form.clone(),
        table: None,
    }
}

fn word(definitions: &Definitions, caller: &Caller, r: &Ref, path: &str, text: &str) -> String {
    let path = format!("ledgers/{}{path}", r.name);
    let language = caller.language.as_str();
    definitions
        .catalogue
        .word(&r.package, language, &path, text)
}

/// The label of a package in the caller's language.
pub(crate) fn module_label(definitions: &Definitions, caller: &Caller, package: &Name) -> String {
    let found = definitions.catalogue.packages.get(package);
    let label = found.map_or(package.as_str(), |p| &p.manifest.label);
    let language = caller.language.as_str();
    definitions
        .catalogue
        .word(package, language, "label", label)
}

fn page(limit: Option<u32>) -> u32 {
    limit.unwrap_or(PAGE).clamp(1, PAGE_MAX)
}

fn offset(after: &Option<String>) -> Result<u32, Error> {
    let Some(after) = after else { return Ok(0) };
    let bad = || Error::bad("bad_cursor", "after");
    let offset: u32 = after.parse().map_err(|_| bad())?;
    if offset > ROWS_MAX - PAGE_MAX {
        return Err(bad());
    }
    Ok(offset)
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    use chrono::Datelike;
    day.with_day(1).unwrap_or(day)
}
