//! From when to when a certificate is good, and the time by which TLS judges that.
//!
//! A box without a battery boots in 1970 or in 2099, so TLS takes its time from whoever knows better ([`Now`]). Where
//! everything but the dates is to be checked, a certificate is judged at the time at which it says it began: that
//! leaves its signature, its usage and its name to be right.

use crate::clock::Clock;
use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use std::sync::Arc;
use std::time::Duration;

/// From when to when a certificate is good, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

impl Dates {
    /// The point at which half of its time is over.
    pub fn half(&self) -> Timestamp {
        self.not_before + self.not_after.duration_since(self.not_before) / 2
    }
}

/// The dates of a certificate in DER form; `None` where it cannot be read.
pub fn dates(der: &[u8]) -> Option<Dates> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let at = |t: x509_parser::time::ASN1Time| Timestamp::from_second(t.timestamp()).ok();
    let validity = certificate.validity();
    Some(Dates { not_before: at(validity.not_before)?, not_after: at(validity.not_after)? })
}

/// The time of a certificate's own beginning: at that time nothing is wrong with its dates.
pub(super) fn own_time(der: &[u8]) -> Option<UnixTime> {
    dates(der).map(|d| unix(d.not_before))
}

fn unix(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0)))
}

/// The time for TLS, cheap to clone.
#[derive(Clone)]
pub struct Now(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Now {
    /// Whatever `now` says at the moment of a handshake.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time of a clock.
    pub fn of(clock: &Clock) -> Self {
        let clock = clock.clone();
        Self::new(move || clock.now())
    }

    pub(super) fn provider(&self) -> Arc<dyn TimeProvider> {
        Arc::new(self.clone())
    }
}

impl std::fmt::Debug for Now {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Now")
    }
}

impl TimeProvider for Now {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix((self.0)()))
    }
}
