//! Where the sound of a recording comes from just now: an open microphone, or none while it is away.

use super::MicrophoneError;
use super::capture::{Block, Capture, Captured, Opening};
use super::sound_watch::SoundWatch;
use crate::store::recording_notes::Gap;
use std::time::{Duration, Instant};

/// A microphone that went away is asked for again after this.
const TRY_EVERY: Duration = Duration::from_secs(1);
/// After so many tries in vain, more seldom: a driver that hangs holds a thread each time.
const PATIENT: u32 = 10;
const TRY_SELDOM: Duration = Duration::from_secs(5);

/// Opens the microphone of this recording again.
pub(super) type Reopen = Box<dyn FnMut() -> Opening + Send>;

pub(super) enum Source {
    Live(Live),
    Away(Away),
}

/// An open microphone.
pub(super) struct Live {
    pub capture: Capture,
    pub watch: SoundWatch,
    pub opened: Instant,
    /// Frames taken since then.
    pub taken: u64,
    /// When the last block came.
    pub heard: Instant,
    /// Sound was lost between that block and the next.
    pub overran: bool,
}

impl Live {
    pub(super) fn new(capture: Capture, heard: Instant) -> Self {
        let watch = SoundWatch::new(capture.rate);
        Self { capture, watch, opened: heard, taken: 0, heard, overran: false }
    }
}

/// A microphone that went away.
pub(super) struct Away {
    /// The alarm it raised.
    pub code: &'static str,
    /// Since when it is waited for.
    pub since: Instant,
    /// The gap in the recording, where one is open: its beginning, and the silence written for it.
    pub gap: Option<OpenGap>,
    opening: Option<Opening>,
    try_at: Instant,
    tries: u32,
}

/// A gap that lasts.
pub(super) struct OpenGap {
    pub gap: Gap,
    pub began: Instant,
}

impl Away {
    pub(super) fn new(code: &'static str, since: Instant) -> Self {
        Self { code, since, gap: None, opening: None, try_at: since, tries: 0 }
    }

    /// Tries to open it when the time has come, and waits a moment for the answer: the microphone and its first
    /// block.
    pub(super) fn poll(
        &mut self,
        reopen: &mut Reopen,
        now: Instant,
        wait: Duration,
    ) -> Option<(Capture, Block)> {
        if self.opening.is_none() {
            if now < self.try_at {
                std::thread::sleep(wait.min(self.try_at - now));
                return None;
            }
            self.tries += 1;
            self.opening = Some(reopen());
        }
        let opened = self.opening.as_ref()?.poll(wait)?;
        self.opening = None;
        match opened.and_then(first_block) {
            Ok(opened) => Some(opened),
            Err(e) => {
                self.failed(now, &e.to_string());
                None
            }
        }
    }

    /// It cannot be used yet.
    pub(super) fn failed(&mut self, now: Instant, why: &str) {
        log::debug!("audio.microphone_away try={} {why}", self.tries);
        self.try_at = now + if self.tries < PATIENT { TRY_EVERY } else { TRY_SELDOM };
    }
}

fn first_block(mut capture: Capture) -> Result<(Capture, Block), MicrophoneError> {
    match capture.next(Duration::ZERO) {
        Ok(Captured::Sound(block)) => Ok((capture, block)),
        _ => Err(MicrophoneError::Silent { id: capture.id, seconds: 0 }),
    }
}
