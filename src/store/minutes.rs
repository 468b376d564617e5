//! Minutes and their points, each with the segments that bear it out; head office gets the points without the quotes.

use super::{StoreResult, Tx, outbox, stamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The segments that bear a point out: one, and any further. There is no way to write down a point without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<usize>", into = "Vec<usize>")]
pub struct Evidence {
    first: usize,
    /// In order, none of them twice.
    more: Vec<usize>,
}

/// Nothing was said to bear a point out.
#[derive(Debug, thiserror::Error)]
#[error("segments: name at least one segment of the transcript that bears the point out")]
pub struct NoEvidence;

impl TryFrom<Vec<usize>> for Evidence {
    type Error = NoEvidence;

    fn try_from(segments: Vec<usize>) -> Result<Self, NoEvidence> {
        let mut segments = segments.into_iter();
        let first = segments.next().ok_or(NoEvidence)?;
        Ok(segments.fold(Self::of(first), Self::and))
    }
}

impl From<Evidence> for Vec<usize> {
    fn from(evidence: Evidence) -> Self {
        evidence.segments().collect()
    }
}

impl Evidence {
    /// Borne out by a segment.
    pub fn of(first: usize) -> Self {
        Self { first, more: Vec::new() }
    }

    /// And by another.
    pub fn and(mut self, n: usize) -> Self {
        self.add(n);
        self
    }

    /// Adds a segment.
    pub fn add(&mut self, n: usize) {
        if n < self.first {
            let later = std::mem::replace(&mut self.first, n);
            self.add(later);
        } else if n != self.first
            && let Err(at) = self.more.binary_search(&n)
        {
            self.more.insert(at, n);
        }
    }

    /// Adds those of another.
    pub fn merge(&mut self, other: &Self) {
        other.segments().for_each(|n| self.add(n));
    }

    /// The first segment.
    pub fn first(&self) -> usize {
        self.first
    }

    /// The last segment.
    pub fn last(&self) -> usize {
        self.more.last().copied().unwrap_or(self.first)
    }

    /// All of them, in order.
    pub fn segments(&self) -> impl Iterator<Item = usize> {
        std::iter::once(self.first).chain(self.more.iter().copied())
    }

    /// Whether the two have a segment in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.segments().any(|n| other.segments().any(|m| m == n))
    }
}

/// How sure it is that a point was meant so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// May have been meant: offered to be confirmed, not asserted.
    Unsure,
    /// Worked out from what was said around it: an answer to a question, a proposal taken up.
    Likely,
    /// Said in so many words.
    #[default]
    Sure,
}

impl Confidence {
    /// From here on a point is asserted.
    pub const ASSERTED: f64 = 0.55;
    /// From here on it is sure.
    pub const SURE: f64 = 0.85;
    /// From here on it is worth a person's look.
    pub const OFFERED: f64 = 0.3;

    /// How sure a probability is; none at all where it is not even worth a look.
    pub fn of(probability: f64) -> Option<Self> {
        match probability {
            p if p >= Self::SURE => Some(Self::Sure),
            p if p >= Self::ASSERTED => Some(Self::Likely),
            p if p >= Self::OFFERED => Some(Self::Unsure),
            _ => None,
        }
    }
}

/// What is to be done, in keys of the minutes' words, so that it can be told in any language, and as it was said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Act {
    /// send, ask, call, find, give; empty where no such word was said.
    pub verb: String,
    /// Keys of what it is done with: floor_plan, deposit.
    pub things: Vec<String>,
    /// The words of the transcript.
    pub said: String,
}

/// A decision point (CONTRACT.md, "POST /api/v1/minutes/extract").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// preference, offer, objection, decision, action or appointment.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slot: Option<String>,
    #[serde(skip_serializing_if = "Value::is_null", default)]
    pub value: Value,
    /// want or avoid, for a preference.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub polarity: Option<String>,
    /// The point in words.
    pub text: String,
    /// The segments that bear it out, by number.
    pub segments: Evidence,
    /// When the first of them begins, seconds from the beginning.
    pub at: f64,
    #[serde(default)]
    pub confidence: Confidence,
    /// For an action.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub act: Option<Act>,
}

/// A point that was changed or taken back later on: kept as history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replaced {
    #[serde(flatten)]
    pub point: Point,
    /// The segment from which on it no longer held.
    pub until: usize,
}

/// The minutes of one meeting.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Minutes {
    pub language: String,
    pub summary: String,
    pub points: Vec<Point>,
    /// May have been meant: for a person to confirm.
    #[serde(default)]
    pub offered: Vec<Point>,
    /// What no longer held when the meeting ended.
    #[serde(default)]
    pub replaced: Vec<Replaced>,
    /// What the second opinion proposes: for a person to confirm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposed: Vec<Point>,
}

/// Where a point came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Found in the transcript by the box.
    Extracted,
    /// By the second opinion, with its quote: never asserted.
    Proposed,
    /// By an agent.
    Agent,
}

/// Keeps the minutes of a recording in place of earlier ones. What the second opinion proposed before stays, unless
/// these bring proposals of their own.
pub fn put(tx: &Tx, recording_id: &str, minutes: &Minutes, now: Timestamp) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO minutes (recording_id, language, summary, made_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (recording_id) DO UPDATE SET language = ?2, summary = ?3, made_at = ?4",
        params![recording_id, minutes.language, minutes.summary, stamp(now)],
    )?;
    if minutes.proposed.is_empty() {
        let earlier = get(tx, recording_id)?.map(|m| m.proposed).unwrap_or_default();
        put_points(tx, recording_id, &Minutes { proposed: earlier, ..minutes.clone() })
    } else {
        put_points(tx, recording_id, minutes)
    }
}

/// Keeps what the second opinion proposes in place of what it did before. Without minutes there is nothing to add to,
/// and nothing is kept.
pub fn propose(tx: &Tx, recording_id: &str, proposed: Vec<Point>) -> StoreResult<()> {
    let Some(minutes) = get(tx, recording_id)? else { return Ok(()) };
    put_points(tx, recording_id, &Minutes { proposed, ..minutes })
}

/// Keeps the summary that the second opinion proposes, or takes the one before away.
pub fn propose_summary(tx: &Tx, recording_id: &str, summary: Option<&str>) -> StoreResult<()> {
    tx.execute(
        "UPDATE minutes SET proposed_summary = ?2 WHERE recording_id = ?1",
        params![recording_id, summary],
    )?;
    Ok(())
}

/// The summary that the second opinion proposes.
pub fn proposed_summary(c: &Tx, recording_id: &str) -> StoreResult<Option<String>> {
    let summary = c
        .prepare_cached("SELECT proposed_summary FROM minutes WHERE recording_id = ?1")?
        .query_row([recording_id], |r| r.get(0))
        .optional()?;
    Ok(summary.flatten())
}

fn put_points(tx: &Tx, recording_id: &str, minutes: &Minutes) -> StoreResult<()> {
    tx.execute("DELETE FROM minutes_point WHERE recording_id = ?1", [recording_id])?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO minutes_point (recording_id, n, type, slot, value, polarity, text, segments, at_ms,
           standing, until, origin, confidence, act) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    let asserted = minutes.points.iter().map(|p| (p, "asserted", None, "extracted"));
    let offered = minutes.offered.iter().map(|p| (p, "offered", None, "extracted"));
    let replaced = minutes.replaced.iter().map(|r| (&r.point, "replaced", Some(r.until as i64), "extracted"));
    let proposed = minutes.proposed.iter().map(|p| (p, "offered", None, "proposed"));
    let all = asserted.chain(offered).chain(replaced).chain(proposed);
    for (n, (p, standing, until, origin)) in all.enumerate() {
        insert.execute(params![
            recording_id,
            n as i64,
            p.kind,
            p.slot,
            p.value.to_string(),
            p.polarity,
            p.text,
            json!(p.segments).to_string(),
            (p.at * 1000.0).round() as i64,
            standing,
            until,
            origin,
            json!(p.confidence).as_str(),
            p.act.as_ref().map(|act| json!(act).to_string()),
        ])?;
    }
    Ok(())
}

/// Tells head office what stands: the points without their quotes. What a decision is about is a quote too.
pub fn tell<'a>(
    tx: &Tx,
    kind: &str,
    recording_id: &str,
    language: &str,
    standing: impl Iterator<Item = &'a Point>,
    now: Timestamp,
) -> StoreResult<()> {
    let points: Vec<Value> = standing.map(told).collect();
    outbox::add(tx, now, kind, &json!({ "meeting": recording_id, "language": language, "points": points }))
}

/// A point as head office gets it.
pub fn told(p: &Point) -> Value {
    let value = if p.kind == "decision" { &Value::Null } else { &p.value };
    json!({ "type": p.kind, "slot": p.slot, "value": value, "polarity": p.polarity, "at": p.at })
}

/// When the minutes of a recording were made, RFC 3339.
pub fn made_at(c: &Tx, recording_id: &str) -> StoreResult<Option<String>> {
    Ok(c.prepare_cached("SELECT made_at FROM minutes WHERE recording_id = ?1")?
        .query_row([recording_id], |r| r.get(0))
        .optional()?)
}

/// The minutes of a recording, once made.
pub fn get(c: &Tx, recording_id: &str) -> StoreResult<Option<Minutes>> {
    let heading: Option<(String, String)> = c
        .prepare_cached("SELECT language, summary FROM minutes WHERE recording_id = ?1")?
        .query_row([recording_id], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let Some((language, summary)) = heading else { return Ok(None) };
    let mut minutes = Minutes { language, summary, ..Minutes::default() };
    let mut statement = c.prepare_cached(
        "SELECT type, slot, value, polarity, text, segments, at_ms, confidence, act, standing, until, origin
         FROM minutes_point WHERE recording_id = ?1 ORDER BY n",
    )?;
    let mut rows = statement.query([recording_id])?;
    while let Some(r) = rows.next()? {
        let point = Point {
            kind: r.get(0)?,
            slot: r.get(1)?,
            value: json_at(r, 2)?.unwrap_or_default(),
            polarity: r.get(3)?,
            text: r.get(4)?,
            segments: from_json(5, &r.get::<_, String>(5)?)?,
            at: r.get::<_, i64>(6)? as f64 / 1000.0,
            confidence: serde_json::from_value(Value::String(r.get(7)?)).unwrap_or_default(),
            act: json_at(r, 8)?,
        };
        let (standing, until, origin): (String, Option<i64>, String) = (r.get(9)?, r.get(10)?, r.get(11)?);
        match (standing.as_str(), until, origin.as_str()) {
            (_, _, "proposed") => minutes.proposed.push(point),
            ("offered", ..) => minutes.offered.push(point),
            ("replaced", Some(until), _) => {
                minutes.replaced.push(Replaced { point, until: until.try_into().unwrap_or_default() });
            }
            _ => minutes.points.push(point),
        }
    }
    Ok(Some(minutes))
}

fn json_at<T: DeserializeOwned>(r: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    r.get::<_, Option<String>>(column)?.map(|text| from_json(column, &text)).transpose()
}

/// A column of JSON.
pub(super) fn from_json<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_in_order_said_once_and_never_empty() {
        let mut e = Evidence::of(4).and(7).and(4).and(2);
        e.merge(&Evidence::of(5));
        assert_eq!((e.first(), e.last(), e.segments().collect::<Vec<_>>()), (2, 7, vec![2, 4, 5, 7]));
        assert!(e.overlaps(&Evidence::of(9).and(5)) && !e.overlaps(&Evidence::of(6)));
        assert!(serde_json::from_value::<Evidence>(json!([])).is_err());
    }
}
