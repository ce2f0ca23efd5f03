//! Ledgers as a caller may read them: definitions, balances, turnover, entries.

use crate::{
    Caller, Error, Site,
    desk::{Desk, Halt},
    filter::ledger_filter,
    show::{Titles, moment, shown_number},
    view,
};
use chrono::NaiveDate;
use kernel::Measures;
use model::{Decimal, Fields, Filter, Id, Ledger, Look, Name, Path, Ref, Test, Value, Verb};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use store::{Balances, Entries, Every, Turnover};

/// Which balances.
#[derive(Clone, Debug, Default)]
pub struct BalanceAsked {
    pub at: Option<NaiveDate>,
    pub by: Vec<Name>,
    pub filter: Map<String, Json>,
    /// Rows to skip, from the answer before.
    pub after: Option<String>,
    pub limit: Option<u32>,
}

/// Which turnover.
#[derive(Clone, Debug, Default)]
pub struct TurnoverAsked {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub by: Vec<Name>,
    pub filter: Map<String, Json>,
}

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct EntriesAsked {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub filter: Map<String, Json>,
    pub after: Option<String>,
    pub limit: Option<u32>,
}

/// Most rows of one answer.
const ROWS: u32 = 500;

impl Site {
    /// The ledgers a caller may read.
    pub fn ledgers(&self, caller: &Caller) -> Vec<view::LedgerEntry> {
        let definitions = self.definitions();
        let catalogue = &definitions.catalogue;
        let language = caller.language.as_str();
        catalogue
            .ledgers()
            .filter(|l| caller.may(&l.name, Verb::Read))
            .map(|l| {
                let package = &catalogue.packages[&l.name.package];
                let path = format!("ledgers/{}", l.name.name);
                view::LedgerEntry {
                    ledger: l.name.to_string(),
                    label: catalogue.word(&package.name, language, &path, &l.label),
                    module: package.name.to_string(),
                    module_label: catalogue.word(
                        &package.name,
                        language,
                        "label",
                        &package.manifest.label,
                    ),
                }
            })
            .collect()
    }

    /// A ledger as a caller may read it.
    pub fn ledger(&self, caller: &Caller, r: &Ref) -> Result<view::LedgerDefinition, Error> {
        let definitions = self.definitions();
        let catalogue = &definitions.catalogue;
        let ledger = readable(caller, catalogue.ledger(r))?;
        let looks = caller.rights.looks(&definitions.rules, r);
        let language = caller.language.as_str();
        let word = |path: String, label: &str| catalogue.word(&r.package, language, &path, label);
        let base = format!("ledgers/{}", r.name);
        let fields = |group: &str, list: &indexmap::IndexMap<Name, model::Field>| {
            let mut out = Map::new();
            for (name, field) in list {
                if looks.at(&Path::one(name)) < Look::Read {
                    continue;
                }
                let label = word(format!("{base}/{group}/{name}"), &field.label);
                let to = field.as_link().map(|l| l.to.to_string());
                out.insert(
                    name.to_string(),
                    json!({ "label": label, "kind": field.kind.name(), "to": to }),
                );
            }
            out
        };
        let mut measures = Map::new();
        for (name, m) in &ledger.measures {
            if looks.at(&Path::one(name)) >= Look::Read {
                let label = word(format!("{base}/measures/{name}"), &m.label);
                measures.insert(
                    name.to_string(),
                    json!({ "label": label, "kind": m.kind,
                    "scale": m.scale(), "computed": m.computed.is_some() }),
                );
            }
        }
        let package = &catalogue.packages[&r.package];
        Ok(view::LedgerDefinition {
            ledger: r.to_string(),
            label: word(base.clone(), &ledger.label),
            module: r.package.to_string(),
            module_label: word("label".into(), &package.manifest.label),
            dimensions: fields("dimensions", &ledger.dimensions),
            attributes: fields("attributes", &ledger.attributes),
            measures,
            constraints: ledger
                .constraints
                .iter()
                .map(|(name, c)| view::ConstraintView {
                    name: name.to_string(),
                    say: word(format!("{base}/constraints/{name}"), &c.say),
                })
                .collect(),
        })
    }

    /// Balances at the end of a day, or now.
    pub async fn balance(
        &self,
        caller: &Caller,
        ledger: &Ref,
        asked: BalanceAsked,
    ) -> Result<view::Balances, Error> {
        let parts = Arc::new((ledger.clone(), asked));
        self.desk(caller, move |desk| {
            let parts = parts.clone();
            Box::pin(async move { desk.balances(&parts.0, &parts.1).await })
        })
        .await
    }
    /// What moved between two days.
    pub async fn turnover(
        &self,
        caller: &Caller,
        ledger: &Ref,
        asked: TurnoverAsked,
    ) -> Result<view::Turnovers, Error> {
        let parts = Arc::new((ledger.clone(), asked));
        self.desk(caller, move |desk| {
            let parts = parts.clone();
            Box::pin(async move { desk.turnovers(&parts.0, &parts.1).await })
        })
        .await
    }
    /// The entries behind it.
    pub async fn entries(
        &self,
        caller: &Caller,
        ledger: &Ref,
        asked: EntriesAsked,
    ) -> Result<view::Entries, Error> {
        let parts = Arc::new((ledger.clone(), asked));
        self.desk(caller, move |desk| {
            let parts = parts.clone();
            Box::pin(async move { desk.entry_rows(&parts.0, &parts.1).await })
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
                let definitions = desk.definitions.clone();
                let stored = desk
                    .tx
                    .stored_balance(&definitions.tables, &parts.0, &parts.1)
                    .await?;
                let key = parts
                    .1
                    .iter()
                    .filter_map(|(n, v)| Some((n.clone(), v.clone()?)))
                    .collect();
                desk.measures(&parts.0, &key, &stored).await
            })
        })
        .await
    }
}

fn readable<'a>(
    caller: &Caller,
    ledger: Option<&'a Arc<Ledger>>,
) -> Result<&'a Arc<Ledger>, Error> {
    ledger
        .filter(|l| caller.may(&l.name, Verb::Read))
        .ok_or(Error::NotFound)
}

impl Desk<'_> {
    async fn measures(
        &mut self,
        ledger: &Ref,
        key: &Fields,
        stored: &Measures,
    ) -> Result<Measures, Halt> {
        self.settle(|d, _, facts| kernel::posting::measures(&d.rules, ledger, key, stored, facts))
            .await
    }

    /// Measures as shown: only those the caller may read.
    async fn shown_measures(
        &mut self,
        ledger: &Ledger,
        key: &Fields,
        stored: &Measures,
    ) -> Result<Map<String, Json>, Halt> {
        let all = self.measures(&ledger.name, key, stored).await?;
        let looks = self.rights(&ledger.name);
        let mut out = Map::new();
        for (name, measure) in &ledger.measures {
            if looks.at(&Path::one(name)) < Look::Read {
                continue;
            }
            let amount = all.get(name).copied().unwrap_or(Decimal::ZERO);
            out.insert(name.to_string(), Json::String(amount_text(measure, amount)));
        }
        Ok(out)
    }

    async fn balances(&mut self, r: &Ref, asked: &BalanceAsked) -> Result<view::Balances, Halt> {
        let definitions = self.definitions.clone();
        let ledger = readable(&self.caller, definitions.catalogue.ledger(r))?.clone();
        let skip: usize = match &asked.after {
            Some(text) => text
                .parse()
                .map_err(|_| Error::bad("bad_cursor", "after"))?,
            None => 0,
        };
        let limit = asked.limit.unwrap_or(100).clamp(1, ROWS) as usize;
        let by = if asked.by.is_empty() {
            ledger.dimensions.keys().cloned().collect()
        } else {
            asked.by.clone()
        };
        let ask = Balances {
            ledger: r.clone(),
            at: asked.at,
            by,
            filter: ledger_filter(&ledger, &asked.filter)?,
            limit: (skip + limit + 1) as u32,
        };
        let scope = self.caller.store.clone();
        let found = self.tx.balances(&definitions.tables, &scope, &ask).await?;
        let more = found.len() > skip + limit;
        let mut totals = Measures::new();
        let mut titles = Titles::default();
        let page: Vec<_> = found.into_iter().skip(skip).take(limit).collect();
        for (key, measures) in &page {
            crate::desk::add(&mut totals, measures);
            titles.want(&ledger.dimensions, key);
        }
        titles.fetch(self).await?;
        let mut rows = vec![];
        for (key, measures) in &page {
            rows.push(view::BalanceRow {
                key: shown_key(&ledger, key, &titles),
                measures: self.shown_measures(&ledger, key, measures).await?,
            });
        }
        let totals = self
            .shown_measures(&ledger, &Fields::new(), &totals)
            .await?;
        Ok(view::Balances {
            rows,
            totals,
            next: more.then(|| (skip + limit).to_string()),
        })
    }

    async fn turnovers(&mut self, r: &Ref, asked: &TurnoverAsked) -> Result<view::Turnovers, Halt> {
        let definitions = self.definitions.clone();
        let ledger = readable(&self.caller, definitions.catalogue.ledger(r))?.clone();
        let to = asked.to.unwrap_or(self.today);
        let from = asked.from.unwrap_or_else(|| {
            use chrono::Datelike;
            to.with_day(1).unwrap_or(to)
        });
        let by: Vec<Name> = if asked.by.is_empty() {
            ledger.dimensions.keys().cloned().collect()
        } else {
            asked.by.clone()
        };
        let filter = ledger_filter(&ledger, &asked.filter)?;
        let scope = self.caller.store.clone();
        let tables = &definitions.tables;
        let turnover = Turnover {
            ledger: r.clone(),
            from,
            to,
            by: by.clone(),
            every: Every::All,
            filter: filter.clone(),
            limit: ROWS,
        };
        let moved = self.tx.turnover(tables, &scope, &turnover).await?;
        let before = from.pred_opt().unwrap_or(from);
        let opening = Balances {
            ledger: r.clone(),
            at: Some(before),
            by,
            filter,
            limit: ROWS,
        };
        let opened = self.tx.balances(tables, &scope, &opening).await?;
        let mut keys: Vec<Fields> = opened.iter().map(|(k, _)| k.clone()).collect();
        for row in &moved {
            if !keys.contains(&row.dimensions) {
                keys.push(row.dimensions.clone());
            }
        }
        let mut titles = Titles::default();
        for key in &keys {
            titles.want(&ledger.dimensions, key);
        }
        titles.fetch(self).await?;
        let mut rows = vec![];
        for key in keys {
            let none = Measures::new();
            let opening = opened
                .iter()
                .find(|(k, _)| *k == key)
                .map_or(&none, |(_, m)| m);
            let row = moved.iter().find(|m| m.dimensions == key);
            let (into, out) = row.map_or((&none, &none), |m| (&m.into, &m.out));
            let mut closing = opening.clone();
            crate::desk::add(&mut closing, into);
            let minus = out.iter().map(|(n, d)| (n.clone(), -*d)).collect();
            crate::desk::add(&mut closing, &minus);
            rows.push(view::TurnoverRow {
                key: shown_key(&ledger, &key, &titles),
                opening: self.shown_measures(&ledger, &key, opening).await?,
                inward: self.shown_measures(&ledger, &key, into).await?,
                outward: self.shown_measures(&ledger, &key, out).await?,
                closing: self.shown_measures(&ledger, &key, &closing).await?,
            });
        }
        Ok(view::Turnovers { rows })
    }

    async fn entry_rows(&mut self, r: &Ref, asked: &EntriesAsked) -> Result<view::Entries, Halt> {
        let definitions = self.definitions.clone();
        let ledger = readable(&self.caller, definitions.catalogue.ledger(r))?.clone();
        let mut filter = ledger_filter(&ledger, &asked.filter)?;
        let date = Path::one(&Name::known("date"));
        if let Some(from) = asked.from {
            let test = Test::AtLeast(Value::Date(from));
            filter = filter.and(Filter::Field(date.clone(), test));
        }
        if let Some(to) = asked.to {
            filter = filter.and(Filter::Field(date, Test::AtMost(Value::Date(to))));
        }
        let limit = asked.limit.unwrap_or(50).clamp(1, ROWS);
        let ask = Entries {
            ledger: r.clone(),
            filter,
            after: asked.after.clone(),
            limit,
        };
        let scope = self.caller.store.clone();
        let found = self.tx.entries(&definitions.tables, &scope, &ask).await?;
        let next = found
            .last()
            .filter(|_| found.len() == limit as usize)
            .map(|e| e.cursor.clone());
        let mut titles = Titles::default();
        for e in &found {
            titles.want(&ledger.dimensions, &e.entry.dimensions);
            titles.want(&ledger.attributes, &e.entry.attributes);
            if definitions.catalogue.form(&e.form).is_some() {
                let to = model::Target {
                    form: e.form.clone(),
                    table: None,
                };
                titles.want_one(&to, e.record);
            }
        }
        titles.fetch(self).await?;
        let looks = self.rights(&ledger.name);
        let mut rows = vec![];
        for e in found {
            let form = definitions.catalogue.form(&e.form);
            let mut measures = Map::new();
            for (name, measure) in ledger.stored() {
                if looks.at(&Path::one(name)) >= Look::Read {
                    let amount = e.entry.measures.get(name).copied().unwrap_or(Decimal::ZERO);
                    measures.insert(name.to_string(), Json::String(amount_text(measure, amount)));
                }
            }
            let id: Id = e.posting;
            rows.push(view::EntryRow {
                id,
                date: e.entry.date.to_string(),
                posted_at: moment(self.now.min(posted_at(id).unwrap_or(self.now))),
                form: form.map(|f| f.name.to_string()),
                form_label: form.map(|f| self.form_label(f)),
                record: form.map(|f| view::Named {
                    id: e.record,
                    title: titles.title(e.record),
                    form: Some(f.name.to_string()),
                }),
                kind: e.kind,
                key: shown_key(&ledger, &e.entry.dimensions, &titles),
                attributes: shown_fields(&ledger.attributes, &e.entry.attributes, &titles),
                measures,
            });
        }
        Ok(view::Entries { rows, next })
    }
}

/// The moment in a time-ordered id.
fn posted_at(id: Id) -> Option<chrono::DateTime<chrono::Utc>> {
    let (seconds, nanos) = id.0.get_timestamp()?.to_unix();
    chrono::DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

fn amount_text(measure: &model::ledger::Measure, amount: Decimal) -> String {
    match measure.kind {
        model::ledger::MeasureKind::Quantity => amount.normalize().to_string(),
        _ => {
            let mut amount = amount;
            amount.rescale(measure.scale());
            amount.to_string()
        }
    }
}

fn shown_key(ledger: &Ledger, key: &Fields, titles: &Titles) -> Map<String, Json> {
    shown_fields(&ledger.dimensions, key, titles)
}

fn shown_fields(
    fields: &indexmap::IndexMap<Name, model::Field>,
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
