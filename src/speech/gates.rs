//! Whether what the model wrote was said: a recogniser that hears little writes sentences of its training data, or
//! repeats itself. What is dropped stays in the transcript as a stretch without speech, with its times. Pure.
//!
//! The first three thresholds are those of Whisper's own decoder (Radford et al. 2022, section 4.5, and
//! `whisper/transcribe.py`): mean log-probability, probability of no speech, compression ratio.

use super::protocol::Piece;
use crate::language::{chinese::is_han, fold_str};
use flate2::{Compression, write::ZlibEncoder};
use serde::Deserialize;
use std::io::Write;
use std::sync::OnceLock;

/// Mean log-probability of the tokens below which a text is unlikely.
const UNLIKELY: f32 = -1.0;
/// Probability of no speech from which, together with an unlikely text, nothing was said.
const NO_SPEECH: f32 = 0.6;
/// A text that shrinks by more repeats itself. Only for texts of some length: short ones do not compress.
const REPEATS: f64 = 2.4;
/// Bytes from which the ratio says something.
const COMPRESSIBLE: usize = 60;
/// Where the phantom sentences are looked for: speech that is a little doubtful.
const DOUBTFUL: (f32, f32) = (-0.6, 0.35);
/// Nobody speaks faster than this: Chinese characters, or Latin letters, a second.
const FASTEST: (f64, f64) = (14.0, 40.0);
/// So many times the same few characters in a row is a loop of the decoder.
const LOOP: usize = 5;

/// Why a piece was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The model itself doubts that anybody spoke.
    NoSpeech,
    /// It repeats itself.
    Repetition,
    /// More text than can be said in the time.
    TooFast,
    /// A sentence that models write in silence.
    Phantom,
}

#[derive(Deserialize)]
struct Phantoms {
    part: Vec<String>,
    whole: Vec<String>,
}

fn phantoms() -> &'static Phantoms {
    static PHANTOMS: OnceLock<Phantoms> = OnceLock::new();
    PHANTOMS.get_or_init(|| {
        let mut p: Phantoms =
            toml::from_str(include_str!("phantoms.toml")).expect("phantoms.toml is well formed");
        p.part.iter_mut().chain(&mut p.whole).for_each(|s| *s = bare(s));
        p
    })
}

/// The folded letters of a text, without spaces and marks.
fn bare(text: &str) -> String {
    fold_str(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Why a piece should not stand, if it should not.
pub fn doubt(piece: &Piece) -> Option<Doubt> {
    let text = bare(&piece.text);
    if text.is_empty() {
        return Some(Doubt::NoSpeech);
    }
    if piece.no_speech > NO_SPEECH && piece.logprob < UNLIKELY {
        return Some(Doubt::NoSpeech);
    }
    if loops(&text) || (text.len() >= COMPRESSIBLE && compression(&text) > REPEATS) {
        return Some(Doubt::Repetition);
    }
    let seconds = (piece.end_ms - piece.start_ms).max(200) as f64 / 1000.0;
    let han = text.chars().filter(|c| is_han(*c)).count() as f64;
    let latin = text.chars().count() as f64 - han;
    if han / FASTEST.0 + latin / FASTEST.1 > seconds + 1.0 {
        return Some(Doubt::TooFast);
    }
    let doubtful = piece.logprob < DOUBTFUL.0 || piece.no_speech > DOUBTFUL.1;
    let phantom = || {
        let p = phantoms();
        p.whole.contains(&text) || p.part.iter().any(|s| text.contains(s.as_str()))
    };
    (doubtful && phantom()).then_some(Doubt::Phantom)
}

/// How many times smaller a text becomes when it is compressed.
fn compression(text: &str) -> f64 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let compressed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    compressed.map_or(0.0, |c| text.len() as f64 / c.len().max(1) as f64)
}

/// Whether the same one to eight characters stand [`LOOP`] times in a row. Figures may (8888).
fn loops(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=8).any(|n| {
        chars.windows(n * LOOP).any(|w| {
            let unit = &w[..n];
            !unit.iter().all(char::is_ascii_digit) && w.chunks(n).all(|c| c == unit)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, ms: i64, logprob: f32, no_speech: f32) -> Piece {
        Piece { start_ms: 0, end_ms: ms, text: text.into(), logprob, no_speech }
    }

    #[test]
    fn what_was_said_stands() {
        for p in [
            piece("我想搵太古城嘅兩房單位", 3_000, -0.3, 0.05),
            piece("Thank you.", 900, -0.2, 0.05),
            piece("多謝", 700, -0.3, 0.1),
            piece("電話係50008888", 3_000, -0.4, 0.1),
            piece("係係係，冇問題", 2_000, -0.5, 0.2),
            piece("My budget is eight million.", 2_500, -0.7, 0.2),
        ] {
            assert_eq!(doubt(&p), None, "{}", p.text);
        }
    }

    #[test]
    fn what_the_model_made_up_does_not() {
        for (p, why) in [
            (piece("請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目", 4_000, -0.7, 0.5), Doubt::Phantom),
            (piece("字幕由Amara.org社區提供", 3_000, -0.3, 0.6), Doubt::Phantom),
            (piece("Thanks for watching!", 2_000, -0.8, 0.3), Doubt::Phantom),
            (piece("Thank you.", 2_000, -0.5, 0.7), Doubt::Phantom),
            (piece("兩房兩房兩房兩房兩房兩房", 3_000, -0.2, 0.1), Doubt::Repetition),
            (piece("ha ha ha ha ha ha", 3_000, -0.2, 0.1), Doubt::Repetition),
            (piece("太古城三房向海單位叫價一千二百萬可以約星期六睇樓", 400, -0.2, 0.1), Doubt::TooFast),
            (piece("我想買樓", 2_000, -1.4, 0.8), Doubt::NoSpeech),
            (piece(" … ", 2_000, -0.1, 0.1), Doubt::NoSpeech),
        ] {
            assert_eq!(doubt(&p), Some(why), "{}", p.text);
        }
    }
}
