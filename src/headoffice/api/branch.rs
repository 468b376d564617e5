//! Who calls: the branch of the certificate that was shown, in service and in date.
//!
//! TLS has checked that one of our authorities signed the certificate for a client. The rest is decided here, on every
//! request, from the ledger: so a branch that was removed is out with its next request, and whoever is refused gets a
//! sentence that says what to do.

use crate::headoffice::Office;
use crate::headoffice::authority::GRACE_DAYS;
use crate::headoffice::store::branches::note_clone;
use crate::headoffice::store::certificates::{self, Certified};
use crate::sync::protocol::{Problem, reason};
use crate::tls::{Dates, Peer, PeerCertificate};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// How long an older certificate serves on after a newer one was seen: requests under way, and a box that has not
/// put the new one in its place yet. Whoever comes with the old one later is another box.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// The branch that calls, in service.
pub struct Branch {
    pub id: String,
    /// Fingerprint of the certificate shown, where another box was seen to use it too.
    pub shared_certificate: Option<String>,
    certificate: PeerCertificate,
}

/// The branch that calls to renew its certificate, which may have run out.
pub struct Renewing {
    pub id: String,
    /// Fingerprint of the certificate shown.
    pub certificate: String,
}

impl FromRequestParts<Arc<Office>> for Branch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, office: &Arc<Office>) -> Result<Self, Problem> {
        let certificate = shown(parts)?;
        let known = known(office, &certificate).await?;
        admit(office, &known, in_date(certificate.dates, office.clock.now())).await?;
        if !known.seen {
            let (now, fingerprint) = (office.clock.now(), certificate.fingerprint.clone());
            let note = move |tx: &crate::headoffice::store::Tx| certificates::seen(tx, &fingerprint, now);
            office.store.write("note that a certificate is in use", note).await?;
        }
        let shared_certificate = known.shared.then(|| certificate.fingerprint.clone());
        Ok(Self { id: known.branch_id, shared_certificate, certificate })
    }
}

impl Branch {
    /// Looks again whether the branch is in service: what was true when it began to wait need not be now.
    pub async fn still(&self, office: &Office) -> Result<(), Problem> {
        let known = known(office, &self.certificate).await?;
        admit(office, &known, in_date(self.certificate.dates, office.clock.now())).await
    }
}

impl FromRequestParts<Arc<Office>> for Renewing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, office: &Arc<Office>) -> Result<Self, Problem> {
        let certificate = shown(parts)?;
        let mut known = known(office, &certificate).await?;
        let now = office.clock.now();
        // No overlap here: of two boxes with one identity the second to renew is refused.
        known.superseded_at = known.superseded_at.map(|at| at.min(now - OVERLAP));
        admit(office, &known, in_grace(certificate.dates, now)).await?;
        Ok(Self { id: known.branch_id, certificate: certificate.fingerprint })
    }
}

fn shown(parts: &Parts) -> Result<PeerCertificate, Problem> {
    parts.extensions.get::<Peer>().and_then(|p| p.certificate.clone()).ok_or_else(|| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "this is for enrolled boxes, and no client certificate was shown: enrol this box with a code from head office",
        )
    })
}

async fn known(office: &Office, certificate: &PeerCertificate) -> Result<Certified, Problem> {
    let fingerprint = certificate.fingerprint.clone();
    let read = move |tx: &crate::headoffice::store::Tx| certificates::certified(tx, &fingerprint);
    let known = office.store.read("look up a branch's certificate", read).await?;
    // The ledger is what counts; the name in the certificate has to agree with it.
    known.filter(|k| certificate.branch.as_deref() == Some(&k.branch_id)).ok_or_else(|| {
        Problem::new(
            StatusCode::FORBIDDEN,
            "head office does not know this certificate: enrol this box anew with a code from there",
        )
    })
}

/// Refuses who is not to be let in, and notes a clone.
async fn admit(office: &Office, known: &Certified, dates: Result<(), Problem>) -> Result<(), Problem> {
    let now = office.clock.now();
    let refused = match standing(known, now).and(dates) {
        Ok(()) => return Ok(()),
        Err(problem) => problem,
    };
    if refused.reason.as_deref() == Some(reason::CLONED) {
        let id = known.branch_id.clone();
        let note = move |tx: &crate::headoffice::store::Tx| note_clone(tx, &id, now);
        office.store.write("note a cloned box", note).await?;
    }
    Err(refused)
}

/// Whether the ledger lets the certificate in.
fn standing(known: &Certified, now: Timestamp) -> Result<(), Problem> {
    let refused = |detail: String, reason| Err(Problem::new(StatusCode::FORBIDDEN, detail).because(reason));
    let name = &known.name;
    match known.revoked_why.as_deref() {
        Some("replaced") => {
            return refused(
                format!(
                    "this box was replaced: another one was enrolled as {name}; enrol this one anew if that was a mistake"
                ),
                reason::REMOVED,
            );
        }
        Some(_) => {
            return refused(
                format!("head office has removed {name}: ask there, and enrol anew with a new code"),
                reason::REMOVED,
            );
        }
        None => {}
    }
    if known.superseded_at.is_some_and(|at| now.duration_since(at) >= OVERLAP) {
        return refused(
            format!(
                "another box works as {name} with a newer certificate: this box was cloned or put back from an old copy; enrol it anew with a new code"
            ),
            reason::CLONED,
        );
    }
    if known.retired {
        return refused(
            "this box's certificate is from an authority that head office has retired: enrol it anew with a new code".into(),
            reason::REMOVED,
        );
    }
    Ok(())
}

fn in_date(dates: Option<Dates>, now: Timestamp) -> Result<(), Problem> {
    match dates {
        Some(dates) if now < dates.not_before => Err(too_early(dates)),
        Some(dates) if now <= dates.not_after => Ok(()),
        _ => Err(Problem::new(
            StatusCode::FORBIDDEN,
            format!(
                "this box's certificate ran out on {}: the box renews it by itself and then goes on; nothing is lost",
                dates.map_or_else(|| "a day it does not say".into(), |d| day(d.not_after))
            ),
        )
        .because(reason::EXPIRED)),
    }
}

fn in_grace(dates: Option<Dates>, now: Timestamp) -> Result<(), Problem> {
    match dates {
        Some(dates) if now < dates.not_before => Err(too_early(dates)),
        Some(dates) if now.duration_since(dates.not_after) <= SignedDuration::from_hours(24 * GRACE_DAYS) => {
            Ok(())
        }
        _ => Err(Problem::new(
            StatusCode::FORBIDDEN,
            format!(
                "this box's certificate ran out on {}, more than {GRACE_DAYS} days ago: enrol it anew with a code from head office; what waits in it is sent then",
                dates.map_or_else(|| "a day it does not say".into(), |d| day(d.not_after))
            ),
        )),
    }
}

fn too_early(dates: Dates) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        format!(
            "this box's certificate is good from {} on, which is still to come by head office's clock: check that clock",
            day(dates.not_before)
        ),
    )
}

fn day(at: Timestamp) -> String {
    at.to_zoned(crate::clock::hong_kong()).date().to_string()
}
