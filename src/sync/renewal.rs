//! Keeps the box's identity good: a new key and certificate at half the old one's life, the authorities it trusts, the
//! time.
//!
//! A renewal is three steps, each of which can be the last before the power goes: make a key and keep it; ask for its
//! certificate and keep both beside the pair in use; use them once and, when head office has answered, put them in
//! the place of the old by one rename. Head office ends the old pair only when it has seen the new one, so there is
//! always one that lets the box in. A pair that head office does not know (it was put back from a backup) is thrown
//! away and the old one is used on.

use super::backoff::{self, Backoff};
use super::client::{CallError, Client};
use super::identity::{self, AUTHORITY, NEXT_KEY, NEXT_PAIR, PAIR, Pair};
use super::protocol::reason;
use super::{LOOK, Shared};
use crate::tls::{self, Identity};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often a box in order looks whether it still is: renewal is due days ahead, so a quarter of an hour is soon.
const CHECK: Duration = Duration::from_secs(15 * 60);
/// How often whom to trust is asked without being told to: it is how a box hears that its certificate has run out.
const ASK: Duration = Duration::from_secs(6 * 3600);

pub(super) async fn run(shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = keep(shared) => {}
    }
}

async fn keep(shared: Arc<Shared>) {
    let mut told = shared.trust.subscribe();
    let mut asked_for = shared.renew.subscribe();
    let mut backoff = Backoff::default();
    let mut asked: Option<Instant> = None;
    loop {
        if identity::whole_trace(&shared.data).is_none() {
            asked = None;
            tokio::time::sleep(LOOK).await;
            continue;
        }
        let directed = told.borrow_and_update().clone();
        let wait = match once(&shared, directed.as_deref(), &mut asked).await {
            Ok(()) => {
                backoff.reset();
                CHECK
            }
            Err(sentence) => {
                log::debug!("sync.identity {sentence}");
                backoff.next(backoff::chance())
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            changed = told.changed() => if changed.is_err() { return },
            changed = asked_for.changed() => if changed.is_err() { return },
        }
    }
}

/// Does what there is to do. The error is a sentence; it is tried again.
async fn once(shared: &Shared, directed: Option<&str>, asked: &mut Option<Instant>) -> Result<(), String> {
    if prove(shared).await? {
        log::info!("sync.identity the renewed certificate is in use");
    }
    let Some((_, client)) = Client::with_pair(&shared.data, Pair::InUse, &shared.time)? else {
        return Ok(());
    };
    if shared.time.is_behind() {
        client.learn_time().await.map_err(|e| e.to_string())?;
    }
    let trusted = identity::authorities(&shared.data).map_err(|e| e.to_string())?;
    let mut expired = false;
    if directed.is_some_and(|d| d != identity::trust_hash(&trusted))
        || asked.is_none_or(|at| at.elapsed() >= ASK)
    {
        match client.trust().await {
            Ok(reply) => adopt(shared, &reply.authorities).await?,
            Err(e) if e.reason() == Some(reason::EXPIRED) => expired = true,
            Err(e) => return Err(shared.said(&e).sentence),
        }
        *asked = Some(Instant::now());
    }
    if expired || due(shared)? {
        renew(shared, &client).await?;
        prove(shared).await?;
        log::info!("sync.identity renewed");
    }
    Ok(())
}

/// Half of the certificate's life is over, it is from an authority that no longer certifies, or head office asks for it.
fn due(shared: &Shared) -> Result<bool, String> {
    let authorities = identity::authorities(&shared.data).map_err(|e| e.to_string())?;
    let Some(certificate) = identity::certificate(&shared.data) else { return Ok(false) };
    let half = tls::dates(&certificate).map(|d| d.half());
    let current = authorities.first().is_some_and(|a| tls::certified_by(&certificate, a));
    let asked = shared.renew.borrow().as_deref() == Some(tls::fingerprint(&certificate).as_str());
    Ok(!current || asked || half.is_some_and(|half| shared.time.now() >= half))
}

/// Puts the authorities that head office named in the place of the ones that are trusted.
async fn adopt(shared: &Shared, pem: &str) -> Result<(), String> {
    let named = tls::certificates_from_pem(pem).map_err(|e| e.to_string())?;
    let trusted = identity::authorities(&shared.data).map_err(|e| e.to_string())?;
    if named == trusted {
        return Ok(());
    }
    // Whoever speaks here was let in as one of the trusted, so one of them at least has to stay.
    if !named.iter().any(|n| trusted.contains(n)) {
        return Err("head office names authorities of which this box knows none: they are not taken".into());
    }
    let path = identity::folder(&shared.data).join(AUTHORITY);
    let pem = pem.to_owned();
    blocking(move || tls::write_file(&path, pem.as_bytes(), "the authorities' certificates")).await?;
    log::info!("sync.trust authorities={}", named.len());
    shared.wake_all();
    Ok(())
}

/// Asks for a certificate for a new key, and keeps both beside the pair in use. A key whose answer was lost is asked
/// for again.
async fn renew(shared: &Shared, client: &Client) -> Result<(), String> {
    let folder = identity::folder(&shared.data);
    let in_use = std::fs::read_to_string(folder.join(PAIR)).unwrap_or_default();
    let path = folder.join(NEXT_KEY);
    let kept = std::fs::read_to_string(&path).ok().filter(|pem| !in_use.contains(pem.trim()));
    let key = match kept.and_then(|pem| rcgen::KeyPair::from_pem(&pem).ok()) {
        Some(key) => key,
        None => {
            let key = rcgen::KeyPair::generate().map_err(|e| format!("the box's key cannot be made: {e}"))?;
            let pem = key.serialize_pem();
            blocking(move || tls::write_file(&path, pem.as_bytes(), "the box's next key")).await?;
            key
        }
    };
    let csr = rcgen::CertificateParams::default().serialize_request(&key).and_then(|r| r.pem());
    let csr = csr.map_err(|e| format!("the request for a certificate cannot be made: {e}"))?;
    let reply = client.renew(csr).await.map_err(|e| shared.said(&e).sentence)?;
    adopt(shared, &reply.authorities).await?;
    let key = key.serialize_pem();
    let fits = Identity::from_pem(&reply.certificate, &key).and_then(|identity| {
        let trusted = tls::certificates_from_pem(&reply.authorities)?;
        tls::branch_config(&trusted, identity, &shared.time.for_tls())
    });
    if let Err(e) = fits {
        return Err(format!("head office sent a certificate that does not fit ({e}): it is asked for again"));
    }
    let (path, pair) = (folder.join(NEXT_PAIR), format!("{key}{}", reply.certificate));
    blocking(move || tls::write_file(&path, pair.as_bytes(), "the box's next key and certificate")).await
}

/// Uses the next pair, if there is one, and takes it for the one in use when head office has answered.
async fn prove(shared: &Shared) -> Result<bool, String> {
    let client = match Client::with_pair(&shared.data, Pair::Next, &shared.time) {
        Ok(None) => return Ok(false),
        Ok(Some((_, client))) => client,
        Err(sentence) => {
            discard(shared);
            return Err(sentence);
        }
    };
    match client.trust().await {
        Ok(_) => {
            let data = shared.data.clone();
            blocking(move || identity::promote(&data)).await?;
            shared.wake_all();
            Ok(true)
        }
        Err(e) if is_refusal(&e) => {
            discard(shared);
            Err(format!("the renewed certificate is not taken ({e}): the one before is used on"))
        }
        Err(e) => Err(e.to_string()),
    }
}

/// Head office does not take the certificate, which trying again does not change.
fn is_refusal(error: &CallError) -> bool {
    match error {
        CallError::OurCertificate { .. } => true,
        CallError::Refused(problem) => matches!(problem.status, 401 | 403),
        _ => false,
    }
}

fn discard(shared: &Shared) {
    let folder = identity::folder(&shared.data);
    for name in [NEXT_PAIR, NEXT_KEY] {
        let _ = std::fs::remove_file(folder.join(name));
    }
}

async fn blocking<E: std::fmt::Display + Send + 'static>(
    work: impl FnOnce() -> Result<(), E> + Send + 'static,
) -> Result<(), String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}
