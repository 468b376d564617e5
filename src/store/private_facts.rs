//! The owners' side of the listings, by version of the base.

use super::{StoreResult, Tx};
use crate::listings::PrivateFacts;
use rusqlite::{OptionalExtension, params};

/// Takes the private facts of a new version. Replaces rows that an interrupted import of the same version left.
pub fn put(tx: &Tx, base_version: &str, facts: &[(String, PrivateFacts)]) -> StoreResult<()> {
    tx.execute("DELETE FROM listing_private WHERE base_version = ?1", [base_version])?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO listing_private (base_version, ref, owner_name, owner_phone, bottom_price_hkd, negotiation_note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (reference, f) in facts {
        insert.execute(params![
            base_version,
            reference,
            f.owner_name,
            f.owner_phone,
            f.bottom_price_hkd,
            f.negotiation_note
        ])?;
    }
    Ok(())
}

/// Forgets every version but the one that is shown.
pub fn keep_only(tx: &Tx, base_version: &str) -> StoreResult<()> {
    tx.execute("DELETE FROM listing_private WHERE base_version <> ?1", [base_version])?;
    Ok(())
}

/// The private facts of a listing, for an agent.
pub fn get(c: &Tx, base_version: &str, reference: &str) -> StoreResult<Option<PrivateFacts>> {
    Ok(c.prepare_cached(
        "SELECT owner_name, owner_phone, bottom_price_hkd, negotiation_note FROM listing_private
         WHERE base_version = ?1 AND ref = ?2",
    )?
    .query_row([base_version, reference], |r| {
        Ok(PrivateFacts {
            owner_name: r.get(0)?,
            owner_phone: r.get(1)?,
            bottom_price_hkd: r.get(2)?,
            negotiation_note: r.get(3)?,
        })
    })
    .optional()?)
}

/// How many listings of a version have private facts.
pub fn count(c: &Tx, base_version: &str) -> StoreResult<i64> {
    Ok(c.query_row("SELECT count(*) FROM listing_private WHERE base_version = ?1", [base_version], |r| {
        r.get(0)
    })?)
}
