//! The time on the line: what the box takes for now when it judges head office's certificate.
//!
//! A mini-PC without a battery boots in 1970, or in 2099 after a flash of its firmware. Neither may lock the box out
//! nor switch the check of dates off. So the time here is the machine's, but never before a floor (the newest of this
//! program's making, the last contact with head office and the beginning of the box's own certificate, which head
//! office dated); and where a server's certificate fails by its dates alone, head office is asked: its authority signs
//! the time together with a number that the box has just made up. A stolen server certificate that has run out gains
//! nothing by that, since its holder has no key of the authority and can at best pass on the right time.
//!
//! Left out: setting the machine's clock, which is the operating system's (NTP's) business.

use super::identity;
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::durable;
use crate::tls::Now;
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::time::Instant;

/// This program was not made before: raised with each release.
const MADE: &str = "2026-11-01T00:00:00Z";
/// How often a contact is written down: a floor that is an hour old does as well, and the disk is spared.
const NOTE: SignedDuration = SignedDuration::from_hours(1);
/// A machine's clock that is off by more is told of in the log.
const OFF: SignedDuration = SignedDuration::from_mins(5);

/// What head office's authority signs: no other text begins so.
pub fn signed_text(nonce: &str, time: &str) -> String {
    format!("branchbox time 1\n{nonce}\n{time}\n")
}

/// The box's time on the line.
pub struct LineClock {
    machine: Clock,
    /// Where the last contact is written down.
    contact: PathBuf,
    /// Held for a few assignments, never across a wait.
    state: Mutex<State>,
}

struct State {
    /// The time was at least `floor` at `since`.
    floor: Timestamp,
    since: Instant,
    /// What head office said and when: the best there is, until the process ends.
    signed: Option<(Timestamp, Instant)>,
    /// The contact that is on the disk.
    noted: Option<Timestamp>,
}

impl LineClock {
    /// The time of the box of `data`, on top of the machine's clock.
    pub fn open(data: &DataFolder, machine: Clock) -> Arc<Self> {
        let contact = contact_path(data);
        let noted = std::fs::read_to_string(&contact).ok().and_then(|t| t.trim().parse().ok());
        let made: Timestamp = MADE.parse().expect("the constant is a time");
        let ours = identity::dates(data).map(|d| d.not_before);
        let floor = [noted, ours].into_iter().flatten().fold(made, Timestamp::max);
        let state = State { floor, since: Instant::now(), signed: None, noted };
        Arc::new(Self { machine, contact, state: Mutex::new(state) })
    }

    /// Now, as well as the box can tell.
    pub fn now(&self) -> Timestamp {
        let state = self.state.lock().expect("nobody panics with the time");
        let later = |from: Timestamp, since: Instant| {
            from + SignedDuration::try_from(since.elapsed()).unwrap_or_default()
        };
        match state.signed {
            Some((time, since)) => later(time, since),
            None => self.machine.now().max(later(state.floor, state.since)),
        }
    }

    /// For TLS.
    pub fn for_tls(self: &Arc<Self>) -> Now {
        let clock = Arc::clone(self);
        Now::new(move || clock.now())
    }

    /// The machine's clock is behind what is certain, and head office has not been asked yet.
    pub fn is_behind(&self) -> bool {
        let state = self.state.lock().expect("nobody panics with the time");
        state.signed.is_none() && self.machine.now() < state.floor
    }

    /// By how much the machine's clock is off, where head office had to be asked.
    pub fn off_by(&self) -> Option<SignedDuration> {
        let asked = self.state.lock().expect("nobody panics with the time").signed.is_some();
        asked.then(|| self.machine.now().duration_since(self.now()))
    }

    /// Takes the time that head office signed. The caller has checked the signature and that it is an answer to a
    /// number of its own.
    pub(super) fn learn(&self, time: Timestamp) {
        let off = self.machine.now().duration_since(time);
        if off.abs() > OFF {
            log::warn!(
                "sync.clock this machine's clock is off by {off:#}: head office's time counts on the line; set the clock or let it set itself (NTP), and replace its battery"
            );
        }
        self.state.lock().expect("nobody panics with the time").signed = Some((time, Instant::now()));
    }

    /// Head office has answered: from here on it is not earlier than now. Written down at most once an hour.
    pub(super) async fn contact(&self) {
        let now = self.now();
        {
            let mut state = self.state.lock().expect("nobody panics with the time");
            let fresh = |noted: Timestamp| now >= noted && now.duration_since(noted) < NOTE;
            if state.noted.is_some_and(fresh) {
                return;
            }
            state.noted = Some(now);
        }
        let path = self.contact.clone();
        let written =
            tokio::task::spawn_blocking(move || durable::write(&path, now.to_string().as_bytes())).await;
        if let Ok(Err(e)) = written {
            log::warn!("sync.clock the last contact cannot be written down: {e}");
        }
    }
}

fn contact_path(data: &DataFolder) -> PathBuf {
    data.identity().join("headoffice.contact")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_time_is_never_before_the_last_contact_and_head_offices_word_counts() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::new(folder.path());
        std::fs::create_dir_all(data.identity()).unwrap();
        let machine = Clock::fixed(at("1970-01-01T00:01:00Z"));
        assert!(LineClock::open(&data, machine.clone()).now() >= at(MADE));

        std::fs::write(contact_path(&data), "2027-03-01T00:00:00Z").unwrap();
        let clock = LineClock::open(&data, machine.clone());
        assert!(clock.now() >= at("2027-03-01T00:00:00Z") && clock.is_behind());
        machine.set(at("2027-04-01T00:00:00Z"));
        assert_eq!(clock.now(), at("2027-04-01T00:00:00Z"));

        machine.set(at("2099-01-01T00:00:00Z"));
        clock.learn(at("2027-05-01T00:00:00Z"));
        assert!(clock.now().duration_since(at("2027-05-01T00:00:00Z")) < SignedDuration::from_mins(10));
        assert!(clock.off_by().unwrap() > SignedDuration::from_hours(24 * 365 * 71));
        machine.set(at("1970-01-01T00:01:00Z"));
        assert!(clock.now() >= at("2027-05-01T00:00:00Z"));
    }

    #[tokio::test]
    async fn a_contact_outlasts_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::new(folder.path());
        let machine = Clock::fixed(at("2027-06-01T00:00:00Z"));
        LineClock::open(&data, machine.clone()).contact().await;
        machine.set(at("2019-01-01T00:00:00Z"));
        assert!(LineClock::open(&data, machine).now() >= at("2027-06-01T00:00:00Z"));
    }
}
