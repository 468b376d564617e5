//! Recordings: the permit, the key, the state, and how each change is told to head office.

use super::recording_notes::{self, Note};
use super::{StoreError, StoreResult, Tx, audit, jobs, outbox, stamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Samples a second of every recording on disk (16 kHz mono, what whisper takes).
pub const SAMPLE_RATE: u32 = 16_000;

/// How everybody in the room agreed to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    Spoken,
    Written,
}

/// What is known when the button is pressed.
#[derive(Debug, Clone)]
pub struct NewRecording {
    pub id: String,
    pub started_at: Timestamp,
    /// Who pressed the button and noted the consent.
    pub agent: String,
    pub consent: Consent,
    /// The device's stable name.
    pub microphone: String,
    pub key: [u8; 32],
}

/// A recording as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recording {
    pub id: String,
    pub started_at: String,
    pub stopped_at: Option<String>,
    /// recording, finished or broken_off
    pub state: String,
    pub agent: String,
    pub microphone: String,
    /// Samples on disk, at [`SAMPLE_RATE`].
    pub samples: i64,
    /// The sample at which a crash or a power cut ended it.
    pub broken_off_at: Option<i64>,
    pub problem: Option<String>,
    /// microphone or upload
    pub origin: String,
}

impl Recording {
    /// Whether it is still being recorded.
    pub fn runs(&self) -> bool {
        self.state == "recording"
    }

    /// The length of what is on disk, in milliseconds; 0 while it runs.
    pub fn length_ms(&self) -> i64 {
        self.samples * 1000 / i64::from(SAMPLE_RATE)
    }
}

const COLUMNS: &str =
    "id, started_at, stopped_at, state, agent, microphone, samples, broken_off_at, problem, origin";

fn from_row(r: &Row<'_>) -> rusqlite::Result<Recording> {
    Ok(Recording {
        id: r.get(0)?,
        started_at: r.get(1)?,
        stopped_at: r.get(2)?,
        state: r.get(3)?,
        agent: r.get(4)?,
        microphone: r.get(5)?,
        samples: r.get(6)?,
        broken_off_at: r.get(7)?,
        problem: r.get(8)?,
        origin: r.get(9)?,
    })
}

/// Makes the recording with its permit and its key. Nothing may be recorded before this is durable.
pub fn begin(tx: &Tx, new: &NewRecording) -> StoreResult<()> {
    let at = stamp(new.started_at);
    let consent = match new.consent {
        Consent::Spoken => "spoken",
        Consent::Written => "written",
    };
    tx.execute(
        "INSERT INTO recording (id, started_at, state, agent, microphone) VALUES (?1, ?2, 'recording', ?3, ?4)",
        params![new.id, at, new.agent, new.microphone],
    )?;
    tx.execute(
        "INSERT INTO recording_permit (recording_id, given_at, noted_by, consent) VALUES (?1, ?2, ?3, ?4)",
        params![new.id, at, new.agent, consent],
    )?;
    tx.execute(
        "INSERT INTO recording_key (recording_id, key) VALUES (?1, ?2)",
        params![new.id, new.key.as_slice()],
    )?;
    // While it runs already: when it stops, only its tail is left.
    jobs::queue(tx, jobs::TRANSCRIBE, &new.id, new.started_at)?;
    audit::add(
        tx,
        new.started_at,
        &new.agent,
        "recording.started",
        &new.id,
        Some(&json!({ "consent": consent })),
    )
}

/// How a recording ended.
#[derive(Debug, Clone)]
pub struct End {
    /// Samples on disk.
    pub samples: i64,
    /// What went wrong, as `code: sentence`.
    pub problem: Option<String>,
    /// By the clock of the recording: its start and the time that has passed since.
    pub stopped_at: Timestamp,
    /// What happened during it and is not written yet.
    pub notes: Vec<Note>,
}

/// Closes a recording that was stopped: its transcript is queued and head office hears of the meeting, all at once.
pub fn finish(tx: &Tx, id: &str, samples: i64, problem: Option<&str>, now: Timestamp) -> StoreResult<()> {
    let end = End { samples, problem: problem.map(str::to_owned), stopped_at: now, notes: Vec::new() };
    close(tx, id, "finished", None, &end, now)
}

/// [`finish`], with the notes that are not written yet and the time by the clock of the recording.
pub fn finish_with(tx: &Tx, id: &str, end: &End, now: Timestamp) -> StoreResult<()> {
    close(tx, id, "finished", None, end, now)
}

/// Closes a recording that a crash or a power cut ended after `samples`.
pub fn break_off(tx: &Tx, id: &str, samples: i64, problem: &str, now: Timestamp) -> StoreResult<()> {
    let end = End { samples, problem: Some(problem.to_owned()), stopped_at: now, notes: Vec::new() };
    close(tx, id, "broken_off", Some(samples), &end, now)
}

fn close(
    tx: &Tx,
    id: &str,
    state: &str,
    broken_off_at: Option<i64>,
    end: &End,
    now: Timestamp,
) -> StoreResult<()> {
    let End { samples, problem, stopped_at, notes } = end;
    let changed = tx.execute(
        "UPDATE recording SET state = ?2, stopped_at = ?3, samples = ?4, broken_off_at = ?5, problem = ?6
         WHERE id = ?1 AND state = 'recording'",
        params![id, state, stamp(*stopped_at), samples, broken_off_at, problem],
    )?;
    if changed == 0 {
        return Err(StoreError::Refused(format!("there is no running recording {id}")));
    }
    for note in notes {
        recording_notes::put(tx, id, note)?;
    }
    recording_notes::close_open_gaps(tx, id, *samples)?;
    let recording = get(tx, id)?.ok_or_else(|| StoreError::Refused(format!("there is no recording {id}")))?;
    // Due at once, also where the clock was ahead and has been put back. One that is at work goes on to the end.
    jobs::queue_unless_running(tx, jobs::TRANSCRIBE, id, now.min(*stopped_at))?;
    audit::add(
        tx,
        now,
        &recording.agent,
        &format!("recording.{state}"),
        id,
        Some(&json!({ "samples": samples })),
    )?;
    outbox::add(
        tx,
        now,
        "meeting",
        &json!({
            "id": id, "started_at": recording.started_at, "stopped_at": recording.stopped_at, "state": state,
            "seconds": *samples as f64 / f64::from(SAMPLE_RATE), "agent": recording.agent,
            "problem": problem.as_deref().and_then(|p| p.split(':').next()),
        }),
    )
}

/// A recording that was made elsewhere and is on disk now, whole.
#[derive(Debug, Clone)]
pub struct UploadedRecording {
    pub id: String,
    /// When it was recorded.
    pub started_at: Timestamp,
    /// Who uploaded it and noted the consent.
    pub agent: String,
    pub consent: Consent,
    pub key: [u8; 32],
    pub samples: i64,
    /// What is damaged, as `code: sentence`.
    pub problem: Option<String>,
    /// Container and codec, for the audit trail.
    pub form: String,
}

/// Takes in a recording that was uploaded: permit, key, transcript and the word to head office, all at once.
pub fn take_in(tx: &Tx, new: &UploadedRecording, now: Timestamp) -> StoreResult<()> {
    let seconds = new.samples as f64 / f64::from(SAMPLE_RATE);
    let (from, to) =
        (stamp(new.started_at), stamp(new.started_at + jiff::SignedDuration::from_secs_f64(seconds)));
    let consent = match new.consent {
        Consent::Spoken => "spoken",
        Consent::Written => "written",
    };
    tx.execute(
        "INSERT INTO recording (id, started_at, stopped_at, state, agent, microphone, samples, problem, origin)
         VALUES (?1, ?2, ?3, 'finished', ?4, '', ?5, ?6, 'upload')",
        params![new.id, from, to, new.agent, new.samples, new.problem],
    )?;
    tx.execute(
        "INSERT INTO recording_permit (recording_id, given_at, noted_by, consent) VALUES (?1, ?2, ?3, ?4)",
        params![new.id, stamp(now), new.agent, consent],
    )?;
    tx.execute(
        "INSERT INTO recording_key (recording_id, key) VALUES (?1, ?2)",
        params![new.id, new.key.as_slice()],
    )?;
    jobs::queue(tx, jobs::TRANSCRIBE, &new.id, now)?;
    let detail = json!({ "consent": consent, "samples": new.samples, "form": new.form, "recorded_at": from });
    audit::add(tx, now, &new.agent, "recording.uploaded", &new.id, Some(&detail))?;
    outbox::add(
        tx,
        now,
        "meeting",
        &json!({
            "id": new.id, "started_at": from, "stopped_at": to, "state": "finished", "seconds": seconds,
            "agent": new.agent, "origin": "upload",
        }),
    )
}

/// One recording.
pub fn get(c: &Tx, id: &str) -> StoreResult<Option<Recording>> {
    Ok(c.prepare_cached(&format!("SELECT {COLUMNS} FROM recording WHERE id = ?1"))?
        .query_row([id], from_row)
        .optional()?)
}

/// The latest recordings, newest first.
pub fn latest(c: &Tx, limit: usize) -> StoreResult<Vec<Recording>> {
    let mut statement = c.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM recording ORDER BY started_at DESC, id DESC LIMIT ?1"
    ))?;
    let rows = statement.query_map([limit as i64], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Recordings that no stop has closed: at start, those that a crash ended.
pub fn unfinished(c: &Tx) -> StoreResult<Vec<Recording>> {
    let mut statement =
        c.prepare_cached(&format!("SELECT {COLUMNS} FROM recording WHERE state = 'recording'"))?;
    let rows = statement.query_map([], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the last recording ended, RFC 3339.
pub fn last_end(c: &Tx) -> StoreResult<Option<String>> {
    Ok(c.prepare_cached("SELECT max(stopped_at) FROM recording")?.query_row([], |r| r.get(0))?)
}

/// The key of a recording; `None` once it has been deleted.
pub fn key(c: &Tx, id: &str) -> StoreResult<Option<[u8; 32]>> {
    Ok(c.prepare_cached("SELECT key FROM recording_key WHERE recording_id = ?1")?
        .query_row([id], |r| r.get(0))
        .optional()?)
}
