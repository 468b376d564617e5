//! Who is signed in, and how often a wrong code was tried. In memory: a restart signs everybody out.

use crate::clock::Clock;
use crate::web::sessions::random_id;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

/// A working day: after it, the agent types the code again.
pub const LASTS: SignedDuration = SignedDuration::from_hours(12);
/// Wrong codes in a row before a pause.
const TRIES: u32 = 5;
/// The pause. Five tries per half minute need some 19 years for every code of eight digits.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// Sign-ins kept at once; a branch has a dozen agents. The oldest makes room.
const CAPACITY: usize = 200;

/// The table of sign-ins.
pub struct SignIns {
    clock: Clock,
    /// Held for a look-up only.
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    agents: HashMap<String, SignedIn>,
    wrong: u32,
    paused_until: Option<Timestamp>,
}

struct SignedIn {
    name: String,
    since: Timestamp,
    /// Meetings that were opened: the audit trail notes the first look of a sign-in, not every refresh of the page.
    opened: HashSet<String>,
}

impl SignIns {
    /// Nobody yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, table: Mutex::default() }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Whether a code may be tried now; otherwise the seconds to wait. The pause is for everybody: codes are guessed
    /// from anywhere.
    pub fn may_try(&self) -> Result<(), i64> {
        let now = self.clock.now();
        match self.table().paused_until {
            Some(until) if now < until => Err(until.duration_since(now).as_secs().max(0) + 1),
            _ => Ok(()),
        }
    }

    /// Counts a wrong code.
    pub fn wrong(&self) {
        let now = self.clock.now();
        let mut table = self.table();
        table.wrong += 1;
        if table.wrong >= TRIES {
            table.wrong = 0;
            table.paused_until = Some(now + PAUSE);
            log::warn!("web.sign_in paused: {TRIES} wrong codes in a row");
        }
    }

    /// Signs an agent in and gives the secret of the cookie.
    pub fn enter(&self, name: String) -> String {
        let now = self.clock.now();
        let mut table = self.table();
        table.wrong = 0;
        table.agents.retain(|_, a| now.duration_since(a.since) < LASTS);
        if table.agents.len() >= CAPACITY
            && let Some(oldest) = table.agents.iter().min_by_key(|(_, a)| a.since).map(|(id, _)| id.clone())
        {
            table.agents.remove(&oldest);
        }
        let id = random_id();
        table.agents.insert(id.clone(), SignedIn { name, since: now, opened: HashSet::new() });
        id
    }

    /// The name under which the bearer of a cookie signed in.
    pub fn name(&self, id: &str) -> Option<String> {
        let now = self.clock.now();
        let table = self.table();
        let agent = table.agents.get(id)?;
        (now.duration_since(agent.since) < LASTS).then(|| agent.name.clone())
    }

    /// When a sign-in ends by itself.
    pub fn until(&self, id: &str) -> Option<Timestamp> {
        self.table().agents.get(id).map(|a| a.since + LASTS)
    }

    /// Whether this sign-in opens the meeting for the first time.
    pub fn opens(&self, id: &str, meeting: &str) -> bool {
        self.table().agents.get_mut(id).is_some_and(|a| a.opened.insert(meeting.to_owned()))
    }

    /// Signs out.
    pub fn leave(&self, id: &str) {
        self.table().agents.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> (Clock, Timestamp, SignIns) {
        let at: Timestamp = "2026-11-22T01:00:00Z".parse().unwrap();
        let clock = Clock::fixed(at);
        (clock.clone(), at, SignIns::new(clock))
    }

    #[test]
    fn five_wrong_codes_make_a_pause_of_half_a_minute() {
        let (clock, at, sign_ins) = start();
        for _ in 0..4 {
            sign_ins.wrong();
        }
        assert_eq!(sign_ins.may_try(), Ok(()));
        sign_ins.wrong();
        assert_eq!(sign_ins.may_try(), Err(31));
        clock.set(at + SignedDuration::from_secs(29));
        assert!(sign_ins.may_try().is_err());
        clock.set(at + PAUSE);
        assert_eq!(sign_ins.may_try(), Ok(()));
    }

    #[test]
    fn a_sign_in_lasts_a_working_day_or_until_signing_out() {
        let (clock, at, sign_ins) = start();
        let (a, b) = (sign_ins.enter("May".into()), sign_ins.enter("Ken".into()));
        assert_eq!(sign_ins.name(&a).as_deref(), Some("May"));
        sign_ins.leave(&a);
        assert_eq!(sign_ins.name(&a), None);
        clock.set(at + LASTS - SignedDuration::from_secs(1));
        assert_eq!(sign_ins.name(&b).as_deref(), Some("Ken"));
        clock.set(at + LASTS);
        assert_eq!(sign_ins.name(&b), None);
        assert_eq!(sign_ins.name(""), None);
    }
}
