//! Import at head office: a file becomes the next version of the listing base, with every row accounted for.

use super::HeadOfficeError;
use super::store::versions::{self, Version};
use crate::clock::Clock;
use crate::listings::import::RejectedRow;
use crate::listings::{Listing, PrivateFacts, base::Replaced, import, snapshot};
use crate::store::Database;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What became of a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Imported {
    /// By reference, against the version before.
    #[serde(flatten)]
    pub rows: Replaced,
    pub rejected: Vec<RejectedRow>,
    /// Columns that Branchbox has no use for.
    pub unused_columns: Vec<String>,
}

/// Imports a file; `encoding` overrides what its bytes look like, `actor` is who asked, for the audit.
pub async fn import(
    db: &Database,
    clock: &Clock,
    file: &str,
    bytes: Vec<u8>,
    encoding: Option<String>,
    actor: &'static str,
) -> Result<Imported, HeadOfficeError> {
    let before = db
        .read("read the listing version before", |c| match versions::latest(c)? {
            Some(v) => versions::snapshot(c, v.n),
            None => Ok(None),
        })
        .await?;
    let source = file.to_owned();
    let work = move || -> Result<_, HeadOfficeError> {
        let read = import::read(&bytes, &source, encoding.as_deref())?;
        if read.rows.is_empty() {
            return Err(HeadOfficeError::Refused(format!(
                "{source}: no row could be taken ({} were rejected); the version before stays",
                read.rejected.len()
            )));
        }
        // A version before that cannot be read counts as none: the new one mends it.
        let before = before.and_then(|b| snapshot::decode(&b).ok()).unwrap_or_default();
        let mut rows = compare(before, &read.rows);
        rows.version = snapshot::content_hash(&read.rows);
        let version = Version {
            n: 0, // given by the database
            version: rows.version.clone(),
            made_at: String::new(),
            source,
            listings: read.rows.len() as i64,
        };
        let packed = snapshot::encode(&read.rows);
        Ok((version, packed, Imported { rows, rejected: read.rejected, unused_columns: read.unused_columns }))
    };
    let (version, packed, imported) = tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| HeadOfficeError::Refused(format!("{file}: the import broke off: {e}")))??;
    let now = clock.now();
    let report = serde_json::json!({
        "source": version.source, "taken": imported.rows.taken.len(), "changed": imported.rows.changed.len(),
        "unchanged": imported.rows.unchanged.len(), "removed": imported.rows.removed.len(),
        "rejected": imported.rejected.len(),
    });
    db.write("keep the new listing version", move |tx| {
        versions::add(tx, &version, &packed, actor, now, &report)
    })
    .await?;
    Ok(imported)
}

/// Sorts the new rows by what they mean for the version before. The owners' side counts too: it travels with it.
fn compare(before: Vec<(Listing, PrivateFacts)>, rows: &[(Listing, PrivateFacts)]) -> Replaced {
    let mut before: HashMap<String, (Listing, PrivateFacts)> =
        before.into_iter().map(|row| (row.0.reference.clone(), row)).collect();
    let mut replaced = Replaced::default();
    for row in rows {
        let list = match before.remove(&row.0.reference) {
            None => &mut replaced.taken,
            Some(old) if old == *row => &mut replaced.unchanged,
            Some(_) => &mut replaced.changed,
        };
        list.push(row.0.reference.clone());
    }
    replaced.removed = before.into_keys().collect();
    replaced.removed.sort();
    replaced
}
