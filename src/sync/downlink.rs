//! Down: asks head office for another listing base than the one that is shown, and swaps it in.
//!
//! What counts is what is shown, not what was sent last: a base that somebody imported here by hand gives way to head
//! office's. A base that does not match its version is refused and the one before stays.

use super::protocol::MAX_WAIT_S;
use super::status::Way;
use super::uplink;
use super::{Line, Shared, Trace, identity};
use crate::listings::{base, wire};
use crate::store::settings;
use crate::tls;
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
    // Whoever hears that the line is up hears with it what waits, and not that nothing does.
    if let Err(e) = uplink::count(&shared).await {
        log::error!("sync.outbox {e}");
    }
    loop {
        let client = line.enrolled().await;
        let have = shown.version(&shared).await;
        match client.listings(have.as_deref().unwrap_or(""), wait).await {
            Ok(None) => {
                line.good();
                wait = MAX_WAIT_S;
            }
            Ok(Some(packed)) => match take(&shared, packed).await {
                Ok(()) => {
                    line.good();
                    wait = MAX_WAIT_S;
                }
                Err(sentence) => line.bad(sentence.into()).await,
            },
            Err(e) => {
                wait = 0;
                line.bad(shared.said(&e)).await;
            }
        }
    }
}

/// Checks an update and puts what it leads to in the place of the base that is shown.
async fn take(shared: &Shared, packed: Vec<u8>) -> Result<(), String> {
    let refused =
        |why: &str| format!("the listing base from head office was refused, and the one before stays: {why}");
    let read = tokio::task::spawn_blocking(move || wire::decode(&packed)).await;
    let broke = |e| format!("the listing base from head office cannot be read: {e}");
    let update = read.map_err(broke)?.map_err(|e| refused(&e.to_string()))?;
    let version = update.manifest.version.clone();
    let authorities = identity::authorities(&shared.data).map_err(|e| e.to_string())?;
    let signature = hex::decode(&update.manifest.signature).unwrap_or_default();
    if !tls::verify_signature(&authorities, update.manifest.signed_text().as_bytes(), &signature) {
        return Err(refused("it is not signed by the head office that this box trusts"));
    }
    let replaced = base::update(&shared.data, &shared.db, update, SOURCE, &shared.clock)
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
            // A base that cannot be read, or from before it named its private rows, counts as none: head
            // office's mends it.
            let loaded = tokio::task::spawn_blocking(move || base::private_rows(&path)).await;
            let read = loaded.ok().and_then(Result::ok);
            self.version = read.flatten().map(|(version, _)| version);
            self.trace = trace;
        }
        shared.reporter.listings(self.version.as_deref());
        self.version.clone()
    }
}
