//! A second opinion on whether somebody speaks: Silero's model, through whisper.cpp, where its file is installed.
//!
//! earshot (see `voice`) cuts the sound into utterances, everywhere and at once; Silero, which is better at telling a
//! voice from a door, a keyboard or music, looks at what is to be decoded. Where it hears nobody nothing is decoded, and
//! what stands before the first voice and after the last is left out. It runs in the worker, because whisper.cpp may
//! end its process.

use std::ops::Range;
use std::path::Path;
use whisper_rs::{WhisperVadContext, WhisperVadContextParams, WhisperVadParams};

/// Samples of a hundredth of a second, Silero's unit of time here.
const CENTISECOND: f32 = 160.0;
/// Kept before the first voice and after the last: 240 ms, for soft beginnings and ends.
const MARGIN: usize = 3_840;
/// Shortest voice in milliseconds; whisper.cpp's 250 would drop a "係".
const SHORTEST_MS: i32 = 120;

/// The loaded model.
pub(super) struct VoiceModel {
    context: WhisperVadContext,
}

impl VoiceModel {
    /// Loads it; the error is a sentence.
    pub(super) fn open(model: &Path) -> Result<Self, String> {
        let cannot = |why: &str| {
            format!(
                "the voice activity model {} cannot be loaded ({why}): check it with branchbox model verify, or remove it",
                model.display()
            )
        };
        let path = model.to_str().ok_or_else(|| cannot("its name is not UTF-8"))?;
        let mut params = WhisperVadContextParams::default();
        // It is quick; the default of four threads stalls on a busy machine with two.
        params.set_n_threads(1);
        let context = WhisperVadContext::new(path, params).map_err(|e| cannot(&e.to_string()))?;
        Ok(Self { context })
    }

    /// The part of the sound in which somebody speaks.
    pub(super) fn voiced(&mut self, sound: &[f32]) -> Result<Option<Range<usize>>, String> {
        let mut params = WhisperVadParams::default();
        params.set_min_speech_duration(SHORTEST_MS);
        let segments = self.context.segments_from_samples(params, sound);
        let segments: Vec<_> = segments.map_err(|e| format!("voice activity failed: {e}"))?.collect();
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else { return Ok(None) };
        let sample = |centiseconds: f32| (centiseconds.max(0.0) * CENTISECOND) as usize;
        let end = (sample(last.end) + MARGIN).min(sound.len());
        Ok(Some(sample(first.start).saturating_sub(MARGIN).min(end)..end))
    }
}
