//! Every posting as it stands: its entries are those it was written with, and a reversal is the
//! negation of what it reverses.

use crate::{Error, Site, site::Definitions};
use kernel::posting::{Entry, content_hash, reverse};
use model::{Id, Name, Ref};
use std::sync::Arc;
use store::{Failure, Tx, Wrong};

/// Postings looked at in one read.
const POSTINGS: u32 = 200;

impl Site {
    /// Works out again what every posting says of its entries.
    pub(super) async fn check_entries(&self) -> Result<Vec<Wrong>, Error> {
        let mut out = vec![];
        let mut after = None;
        loop {
            let (wrong, last) = self
                .inner
                .store
                .read_with(self.definitions(), move |tx, definitions| {
                    Box::pin(async move { postings(tx, definitions, after).await })
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

/// What is wrong with some postings, and the last of them; nothing after the last of all.
async fn postings(
    tx: &mut Tx,
    definitions: &Arc<Definitions>,
    after: Option<Id>,
) -> Result<(Vec<Wrong>, Option<Id>), Error> {
    let mut wrong = vec![];
    let found = tx.postings(after, POSTINGS).await?;
    let last = found.last().map(|p| p.id);
    for posting in found {
        let entries = read(tx, definitions, posting.id).await?;
        let mut sound = !entries.is_empty();
        // What a site began with was counted, not worked out: it has no hash.
        if !posting.hash.is_empty() {
            sound &= hash_is(definitions, &entries, &posting.hash);
        }
        if let Some(first) = posting.reverses {
            let undone = reverse(&read(tx, definitions, first).await?, None);
            sound &= content_hash(&undone) == content_hash(&entries);
        }
        if !sound {
            wrong.push(Wrong {
                check: "postings",
                at: format!("{} {} {}", posting.form, posting.record, posting.kind),
                rows: 1,
            });
        }
    }
    Ok((wrong, last))
}

/// The entries of a posting; none where it is gone.
async fn read(tx: &mut Tx, definitions: &Definitions, id: Id) -> Result<Vec<Entry>, Error> {
    let entries = match tx.entries_of(&definitions.tables, id).await {
        Err(Failure::NotFound) => vec![],
        entries => entries?,
    };
    Ok(entries.into_iter().map(crate::record::entry).collect())
}

/// Whether entries have this hash, by the names that attributes have now or by those they had: no other
/// column of a ledger can be renamed.
fn hash_is(definitions: &Definitions, entries: &[Entry], hash: &[u8]) -> bool {
    let fits = |entries: &[Entry]| content_hash(entries).as_bytes() == hash;
    if fits(entries) {
        return true;
    }
    let before = |ledger: &Ref, name: &Name| {
        let ledger = definitions.catalogue.ledger(ledger)?;
        ledger.attributes.get(name)?.was.clone()
    };
    let entries: Vec<Entry> = entries
        .iter()
        .map(|e| {
            let was = |name: &Name| before(&e.ledger, name).unwrap_or_else(|| name.clone());
            Entry {
                attrs: e.attrs.iter().map(|(n, v)| (was(n), v.clone())).collect(),
                ..e.clone()
            }
        })
        .collect();
    fits(&entries)
}
