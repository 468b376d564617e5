//! Time is handed in. Whoever needs the wall clock takes a [`Clock`]; the daemon gives the system's, a test sets one.
//!
//! Hong Kong has had no daylight saving since 1979, but the zone is still looked up rather than assumed.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use std::sync::{Arc, Mutex};

/// A source of wall-clock time, cheap to clone.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    /// Shared so that a test can move the time of everything it handed the clock to.
    Set(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until [`Clock::set`].
    pub fn fixed(at: Timestamp) -> Self {
        Self(Source::Set(Arc::new(Mutex::new(at))))
    }

    /// Moves a fixed clock; the system clock is left alone.
    pub fn set(&self, at: Timestamp) {
        if let Source::Set(cell) = &self.0 {
            *cell.lock().expect("a clock is never poisoned") = at;
        }
    }

    /// Now, in UTC.
    #[allow(clippy::disallowed_methods)] // the one place
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Set(cell) => *cell.lock().expect("a clock is never poisoned"),
        }
    }

    /// Now, as the branch's wall clock shows it.
    pub fn now_in_hong_kong(&self) -> Zoned {
        self.now().to_zoned(hong_kong())
    }

    /// Today's date in the branch.
    pub fn today(&self) -> Date {
        self.now_in_hong_kong().date()
    }
}

/// The zone of every branch.
pub fn hong_kong() -> TimeZone {
    TimeZone::get("Asia/Hong_Kong").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(8)))
}
