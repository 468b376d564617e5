//! What became of every second of a recording: speech, a stretch without speech, or one that failed, with the reason;
//! from the beginning, without a gap. Pure.

use super::leaning::{self, Leaning};
use super::protocol::Piece;
use super::wording::Wording;
use super::{gates, milliseconds};
use crate::language::Language;
use crate::store::transcripts::{Segment, SegmentKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Segments in the making; see the module.
pub(super) struct Account {
    wording: Arc<Wording>,
    segments: Vec<Segment>,
    at_ms: i64,
    /// Milliseconds of speech in each language.
    spoken: BTreeMap<&'static str, i64>,
    leaning: Leaning,
}

impl Account {
    /// Goes on after segments that are written already.
    pub(super) fn after(written: &[Segment], wording: Arc<Wording>) -> Self {
        let mut account = Self {
            wording,
            segments: Vec::new(),
            at_ms: 0,
            spoken: BTreeMap::new(),
            leaning: Leaning::default(),
        };
        for segment in written {
            account.count(segment.language.as_deref().and_then(Language::of_code), segment);
            account.at_ms = segment.end_ms;
        }
        account
    }

    /// Up to where every millisecond is accounted for.
    pub(super) fn at_ms(&self) -> i64 {
        self.at_ms
    }

    /// What the meeting leans towards.
    pub(super) fn leaning(&self) -> &Leaning {
        &self.leaning
    }

    /// The language most spoken.
    pub(super) fn language(&self) -> Option<String> {
        self.spoken.iter().max_by_key(|(_, ms)| **ms).map(|(language, _)| (*language).to_owned())
    }

    /// A stretch on which the worker failed, and why.
    pub(super) fn failed(&mut self, start: u64, end: u64, why: String) {
        self.silence_until(milliseconds(start));
        self.push(milliseconds(end), SegmentKind::Failed, None, why);
    }

    /// What was heard from sample `start` to sample `end`; what is doubtful is a stretch without speech.
    pub(super) fn heard(&mut self, start: u64, end: u64, language: Option<Language>, pieces: Vec<Piece>) {
        let (start, end) = (milliseconds(start), milliseconds(end));
        self.silence_until(start);
        // A piece ends where the next begins; the last one with the sound.
        let ends: Vec<i64> = pieces.iter().skip(1).map(|p| start + p.start_ms).chain([end]).collect();
        for (piece, ends) in pieces.into_iter().zip(ends) {
            let ends = ends.clamp(self.at_ms, end);
            if gates::doubt(&piece).is_some() {
                self.silence_until(ends);
                continue;
            }
            let language = language.map(|l| leaning::by_words(&piece.text, l));
            let (text, heard) = match language {
                Some(language) => {
                    let written = self.wording.write(&piece.text, language);
                    let heard = written.heard(&piece.text);
                    (written.text, heard)
                }
                None => (piece.text, None),
            };
            self.push(ends, SegmentKind::Speech, language, text);
            if let Some(segment) = self.segments.last_mut() {
                segment.heard = heard;
            }
        }
        self.silence_until(end);
    }

    /// Nobody spoke up to here.
    pub(super) fn silence_until(&mut self, end_ms: i64) {
        match self.segments.last_mut() {
            // One stretch, however many pieces of it were dropped.
            Some(last) if last.kind == SegmentKind::NoSpeech && end_ms > self.at_ms => {
                (last.end_ms, self.at_ms) = (end_ms, end_ms);
            }
            _ if end_ms > self.at_ms => self.push(end_ms, SegmentKind::NoSpeech, None, String::new()),
            _ => {}
        }
    }

    /// Gives out what cannot change any more. A stretch without speech at the end may still grow and stays.
    pub(super) fn take_settled(&mut self) -> Vec<Segment> {
        let growing = self.segments.pop_if(|s| s.kind == SegmentKind::NoSpeech);
        std::mem::replace(&mut self.segments, growing.into_iter().collect())
    }

    /// Gives out everything.
    pub(super) fn take_all(&mut self) -> Vec<Segment> {
        std::mem::take(&mut self.segments)
    }

    fn push(&mut self, end_ms: i64, kind: SegmentKind, language: Option<Language>, text: String) {
        let code = language.map(|l| l.code().to_owned());
        let segment = Segment { start_ms: self.at_ms, end_ms, kind, language: code, text, heard: None };
        self.count(language, &segment);
        self.segments.push(segment);
        self.at_ms = end_ms;
    }

    fn count(&mut self, language: Option<Language>, segment: &Segment) {
        if let Some(language) = language.filter(|_| segment.kind == SegmentKind::Speech) {
            let ms = segment.end_ms - segment.start_ms;
            *self.spoken.entry(language.code()).or_default() += ms;
            self.leaning.hear(language, ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(start_ms: i64, end_ms: i64, text: &str) -> Piece {
        Piece { start_ms, end_ms, text: text.into(), logprob: -0.2, no_speech: 0.1 }
    }

    fn times(segments: &[Segment]) -> Vec<(i64, i64, &str)> {
        segments.iter().map(|s| (s.start_ms, s.end_ms, s.text.as_str())).collect()
    }

    #[test]
    fn every_millisecond_is_accounted_for() {
        let mut account = Account::after(&[], Arc::default());
        let yue = Some(Language::Yue);
        let ms = |ms: u64| ms * 16;
        account.heard(ms(500), ms(4_500), yue, vec![piece(0, 1_900, "甲"), piece(2_000, 9_000, "乙")]);
        account.heard(ms(4_500), ms(5_000), yue, vec![]);
        assert_eq!(times(&account.take_settled()), [(0, 500, ""), (500, 2_500, "甲"), (2_500, 4_500, "乙")]);
        account.heard(ms(5_200), ms(5_400), yue, vec![]);
        account.failed(ms(6_000), ms(7_000), "it ended".into());
        account.silence_until(8_000);
        assert_eq!(times(&account.take_settled()), [(4_500, 6_000, ""), (6_000, 7_000, "it ended")]);
        assert_eq!(times(&account.take_all()), [(7_000, 8_000, "")]);
        assert_eq!(account.language().as_deref(), Some("yue"));
    }

    #[test]
    fn it_goes_on_where_it_was_interrupted() {
        let mut whole = Account::after(&[], Arc::default());
        whole.heard(0, 48_000, Some(Language::Yue), vec![piece(0, 3_000, "我想買樓")]);
        let mut resumed = Account::after(&whole.take_all(), Arc::default());
        resumed.heard(64_000, 80_000, Some(Language::En), vec![piece(0, 1_000, "Yes.")]);
        assert_eq!(times(&resumed.take_all()), [(3_000, 4_000, ""), (4_000, 5_000, "Yes.")]);
        assert_eq!(resumed.language().as_deref(), Some("yue"));
    }
}
