//! Saved views of lists.

use crate::{Caller, Error, Site, view};
use model::{Id, Ref, Verb};
use serde_json::Value as Json;
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
        self.definitions().form(form)?;
        if !caller.may(form, Verb::Read) {
            return Ok(vec![]);
        }
        let (user, form) = (caller.user.id, form.clone());
        let found = self
            .inner
            .store
            .read(move |tx| {
                let form = form.clone();
                Box::pin(async move { Ok::<_, Error>(tx.views(user, &form).await?) })
            })
            .await?;
        Ok(found.into_iter().map(|v| shown(v, user)).collect())
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
        self.definitions().form(form)?;
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
