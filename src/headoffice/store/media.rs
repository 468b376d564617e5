//! Pictures of listings: which are named, which are here, and the queue of those to be fetched.
//!
//! A reference is fetched once and is the same picture from then on: another picture needs another name. A process takes
//! a row by moving its `due_at` on, so that of several one fetches it, and another one does where that one dies.

use super::{Tx, Value, params};
use crate::listings::pictures::{Format, Image, Picture};
use crate::reason::Reason;
use crate::store::{StoreError, StoreResult, stamp};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Bytes of a piece.
pub const PIECE: usize = 1 << 20;
/// How long whoever took a reference has to fetch it before it is another's.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// Waits after the first, second … failure, minutes; the last one again and again.
const BACKOFF: [i64; 6] = [1, 5, 15, 60, 240, 1440];
/// How long a picture that no listing names is kept: a unit that is let again in a month is common.
const UNUSED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Notes which pictures the changed and new listings name, and queues what was not named before. Those of listings that
/// are `gone` are named no more.
pub fn name(tx: &Tx, listings: &[(String, Vec<String>)], gone: &[String], now: Timestamp) -> StoreResult<()> {
    let some = tx.optional("SELECT listing FROM media_use LIMIT 1", &[], |r| r.get::<String>(0))?;
    if some.is_some() {
        let before: Vec<Vec<Value>> =
            listings.iter().map(|(l, _)| l).chain(gone).map(|l| vec![l.into()]).collect();
        tx.execute_many("DELETE FROM media_use WHERE listing = ?1", &before)?;
    }
    let uses: Vec<Vec<Value>> = (listings.iter())
        .flat_map(|(listing, named)| named.iter().map(move |r| params![listing, r].to_vec()))
        .collect();
    insert(tx, "INSERT INTO media_use (listing, reference)", &uses, "ON CONFLICT DO NOTHING")?;
    let mut named: Vec<&String> = listings.iter().flat_map(|(_, named)| named).collect();
    named.sort_unstable();
    named.dedup();
    let rows: Vec<Vec<Value>> = named.into_iter().map(|r| params![r, stamp(now), 0i64].to_vec()).collect();
    let known = "ON CONFLICT (reference) DO UPDATE SET unused_since = NULL";
    insert(tx, "INSERT INTO media_reference (reference, due_at, tries)", &rows, known)
}

/// Inserts rows, many with a statement: a base may name half a million pictures.
fn insert(tx: &Tx, into: &str, rows: &[Vec<Value>], conflict: &str) -> StoreResult<()> {
    const AT_ONCE: usize = 100;
    let sql = |n: usize, columns: usize| {
        let marks = |row: usize| {
            let marks: Vec<String> = (1..=columns).map(|c| format!("?{}", row * columns + c)).collect();
            format!("({})", marks.join(", "))
        };
        format!("{into} VALUES {} {conflict}", (0..n).map(marks).collect::<Vec<_>>().join(", "))
    };
    let Some(columns) = rows.first().map(Vec::len) else { return Ok(()) };
    let (whole, rest) = rows.split_at(rows.len() - rows.len() % AT_ONCE);
    if !whole.is_empty() {
        let many: Vec<Vec<Value>> = whole.chunks(AT_ONCE).map(<[Vec<Value>]>::concat).collect();
        tx.execute_many(&sql(AT_ONCE, columns), &many)?;
    }
    match rest.len() {
        0 => Ok(()),
        n => tx.execute(&sql(n, columns), &rest.concat()).map(drop),
    }
}

/// References that are due, of those that this process can fetch: files only `with_files`.
fn due_sql(with_files: bool) -> &'static str {
    match with_files {
        true => {
            "SELECT reference, tries FROM media_reference
             WHERE sha256 IS NULL AND unused_since IS NULL AND due_at <= ?1 ORDER BY due_at LIMIT ?2"
        }
        false => {
            "SELECT reference, tries FROM media_reference
             WHERE sha256 IS NULL AND unused_since IS NULL AND due_at <= ?1 AND reference LIKE '%://%'
             ORDER BY due_at LIMIT ?2"
        }
    }
}

/// Whether anything is due: a look that costs no commit.
pub fn any_due(tx: &Tx, with_files: bool, now: Timestamp) -> StoreResult<bool> {
    let row = tx.optional(due_sql(with_files), params![stamp(now), 1i64], |r| r.get::<String>(0))?;
    Ok(row.is_some())
}

/// Takes up to `most` references that are due and that nobody else has in hand, with how often each was tried before.
pub fn take(tx: &Tx, with_files: bool, most: i64, now: Timestamp) -> StoreResult<Vec<(String, i64)>> {
    let taken: Vec<(String, i64)> =
        tx.claim(due_sql(with_files), params![stamp(now), most], |r| Ok((r.get(0)?, r.get(1)?)))?;
    for (reference, _) in &taken {
        tx.execute(
            "UPDATE media_reference SET due_at = ?2, tries = tries + 1 WHERE reference = ?1",
            params![reference, stamp(now + LEASE)],
        )?;
    }
    Ok(taken)
}

/// Keeps what a reference turned out to be.
pub fn keep(tx: &Tx, reference: &str, picture: &Picture, bytes: &[u8], now: Timestamp) -> StoreResult<()> {
    guard(tx)?;
    let Picture { sha256, image, .. } = picture;
    if get(tx, sha256)?.is_none() {
        tx.execute(
            "INSERT INTO media (sha256, bytes, format, width, height, made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                sha256,
                bytes.len() as i64,
                image.format.as_str(),
                i64::from(image.width),
                i64::from(image.height),
                stamp(now)
            ],
        )?;
        for (n, piece) in bytes.chunks(PIECE).enumerate() {
            tx.execute(
                "INSERT INTO media_piece (sha256, n, bytes) VALUES (?1, ?2, ?3)",
                params![sha256, n as i64, piece],
            )?;
        }
    }
    let sql = "UPDATE media_reference SET sha256 = ?2, problem = NULL, reason = NULL WHERE reference = ?1 AND sha256 IS NULL";
    tx.execute(sql, params![reference, sha256]).map(drop)
}

/// Notes why a reference could not be fetched; it is tried again later and later.
pub fn failed(tx: &Tx, reference: &str, tries: i64, why: &Reason, now: Timestamp) -> StoreResult<()> {
    let step = usize::try_from(tries).unwrap_or(0).min(BACKOFF.len() - 1);
    tx.execute(
        "UPDATE media_reference SET problem = ?2, reason = ?3, due_at = ?4 WHERE reference = ?1 AND sha256 IS NULL",
        params![
            reference,
            why.to_string(),
            &serde_json::json!(why),
            stamp(now + SignedDuration::from_mins(BACKOFF[step]))
        ],
    )
    .map(drop)
}

/// Files have appeared: those among them that are waited for are due.
pub fn appeared(tx: &Tx, names: &[String], now: Timestamp) -> StoreResult<()> {
    let rows: Vec<Vec<Value>> = names.iter().map(|name| params![name, stamp(now)].to_vec()).collect();
    tx.execute_many(
        "UPDATE media_reference SET due_at = ?2, tries = 0 WHERE reference = ?1 AND sha256 IS NULL AND problem IS NOT NULL",
        &rows,
    )
}

/// Forgets pictures that no listing has named for long.
pub fn forget_unused(tx: &Tx, now: Timestamp) -> StoreResult<()> {
    // Neither a version nor a picture is kept meanwhile.
    tx.locked("SELECT name FROM lock WHERE name = 'listings'", &[], |r| r.get::<String>(0))?;
    guard(tx)?;
    tx.execute(
        "UPDATE media_reference SET unused_since = ?1 WHERE unused_since IS NULL
         AND NOT EXISTS (SELECT 1 FROM media_use u WHERE u.reference = media_reference.reference)",
        params![stamp(now)],
    )?;
    let gone =
        tx.execute("DELETE FROM media_reference WHERE unused_since < ?1", params![stamp(now - UNUSED)])?;
    if gone > 0 {
        tx.execute(
            "DELETE FROM media WHERE NOT EXISTS (SELECT 1 FROM media_reference r WHERE r.sha256 = media.sha256)",
            &[],
        )?;
        tx.execute(
            "DELETE FROM media_piece WHERE NOT EXISTS (SELECT 1 FROM media m WHERE m.sha256 = media_piece.sha256)",
            &[],
        )?;
    }
    Ok(())
}

fn guard(tx: &Tx) -> StoreResult<()> {
    tx.locked("SELECT name FROM lock WHERE name = 'media'", &[], |r| r.get::<String>(0))?
        .map(drop)
        .ok_or_else(|| StoreError::Refused("the store lacks the row that guards the pictures".into()))
}

/// Those of the references that are here.
pub fn known(tx: &Tx, references: &[String]) -> StoreResult<Vec<(String, Picture)>> {
    let sql = "SELECT m.sha256, m.bytes, m.format, m.width, m.height FROM media_reference r
               JOIN media m ON m.sha256 = r.sha256 WHERE r.reference = ?1";
    let mut known = Vec::new();
    for reference in references {
        if let Some(picture) = tx.optional(sql, params![reference], picture)?.flatten() {
            known.push((reference.clone(), picture));
        }
    }
    Ok(known)
}

/// A picture by its hash, where a listing names it.
pub fn named(tx: &Tx, sha256: &str) -> StoreResult<Option<Picture>> {
    let sql = "SELECT u.listing FROM media_use u JOIN media_reference r ON r.reference = u.reference
               WHERE r.sha256 = ?1 LIMIT 1";
    match tx.optional(sql, params![sha256], |r| r.get::<String>(0))? {
        Some(_) => get(tx, sha256),
        None => Ok(None),
    }
}

/// A picture by its hash.
fn get(tx: &Tx, sha256: &str) -> StoreResult<Option<Picture>> {
    let sql = "SELECT sha256, bytes, format, width, height FROM media WHERE sha256 = ?1";
    Ok(tx.optional(sql, params![sha256], picture)?.flatten())
}

fn picture(r: &super::Row) -> StoreResult<Option<Picture>> {
    let (bytes, format): (i64, String) = (r.get(1)?, r.get(2)?);
    let side = |i| -> StoreResult<u32> { Ok(u32::try_from(r.get::<i64>(i)?).unwrap_or(0)) };
    let (sha256, width, height) = (r.get(0)?, side(3)?, side(4)?);
    let bytes = u64::try_from(bytes).unwrap_or(0);
    Ok(Format::of(&format).map(|format| Picture { sha256, bytes, image: Image { format, width, height } }))
}

/// Bytes from `from` on, at most to the end of its piece.
pub fn piece(tx: &Tx, sha256: &str, from: i64) -> StoreResult<Vec<u8>> {
    let (n, within) = (from / PIECE as i64, (from % PIECE as i64) as usize);
    let sql = "SELECT bytes FROM media_piece WHERE sha256 = ?1 AND n = ?2";
    let bytes: Option<Vec<u8>> = tx.optional(sql, params![sha256, n], |r| r.get(0))?;
    Ok(bytes.and_then(|b| b.get(within..).map(<[u8]>::to_vec)).unwrap_or_default())
}

/// How it stands with the pictures that listings name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub here: i64,
    /// Not fetched yet, those with a problem among them.
    pub waiting: i64,
    /// Of these, those that were tried and could not be had.
    pub failed: i64,
    /// Of these, those that are named as files: only a process with a watched folder has them.
    pub files: i64,
    /// What is wrong, the commonest first.
    pub problems: Vec<Trouble>,
}

/// A reason why pictures could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// In English.
    pub problem: String,
    /// The same as pages know it; `None` where an older version noted it.
    pub why: Option<serde_json::Value>,
    pub count: i64,
    /// One of the references.
    pub example: Option<String>,
}

impl Trouble {
    /// A reason that stands in no row.
    pub fn of(why: &Reason, count: i64) -> Self {
        Self { problem: why.to_string(), why: serde_json::to_value(why).ok(), count, example: None }
    }
}

/// Reads how it stands.
pub fn standing(tx: &Tx) -> StoreResult<Standing> {
    let sql = "SELECT count(sha256), count(*) FROM media_reference WHERE unused_since IS NULL";
    let (here, all): (i64, i64) = tx.one(sql, &[], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let sql = "SELECT count(problem), count(CASE WHEN reference NOT LIKE '%://%' THEN 1 END)
               FROM media_reference WHERE sha256 IS NULL AND unused_since IS NULL";
    let (failed, files): (i64, i64) = tx.one(sql, &[], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let problems = tx.query(
        "SELECT problem, count(*), min(reference), max(reason) FROM media_reference
         WHERE sha256 IS NULL AND unused_since IS NULL AND problem IS NOT NULL
         GROUP BY problem ORDER BY count(*) DESC, problem LIMIT 5",
        &[],
        |r| {
            let why = r.get::<Option<String>>(3)?.and_then(|json| serde_json::from_str(&json).ok());
            Ok(Trouble { problem: r.get(0)?, why, count: r.get(1)?, example: r.get(2)? })
        },
    )?;
    Ok(Standing { here, waiting: all - here, failed, files, problems })
}
