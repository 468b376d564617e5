//! Versions of Branchbox for the boxes: kept once by their hash, offered to one branch, then to a tenth, then to all.
//!
//! Which branches come first is fixed by a hash of version and branch, so that the one is among the tenth and another
//! release begins with another branch. A release halts by hand, or by itself ([`halt_where_it_hurts`]).

use super::{Tx, Value, audit, params};
use crate::reason::Reason;
use crate::store::{StoreError, StoreResult, stamp};
use crate::sync::protocol::is_version;
use crate::sync::vitals::{UpdateState, Vitals};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Bytes of a piece.
pub const PIECE: usize = 1 << 20;
/// How long a branch that has taken an update may be silent before the release halts. A restart takes minutes.
const SILENCE: SignedDuration = SignedDuration::from_mins(30);

/// Why a release halted, as it is kept: by a person, because a branch could not take it (the state of its offer too), or
/// because one has not been heard of since.
const BY_HAND: &str = "by_hand";
const FAILED: &str = "failed";
const SILENT: &str = "silent";

/// How far a release is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Stage {
    One,
    Tenth,
    All,
    /// Offered to nobody any more.
    Halt,
}

/// A release, for the page and the boxes.
#[derive(Debug, Clone, Serialize)]
pub struct Release {
    pub version: String,
    pub sha256: String,
    pub bytes: i64,
    pub made_at: String,
    /// none, one, tenth, all, halted
    pub stage: String,
    pub halted_why: Option<Reason>,
    /// How the branches that it reaches get on with it.
    pub branches: Vec<Progress>,
}

/// The branches that are in one state with a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// offered, downloading, downloaded, failed, running
    pub state: String,
    pub count: i64,
    /// The names of the first few.
    pub names: Vec<String>,
}

/// Names of branches beside a count: enough to know where to look, and no more than fit on a line.
const NAMES: i64 = 5;

/// Keeps a release; the file's pieces once, whatever the version is called.
pub fn add(tx: &Tx, version: &str, file: &[u8], actor: &str, now: Timestamp) -> StoreResult<String> {
    if !is_version(version) {
        return Err(StoreError::Refused(format!(
            "\"{version}\" is no version: use letters, digits, points and hyphens"
        )));
    }
    let sha256 = hex::encode(Sha256::digest(file));
    let known = get(tx, version)?;
    if let Some(known) = known {
        return match known.sha256 == sha256 {
            true => Ok(sha256),
            false => Err(StoreError::Refused(format!(
                "version {version} is here already with another content: give the new one another version"
            ))),
        };
    }
    let there: i64 =
        tx.one("SELECT count(*) FROM release_piece WHERE sha256 = ?1", params![&sha256], |r| r.get(0))?;
    if there == 0 {
        for (n, piece) in file.chunks(PIECE).enumerate() {
            tx.execute(
                "INSERT INTO release_piece (sha256, n, bytes) VALUES (?1, ?2, ?3)",
                params![&sha256, n as i64, piece],
            )?;
        }
    }
    tx.execute(
        "INSERT INTO software_release (version, sha256, bytes, made_at, stage) VALUES (?1, ?2, ?3, ?4, 'none')",
        params![version, &sha256, file.len() as i64, stamp(now)],
    )?;
    audit::add(tx, now, actor, "release.added", version, None)?;
    Ok(sha256)
}

/// One release, without the count of branches.
pub fn get(tx: &Tx, version: &str) -> StoreResult<Option<Release>> {
    Ok(list(tx)?.into_iter().find(|r| r.version == version))
}

/// All releases, the newest first.
pub fn list(tx: &Tx) -> StoreResult<Vec<Release>> {
    let mut progress: HashMap<String, Vec<Progress>> = HashMap::new();
    let offers: Vec<(String, String, String, i64)> = tx.query(
        "SELECT version, state, name, of_all FROM (
           SELECT o.version, o.state, b.name, count(*) OVER (PARTITION BY o.version, o.state) AS of_all,
             row_number() OVER (PARTITION BY o.version, o.state ORDER BY b.name, b.id) AS place
           FROM release_offer o JOIN branch b ON b.id = o.branch_id) AS offers
         WHERE place <= ?1 ORDER BY version, state, place",
        params![NAMES],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)),
    )?;
    for (version, state, name, count) in offers {
        let of_it = progress.entry(version).or_default();
        match of_it.last_mut().filter(|p| p.state == state) {
            Some(p) => p.names.push(name),
            None => of_it.push(Progress { state, count, names: vec![name] }),
        }
    }
    tx.query(
        "SELECT version, sha256, bytes, made_at, stage, halted_why, halted_branch FROM software_release
         ORDER BY made_at DESC, version",
        &[],
        |r| {
            let version: String = r.get(0)?;
            let of_it = progress.remove(&version).unwrap_or_default();
            Ok(Release {
                version,
                sha256: r.get(1)?,
                bytes: r.get(2)?,
                made_at: r.get(3)?,
                stage: r.get(4)?,
                halted_why: halted_why(r.get(5)?, r.get(6)?),
                branches: of_it,
            })
        },
    )
}

/// Why a release halted, from what is kept.
fn halted_why(code: Option<String>, branch: Option<String>) -> Option<Reason> {
    let branch = branch.unwrap_or_default();
    match code?.as_str() {
        BY_HAND => Some(Reason::ReleaseByHand),
        FAILED => Some(Reason::ReleaseFailed { branch }),
        SILENT => Some(Reason::ReleaseSilent { branch }),
        _ => None,
    }
}

/// Bytes from `from` on, at most to the end of its piece.
pub fn piece(tx: &Tx, sha256: &str, from: i64) -> StoreResult<Vec<u8>> {
    let (n, within) = (from / PIECE as i64, (from % PIECE as i64) as usize);
    let bytes: Option<Vec<u8>> = tx.optional(
        "SELECT bytes FROM release_piece WHERE sha256 = ?1 AND n = ?2",
        params![sha256, n],
        |r| r.get(0),
    )?;
    Ok(bytes.and_then(|b| b.get(within..).map(<[u8]>::to_vec)).unwrap_or_default())
}

/// Offers a release further, or halts it; how many branches it is offered to now.
pub fn stage(tx: &Tx, version: &str, stage: Stage, actor: &str, now: Timestamp) -> StoreResult<usize> {
    if get(tx, version)?.is_none() {
        return Err(StoreError::Refused(format!("there is no release {version}: add it first")));
    }
    let word = match stage {
        Stage::One => "one",
        Stage::Tenth => "tenth",
        Stage::All => "all",
        Stage::Halt => "halted",
    };
    let why = (stage == Stage::Halt).then_some(BY_HAND);
    tx.execute(
        "UPDATE software_release SET stage = ?2, halted_why = ?3, halted_branch = NULL WHERE version = ?1",
        params![version, word, why],
    )?;
    let ids: Vec<String> = tx.query("SELECT id FROM branch WHERE revoked_at IS NULL", &[], |r| r.get(0))?;
    let chosen = chosen(version, &ids, stage);
    let rows: Vec<Vec<Value>> = chosen.iter().map(|id| params![*id, version, stamp(now)].to_vec()).collect();
    tx.execute_many(
        "INSERT INTO release_offer (branch_id, version, offered_at, state, changed_at) VALUES (?1, ?2, ?3, 'offered', ?3)
         ON CONFLICT (branch_id, version) DO NOTHING",
        &rows,
    )?;
    audit::add(tx, now, actor, &format!("release.{word}"), version, None)?;
    Ok(chosen.len())
}

/// The branches that a stage reaches.
fn chosen<'a>(version: &str, ids: &'a [String], stage: Stage) -> Vec<&'a String> {
    let mut ranked: Vec<&String> = ids.iter().collect();
    ranked.sort_by_cached_key(|id| Sha256::digest(format!("{version}\n{id}")).to_vec());
    ranked.truncate(match stage {
        Stage::One => 1,
        Stage::Tenth => ids.len().div_ceil(10),
        Stage::All => ids.len(),
        Stage::Halt => 0,
    });
    ranked
}

/// The version that a branch may fetch: of the releases that reach it, the one added last. A branch that was enrolled
/// since a release went to all gets it too.
pub fn offered(tx: &Tx, branch_id: &str) -> StoreResult<Option<String>> {
    tx.optional(
        "SELECT r.version FROM software_release r WHERE r.stage = 'all' OR (r.stage IN ('one', 'tenth') AND EXISTS
           (SELECT 1 FROM release_offer o WHERE o.version = r.version AND o.branch_id = ?1))
         ORDER BY r.made_at DESC, r.version LIMIT 1",
        params![branch_id],
        |r| r.get(0),
    )
}

/// Notes what a branch says of its update, and of what it runs.
pub fn note(tx: &Tx, branch_id: &str, software: &str, vitals: &Vitals, now: Timestamp) -> StoreResult<()> {
    tx.execute(
        "UPDATE release_offer SET state = 'running', problem = NULL, changed_at = ?3
         WHERE branch_id = ?1 AND version = ?2 AND state <> 'running'",
        params![branch_id, software, stamp(now)],
    )?;
    let Some(update) = vitals.update.as_ref().filter(|u| u.version != software) else { return Ok(()) };
    let state = match update.state {
        UpdateState::Downloading => "downloading",
        UpdateState::Downloaded => "downloaded",
        UpdateState::Failed => "failed",
        UpdateState::Other => return Ok(()),
    };
    let known = get(tx, &update.version)?;
    if known.is_none() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO release_offer (branch_id, version, offered_at, state, problem, changed_at) VALUES (?1, ?2, ?5, ?3, ?4, ?5)
         ON CONFLICT (branch_id, version) DO UPDATE SET problem = excluded.problem, state = excluded.state,
           changed_at = CASE WHEN release_offer.state = excluded.state THEN release_offer.changed_at ELSE excluded.changed_at END",
        params![branch_id, &update.version, state, &update.problem, stamp(now)],
    )
    .map(drop)
}

/// Halts releases that a branch could not take, or after which a branch is not heard of again: which, and why.
pub fn halt_where_it_hurts(tx: &Tx, now: Timestamp) -> StoreResult<Vec<(String, Reason)>> {
    let hurt: Vec<(String, String, String)> = tx.query(
        "SELECT o.version, b.name, o.state FROM release_offer o
         JOIN software_release r ON r.version = o.version JOIN branch b ON b.id = o.branch_id
         WHERE r.stage IN ('one', 'tenth', 'all') AND b.revoked_at IS NULL AND (o.state = 'failed'
           OR (o.state IN ('downloaded', 'running') AND b.last_seen < ?1 AND o.changed_at < ?1))
         ORDER BY o.version, b.name",
        params![stamp(now - SILENCE)],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
    )?;
    let mut halted: Vec<(String, Reason)> = Vec::new();
    for (version, branch, state) in hurt {
        if halted.iter().any(|(v, _)| *v == version) {
            continue;
        }
        let code = if state == FAILED { FAILED } else { SILENT };
        tx.execute(
            "UPDATE software_release SET stage = 'halted', halted_why = ?2, halted_branch = ?3 WHERE version = ?1",
            params![&version, code, &branch],
        )?;
        audit::add(tx, now, "alarms", "release.halted", &version, None)?;
        halted.extend(halted_why(Some(code.to_owned()), Some(branch)).map(|why| (version, why)));
    }
    Ok(halted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_in_a_tenth_and_a_tenth_in_all() {
        let ids: Vec<String> = (0..57).map(|n| format!("branch-{n}")).collect();
        let reach = |v: &str, s| chosen(v, &ids, s).into_iter().cloned().collect::<Vec<_>>();
        let (one, tenth, all) =
            (reach("1.2", Stage::One), reach("1.2", Stage::Tenth), reach("1.2", Stage::All));
        assert_eq!((one.len(), tenth.len(), all.len()), (1, 6, 57));
        assert!(one.iter().all(|b| tenth.contains(b)) && tenth.iter().all(|b| all.contains(b)));
        assert!(
            (0..20).any(|n| reach(&format!("2.{n}"), Stage::One) != one),
            "another release, another first"
        );
        assert!(reach("1.2", Stage::Halt).is_empty());
    }
}
