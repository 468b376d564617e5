//! The worker: the child process in which whisper.cpp runs. It may crash; nobody else does.
//!
//! It takes utterances on standard input and gives pieces of text on standard output (see `protocol`); its log goes
//! to standard error. It is nicer than the rest of the box, holds no text from one utterance to the next, and ends
//! when its input is closed. Only Cantonese, Mandarin and English are ever chosen; a model without a Cantonese token
//! is driven as Chinese.

use super::protocol::{Piece, Reply, receive, send};
use anyhow::Context;
use std::fmt::Display;
use std::io::Read;
use std::path::Path;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperSegment, WhisperState,
    get_lang_id,
};

/// Niceness added, so that a question at the kiosk never waits for a transcript.
const NICE: i32 = 10;
/// Vocabulary of large-v3 and its kin, the only one with a Cantonese token (whisper.cpp, whisper.h).
const VOCABULARY_WITH_CANTONESE: i32 = 51_866;
/// Hypotheses that the search keeps, as whisper.cpp's own command line does.
const BEAM: i32 = 5;

/// A language that we write, and whisper's word for it.
#[derive(Debug, Clone, Copy)]
struct Language {
    ours: &'static str,
    whispers: &'static str,
}
const CANTONESE: Language = Language { ours: "yue", whispers: "yue" };
const CHINESE: Language = Language { ours: "cmn", whispers: "zh" };
const ENGLISH: Language = Language { ours: "en", whispers: "en" };

/// Runs the worker until its input is closed.
pub fn run(model: &Path, threads: usize) -> anyhow::Result<()> {
    let _ = rustix::process::nice(NICE);
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut ears = match cpu_is_able().and_then(|()| Ears::open(model, threads)) {
        Ok(ears) => ears,
        Err(why) => return send(&mut output, &Reply::Refused { why }).context("cannot answer the box"),
    };
    let languages = ears.choices.iter().map(|(l, _)| l.ours.to_owned()).collect();
    send(&mut output, &Reply::Ready { languages }).context("cannot answer the box")?;
    while let Some((request, sound)) = receive(&mut input).context("cannot read the box's request")? {
        let reply = ears.hear(&sound, &request.weights).unwrap_or_else(|why| Reply::Failed { why });
        send(&mut output, &reply).context("cannot answer the box")?;
    }
    Ok(())
}

/// Whether this processor can transcribe: whisper.cpp is compiled for one fixed set of instructions
/// (.cargo/config.toml) and would die without them. The error is a sentence that names what is lacking.
pub fn cpu_is_able() -> Result<(), String> {
    #[cfg(target_arch = "x86_64")]
    {
        let has = [
            ("AVX2", is_x86_feature_detected!("avx2")),
            ("FMA", is_x86_feature_detected!("fma")),
            ("F16C", is_x86_feature_detected!("f16c")),
            ("BMI2", is_x86_feature_detected!("bmi2")),
        ];
        let lacks: Vec<&str> = has.iter().filter(|(_, has)| !has).map(|(name, _)| *name).collect();
        if !lacks.is_empty() {
            return Err(format!(
                "this machine's processor lacks {}, which speech recognition needs: use one made after 2013 (Intel Haswell, AMD Zen), or build Branchbox for this one",
                lacks.join(", ")
            ));
        }
    }
    Ok(())
}

/// Looks at the numbers at the head of a model file: whisper.cpp believes them, and a wrong one ends the process.
fn check_head(model: &Path) -> Result<(), String> {
    // vocabulary, audio context, state, heads, layers; text context, state, heads, layers; mels; type of weights
    const BOUNDS: [(i32, i32); 11] = [
        (1_000, 100_000),
        (1, 6_000),
        (1, 8_192),
        (1, 128),
        (1, 128),
        (1, 4_096),
        (1, 8_192),
        (1, 128),
        (1, 128),
        (80, 128),
        (0, 100_000),
    ];
    let mut head = [0; 4 + 4 * BOUNDS.len()];
    std::fs::File::open(model).and_then(|mut f| f.read_exact(&mut head)).map_err(|e| e.to_string())?;
    let numbers = head[4..].chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let plausible = numbers.zip(BOUNDS).all(|(n, (least, most))| (least..=most).contains(&n));
    if &head[..4] == b"lmgg" && plausible {
        Ok(())
    } else {
        Err("its head is not that of a whisper model".into())
    }
}

/// A loaded model and how it is asked.
struct Ears {
    state: WhisperState,
    threads: usize,
    /// Positions of the encoder for a whole window.
    widest: i32,
    /// Each language with its settings, built once: whisper-rs never frees what a setting points to.
    choices: Vec<(Language, FullParams<'static, 'static>)>,
}

impl Ears {
    fn open(model: &Path, threads: usize) -> Result<Self, String> {
        whisper_rs::install_logging_hooks();
        let cannot = |e: &dyn Display| {
            format!(
                "the speech model {} cannot be loaded ({e}): check it with branchbox model verify, or fetch it anew",
                model.display()
            )
        };
        let threads = threads.max(1);
        check_head(model).map_err(|e| cannot(&e))?;
        let context = WhisperContext::new_with_params(model, WhisperContextParameters::default())
            .map_err(|e| cannot(&e))?;
        let languages: &[Language] = if !context.is_multilingual() {
            &[ENGLISH]
        } else if context.model_n_vocab() >= VOCABULARY_WITH_CANTONESE {
            &[CANTONESE, CHINESE, ENGLISH]
        } else {
            &[CHINESE, ENGLISH]
        };
        let choices = languages.iter().map(|l| (*l, settings(*l, threads))).collect();
        let state = context.create_state().map_err(|e| cannot(&e))?;
        Ok(Self { state, threads, widest: context.n_audio_ctx(), choices })
    }

    fn hear(&mut self, sound: &[i16], weights: &[(String, f64)]) -> Result<Reply, String> {
        let sound: Vec<f32> = sound.iter().map(|s| f32::from(*s) / 32_768.0).collect();
        if sound.is_empty() {
            return Ok(Reply::Decoded { language: None, pieces: Vec::new() });
        }
        let choice = self.choose(&sound, weights)?;
        let (language, settings) = &self.choices[choice];
        let mut settings = settings.clone();
        settings.set_audio_ctx(audio_context(sound.len(), self.widest));
        self.state.full(settings, &sound).map_err(|e| format!("whisper failed: {e}"))?;
        let length = sound.len() as i64 * 1000 / 16_000;
        let mut pieces = Vec::new();
        for segment in self.state.as_iter() {
            let text = segment.to_str_lossy().map_err(|e| format!("whisper failed: {e}"))?;
            let text = text.trim();
            if !text.is_empty() {
                // whisper counts in hundredths of a second, and past the end of short sound
                let ms = |stamp: i64| (stamp * 10).clamp(0, length);
                pieces.push(Piece {
                    start_ms: ms(segment.start_timestamp()),
                    end_ms: ms(segment.end_timestamp()),
                    text: text.to_owned(),
                    logprob: logprob(&segment),
                    no_speech: segment.no_speech_probability(),
                });
            }
        }
        Ok(Reply::Decoded { language: Some(language.ours.to_owned()), pieces })
    }

    /// The likeliest of the languages, by the model's own scores.
    fn choose(&mut self, sound: &[f32], weights: &[(String, f64)]) -> Result<usize, String> {
        if self.choices.len() == 1 {
            return Ok(0);
        }
        let failed = |e| format!("the language could not be told: {e}");
        self.state.pcm_to_mel(sound, self.threads).map_err(failed)?;
        let (_, scores) = self.state.lang_detect(0, self.threads).map_err(failed)?;
        let score = |language: Language| {
            let own = get_lang_id(language.whispers).and_then(|id| scores.get(id as usize)).copied();
            let weight = weights.iter().find(|w| w.0 == language.ours).map_or(1.0, |w| w.1);
            f64::from(own.unwrap_or(0.0)) * weight
        };
        let best = (0..self.choices.len())
            .max_by(|a, b| score(self.choices[*a].0).total_cmp(&score(self.choices[*b].0)));
        Ok(best.unwrap_or(0))
    }
}

/// Positions of the encoder for so many samples: 50 a second, and some more, for the model was never trained on a window
/// that ends with the last word. Whole steps, so that the graph is not built anew for each utterance.
fn audio_context(samples: usize, widest: i32) -> i32 {
    const A_SECOND: usize = 50;
    const MORE: usize = 128;
    const STEP: usize = 64;
    let needed = (samples * A_SECOND).div_ceil(16_000) + MORE;
    ((needed.div_ceil(STEP) * STEP) as i32).min(widest)
}

/// The mean of the logarithms of the probabilities of a segment's tokens.
fn logprob(segment: &WhisperSegment) -> f32 {
    let tokens = (0..segment.n_tokens()).filter_map(|i| segment.get_token(i));
    let logs: Vec<f32> = tokens.map(|t| t.token_probability().max(1e-9).ln()).collect();
    logs.iter().sum::<f32>() / logs.len().max(1) as f32
}

fn settings(language: Language, threads: usize) -> FullParams<'static, 'static> {
    let mut settings = FullParams::new(SamplingStrategy::BeamSearch { beam_size: BEAM, patience: -1.0 });
    settings.set_n_threads(threads as i32);
    settings.set_language(Some(language.whispers));
    settings.set_translate(false);
    // Text carried over feeds loops of repetition.
    settings.set_no_context(true);
    settings.set_n_max_text_ctx(0);
    settings.set_no_timestamps(false);
    // Standard output belongs to the protocol.
    settings.set_print_special(false);
    settings.set_print_progress(false);
    settings.set_print_realtime(false);
    settings.set_print_timestamps(false);
    settings
}
