//! What the engine has told somebody.

use crate::{Caller, Error, Site, show::moment, view, words::Language};
use model::Id;
use std::sync::Arc;
use store::Notice;

/// How many are shown.
const SHOWN: u32 = 100;

impl Site {
    /// The newest notices of the caller.
    pub async fn notices(&self, caller: &Caller) -> Result<view::Notices, Error> {
        let user = caller.user.id;
        let found = self
            .inner
            .store
            .read(move |tx| {
                Box::pin(async move { Ok::<_, Error>(tx.notices(user, None, SHOWN).await?) })
            })
            .await?;
        let rows = found.into_iter().map(|n| shown(n, caller.language));
        Ok(view::Notices {
            rows: rows.collect(),
        })
    }
    /// Marks notices of the caller as read: these, or all where none is named.
    pub async fn read_notices(&self, caller: &Caller, ids: Vec<Id>) -> Result<(), Error> {
        let (user, now, ids) = (caller.user.id, self.clock.now(), Arc::new(ids));
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
}

fn shown(notice: Notice, language: Language) -> view::Notice {
    // What cannot be read any more still says of what kind it was.
    let args: Vec<String> = serde_json::from_str(&notice.args).unwrap_or_default();
    let (say, body) = match (&*notice.kind, &args[..]) {
        ("message", [subject, body, ..]) => (subject.clone(), body.clone()),
        (kind, args) => (language.say(&format!("notice/{kind}"), args), String::new()),
    };
    view::Notice {
        id: notice.id,
        at: moment(notice.at),
        say,
        body,
        form: notice.form.map(|f| f.to_string()),
        record: notice.record,
        read: notice.read_at.is_some(),
    }
}
