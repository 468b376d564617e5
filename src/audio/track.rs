//! The sound of a recording as one line of samples: stretches from microphones of any rate, and silence where there
//! was none, counted from the first sample to the last.
//!
//! A stretch runs from the opening of a microphone (or the end of a pause) to its loss (or the next pause); the
//! converter's tail is written when it ends, so that every stretch is exactly as long as its sound. What is pushed is
//! written by [`Track::flush`], so that a disk that was slow is asked to sync once for all that waits.

use super::level::Level;
use super::{RecordingWriter, SAMPLE_RATE, ToSpeechRate};
use std::io;

/// Samples of silence written at once.
const SILENCE_BLOCK: u64 = 16_000;

/// The line of samples and its writer.
pub(super) struct Track {
    writer: RecordingWriter,
    stretch: Option<Stretch>,
    /// Converted and not yet handed to the writer.
    ready: Vec<i16>,
    pub level: Level,
}

struct Stretch {
    converter: ToSpeechRate,
    rate: u32,
    start: u64,
}

impl Track {
    pub(super) fn new(writer: RecordingWriter) -> Self {
        Self { writer, stretch: None, ready: Vec::new(), level: Level::default() }
    }

    /// The position of the next sample that is pushed.
    pub(super) fn here(&self) -> u64 {
        match &self.stretch {
            Some(stretch) => stretch.start + stretch.converter.due(),
            None => self.writer.position() + self.ready.len() as u64,
        }
    }

    /// Samples that are on disk and synced.
    pub(super) fn durable(&self) -> u64 {
        self.writer.samples()
    }

    /// Writes that the disk refused and then took.
    pub(super) fn failures(&self) -> u64 {
        self.writer.failures()
    }

    /// Begins a stretch of sound at `rate`. A rate that cannot be converted is refused in a sentence.
    pub(super) fn begin(&mut self, rate: u32) -> Result<(), String> {
        let converter = ToSpeechRate::new(rate)?;
        self.stretch = Some(Stretch { converter, rate, start: self.here() });
        Ok(())
    }

    /// Adds sound to the stretch; outside one it is dropped.
    pub(super) fn push(&mut self, sound: &[f32]) -> io::Result<()> {
        let Some(stretch) = &mut self.stretch else { return Ok(()) };
        let from = self.ready.len();
        stretch.converter.push(sound, &mut self.ready).map_err(io::Error::other)?;
        self.level.add(&self.ready[from..]);
        Ok(())
    }

    /// Adds so many samples of silence, at the rate of the stretch, where sound of it was lost.
    pub(super) fn push_lost(&mut self, mut samples: u64) -> io::Result<()> {
        while samples > 0 {
            let block = samples.min(SILENCE_BLOCK);
            self.push(&vec![0.0; block as usize])?;
            samples -= block;
        }
        Ok(())
    }

    /// Ends the stretch: its tail is written.
    pub(super) fn end_stretch(&mut self) -> io::Result<()> {
        if let Some(stretch) = self.stretch.take() {
            stretch.converter.finish(&mut self.ready).map_err(io::Error::other)?;
        }
        self.flush()
    }

    /// Writes silence of so many samples (of the recording); between two stretches.
    pub(super) fn silence(&mut self, mut samples: u64) -> io::Result<()> {
        while samples > 0 {
            let block = samples.min(SILENCE_BLOCK);
            self.ready.extend(std::iter::repeat_n(0, block as usize));
            self.flush()?;
            samples -= block;
        }
        Ok(())
    }

    /// Hands the writer what is ready.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let ready = std::mem::take(&mut self.ready);
        self.writer.write(&ready)
    }

    /// The rate of the stretch under way.
    pub(super) fn rate(&self) -> Option<u32> {
        self.stretch.as_ref().map(|s| s.rate)
    }

    /// Writes the tail and marks the end. Gives back the samples on disk, and what the disk refused.
    pub(super) fn finish(mut self) -> (u64, Option<io::Error>) {
        if let Err(e) = self.end_stretch() {
            return (self.writer.abandon(), Some(e));
        }
        let before = self.writer.samples();
        match self.writer.finish() {
            Ok(samples) => (samples, None),
            Err(e) => (before, Some(e)),
        }
    }

    /// Gives up after the disk failed. Gives back the samples on disk.
    pub(super) fn abandon(self) -> u64 {
        self.writer.abandon()
    }
}

/// Samples of a recording in so much time, to the nearest.
pub(super) fn samples_in(time: std::time::Duration) -> u64 {
    (time.as_nanos() * u128::from(SAMPLE_RATE) + 500_000_000).div_euclid(1_000_000_000) as u64
}
