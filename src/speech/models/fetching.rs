//! Fetches a model from the address in the manifest.

use super::{InstallError, Installation, Installed, KnownModel};
use crate::tls;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

/// How long the other side may take to answer at all, and between two pieces.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const PIECE_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a model was not fetched. The text is a sentence.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error(
        "the model {name} has no address: it comes with the source; add the file with branchbox model add FILE"
    )]
    NoAddress { name: String },
    #[error(
        "cannot fetch {url}: {reason}. On a machine without a network, fetch the file elsewhere and install it with branchbox model add FILE"
    )]
    Network { url: String, reason: String },
    #[error(transparent)]
    Install(#[from] InstallError),
}

/// Fetches a model into the folder; `progress` hears the bytes so far.
pub async fn fetch(
    folder: &Path,
    known: &KnownModel,
    mut progress: impl FnMut(u64),
) -> Result<Installed, FetchError> {
    let Some(url) = known.url.clone() else {
        return Err(FetchError::NoAddress { name: known.name.clone() });
    };
    let network = |reason: String| FetchError::Network { url: url.clone(), reason };
    let trust = tls::web_client_config().map_err(|e| network(e.to_string()))?;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(trust)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(PIECE_TIMEOUT)
        .build()
        .map_err(|e| network(innermost(&e)))?;
    let mut reply = client
        .get(&url)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(|e| network(innermost(&e)))?;
    let mut installation = Installation::begin(folder, &known.name)?;
    while let Some(piece) = reply.chunk().await.map_err(|e| network(innermost(&e)))? {
        installation.write(&piece)?;
        if installation.bytes() > known.bytes {
            break; // more than it should be: no use filling the disk
        }
        progress(installation.bytes());
    }
    Ok(installation.finish(Some(known), &url)?)
}

/// The last cause, which names the matter (reqwest's own text repeats the address).
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    match error.status() {
        Some(status) => format!("the other side answered {status}"),
        None => cause.to_string(),
    }
}
