//! Where in a transcript a quote stands, and which figures and places are in it. Quotes are compared as they are
//! understood: either script, either case, without spaces and punctuation.

use crate::language::chinese::is_han;
use crate::language::{Folded, Gazetteer, PlaceKind, fold};
use crate::minutes::figures::{Figure, figures};
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
    let figures = figures(&folded, &vec![false; folded.chars.len()]);
    let mut out: Vec<i64> = figures.iter().flat_map(|f| [low(f), high(f)]).flatten().collect();
    // Dates and times are no figures there; their digits count one by one.
    out.extend(digits(&folded).into_iter().map(|(_, n)| n));
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether every figure of a text is one of `known`, in one of the ways to read it.
pub(super) fn all_known(text: &str, known: &[i64]) -> bool {
    let folded = fold(text);
    let figures = figures(&folded, &vec![false; folded.chars.len()]);
    let one_known = |ways: Vec<i64>| ways.is_empty() || ways.iter().any(|n| known.contains(n));
    let read = |at: usize| figures.iter().any(|f| f.at.contains(&at));
    figures.iter().all(|f| one_known(low(f)) && one_known(high(f)))
        && digits(&folded).into_iter().all(|(at, n)| read(at) || known.contains(&n))
}

/// The ways to read a figure: as it stands, and as an amount of money.
fn low(f: &Figure) -> Vec<i64> {
    let money = [f.dollars(true), f.dollars(false)].into_iter().flatten().map(|(low, _)| low);
    whole(f.value).into_iter().chain(money).collect()
}

/// The same of the upper end of a range; empty where there is none.
fn high(f: &Figure) -> Vec<i64> {
    let money = [f.dollars(true), f.dollars(false)].into_iter().flatten().filter_map(|(_, high)| high);
    f.upper.and_then(whole).into_iter().chain(money).collect()
}

fn whole(v: f64) -> Option<i64> {
    (v.is_finite() && v.abs() < 1e15).then_some(v.round() as i64)
}

/// The runs of digits of a text, with where each begins; a comma parts thousands.
fn digits(text: &Folded) -> Vec<(usize, i64)> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < text.chars.len() {
        let run = text.chars[at..].iter().take_while(|c| c.is_ascii_digit() || **c == ',').count();
        let number: String = text.chars[at..at + run].iter().filter(|c| **c != ',').collect();
        out.extend(number.parse().ok().map(|n| (at, n)));
        at += run.max(1);
    }
    out
}
