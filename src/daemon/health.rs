//! What head office should know of the box's health, put into the outbox at start and every quarter of an hour.

use crate::clock::Clock;
use crate::config::DataFolder;
use crate::store::{Database, outbox};
use crate::web::BaseInfo;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(15 * 60);

/// Reports until `stop`.
pub async fn report(
    db: Database,
    data: DataFolder,
    base: watch::Receiver<Option<BaseInfo>>,
    clock: Clock,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let now = clock.now();
        let body = serde_json::json!({
            "software": env!("CARGO_PKG_VERSION"),
            "listings": base.borrow().as_ref().map(|b| b.version.clone()),
            "disk_free_bytes": disk_free(&data),
        });
        if let Err(e) =
            db.write("note the box's health", move |tx| outbox::add(tx, now, "health", &body)).await
        {
            log::warn!("health.report failed: {e}");
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return Ok(());
        }
    }
}

/// Bytes free for us where the data folder is.
pub fn disk_free(data: &DataFolder) -> Option<u64> {
    let stat = rustix::fs::statvfs(data.path()).ok()?;
    Some(stat.f_bavail * stat.f_frsize)
}
