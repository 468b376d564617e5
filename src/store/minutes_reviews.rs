//! What agents said of the points of minutes: accepted, corrected, struck, reopened, added. A record that is only
//! ever added to, so that it can be shown who changed what; what stands in the end is worked out by `minutes::review`.

use super::minutes::{Origin, Point, from_json};
use super::{StoreResult, Tx, stamp};
use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What an agent said of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is right.
    Accepted,
    /// It is another.
    Corrected,
    /// It is none.
    Struck,
    /// What was said before about it is taken back.
    Reopened,
    /// The box had missed it.
    Added,
}

impl Verdict {
    /// As it is kept.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Corrected => "corrected",
            Self::Struck => "struck",
            Self::Reopened => "reopened",
            Self::Added => "added",
        }
    }
}

/// One row of the record.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// The point's id.
    pub point: String,
    pub verdict: Verdict,
    /// Who, as the page was told.
    pub agent: String,
    /// RFC 3339.
    pub at: String,
    /// How many segments the transcript had then: what is said later may still change the point.
    pub heard: usize,
    /// The point's.
    pub origin: Origin,
    /// The point as it was; none where it was added.
    pub was: Option<Point>,
    /// The point as corrected or added.
    pub corrected: Option<Point>,
}

/// Adds a review to the record of a recording; its time is `now`, whatever it says itself.
pub fn add(tx: &Tx, recording_id: &str, review: &Review, now: Timestamp) -> StoreResult<()> {
    let text = |point: &Option<Point>| point.as_ref().map(|p| json!(p).to_string());
    tx.prepare_cached(
        "INSERT INTO minutes_review (recording_id, n, point, verdict, agent, at, heard, origin, was, corrected)
         VALUES (?1, (SELECT count(*) FROM minutes_review WHERE recording_id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        recording_id,
        review.point,
        review.verdict.name(),
        review.agent,
        stamp(now),
        review.heard as i64,
        json!(review.origin).as_str(),
        text(&review.was),
        text(&review.corrected),
    ])?;
    Ok(())
}

/// The record of a recording, in the order it was made.
pub fn all(c: &Tx, recording_id: &str) -> StoreResult<Vec<Review>> {
    let mut statement = c.prepare_cached(
        "SELECT point, verdict, agent, at, heard, origin, was, corrected FROM minutes_review
         WHERE recording_id = ?1 ORDER BY n",
    )?;
    let rows = statement.query_map([recording_id], |r| {
        let point = |column: usize| {
            r.get::<_, Option<String>>(column)?.map(|text| from_json(column, &text)).transpose()
        };
        Ok(Review {
            point: r.get(0)?,
            verdict: from_json(1, &json!(r.get::<_, String>(1)?).to_string())?,
            agent: r.get(2)?,
            at: r.get(3)?,
            heard: r.get::<_, i64>(4)?.try_into().unwrap_or_default(),
            origin: from_json(5, &json!(r.get::<_, String>(5)?).to_string())?,
            was: point(6)?,
            corrected: point(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
