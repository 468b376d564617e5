//! Minutes to take away: Markdown and DOCX to read, iCalendar for what is to be done. Pure: everything is handed in.
//!
//! All three say the same: the standing points in the reader's language, each with the words and the second that bear
//! it out and who confirmed it; then what is still to be confirmed, and the listings that fit. Struck points are left
//! out (they stay on the box as the record), and so is what no longer held; of an owner there is nothing.

mod docx;
mod ics;
mod markdown;
mod sheet;
mod words;

pub use docx::docx;
pub use ics::calendar;
pub use markdown::markdown;
pub use sheet::{Sheet, sheet};

use crate::assistant::Assistant;
use crate::language::Tongue;
use crate::minutes::matching::Matching;
use crate::store::minutes::Point;
use crate::store::transcripts::Segment;
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};

/// What is exported.
pub struct Source<'a> {
    /// The recording's id.
    pub id: &'a str,
    pub reader: Tongue,
    /// When the meeting began, in Hong Kong.
    pub started_at: Zoned,
    /// Who recorded it.
    pub agent: &'a str,
    /// In the reader's language.
    pub summary: &'a str,
    /// What stands, in order of time.
    pub points: Vec<Standing>,
    /// What is still to be confirmed.
    pub offered: Vec<Standing>,
    /// The transcript.
    pub segments: &'a [Segment],
    pub listings: Option<&'a Matching>,
    /// Knows the words for listings.
    pub assistant: &'a Assistant,
    /// The day in the branch.
    pub today: Date,
}

/// A point as an export shows it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Stays the same when the minutes are drawn up again.
    pub id: String,
    /// Its text is in the reader's language.
    pub point: Point,
    /// The second opinion proposed it.
    pub proposed: bool,
    pub review: Option<Reviewed>,
    /// When it was last changed: drawn up, or reviewed.
    pub changed_at: Timestamp,
    /// How often it was changed since it was drawn up.
    pub revision: u32,
}

/// What an agent did with a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    pub verdict: Verdict,
    pub by: String,
    pub at: Timestamp,
    /// The words before a correction, in the reader's language.
    pub was: Option<String>,
}

/// How a point came to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    Corrected,
    Added,
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
