//! The box's own listener: plain HTTP on loopback, HTTPS with the box's own certificate anywhere else, because what
//! an agent sees and types crosses the branch's network there.

use super::watchdog::Probe;
use crate::config::{BoxConfig, DataFolder};
use crate::tls;
use anyhow::Context;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Where the box listens, as a browser writes it.
#[derive(Clone)]
pub struct Address {
    socket: SocketAddr,
    tls: bool,
}

impl Address {
    /// What the watchdog asks of it: `path` over plain HTTP, a connection where it is HTTPS.
    pub fn probe(&self, path: &'static str) -> Probe {
        Probe { address: self.socket, path: (!self.tls).then_some(path) }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.socket)
    }
}

/// A bound listener.
pub struct Listener {
    tcp: TcpListener,
    address: Address,
    tls: Option<tls::ServerConfig>,
}

/// Binds; the certificate is made on the first start off loopback.
pub async fn bind(config: &BoxConfig, data: &DataFolder) -> anyhow::Result<Listener> {
    let tcp = TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "cannot listen on {}: is another program there? take another port with --listen",
            config.listen
        )
    })?;
    let socket = tcp.local_addr()?;
    let tls = match socket.ip().is_loopback() {
        true => None,
        false => Some(tls::box_server_config(
            &data.identity(),
            &["branchbox.local".into(), socket.ip().to_string()],
        )?),
    };
    Ok(Listener { address: Address { socket, tls: tls.is_some() }, tcp, tls })
}

impl Listener {
    /// Where it is bound.
    pub fn address(&self) -> Address {
        self.address.clone()
    }

    /// Serves until `stop`, then lets requests in progress finish.
    pub async fn serve(self, router: axum::Router, stop: CancellationToken) -> anyhow::Result<()> {
        let mut server = tls::Server::start(self.tcp, self.tls.map(tls::fixed), router)?;
        tokio::select! {
            () = stop.cancelled() => server.stop().await,
            () = server.ended() => anyhow::bail!("the listener failed (see the log)"),
        }
        Ok(())
    }
}
