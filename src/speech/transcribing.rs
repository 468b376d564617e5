//! One recording to its transcript: read, found, heard, written, utterance by utterance.
//!
//! A recording that still runs is followed, so that only its tail is left when it stops. Every second is accounted for:
//! as speech, as a stretch without speech, or as one that failed, with the reason. What is written stays: a
//! transcription that is interrupted goes on after its last segment.

use super::listener::{Finder, Listener};
use super::reading::Reading;
use super::samples;
use super::wording::Wording;
use super::worker::Worker;
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::store::jobs::{self, Job};
use crate::store::recordings::{self, Recording};
use crate::store::transcripts::{self, Segment};
use crate::store::{Database, StoreError, Tx};
use serde::Serialize;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

/// How often a recording that runs is looked up: whether it still does.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// How far a transcription is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub recording_id: String,
    pub done_ms: i64,
    /// What has been read so far, where the recording still runs.
    pub total_ms: i64,
}

/// How a transcription ended that met no trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    /// A meeting runs and goes first; what is written stays.
    SetAside,
    /// The sound has been deleted.
    Gone,
}

/// Why a recording was not transcribed.
#[derive(Debug, thiserror::Error)]
pub enum TranscribeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No worker will do it before somebody changes something.
    #[error("{0}")]
    Refused(String),
    /// The worker does not come up; another time it may.
    #[error("the speech worker does not start: {0}")]
    Unavailable(String),
    #[error("cannot read the recording: {0}")]
    Read(#[from] io::Error),
}

/// What a transcription works with.
pub struct Desk<'d> {
    pub db: &'d Database,
    pub data: &'d DataFolder,
    pub clock: &'d Clock,
    pub progress: &'d watch::Sender<Option<Progress>>,
    /// The model's name, for the heading.
    pub model: &'d str,
    /// The branch's names.
    pub wording: &'d Arc<Wording>,
}

impl Desk<'_> {
    /// Transcribes the recording of `job` and closes the job with the transcript. A recording whose key has been
    /// deleted has no sound any more: its job is done without one.
    pub async fn transcribe(&self, worker: &mut Worker, job: &Job) -> Result<Outcome, TranscribeError> {
        let (db, id, job_id) = (self.db, &job.subject, job.id);
        let Some(Found { recording, key, written }) = self.find(id).await? else {
            log::warn!(recording = id.as_str(); "there is no sound to transcribe");
            db.write("close the job", move |tx| jobs::done(tx, job_id)).await?;
            return Ok(Outcome::Gone);
        };
        let mut runs = recording.runs();
        let mut total_ms = recording.length_ms();
        let mut next = written.len() as i64;
        if runs {
            worker.warm_up().await;
        }
        let mut listener = Listener::after(&written, Arc::clone(self.wording), worker);
        let folder = self.data.recordings().join(id);
        let mut reading = Reading::begin(folder, key, samples(listener.account.at_ms()), runs);
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = reading.events.recv() => {
                    let Some(event) = event else { break };
                    if listener.take(event).await? {
                        next = write(db, id, next, listener.account.take_settled()).await?;
                        if !runs && self.a_meeting_waits().await? {
                            return Ok(Outcome::SetAside);
                        }
                    }
                }
                _ = look.tick(), if runs => {
                    let now = self.look_up(id).await?;
                    runs = now.as_ref().is_some_and(Recording::runs);
                    total_ms = now.map_or(0, |r| r.length_ms());
                    if !runs {
                        reading.closed();
                    }
                }
            }
            let total_ms = total_ms.max(reading.read_ms());
            let done_ms = listener.account.at_ms().min(total_ms);
            self.progress.send_replace(Some(Progress { recording_id: id.clone(), done_ms, total_ms }));
        }
        listener.end(reading.samples().await?).await?;
        next = write(db, id, next, listener.account.take_settled()).await?;
        // The end is on disk a moment before the store knows of it.
        while runs {
            look.tick().await;
            runs = self.look_up(id).await?.is_some_and(|r| r.runs());
        }
        write(db, id, next, listener.account.take_all()).await?;
        let (id, model, language) = (id.clone(), self.model.to_owned(), listener.account.language());
        let now = self.clock.now();
        db.write("finish the transcript", move |tx| {
            transcripts::finish(tx, &id, &model, language.as_deref(), job_id, now)
        })
        .await?;
        Ok(Outcome::Finished)
    }

    /// The recording with its key and what is written of its transcript.
    async fn find(&self, id: &str) -> Result<Option<Found>, StoreError> {
        let id = id.to_owned();
        let find = move |tx: &Tx| {
            let (Some(recording), Some(key)) = (recordings::get(tx, &id)?, recordings::key(tx, &id)?) else {
                return Ok(None);
            };
            if transcripts::get(tx, &id)?.is_some() {
                transcripts::restart(tx, &id)?; // it is complete, and asked for anew
            }
            Ok(Some(Found { recording, key, written: transcripts::segments(tx, &id)? }))
        };
        self.db.write("begin the transcript", find).await
    }

    async fn look_up(&self, id: &str) -> Result<Option<Recording>, StoreError> {
        let id = id.to_owned();
        self.db.read("look up the recording", move |c| recordings::get(c, &id)).await
    }

    async fn a_meeting_waits(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        self.db.read("look for a meeting that runs", move |c| jobs::a_meeting_waits(c, now)).await
    }
}

/// A recording and what is written of its transcript.
struct Found {
    recording: Recording,
    key: [u8; 32],
    written: Vec<Segment>,
}

/// Transcribes sound that is no recording of the box (a file), block by block as it comes. `progress` hears the
/// milliseconds done.
pub async fn transcribe_blocks(
    mut blocks: mpsc::Receiver<Vec<i16>>,
    worker: &mut Worker,
    mut progress: impl FnMut(i64),
) -> Result<Vec<Segment>, TranscribeError> {
    let (mut finder, mut listener, mut samples) =
        (Finder::from(0), Listener::after(&[], Arc::default(), worker), 0);
    while let Some(block) = blocks.recv().await {
        for event in finder.hear(samples, &block) {
            if listener.take(event).await? {
                progress(listener.account.at_ms());
            }
        }
        samples += block.len() as u64;
    }
    if let Some(event) = finder.end() {
        listener.take(event).await?;
    }
    listener.end(samples).await?;
    progress(listener.account.at_ms());
    Ok(listener.account.take_all())
}

/// Adds segments from number `from` on; the number of the next.
async fn write(db: &Database, id: &str, from: i64, segments: Vec<Segment>) -> Result<i64, StoreError> {
    let (id, next) = (id.to_owned(), from + segments.len() as i64);
    if !segments.is_empty() {
        db.write("add to the transcript", move |tx| {
            (from..).zip(&segments).try_for_each(|(n, segment)| transcripts::add_segment(tx, &id, n, segment))
        })
        .await?;
    }
    Ok(next)
}
