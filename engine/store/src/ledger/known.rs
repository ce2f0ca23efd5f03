//! What this process knows about stored balances.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// Most keys remembered; beyond it everything is forgotten and learnt again.
const REMEMBERED: usize = 200_000;

/// Which balance rows are known to exist, so that PostgreSQL can lock them in one statement.
/// Rows are never deleted; a row that turns out to be missing is forgotten again.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashSet<[u8; 16]>>);

impl Known {
    pub(crate) fn all(&self, keys: &[[u8; 16]]) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().all(|k| known.contains(k))
    }
    pub(crate) fn learn(&self, keys: &[[u8; 16]]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > REMEMBERED {
            known.clear();
        }
        known.extend(keys);
    }
    pub(crate) fn forget(&self, keys: &[[u8; 16]]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            known.remove(key);
        }
    }
}
