//! The last lines of this process's log, in memory, for head office to ask for; and what is left out of them.
//!
//! Only our own lines are kept (a library's might hold anything), only from `info` on, and only while the process lives:
//! the journal on the box has the rest. Our lines hold no personal data by rule; [`redacted`] is the belt to that pair of
//! braces.

mod redact;

pub use redact::redacted;

use std::collections::VecDeque;
use std::sync::Mutex;

/// Lines that are kept: at a line a minute, most of a day.
const LINES: usize = 1000;
/// Longest part of a line that is kept, characters.
const LENGTH: usize = 400;

/// A process has one log, so this is one for the process; held for a push or a copy.
static TAIL: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Keeps a line.
pub fn push(line: &str) {
    let line: String = line.chars().take(LENGTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut tail = TAIL.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if tail.len() == LINES {
        tail.pop_front();
    }
    tail.push_back(line);
}

/// The lines, oldest first.
pub fn latest() -> Vec<String> {
    TAIL.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).iter().cloned().collect()
}
