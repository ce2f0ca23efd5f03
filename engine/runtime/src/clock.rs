//! Time and chance come in from outside, so that a test can decide both.

use chrono::{DateTime, NaiveDate, Utc};
use model::Id;
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

/// Days change at midnight in this zone, eight hours ahead of UTC (China Standard Time).
/// A site of another zone sets `FORMWORK_UTC_OFFSET_HOURS`.
fn offset() -> chrono::TimeDelta {
    static OFFSET: std::sync::OnceLock<i64> = std::sync::OnceLock::new();
    let hours = OFFSET.get_or_init(|| {
        std::env::var("FORMWORK_UTC_OFFSET_HOURS")
            .ok()
            .and_then(|h| h.parse().ok())
            .unwrap_or(8)
    });
    chrono::TimeDelta::hours(*hours)
}

/// The calendar day of a moment at the site.
pub fn day_of(moment: DateTime<Utc>) -> NaiveDate {
    (moment + offset()).date_naive()
}

/// The moment a calendar day begins at the site, within the moments that can be kept.
pub fn start_of(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
    let moment = midnight.checked_sub_signed(offset()).unwrap_or(midnight);
    moment.clamp(model::day::first_moment(), model::day::last_moment())
}

impl Clock {
    /// A clock standing at nine in the morning of `day`; the same seed gives the same ids.
    pub fn fixed(day: NaiveDate, seed: u64) -> Self {
        let now = start_of(day) + chrono::TimeDelta::hours(9);
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
    /// The day at the site.
    pub fn today(&self) -> NaiveDate {
        day_of(self.now())
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
