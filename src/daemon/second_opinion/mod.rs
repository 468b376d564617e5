//! Asks a language model of the branch's or head office's own for what minutes may have left out: a job each, queued
//! with the minutes. Off unless it is configured.
//!
//! What was said in a meeting is personal data: it goes to the configured address alone, and the audit trail says so
//! before it goes. Minutes are never the worse for it: a failure is tried again some times and then let be, and what
//! comes back is kept beside them, to be confirmed ([`crate::minutes::opinion`]).

mod client;

pub use client::{Client, OpinionError};

use crate::assistant::Assistant;
use crate::clock::{Clock, hong_kong};
use crate::minutes::opinion::{self, Question};
use crate::store::minutes::Minutes;
use crate::store::transcripts::Segment;
use crate::store::{Database, StoreError, Tx, audit, jobs, minutes, recordings, transcripts};
use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the job table is looked at; an answer takes minutes anyway.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Who acts, in the audit trail.
const ACTOR: &str = "second opinion";

/// Why a job did not end well. The text is for the log and the job: never what was said.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the second opinion at {url} {why}")]
    Opinion { url: String, why: OpinionError },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Works until `stop`.
pub async fn run(
    db: Database,
    assistant: Arc<ArcSwap<Assistant>>,
    clock: Clock,
    client: Client,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        // A job that a stop interrupts is queued again at the next start.
        while let Some(Some(job)) = stop.run_until_cancelled(claim(&db, &clock)).await {
            let (id, attempts) = (job.id, job.attempts);
            let Some(done) = stop.run_until_cancelled(ask(&db, &assistant, &clock, &client, job)).await
            else {
                break;
            };
            if let Err(e) = done {
                log::warn!("second_opinion.failed {e}");
                let (why, later) = (e.to_string(), clock.now() + wait_after(attempts));
                let kept = db
                    .write("put the second opinion off", move |tx| jobs::retry_or_fail(tx, id, &why, later));
                if let Err(e) = kept.await {
                    log::error!("second_opinion.put_off failed: {e}");
                }
            }
        }
    }
    Ok(())
}

/// One, four, sixteen minutes, about an hour: a server that is being restarted, or has a long queue.
fn wait_after(attempts: i64) -> SignedDuration {
    let doublings = u32::try_from(attempts.clamp(1, 4)).unwrap_or(1) - 1;
    SignedDuration::from_mins(4_i64.pow(doublings))
}

async fn claim(db: &Database, clock: &Clock) -> Option<jobs::Job> {
    let now = clock.now();
    match db.read("look for a second opinion", move |c| jobs::is_due(c, jobs::SECOND_OPINION, now)).await {
        Ok(false) => return None,
        Ok(true) => {}
        Err(e) => log::error!("second_opinion.look failed: {e}"),
    }
    let take = db.write("take a second opinion", move |tx| jobs::claim(tx, jobs::SECOND_OPINION, now));
    take.await.unwrap_or_else(|e| {
        log::error!("second_opinion.claim failed: {e}");
        None
    })
}

/// What a meeting's second opinion is made of.
struct Meeting {
    started_at: String,
    segments: Vec<Segment>,
    minutes: Minutes,
}

fn meeting(c: &Tx, id: &str) -> Result<Option<Meeting>, StoreError> {
    let (Some(recording), Some(minutes)) = (recordings::get(c, id)?, minutes::get(c, id)?) else {
        return Ok(None);
    };
    let started_at = recording.started_at.parse::<Timestamp>().map(|at| at.to_zoned(hong_kong()));
    let started_at = started_at.map_or(recording.started_at, |at| at.strftime("%A %F %H:%M").to_string());
    Ok(Some(Meeting { started_at, segments: transcripts::segments(c, id)?, minutes }))
}

async fn ask(
    db: &Database,
    assistant: &ArcSwap<Assistant>,
    clock: &Clock,
    client: &Client,
    job: jobs::Job,
) -> Result<(), Failure> {
    let subject = job.subject.clone();
    let found = db.read("read minutes", move |c| meeting(c, &subject)).await?;
    let Some(found) = found else {
        return Ok(db.write("let a second opinion be", move |tx| jobs::done(tx, job.id)).await?);
    };
    let Question { body, lines, of } =
        opinion::question(client.model(), &found.started_at, &found.segments, &found.minutes);
    if lines == 0 {
        return Ok(db.write("let a second opinion be", move |tx| jobs::done(tx, job.id)).await?);
    }
    let sent = json!({ "to": client.url(), "model": client.model(), "lines": lines, "of": of });
    let (now, subject) = (clock.now(), job.subject.clone());
    db.write("note what is sent", move |tx| {
        audit::add(tx, now, ACTOR, "transcript.sent_for_second_opinion", &subject, Some(&sent))
    })
    .await?;
    let failed = |why| Failure::Opinion { url: client.url().to_owned(), why };
    let answer = client.chat(&body).await.map_err(failed)?;
    let read = opinion::opinion(assistant.load().places(), &answer, &found.segments, &found.minutes);
    let opinion = read.ok_or_else(|| failed(OpinionError::NotAsAsked))?;
    let now = clock.now();
    let kept = json!({
        "points": opinion.points.len(), "dropped": opinion.dropped, "summary": opinion.summary.is_some(),
    });
    db.write("keep a second opinion", move |tx| {
        minutes::propose(tx, &job.subject, opinion.points)?;
        minutes::propose_summary(tx, &job.subject, opinion.summary.as_deref())?;
        audit::add(tx, now, ACTOR, "minutes.proposed", &job.subject, Some(&kept))?;
        jobs::done(tx, job.id)
    })
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_longer_each_time() {
        assert_eq!([1, 2, 3, 4, 9].map(|n| wait_after(n).as_mins()), [1, 4, 16, 64, 64]);
    }
}
