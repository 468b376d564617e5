//! The owners' side of the listings. The public file names, for each listing, the row here that belongs to it; rows
//! that nothing names were left by a crash and go with the next tidying.

use super::{StoreResult, Tx};
use crate::listings::PrivateFacts;
use rusqlite::{OptionalExtension, params};
use std::collections::{HashMap, HashSet};

/// Takes the private facts of new and changed listings, each with the hash of its row; their ids, in the same order.
pub fn put(tx: &Tx, facts: &[(String, [u8; 32], PrivateFacts)]) -> StoreResult<Vec<i64>> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO listing_private (ref, row_hash, owner_name, owner_phone, bottom_price_hkd, negotiation_note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let insert = |(reference, hash, f): &(String, [u8; 32], PrivateFacts)| {
        let name = (&f.owner_name, &f.owner_phone);
        Ok(insert.insert(params![reference, hash, name.0, name.1, f.bottom_price_hkd, f.negotiation_note])?)
    };
    facts.iter().map(insert).collect()
}

/// Forgets every row but those that the base that is shown names.
pub fn keep_only(tx: &Tx, named: &HashSet<i64>) -> StoreResult<()> {
    let mut all = tx.prepare_cached("SELECT id FROM listing_private")?;
    let ids = all.query_map([], |r| r.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    forget(tx, ids.into_iter().filter(|id| !named.contains(id)))
}

/// Forgets rows that were replaced or withdrawn.
pub fn forget(tx: &Tx, ids: impl Iterator<Item = i64>) -> StoreResult<()> {
    let mut delete = tx.prepare_cached("DELETE FROM listing_private WHERE id = ?1")?;
    for id in ids {
        delete.execute([id])?;
    }
    Ok(())
}

/// The hash of each row, by id.
pub fn hashes(c: &Tx) -> StoreResult<HashMap<i64, [u8; 32]>> {
    let mut statement = c.prepare_cached("SELECT id, row_hash FROM listing_private")?;
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The private facts of a listing, for an agent.
pub fn get(c: &Tx, id: i64) -> StoreResult<Option<PrivateFacts>> {
    Ok(c.prepare_cached(
        "SELECT owner_name, owner_phone, bottom_price_hkd, negotiation_note FROM listing_private WHERE id = ?1",
    )?
    .query_row([id], |r| {
        Ok(PrivateFacts {
            owner_name: r.get(0)?,
            owner_phone: r.get(1)?,
            bottom_price_hkd: r.get(2)?,
            negotiation_note: r.get(3)?,
        })
    })
    .optional()?)
}
