//! Clients' conversations: in memory only, forgotten after half an hour without a question, at the client's word, or
//! when too many are open.
//!
//! A session holds what was shown, so that "and its management fee?" can be answered; it never holds who asks. Its id
//! is 128 random bits, so that nobody can guess another client's.

use crate::assistant::Session;
use crate::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

/// A session nobody has used for this long is forgotten.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// Sessions kept at once; the one unused for longest makes room. At some kilobytes each, tens of megabytes at most.
const CAPACITY: usize = 10_000;

/// The open sessions.
pub struct Sessions {
    clock: Clock,
    capacity: usize,
    /// Held for a look-up only, never while a question is answered.
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    entries: HashMap<String, Entry>,
    /// Ids by the order of their last use, oldest first.
    by_use: BTreeMap<u64, String>,
    uses: u64,
}

struct Entry {
    /// Its own lock, so that two questions of one session are answered one after the other and others go on.
    session: Arc<Mutex<Session>>,
    used: u64,
    used_at: Timestamp,
}

impl Sessions {
    /// No sessions yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, capacity: CAPACITY, table: Mutex::default() }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The session `id`; a new one under a new id where there is none (it may have been forgotten).
    pub fn open(&self, id: Option<&str>) -> (String, Arc<Mutex<Session>>) {
        let now = self.clock.now();
        let mut table = self.table();
        table.forget_idle(now);
        let known = id.filter(|id| table.entries.contains_key(*id)).map(str::to_owned);
        let (id, session) = match known {
            Some(id) => {
                let entry = table.remove(&id).expect("it was found");
                (id, entry.session)
            }
            None => (random_id(), Arc::default()),
        };
        while table.entries.len() >= self.capacity {
            let oldest = table.by_use.first_key_value().map(|(_, id)| id.clone());
            match oldest {
                Some(id) => drop(table.remove(&id)),
                None => break,
            }
        }
        table.insert(id.clone(), Arc::clone(&session), now);
        (id, session)
    }

    /// Forgets a session; whether there was one is nobody's business.
    pub fn forget(&self, id: &str) {
        self.table().remove(id);
    }
}

impl Table {
    fn insert(&mut self, id: String, session: Arc<Mutex<Session>>, used_at: Timestamp) {
        self.uses += 1;
        self.by_use.insert(self.uses, id.clone());
        self.entries.insert(id, Entry { session, used: self.uses, used_at });
    }

    fn remove(&mut self, id: &str) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.by_use.remove(&entry.used);
        Some(entry)
    }

    fn forget_idle(&mut self, now: Timestamp) {
        while let Some(id) = self.by_use.first_key_value().map(|(_, id)| id.clone()) {
            if self.entries.get(&id).is_some_and(|e| now.duration_since(e.used_at) < IDLE) {
                return;
            }
            self.remove(&id);
        }
    }
}

/// 128 random bits in hexadecimal digits.
pub fn random_id() -> String {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        "2026-11-22T01:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
    }

    #[test]
    fn a_session_is_kept_while_it_is_used_and_forgotten_when_idle() {
        let clock = Clock::fixed(at(0));
        let sessions = Sessions::new(clock.clone());
        let (id, first) = sessions.open(None);
        clock.set(at(29));
        assert!(Arc::ptr_eq(&first, &sessions.open(Some(&id)).1));
        clock.set(at(58));
        assert!(Arc::ptr_eq(&first, &sessions.open(Some(&id)).1), "29 minutes since the last use");
        clock.set(at(88));
        let (other, second) = sessions.open(Some(&id));
        assert!(other != id && !Arc::ptr_eq(&first, &second));
        assert_eq!(sessions.table().entries.len(), 1, "the idle one is gone");
    }

    #[test]
    fn the_session_unused_for_longest_makes_room() {
        let sessions = Sessions { capacity: 2, ..Sessions::new(Clock::fixed(at(0))) };
        let (a, _) = sessions.open(None);
        let (b, _) = sessions.open(None);
        sessions.open(Some(&a));
        sessions.open(None);
        let table = sessions.table();
        assert!(table.entries.contains_key(&a) && !table.entries.contains_key(&b));
        assert_eq!((table.entries.len(), table.by_use.len()), (2, 2));
    }

    #[test]
    fn a_forgotten_session_does_not_come_back() {
        let sessions = Sessions::new(Clock::fixed(at(0)));
        let (id, _) = sessions.open(None);
        sessions.forget(&id);
        assert_ne!(sessions.open(Some(&id)).0, id);
    }
}
