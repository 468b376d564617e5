//! Background work that must be done once, even after a restart: transcripts and minutes.
//!
//! A job is queued in the transaction of the change that calls for it. It is `running` while a worker has it; what a
//! crash left running is queued again at the next start. `waiting` needs something from outside (a model file) and
//! says so in `detail`.

use super::{StoreResult, Tx, stamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// Transcribe the recording `subject`.
pub const TRANSCRIBE: &str = "transcribe";
/// Draw up the minutes of the recording `subject`, whose transcript is complete.
pub const MINUTES: &str = "minutes";
/// Ask for a second opinion on the minutes of the recording `subject`.
pub const SECOND_OPINION: &str = "second_opinion";

/// A job that fails this often stays failed until somebody asks again.
pub const MAX_ATTEMPTS: i64 = 5;

/// A row of the job table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    pub id: i64,
    pub kind: String,
    pub subject: String,
    pub attempts: i64,
}

/// Work of the box's own that waits: transcripts, minutes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobQueue {
    pub waiting: i64,
    pub failed: i64,
    /// Since when the oldest has been due, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<String>,
}

/// Where a job stands, for the page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobState {
    /// queued, waiting, running, done or failed
    pub state: String,
    /// What it waits for or why it failed.
    pub detail: Option<String>,
}

/// Queues a job; a job of that kind and subject that is there already is queued afresh.
pub fn queue(tx: &Tx, kind: &str, subject: &str, now: Timestamp) -> StoreResult<()> {
    tx.prepare_cached(
        "INSERT INTO job (kind, subject, state, not_before) VALUES (?1, ?2, 'queued', ?3)
         ON CONFLICT (kind, subject) DO UPDATE SET state = 'queued', attempts = 0, not_before = ?3, detail = NULL",
    )?
    .execute(params![kind, subject, stamp(now)])?;
    Ok(())
}

/// [`queue`], but leaves alone what is at work.
pub fn queue_unless_running(tx: &Tx, kind: &str, subject: &str, now: Timestamp) -> StoreResult<()> {
    match state(tx, kind, subject)? {
        Some(job) if job.state == "running" => Ok(()),
        _ => queue(tx, kind, subject, now),
    }
}

/// How much of all kinds waits or has failed, and since when the oldest has been due.
pub fn queue_length(c: &Tx, now: Timestamp) -> StoreResult<JobQueue> {
    let mut count = c.prepare_cached(
        "SELECT coalesce(sum(state IN ('queued', 'waiting', 'running')), 0), coalesce(sum(state = 'failed'), 0),
                min(CASE WHEN state IN ('queued', 'waiting', 'running') AND not_before <= ?1 THEN not_before END)
         FROM job",
    )?;
    let read = |r: &rusqlite::Row| Ok(JobQueue { waiting: r.get(0)?, failed: r.get(1)?, oldest: r.get(2)? });
    Ok(count.query_row([stamp(now)], read)?)
}

/// Whether a job of a kind is due, for a reader.
pub fn is_due(c: &Tx, kind: &str, now: Timestamp) -> StoreResult<bool> {
    Ok(c.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM job WHERE kind = ?1 AND state IN ('queued', 'waiting') AND not_before <= ?2)",
    )?
    .query_row(params![kind, stamp(now)], |r| r.get(0))?)
}

/// Whether a recording that runs waits to be transcribed, for a reader.
pub fn a_meeting_waits(c: &Tx, now: Timestamp) -> StoreResult<bool> {
    Ok(c.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM job JOIN recording ON recording.id = subject WHERE kind = ?1
           AND job.state IN ('queued', 'waiting') AND not_before <= ?2 AND recording.state = 'recording')",
    )?
    .query_row(params![TRANSCRIBE, stamp(now)], |r| r.get(0))?)
}

/// Takes a job of a kind that is due, and marks it running: that of a recording that runs, or the oldest.
pub fn claim(tx: &Tx, kind: &str, now: Timestamp) -> StoreResult<Option<Job>> {
    Ok(tx
        .prepare_cached(
            "UPDATE job SET state = 'running', attempts = attempts + 1 WHERE id = (SELECT id FROM job
               WHERE kind = ?1 AND state IN ('queued', 'waiting') AND not_before <= ?2
               ORDER BY (SELECT recording.state FROM recording WHERE recording.id = subject) = 'recording' DESC, id
               LIMIT 1)
             RETURNING id, kind, subject, attempts",
        )?
        .query_row(params![kind, stamp(now)], |r| {
            Ok(Job { id: r.get(0)?, kind: r.get(1)?, subject: r.get(2)?, attempts: r.get(3)? })
        })
        .optional()?)
}

/// Marks a job done.
pub fn done(tx: &Tx, id: i64) -> StoreResult<()> {
    tx.prepare_cached("UPDATE job SET state = 'done', detail = NULL WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Puts a job back until `not_before` without counting the attempt: it needs something from outside.
pub fn wait(tx: &Tx, id: i64, why: &str, not_before: Timestamp) -> StoreResult<()> {
    tx.prepare_cached("UPDATE job SET state = 'waiting', attempts = attempts - 1, detail = ?2, not_before = ?3 WHERE id = ?1")?
        .execute(params![id, why, stamp(not_before)])?;
    Ok(())
}

/// Queues a job again as it was: another goes first.
pub fn set_aside(tx: &Tx, id: i64) -> StoreResult<()> {
    tx.prepare_cached("UPDATE job SET state = 'queued', attempts = attempts - 1 WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Queues the waiting jobs of a kind: what they waited for may be there.
pub fn release_waiting(tx: &Tx, kind: &str, now: Timestamp) -> StoreResult<usize> {
    Ok(tx
        .prepare_cached(
            "UPDATE job SET state = 'queued', not_before = ?2, detail = NULL WHERE kind = ?1 AND state = 'waiting'",
        )?
        .execute(params![kind, now.to_string()])?)
}

/// Puts a job back after a failure, or gives it up after [`MAX_ATTEMPTS`].
pub fn retry_or_fail(tx: &Tx, id: i64, why: &str, not_before: Timestamp) -> StoreResult<()> {
    tx.prepare_cached(
        "UPDATE job SET state = iif(attempts >= ?4, 'failed', 'queued'), detail = ?2, not_before = ?3 WHERE id = ?1",
    )?
    .execute(params![id, why, stamp(not_before), MAX_ATTEMPTS])?;
    Ok(())
}

/// Queues again what a crash left running. Called once at start, before any worker.
pub fn requeue_running(tx: &Tx) -> StoreResult<usize> {
    Ok(tx.execute("UPDATE job SET state = 'queued' WHERE state = 'running'", [])?)
}

/// Where the job of a subject stands.
pub fn state(c: &Tx, kind: &str, subject: &str) -> StoreResult<Option<JobState>> {
    Ok(c.prepare_cached("SELECT state, detail FROM job WHERE kind = ?1 AND subject = ?2")?
        .query_row([kind, subject], |r| Ok(JobState { state: r.get(0)?, detail: r.get(1)? }))
        .optional()?)
}
