//! Tokens with which a company's own system sends listings: made by a person at head office, one a system, ended by
//! name. The token itself is shown once and never kept.

use super::{Tx, audit, params};
use crate::store::{StoreError, StoreResult, stamp};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What begins every token, so that one that is found somewhere is known for what it is.
pub const PREFIX: &str = "branchbox-feed-";

/// A token of 256 random bits.
pub fn token(random: [u8; 32]) -> String {
    format!("{PREFIX}{}", hex::encode(random))
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(format!("branchbox feed token 1:{token}")))
}

/// Keeps a token for the system `name`.
pub fn add(tx: &Tx, token: &str, name: &str, actor: &str, now: Timestamp) -> StoreResult<()> {
    if !(1..=80).contains(&name.chars().count()) || name.chars().any(char::is_control) || name.trim() != name
    {
        return Err(StoreError::Refused("a system needs a name of 1 to 80 characters".into()));
    }
    let known = "SELECT name FROM feed_token WHERE name = ?1 AND revoked_at IS NULL";
    if tx.optional(known, params![name], |r| r.get::<String>(0))?.is_some() {
        return Err(StoreError::Refused(format!(
            "{name} has a token already: revoke it first, or take another name"
        )));
    }
    tx.execute(
        "INSERT INTO feed_token (hash, name, made_at) VALUES (?1, ?2, ?3)",
        params![hash(token), name, stamp(now)],
    )?;
    audit::add(tx, now, actor, "feed_token.made", name, None)
}

/// Ends the token of a system.
pub fn revoke(tx: &Tx, name: &str, actor: &str, now: Timestamp) -> StoreResult<()> {
    let changed = tx.execute(
        "UPDATE feed_token SET revoked_at = ?2 WHERE name = ?1 AND revoked_at IS NULL",
        params![name, stamp(now)],
    )?;
    if changed == 0 {
        return Err(StoreError::Refused(format!("{name} has no token")));
    }
    audit::add(tx, now, actor, "feed_token.revoked", name, None)
}

/// The system whose token this is; `None` for any other text, and for one that was revoked.
pub fn system_of(tx: &Tx, token: &str, now: Timestamp) -> StoreResult<Option<String>> {
    let hash = hash(token);
    let sql = "SELECT name FROM feed_token WHERE hash = ?1 AND revoked_at IS NULL";
    let name = tx.optional(sql, params![&hash], |r| r.get(0))?;
    if name.is_some() {
        tx.execute("UPDATE feed_token SET used_at = ?2 WHERE hash = ?1", params![&hash, stamp(now)])?;
    }
    Ok(name)
}

/// A system that has a token.
#[derive(Debug, Serialize)]
pub struct System {
    pub name: String,
    pub made_at: String,
    /// When it was used last.
    pub used_at: Option<String>,
}

/// The systems that have a token, by name.
pub fn all(tx: &Tx) -> StoreResult<Vec<System>> {
    let sql = "SELECT name, made_at, used_at FROM feed_token WHERE revoked_at IS NULL ORDER BY name";
    tx.query(sql, &[], |r| Ok(System { name: r.get(0)?, made_at: r.get(1)?, used_at: r.get(2)? }))
}
