//! The gazetteer: every place that the listing base names (regions, districts, estates, named blocks, stations), in
//! both languages with the ways they are shortened, beside the places of Hong Kong that the base does not have.
//!
//! A place is found by its exact name, by a shortened name, by spelling (Latin script), or by sound. Sound and
//! spelling never outdo an exact name, and a stretch that is itself a known place is never bent into another. A
//! match says whether it is sure; what is not sure is for the reader to be asked about.

/// The names that a branch adds.
mod aliases;

use super::names::{self, hong_kong};
use super::quick::QuickMap;
use super::trie::Trie;
use super::{Folded, fold, fold_str, lexicon};
use crate::listings::Listing;
use serde::Serialize;
use slips::{Slip, Slips};
use std::ops::Range;

/// How a gazetteer is built.
mod build;
/// Chinese names, compared.
mod chinese;
/// How far words are apart.
mod distance;
/// Where phrases begin and end.
mod edges;
/// Latin names, compared.
mod latin;
/// Names that are a slip away.
mod slips;

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceKind {
    /// An estate or a single building.
    Estate,
    /// A district.
    District,
    /// Hong Kong Island, Kowloon or the New Territories.
    Region,
    /// A railway station.
    Mtr,
    /// A block with a name of its own.
    Block,
}

impl PlaceKind {
    /// The column of a listing that names it, without its language.
    pub fn column(self) -> &'static str {
        match self {
            Self::Estate => "estate",
            Self::District => "district",
            Self::Region => "region",
            Self::Mtr => "mtr",
            Self::Block => "block",
        }
    }
}

/// How a name was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// By its full name.
    Exact,
    /// By a shortened or a second name.
    Alias,
    /// By its spelling, which is a slip away.
    Spelling,
    /// By its sound.
    Sound,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// What it is.
    pub kind: PlaceKind,
    /// Chinese name, as the base writes it.
    pub name_zh: String,
    /// English name, as the base writes it.
    pub name_en: String,
    /// Whether the listing base has anything there.
    pub in_base: bool,
    /// For a block, the English names of the estates that have one of this name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub estates: Vec<String>,
}

/// A place found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceMatch {
    /// The bytes of the text as given.
    pub span: Range<usize>,
    /// The same in folded characters.
    pub at: Range<usize>,
    /// The likeliest reading.
    pub place: Place,
    /// Other readings of the same name.
    pub also: Vec<Place>,
    /// How it was recognised.
    pub how: How,
    /// Whether it is surely this place. Where it is not, `place` and `also` are those that may be meant, all of
    /// them in the base, the likeliest first.
    pub sure: bool,
}

/// Places that one name may mean, by their number; whether it is a short name of theirs.
type Readings = Vec<(u32, bool)>;

/// The most places that are asked back about.
const CANDIDATES: usize = 3;
/// A rival this much farther off still makes a slip unsure.
const MARGIN: f32 = 0.35;
/// What each character that a rival leaves unexplained adds to its distance.
const LEFT_OUT: f32 = 0.5;

/// Folded characters that name a place, what they may mean, and how they were recognised.
#[derive(Debug)]
struct Span {
    at: Range<usize>,
    readings: Readings,
    how: How,
    sure: bool,
}

/// All places, ready to be found.
pub struct Gazetteer {
    places: Vec<Place>,
    /// The folded names of each, in Chinese and in English, by number; none where there is no name.
    called: Vec<[Option<u32>; 2]>,
    names: Trie<(u32, bool)>,
    /// Latin names without their spaces.
    joined: QuickMap<String, Readings>,
    /// Chinese names in jyutping and in pinyin.
    sounded: QuickMap<String, Readings>,
    slips: Slips,
}

impl Gazetteer {
    /// Builds the gazetteer of a listing base.
    pub fn new<'a>(listings: impl IntoIterator<Item = &'a Listing>) -> Self {
        let mut builder = build::Builder::default();
        for l in listings {
            builder.listing(l);
        }
        builder.finish()
    }

    /// All places in a text, left to right, none overlapping another.
    pub fn find(&self, text: &str) -> Vec<PlaceMatch> {
        self.find_in(&fold(text))
    }

    /// Every place, whether or not the base has anything there.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The places that a folded text names outright, in full or in short: nothing that is only a slip away.
    pub fn named_in(&self, text: &Folded) -> Vec<PlaceMatch> {
        self.exact_spans(text).into_iter().filter_map(|span| self.read(text, span)).collect()
    }

    /// All places in a folded text.
    pub fn find_in(&self, text: &Folded) -> Vec<PlaceMatch> {
        let mut found = self.exact_spans(text);
        let known =
            |range: &Range<usize>| found.iter().any(|f| f.at.start <= range.start && f.at.end >= range.end);
        let slips = self.slips.find(text, known);
        if !slips.is_empty() {
            self.add_slips(text, slips, &mut found);
        }
        found.sort_by_key(|f| f.at.start);
        found.into_iter().filter_map(|span| self.read(text, span)).collect()
    }

    /// The Chinese name of a place by its kind and English name.
    pub fn name_zh(&self, kind: PlaceKind, name_en: &str) -> Option<&str> {
        let place = self.places.iter().find(|p| p.kind == kind && p.name_en == name_en)?;
        Some(&place.name_zh)
    }

    /// The name of a block that has one, by its folded English name.
    pub fn block_name(&self, folded_en: &str, english: bool) -> Option<String> {
        let ids = self.names.get(folded_en);
        let place = ids.iter().map(|i| &self.places[i.0 as usize]).find(|p| p.kind == PlaceKind::Block)?;
        Some(if english || place.name_zh.is_empty() { place.name_en.clone() } else { place.name_zh.clone() })
    }

    /// Whether a folded Chinese word ends in two characters that only estates and buildings have (豪庭, 花園).
    pub fn surely_a_name(folded: &str) -> bool {
        names::ends_surely(folded)
    }

    /// Whether the ending of a folded Chinese word is one that estates and buildings have.
    pub fn looks_like_a_name(folded: &str) -> bool {
        names::ends_like_a_name(folded)
    }

    /// Whether two places have a name in common.
    fn same_name(&self, a: u32, b: u32) -> bool {
        let (a, b) = (&self.called[a as usize], &self.called[b as usize]);
        a.iter().zip(b).any(|(a, b)| a.is_some() && a == b)
    }

    /// The longest names, left to right.
    fn exact_spans(&self, text: &Folded) -> Vec<Span> {
        let mut found: Vec<Span> = Vec::new();
        let mut at = 0;
        while at < text.chars.len() {
            match self.exact(text, at) {
                Some(span) => {
                    at = span.at.end;
                    found.push(span);
                }
                None => at += 1,
            }
        }
        found
    }

    /// The longest name at a place: as it is listed, without its spaces, or read aloud in Latin letters.
    fn exact(&self, text: &Folded, at: usize) -> Option<Span> {
        let how = |ids: &[(u32, bool)]| if ids.iter().any(|r| !r.1) { How::Exact } else { How::Alias };
        let mut best = self.names.longest(&text.chars, at).map(|(end, ids)| (end, ids, how(ids)));
        for (end, name) in words_from(text, at, 6) {
            if best.as_ref().is_some_and(|b| end <= b.0) {
                continue;
            }
            if let Some(ids) = self.joined.get(&name) {
                best = Some((end, ids, how(ids)));
            } else if let Some(ids) = self.sounded.get(&name).filter(|_| name.len() >= 6) {
                best = Some((end, ids, How::Sound));
            }
        }
        let (end, ids, how) = best?;
        let readings = self.meant(ids);
        if how == How::Alias && self.outgrown(text, end, &readings) {
            return None;
        }
        // A reading aloud that two places share says nothing of either.
        let places = || readings.iter().map(|r| r.0);
        let shared = how == How::Sound && places().any(|p| places().any(|q| !self.same_name(p, q)));
        Some(Span { at: at..end, sure: !shared && !self.ambiguous(&readings), readings, how })
    }

    /// A place called so goes before those of its kind that are only shortened so.
    fn meant(&self, ids: &[(u32, bool)]) -> Readings {
        let kind = |id: u32| self.places[id as usize].kind;
        let called = |k: PlaceKind| ids.iter().any(|r| !r.1 && kind(r.0) == k);
        ids.iter().filter(|r| !r.1 || !called(kind(r.0))).copied().collect()
    }

    /// Whether a name stands for two places of the base that are of one kind.
    fn ambiguous(&self, readings: &[(u32, bool)]) -> bool {
        let place = |id: u32| &self.places[id as usize];
        let mut here = readings.iter().map(|r| r.0).filter(|&id| place(id).in_base);
        here.next().is_some_and(|first| {
            place(first).kind == PlaceKind::Estate
                && here.any(|p| place(p).kind == PlaceKind::Estate && !self.same_name(p, first))
        })
    }

    /// Whether what follows a short name makes a longer one of it, of something else: 富豪軒 is not 富豪花園.
    fn outgrown(&self, text: &Folded, end: usize, readings: &[(u32, bool)]) -> bool {
        if !readings.iter().all(|r| self.places[r.0 as usize].kind == PlaceKind::Estate) {
            return false;
        }
        let next = text.at(end);
        if next == ' ' && text.at(end + 1).is_ascii_alphabetic() && text.at(end - 1).is_ascii_alphabetic() {
            let word: String =
                text.chars[end + 1..].iter().take_while(|c| c.is_ascii_alphanumeric()).collect();
            return hong_kong().is_building(&word);
        }
        let ending =
            hong_kong().builds_zh.iter().find(|e| e.chars().enumerate().all(|(i, c)| text.at(end + i) == c));
        let Some(ending) = ending.map(|e| e.chars().count()) else { return false };
        lexicon().longest(text, end).is_none_or(|f| f.end < end + 2.max(ending))
    }

    /// Chooses among the readings of one name: what follows it (站, 區), then places of the base before others, then
    /// full names before short ones.
    fn read(&self, text: &Folded, span: Span) -> Option<PlaceMatch> {
        let Span { at, readings, how, sure } = span;
        let mut next = at.end;
        while text.at(next) == ' ' {
            next += 1;
        }
        let station =
            lexicon().longest(text, next).is_some_and(|f| f.concepts().any(|c| c == "word:station"));
        let district = text.at(next) == '区' || text.at(at.end - 1) == '区';
        let rank = |&(id, alias): &(u32, bool)| {
            let p = &self.places[id as usize];
            let hinted = match p.kind {
                PlaceKind::Mtr => station,
                PlaceKind::District | PlaceKind::Region => district,
                _ => false,
            };
            (!hinted, !p.in_base, alias, p.kind, id)
        };
        let mut sorted = readings;
        if sure {
            sorted.sort_by_key(rank);
        }
        let mut ids: Vec<u32> = Vec::new();
        for (id, _) in sorted {
            let in_base = self.places[id as usize].in_base;
            if sure || (in_base && !ids.iter().any(|&p| self.same_name(p, id))) {
                ids.push(id);
            }
        }
        if !sure {
            ids.truncate(CANDIDATES);
        }
        let mut places: Vec<Place> = ids.iter().map(|&id| self.places[id as usize].clone()).collect();
        let place = (!places.is_empty()).then(|| places.remove(0))?;
        Some(PlaceMatch { span: text.original(at.clone()), at, place, also: places, how, sure })
    }

    /// Decides among slips that overlap, and puts each where no exact name stands in its way.
    fn add_slips(&self, text: &Folded, mut slips: Vec<Slip>, found: &mut Vec<Span>) {
        slips.retain_mut(|s| self.allowed(text, s, found));
        // What explains more of the text goes first: Kai Ching Estte is no Kwai Tsing.
        let letters_in =
            |r: &Range<usize>| text.chars[r.clone()].iter().filter(|c| c.is_alphanumeric()).count();
        let worth = |s: &Slip| s.cost - LEFT_OUT * letters_in(&s.at) as f32;
        slips.sort_by(|a, b| {
            worth(a).total_cmp(&worth(b)).then(a.at.start.cmp(&b.at.start)).then(a.id.cmp(&b.id))
        });
        let overlap = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        while let Some(best) = slips.first().cloned() {
            let (mut same, mut rivals): (Readings, Readings) = (vec![(best.id, best.alias)], Vec::new());
            let whole = letters_in(&best.at);
            for s in slips.iter().skip(1).filter(|s| overlap(&s.at, &best.at)) {
                // What a shorter stretch leaves unexplained counts against it.
                let shared = s.at.start.max(best.at.start)..s.at.end.min(best.at.end);
                let cost = s.cost + LEFT_OUT * (whole - letters_in(&shared)) as f32;
                if self.same_name(best.id, s.id) || (s.name == best.name && s.at == best.at) {
                    if s.at == best.at && !same.iter().any(|r| r.0 == s.id) {
                        same.push((s.id, s.alias));
                    }
                } else if cost <= best.cost + MARGIN && !rivals.iter().any(|r| r.0 == s.id) {
                    rivals.push((s.id, false));
                }
            }
            let sure = best.sure && rivals.is_empty();
            let mut readings = if sure { same } else { [same, rivals].concat() };
            if !sure {
                // What is named exactly inside may be all that was meant.
                let inside = found.iter().filter(|f| overlap(&f.at, &best.at) && f.how == How::Exact);
                readings.extend(inside.flat_map(|f| f.readings.iter().filter(|r| !r.1)));
            }
            slips.retain(|s| !overlap(&s.at, &best.at));
            found.retain(|f| !overlap(&f.at, &best.at));
            found.push(Span { at: best.at, readings, how: best.how, sure });
        }
    }

    /// Whether a slip may stand: it takes in exact names only where it explains more of the text than they do.
    fn allowed(&self, text: &Folded, slip: &mut Slip, found: &[Span]) -> bool {
        let range = &slip.at;
        let letters = |r: &Range<usize>| text.chars[r.clone()].iter().filter(|c| c.is_alphanumeric()).count();
        let mut covered = 0;
        for f in found.iter().filter(|f| f.at.start < range.end && range.start < f.at.end) {
            if f.at.start < range.start || f.at.end > range.end || f.at == *range {
                return false;
            }
            let same = |r: &&(u32, bool)| r.0 == slip.id || self.same_name(r.0, slip.id);
            // A longer name of the same place ("Sha Tin I mean") is no slip of it; where its short name is there and
            // the rest is a word of its own ("on HK Island"), neither.
            if f.readings.iter().any(|r| same(&r)) {
                let full = f.readings.iter().filter(same).any(|r| !r.1);
                let mut rest = range.clone().filter(|i| text.at(*i) != ' ' && !f.at.contains(i));
                let worded = |i: usize| {
                    lexicon().longest(text, i).is_some() || super::numerals::number_at(text, i).is_some()
                };
                if full || rest.any(worded) {
                    return false;
                }
                // Both say the same place.
                slip.sure = true;
            }
            // A short name may as well be part of a longer one that is a slip away.
            if f.how != How::Alias {
                covered += letters(&f.at);
            }
        }
        let rest = letters(range) - covered;
        if covered == 0 || rest > 2 || (rest == 2 && slip.how == How::Sound) {
            return true;
        }
        let mut outside =
            range.clone().filter(|i| text.at(*i) != ' ' && !found.iter().any(|f| f.at.contains(i)));
        // Behind an exact name a numeral counts something: 何文田三房.
        if outside.clone().any(|i| super::numerals::number_at(text, i).is_some()) {
            return false;
        }
        if slip.how == How::Spelling {
            return outside.next().is_some_and(|i| lexicon().longest(text, i).is_none());
        }
        // One character beside an exact name (荃灣細) is mostly the next word, unless the name ends the phrase.
        let phrase = |i: usize| lexicon().longest(text, i);
        let ends = text.at(range.end) == '\0'
            || phrase(range.end).is_some_and(|f| f.concepts().any(|c| c == "word:have"));
        let plain = outside.clone().any(|i| phrase(i).is_some());
        slip.sure &= slip.cost < 0.5 && !plain;
        outside.all(|i| phrase(i).is_none_or(|f| f.end == i + 1 && ends))
    }
}

/// The Latin words from a place, one to `most` of them, joined: where each stretch ends and what it spells.
fn words_from(text: &Folded, at: usize, most: usize) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    if !text.at(at).is_ascii_alphanumeric() || (at > 0 && text.at(at - 1).is_ascii_alphanumeric()) {
        return out;
    }
    let (mut name, mut i) = (String::new(), at);
    while out.len() < most {
        while text.at(i).is_ascii_alphanumeric() {
            name.push(text.at(i));
            i += 1;
        }
        out.push((i, name.clone()));
        if text.at(i) != ' ' || !text.at(i + 1).is_ascii_alphanumeric() {
            break;
        }
        i += 1;
    }
    out
}

/// Whether a block has a name of its own, rather than a number or a letter.
pub fn is_named_block(zh: &str, en: &str) -> bool {
    !(zh.is_empty() && en.is_empty()) && block_key(zh, en).is_none()
}

/// The number or letter of a block, folded: "3" of 3座 or Tower 3, "h" of Block H.
pub fn block_key(zh: &str, en: &str) -> Option<String> {
    let short = |s: &str| {
        (!s.is_empty() && s.len() <= 3 && s.chars().all(|c| c.is_ascii_alphanumeric())).then(|| s.to_owned())
    };
    let en = fold_str(en);
    let from_en =
        ["tower ", "block ", "blk ", "house "].iter().find_map(|p| en.strip_prefix(p)).and_then(short);
    let zh = fold_str(zh);
    from_en
        .or_else(|| zh.trim_start_matches('第').strip_suffix(['座', '栋', '号']).and_then(short))
        .or_else(|| short(&zh))
        .or_else(|| short(&en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_hong_kong_are_known_without_a_base() {
        let g = Gazetteer::new([]);
        let found = g.find("想搵將軍澳區或者Tsuen Wan West站嘅樓");
        let got: Vec<_> = found.iter().map(|m| (m.place.kind, m.place.name_en.as_str())).collect();
        assert_eq!(got, [(PlaceKind::District, "Tseung Kwan O"), (PlaceKind::Mtr, "Tsuen Wan West")]);
        assert!(found.iter().all(|m| !m.place.in_base));
    }

    #[test]
    fn blocks_have_keys() {
        assert_eq!(block_key("3座", "Tower 3").as_deref(), Some("3"));
        assert_eq!(block_key("H座", "Block H").as_deref(), Some("h"));
        assert_eq!(block_key("夏宮閣", "Hsia Kung Mansion"), None);
    }
}
