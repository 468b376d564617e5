//! Whisper as it comes, for comparison: windows of 30 s over all of the sound, with the settings that whisper-rs gives
//! by itself: greedy search, best of 5 where it falls back. The measurement (`branchbox bench speech`) uses it; nothing
//! else does. Because whisper.cpp's own program and the examples of whisper-rs search with 5 beams, that can be had too.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};

/// What plain Whisper made of a sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plain {
    pub segments: usize,
    /// Tokens of the text that stands, without stamps and other signs.
    pub tokens: usize,
    pub text: String,
}

/// Decodes 16 kHz samples as spoken in `language` (whisper's word for it).
pub fn decode_plainly(
    model: &Path,
    threads: usize,
    language: &str,
    beams: bool,
    sound: &[i16],
) -> anyhow::Result<Plain> {
    whisper_rs::install_logging_hooks();
    let context = WhisperContext::new_with_params(model, WhisperContextParameters::default())
        .with_context(|| format!("cannot load {}", model.display()))?;
    let mut state = context.create_state().context("cannot prepare the model")?;
    let search = if beams {
        SamplingStrategy::BeamSearch { beam_size: 5, patience: -1.0 }
    } else {
        SamplingStrategy::Greedy { best_of: 5 }
    };
    let mut settings = FullParams::new(search);
    settings.set_n_threads(i32::try_from(threads).unwrap_or(1));
    settings.set_language(Some(language));
    // Standard output is for the result.
    settings.set_print_progress(false);
    settings.set_print_realtime(false);
    settings.set_print_timestamps(false);
    let sound: Vec<f32> = sound.iter().map(|s| f32::from(*s) / 32_768.0).collect();
    state.full(settings, &sound).context("whisper failed")?;
    let mut plain = Plain { segments: 0, tokens: 0, text: String::new() };
    for segment in state.as_iter() {
        plain.segments += 1;
        let tokens = (0..segment.n_tokens()).filter_map(|n| segment.get_token(n));
        plain.tokens += tokens.filter(|t| t.token_id() < context.token_eot()).count();
        plain.text += &segment.to_str_lossy().context("a segment cannot be read")?;
    }
    Ok(plain)
}
