//! Time and chance come in from outside, so that a test can decide both.

use chrono::{DateTime, NaiveDate, Utc};
use model::{Id, zone::Zone};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

/// Where the moment, the day and random bits come from.
#[derive(Clone)]
pub enum Clock {
    /// The machine's clock and its random source.
    System,
    /// A moment that a test or a story sets; ids count up from a seed.
    Fixed(Arc<Fixed>),
    /// The machine's clock, wrong by this much: of a node in a test.
    Wrong(chrono::TimeDelta),
}

/// A clock that stands still until it is moved.
pub struct Fixed {
    now: Mutex<DateTime<Utc>>,
    seed: u64,
    drawn: AtomicU64,
}

impl Clock {
    /// A clock standing at nine in the morning of `day`, where no zone is said; the same seed gives
    /// the same ids.
    pub fn fixed(day: NaiveDate, seed: u64) -> Self {
        let now = Zone::default().start_of(day) + chrono::TimeDelta::hours(9);
        Self::Fixed(Arc::new(Fixed {
            now: Mutex::new(now),
            seed,
            drawn: AtomicU64::new(0),
        }))
    }
    /// The moment, to the microsecond that both databases keep.
    pub fn now(&self) -> DateTime<Utc> {
        let now = match self {
            Self::System => Utc::now(),
            Self::Wrong(by) => Utc::now() + *by,
            Self::Fixed(f) => *f.now.lock().unwrap_or_else(|p| p.into_inner()),
        };
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }
    /// Moves a fixed clock; the machine's clock cannot be moved.
    pub fn move_to(&self, moment: DateTime<Utc>) {
        if let Self::Fixed(f) = self {
            *f.now.lock().unwrap_or_else(|p| p.into_inner()) = moment;
        }
    }
    /// A new id: its time bits are the moment, the rest is drawn.
    pub fn id(&self) -> Id {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or(0);
        let mut bits = [0u8; 10];
        match self {
            // Without randomness there are no safe ids; the process cannot go on.
            Self::System | Self::Wrong(_) => {
                getrandom::fill(&mut bits).expect("the machine's random source")
            }
            Self::Fixed(f) => {
                let n = f.drawn.fetch_add(1, Ordering::Relaxed);
                let mut hash = blake3::Hasher::new();
                hash.update(&f.seed.to_le_bytes());
                hash.update(&n.to_le_bytes());
                bits.copy_from_slice(&hash.finalize().as_bytes()[..10]);
                // Ids of one millisecond keep the order in which they were drawn.
                bits[..4].copy_from_slice(&u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes());
            }
        }
        Id::at(millis, bits)
    }
}
