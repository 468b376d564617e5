//! Transcripts: segments with their times, written as they are decoded and closed when complete.

use super::{StoreResult, Tx, jobs, stamp};
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// What a stretch of a recording turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    Speech,
    /// No voice was found, or nothing was decoded from it.
    NoSpeech,
    /// The worker failed on it; the text is the reason.
    Failed,
}

/// A stretch of a recording and its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    pub start_ms: i64,
    pub end_ms: i64,
    pub kind: SegmentKind,
    /// yue, cmn or en.
    pub language: Option<String>,
    pub text: String,
    /// What the recogniser wrote, where the text is not that.
    pub heard: Option<Heard>,
}

/// What the recogniser wrote of a stretch whose text was changed, and the changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The whole of it.
    pub text: String,
    /// From left to right, none overlapping another.
    pub changes: Vec<Change>,
}

/// Some characters of a text that stand for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Where they begin in the text, counted in characters (Unicode scalar values).
    pub at: usize,
    /// How many they are.
    pub len: usize,
    /// What the recogniser wrote in their place.
    pub from: String,
    pub reason: Reason,
}

/// Why characters were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It sounds like a name of the branch.
    Sound,
    /// It is a name of the branch, written as the listing base writes it.
    Form,
    /// The same characters in the script of the language.
    Script,
}

/// A complete transcript's heading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transcript {
    pub model: String,
    pub language: Option<String>,
    pub finished_at: String,
}

/// Forgets the segments and the heading of a recording: a decode begins from the start.
pub fn restart(tx: &Tx, recording_id: &str) -> StoreResult<()> {
    tx.execute("DELETE FROM transcript_segment WHERE recording_id = ?1", [recording_id])?;
    tx.execute("DELETE FROM transcript WHERE recording_id = ?1", [recording_id])?;
    // They name segments by their numbers.
    tx.execute("DELETE FROM minutes_point WHERE recording_id = ?1 AND origin = 'proposed'", [recording_id])?;
    Ok(())
}

/// Adds segment `n`.
pub fn add_segment(tx: &Tx, recording_id: &str, n: i64, segment: &Segment) -> StoreResult<()> {
    let kind = match segment.kind {
        SegmentKind::Speech => "speech",
        SegmentKind::NoSpeech => "no_speech",
        SegmentKind::Failed => "failed",
    };
    let heard = segment.heard.as_ref().map(|h| serde_json::to_string(h).expect("it is plain data"));
    tx.prepare_cached(
        "INSERT INTO transcript_segment (recording_id, n, start_ms, end_ms, kind, language, text, heard)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        recording_id,
        n,
        segment.start_ms,
        segment.end_ms,
        kind,
        segment.language,
        segment.text,
        heard
    ])?;
    Ok(())
}

/// Closes the transcript and its job together, and queues the minutes.
pub fn finish(
    tx: &Tx,
    recording_id: &str,
    model: &str,
    language: Option<&str>,
    job: i64,
    now: Timestamp,
) -> StoreResult<()> {
    tx.execute(
        "INSERT OR REPLACE INTO transcript (recording_id, model, language, finished_at) VALUES (?1, ?2, ?3, ?4)",
        params![recording_id, model, language, stamp(now)],
    )?;
    jobs::queue(tx, jobs::MINUTES, recording_id, now)?;
    jobs::done(tx, job)
}

/// The segments so far, in time order.
pub fn segments(c: &Tx, recording_id: &str) -> StoreResult<Vec<Segment>> {
    segments_from(c, recording_id, 0)
}

/// The segments from number `from` on.
pub fn segments_from(c: &Tx, recording_id: &str, from: i64) -> StoreResult<Vec<Segment>> {
    let mut statement = c.prepare_cached(
        "SELECT start_ms, end_ms, kind, language, text, heard FROM transcript_segment
         WHERE recording_id = ?1 AND n >= ?2 ORDER BY n",
    )?;
    let rows = statement.query_map(params![recording_id, from], |r| {
        let kind: String = r.get(2)?;
        let heard: Option<String> = r.get(5)?;
        let heard = heard.map(|h| serde_json::from_str(&h)).transpose();
        Ok(Segment {
            start_ms: r.get(0)?,
            end_ms: r.get(1)?,
            kind: match kind.as_str() {
                "speech" => SegmentKind::Speech,
                "no_speech" => SegmentKind::NoSpeech,
                _ => SegmentKind::Failed,
            },
            language: r.get(3)?,
            text: r.get(4)?,
            heard: heard
                .map_err(|e| rusqlite::Error::FromSqlConversionFailure(5, Type::Text, Box::new(e)))?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The heading, once the transcript is complete.
pub fn get(c: &Tx, recording_id: &str) -> StoreResult<Option<Transcript>> {
    Ok(c.prepare_cached("SELECT model, language, finished_at FROM transcript WHERE recording_id = ?1")?
        .query_row([recording_id], |r| {
            Ok(Transcript { model: r.get(0)?, language: r.get(1)?, finished_at: r.get(2)? })
        })
        .optional()?)
}
