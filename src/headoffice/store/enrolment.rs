//! Enrolment codes, and what one is traded for.
//!
//! A code serves one key. The box that used it may ask again with the same key (its line broke before the answer came)
//! and gets the same certificate; anybody else is refused.

use super::{Tx, audit, certificates, params};
use crate::headoffice::authorities::Authorities;
use crate::headoffice::authority::Request;
use crate::store::{StoreError, StoreResult, stamp};
use crate::sync::code::Code;
use crate::sync::protocol::{BranchName, EnrolReply};
use jiff::Timestamp;
use serde_json::json;

/// What became of a request to enrol.
#[derive(Debug)]
pub enum Enrolment {
    Done(EnrolReply),
    /// No such code was given out.
    Unknown,
    /// Another box used it.
    Used,
    /// Its time is over.
    Expired {
        at: String,
    },
}

/// Keeps a new code for a branch of this name.
pub fn add_code(
    tx: &Tx,
    code: &Code,
    branch_name: &str,
    actor: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO enrolment_code (hash, branch_name, made_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
        params![code.hash(), branch_name, stamp(now), stamp(expires_at)],
    )?;
    let detail = json!({ "expires_at": expires_at });
    audit::add(tx, now, actor, "enrolment.code_made", branch_name, Some(&detail))
}

struct CodeRow {
    branch_name: String,
    expires_at: String,
    used_by_key: Option<String>,
    fingerprint: Option<String>,
}

/// Trades a code and a signing request for a certificate, all in one transaction. A box that takes the place of
/// another under the same name ends the other.
pub fn enrol(
    tx: &Tx,
    authorities: &Authorities,
    code: &Code,
    request: &Request,
    now: Timestamp,
) -> StoreResult<Enrolment> {
    let row = tx.locked(
        "SELECT branch_name, expires_at, used_by_key, fingerprint FROM enrolment_code WHERE hash = ?1",
        params![code.hash()],
        |r| {
            Ok(CodeRow {
                branch_name: r.get(0)?,
                expires_at: r.get(1)?,
                used_by_key: r.get(2)?,
                fingerprint: r.get(3)?,
            })
        },
    )?;
    let Some(row) = row else { return Ok(Enrolment::Unknown) };
    let key_hash = request.key_hash();
    match &row.used_by_key {
        Some(used_by) if *used_by == key_hash => return again(tx, authorities, &row),
        Some(_) => return Ok(Enrolment::Used),
        None => {}
    }
    let expired = row.expires_at.parse::<Timestamp>().map_or(true, |at| at <= now);
    if expired {
        return Ok(Enrolment::Expired { at: row.expires_at });
    }

    let id = uuid::Uuid::now_v7().to_string();
    let issued =
        authorities.current().certify(request, &id, now).map_err(|e| StoreError::Refused(e.to_string()))?;
    let at = stamp(now);
    tx.notify("branches")?;
    tx.execute(
        "UPDATE branch SET revoked_at = ?2, revoked_why = 'replaced' WHERE name = ?1 AND revoked_at IS NULL",
        params![&row.branch_name, &at],
    )?;
    tx.execute(
        "INSERT INTO branch (id, name, enrolled_at) VALUES (?1, ?2, ?3)",
        params![&id, &row.branch_name, &at],
    )?;
    certificates::add(tx, &issued, &id, authorities.current_n(), &key_hash, now)?;
    tx.execute(
        "UPDATE enrolment_code SET used_at = ?2, used_by_key = ?3, fingerprint = ?4 WHERE hash = ?1",
        params![code.hash(), &at, &key_hash, &issued.fingerprint],
    )?;
    audit::add(tx, now, "enrolment", "branch.enrolled", &id, None)?;
    Ok(Enrolment::Done(reply(authorities, issued.pem, id, row.branch_name)))
}

fn again(tx: &Tx, authorities: &Authorities, row: &CodeRow) -> StoreResult<Enrolment> {
    let (pem, id) = tx.one(
        "SELECT pem, branch_id FROM certificate WHERE fingerprint = ?1",
        params![&row.fingerprint],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    Ok(Enrolment::Done(reply(authorities, pem, id, row.branch_name.clone())))
}

fn reply(authorities: &Authorities, certificate: String, id: String, name: String) -> EnrolReply {
    EnrolReply { certificate, authority: authorities.pem(), branch: BranchName { id, name } }
}
