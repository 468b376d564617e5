//! The worker: the child process in which whisper.cpp runs. It may crash; nobody else does.
//!
//! It takes utterances on standard input and gives pieces of text on standard output (see `protocol`); its log goes
//! to standard error. It is nicer than the rest of the box, the first to go where memory runs out, holds no text from
//! one request to the next, and ends when its input is closed. Only Cantonese, Mandarin and English are ever chosen; a
//! model without a Cantonese token is driven as Chinese.

use super::gates::{self, Doubt};
use super::protocol::{Piece, Reply, Setup, receive, receive_setup, send};
use super::voice_model::VoiceModel;
use anyhow::Context;
use rustix::process::{Resource, Rlimit};
use std::fmt::Display;
use std::io::Read;
use std::path::Path;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperSegment, WhisperState,
    WhisperTokenId, get_lang_id,
};

/// Niceness added, so that a question at the kiosk never waits for a transcript.
const NICE: i32 = 10;
/// Vocabulary of large-v3 and its kin, the only one with a Cantonese token (whisper.cpp, whisper.h).
const VOCABULARY_WITH_CANTONESE: i32 = 51_866;
/// Hypotheses that the search keeps, as whisper.cpp's own command line does, where the decoder is small beside the encoder
/// (large-v3-turbo: 4 layers to 32) and they cost little. Elsewhere one, which costs a third less on tiny and was 1 % worse
/// on the test model's Chinese, 1 % better on its English.
const BEAM: i32 = 5;
const SMALL_DECODER: i32 = 4;
/// Tries that are compared where the first text is unlikely and the temperature goes up (whisper.cpp's own number).
const BEST_OF: i32 = 5;

/// Memory that the process may take: the weights, twice over while they are read, and what whisper.cpp works in (the
/// largest model takes some 1.2 GB beside its weights), with stacks and reserves that are never touched.
const TIMES_WEIGHTS: u64 = 2;
const WORKING_MEMORY: u64 = 4 << 30;
/// Most of the text window that names may take; whisper.cpp gives text before the sound half of it.
const NAMES_SHARE: i32 = 4;
/// Shorter sound is no speech, and whisper.cpp does not take it: 200 ms.
const SHORTEST: usize = 3_200;

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
pub fn run(model: &Path, voice_model: Option<&Path>, threads: usize) -> anyhow::Result<()> {
    stand_back(model);
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let Some(setup) = receive_setup(&mut input).context("cannot read the box's first message")? else {
        return Ok(());
    };
    let mut ears = match cpu_is_able().and_then(|()| Ears::open(model, voice_model, threads, &setup)) {
        Ok(ears) => ears,
        Err(why) => return send(&mut output, &Reply::Refused { why }).context("cannot answer the box"),
    };
    let languages = ears.choices.iter().map(|c| c.language.ours.to_owned()).collect();
    send(&mut output, &Reply::Ready { languages }).context("cannot answer the box")?;
    while let Some((request, sound)) = receive(&mut input).context("cannot read the box's request")? {
        let reply = ears.hear(&sound, &request.weights).unwrap_or_else(|why| Reply::Failed { why });
        send(&mut output, &reply).context("cannot answer the box")?;
    }
    Ok(())
}

/// Leaves processor and memory to the rest of the box. What the system does not grant costs fairness, not words.
fn stand_back(model: &Path) {
    let _ = rustix::process::nice(NICE);
    // Where memory runs out, the kernel ends this process and not the recorder (proc(5)).
    if let Err(e) = std::fs::write("/proc/self/oom_score_adj", "1000") {
        log::warn!("the speech worker cannot offer itself to the out-of-memory killer: {e}");
    }
    let weights = std::fs::metadata(model).map_or(0, |m| m.len());
    let most = Some(WORKING_MEMORY + weights.saturating_mul(TIMES_WEIGHTS));
    let limit = Rlimit { current: most, maximum: most };
    if let Err(e) = rustix::process::setrlimit(Resource::As, limit) {
        log::warn!("the speech worker's memory cannot be limited: {e}");
    }
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
    /// The token with which every text begins.
    start: WhisperTokenId,
    /// The languages that it is driven in.
    choices: Vec<Choice>,
    voice: Option<VoiceModel>,
}

struct Choice {
    language: Language,
    token: WhisperTokenId,
    /// Built once: whisper-rs never frees what a setting points to.
    settings: FullParams<'static, 'static>,
}

impl Ears {
    fn open(model: &Path, voice_model: Option<&Path>, threads: usize, setup: &Setup) -> Result<Self, String> {
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
        let choice = |language: &Language| Choice {
            language: *language,
            token: context.token_lang(get_lang_id(language.whispers).unwrap_or(0)),
            settings: settings(*language, threads, search(&context), &names(&context, *language, setup)),
        };
        let choices = languages.iter().map(choice).collect();
        let state = context.create_state().map_err(|e| cannot(&e))?;
        let voice = voice_model.map(VoiceModel::open).transpose()?;
        Ok(Self { state, threads, widest: context.n_audio_ctx(), start: context.token_sot(), choices, voice })
    }

    /// Decodes in the language that is likeliest beforehand, then asks the model which language it was; another one is
    /// decoded again. The encoder, which costs the most, runs once as long as the language stays.
    fn hear(&mut self, sound: &[i16], weights: &[(String, f64)]) -> Result<Reply, String> {
        let whole: Vec<f32> = sound.iter().map(|s| f32::from(*s) / 32_768.0).collect();
        let voiced = match &mut self.voice {
            Some(model) => model.voiced(&whole)?.unwrap_or(0..0),
            None => 0..whole.len(),
        };
        let sound = &whole[voiced.clone()];
        if sound.len() < SHORTEST {
            return Ok(Reply::Decoded { language: None, share: 1.0, pieces: Vec::new() });
        }
        let before: Vec<f64> = self.choices.iter().map(|c| self.weight(c.language, weights)).collect();
        let guess = likeliest(&before);
        let mut pieces = self.decode(guess, sound)?;
        let (mut choice, mut share) = (guess, 1.0);
        if self.choices.len() > 1 {
            let after: Vec<f64> = self.scores()?.iter().zip(&before).map(|(s, w)| s * w).collect();
            choice = likeliest(&after);
            share = after[choice] / after.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        }
        if choice != guess {
            pieces = self.decode(choice, sound)?;
        }
        let left_out = voiced.start as i64 * 1000 / 16_000;
        for piece in &mut pieces {
            piece.start_ms += left_out;
            piece.end_ms += left_out;
        }
        Ok(Reply::Decoded { language: Some(self.choices[choice].language.ours.to_owned()), share, pieces })
    }

    /// Decodes with the encoder cut to the sound. Models were not trained so; where the text then loops, or is more than
    /// can be said, it is decoded again as they were trained, in a whole window.
    fn decode(&mut self, choice: usize, sound: &[f32]) -> Result<Vec<Piece>, String> {
        let context = audio_context(sound.len(), self.widest);
        let pieces = self.decode_within(choice, sound, context)?;
        let doubtful = |p: &Piece| matches!(gates::doubt(p), Some(Doubt::Repetition | Doubt::TooFast));
        if context < self.widest && pieces.iter().any(doubtful) {
            return self.decode_within(choice, sound, self.widest);
        }
        Ok(pieces)
    }

    fn decode_within(&mut self, choice: usize, sound: &[f32], context: i32) -> Result<Vec<Piece>, String> {
        let mut settings = self.choices[choice].settings.clone();
        settings.set_audio_ctx(context);
        self.state.full(settings, sound).map_err(|e| format!("whisper failed: {e}"))?;
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
        Ok(pieces)
    }

    /// The weight of a language beforehand. A model without Cantonese hears it as Chinese.
    fn weight(&self, language: Language, weights: &[(String, f64)]) -> f64 {
        let of = |ours: &str| weights.iter().find(|w| w.0 == ours).map_or(1.0, |w| w.1);
        let no_cantonese = !self.choices.iter().any(|c| c.language.ours == CANTONESE.ours);
        match language.ours {
            "cmn" if no_cantonese => of("cmn").max(of(CANTONESE.ours)),
            ours => of(ours),
        }
    }

    /// How likely each of the choices is by the sound that was encoded last: the model's first step, which costs one token
    /// (Radford et al. 2022, section 2.3).
    fn scores(&mut self) -> Result<Vec<f64>, String> {
        let failed = |e| format!("the language could not be told: {e}");
        self.state.decode(&[self.start], 0, self.threads).map_err(failed)?;
        let logits = self.state.get_logits().map_err(failed)?;
        let of = |c: &Choice| logits.get(c.token as usize).map_or(f64::NEG_INFINITY, |l| f64::from(*l));
        let own: Vec<f64> = self.choices.iter().map(of).collect();
        let most = own.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let odds: Vec<f64> = own.iter().map(|l| (l - most).exp()).collect();
        let sum: f64 = odds.iter().sum();
        Ok(odds.into_iter().map(|o| o / sum).collect())
    }
}

/// The first of the greatest.
fn likeliest(scores: &[f64]) -> usize {
    (0..scores.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or(0)
}

/// The tokens of as many names as fit, the likeliest last: whisper heeds the end of the text most.
fn names(context: &WhisperContext, language: Language, setup: &Setup) -> Vec<WhisperTokenId> {
    let Some((_, names)) = setup.names.iter().find(|n| n.0 == language.ours) else { return Vec::new() };
    let room = (context.n_text_ctx() / NAMES_SHARE).max(0) as usize;
    let (comma, stop) = if language.ours == ENGLISH.ours { (", ", ".") } else { ("、", "。") };
    let mut tokens = Vec::new();
    for n in 1..=names.len() {
        let text: Vec<&str> = names[..n].iter().rev().map(String::as_str).collect();
        let text = format!("{}{stop}", text.join(comma));
        // As much room as there can be tokens: whisper-rs takes the refusal of a smaller one for a length.
        match context.tokenize(&text, text.len() + 1) {
            Ok(found) if found.len() < room => tokens = found,
            _ => break,
        }
    }
    tokens
}

/// Positions of the encoder for so many samples: 50 a second, and some more, for the model was never trained on a window
/// that ends with the last word. Whole steps, so that the graph is not built anew for each utterance.
fn audio_context(samples: usize, widest: i32) -> i32 {
    const A_SECOND: usize = 50;
    const MORE: usize = 128;
    const STEP: usize = 32;
    let needed = (samples * A_SECOND).div_ceil(16_000) + MORE;
    ((needed.div_ceil(STEP) * STEP) as i32).min(widest)
}

/// The mean of the logarithms of the probabilities of a segment's tokens.
fn logprob(segment: &WhisperSegment) -> f32 {
    let tokens = (0..segment.n_tokens()).filter_map(|i| segment.get_token(i));
    let logs: Vec<f32> = tokens.map(|t| t.token_probability().max(1e-9).ln()).collect();
    logs.iter().sum::<f32>() / logs.len().max(1) as f32
}

/// How texts are searched for.
fn search(context: &WhisperContext) -> SamplingStrategy {
    if context.model_n_audio_layer() >= SMALL_DECODER * context.model_n_text_layer() {
        SamplingStrategy::BeamSearch { beam_size: BEAM, patience: -1.0 }
    } else {
        SamplingStrategy::Greedy { best_of: BEST_OF }
    }
}

/// How the model is asked in a language, after a text of these tokens.
fn settings(
    language: Language,
    threads: usize,
    search: SamplingStrategy,
    before: &[WhisperTokenId],
) -> FullParams<'static, 'static> {
    let mut settings = FullParams::new(search);
    settings.set_n_threads(threads as i32);
    settings.set_language(Some(language.whispers));
    settings.set_translate(false);
    // Text carried over feeds loops of repetition: room for the names alone.
    settings.set_no_context(true);
    settings.set_n_max_text_ctx(if before.is_empty() { 0 } else { before.len() as i32 + 1 });
    if !before.is_empty() {
        settings.set_tokens(Box::leak(before.to_vec().into_boxed_slice())); // once a language and process
    }
    settings.set_no_timestamps(false);
    // Standard output belongs to the protocol.
    settings.set_print_special(false);
    settings.set_print_progress(false);
    settings.set_print_realtime(false);
    settings.set_print_timestamps(false);
    settings
}
