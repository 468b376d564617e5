//! Which agent the record button works for: one at a time, as long as they are signed in. In memory, like the
//! sign-ins.

use crate::clock::Clock;
use jiff::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard};

/// A handle, cheap to clone: the page switches it on and off, the button asks.
#[derive(Clone)]
pub struct ButtonHolder {
    clock: Clock,
    /// Held for an assignment only.
    held: Arc<Mutex<Option<Held>>>,
}

struct Held {
    sign_in: String,
    agent: String,
    until: Timestamp,
}

impl ButtonHolder {
    /// It works for nobody yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, held: Arc::default() }
    }

    /// The agent it works for, whose press stands for their note of consent.
    pub fn agent(&self) -> Option<String> {
        let now = self.clock.now();
        self.lock().as_ref().filter(|h| now < h.until).map(|h| h.agent.clone())
    }

    /// It works for this agent from now on, and for no other.
    pub fn take(&self, sign_in: &str, agent: &str, until: Timestamp) {
        *self.lock() = Some(Held { sign_in: sign_in.to_owned(), agent: agent.to_owned(), until });
    }

    /// This sign-in has ended, or its agent switched it off.
    pub fn release(&self, sign_in: &str) {
        let mut held = self.lock();
        if held.as_ref().is_some_and(|h| h.sign_in == sign_in) {
            *held = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_works_for_one_agent_while_they_are_signed_in() {
        let at: Timestamp = "2026-11-22T01:00:00Z".parse().unwrap();
        let clock = Clock::fixed(at);
        let holder = ButtonHolder::new(clock.clone());
        assert_eq!(holder.agent(), None);
        let until = at + jiff::SignedDuration::from_hours(12);
        holder.take("a", "May", until);
        holder.take("b", "Ken", until);
        holder.release("a");
        assert_eq!(holder.agent().as_deref(), Some("Ken"));
        clock.set(until);
        assert_eq!(holder.agent(), None, "the sign-in is over");
        clock.set(at);
        holder.release("b");
        assert_eq!(holder.agent(), None);
    }
}
