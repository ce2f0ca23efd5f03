//! What somebody typed that names something else: records and files. Nothing is worked out from
//! a record he may not see, and no file gets into a record by its hash alone.

use crate::{
    Error,
    desk::{Desk, Halt},
    file,
};
use kernel::{
    Ask,
    form::{self, Finding, Place},
};
use model::{Fields, Form, Id, Record, Target, Value, value::Blob};
use std::collections::{HashMap, HashSet};

/// The values among which a place is.
fn values_at<'a>(record: &'a mut Record, at: &Place) -> Option<&'a mut Fields> {
    let Some((table, line)) = &at.line else {
        return Some(&mut record.values);
    };
    match record.values.get_mut(table) {
        Some(Value::Lines(lines)) => {
            let line = lines.iter_mut().find(|l| l.id == *line)?;
            Some(&mut line.values)
        }
        _ => None,
    }
}

/// Takes out of a record what findings are about.
pub(crate) fn take_out(record: &mut Record, findings: &[Finding]) {
    for finding in findings {
        if let Some(values) = values_at(record, &finding.at) {
            values.shift_remove(&finding.at.field);
        }
    }
}

impl Desk<'_> {
    /// Findings about chosen links whose targets the caller may not see. One that does not exist
    /// gives the same.
    pub async fn unseen_links(
        &mut self,
        form: &Form,
        before: Option<&Record>,
        record: &Record,
    ) -> Result<Vec<Finding>, Halt> {
        let definitions = self.definitions.clone();
        let scope = self.caller.store.clone();
        let chosen = form::chosen(form, before, record);
        let mut by_target: HashMap<&Target, Vec<Id>> = HashMap::new();
        for chosen in &chosen {
            by_target.entry(&chosen.to).or_default().push(chosen.id);
        }
        let mut seen: HashSet<(&Target, Id)> = HashSet::new();
        for (to, mut ids) in by_target {
            ids.sort();
            ids.dedup();
            let titles = &definitions.tables;
            let found = self.tx.titles(titles, &scope, to, &ids).await?;
            seen.extend(found.into_keys().map(|id| (to, id)));
        }
        let unseen = chosen.iter().filter(|c| !seen.contains(&(&c.to, c.id)));
        Ok(unseen
            .map(|c| Finding::refuse("no_such_record", c.at.clone(), &[]))
            .collect())
    }

    /// Findings about chosen links whose targets do not fit the rule of their field.
    pub async fn unfit_links(
        &mut self,
        form: &Form,
        before: Option<&Record>,
        record: &Record,
    ) -> Result<Vec<Finding>, Halt> {
        let mut ruled = vec![];
        for chosen in form::chosen(form, before, record) {
            if chosen.to.table.is_some() {
                continue;
            }
            let filter = self
                .settle(|d, asker, facts| {
                    form::link_rows(&d.rules, form, record, &chosen.at, asker, facts)
                })
                .await?;
            if filter != model::Filter::everything() {
                ruled.push((chosen, filter));
            }
        }
        let asks = ruled.iter().map(|(chosen, _)| Ask::Record {
            form: chosen.to.form.clone(),
            id: chosen.id,
        });
        let asks = asks.filter(|ask| !self.facts.knows(ask)).collect();
        self.answer(asks).await?;
        let mut bad = vec![];
        for (chosen, filter) in ruled {
            let fits = match self.facts.known(&chosen.to.form, chosen.id).cloned() {
                Some(target) => {
                    self.settle(|d, _, facts| {
                        Ok(kernel::access::holds(&d.rules, &filter, &target, facts))
                    })
                    .await?
                }
                None => false,
            };
            if !fits {
                bad.push(Finding::refuse("not_allowed_here", chosen.at, &[]));
            }
        }
        Ok(bad)
    }

    /// Refuses links to records the caller may not see or choose.
    pub async fn check_links(
        &mut self,
        form: &Form,
        before: Option<&Record>,
        record: &Record,
    ) -> Result<(), Halt> {
        let mut bad = self.unseen_links(form, before, record).await?;
        if bad.is_empty() {
            bad = self.unfit_links(form, before, record).await?;
        }
        if bad.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.findings(bad)).into())
        }
    }

    /// Puts what is known of the files at these places in the place of what was said of them.
    /// Gives a finding where one is neither in the record already nor was sent by the caller.
    pub async fn know_files(
        &mut self,
        before: Option<&Record>,
        record: &mut Record,
        places: &[Place],
    ) -> Result<Vec<Finding>, Halt> {
        let mut bad = vec![];
        for at in places {
            let values = values_at(record, at);
            let Some(Value::Files(files)) = values.and_then(|v| v.get_mut(&at.field)) else {
                continue;
            };
            let hashes: Vec<String> = files.iter().map(|f| f.hash.to_string()).collect();
            let mut mine = self.tx.uploaded(self.caller.user.id, &hashes).await?;
            mine.extend(before.into_iter().flat_map(hashes_of));
            let known = self.tx.files(&hashes).await?;
            let known: HashMap<&str, &store::File> =
                known.iter().map(|f| (f.hash.as_str(), f)).collect();
            for blob in files.iter_mut() {
                match known.get(&*blob.hash) {
                    Some(row) if mine.contains(&*blob.hash) => {
                        *blob = Blob {
                            hash: blob.hash.clone(),
                            name: file::plain(&blob.name).into(),
                            size: row.size,
                            media: row.media.as_str().into(),
                        };
                    }
                    _ => {
                        bad.push(Finding::refuse("no_such_file", at.clone(), &[&blob.name]));
                        break;
                    }
                }
            }
        }
        Ok(bad)
    }
}

/// The hashes of all files in a record.
fn hashes_of(record: &Record) -> Vec<String> {
    let mut out = vec![];
    let mut note = |value: &Value| {
        if let Value::Files(files) = value {
            out.extend(files.iter().map(|f| f.hash.to_string()));
        }
    };
    for value in record.values.values() {
        note(value);
        for line in value.lines() {
            line.values.values().for_each(&mut note);
        }
    }
    out
}
