//! Another authority in the place of the present one, without a visit to any branch: *next*, *switch*, *retire*.
//!
//! Each step waits until the branches have followed the one before, and says who has not. A branch learns whom to
//! trust over the line it trusts already, renews its certificate when the one that certifies has changed, and is let
//! in with either all the while. Running servers take a step up within a second.

use super::HeadOfficeError;
use super::authority::Authority;
use super::store::authorities::{self, State};
use super::store::{Opened, Place, open};
use crate::clock::Clock;
use crate::store::StoreError;
use std::sync::Arc;

/// Who asks, for the audit.
const ACTOR: &str = "command line";

/// An authority as it is shown.
#[derive(Debug)]
pub struct Shown {
    pub n: i64,
    pub state: State,
    pub fingerprint: String,
    /// RFC 3339.
    pub made_at: String,
}

/// How the authorities stand.
#[derive(Debug)]
pub struct Standing {
    pub authorities: Vec<Shown>,
    /// Branches in service that have not said that they trust exactly these.
    pub not_trusting: Vec<String>,
    /// Branches in service with a certificate of an authority that retires.
    pub still_with_old: Vec<String>,
}

/// How the authorities stand.
pub async fn show(place: &Place, clock: &Clock) -> Result<Standing, HeadOfficeError> {
    let Opened { store, authorities, .. } = open(place, clock).await?;
    let hash = authorities.trust_hash();
    let read = move |tx: &super::store::Tx| {
        let kept = authorities::in_service(tx)?;
        Ok((kept, authorities::not_trusting(tx, &hash)?, authorities::still_with_old(tx)?))
    };
    let (kept, not_trusting, still_with_old) = store.read("read the authorities", read).await?;
    let shown = authorities.all().iter().zip(kept).map(|(a, kept)| Shown {
        n: a.n,
        state: a.state,
        fingerprint: a.authority.fingerprint(),
        made_at: kept.made_at,
    });
    Ok(Standing { authorities: shown.collect(), not_trusting, still_with_old })
}

/// Makes the authority that is to follow. Branches in touch trust it within half a minute.
pub async fn next(place: &Place, clock: &Clock) -> Result<(), HeadOfficeError> {
    let Opened { store, seal, .. } = open(place, clock).await?;
    let now = clock.now();
    let authority = Authority::make(now)?;
    let sealed = seal.close(authority.key_pem().as_bytes(), &authority.fingerprint())?;
    let pem = authority.pem().to_owned();
    let add = move |tx: &super::store::Tx| authorities::add_next(tx, &pem, &sealed, ACTOR, now);
    Ok(store.write("keep the next authority", add).await?)
}

/// The next authority takes over: it certifies and serves from now on. Refused while a branch in service does not
/// trust it, unless `force`. Codes that were given out before serve no longer.
pub async fn switch(place: &Place, force: bool, clock: &Clock) -> Result<(), HeadOfficeError> {
    let Opened { store, authorities, .. } = open(place, clock).await?;
    let (hash, now) = (authorities.trust_hash(), clock.now());
    let next = authorities.all().iter().find(|a| a.state == State::Next).map(|a| Arc::clone(&a.authority));
    let Some(next) = next else {
        return Err(HeadOfficeError::Refused(
            "there is no next authority: make one first (branchbox headoffice authority next)".into(),
        ));
    };
    let change = move |tx: &super::store::Tx| {
        let sign = |text: &str| next.sign(text).map_err(|e| StoreError::Refused(e.to_string()));
        authorities::switch(tx, &hash, sign, force, ACTOR, now)
    };
    Ok(store.write("switch to the next authority", change).await?)
}

/// Ends the authority before. Refused while a branch in service has a certificate of it in use, unless `force`: such
/// a branch has to be enrolled anew.
pub async fn retire(place: &Place, force: bool, clock: &Clock) -> Result<(), HeadOfficeError> {
    let Opened { store, authorities, .. } = open(place, clock).await?;
    let (current, now) = (Arc::clone(authorities.current()), clock.now());
    let change = move |tx: &super::store::Tx| {
        let sign = |text: &str| current.sign(text).map_err(|e| StoreError::Refused(e.to_string()));
        authorities::retire(tx, sign, force, ACTOR, now)
    };
    Ok(store.write("retire the authority before", change).await?)
}
