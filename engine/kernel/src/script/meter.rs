//! What a run has used so far: our own counters, beside rhai's.

use super::Limits;
use crate::limits;
use rhai::{Dynamic, EvalAltResult};
use std::sync::{
    Mutex,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

/// The token of a run that ended because its time was up.
pub(super) const EXPIRED: &str = "expired";
/// How many ticks pass between two looks at the caller's clock.
const LOOK_EVERY: u64 = 64;

type Expired = Box<dyn Fn() -> bool + Send + Sync>;

/// Counts everything one run does. One run at a time.
pub(super) struct Meter {
    limits: Limits,
    ticks: AtomicU64,
    bytes: AtomicUsize,
    expired: Mutex<Option<Expired>>,
}

/// A limit was reached; says which.
#[derive(Clone, Debug)]
pub(super) struct Spent(pub(super) &'static str);

pub(super) type Fallible<T> = Result<T, Box<EvalAltResult>>;

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            ticks: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
            expired: Mutex::new(None),
        }
    }
    pub(super) fn start(&self, expired: Expired) {
        self.ticks.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        *self.expired.lock().unwrap_or_else(|e| e.into_inner()) = Some(expired);
    }
    pub(super) fn stop(&self) {
        *self.expired.lock().unwrap_or_else(|e| e.into_inner()) = None;
    }
    fn late(&self) -> bool {
        let expired = self.expired.lock().unwrap_or_else(|e| e.into_inner());
        expired.as_ref().is_some_and(|expired| expired())
    }
    /// One step of a script; says why it must end.
    pub(super) fn tick(&self) -> Option<Dynamic> {
        let ticks = self.ticks.fetch_add(1, Ordering::Relaxed);
        if ticks >= self.limits.ticks {
            return Some("ticks".into());
        }
        (ticks.is_multiple_of(LOOK_EVERY) && self.late()).then(|| EXPIRED.into())
    }
    /// Refuses to make a text of `len` bytes, or counts it; before it is made.
    pub(super) fn text(&self, len: usize) -> Fallible<()> {
        if len > limits::SCRIPT_TEXT {
            return spent("text");
        }
        self.take(len)
    }
    /// Refuses a list of `len` elements, or counts it; before it is made.
    pub(super) fn list(&self, len: usize) -> Fallible<()> {
        if len > limits::SCRIPT_ARRAY {
            return spent("list");
        }
        self.take(len.saturating_mul(size_of::<Dynamic>()))
    }
    /// Counts bytes that are about to be made.
    pub(super) fn take(&self, bytes: usize) -> Fallible<()> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.limits.bytes {
            return spent("bytes");
        }
        // A native function can be slow without a tick.
        if bytes > 4_096 && self.late() {
            return Err(
                EvalAltResult::ErrorTerminated(EXPIRED.into(), rhai::Position::NONE).into(),
            );
        }
        Ok(())
    }
}

pub(super) fn spent<T>(what: &'static str) -> Fallible<T> {
    let spent = Dynamic::from(Spent(what));
    Err(EvalAltResult::ErrorRuntime(spent, rhai::Position::NONE).into())
}

pub(super) fn failed<T>(say: impl Into<String>) -> Fallible<T> {
    let say: String = say.into();
    Err(EvalAltResult::ErrorRuntime(say.into(), rhai::Position::NONE).into())
}
