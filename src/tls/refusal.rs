//! Finds in the error of a request what TLS said, so that a person can be told whose certificate is wrong.
//!
//! Under TLS 1.3 a server that refuses the client's certificate says so after the client thinks it is connected: the
//! refusal arrives as an error of the first read. It is looked for in the whole chain of causes, wherever it came up.

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// How long a server may take to object to our certificate once the handshake is done on our side.
const OBJECTION: Duration = Duration::from_millis(500);

/// What TLS refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The server's certificate is not from the authority we trust.
    UnknownAuthority,
    /// The server's certificate is for other names than the one called.
    WrongName,
    /// The server's certificate is out of date (or our clock is).
    OutOfDate,
    /// The server refused our certificate.
    OurCertificate,
    /// Anything else that TLS objected to, a server without TLS included.
    Other,
}

/// Looks for a TLS error in `error` and what caused it.
pub fn refusal_in(error: &(dyn Error + 'static)) -> Option<Refusal> {
    let mut next = Some(error);
    while let Some(e) = next {
        if let Some(tls) = e.downcast_ref::<rustls::Error>() {
            return Some(classify(tls));
        }
        // An io::Error gives the cause of what it wraps as its own, and so hides what it wraps.
        let hidden = e.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref());
        if let Some(found) = hidden.and_then(|inner| refusal_in(inner)) {
            return Some(found);
        }
        next = e.source();
    }
    None
}

/// Connects once more, sends nothing and listens for an objection. An HTTP client that writes its request while the
/// refusal is still on its way reports a closed connection and no cause; here nothing is in the way of it.
pub async fn objection_of(host: &str, port: u16, config: Arc<ClientConfig>) -> Option<Refusal> {
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let listen = async {
        let tcp = TcpStream::connect((host, port)).await.ok()?;
        match tokio_rustls::TlsConnector::from(config).connect(name, tcp).await {
            Err(e) => refusal_in(&e),
            Ok(mut stream) => stream.read_u8().await.err().and_then(|e| refusal_in(&e)),
        }
    };
    tokio::time::timeout(OBJECTION, listen).await.ok().flatten()
}

fn classify(error: &rustls::Error) -> Refusal {
    use CertificateError as C;
    match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            C::UnknownIssuer | C::BadSignature | C::ApplicationVerificationFailure => {
                Refusal::UnknownAuthority
            }
            C::NotValidForName | C::NotValidForNameContext { .. } => Refusal::WrongName,
            C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. } => {
                Refusal::OutOfDate
            }
            _ => Refusal::Other,
        },
        rustls::Error::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied,
        ) => Refusal::OurCertificate,
        _ => Refusal::Other,
    }
}
