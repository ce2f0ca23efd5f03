//! Events: the append-only record of what happened in an instance, chained by hashes.

use crate::{
    Failure, Tx,
    cell::{Type, cells, row},
    sql::Insert,
};
use chrono::{DateTime, Utc};
use model::Id;
use std::sync::LazyLock;

/// Something that happened in an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub instance: Id,
    /// From 1, without a gap.
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub actor: Option<Id>,
    pub on_behalf_of: Option<Id>,
    pub kind: String,
    /// As JSON.
    pub payload: String,
}

static EVENT: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "event",
        &[
            ("instance", Type::Id),
            ("seq", Type::Int),
            ("at", Type::Moment),
            ("actor", Type::Id),
            ("on_behalf_of", Type::Id),
            ("kind", Type::Text),
            ("payload", Type::Text),
            ("hash", Type::Bytes),
            ("prev", Type::Bytes),
        ],
        "",
    )
});

/// The hash of an event that follows one with the hash `prev`.
pub(crate) fn hash(prev: &[u8], e: &Event) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    hash.update(prev);
    hash.update(e.instance.0.as_bytes());
    hash.update(&e.seq.to_le_bytes());
    hash.update(&e.at.timestamp_micros().to_le_bytes());
    for who in [e.actor, e.on_behalf_of] {
        hash.update(&who.map_or([0; 16], |w| w.0.into_bytes()));
    }
    for text in [&e.kind, &e.payload] {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    *hash.finalize().as_bytes()
}

impl Tx {
    /// Appends events of one instance, in order. `last` is the hash of the event before the first
    /// of them (empty for the very first); gives the hash of the last. The caller keeps it with
    /// the instance's state, so that nothing is read. Written at the end of the command.
    pub async fn add_events(&mut self, last: &[u8], events: &[Event]) -> Result<Vec<u8>, Failure> {
        let mut prev = last.to_vec();
        let mut rows = Vec::with_capacity(events.len());
        for e in events {
            let next = hash(&prev, e).to_vec();
            rows.push(row![
                e.instance,
                e.seq,
                e.at,
                e.actor,
                e.on_behalf_of,
                &e.kind,
                &e.payload,
                &*next,
                &*prev
            ]);
            prev = next;
        }
        self.append(&EVENT, rows).await?;
        Ok(prev)
    }
    /// The events of an instance, in order, and the hash of the last.
    pub async fn events(&mut self, instance: Id) -> Result<(Vec<Event>, Vec<u8>), Failure> {
        let rows = self
            .rows(
                "select seq, at, actor, on_behalf_of, kind, payload, hash from event \
                 where instance = $1 order by seq",
                &cells![instance],
                &[
                    Type::Int,
                    Type::Moment,
                    Type::Id,
                    Type::Id,
                    Type::Text,
                    Type::Text,
                    Type::Bytes,
                ],
            )
            .await?;
        let (mut out, mut last) = (Vec::with_capacity(rows.len()), vec![]);
        for mut r in rows {
            out.push(Event {
                instance,
                seq: r.count()?,
                at: r.moment()?,
                actor: r.maybe_id()?,
                on_behalf_of: r.maybe_id()?,
                kind: r.string()?,
                payload: r.string()?,
            });
            last = r.bytes()?.to_vec();
        }
        Ok((out, last))
    }
}
