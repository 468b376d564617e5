//! Feeds systemd's watchdog with proof of work: a commit that became durable, and an answer from our own listener.
//! A timer alone would keep a box alive whose store or pages hang.

use crate::store::{Database, StoreResult};
use anyhow::Context;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// What our own listener must answer.
pub struct Probe {
    pub address: SocketAddr,
    /// The page that must answer 200 over plain HTTP; `None` where the listener speaks TLS and accepting a
    /// connection is the proof.
    pub path: Option<&'static str>,
}

/// Tells systemd that the start is over. Does nothing elsewhere.
pub fn ready() {
    if let Err(e) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        log::warn!("systemd.ready was not told: {e}");
    }
}

/// Tells systemd that the stop has begun.
pub fn stopping() {
    if let Err(e) = sd_notify::notify(&[sd_notify::NotifyState::Stopping]) {
        log::warn!("systemd.stopping was not told: {e}");
    }
}

/// Proves that a database takes a commit.
pub async fn commit(db: Database) -> StoreResult<()> {
    db.write("prove that the store works", |tx| Ok(tx.execute_batch("PRAGMA user_version")?)).await
}

/// Feeds until `stop`; does nothing where systemd set no watchdog. `store` proves that a commit becomes durable.
pub async fn feed<F: Future<Output = StoreResult<()>>>(
    store: impl Fn() -> F,
    probe: Probe,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        stop.cancelled().await;
        return Ok(());
    };
    while stop.run_until_cancelled(tokio::time::sleep(limit / 3)).await.is_some() {
        match tokio::time::timeout(limit / 3, prove(&store, &probe)).await {
            Ok(Ok(())) => drop(sd_notify::notify(&[sd_notify::NotifyState::Watchdog])),
            Ok(Err(e)) => log::error!("watchdog.not_fed {e:#}"),
            Err(_) => log::error!("watchdog.not_fed it did not answer itself within {:?}", limit / 3),
        }
    }
    Ok(())
}

/// A commit that became durable and an answer from our own listener.
async fn prove<F: Future<Output = StoreResult<()>>>(
    store: &impl Fn() -> F,
    probe: &Probe,
) -> anyhow::Result<()> {
    store().await?;
    let mut stream = TcpStream::connect(probe.address).await.context("our own listener")?;
    let Some(path) = probe.path else { return Ok(()) };
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", probe.address);
    stream.write_all(request.as_bytes()).await?;
    let mut answer = [0u8; 12];
    tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut answer)).await??;
    anyhow::ensure!(&answer == b"HTTP/1.1 200", "GET {path} did not answer 200");
    Ok(())
}
