//! Remarks on records, and whom they name.

use crate::{
    Caller, Error, Key, Site,
    desk::{Desk, Halt},
    history::who,
    show::{Titles, moment},
    view,
};
use model::{Id, Ref, Verb};
use serde_json::json;
use std::sync::Arc;
use store::{
    Audit, Begun, Comment, Failure, Notice, Participant, Reply, StreamRow, User, user_principal,
};

/// Longest remark, in characters.
const LONGEST: usize = 4_000;
/// Remarks of a page.
const PAGE: usize = 100;
/// The last remarks whose authors hear of a new one.
const HEARD: u32 = 1_000;
/// Most people told of one remark.
const NAMED: usize = 50;

/// What a remark comes to, before it is written.
struct Plan {
    key: Key,
    caller: Caller,
    comment: Comment,
    title: String,
    /// Who hears that there is one.
    hear: Vec<Id>,
    /// Who must be let in to see what he is told of.
    admit: Vec<Id>,
    /// By a clock that stands still.
    fixed: bool,
}

impl Site {
    /// A page of what was said about a record, newest first; `after` is the `next` of the page
    /// before.
    pub async fn comments(
        &self,
        caller: &Caller,
        form: &Ref,
        id: Id,
        after: Option<&str>,
    ) -> Result<view::CommentPage, Error> {
        let bad = |_| Error::bad("bad_cursor", "after");
        let after: Option<Id> = after.map(str::parse).transpose().map_err(bad)?;
        let form = form.clone();
        self.desk(caller, move |desk| {
            let form = form.clone();
            Box::pin(async move {
                desk.seen(&form, id).await?;
                let mut comments = desk.tx.comments(id, after, PAGE as u32 + 1).await?;
                let more = comments.len() > PAGE;
                comments.truncate(PAGE);
                let last = comments.last().filter(|_| more);
                let next = last.map(|c| c.id.to_string());
                let users: Vec<Id> = comments.iter().map(|c| c.by).collect();
                let mut titles = Titles::default();
                titles.fetch_users(desk, &users).await?;
                let language = desk.caller.language;
                let rows = comments.into_iter().map(|c| view::Comment {
                    id: c.id,
                    at: moment(c.at),
                    by: who(&titles, c.by, language),
                    text: c.body,
                });
                let rows = rows.collect();
                Ok(view::CommentPage { rows, next })
            })
        })
        .await
    }

    /// Says something about a record. Whoever is named with `@login` or `@name` is told; somebody
    /// who does not see the record is let in if the caller may share it, and else not told.
    pub async fn comment(
        &self,
        caller: &Caller,
        key: &Key,
        form: &Ref,
        id: Id,
        text: &str,
    ) -> Result<view::Comment, Error> {
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Err(Error::bad("required", "text"));
        }
        if text.chars().count() > LONGEST {
            return Err(Error::BadRequest {
                code: "too_long".into(),
                at: "text".into(),
                with: vec![LONGEST.to_string()],
            });
        }
        let (form, key, new) = (form.clone(), key.clone(), self.clock.id());
        let plan = self
            .desk(caller, move |desk| {
                let (form, key, text) = (form.clone(), key.clone(), text.clone());
                Box::pin(async move { desk.said(key, &form, id, new, text).await })
            })
            .await?;
        let plan = Arc::new(plan);
        let kept = plan.clone();
        let written = self
            .inner
            .store
            .write(move |tx| {
                let plan = kept.clone();
                Box::pin(async move { plan.write(tx).await })
            })
            .await?;
        Ok(view::Comment {
            id: written.0,
            at: written.1,
            by: view::Who {
                id: Some(caller.user.id),
                name: caller.user.name.clone(),
            },
            text: plan.comment.body.clone(),
        })
    }
}

impl Desk<'_> {
    async fn said(
        &mut self,
        key: Key,
        form: &Ref,
        id: Id,
        new: Id,
        text: String,
    ) -> Result<Plan, Halt> {
        let record = self.seen(form, id).await?;
        let me = self.caller.user.id;
        let named = match text.contains('@') {
            true => mentions(&text, &self.tx.all_users().await?),
            false => vec![],
        };
        let definitions = self.definitions.clone();
        let def = definitions.form(form)?.clone();
        let may_share = self
            .verdict(&def, Verb::Share, Some(&record))
            .await?
            .is_ok();
        let (mut mentions, mut admit) = (vec![], vec![]);
        for user in named.into_iter().filter(|u| u.id != me).take(NAMED) {
            let id = user.id;
            let his = self.caller_of(user).await?.store;
            let sees = self
                .tx
                .visible(&definitions.tables, &his, form, &[record.id])
                .await?;
            if !sees.is_empty() {
                mentions.push(id);
            } else if may_share {
                mentions.push(id);
                admit.push(id);
            }
        }
        let mut hear = vec![record.created_by, me];
        hear.extend(
            self.tx
                .comments(record.id, None, HEARD)
                .await?
                .iter()
                .map(|c| c.by),
        );
        hear.sort();
        hear.dedup();
        let to = crate::ledger::record_target(form);
        let title = self.titles_of(&to, &[record.id]).await?.remove(&record.id);
        Ok(Plan {
            key,
            caller: self.caller.clone(),
            comment: Comment {
                id: new,
                form: form.clone(),
                record: id,
                at: self.now,
                by: me,
                body: text,
                mentions,
            },
            title: title.unwrap_or_default(),
            hear,
            admit,
            fixed: self.fixed,
        })
    }
}

impl Plan {
    /// The id and the moment of the remark: of this one, or of the one this is a repeat of.
    async fn write(&self, tx: &mut store::Tx) -> Result<(Id, String), Error> {
        let (c, user) = (&self.comment, self.caller.user.id);
        match tx
            .begin_key(user, &self.key.text, &self.key.hash, c.at)
            .await?
        {
            Begun::Fresh => {}
            Begun::Done(reply) => return written(&reply),
            Begun::Mismatch => return Err(Error::KeyReused),
        }
        let (form, record) = (Some(c.form.clone()), Some(c.record));
        tx.add_comment(c).await?;
        let guests: Vec<Participant> = self
            .admit
            .iter()
            .map(|user| Participant {
                principal: user_principal(*user),
                form: c.form.clone(),
                record: c.record,
            })
            .collect();
        tx.add_participants(&guests).await?;
        let notice = |user: &Id| Notice {
            id: Id::derived(c.id, &["notice", &user.to_string()]),
            user: *user,
            at: c.at,
            kind: "comment".into(),
            form: form.clone(),
            record,
            args: json!([self.caller.user.name, self.title]).to_string(),
            read_at: None,
        };
        let notices: Vec<Notice> = c.mentions.iter().map(notice).collect();
        tx.add_notices(&notices).await?;
        let hear = |user: &Id, kind: &str| StreamRow {
            id: Id::derived(c.id, &["stream", kind, &user.to_string()]),
            at: c.at,
            principal: user_principal(*user),
            kind: kind.into(),
            form: form.clone(),
            record,
        };
        let mut heard: Vec<StreamRow> = self.hear.iter().map(|u| hear(u, "record")).collect();
        heard.extend(c.mentions.iter().map(|u| hear(u, "notice")));
        tx.add_stream(&heard, self.fixed).await?;
        tx.add_audit(&[Audit {
            id: Id::derived(c.id, &["audit"]),
            at: c.at,
            actor: Some(user),
            on_behalf_of: None,
            act: "comment".into(),
            form: form.clone(),
            record,
            version: None,
            detail: json!({ "admitted": self.admit }).to_string(),
        }])
        .await?;
        let at = moment(c.at);
        let body = json!([c.id, at]).to_string();
        tx.finish_key(user, &self.key.text, &Reply { status: 201, body })
            .await?;
        Ok((c.id, at))
    }
}

fn written(reply: &Reply) -> Result<(Id, String), Error> {
    let broken = |e: serde_json::Error| Error::Failure(Failure::Corrupt(e.to_string()));
    serde_json::from_str(&reply.body).map_err(broken)
}

/// The active users that a text names: `@login` or `@name`, the longest that fits.
fn mentions(text: &str, users: &[User]) -> Vec<User> {
    let mut out: Vec<User> = vec![];
    for (at, _) in text.match_indices('@') {
        let rest = &text[at + 1..];
        let fits = |name: &str| {
            let after = rest.strip_prefix(name).filter(|_| !name.is_empty())?;
            let whole = name.ends_with(|c: char| !c.is_ascii_alphanumeric())
                || !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            whole.then_some(name.len())
        };
        let best = users
            .iter()
            .filter(|u| u.active)
            .filter_map(|u| Some((fits(&u.login).max(fits(&u.name))?, u)))
            .max_by_key(|(length, _)| *length);
        if let Some((_, user)) = best
            && !out.iter().any(|u| u.id == user.id)
        {
            out.push(user.clone());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn user(n: u8, login: &str, name: &str) -> User {
        User {
            id: Id::at(u64::from(n), [n; 10]),
            login: login.into(),
            name: name.into(),
            person: None,
            language: "en".into(),
            password: None,
            active: login != "gone",
            epoch: 0,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_longest_name_that_fits_is_meant() {
        let users = [
            user(1, "li", "李"),
            user(2, "li.wei", "李伟"),
            user(3, "gone", "王芳"),
        ];
        let named = |text: &str| {
            let found = mentions(text, &users).into_iter();
            found.map(|u| u.login).collect::<Vec<_>>()
        };
        assert_eq!(named("@李伟请看，@li.wei"), ["li.wei"]);
        assert_eq!(named("@li, 看"), ["li"]);
        assert!(named("@lily @王芳 a@b.cn @").is_empty());
    }
}
