//! A segment read once: its clauses, what is mentioned in them (places, features, figures), whether it asks.
//!
//! A mention says nothing about who wants it; that is for `wishes`.

use super::cues::{Family, Hit, wishes};
use super::figures::{Figure, figures};
use crate::language::{Folded, Gazetteer, Place, PlaceKind, chinese, fold, lexicon};
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// What is mentioned.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Place(Place),
    /// A slot of CONTRACT.md's preferences with a value in words: view sea, floor_band 高層, facility gym.
    Word(&'static str, String),
    /// A slot that is either wanted or not: balcony, pets.
    Flag(&'static str),
    Figure(Figure),
}

/// Something mentioned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mention {
    /// In folded characters.
    pub at: Range<usize>,
    pub what: What,
}

/// A segment.
pub(super) struct Line {
    /// Its number in the transcript.
    pub n: usize,
    pub text: Folded,
    /// The segment as it was written.
    pub original: String,
    pub clauses: Vec<Range<usize>>,
    pub mentions: Vec<Mention>,
    /// Whether it ends in a question.
    pub asks: bool,
    /// Which clauses ask.
    asking: Vec<bool>,
    /// The phrases of the families that were looked for already, by the family's place in memory.
    found: RefCell<Vec<(usize, Rc<[Hit]>)>>,
}

impl Line {
    /// Reads a segment.
    pub fn read(gazetteer: &Gazetteer, n: usize, original: &str) -> Self {
        let text = fluent(&fold(original));
        let mentions = mentions(gazetteer, &text);
        let clauses = clauses(&text);
        let original = original.to_owned();
        let (asking, found) = (Vec::new(), RefCell::default());
        let mut line = Self { n, text, original, clauses, mentions, asks: false, asking, found };
        line.asking = line.clauses.iter().map(|c| line.asks_in(c)).collect();
        line.asks = line.last_clause_asks();
        line
    }

    /// The phrases of a family anywhere in it, looked for once.
    fn whole(&self, family: &'static Family) -> Rc<[Hit]> {
        let key = std::ptr::from_ref(family) as usize;
        if let Some((_, hits)) = self.found.borrow().iter().find(|(k, _)| *k == key) {
            return hits.clone();
        }
        let hits: Rc<[Hit]> = family.find(&self.text.chars, &self.all()).into();
        self.found.borrow_mut().push((key, hits.clone()));
        hits
    }

    /// The phrases of a family in a stretch.
    pub fn find(&self, family: &'static Family, within: &Range<usize>) -> Vec<Hit> {
        self.whole(family).iter().filter(|h| lies(h, within)).cloned().collect()
    }

    /// Whether a phrase of this sense is anywhere in it.
    pub fn has(&self, family: &'static Family, sense: &str) -> bool {
        self.whole(family).iter().any(|h| h.sense == sense)
    }

    /// Whether any phrase of a family is anywhere in it.
    pub fn any(&self, family: &'static Family) -> bool {
        !self.whole(family).is_empty()
    }

    /// Whether any phrase of a family is in a stretch.
    pub fn any_in(&self, family: &'static Family, within: &Range<usize>) -> bool {
        self.whole(family).iter().any(|h| lies(h, within))
    }

    /// Whether a phrase of this sense is in a stretch.
    pub fn has_in(&self, family: &'static Family, sense: &str, within: &Range<usize>) -> bool {
        self.whole(family).iter().any(|h| h.sense == sense && lies(h, within))
    }

    /// Whether it begins as an answer of this sense does: yes, no, weak.
    pub fn begins(&self, sense: &str) -> bool {
        self.whole(&wishes().answer).first().is_some_and(|h| h.at.start <= 1 && h.sense == sense)
    }

    /// The whole of it.
    pub fn all(&self) -> Range<usize> {
        0..self.text.chars.len()
    }

    /// The clause that holds a place.
    pub fn clause_of(&self, at: usize) -> Range<usize> {
        self.clauses.iter().find(|c| c.contains(&at)).cloned().unwrap_or_else(|| self.all())
    }

    /// The words of a stretch as they were written.
    pub fn quote(&self, at: Range<usize>) -> &str {
        self.original[self.text.original(at)].trim()
    }

    /// Whether one of its clauses asks.
    pub fn clause_asks(&self, clause: &Range<usize>) -> bool {
        let known = self.clauses.iter().position(|c| c == clause).and_then(|i| self.asking.get(i));
        known.copied().unwrap_or_else(|| self.asks_in(clause))
    }

    fn asks_in(&self, clause: &Range<usize>) -> bool {
        let hits = self.find(&wishes().question, clause);
        let end = self.end_of(clause);
        let at_end = |h: &Hit| h.sense == "last" && h.at.end == end && self.text.at(h.at.start).is_ascii();
        hits.iter().any(|h| h.sense == "any" && !self.starts_late_particle(h, end) || at_end(h))
    }

    /// 呢 and 咩 ask at the end of a clause only.
    fn starts_late_particle(&self, hit: &Hit, end: usize) -> bool {
        hit.at.len() == 1 && matches!(self.text.at(hit.at.start), '呢' | '咩' | '吗') && hit.at.end != end
    }

    fn end_of(&self, clause: &Range<usize>) -> usize {
        let mut end = clause.end;
        while end > clause.start && is_break(self.text.at(end - 1)) {
            end -= 1;
        }
        end
    }

    fn last_clause_asks(&self) -> bool {
        let spoken = self.clauses.iter().filter(|c| c.len() > 1);
        spoken.clone().next_back().is_some_and(|c| self.clause_asks(c))
            || self.text.chars.last().is_some_and(|c| *c == '?')
    }

    /// How many characters it has, an English word counting as two.
    pub fn length(&self) -> usize {
        let han = self.text.chars.iter().filter(|&&c| chinese::is_han(c)).count();
        let words = self.text.chars.split(|c| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).count();
        han + 2 * words
    }
}

/// The text as it would be read out: without fillers, and without words said twice on end.
fn fluent(text: &Folded) -> Folded {
    let all = 0..text.chars.len();
    let mut gone: Vec<Range<usize>> = Vec::new();
    for hit in super::talk::talk_cues().filler.find(&text.chars, &all) {
        let gap = text.at(hit.at.end) == ' ';
        gone.push(hit.at.start..hit.at.end + usize::from(gap));
    }
    let words: Vec<Range<usize>> = latin_words(text);
    for pair in words.windows(2) {
        let next = pair[1].start == pair[0].end + 1 && text.at(pair[0].end) == ' ';
        if next && pair[0].len() > 1 && text.chars[pair[0].clone()] == text.chars[pair[1].clone()] {
            gone.push(pair[0].start..pair[1].start);
        }
    }
    if gone.is_empty() { text.clone() } else { text.without(&gone) }
}

fn latin_words(text: &Folded) -> Vec<Range<usize>> {
    let (mut out, mut from) = (Vec::new(), None);
    for i in 0..=text.chars.len() {
        let letter = text.at(i).is_ascii_alphabetic();
        match (letter, from) {
            (true, None) => from = Some(i),
            (false, Some(start)) => {
                out.push(start..i);
                from = None;
            }
            _ => {}
        }
    }
    out
}

/// Whether a phrase lies in a stretch.
fn lies(hit: &Hit, within: &Range<usize>) -> bool {
    hit.at.start >= within.start && hit.at.end <= within.end
}

fn is_break(c: char) -> bool {
    matches!(c, ' ' | ',' | '.' | '。' | '!' | '?' | ';' | ':' | '、' | '…')
}

/// Clauses end at punctuation, at a gap between Chinese characters, and before a joining word.
fn clauses(text: &Folded) -> Vec<Range<usize>> {
    let n = text.chars.len();
    let mut cuts = vec![0];
    for at in 0..n {
        let (before, after) = (text.at(at.wrapping_sub(1)), text.at(at + 1));
        let decimal = before.is_ascii_digit() && after.is_ascii_digit();
        let gap = text.at(at) == ' ' && (chinese::is_han(before) && chinese::is_han(after));
        let stop = matches!(text.at(at), ',' | '。' | '!' | '?' | ';' | '.') && !decimal;
        if gap || stop {
            cuts.push(at + 1);
        }
    }
    cuts.extend(wishes().joint.find(&text.chars, &(0..n)).into_iter().map(|h| h.at.start));
    cuts.push(n);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|w| w[0]..w[1]).collect()
}

fn mentions(gazetteer: &Gazetteer, text: &Folded) -> Vec<Mention> {
    let n = text.chars.len();
    let mut masked = vec![false; n];
    let mut out = Vec::new();
    let mut take = |at: Range<usize>, what: What, masked: &mut Vec<bool>| {
        if !masked[at.clone()].iter().any(|&m| m) {
            masked[at.clone()].fill(true);
            out.push(Mention { at, what });
        }
    };
    for place in gazetteer.find_in(text).into_iter().filter(|p| p.sure) {
        let chosen = choose(text, &place.at, &place.place, &place.also);
        take(place.at, What::Place(chosen), &mut masked);
    }
    for hit in wishes().facility.find(&text.chars, &(0..n)) {
        take(hit.at, What::Word("facility", hit.sense.to_owned()), &mut masked);
    }
    for hit in wishes().feature.find(&text.chars, &(0..n)) {
        let what = match hit.sense {
            "vacant" => What::Word("tenancy", "vacant".into()),
            "tenanted" => What::Word("tenancy", "tenanted".into()),
            slot => What::Flag(slot),
        };
        take(hit.at, what, &mut masked);
    }
    let mut at = 0;
    while at < n {
        let Some(found) = lexicon().longest(text, at) else {
            at += 1;
            continue;
        };
        let what = found.concepts().find_map(feature);
        if let Some(what) = what {
            take(at..found.end, what, &mut masked);
        }
        at = found.end;
    }
    for figure in figures(text, &masked) {
        out.push(Mention { at: figure.at.clone(), what: What::Figure(figure) });
    }
    out.sort_by_key(|m| m.at.start);
    out
}

/// A concept of the lexicon of questions as a preference.
fn feature(concept: &str) -> Option<What> {
    let (name, value) = concept.strip_prefix("is:")?.split_once('=')?;
    Some(match (name, value) {
        ("view_en", v) => What::Word("view", v.into()),
        ("orientation", v) => What::Word("orientation", v.into()),
        ("orientation_en", v) if !v.contains('-') => What::Word("orientation", v.to_lowercase()),
        ("floor_band", v) => What::Word("floor_band", v.into()),
        ("bedrooms", "0") => What::Word("bedrooms", "0".into()),
        ("tenancy", v) => What::Word("tenancy", v.into()),
        ("balcony", _) => What::Flag("balcony"),
        ("helper_room", _) => What::Flag("helper_room"),
        ("pets_allowed", _) => What::Flag("pets"),
        ("parking", _) => What::Flag("parking"),
        _ => return None,
    })
}

/// Which reading of a name is meant: a station where stations or nearness are spoken of, the district where an
/// estate (愉景灣) or a station (啟德) has its name.
fn choose(text: &Folded, at: &Range<usize>, first: &Place, also: &[Place]) -> Place {
    let near = at.start.saturating_sub(32)..(at.end + 12).min(text.chars.len());
    let hits = wishes().walk.find(&text.chars, &near);
    let after_station = hits.iter().any(|h| {
        let word = text.slice(h.at.clone());
        let adjoining = h.at.start >= at.end && h.at.start - at.end <= 1;
        let ahead = h.at.end <= at.start && word.contains("station");
        (adjoining && matches!(word.as_str(), "站" | "地铁" | "港铁" | "mtr" | "station")) || ahead
    });
    let of = |kind: PlaceKind| std::iter::once(first).chain(also).find(|p| p.kind == kind);
    let chosen = if after_station { of(PlaceKind::Mtr) } else { None };
    let district = of(PlaceKind::District).filter(|d| d.name_en.eq_ignore_ascii_case(&first.name_en));
    let broad = matches!(first.kind, PlaceKind::Estate | PlaceKind::Mtr);
    chosen.or(district.filter(|_| broad)).unwrap_or(first).clone()
}
