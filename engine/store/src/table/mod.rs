//! The physical shape of a catalogue: which table and column keeps what. Compiled once for each
//! publish and shared; the texts of hot statements are kept in it.

mod column;
mod form;
mod ledger;

pub(crate) use column::{Codec, Column};
pub(crate) use form::{FormTable, LineTable, SYSTEM};
pub(crate) use ledger::{ENTRY, LedgerTable};

use crate::Failure;
use model::{Catalogue, Name, Ref, Target, ledger::Balance};
use std::{collections::HashMap, sync::Arc};

/// Longest identifier PostgreSQL keeps.
const LONGEST: usize = 63;

/// An identifier of at most 63 bytes: a longer one keeps its beginning and gets a hashed tail.
pub(crate) fn fit(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    format!("{}_{}", &name[..46], &hash[..16])
}

/// A column that links somewhere: what stands in the way of a deletion.
#[derive(Clone, Debug)]
pub(crate) struct Referrer {
    /// The form or ledger it belongs to.
    pub of: Ref,
    /// The physical table.
    pub table: String,
    pub column: Name,
    /// What it points to.
    pub to: Target,
}

/// The tables of every form and ledger of a catalogue. Made anew by each publish.
#[derive(Debug, Default)]
pub struct Tables {
    forms: HashMap<Ref, Arc<FormTable>>,
    ledgers: HashMap<Ref, Arc<LedgerTable>>,
    referrers: HashMap<Ref, Vec<Referrer>>,
}

impl Tables {
    /// Compiles the tables of a catalogue. [`Failure::Bad`] `reserved_name` where a field has the
    /// name of something every record has.
    pub fn compile(catalogue: &Catalogue) -> Result<Self, Failure> {
        let mut targeted: Vec<&Target> = Vec::new();
        for form in catalogue.forms() {
            let lines = form.tables().flat_map(|(_, l)| l.fields.values());
            targeted.extend(
                form.fields
                    .values()
                    .chain(lines)
                    .filter_map(|f| Some(&f.as_link()?.to)),
            );
        }
        for ledger in catalogue.ledgers() {
            let fields = ledger.dimensions.values().chain(ledger.attributes.values());
            targeted.extend(fields.filter_map(|f| Some(&f.as_link()?.to)));
        }
        let mut tables = Self::default();
        for form in catalogue.forms() {
            let table = FormTable::compile(form, &targeted)?;
            tables.refer(&form.name, &table.name, table.columns.values());
            for lines in table.lines.values() {
                tables.refer(&form.name, &lines.name, lines.columns.values());
            }
            tables.forms.insert(form.name.clone(), Arc::new(table));
        }
        for ledger in catalogue.ledgers() {
            let table = LedgerTable::compile(ledger)?;
            let where_found = match ledger.balance {
                Balance::None => &table.entries,
                Balance::Period => &table.periods,
                Balance::Current => &table.balances,
            };
            tables.refer(&ledger.name, where_found, table.dimensions.values());
            tables.ledgers.insert(ledger.name.clone(), Arc::new(table));
        }
        Ok(tables)
    }
    fn refer<'a>(&mut self, of: &Ref, table: &str, columns: impl Iterator<Item = &'a Column>) {
        for column in columns {
            if let Some(to) = column.link() {
                self.referrers
                    .entry(to.form.clone())
                    .or_default()
                    .push(Referrer {
                        of: of.clone(),
                        table: table.into(),
                        column: column.name.clone(),
                        to: to.clone(),
                    });
            }
        }
    }
    /// The table of a form.
    pub(crate) fn form(&self, form: &Ref) -> Result<&Arc<FormTable>, Failure> {
        self.forms
            .get(form)
            .ok_or_else(|| Failure::bad("no_such_form", form))
    }
    /// The tables of a ledger.
    pub(crate) fn ledger(&self, ledger: &Ref) -> Result<&Arc<LedgerTable>, Failure> {
        self.ledgers
            .get(ledger)
            .ok_or_else(|| Failure::bad("no_such_ledger", ledger))
    }
    /// Every form, in a lasting order.
    pub(crate) fn forms(&self) -> Vec<&Arc<FormTable>> {
        let mut all: Vec<_> = self.forms.values().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }
    /// Every ledger, in a lasting order.
    pub(crate) fn ledgers(&self) -> Vec<&Arc<LedgerTable>> {
        let mut all: Vec<_> = self.ledgers.values().collect();
        all.sort_by(|a, b| a.entries.cmp(&b.entries));
        all
    }
    /// The columns that link to a form or to its lines.
    pub(crate) fn referrers(&self, form: &Ref) -> &[Referrer] {
        self.referrers.get(form).map_or(&[], Vec::as_slice)
    }
}
