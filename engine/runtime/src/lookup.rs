//! What a link may point to, while somebody is filling in a form.

use crate::{
    Caller, Error, Site,
    desk::{Desk, Halt, blank},
    record::{AtNode, NewLines},
    view,
};
use kernel::form::{Phase, Place, link_rows};
use model::{Filter, Form, Id, Look, Name, Path, Record, Ref, Target, Test, Value};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use store::{Columns, Query};

/// What a look-up is asked.
#[derive(Clone, Debug, Default)]
pub struct LookupAsked {
    /// A part of its text or key; empty: the newest.
    pub q: String,
    pub limit: Option<u32>,
    /// The form being filled in, and the link field in it.
    pub of: Option<(Ref, Path)>,
    /// What is filled in so far; of a table only the line in question.
    pub values: Map<String, Json>,
}

/// Answers where nothing is said.
const ANSWERS: u32 = 20;
/// Most answers.
const ANSWERS_MAX: u32 = 100;
/// Records whose lines are looked at.
const HOLDERS: u32 = 50;
/// How often fields that do not fit are left out of what is filled in.
const TRIES: usize = 4;

impl Site {
    /// Records that a link may point to, or lines where `to` is `package/form.table`.
    pub async fn lookup(
        &self,
        caller: &Caller,
        to: &str,
        asked: LookupAsked,
    ) -> Result<Vec<view::Choice>, Error> {
        let (form, table) = match to.split_once('.') {
            Some((form, table)) => (form, Some(table.parse().map_err(|_| Error::NotFound)?)),
            None => (to, None),
        };
        let form: Ref = form.parse().map_err(|_| Error::NotFound)?;
        let (to, asked, ids) = (Target { form, table }, Arc::new(asked), self.clock.id());
        self.desk(caller, move |desk| {
            let (to, asked) = (to.clone(), asked.clone());
            Box::pin(async move { desk.lookup(&to, &asked, ids).await })
        })
        .await
    }
}

impl Desk<'_> {
    async fn lookup(
        &mut self,
        to: &Target,
        asked: &LookupAsked,
        ids: Id,
    ) -> Result<Vec<view::Choice>, Halt> {
        let definitions = self.definitions.clone();
        let form = match &asked.of {
            // Where a link of a form he knows leads is no news.
            Some((of, path)) => self.target_of(to, of, path).await?,
            None => self.known(&to.form).await?,
        };
        if let Some(table) = &to.table {
            if form
                .fields
                .get(table)
                .is_none_or(|f| f.as_lines().is_none())
            {
                return Err(Error::NotFound.into());
            }
            if self.rights(&form.name).at(&Path::one(table)) < Look::Read {
                return Ok(vec![]);
            }
        }
        let rows = match &asked.of {
            Some((of, path)) => self.rows_of(of, path, &asked.values, ids).await?,
            None => Filter::everything(),
        };
        let limit = asked.limit.unwrap_or(ANSWERS).clamp(1, ANSWERS_MAX);
        let words = asked.q.trim();
        // Who names a key exactly, or begins to, means that one.
        let mut found: Vec<Id> = vec![];
        if !words.is_empty() && self.reads_key(&form) {
            let key = form.key.as_ref().map(Path::one);
            for test in key.iter().flat_map(|key| {
                let exact = Test::Is(Value::Text(words.into()));
                let like = Test::Like(words.into());
                [exact, like].map(|t| Filter::Field(key.clone(), t))
            }) {
                self.more(to, (&rows, test), limit, &mut found).await?;
            }
        }
        if (found.len() as u32) < limit {
            let asked = match words {
                "" => Filter::everything(),
                words => Filter::Text(words.into()),
            };
            self.more(to, (&rows, asked), limit, &mut found).await?;
        }
        found.truncate(limit as usize);
        let scope = self.caller.store.clone();
        let tables = &definitions.tables;
        let mut lines = vec![];
        if let Some(table) = &to.table {
            for record in self.records(&to.form, &found).await? {
                let looks = self.rights_on(&form, Some(&record)).await?;
                if looks.at(&Path::one(table)) < Look::Read {
                    continue;
                }
                let held = record.values.get(table).map_or(&[][..], Value::lines);
                lines.extend(held.iter().map(|l| l.id));
            }
            lines.truncate(limit as usize);
            found = lines;
        }
        let mut titles = self.tx.titles(tables, &scope, to, &found).await?;
        let choice = |id: Id| {
            let title = titles.remove(&id)?;
            let text = match title.line {
                Some((_, n)) => format!("{} #{n}", title.title),
                None => title.title,
            };
            Some(view::Choice {
                id,
                title: text,
                key: title.key,
            })
        };
        Ok(found.into_iter().filter_map(choice).collect())
    }

    /// Adds the newest records among those that are offered and pass what is asked, each once.
    async fn more(
        &mut self,
        to: &Target,
        (offered, filter): (&Filter, Filter),
        limit: u32,
        found: &mut Vec<Id>,
    ) -> Result<(), Halt> {
        let query = Query {
            filter,
            offered: offered.clone(),
            limit: match to.table {
                None => limit,
                Some(_) => HOLDERS.min(limit),
            },
            columns: Columns::These(vec![]),
            ..Query::of(&to.form)
        };
        let (definitions, scope) = (self.definitions.clone(), self.caller.store.clone());
        let page = self.tx.list(&definitions.tables, &scope, &query).await?;
        for row in page.rows {
            if !found.contains(&row.record.id) {
                found.push(row.record.id);
            }
        }
        Ok(())
    }

    /// Whether the key is a text that the caller reads.
    fn reads_key(&self, form: &Form) -> bool {
        let Some(key) = &form.key else { return false };
        let texts = form
            .fields
            .get(key)
            .is_some_and(|f| matches!(f.kind, model::Kind::Text(_) | model::Kind::Sequence(_)));
        texts && self.rights(&form.name).at(&Path::one(key)) >= Look::Read
    }

    /// The form that a link field points to, if the caller reads the field.
    async fn target_of(&mut self, to: &Target, of: &Ref, path: &Path) -> Result<Arc<Form>, Halt> {
        let form = self.known(of).await?;
        let reads = self.rights(of).at(path) >= Look::Read;
        let link = form.at(path).and_then(|f| f.as_link());
        if link.is_none_or(|l| l.to != *to || !reads) {
            return Err(Error::BadRequest {
                code: "unknown_field".into(),
                at: path.to_string(),
                with: vec![path.to_string()],
            }
            .into());
        }
        Ok(self.definitions.form(&to.form)?.clone())
    }

    /// The rows a link field offers, worked out on what is filled in so far.
    async fn rows_of(
        &mut self,
        of: &Ref,
        path: &Path,
        values: &Map<String, Json>,
        ids: Id,
    ) -> Result<Filter, Halt> {
        let form = self.definitions.form(of)?.clone();
        let link = form.at(path).and_then(|f| f.as_link());
        if link.is_none_or(|l| l.rows.is_empty()) {
            return Ok(Filter::everything());
        }
        let record = self.filled(&form, values, ids).await?;
        let at = match path.tail() {
            [column] => Place::line(path.head(), first_line(&record, path.head()), column),
            _ => Place::header(path.head()),
        };
        self.settle(|d, asker, facts| link_rows(&d.rules, &form, &record, &at, asker, facts))
            .await
    }

    /// A record as it would be with these values; those that do not fit are left out.
    async fn filled(
        &mut self,
        form: &Form,
        values: &Map<String, Json>,
        ids: Id,
    ) -> Result<Record, Halt> {
        let start = blank(&form.name, ids, self.caller.user.id, self.now);
        let at = AtNode {
            fields: Some(crate::record::everything_edited(form)),
        };
        let mut values = values.clone();
        values.shift_remove("parent");
        for _ in 0..TRIES {
            let new = NewLines::tried(ids);
            match self
                .fill(form, &start, None, &values, &Phase::New, &at, new)
                .await
            {
                Ok(sheet) => return Ok(sheet.record),
                Err(Halt::Stop(Error::Invalid(findings))) => {
                    for finding in findings {
                        let head = finding.at.split('/').next().unwrap_or_default();
                        values.shift_remove(head);
                    }
                }
                Err(other) => return Err(other),
            }
        }
        Ok(start)
    }
}

/// The line that is filled in: the only one that is sent.
fn first_line(record: &Record, table: &Name) -> Id {
    let lines = record.values.get(table).map_or(&[][..], Value::lines);
    lines.first().map_or(crate::caller::ENGINE, |l| l.id)
}
