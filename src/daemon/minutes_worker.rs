//! Draws up minutes for transcripts that are complete: a job each, queued with the transcript.

use crate::assistant::Assistant;
use crate::clock::Clock;
use crate::minutes::{self, review::overlay};
use crate::store::minutes as store;
use crate::store::{Database, StoreResult, jobs, minutes_reviews, recordings, transcripts};
use arc_swap::ArcSwap;
use jiff::ToSpan;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the job table is looked at; a look is one indexed read.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Works until `stop`. Where `second_opinion` is set, one is asked for of all minutes that are drawn up.
pub async fn run(
    db: Database,
    assistant: Arc<ArcSwap<Assistant>>,
    clock: Clock,
    second_opinion: bool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        while let Some(job) = claim(&db, &clock).await {
            let (id, now) = (job.id, clock.now());
            if let Err(e) = draw_up(&db, &assistant, &clock, second_opinion, job).await {
                log::error!("minutes.failed {e}");
                let (why, later) = (e.to_string(), now + 1.minute());
                let kept =
                    db.write("put the minutes off", move |tx| jobs::retry_or_fail(tx, id, &why, later)).await;
                if let Err(e) = kept {
                    log::error!("minutes.put_off failed: {e}");
                }
            }
        }
    }
    Ok(())
}

async fn claim(db: &Database, clock: &Clock) -> Option<jobs::Job> {
    let now = clock.now();
    // Looks with a reader first, so that an idle box does not write twice a second.
    let due = db.read("look for minutes to draw up", move |c| jobs::is_due(c, jobs::MINUTES, now)).await;
    match due {
        Ok(false) => return None,
        Ok(true) => {}
        Err(e) => log::error!("minutes.look failed: {e}"),
    }
    db.write("take minutes to draw up", move |tx| jobs::claim(tx, jobs::MINUTES, now)).await.unwrap_or_else(
        |e| {
            log::error!("minutes.claim failed: {e}");
            None
        },
    )
}

async fn draw_up(
    db: &Database,
    assistant: &ArcSwap<Assistant>,
    clock: &Clock,
    second_opinion: bool,
    job: jobs::Job,
) -> StoreResult<()> {
    let id = job.subject.clone();
    let (recording, segments, transcript) = db
        .read("read the transcript", move |c| {
            Ok((recordings::get(c, &id)?, transcripts::segments(c, &id)?, transcripts::get(c, &id)?))
        })
        .await?;
    let assistant = assistant.load_full();
    let now = clock.now();
    let minutes = recording.map(|r| {
        let language = transcript.and_then(|t| t.language);
        minutes::of_recording(assistant.places(), &r.started_at, &segments, language.as_deref())
    });
    db.write("keep the minutes", move |tx| {
        if let Some(minutes) = minutes {
            store::put(tx, &job.subject, &minutes, now)?;
            // Agents may have reviewed points while the meeting went on, or before this was done anew.
            let kept = store::get(tx, &job.subject)?.unwrap_or(minutes);
            let standing = overlay(&kept, &minutes_reviews::all(tx, &job.subject)?).points;
            let points = standing.iter().map(|s| &s.point);
            store::tell(tx, "minutes", &job.subject, &kept.language, points, now)?;
            if second_opinion {
                jobs::queue(tx, jobs::SECOND_OPINION, &job.subject, now)?;
            }
        }
        jobs::done(tx, job.id)
    })
    .await
}
