//! Down: asks head office for another listing base than the one that is shown, and swaps it in.
//!
//! What counts is what is shown, not what was sent last: a base that somebody imported here by hand gives way to head
//! office's. A base that does not match its version is refused and the one before stays.

use super::protocol::MAX_WAIT_S;
use super::status::Way;
use super::{Line, Shared, Trace, identity};
use crate::listings::{Listing, PrivateFacts, base, snapshot};
use crate::store::settings;
use std::sync::Arc;

/// Where a base came from that head office sent.
pub const SOURCE: &str = "headoffice";

pub(super) async fn run(shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = poll(shared) => {}
    }
}

async fn poll(shared: Arc<Shared>) {
    let mut line = Line::new(Arc::clone(&shared), Way::Down);
    let mut shown = Shown::default();
    // The first call after a failure does not wait, so that a line that is back is known to be at once.
    let mut wait = 0;
    loop {
        let client = line.enrolled().await;
        let have = shown.version(&shared).await;
        match client.listings(have.as_deref().unwrap_or(""), wait).await {
            Ok(None) => {
                line.good();
                wait = MAX_WAIT_S;
            }
            Ok(Some((version, packed))) => match take(&shared, version, packed).await {
                Ok(()) => {
                    line.good();
                    wait = MAX_WAIT_S;
                }
                Err(sentence) => line.bad(sentence).await,
            },
            Err(e) => {
                wait = 0;
                line.bad(e.to_string()).await;
            }
        }
    }
}

/// Checks a snapshot and puts it in the place of the base that is shown.
async fn take(shared: &Shared, version: String, packed: Vec<u8>) -> Result<(), String> {
    let expected = version.clone();
    let rows = tokio::task::spawn_blocking(move || unpack(&packed, &expected))
        .await
        .map_err(|e| format!("the listing base from head office cannot be read: {e}"))??;
    let replaced = base::replace(&shared.data, &shared.db, rows, SOURCE, &shared.clock)
        .await
        .map_err(|e| e.to_string())?;
    log::info!(
        "sync.listings version={} taken={} changed={} removed={}",
        &version[..12.min(version.len())],
        replaced.taken.len(),
        replaced.changed.len(),
        replaced.removed.len()
    );
    let noted = version.clone();
    shared
        .db
        .write("note head office's listing version", move |tx| {
            settings::set(tx, settings::HEADOFFICE_LISTINGS, &noted)
        })
        .await
        .map_err(|e| e.to_string())?;
    (shared.on_listings)(version);
    Ok(())
}

fn unpack(packed: &[u8], version: &str) -> Result<Vec<(Listing, PrivateFacts)>, String> {
    let refused = |why: String| {
        format!("the listing base from head office was refused, and the one before stays: {why}")
    };
    let rows = snapshot::decode(packed).map_err(|e| refused(e.to_string()))?;
    if snapshot::content_hash(&rows) == version {
        Ok(rows)
    } else {
        Err(refused("its content does not match its version, so it was damaged on the way".into()))
    }
}

/// The version of the base that is shown, read again only when its file was replaced.
#[derive(Default)]
struct Shown {
    trace: Option<Trace>,
    version: Option<String>,
}

impl Shown {
    async fn version(&mut self, shared: &Shared) -> Option<String> {
        let path = shared.data.listings();
        let trace = identity::trace(&path);
        if trace.is_none() || trace != self.trace {
            // A base that cannot be read counts as none: head office's mends it.
            let loaded = tokio::task::spawn_blocking(move || base::load(&path)).await;
            self.version = loaded.ok().and_then(Result::ok).flatten().map(|b| b.version);
            self.trace = trace;
        }
        shared.reporter.listings(self.version.as_deref());
        self.version.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::unpack;

    #[test]
    fn a_base_that_does_not_match_its_version_is_refused() {
        let empty = crate::listings::snapshot::encode(&[]);
        assert!(unpack(&empty, &crate::listings::snapshot::content_hash(&[])).is_ok());
        let e = unpack(&empty, "another version").unwrap_err();
        assert!(e.contains("does not match its version") && e.contains("the one before stays"), "{e}");
        assert!(unpack(b"not gzip", "x").unwrap_err().contains("damaged"));
    }
}
