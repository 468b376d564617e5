//! Head office as a service: the same start, stop and watchdog as the box, round the server of the room `headoffice`.

use super::{StopSignal, watchdog};
use crate::clock::Clock;
use crate::config::HeadOfficeConfig;
use crate::headoffice::HeadOffice;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;

/// Runs head office until SIGTERM, SIGINT, or the end of one of its parts.
pub async fn run(config: HeadOfficeConfig, clock: Clock) -> anyhow::Result<()> {
    let mut stop_signal = StopSignal::listen()?;
    take_all_files();
    let mut office = HeadOffice::start(config, clock).await?;
    println!("branches https://{}", office.branches);
    println!("console http://{}", office.console);
    log::info!("headoffice.ready branches={} console={}", office.branches, office.console);
    let probe = watchdog::Probe { address: office.console, path: Some("/healthz") };
    let store = office.store().clone();
    let proof = move || {
        let store = store.clone();
        async move { store.prove().await }
    };
    let feeding = watchdog::feed(proof, probe, CancellationToken::new());
    watchdog::ready();
    let ended = tokio::select! {
        signal = stop_signal.heard() => { log::info!("headoffice.stopping signal={signal}"); Ok(()) }
        () = office.ended() => Err(anyhow::anyhow!("a part of head office ended by itself (see the log)")),
        fed = feeding => fed,
    };
    watchdog::stopping();
    office.shutdown().await;
    ended
}

/// Raises the limit of open files to what the system allows: a thousand branches hold two connections each, and the
/// usual limit is 1,024.
fn take_all_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(e) = setrlimit(Resource::Nofile, limit) {
        log::warn!("headoffice.files the limit of open files stays low: {e}");
    }
}
