//! A listener that serves an axum router, over TLS or plainly, with a bound on everything.
//!
//! Every request carries a [`Peer`]: where it came from and what its certificate says. Connections are bounded in
//! number and in the time that their beginning may take, so that a stuck or hostile client costs a slot and not the
//! server. A stop lets requests in progress finish for a moment and then closes.

use super::{BRANCH_URI, Dates, ServerConfig, dates, fingerprint};
use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Connections at once. A thousand branches with two each fit; each idle one costs some 30 KB.
const CONNECTIONS: usize = 4096;
/// What a TLS handshake may take; over a bad mobile line it is four round trips.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What the head of a request may take, and an idle kept-alive connection with it.
const HEAD: Duration = Duration::from_secs(75);
/// What requests in progress get when the server stops (the daemon as a whole has five seconds).
const GRACE: Duration = Duration::from_secs(3);

/// Where a request came from: an extension of every request served here.
#[derive(Debug, Clone)]
pub struct Peer {
    pub address: SocketAddr,
    /// The client's certificate, checked against the authority but for its dates; `None` where it showed none.
    pub certificate: Option<PeerCertificate>,
}

/// What matters of a client's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// SHA-256 in hexadecimal.
    pub fingerprint: String,
    /// The branch id in its URI, if there is one.
    pub branch: Option<String>,
    /// From when to when it is good: for the handler to judge. `None` where it does not say.
    pub dates: Option<Dates>,
}

impl PeerCertificate {
    fn read(der: &[u8]) -> Self {
        Self { fingerprint: fingerprint(der), branch: branch_of(der), dates: dates(der) }
    }
}

/// How a listener speaks TLS; a configuration that is sent later holds from the next connection on.
pub type Tls = watch::Receiver<Arc<ServerConfig>>;

/// A configuration that stays.
pub fn fixed(config: ServerConfig) -> Tls {
    watch::channel(Arc::new(config)).1
}

/// The id after [`BRANCH_URI`] among a certificate's alternative names.
fn branch_of(der: &[u8]) -> Option<String> {
    use x509_parser::extensions::GeneralName;
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let names = certificate.subject_alternative_name().ok()??;
    names.value.general_names.iter().find_map(|name| match name {
        GeneralName::URI(uri) => uri.strip_prefix(BRANCH_URI).map(str::to_owned),
        _ => None,
    })
}

/// A running listener. Dropping it stops it at once; [`Server::stop`] does it kindly.
pub struct Server {
    /// Where it listens: the real port where 0 was asked for.
    pub address: SocketAddr,
    stop: CancellationToken,
    accepting: JoinSet<()>,
}

impl Server {
    /// Starts to serve `router` on `listener`: over TLS with a configuration, plainly without.
    pub fn start(listener: TcpListener, tls: Option<Tls>, router: Router) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let mut accepting = JoinSet::new();
        accepting.spawn(accept_loop(listener, tls, router, stop.clone()));
        Ok(Self { address, stop, accepting })
    }

    /// Waits until the listener has ended by itself, which it does only through a fault.
    pub async fn ended(&mut self) {
        self.accepting.join_next().await;
    }

    /// Stops accepting, lets requests in progress end for up to three seconds, and closes.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.accepting.join_next().await;
    }
}

async fn accept_loop(listener: TcpListener, tls: Option<Tls>, router: Router, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accept = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let acceptor = tls.as_ref().map(|tls| TlsAcceptor::from(Arc::clone(&tls.borrow())));
                let (router, watcher) = (router.clone(), graceful.watcher());
                connections.spawn(async move {
                    connection(stream, address, acceptor, router, watcher).await;
                    drop(slot);
                });
            }
            Err(e) => {
                // Out of file handles, mostly: turning round at once would burn the processor.
                log::warn!("tls.accept failed: {e}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
    drop(listener);
    // Connections whose handshake is still going on hold a watcher too: they end with the grace at the latest.
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        log::info!("tls.stop closing {} connections that did not end in {GRACE:?}", connections.len());
    }
    connections.shutdown().await;
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    watcher: Watcher,
) {
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else {
        return requests(stream, Peer { address, certificate: None }, router, watcher).await;
    };
    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream).into_fallible()).await {
        Ok(Ok(stream)) => {
            let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let certificate = certificate.map(|c| PeerCertificate::read(c));
            requests(stream, Peer { address, certificate }, router, watcher).await;
        }
        Ok(Err((error, stream))) => {
            log::info!("tls.handshake refused address={}: {error}", address.ip());
            let_alert_arrive(stream).await;
        }
        Err(_) => log::info!("tls.handshake timed out address={}", address.ip()),
    }
}

/// Closes so that the client reads the alert: with its request unread, the kernel would answer with a reset, which
/// throws away the alert and leaves the client to guess.
async fn let_alert_arrive(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    let mut rest = [0u8; 4096];
    let drain = async { while matches!(stream.read(&mut rest).await, Ok(n) if n > 0) {} };
    let _ = tokio::time::timeout(Duration::from_secs(2), drain).await;
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    watcher: Watcher,
) {
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer.address));
        request.extensions_mut().insert(peer.clone());
        router.clone().oneshot(Request::from(request.map(axum::body::Body::new)))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(Duration::from_secs(30)));
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    // What ends here is the line, not a request: a client that went away is no news.
    let _ = watcher.watch(connection.into_owned()).await;
}
