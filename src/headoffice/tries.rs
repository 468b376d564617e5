//! A limit on wrong enrolment codes.
//!
//! A code has 60 bits, so guessing is hopeless whatever the limit: at thirty a minute it would take tens of billions
//! of years. The limit keeps a guesser from filling the log and keeping the store busy. It counts for all callers
//! together, since an address says little behind a company's router, and per process in memory, since it is no
//! harm to begin anew with a restart. Who keeps on guessing holds up enrolment, which happens a few times a year, and
//! nothing else.

use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::sync::Mutex;

/// Wrong codes in [`WINDOW`]: fifty branches in a morning with a typing mistake each stay below.
const MOST: usize = 30;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// The wrong tries of the last minute.
#[derive(Default)]
pub struct Tries(Mutex<VecDeque<Timestamp>>);

impl Tries {
    /// Whether another code may be tried.
    pub fn may_try(&self, now: Timestamp) -> bool {
        let mut tries = self.0.lock().expect("nobody panics with the tries");
        // A clock that was set back must not hold them for ever.
        tries.retain(|at| now.duration_since(*at).abs() < WINDOW);
        tries.len() < MOST
    }

    /// A code was wrong.
    pub fn failed(&self, now: Timestamp) {
        self.0.lock().expect("nobody panics with the tries").push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_wrong_codes_wait_a_minute() {
        let tries = Tries::default();
        let now: Timestamp = "2026-11-20T07:00:00Z".parse().unwrap();
        for _ in 0..MOST {
            assert!(tries.may_try(now));
            tries.failed(now);
        }
        assert!(!tries.may_try(now));
        assert!(tries.may_try(now + WINDOW));
        tries.failed(now);
        assert!(tries.may_try(now - SignedDuration::from_hours(24)));
    }
}
