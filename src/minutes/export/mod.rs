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
use crate::minutes::shown::ShownPoint;
use crate::store::minutes_reviews::Review;
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
    /// What the second opinion proposes for one.
    pub proposed_summary: Option<&'a str>,
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
    pub shown: ShownPoint,
    /// When it was last changed: drawn up, or reviewed.
    pub changed_at: Timestamp,
    /// How often agents have reviewed it.
    pub revision: usize,
}

impl Standing {
    /// Of points as shown, with the record of reviews; `made_at` is when the minutes were drawn up.
    pub fn of(shown: Vec<ShownPoint>, reviews: &[Review], made_at: Timestamp) -> Vec<Self> {
        let standing = |shown: ShownPoint| {
            let own = reviews.iter().filter(|r| r.point == shown.id);
            let changed_at = own.clone().filter_map(|r| r.at.parse().ok()).max().unwrap_or(made_at);
            Self { revision: own.count(), changed_at, shown }
        };
        shown.into_iter().map(standing).collect()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
