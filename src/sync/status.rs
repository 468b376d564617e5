//! How the box stands with head office: one value that pages and the doctor watch, and that the log hears of once.

use super::client::CallError;
use super::identity::Link;
use super::protocol::BranchName;
use crate::clock::Clock;
use crate::reason::Reason;
use crate::store::outbox::Waiting;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::sync::Mutex;
use tokio::sync::watch;

/// The same sentence goes to the log again after this time, while it lasts.
const SAY_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// How the box stands with head office.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Who this box is there; `None` where it is not enrolled.
    pub branch: Option<BranchName>,
    /// Head office's address.
    pub url: Option<String>,
    /// Whether the latest calls, both ways, were answered.
    pub connected: bool,
    /// When head office answered last (RFC 3339), since this process began.
    pub last_contact: Option<Timestamp>,
    /// What is wrong, as a sentence for a person.
    pub problem: Option<String>,
    /// The same as pages know it, where they do.
    pub why: Option<Reason>,
    /// Why head office refuses this box, in a word that pages have a sentence for ([`super::protocol::reason`]).
    pub refused: Option<String>,
    /// What waits in the outbox.
    pub waiting: Waiting,
    /// The version of the listing base that is shown.
    pub listings: Option<String>,
}

/// The two ways.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    Down = 0,
    Up = 1,
}

/// Why a call failed, or an answer could not be used.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub sentence: String,
    pub why: Option<Reason>,
}

impl From<String> for Trouble {
    fn from(sentence: String) -> Self {
        Self { sentence, why: None }
    }
}

impl From<&CallError> for Trouble {
    fn from(error: &CallError) -> Self {
        Self { sentence: error.to_string(), why: error.why() }
    }
}

/// The outcome of the latest call of each way; `None` before the first.
type Ways = [Option<Result<(), Trouble>>; 2];

struct Said {
    sentence: Option<String>,
    at: Timestamp,
}

/// Collects what the two tasks meet with.
pub(super) struct Reporter {
    sender: watch::Sender<Status>,
    clock: Clock,
    /// Both tasks report here; held for a few assignments, never across a wait.
    state: Mutex<(Ways, Said)>,
}

impl Reporter {
    pub(super) fn new(clock: Clock) -> Self {
        let said = Said { sentence: None, at: clock.now() };
        let status = Status {
            branch: None,
            url: None,
            connected: false,
            last_contact: None,
            problem: None,
            why: None,
            refused: None,
            waiting: Waiting { count: 0, since: None },
            listings: None,
        };
        Self { sender: watch::Sender::new(status), clock, state: Mutex::new(([None, None], said)) }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Status> {
        self.sender.subscribe()
    }

    /// The box is enrolled (anew), or not.
    pub(super) fn linked(&self, link: Option<&Link>) {
        self.sender.send_if_modified(|s| {
            let (branch, url) = (link.map(|l| l.branch.clone()), link.map(|l| l.url.clone()));
            let changed = s.branch != branch || s.url != url;
            (s.branch, s.url) = (branch, url);
            changed
        });
    }

    pub(super) fn waiting(&self, waiting: &Waiting) {
        self.sender.send_if_modified(|s| {
            let changed = s.waiting != *waiting;
            s.waiting = waiting.clone();
            changed
        });
    }

    pub(super) fn listings(&self, version: Option<&str>) {
        self.sender.send_if_modified(|s| {
            let changed = s.listings.as_deref() != version;
            s.listings = version.map(str::to_owned);
            changed
        });
    }

    /// Head office refuses this box for this reason; it stands until both ways are answered again.
    pub(super) fn refused(&self, reason: Option<&str>) {
        let Some(reason) = reason else { return };
        self.sender.send_if_modified(|s| {
            let changed = s.refused.as_deref() != Some(reason);
            s.refused = Some(reason.to_owned());
            changed
        });
    }

    /// Head office answered.
    pub(super) fn good(&self, way: Way) {
        self.note(way, Ok(()));
    }

    /// A call failed, or the box could not use an answer.
    pub(super) fn bad(&self, way: Way, trouble: Trouble) {
        self.note(way, Err(trouble));
    }

    fn note(&self, way: Way, outcome: Result<(), Trouble>) {
        let now = self.clock.now();
        let contact = outcome.is_ok();
        let mut state = self.state.lock().expect("no task panics with the status");
        let (ways, said) = &mut *state;
        ways[way as usize] = Some(outcome);
        let trouble = ways.iter().flatten().find_map(|w| w.as_ref().err().cloned());
        let (problem, why) = trouble.map(|t| (t.sentence, t.why)).unzip();
        let connected = problem.is_none() && ways.iter().any(Option::is_some);
        if said.sentence != problem || (problem.is_some() && now.duration_since(said.at) >= SAY_AGAIN) {
            match &problem {
                Some(sentence) => log::warn!("sync.problem {sentence}"),
                None => log::info!("sync.connected"),
            }
            *said = Said { sentence: problem.clone(), at: now };
        }
        self.sender.send_modify(|s| {
            s.connected = connected;
            (s.problem, s.why) = (problem, why.flatten());
            if connected {
                s.refused = None;
            }
            if contact {
                s.last_contact = Some(now);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_way_that_fails_is_a_problem_until_it_works() {
        let reporter = Reporter::new(Clock::fixed("2026-11-20T07:00:00Z".parse().unwrap()));
        let status = reporter.subscribe();
        assert!(!status.borrow().connected);
        reporter.good(Way::Down);
        assert!(status.borrow().connected);
        reporter.bad(Way::Up, String::from("down").into());
        reporter.good(Way::Down);
        assert_eq!(status.borrow().problem.as_deref(), Some("down"));
        assert!(!status.borrow().connected);
        reporter.good(Way::Up);
        assert!(status.borrow().connected && status.borrow().problem.is_none());
    }
}
