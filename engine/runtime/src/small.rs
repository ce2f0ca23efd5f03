//! Notices, saved views, files, look-ups.

use crate::{
    Caller, Error, Site,
    desk::{Desk, Halt, blank},
    record::{AtNode, NewLines},
    show::moment,
    view,
};
use bytes::Bytes;
use kernel::form::{Phase, Place};
use model::{Filter, Id, Look, Name, Path, Ref, Target, Test, Value, value::Blob};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use store::{Columns, File, Query, View};

/// Largest file, in bytes.
const FILE_MAX: usize = 25 << 20;

/// What a look-up is asked.
#[derive(Clone, Debug, Default)]
pub struct LookupAsked {
    pub q: String,
    pub limit: Option<u32>,
    /// The form and field being filled in.
    pub of: Option<(Ref, Path)>,
    /// The record as filled in so far.
    pub values: Map<String, Json>,
}

impl Site {
    /// What the caller was told, newest first.
    pub async fn notices(&self, caller: &Caller) -> Result<view::Notices, Error> {
        self.desk(caller, |desk| {
            Box::pin(async move {
                let language = desk.caller.language;
                let found = desk.tx.notices(desk.caller.user.id, None, 100).await?;
                let rows = found.into_iter().map(|n| {
                    let args: Vec<String> = serde_json::from_str(&n.args).unwrap_or_default();
                    let (say, body) = match n.kind.as_str() {
                        "message" => {
                            let mut args = args.into_iter();
                            (
                                args.next().unwrap_or_default(),
                                args.next().unwrap_or_default(),
                            )
                        }
                        kind => (
                            language.say(&format!("notice/{kind}"), &args),
                            String::new(),
                        ),
                    };
                    view::Notice {
                        id: n.id,
                        at: moment(n.at),
                        say,
                        body,
                        form: n.form.map(|f| f.to_string()),
                        record: n.record,
                        read: n.read_at.is_some(),
                    }
                });
                Ok(view::Notices {
                    rows: rows.collect(),
                })
            })
        })
        .await
    }
    /// Marks notices as read; all where none is named.
    pub async fn read_notices(&self, caller: &Caller, ids: Vec<Id>) -> Result<(), Error> {
        let (user, now) = (caller.user.id, self.clock.now());
        self.inner
            .store
            .write(move |tx| {
                let ids = ids.clone();
                Box::pin(async move {
                    tx.read_notices(user, &ids, now).await?;
                    Ok::<_, Error>(())
                })
            })
            .await
    }
    /// The caller's saved views of a form, and those others share.
    pub async fn views(&self, caller: &Caller, form: &Ref) -> Result<Vec<view::SavedView>, Error> {
        let (user, form) = (caller.user.id, form.clone());
        self.desk(caller, move |desk| {
            let form = form.clone();
            Box::pin(async move {
                let found = desk.tx.views(user, &form).await?;
                let view = |v: View| view::SavedView {
                    id: v.id,
                    name: v.name,
                    query: serde_json::from_str(&v.body).unwrap_or_default(),
                    shared: v.shared,
                    own: v.user == user,
                };
                Ok(found.into_iter().map(view).collect())
            })
        })
        .await
    }
    /// Saves a view of a list under a name.
    pub async fn save_view(
        &self,
        caller: &Caller,
        form: &Ref,
        name: &str,
        query: Json,
        shared: bool,
    ) -> Result<view::SavedView, Error> {
        let body = query.to_string();
        if name.trim().is_empty() || name.chars().count() > 100 || body.len() > 64 << 10 {
            return Err(Error::bad("too_long", "name"));
        }
        let row = View {
            id: self.clock.id(),
            user: caller.user.id,
            form: form.clone(),
            name: name.trim().into(),
            body,
            shared,
            position: 0,
        };
        let kept = row.clone();
        self.inner
            .store
            .write(move |tx| {
                let kept = kept.clone();
                Box::pin(async move { Ok::<_, Error>(tx.save_view(&kept).await?) })
            })
            .await?;
        Ok(view::SavedView {
            id: row.id,
            name: row.name,
            query,
            shared,
            own: true,
        })
    }
    /// Takes one of the caller's views away.
    pub async fn drop_view(&self, caller: &Caller, _form: &Ref, id: Id) -> Result<(), Error> {
        let user = caller.user.id;
        self.inner
            .store
            .write(move |tx| {
                Box::pin(async move { Ok::<_, Error>(tx.delete_view(id, user).await?) })
            })
            .await
    }

    /// Keeps a file. Its kind is judged by its content; what a browser would run is not taken.
    pub async fn upload(&self, caller: &Caller, name: &str, bytes: Bytes) -> Result<Blob, Error> {
        if bytes.len() > FILE_MAX {
            return Err(Error::refused("file_too_large"));
        }
        let media = sniff(&bytes).ok_or_else(|| Error::refused("file_kind"))?;
        let size = bytes.len() as u64;
        let hash = self.inner.store.put_blob(bytes.to_vec()).await?;
        let file = File {
            hash: hash.clone(),
            size,
            media: media.into(),
            created_at: self.clock.now(),
            by: caller.user.id,
        };
        self.inner
            .store
            .write(move |tx| {
                let file = file.clone();
                Box::pin(async move { Ok::<_, Error>(tx.add_file(&file).await?) })
            })
            .await?;
        let name: String = name
            .chars()
            .filter(|c| !c.is_control() && !"/\\".contains(*c))
            .take(200)
            .collect();
        Ok(Blob {
            hash: hash.into(),
            name: name.into(),
            size,
            media: media.into(),
        })
    }

    /// A file of a record, through a field the caller may read.
    pub async fn download(
        &self,
        caller: &Caller,
        form: &Ref,
        id: Id,
        hash: &str,
    ) -> Result<view::Download, Error> {
        let (form, wanted) = (form.clone(), hash.to_owned());
        let blob = self
            .desk(caller, move |desk| {
                let (form, wanted) = (form.clone(), wanted.clone());
                Box::pin(async move {
                    let record = desk.seen(&form, id).await?;
                    let rights = desk.rights(&form);
                    let form = desk.definitions.form(&form)?.clone();
                    let uses = crate::record::file_uses(&form, &record);
                    let seen = |field: &str| {
                        field
                            .parse::<Path>()
                            .is_ok_and(|p| rights.at(&p) >= Look::Read)
                    };
                    if !uses.iter().any(|u| u.hash == wanted && seen(&u.field)) {
                        return Err(Error::NotFound.into());
                    }
                    let blob = find_blob(record.values.values(), &wanted).ok_or(Error::NotFound)?;
                    Ok(blob)
                })
            })
            .await?;
        let bytes = self.inner.store.read_blob(&blob.hash).await?;
        Ok(view::Download {
            blob,
            bytes: bytes.into(),
        })
    }

    /// Records that may be chosen for a link.
    pub async fn lookup(
        &self,
        caller: &Caller,
        to: &str,
        asked: LookupAsked,
    ) -> Result<Vec<view::Choice>, Error> {
        let (form, table) = match to.split_once('.') {
            Some((form, table)) => (form, Some(table)),
            None => (to, None),
        };
        let form: Ref = form.parse().map_err(|_| Error::NotFound)?;
        let table = table
            .map(Name::new)
            .transpose()
            .map_err(|_| Error::NotFound)?;
        let parts = Arc::new((Target { form, table }, asked, self.clock.id()));
        self.desk(caller, move |desk| {
            let parts = parts.clone();
            Box::pin(async move { desk.lookup(&parts.0, &parts.1, parts.2).await })
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
        let target = definitions.form(&to.form)?.clone();
        let mut filter = match &asked.of {
            Some((form, path)) => self.choosable(form, path, &asked.values, ids).await?,
            None => Filter::everything(),
        };
        let q = asked.q.trim();
        if !q.is_empty() {
            let mut any = vec![Filter::Text(q.into())];
            if let Some(key) = &target.key {
                any.push(Filter::Field(Path::one(key), Test::Like(q.into())));
            }
            filter = filter.and(Filter::Any(any));
        }
        let limit = asked.limit.unwrap_or(20).clamp(1, 50);
        let scope = self.caller.store.clone();
        let columns = Columns::These(target.key.iter().map(Path::one).collect());
        let query = Query {
            filter,
            limit,
            columns,
            ..Query::of(&to.form)
        };
        let page = self.tx.list(&definitions.tables, &scope, &query).await?;
        if let Some(table) = &to.table {
            return self.lines_of(to, table, &page.rows).await;
        }
        let key = |found: &store::Found| {
            let key = target.key.as_ref()?;
            found.record.values.get(key)?.text().map(ToOwned::to_owned)
        };
        let choice = |f: &store::Found| view::Choice {
            id: f.record.id,
            title: f.title.clone(),
            key: key(f),
        };
        Ok(page.rows.iter().map(choice).collect())
    }

    async fn lines_of(
        &mut self,
        to: &Target,
        table: &Name,
        rows: &[store::Found],
    ) -> Result<Vec<view::Choice>, Halt> {
        let definitions = self.definitions.clone();
        let scope = self.caller.store.clone();
        let ids: Vec<Id> = rows.iter().map(|f| f.record.id).collect();
        let mut lines = vec![];
        for record in self.records(&to.form, &ids).await? {
            lines.extend(
                record
                    .values
                    .get(table)
                    .map_or(&[][..], Value::lines)
                    .iter()
                    .map(|l| l.id),
            );
        }
        let titles = self
            .tx
            .titles(&definitions.tables, &scope, to, &lines)
            .await?;
        let choice = |id: Id| {
            let t = titles.get(&id)?;
            Some(view::Choice {
                id,
                title: t.title.clone(),
                key: t.key.clone(),
            })
        };
        Ok(lines.into_iter().filter_map(choice).take(50).collect())
    }

    /// The field's `rows`, worked out on the record as it is filled in so far.
    async fn choosable(
        &mut self,
        form: &Ref,
        path: &Path,
        values: &Map<String, Json>,
        ids: Id,
    ) -> Result<Filter, Halt> {
        let form = self.definitions.form(form)?.clone();
        let start = blank(&form.name, ids, self.caller.user.id, self.now);
        let at = AtNode {
            fields: Some(crate::record::everything_edited(&form)),
        };
        let mut values = values.clone();
        values.retain(|name, _| form.fields.contains_key(name.as_str()));
        let new = NewLines::tried(ids);
        let record = match self
            .fill(&form, &start, None, &values, &Phase::New, &at, new)
            .await
        {
            Ok(sheet) => sheet.record,
            // What does not fit yet narrows nothing.
            Err(Halt::Stop(Error::Invalid(_))) => start,
            Err(other) => return Err(other),
        };
        let place = match path.tail() {
            [] => Place::header(path.head()),
            [column, ..] => {
                let lines = record.values.get(path.head()).map_or(&[][..], Value::lines);
                let line = lines.last().map_or(ids, |l| l.id);
                Place::line(path.head(), line, column)
            }
        };
        self.settle(|d, asker, facts| {
            kernel::form::link_rows(&d.rules, &form, &record, &place, asker, facts)
        })
        .await
    }
}

fn find_blob<'a>(values: impl Iterator<Item = &'a Value>, hash: &str) -> Option<Blob> {
    for value in values {
        let found = match value {
            Value::Files(files) => files.iter().find(|f| *f.hash == *hash).cloned(),
            Value::Lines(lines) => lines
                .iter()
                .find_map(|l| find_blob(l.values.values(), hash)),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The media type of bytes by their content; nothing for what a browser or a machine would run.
fn sniff(bytes: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if starts(b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    if starts(b"\xff\xd8\xff") {
        return Some("image/jpeg");
    }
    if starts(b"GIF8") {
        return Some("image/gif");
    }
    if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    if starts(b"%PDF-") {
        return Some("application/pdf");
    }
    if starts(b"PK\x03\x04") {
        return Some("application/zip");
    }
    if starts(b"MZ") || starts(b"\x7fELF") || starts(b"#!") {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let head = text
                .trim_start()
                .chars()
                .take(512)
                .collect::<String>()
                .to_lowercase();
            let page = ["<!doc", "<html", "<svg", "<?xml", "<script"];
            (!page.iter().any(|p| head.contains(p))).then_some("text/plain")
        }
        Err(_) => Some("application/octet-stream"),
    }
}
