//! Every command that was answered is there, once.

use crate::{Error, Site, view::Done};
use std::collections::HashMap;
use store::{Answered, Tx, Wrong};

/// Keys looked at in one read.
const KEYS: u32 = 500;

impl Site {
    /// Looks for keys without an answer, and for answers whose effect the audit does not have
    /// exactly once.
    pub(super) async fn check_keys(&self) -> Result<Vec<Wrong>, Error> {
        let mut out = vec![];
        let mut after: Option<Answered> = None;
        loop {
            let (wrong, last) = self
                .inner
                .store
                .read_with(after, |tx, after| {
                    Box::pin(async move { keys(tx, after.as_ref()).await })
                })
                .await?;
            out.extend(wrong);
            if last.is_none() {
                return Ok(out);
            }
            after = last;
        }
    }
}

/// What is wrong with some keys, and the last of them; nothing after the last of all.
async fn keys(
    tx: &mut Tx,
    after: Option<&Answered>,
) -> Result<(Vec<Wrong>, Option<Answered>), Error> {
    let mut found = tx.answered(after, KEYS).await?;
    let mut wrong = vec![];
    let mut done: Vec<(&Answered, Done)> = vec![];
    for one in &found {
        match &one.body {
            None => wrong.push(Wrong {
                check: "keys",
                at: one.key.clone(),
                rows: 1,
            }),
            // Answers of another form are of commands that leave the record as it is.
            Some(body) => done.extend(serde_json::from_str(body).ok().map(|d| (one, d))),
        }
    }
    let records: Vec<_> = done.iter().map(|(_, d)| d.id).collect();
    let mut times: HashMap<_, u64> = HashMap::new();
    for effect in tx.audited(&records).await? {
        *times.entry(effect).or_default() += 1;
    }
    for (one, done) in &done {
        let times = times.get(&(done.id, done.version)).copied();
        if times != Some(1) {
            wrong.push(Wrong {
                check: "keys",
                at: format!("{} {} version {}", one.key, done.id, done.version),
                rows: times.unwrap_or(0).max(1),
            });
        }
    }
    Ok((wrong, found.pop()))
}
