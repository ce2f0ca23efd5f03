//! What was done to a record, and what people say about it.

use crate::{
    Caller, Error, Key, Site,
    command::refused,
    desk::{Desk, Halt},
    show::{Titles, moment},
    view,
};
use model::{Field, Form, Id, Kind, Look, Name, Path, Ref, Target};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::{Notice, Participant, StreamRow, user_principal};

/// Longest comment, in characters.
const COMMENT_MAX: usize = 4_000;

impl Site {
    /// Every change of a record, newest first, field by field as far as the caller may read.
    pub async fn history(
        &self,
        caller: &Caller,
        form: &Ref,
        id: Id,
    ) -> Result<Vec<view::Change>, Error> {
        let form = form.clone();
        self.desk(caller, move |desk| {
            let form = form.clone();
            Box::pin(async move { desk.history(&form, id).await })
        })
        .await
    }

    /// What was said about a record, oldest first.
    pub async fn comments(
        &self,
        caller: &Caller,
        form: &Ref,
        id: Id,
    ) -> Result<Vec<view::Comment>, Error> {
        let form = form.clone();
        self.desk(caller, move |desk| {
            let form = form.clone();
            Box::pin(async move {
                desk.seen(&form, id).await?;
                let comments = desk.tx.comments(id, 500).await?;
                let mut titles = Titles::default();
                let users: Vec<Id> = comments.iter().map(|c| c.by).collect();
                titles.fetch_users(desk, &users).await?;
                let view = |c: store::Comment| view::Comment {
                    id: c.id,
                    at: moment(c.at),
                    by: titles.who(c.by),
                    text: c.body,
                };
                Ok(comments.into_iter().map(view).collect())
            })
        })
        .await
    }

    /// Says something about a record; whoever is named in it (`@login`, `@name`) is told, and
    /// may read the record from then on only if he could before.
    pub async fn comment(
        &self,
        caller: &Caller,
        key: &Key,
        form: &Ref,
        id: Id,
        text: &str,
    ) -> Result<view::Comment, Error> {
        let text = text.trim().to_owned();
        if text.is_empty() || text.chars().count() > COMMENT_MAX {
            return Err(refused("too_long", &[COMMENT_MAX.to_string()]));
        }
        let (of, said) = (form.clone(), text.clone());
        let (title, mentions, author) = self
            .desk(caller, move |desk| {
                let (of, said) = (of.clone(), said.clone());
                Box::pin(async move {
                    let record = desk.seen(&of, id).await?;
                    let to = Target {
                        form: of.clone(),
                        table: None,
                    };
                    let title = desk
                        .titles_of(&to, &[id])
                        .await?
                        .remove(&id)
                        .unwrap_or_default();
                    let users = desk.tx.all_users().await?;
                    let named = |u: &&store::User| {
                        said.contains(&format!("@{}", u.login))
                            || said.contains(&format!("@{}", u.name))
                    };
                    let mentions: Vec<Id> = users.iter().filter(named).map(|u| u.id).collect();
                    Ok((title, mentions, record.created_by))
                })
            })
            .await?;
        // The same key gives the same comment: a repeat finds it there.
        let seed = Id::at(0, key.hash[..10].try_into().unwrap_or_default());
        let comment = Arc::new(store::Comment {
            id: Id::derived(
                if key.hash == [0; 32] {
                    self.clock.id()
                } else {
                    seed
                },
                &[&key.text],
            ),
            form: form.clone(),
            record: id,
            at: self.clock.now(),
            by: caller.user.id,
            body: text.clone(),
            mentions: mentions.clone(),
        });
        let kept = comment.clone();
        let name = caller.user.name.clone();
        let written = self
            .inner
            .store
            .write(move |tx| {
                let (kept, title, name) = (kept.clone(), title.clone(), name.clone());
                let mentions = mentions.clone();
                Box::pin(async move {
                    tx.add_comment(&kept).await?;
                    let tell = |n: usize, user: &Id| Notice {
                        id: Id::derived(kept.id, &["notice", &n.to_string()]),
                        user: *user,
                        at: kept.at,
                        kind: "comment".into(),
                        form: Some(kept.form.clone()),
                        record: Some(kept.record),
                        args: json!([name, title]).to_string(),
                        read_at: None,
                    };
                    let notices: Vec<Notice> = mentions
                        .iter()
                        .enumerate()
                        .map(|(n, u)| tell(n, u))
                        .collect();
                    tx.add_notices(&notices).await?;
                    let heard: Vec<StreamRow> = mentions
                        .iter()
                        .chain([&author])
                        .enumerate()
                        .map(|(n, user)| StreamRow {
                            id: Id::derived(kept.id, &["stream", &n.to_string()]),
                            at: kept.at,
                            principal: user_principal(*user),
                            kind: "record".into(),
                            form: Some(kept.form.clone()),
                            record: Some(kept.record),
                        })
                        .collect();
                    tx.add_stream(&heard).await?;
                    let own = Participant {
                        principal: user_principal(kept.by),
                        form: kept.form.clone(),
                        record: kept.record,
                    };
                    tx.add_participants(&[own]).await?;
                    Ok::<_, Error>(())
                })
            })
            .await;
        match written {
            Ok(()) | Err(Error::Failure(store::Failure::Duplicate { .. })) => {}
            Err(e) => return Err(e),
        }
        Ok(view::Comment {
            id: comment.id,
            at: moment(comment.at),
            by: view::Who {
                id: Some(caller.user.id),
                name: caller.user.name.clone(),
            },
            text,
        })
    }
}

impl Desk<'_> {
    async fn history(&mut self, form: &Ref, id: Id) -> Result<Vec<view::Change>, Halt> {
        self.seen(form, id).await?;
        let form = self.definitions.form(form)?.clone();
        let changes = self.tx.changes(id, None, 200).await?;
        let mut titles = Titles::default();
        let users: Vec<Id> = changes.iter().map(|c| c.by).collect();
        titles.fetch_users(self, &users).await?;
        let rights = self.rights(&form.name);
        let readable = |at: &str| {
            let path = path_of(at)?;
            (rights.at(&path) >= Look::Read).then_some(path)
        };
        for change in &changes {
            for field in change.diff["fields"].as_array().into_iter().flatten() {
                let at = field["at"].as_str().unwrap_or_default();
                let Some(link) =
                    readable(at).and_then(|p| form.at(&p)?.as_link().map(|l| l.to.clone()))
                else {
                    continue;
                };
                for side in ["old", "new"] {
                    if let Some(id) = field[side].as_str().and_then(|s| s.parse().ok()) {
                        titles.want_one(&link, id);
                    }
                }
            }
        }
        titles.fetch(self).await?;
        let language = self.caller.language;
        let mut out = vec![];
        for change in changes {
            let mut differences = vec![];
            for field in change.diff["fields"].as_array().into_iter().flatten() {
                let at = field["at"].as_str().unwrap_or_default();
                let Some(path) = readable(at) else { continue };
                let Some(definition) = form.at(&path) else {
                    continue;
                };
                let shown = |side: &str| shown(definition, &field[side], &titles);
                differences.push(view::Difference {
                    at: at.into(),
                    label: self.field_label(&form, &path, definition),
                    line: at.split('/').nth(1).map(ToOwned::to_owned),
                    old: shown("old"),
                    new: shown("new"),
                });
            }
            let word = language.word(&format!("act/{}", change.act));
            out.push(view::Change {
                version: change.version,
                at: moment(change.at),
                by: match change.by == crate::caller::ENGINE {
                    true => view::Who {
                        id: None,
                        name: language.say("engine", &[]),
                    },
                    false => titles.who(change.by),
                },
                act_label: word.unwrap_or(&change.act).to_string(),
                act: change.act,
                opinion: change.diff["opinion"].as_str().map(ToOwned::to_owned),
                changes: differences,
            });
        }
        Ok(out)
    }

    fn field_label(&self, form: &Form, path: &Path, field: &Field) -> String {
        let mut at = format!("forms/{}/fields/{}", form.name.name, path.head());
        if let Some(column) = path.tail().first() {
            at.push_str(&format!("/fields/{column}"));
        }
        let language = self.caller.language.as_str();
        self.definitions
            .catalogue
            .word(&form.name.package, language, &at, &field.label)
    }
}

/// The path of a place: `table/<line>/field` without its line.
fn path_of(at: &str) -> Option<Path> {
    let steps: Vec<&str> = at.split('/').collect();
    let name = |text: &str| Name::new(text).ok();
    match steps.as_slice() {
        [field] => Some(Path::one(&name(field)?)),
        [table, _, field] => Some(Path(vec![name(table)?, name(field)?])),
        _ => None,
    }
}

/// A stored value of the history as it is shown.
fn shown(field: &Field, json: &Json, titles: &Titles) -> Json {
    match (
        &field.kind,
        json.as_str().and_then(|s| s.parse::<Id>().ok()),
    ) {
        (Kind::Link(_), Some(id)) => titles.link(id),
        (Kind::Quantity(_), _) => match json.as_str().and_then(|s| s.parse().ok()) {
            Some(n) => Json::String(crate::show::shown_number(field, n)),
            None => json.clone(),
        },
        _ => json.clone(),
    }
}
