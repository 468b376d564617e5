//! Certificates of branches: which branch each stands for, and how a newer one takes the place of an older.

use super::{Tx, audit, params};
use crate::headoffice::authorities::Authorities;
use crate::headoffice::authority::{Issued, Request};
use crate::store::{StoreError, StoreResult, stamp};
use jiff::Timestamp;

/// What a certificate stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    pub branch_id: String,
    pub name: String,
    /// Why the branch is no longer served: removed or replaced.
    pub revoked_why: Option<String>,
    /// Whether a request has come with it.
    pub seen: bool,
    /// Since when a newer certificate of the branch is in use.
    pub superseded_at: Option<Timestamp>,
    /// Its authority has been retired.
    pub retired: bool,
    /// Two boxes were seen to use it.
    pub shared: bool,
}

/// The branch of a certificate that head office gave out; `None` for any other.
pub fn certified(tx: &Tx, fingerprint: &str) -> StoreResult<Option<Certified>> {
    tx.optional(
        "SELECT b.id, b.name, b.revoked_why, c.seen_at, c.superseded_at, a.state, c.issued_at, b.clone_noticed_at
         FROM certificate c JOIN branch b ON b.id = c.branch_id LEFT JOIN authority a ON a.n = c.authority
         WHERE c.fingerprint = ?1",
        params![fingerprint],
        |r| {
            let superseded_at =
                r.get::<Option<String>>(4)?.map(|at| at.parse().unwrap_or(Timestamp::UNIX_EPOCH));
            let issued_at: String = r.get(6)?;
            Ok(Certified {
                branch_id: r.get(0)?,
                name: r.get(1)?,
                revoked_why: r.get(2)?,
                seen: r.get::<Option<String>>(3)?.is_some(),
                superseded_at,
                retired: r.get::<Option<String>>(5)?.as_deref() == Some("retired"),
                shared: r.get::<Option<String>>(7)?.is_some_and(|noticed| issued_at <= noticed),
            })
        },
    )
}

/// Keeps a certificate that was given out.
pub fn add(
    tx: &Tx,
    issued: &Issued,
    branch_id: &str,
    authority: i64,
    key_hash: &str,
    now: Timestamp,
) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO certificate (fingerprint, branch_id, issued_at, not_after, pem, authority, key_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            &issued.fingerprint,
            branch_id,
            stamp(now),
            stamp(issued.not_after),
            &issued.pem,
            authority,
            key_hash
        ],
    )
    .map(drop)
}

/// A request has come with this certificate: the branch's older ones end.
pub fn seen(tx: &Tx, fingerprint: &str, now: Timestamp) -> StoreResult<()> {
    let at = stamp(now);
    tx.execute(
        "UPDATE certificate SET seen_at = ?2 WHERE fingerprint = ?1 AND seen_at IS NULL",
        params![fingerprint, &at],
    )?;
    tx.execute(
        "UPDATE certificate SET superseded_at = ?2
         WHERE fingerprint <> ?1 AND superseded_at IS NULL
           AND branch_id = (SELECT branch_id FROM certificate WHERE fingerprint = ?1)
           AND issued_at < (SELECT issued_at FROM certificate WHERE fingerprint = ?1)",
        params![fingerprint, &at],
    )
    .map(drop)
}

/// Certifies a new key of the branch that shows the certificate `shown`. The same key asked again, whose answer was
/// lost, gets the same certificate. `None` where the key is the one of `shown`.
pub fn renew(
    tx: &Tx,
    authorities: &Authorities,
    branch_id: &str,
    shown: &str,
    request: &Request,
    now: Timestamp,
) -> StoreResult<Option<String>> {
    let key_hash = request.key_hash();
    let before: Option<(String, String, Option<i64>)> = tx.optional(
        "SELECT fingerprint, pem, authority FROM certificate
         WHERE branch_id = ?1 AND key_hash = ?2 ORDER BY issued_at DESC",
        params![branch_id, &key_hash],
        |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
    )?;
    match before {
        Some((fingerprint, ..)) if fingerprint == shown => return Ok(None),
        Some((_, pem, authority)) if authority == Some(authorities.current_n()) => return Ok(Some(pem)),
        _ => {}
    }
    let refused = |e: crate::headoffice::authority::AuthorityError| StoreError::Refused(e.to_string());
    let issued = authorities.current().certify(request, branch_id, now).map_err(refused)?;
    add(tx, &issued, branch_id, authorities.current_n(), &key_hash, now)?;
    audit::add(tx, now, "renewal", "certificate.renewed", branch_id, None)?;
    Ok(Some(issued.pem))
}
