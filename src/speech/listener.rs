//! From sound to segments: voice activity, packs, the worker, the account. One path for the meeting that runs, the one
//! that is over, and a file.

use super::account::Account;
use super::milliseconds;
use super::packing::{APART, Pack, Packer};
use super::transcribing::TranscribeError;
use super::voice::{Utterance, VoiceActivity};
use super::wording::Wording;
use super::worker::{DecodeError, Worker};
use crate::store::transcripts::Segment;
use std::sync::Arc;

/// A pack in which the chosen language has a smaller share than this may hold two: its utterances are decoded one by one.
const MIXED: f64 = 0.8;

/// What a [`Finder`] reports.
#[derive(Debug)]
pub(super) enum Event {
    Spoken(Utterance),
    /// Nobody has spoken for so long that the next utterance stands by itself.
    Quiet,
}

/// Finds the utterances in blocks of sound.
pub(super) struct Finder {
    activity: VoiceActivity,
    /// Samples taken.
    samples: u64,
    /// The end of the last utterance, until it is told that quiet followed.
    last: Option<u64>,
}

impl Finder {
    /// Listens from a sample on; what comes before it is passed over.
    pub(super) fn from(sample: u64) -> Self {
        Self { activity: VoiceActivity::starting_at(sample), samples: sample, last: None }
    }

    /// Takes the block that begins at sample `at`.
    pub(super) fn hear(&mut self, at: u64, block: &[i16]) -> Vec<Event> {
        let known = self.samples.saturating_sub(at).min(block.len() as u64);
        let fresh = &block[known as usize..];
        self.samples = self.samples.max(at + block.len() as u64);
        let mut events: Vec<Event> = self.activity.push(fresh).into_iter().map(Event::Spoken).collect();
        if let Some(Event::Spoken(utterance)) = events.last() {
            self.last = Some(utterance.end());
        }
        if let (Some(last), Some(quiet)) = (self.last, self.activity.quiet_until())
            && quiet > last + APART
        {
            self.last = None;
            events.push(Event::Quiet);
        }
        events
    }

    /// The sound is over.
    pub(super) fn end(self) -> Option<Event> {
        self.activity.finish().map(Event::Spoken)
    }
}

/// Has the utterances decoded and keeps the account.
pub(super) struct Listener<'w> {
    worker: &'w mut Worker,
    packer: Packer,
    pub(super) account: Account,
}

impl<'w> Listener<'w> {
    /// Goes on after segments that are written already.
    pub(super) fn after(written: &[Segment], wording: Arc<Wording>, worker: &'w mut Worker) -> Self {
        let packer = Packer::new(worker.longest_s());
        Self { worker, packer, account: Account::after(written, wording) }
    }

    /// Takes what the finder reports; true when something was decoded.
    pub(super) async fn take(&mut self, event: Event) -> Result<bool, TranscribeError> {
        let packs = match event {
            Event::Spoken(utterance) => self.packer.add(utterance),
            Event::Quiet => self.packer.take().into_iter().collect(),
        };
        let some = !packs.is_empty();
        for pack in packs {
            self.decode(pack).await?;
        }
        Ok(some)
    }

    /// The sound is over after so many samples.
    pub(super) async fn end(&mut self, samples: u64) -> Result<(), TranscribeError> {
        if let Some(pack) = self.packer.take() {
            self.decode(pack).await?;
        }
        self.account.silence_until(milliseconds(samples));
        Ok(())
    }

    async fn decode(&mut self, pack: Pack) -> Result<(), TranscribeError> {
        let several = pack.utterances.len() > 1;
        match self.worker.decode(&pack.sound(), self.account.leaning()).await {
            Ok(decoded) if !several || decoded.share >= MIXED => {
                self.account.heard(pack.start(), pack.end(), decoded.language, decoded.pieces);
                return Ok(());
            }
            Err(DecodeError::Failed(why)) if !several => {
                self.account.failed(pack.start(), pack.end(), why);
                return Ok(());
            }
            Err(DecodeError::Refused(why)) => return Err(TranscribeError::Refused(why)),
            Err(DecodeError::Unavailable(why)) => return Err(TranscribeError::Unavailable(why)),
            // One by one: each in its language, and one that fails does not take its neighbours with it.
            Ok(_) | Err(DecodeError::Failed(_)) => {}
        }
        for utterance in pack.utterances {
            Box::pin(self.decode(Pack { utterances: vec![utterance] })).await?;
        }
        Ok(())
    }
}
