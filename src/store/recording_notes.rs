//! What happened during a recording, each at its sample: gaps (the microphone was away, sound overran, a pause),
//! markers, and the alarms that head office hears of.
//!
//! The recorder writes a gap when it begins and again when it is over, under the same number, so that a crash in
//! between leaves one that is open; [`close_open_gaps`] ends it with the recording.

use super::{StoreResult, Tx, outbox, stamp};
use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;
use serde_json::json;

/// Why a recording does not simply go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GapKind {
    /// The microphone was lost; silence of the same length stands in the recording.
    Microphone,
    /// Sound was lost between microphone and disk; silence of the same length stands in the recording.
    Overrun,
    /// An agent paused; nothing of it is in the recording.
    Pause,
}

impl GapKind {
    fn word(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Overrun => "overrun",
            Self::Pause => "pause",
        }
    }
}

/// A place where a recording does not simply go on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// 0, 1, 2 … in the order they began.
    pub n: i64,
    pub kind: GapKind,
    /// Position in the recording.
    pub at_sample: i64,
    /// By the clock of the recording: its start and the time that has passed since.
    pub began_at: Timestamp,
    /// `None` while it lasts, and where a crash left a pause open.
    pub length_ms: Option<i64>,
    /// Samples of silence that stand for it.
    pub samples: i64,
    /// What the microphone's driver said, for the operator.
    pub reason: Option<String>,
}

/// A moment that an agent marked as important.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Marker {
    /// 0, 1, 2 … in the order they were set.
    pub n: i64,
    /// Position in the recording.
    pub at_sample: i64,
    pub noted_at: Timestamp,
}

/// Something that is wrong with a recording, or is so no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm {
    pub code: &'static str,
    pub over: bool,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    Gap(Gap),
    Marker(Marker),
    Alarm(Alarm, Timestamp),
}

/// Writes a note; a gap or marker of the same number is replaced.
pub fn put(tx: &Tx, recording_id: &str, note: &Note) -> StoreResult<()> {
    match note {
        Note::Gap(g) => {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO recording_gap
                   (recording_id, n, kind, at_sample, began_at, length_ms, samples, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                recording_id,
                g.n,
                g.kind.word(),
                g.at_sample,
                stamp(g.began_at),
                g.length_ms,
                g.samples,
                g.reason
            ])?;
        }
        Note::Marker(m) => {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO recording_marker (recording_id, n, at_sample, noted_at)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![recording_id, m.n, m.at_sample, stamp(m.noted_at)])?;
        }
        Note::Alarm(alarm, at) => {
            let body = json!({ "code": alarm.code, "recording": recording_id, "over": alarm.over });
            outbox::add(tx, *at, "alarm", &body)?;
        }
    }
    Ok(())
}

/// Ends the gaps that a crash left open: silence stands for them up to the end of the recording, at `samples`.
pub fn close_open_gaps(tx: &Tx, recording_id: &str, samples: i64) -> StoreResult<()> {
    tx.execute(
        "UPDATE recording_gap SET samples = max(0, ?2 - at_sample),
           length_ms = max(0, ?2 - at_sample) * 1000 / ?3
         WHERE recording_id = ?1 AND length_ms IS NULL AND kind <> 'pause'",
        params![recording_id, samples, super::recordings::SAMPLE_RATE],
    )?;
    Ok(())
}

/// The gaps of a recording, in order.
pub fn gaps(c: &Tx, recording_id: &str) -> StoreResult<Vec<Gap>> {
    let mut statement = c.prepare_cached(
        "SELECT n, kind, at_sample, began_at, length_ms, samples, reason FROM recording_gap
         WHERE recording_id = ?1 ORDER BY at_sample, n",
    )?;
    let rows = statement.query_map([recording_id], |r| {
        let (kind, began_at): (String, String) = (r.get(1)?, r.get(3)?);
        let kind =
            [GapKind::Microphone, GapKind::Overrun, GapKind::Pause].into_iter().find(|k| k.word() == kind);
        Ok(Gap {
            n: r.get(0)?,
            kind: kind.unwrap_or(GapKind::Overrun),
            at_sample: r.get(2)?,
            began_at: began_at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            length_ms: r.get(4)?,
            samples: r.get(5)?,
            reason: r.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The markers of a recording, in order.
pub fn markers(c: &Tx, recording_id: &str) -> StoreResult<Vec<Marker>> {
    let mut statement = c.prepare_cached(
        "SELECT n, at_sample, noted_at FROM recording_marker WHERE recording_id = ?1 ORDER BY at_sample, n",
    )?;
    let rows = statement.query_map([recording_id], |r| {
        let noted_at: String = r.get(2)?;
        let noted_at = noted_at.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Marker { n: r.get(0)?, at_sample: r.get(1)?, noted_at })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
