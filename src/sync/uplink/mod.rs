//! Up: the outbox, oldest first, a batch at a time, and every half minute how the box stands.
//!
//! A batch leaves the outbox when head office has acknowledged it, and never further than the batch went: an
//! acknowledgement of more than was sent is head office's business. What is in it is the branch's policy's (`policy`);
//! sound goes beside it, in pieces (`sound`).

pub mod policy;
mod sound;

pub use policy::{Policy, Sound};
pub(super) use sound::run as run_sound;

use super::client::Client;
use super::protocol::{Batch, Health, MAX_EVENTS};
use super::status::{Trouble, Way};
use super::vitals::Vitals;
use super::{Line, Shared, identity};
use crate::store::outbox::{self, Waiting};
use crate::store::{StoreResult, Tx, receipts, settings};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often the outbox is looked at when nobody says that something was added (another process may have).
const LOOK: Duration = Duration::from_secs(1);
/// How often head office hears how the box stands when nothing changes.
const HEALTH: Duration = Duration::from_secs(30);

pub(super) async fn run(shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = drain(shared) => {}
    }
}

async fn drain(shared: Arc<Shared>) {
    let mut line = Line::new(Arc::clone(&shared), Way::Up);
    let mut told: Option<(Instant, Health)> = None;
    loop {
        let client = line.enrolled().await;
        if told.is_none() && shared.data.listings().exists() {
            // The way down is about to say which base is shown; head office should not hear of none in between.
            let mut status = shared.reporter.subscribe();
            let _ = tokio::time::timeout(LOOK, status.wait_for(|s| s.listings.is_some())).await;
        }
        match once(&shared, &client, &mut told).await {
            Ok(Sent::All) => {
                line.good();
                tokio::select! {
                    () = shared.added.notified() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
            Ok(Sent::Some) => line.good(),
            Ok(Sent::Nothing) => tokio::select! {
                () = shared.added.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            },
            Err(trouble) => {
                told = None; // whoever answers next may be another head office
                line.bad(trouble).await;
            }
        }
    }
}

/// Tells how much waits, before anything is sent.
pub(super) async fn count(shared: &Shared) -> StoreResult<()> {
    let waiting = shared.db.read("count what waits for head office", outbox::waiting).await?;
    shared.reporter.waiting(&waiting);
    Ok(())
}

/// What one round did.
enum Sent {
    /// A batch, and more waits.
    Some,
    /// The outbox is empty now, and head office knows.
    All,
    /// There was nothing to say.
    Nothing,
}

/// What goes up next: the oldest events, at most [`MAX_EVENTS`], as far as the policy lets them.
pub fn next_batch(c: &Tx, policy: Policy) -> StoreResult<Batch> {
    let since = settings::get(c, settings::OUTBOX_ACKNOWLEDGED)?;
    let since = since.and_then(|s| s.parse().ok()).unwrap_or(0);
    let events = outbox::oldest(c, MAX_EVENTS)?.into_iter().map(|e| policy.reduce(e)).collect();
    Ok(Batch { since, events })
}

/// Forgets what head office has acknowledged of a batch that ended with `last`, never more than was in it, and keeps the
/// receipt. What waits then.
pub fn settle(tx: &Tx, last: i64, acknowledged: i64, now: Timestamp) -> StoreResult<Waiting> {
    let acknowledged = acknowledged.min(last);
    receipts::keep(tx, acknowledged, now)?;
    outbox::acknowledge(tx, acknowledged)?;
    outbox::waiting(tx)
}

async fn once(
    shared: &Shared,
    client: &Client,
    told: &mut Option<(Instant, Health)>,
) -> Result<Sent, Trouble> {
    let policy = shared.policy;
    let (batch, waiting) = shared
        .db
        .read("read the outbox", move |c| Ok((next_batch(c, policy)?, outbox::waiting(c)?)))
        .await
        .map_err(|e| e.to_string())?;
    shared.reporter.waiting(&waiting);
    let Some(last) = batch.events.last().map(|e| e.seq) else {
        return tell(shared, client, waiting, told).await;
    };
    let reply = client.events(&batch).await.map_err(|e| shared.said(&e))?;
    if reply.renew.is_some() {
        shared.renew.send_replace(reply.renew);
    }
    let now = shared.clock.now();
    let waiting = shared
        .db
        .write("forget what head office has acknowledged", move |tx| {
            settle(tx, last, reply.acknowledged, now)
        })
        .await
        .map_err(|e| e.to_string())?;
    shared.reporter.waiting(&waiting);
    if waiting.count > 0 {
        return Ok(Sent::Some);
    }
    tell(shared, client, waiting, told).await?;
    Ok(Sent::All)
}

/// Tells head office how the box stands, if that changed or it was a while ago.
async fn tell(
    shared: &Shared,
    client: &Client,
    waiting: Waiting,
    told: &mut Option<(Instant, Health)>,
) -> Result<Sent, Trouble> {
    let health = Health {
        listings: shared.reporter.subscribe().borrow().listings.clone(),
        waiting,
        software: env!("CARGO_PKG_VERSION").to_owned(),
        trust: identity::authorities(&shared.data).ok().map(|a| identity::trust_hash(&a)),
        vitals: vitals(shared),
    };
    if told.as_ref().is_some_and(|(at, before)| *before == health && at.elapsed() < HEALTH) {
        return Ok(Sent::Nothing);
    }
    let directives = client.health(&health).await.map_err(|e| shared.said(&e))?;
    shared.trust.send_if_modified(|trust| {
        let changed = *trust != directives.trust;
        *trust = directives.trust.clone();
        changed
    });
    shared.directives.send_if_modified(|d| {
        let changed = *d != directives;
        *d = directives;
        changed
    });
    *told = Some((Instant::now(), health));
    Ok(Sent::All)
}

/// How the box itself stands, and how far it is with what head office has for it.
fn vitals(shared: &Shared) -> Vitals {
    let progress = shared.fleet.borrow().clone();
    Vitals { update: progress.update, fleet_problem: progress.problem, ..shared.vitals.borrow().clone() }
}
