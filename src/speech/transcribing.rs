//! One recording to its transcript: read, found, heard, written, utterance by utterance.
//!
//! Every second is accounted for: as speech, as a stretch without speech, or as one that failed, with the reason. A
//! transcription that is interrupted begins again from the start.

use super::leaning::Leaning;
use super::protocol::Piece;
use super::voice::{Utterance, VoiceActivity};
use super::worker::{DecodeError, Decoded, Worker};
use super::{gates, leaning};
use crate::audio::{SAMPLE_RATE, read_recording};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::language::Language;
use crate::store::jobs::{self, Job};
use crate::store::transcripts::{self, Segment, SegmentKind};
use crate::store::{Database, StoreError, recordings};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use tokio::sync::{mpsc, watch};

/// Utterances that may wait for the worker.
const AHEAD: usize = 4;

/// How far a transcription is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub recording_id: String,
    pub done_ms: i64,
    pub total_ms: i64,
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

/// Transcribes the recording of `job` and closes the job with the transcript. A recording whose key has been deleted
/// has no sound any more: its job is done without one.
pub async fn transcribe_recording(
    db: &Database,
    data: &DataFolder,
    clock: &Clock,
    worker: &mut Worker,
    model: &str,
    job: &Job,
    progress: &watch::Sender<Option<Progress>>,
) -> Result<(), TranscribeError> {
    let id = job.subject.clone();
    let subject = id.clone();
    let found = db
        .read("find the recording", move |c| {
            Ok(recordings::get(c, &subject)?.zip(recordings::key(c, &subject)?))
        })
        .await?;
    let job_id = job.id;
    let Some((recording, key)) = found else {
        log::warn!(recording = id.as_str(); "there is no sound to transcribe");
        return Ok(db.write("close the job", move |tx| jobs::done(tx, job_id)).await?);
    };
    let subject = id.clone();
    db.write("begin the transcript", move |tx| transcripts::restart(tx, &subject)).await?;

    let total_ms = milliseconds(u64::try_from(recording.samples).unwrap_or(0));
    let publish = |done_ms: i64| {
        let done_ms = done_ms.min(total_ms);
        progress.send_replace(Some(Progress { recording_id: id.clone(), done_ms, total_ms }));
    };
    publish(0);
    let folder = data.recordings().join(&id);
    let (send, mut utterances) = mpsc::channel(AHEAD);
    let reading = tokio::task::spawn_blocking(move || -> io::Result<u64> {
        let mut reader = read_recording(&folder, &key)?;
        let mut activity = VoiceActivity::default();
        for block in reader.by_ref() {
            for utterance in activity.push(&block) {
                if send.blocking_send(utterance).is_err() {
                    return Ok(0); // nobody listens any more
                }
            }
        }
        if let Some(utterance) = activity.finish() {
            let _ = send.blocking_send(utterance);
        }
        Ok(reader.samples())
    });

    let mut account = Account::default();
    let mut written = 0;
    while let Some(utterance) = utterances.recv().await {
        let heard = worker.decode(&utterance.samples, &account.leaning).await;
        account.add(&utterance, heard)?;
        written = write(db, &id, written, account.segments.split_off(0)).await?;
        publish(account.at_ms);
    }
    let samples = reading.await.map_err(|e| io::Error::other(e.to_string()))??;
    account.silence_until(milliseconds(samples));
    write(db, &id, written, account.segments.split_off(0)).await?;
    let (model, language, now) = (model.to_owned(), account.language(), clock.now());
    db.write("finish the transcript", move |tx| {
        transcripts::finish(tx, &id, &model, language.as_deref(), job_id, now)
    })
    .await?;
    Ok(())
}

/// Transcribes sound that is no recording of the box (a file), block by block as it comes. `progress` hears the
/// milliseconds done.
pub async fn transcribe_blocks(
    mut blocks: mpsc::Receiver<Vec<i16>>,
    worker: &mut Worker,
    mut progress: impl FnMut(i64),
) -> Result<Vec<Segment>, TranscribeError> {
    let (mut activity, mut account, mut samples) = (VoiceActivity::default(), Account::default(), 0);
    while let Some(block) = blocks.recv().await {
        samples += block.len() as u64;
        for utterance in activity.push(&block) {
            let heard = worker.decode(&utterance.samples, &account.leaning).await;
            account.add(&utterance, heard)?;
            progress(account.at_ms);
        }
    }
    if let Some(utterance) = activity.finish() {
        let heard = worker.decode(&utterance.samples, &account.leaning).await;
        account.add(&utterance, heard)?;
    }
    account.silence_until(milliseconds(samples));
    progress(account.at_ms);
    Ok(account.segments)
}

/// Segments from the beginning, without a gap.
#[derive(Debug, Default)]
struct Account {
    segments: Vec<Segment>,
    at_ms: i64,
    /// Milliseconds of speech in each language.
    spoken: BTreeMap<String, i64>,
    /// What the meeting leans towards.
    leaning: Leaning,
}

impl Account {
    fn add(
        &mut self,
        utterance: &Utterance,
        heard: Result<Decoded, DecodeError>,
    ) -> Result<(), TranscribeError> {
        let (start, end) = (milliseconds(utterance.start), milliseconds(utterance.end()));
        self.silence_until(start);
        match heard {
            Err(DecodeError::Refused(why)) => return Err(TranscribeError::Refused(why)),
            Err(DecodeError::Unavailable(why)) => return Err(TranscribeError::Unavailable(why)),
            Err(DecodeError::Failed(why)) => self.push(end, SegmentKind::Failed, None, why),
            Ok(Decoded { language, pieces }) => self.pieces(start, end, language.as_deref(), pieces),
        }
        Ok(())
    }

    /// The pieces of an utterance; what is doubtful is a stretch without speech.
    fn pieces(&mut self, start: i64, end: i64, heard: Option<&str>, pieces: Vec<Piece>) {
        let heard = heard.and_then(Language::of_code);
        // A piece ends where the next begins; the last one with the utterance.
        let ends: Vec<i64> = pieces.iter().skip(1).map(|p| start + p.start_ms).chain([end]).collect();
        for (piece, ends) in pieces.into_iter().zip(ends) {
            let ends = ends.clamp(self.at_ms, end);
            if gates::doubt(&piece).is_some() {
                self.silence_until(ends);
                continue;
            }
            let language = heard.map(|l| leaning::by_words(&piece.text, l));
            if let Some(language) = language {
                let ms = ends - self.at_ms;
                *self.spoken.entry(language.code().to_owned()).or_default() += ms;
                self.leaning.hear(language, ms);
            }
            self.push(ends, SegmentKind::Speech, language.map(|l| l.code().to_owned()), piece.text);
        }
        self.silence_until(end);
    }

    fn silence_until(&mut self, end_ms: i64) {
        match self.segments.last_mut() {
            // One stretch, however many pieces of it were dropped; written segments are written.
            Some(last) if last.kind == SegmentKind::NoSpeech && end_ms > self.at_ms => {
                (last.end_ms, self.at_ms) = (end_ms, end_ms);
            }
            _ if end_ms > self.at_ms => self.push(end_ms, SegmentKind::NoSpeech, None, String::new()),
            _ => {}
        }
    }

    fn push(&mut self, end_ms: i64, kind: SegmentKind, language: Option<String>, text: String) {
        self.segments.push(Segment { start_ms: self.at_ms, end_ms, kind, language, text, heard: None });
        self.at_ms = end_ms;
    }

    /// The language most spoken.
    fn language(&self) -> Option<String> {
        self.spoken.iter().max_by_key(|(_, ms)| **ms).map(|(language, _)| language.clone())
    }
}

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

fn milliseconds(samples: u64) -> i64 {
    (samples * 1000 / u64::from(SAMPLE_RATE)) as i64
}

#[cfg(test)]
mod tests {
    use super::super::worker::Piece;
    use super::*;

    #[test]
    fn every_millisecond_is_accounted_for() {
        let utterance = |start: u64, ms: usize| Utterance { start: start * 16, samples: vec![0; ms * 16] };
        let piece = |start_ms, end_ms, text: &str| Piece {
            start_ms,
            end_ms,
            text: text.into(),
            logprob: -0.2,
            no_speech: 0.1,
        };
        let yue = |pieces| Ok(Decoded { language: Some("yue".into()), pieces });
        let mut account = Account::default();
        account
            .add(&utterance(500, 4_000), yue(vec![piece(0, 1_900, "甲"), piece(2_000, 9_000, "乙")]))
            .unwrap();
        account.add(&utterance(4_500, 500), yue(vec![])).unwrap();
        account.add(&utterance(6_000, 1_000), Err(DecodeError::Failed("it ended".into()))).unwrap();
        account.silence_until(8_000);
        let times: Vec<_> =
            account.segments.iter().map(|s| (s.start_ms, s.end_ms, s.text.as_str())).collect();
        assert_eq!(
            times,
            [
                (0, 500, ""),
                (500, 2_500, "甲"),
                (2_500, 4_500, "乙"),
                (4_500, 5_000, ""),
                (5_000, 6_000, ""),
                (6_000, 7_000, "it ended"),
                (7_000, 8_000, "")
            ]
        );
        assert_eq!(account.language().as_deref(), Some("yue"));
        let refused = account.add(&utterance(9_000, 10), Err(DecodeError::Refused("no".into())));
        assert!(matches!(refused, Err(TranscribeError::Refused(_))));
    }
}
