//! Sound on its way to head office: which meetings' sound goes, and how far each is.
//!
//! A meeting gets its row only while the branch's policy sends sound, and only when consent to recording it was noted after
//! the policy began to say so: nobody agreed to more than what was the case. Where the policy becomes stricter, what has
//! not gone stays.

use super::{StoreResult, Tx, audit, settings, stamp};
use crate::sync::uplink::Sound;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

/// The policy that holds, and since when: "written 2026-11-20T07:00:00Z".
const HOLDS: &str = "uplink.sound";

/// A meeting whose sound goes next.
#[derive(Debug, Clone)]
pub struct Next {
    pub recording: String,
    /// Bytes of its FLAC file that head office holds, as far as we know.
    pub held: u64,
    pub key: [u8; 32],
    /// Samples of the recording.
    pub samples: u64,
}

/// A meeting's sound, for the manager's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub recording: String,
    /// When the meeting was, RFC 3339.
    pub started_at: String,
    pub queued_at: String,
    /// Bytes that head office holds.
    pub held: i64,
    /// When it had all of it.
    pub done_at: Option<String>,
    /// Why it will not take it.
    pub refused: Option<String>,
}

/// Holds the queue to the policy: what may no longer go leaves it, and meetings that have ended since join it.
pub fn follow(tx: &Tx, policy: Sound, now: Timestamp) -> StoreResult<()> {
    let word = match policy {
        Sound::None => "none",
        Sound::Written => "written",
        Sound::All => "all",
    };
    let held = settings::get(tx, HOLDS)?;
    let since = held.as_deref().and_then(|h| h.strip_prefix(word)).map(|since| since.trim().to_owned());
    let since = match since {
        Some(since) => since,
        None if policy == Sound::None && held.is_none() => return Ok(()),
        None => {
            let since = stamp(now);
            settings::set(tx, HOLDS, &format!("{word} {since}"))?;
            since
        }
    };
    tx.prepare_cached(
        "DELETE FROM sound_outbox WHERE done_at IS NULL AND (?1 = 'none' OR (?1 = 'written' AND NOT EXISTS
           (SELECT 1 FROM recording_permit p WHERE p.recording_id = sound_outbox.recording_id AND p.consent = 'written')))",
    )?
    .execute([word])?;
    tx.prepare_cached(
        "INSERT INTO sound_outbox (recording_id, queued_at)
         SELECT r.id, ?3 FROM recording r JOIN recording_permit p ON p.recording_id = r.id
           JOIN recording_key k ON k.recording_id = r.id
         WHERE r.state <> 'recording' AND r.samples > 0 AND p.given_at >= ?2
           AND (?1 = 'all' OR (?1 = 'written' AND p.consent = 'written'))
           AND NOT EXISTS (SELECT 1 FROM sound_outbox s WHERE s.recording_id = r.id)",
    )?
    .execute(params![word, since, stamp(now)])?;
    Ok(())
}

/// The meeting whose sound has waited longest.
pub fn next(c: &Tx) -> StoreResult<Option<Next>> {
    let row = c
        .prepare_cached(
            "SELECT s.recording_id, s.held, k.key, r.samples FROM sound_outbox s
               JOIN recording r ON r.id = s.recording_id JOIN recording_key k ON k.recording_id = s.recording_id
             WHERE s.done_at IS NULL AND s.refused IS NULL ORDER BY s.queued_at, s.recording_id LIMIT 1",
        )?
        .query_row([], |r| {
            Ok(Next {
                recording: r.get(0)?,
                held: u64::try_from(r.get::<_, i64>(1)?).unwrap_or(0),
                key: r.get(2)?,
                samples: u64::try_from(r.get::<_, i64>(3)?).unwrap_or(0),
            })
        })
        .optional()?;
    Ok(row)
}

/// Notes how many bytes head office holds. `false` where the sound is not to go any more.
pub fn held(tx: &Tx, recording: &str, bytes: u64) -> StoreResult<bool> {
    let n = tx
        .prepare_cached(
            "UPDATE sound_outbox SET held = ?2
             WHERE recording_id = ?1 AND EXISTS (SELECT 1 FROM recording_key k WHERE k.recording_id = ?1)",
        )?
        .execute(params![recording, bytes as i64])?;
    Ok(n > 0)
}

/// Notes that head office has all of it.
pub fn done(tx: &Tx, recording: &str, now: Timestamp) -> StoreResult<()> {
    tx.execute(
        "UPDATE sound_outbox SET done_at = ?2 WHERE recording_id = ?1",
        params![recording, stamp(now)],
    )?;
    audit::add(tx, now, "sync", "recording.sent_to_headoffice", recording, None)
}

/// Notes that head office will not take it, and why.
pub fn refuse(tx: &Tx, recording: &str, why: &str) -> StoreResult<()> {
    tx.execute("UPDATE sound_outbox SET refused = ?2 WHERE recording_id = ?1", params![recording, why])?;
    Ok(())
}

/// What is on its way, and the latest that has gone; newest meeting first.
pub fn standing(c: &Tx, most: usize) -> StoreResult<Vec<Standing>> {
    let mut statement = c.prepare_cached(
        "SELECT s.recording_id, r.started_at, s.queued_at, s.held, s.done_at, s.refused FROM sound_outbox s
           JOIN recording r ON r.id = s.recording_id
         ORDER BY s.done_at IS NOT NULL, r.started_at DESC LIMIT ?1",
    )?;
    let rows = statement.query_map([most as i64], |r| {
        Ok(Standing {
            recording: r.get(0)?,
            started_at: r.get(1)?,
            queued_at: r.get(2)?,
            held: r.get(3)?,
            done_at: r.get(4)?,
            refused: r.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
