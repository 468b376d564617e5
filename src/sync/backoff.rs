//! How long to wait before the next try: longer each time, never for long, and never all boxes at once.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait: a line that is back is used within half a minute.
const LONGEST: Duration = Duration::from_secs(30);

/// Counts failures in a row.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure. `chance` is in 0..1: fifty boxes that lost the same head office spread over
    /// half of the time.
    pub fn next(&mut self, chance: f64) -> Duration {
        let full = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures += 1;
        full.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }

    /// It worked; `true` where it had failed before.
    pub fn reset(&mut self) -> bool {
        std::mem::take(&mut self.failures) > 0
    }
}

/// A number in 0..1 from the system; a half where the system has none, which only costs the spread.
pub fn chance() -> f64 {
    let mut bytes = [0u8; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_minute_and_begin_again() {
        let mut backoff = Backoff::default();
        let waits: Vec<f64> = (0..40).map(|_| backoff.next(1.0).as_secs_f64()).collect();
        assert_eq!(waits[..7], [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]);
        assert_eq!(waits[39], 30.0);
        assert_eq!(backoff.next(0.0).as_secs_f64(), 15.0);
        assert!(backoff.reset() && !backoff.reset());
        assert_eq!(backoff.next(0.0).as_secs_f64(), 0.25);
    }
}
