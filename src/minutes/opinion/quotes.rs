//! Where in a transcript a quote stands, and which figures and places are in it. Quotes are compared as they are
//! understood: either script, either case, without spaces and punctuation.

use crate::language::chinese::is_han;
use crate::language::{Gazetteer, PlaceKind, fold};
use crate::minutes::figures::figures;
use crate::minutes::line::{Line, What};
use crate::store::minutes::Evidence;
use crate::store::transcripts::{Segment, SegmentKind};

/// The least a quote must hold, a Chinese character counted double: 三間啦, "a garden". Less is found anywhere.
const LEAST: usize = 6;
/// The most segments that a quote may run over.
const MOST_SEGMENTS: usize = 6;

/// A transcript to find quotes in.
pub(super) struct Transcript {
    chars: Vec<char>,
    /// The segment of each character.
    of: Vec<usize>,
}

impl Transcript {
    /// Of the speech of a recording.
    pub fn new(segments: &[Segment]) -> Self {
        let (mut chars, mut of) = (Vec::new(), Vec::new());
        for (n, segment) in segments.iter().enumerate().filter(|(_, s)| s.kind == SegmentKind::Speech) {
            let before = chars.len();
            chars.extend(compared(&segment.text));
            of.extend(std::iter::repeat_n(n, chars.len() - before));
        }
        Self { chars, of }
    }

    /// The segments of a quote: where it stands in the line that is named, or else where it stands first.
    pub fn find(&self, quote: &str, line: Option<usize>) -> Option<Evidence> {
        let quote: Vec<char> = compared(quote).collect();
        let weight: usize = quote.iter().map(|c| if is_han(*c) { 2 } else { 1 }).sum();
        if weight < LEAST || quote.len() > self.chars.len() {
            return None;
        }
        let places =
            || self.chars.windows(quote.len()).enumerate().filter(|(_, w)| *w == quote).map(|(i, _)| i);
        let segments = |i: usize| &self.of[i..i + quote.len()];
        let named = places().find(|&i| line.is_some_and(|n| segments(i).contains(&n)));
        let found = segments(named.or_else(|| places().next())?);
        let evidence = found.iter().skip(1).fold(Evidence::of(*found.first()?), |e, n| e.and(*n));
        (evidence.segments().count() <= MOST_SEGMENTS).then_some(evidence)
    }
}

/// A text as quotes are compared.
fn compared(text: &str) -> impl Iterator<Item = char> {
    fold(text).chars.into_iter().filter(|c| c.is_alphanumeric())
}

/// Whether a place of this kind is named in a text.
pub(super) fn names(gazetteer: &Gazetteer, text: &str, kind: PlaceKind, name_en: &str) -> bool {
    let line = Line::read(gazetteer, 0, text);
    line.mentions.iter().any(|m| matches!(&m.what, What::Place(p) if p.kind == kind && p.name_en == name_en))
}

/// Every number that a text may have meant: 千三 is 1,300 and thirteen million.
pub(super) fn numbers(text: &str) -> Vec<i64> {
    let folded = fold(text);
    let whole = |v: f64| (v.is_finite() && v.abs() < 1e15).then_some(v.round() as i64);
    let mut out = Vec::new();
    for figure in figures(&folded, &vec![false; folded.chars.len()]) {
        out.extend([Some(figure.value), figure.upper].into_iter().flatten().filter_map(whole));
        for (low, high) in [figure.dollars(true), figure.dollars(false)].into_iter().flatten() {
            out.extend([Some(low), high].into_iter().flatten());
        }
    }
    // Dates and times are no figures there; their digits count one by one.
    let plain: String = folded.chars.iter().collect();
    out.extend(plain.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<i64>().ok()));
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether every figure of a text is one of `known`, in one of the ways to read it.
pub(super) fn all_known(text: &str, known: &[i64]) -> bool {
    let folded = fold(text);
    let read = |stretch: String| numbers(&stretch).iter().any(|n| known.contains(n));
    let spoken = figures(&folded, &vec![false; folded.chars.len()]);
    let digits: String = folded.chars.iter().collect();
    let mut digits = digits.split(|c: char| !(c.is_ascii_digit() || ",.".contains(c)));
    let covered = |run: &str| spoken.iter().any(|f| folded.slice(f.at.clone()).contains(run));
    spoken.iter().all(|f| read(folded.slice(f.at.clone())))
        && digits.all(|run| {
            let run = run.trim_matches([',', '.']);
            run.is_empty() || covered(run) || read(run.to_owned())
        })
}
