//! What is asked of the second opinion: the transcript, line by line with numbers, and what is noted already. The
//! instructions are `prompt.txt`'s.

use crate::language::Language;
use crate::store::minutes::Minutes;
use crate::store::transcripts::{Segment, SegmentKind};
use serde_json::{Value, json};

/// The most characters of a transcript that are sent: some four hours of talk, and what a model's context holds.
const LONGEST: usize = 120_000;
/// The most tokens that may come back: 20 points and two sentences are some 2,000.
const ANSWER: u32 = 4_000;

/// A request, and how much of the transcript is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The body of `POST /chat/completions`.
    pub body: Value,
    /// Lines that are sent.
    pub lines: usize,
    /// Lines of speech that there are.
    pub of: usize,
}

/// Asks a model about a meeting that began at `started_at` (RFC 3339, Hong Kong). What is too long is cut off at the
/// end.
pub fn question(model: &str, started_at: &str, segments: &[Segment], minutes: &Minutes) -> Question {
    let language = match Language::of_code(&minutes.language) {
        Some(Language::En) => "English",
        Some(Language::Cmn) => "Mandarin Chinese in Simplified characters",
        _ => "written Cantonese in Traditional characters",
    };
    let speech: Vec<(usize, &Segment)> =
        segments.iter().enumerate().filter(|(_, s)| s.kind == SegmentKind::Speech).collect();
    let (mut transcript, mut lines, mut left) = (String::new(), 0, LONGEST);
    for (n, segment) in &speech {
        let line = format!("[{n}] {}\n", super::one_line(&segment.text));
        match left.checked_sub(line.chars().count()) {
            Some(rest) => left = rest,
            None => break,
        }
        transcript += &line;
        lines += 1;
    }
    let noted: Vec<String> =
        minutes.points.iter().map(|p| format!("- {}\n", super::one_line(&p.text))).collect();
    let about = format!(
        "The meeting began at {started_at}.\n\nAlready noted:\n{}\nTranscript:\n{transcript}",
        noted.concat()
    );
    let body = json!({
        "model": model,
        "temperature": 0,
        "max_tokens": ANSWER,
        "stream": false,
        "messages": [
            {"role": "system", "content": include_str!("prompt.txt").replace("{language}", language)},
            {"role": "user", "content": about},
        ],
    });
    Question { body, lines, of: speech.len() }
}
