//TEMP //! Draws up minutes for transcripts that are complete: a job each, queued with the transcript.
//TEMP 
//TEMP use crate::assistant::Assistant;
//TEMP use crate::clock::Clock;
//TEMP use crate::minutes;
//TEMP use crate::store::{Database, StoreResult, jobs, recordings, transcripts};
//TEMP use arc_swap::ArcSwap;
//TEMP use jiff::ToSpan;
//TEMP use std::sync::Arc;
//TEMP use std::time::Duration;
//TEMP use tokio_util::sync::CancellationToken;
//TEMP 
//TEMP /// How often the job table is looked at; a look is one indexed read.
//TEMP const LOOK_EVERY: Duration = Duration::from_millis(500);
//TEMP 
//TEMP /// Works until `stop`.
//TEMP pub async fn run(
//TEMP     db: Database,
//TEMP     assistant: Arc<ArcSwap<Assistant>>,
//TEMP     clock: Clock,
//TEMP     stop: CancellationToken,
//TEMP ) -> anyhow::Result<()> {
//TEMP     while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
//TEMP         while let Some(job) = claim(&db, &clock).await {
//TEMP             let (id, now) = (job.id, clock.now());
//TEMP             if let Err(e) = draw_up(&db, &assistant, &clock, job).await {
//TEMP                 log::error!("minutes.failed {e}");
//TEMP                 let (why, later) = (e.to_string(), now + 1.minute());
//TEMP                 let kept = db.write("put the minutes off", move |tx| jobs::retry_or_fail(tx, id, &why, later)).await;
//TEMP                 if let Err(e) = kept {
//TEMP                     log::error!("minutes.put_off failed: {e}");
//TEMP                 }
//TEMP             }
//TEMP         }
//TEMP     }
//TEMP     Ok(())
//TEMP }
//TEMP 
//TEMP async fn claim(db: &Database, clock: &Clock) -> Option<jobs::Job> {
//TEMP     let now = clock.now();
//TEMP     // Looks with a reader first, so that an idle box does not write twice a second.
//TEMP     let due = db.read("look for minutes to draw up", move |c| jobs::is_due(c, jobs::MINUTES, now)).await;
//TEMP     match due {
//TEMP         Ok(false) => return None,
//TEMP         Ok(true) => {}
//TEMP         Err(e) => log::error!("minutes.look failed: {e}"),
//TEMP     }
//TEMP     db.write("take minutes to draw up", move |tx| jobs::claim(tx, jobs::MINUTES, now)).await.unwrap_or_else(|e| {
//TEMP         log::error!("minutes.claim failed: {e}");
//TEMP         None
//TEMP     })
//TEMP }
//TEMP 
//TEMP async fn draw_up(db: &Database, assistant: &ArcSwap<Assistant>, clock: &Clock, job: jobs::Job) -> StoreResult<()> {
//TEMP     let id = job.subject.clone();
//TEMP     let (recording, segments, transcript) = db
//TEMP         .read("read the transcript", move |c| {
//TEMP             Ok((recordings::get(c, &id)?, transcripts::segments(c, &id)?, transcripts::get(c, &id)?))
//TEMP         })
//TEMP         .await?;
//TEMP     let assistant = assistant.load_full();
//TEMP     let now = clock.now();
//TEMP     let minutes = recording.map(|r| {
//TEMP         let language = transcript.and_then(|t| t.language);
//TEMP         minutes::of_recording(assistant.gazetteer(), &r.started_at, &segments, language.as_deref())
//TEMP     });
//TEMP     db.write("keep the minutes", move |tx| {
//TEMP         if let Some(minutes) = minutes {
//TEMP             crate::store::minutes::put(tx, &job.subject, &minutes, now)?;
//TEMP         }
//TEMP         jobs::done(tx, job.id)
//TEMP     })
//TEMP     .await
//TEMP }
