//! Saved views of lists.

use crate::{Caller, Error, Site, desk::Desk, view};
use model::{Id, Ref, Verb};
use serde_json::{Map, Value as Json, json};
use store::View;

/// Longest name, in characters.
const NAME_MAX: usize = 60;
/// Longest query, in bytes of JSON.
const QUERY_MAX: usize = 20_000;
/// Most views of one user on one form.
const VIEWS_MAX: usize = 100;

impl Site {
    /// The caller's views of a form, and those that others share; none for somebody who at most
    /// takes part in single records of it.
    pub async fn views(&self, caller: &Caller, form: &Ref) -> Result<Vec<view::SavedView>, Error> {
        let (user, form) = (caller.user.id, form.clone());
        self.desk(caller, move |desk| {
            let form = form.clone();
            Box::pin(async move {
                desk.known(&form).await?;
                if !desk.caller.may(&form, Verb::Read) {
                    return Ok(vec![]);
                }
                let found = desk.tx.views(user, &form).await?;
                let own = |v: &View| v.user == user;
                let seen = found
                    .into_iter()
                    .filter(|v| own(v) || desk.may_ask(&form, v));
                Ok(seen.map(|v| shown(v, user)).collect())
            })
        })
        .await
    }

    /// Saves a view; one of the caller's own of the same name is replaced.
    pub async fn save_view(
        &self,
        caller: &Caller,
        form: &Ref,
        name: &str,
        query: Json,
        shared: bool,
    ) -> Result<view::SavedView, Error> {
        self.definitions().form(form)?;
        if !caller.may(form, Verb::Read) {
            return Err(Error::NotFound);
        }
        let name = name.trim();
        if name.is_empty() {
            return Err(Error::bad("required", "name"));
        }
        let long = |at: &str, most: usize| Error::BadRequest {
            code: "too_long".into(),
            at: at.into(),
            with: vec![most.to_string()],
        };
        if name.chars().count() > NAME_MAX {
            return Err(long("name", NAME_MAX));
        }
        let body = query.to_string();
        if body.len() > QUERY_MAX {
            return Err(long("query", QUERY_MAX));
        }
        let new = View {
            id: self.clock.id(),
            user: caller.user.id,
            form: form.clone(),
            name: name.into(),
            body,
            shared,
            position: 0,
        };
        let kept = self
            .inner
            .store
            .write(move |tx| {
                let mut view = new.clone();
                Box::pin(async move {
                    let known = tx.views(view.user, &view.form).await?;
                    let mine = known.iter().filter(|v| v.user == view.user);
                    if mine.clone().count() >= VIEWS_MAX
                        && mine.clone().all(|v| v.name != view.name)
                    {
                        return Err(Error::Refused {
                            code: "too_many_views".into(),
                            with: vec![VIEWS_MAX.to_string()],
                            say: None,
                        });
                    }
                    let place = mine.clone().map(|v| v.position + 1).max();
                    match mine.clone().find(|v| v.name == view.name) {
                        Some(old) => (view.id, view.position) = (old.id, old.position),
                        None => view.position = place.unwrap_or(0),
                    }
                    tx.save_view(&view).await?;
                    Ok::<_, Error>(view)
                })
            })
            .await?;
        Ok(shown(kept, caller.user.id))
    }

    /// Takes away a view of the caller's own; an administrator also one that somebody shares.
    pub async fn drop_view(&self, caller: &Caller, form: &Ref, id: Id) -> Result<(), Error> {
        self.must_know(caller, form).await?;
        let (user, admin) = (caller.user.id, caller.admin);
        let form = form.clone();
        self.inner
            .store
            .write(move |tx| {
                let form = form.clone();
                Box::pin(async move {
                    let known = tx.views(user, &form).await?;
                    let view = known.iter().find(|v| v.id == id).ok_or(Error::NotFound)?;
                    if view.user != user && !admin {
                        return Err(Error::NotFound);
                    }
                    Ok(tx.delete_view(id, view.user).await?)
                })
            })
            .await
    }
}

impl Site {
    async fn must_know(&self, caller: &Caller, form: &Ref) -> Result<(), Error> {
        let form = form.clone();
        self.desk(caller, move |desk| {
            let form = form.clone();
            Box::pin(async move { desk.known(&form).await.map(|_| ()) })
        })
        .await
    }
}

impl Desk<'_> {
    /// Whether the caller may ask what a view asks: one that names a field which he does not read
    /// tells of it.
    fn may_ask(&self, form: &Ref, view: &View) -> bool {
        let query: Json = serde_json::from_str(&view.body).unwrap_or_default();
        let none = Map::new();
        let filter = query["filter"].as_object().unwrap_or(&none);
        let sees = |test: &Map<String, Json>| match self.form_filter(form, test) {
            Ok(_) => true,
            Err(e) => e.code() != "unknown_field",
        };
        // A list of paths, or one text of them with commas; `-` before one that falls.
        let paths = ["sort", "columns"]
            .into_iter()
            .flat_map(|key| match &query[key] {
                Json::Array(list) => list.iter().filter_map(Json::as_str).collect(),
                Json::String(text) => text.split(',').collect(),
                _ => vec![],
            });
        let paths = paths.map(|path| path.trim().trim_start_matches('-'));
        let mut named = paths.filter(|path| !path.is_empty());
        sees(filter)
            && named.all(|path| {
                let test = (path.to_owned(), json!({ "empty": false }));
                sees(&Map::from_iter([test]))
            })
    }
}

fn shown(view: View, user: Id) -> view::SavedView {
    view::SavedView {
        id: view.id,
        name: view.name,
        // Written by us as JSON.
        query: serde_json::from_str(&view.body).unwrap_or_default(),
        shared: view.shared,
        own: view.user == user,
    }
}
