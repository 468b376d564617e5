//! Sound of meetings that branches send: files that grow piece by piece, each piece sealed before it comes here, since the
//! store may be a server that others look after.

use super::{Tx, audit, params};
use crate::store::{StoreResult, stamp};
use jiff::Timestamp;

/// Most bytes of one file: a day of sound is some 2 GB.
pub const LARGEST: i64 = 4 << 30;

/// How a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Bytes that are here.
    pub held: i64,
    /// Whether that is all of it, and its hash was right.
    pub complete: bool,
}

/// What became of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is here, or was already.
    Yes(Standing),
    /// Another one comes next.
    Elsewhere(Standing),
    TooLarge,
}

/// What a piece is sealed under.
pub fn name(branch_id: &str, recording: &str, at: i64) -> String {
    format!("sound {branch_id} {recording} {at}")
}

/// How a file stands; locked until the end of the transaction.
pub fn standing(tx: &Tx, branch_id: &str, recording: &str) -> StoreResult<Option<Standing>> {
    tx.locked(
        "SELECT held, complete_at FROM sound WHERE branch_id = ?1 AND recording = ?2",
        params![branch_id, recording],
        |r| Ok(Standing { held: r.get(0)?, complete: r.get::<Option<String>>(1)?.is_some() }),
    )
}

/// Keeps a piece of `bytes` that begins at byte `at`, `sealed`. A piece at 0 begins the file anew.
pub fn keep(
    tx: &Tx,
    branch_id: &str,
    recording: &str,
    (at, bytes): (i64, i64),
    sealed: &[u8],
    now: Timestamp,
) -> StoreResult<Kept> {
    tx.execute(
        "INSERT INTO sound (branch_id, recording, held, begun_at) VALUES (?1, ?2, 0, ?3)
         ON CONFLICT (branch_id, recording) DO NOTHING",
        params![branch_id, recording, stamp(now)],
    )?;
    let there = standing(tx, branch_id, recording)?.unwrap_or(Standing { held: 0, complete: false });
    if there.complete {
        return Ok(Kept::Yes(there));
    }
    if at != 0 && at != there.held {
        return Ok(Kept::Elsewhere(there));
    }
    if at + bytes > LARGEST {
        return Ok(Kept::TooLarge);
    }
    if at == 0 {
        forget(tx, branch_id, recording)?;
    }
    tx.execute(
        "INSERT INTO sound_piece (branch_id, recording, at, bytes) VALUES (?1, ?2, ?3, ?4)",
        params![branch_id, recording, at, sealed],
    )?;
    let held = at + bytes;
    tx.execute(
        "UPDATE sound SET held = ?3 WHERE branch_id = ?1 AND recording = ?2",
        params![branch_id, recording, held],
    )?;
    Ok(Kept::Yes(Standing { held, complete: false }))
}

/// Notes that all of a file is here; `false` where it has changed since it was looked at.
pub fn complete(
    tx: &Tx,
    branch_id: &str,
    recording: &str,
    held: i64,
    sha256: &str,
    now: Timestamp,
) -> StoreResult<bool> {
    let n = tx.execute(
        "UPDATE sound SET complete_at = ?5, sha256 = ?4
         WHERE branch_id = ?1 AND recording = ?2 AND held = ?3 AND complete_at IS NULL",
        params![branch_id, recording, held, sha256, stamp(now)],
    )?;
    if n > 0 {
        audit::add(tx, now, "branch", "sound.received", recording, None)?;
    }
    Ok(n > 0)
}

/// Throws the pieces of a file away.
pub fn forget(tx: &Tx, branch_id: &str, recording: &str) -> StoreResult<()> {
    tx.execute(
        "DELETE FROM sound_piece WHERE branch_id = ?1 AND recording = ?2",
        params![branch_id, recording],
    )?;
    tx.execute(
        "UPDATE sound SET held = 0 WHERE branch_id = ?1 AND recording = ?2 AND complete_at IS NULL",
        params![branch_id, recording],
    )
    .map(drop)
}

/// The piece that begins at byte `at`, sealed.
pub fn piece(tx: &Tx, branch_id: &str, recording: &str, at: i64) -> StoreResult<Option<Vec<u8>>> {
    tx.optional(
        "SELECT bytes FROM sound_piece WHERE branch_id = ?1 AND recording = ?2 AND at = ?3",
        params![branch_id, recording, at],
        |r| r.get(0),
    )
}
