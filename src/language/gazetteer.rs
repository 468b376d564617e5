//! The gazetteer: every place that the listing base names (regions, districts, estates, named blocks, stations), in
//! both languages with the ways they are shortened, beside the places of Hong Kong that the base does not have.
//!
//! A place is found by its exact name, by a shortened name, by spelling (Latin script), or by sound (one character
//! of three or more written as another that sounds alike). Sound and spelling never outdo an exact name, and a
//! window that is itself a known place is never bent into another.

mod aliases;

use super::names::{self, hong_kong, joined};
use super::trie::Trie;
use super::{Folded, fold, fold_str, lexicon, sounds};
use crate::listings::Listing;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

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
}

/// Places that one name may mean, by their number; whether it is a short name of theirs.
type Readings = Vec<(u32, bool)>;
/// Folded characters that name a place, what they may mean, and how they were recognised.
type Span = (Range<usize>, Readings, How);

/// All places, ready to be found.
pub struct Gazetteer {
    places: Vec<Place>,
    names: Trie<(u32, bool)>,
    /// Latin names without their spaces.
    joined: HashMap<String, Readings>,
    /// Chinese names of three characters and more, by their length (two, where a station follows).
    by_sound: Vec<(Vec<char>, u32)>,
    by_spelling: Vec<(String, u32)>,
}

impl Gazetteer {
    /// Builds the gazetteer of a listing base.
    pub fn new<'a>(listings: impl IntoIterator<Item = &'a Listing>) -> Self {
        let mut builder = Builder::default();
        for l in listings {
            builder.listing(l);
        }
        builder.finish()
    }

    /// All places in a text, left to right, none overlapping another.
    pub fn find(&self, text: &str) -> Vec<PlaceMatch> {
        self.find_in(&fold(text))
    }

    /// All places in a folded text.
    pub fn find_in(&self, text: &Folded) -> Vec<PlaceMatch> {
        let mut found: Vec<Span> = Vec::new();
        let mut at = 0;
        while at < text.chars.len() {
            match self.exact(text, at) {
                Some((end, readings)) => {
                    let how = if readings.iter().any(|r| !r.1) { How::Exact } else { How::Alias };
                    found.push((at..end, readings, how));
                    at = end;
                }
                None => at += 1,
            }
        }
        self.add_by_sound(text, &mut found);
        self.add_by_spelling(text, &mut found);
        found.sort_by_key(|f| f.0.start);
        found.into_iter().filter_map(|(at, readings, how)| self.read(text, at, &readings, how)).collect()
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

    fn exact(&self, text: &Folded, at: usize) -> Option<(usize, Readings)> {
        let mut best = self.names.longest(&text.chars, at).map(|(end, ids)| (end, ids.to_vec()));
        for (end, name) in words_from(text, at, 5) {
            if best.as_ref().is_none_or(|b| end > b.0)
                && let Some(ids) = self.joined.get(&name)
            {
                best = Some((end, ids.clone()));
            }
        }
        best
    }

    /// Chooses among the readings of one name: what follows it (站, 區), then full names before short ones, then
    /// places of the base before others.
    fn read(
        &self,
        text: &Folded,
        at: Range<usize>,
        readings: &[(u32, bool)],
        how: How,
    ) -> Option<PlaceMatch> {
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
        let mut sorted = readings.to_vec();
        sorted.sort_by_key(rank);
        let mut places = sorted.iter().map(|r| self.places[r.0 as usize].clone());
        let place = places.next()?;
        Some(PlaceMatch { span: text.original(at.clone()), at, place, also: places.collect(), how })
    }

    fn add_by_sound(&self, text: &Folded, found: &mut Vec<Span>) {
        let n = text.chars.len();
        let mut hits: Vec<(Range<usize>, u32)> = Vec::new();
        for (name, id) in &self.by_sound {
            for at in 0..(n + 1).saturating_sub(name.len()) {
                let window = &text.chars[at..at + name.len()];
                let mut off = window.iter().zip(name).filter(|(a, b)| a != b);
                let (Some((&a, &b)), None) = (off.next(), off.next()) else { continue };
                let end = at + name.len();
                if name.len() == 2 && text.at(end) != '站' {
                    continue;
                }
                if sounds::alike(a, b) {
                    hits.push((at..end, *id));
                }
            }
        }
        hits.sort_by_key(|h| (std::cmp::Reverse(h.0.len()), h.0.start));
        for (range, id) in hits {
            add(found, range, id, How::Sound, &self.places);
        }
    }

    fn add_by_spelling(&self, text: &Folded, found: &mut Vec<Span>) {
        let mut hits: Vec<(usize, usize, Range<usize>, u32)> = Vec::new();
        for at in 0..text.chars.len() {
            for (end, name) in words_from(text, at, 4) {
                if name.len() < 6 || name.chars().any(|c| c.is_ascii_digit()) {
                    continue;
                }
                let covered = found.iter().any(|f| f.0.start <= at && f.0.end >= end);
                if covered || self.joined.contains_key(&name) {
                    continue;
                }
                // "Sha Tin I mean" is Sha Tin, not a slip for it that takes in the next word.
                // A shorter name of the place inside ("Vila Esplanada") does not stand in the way.
                let letters_in =
                    |f: &Range<usize>| text.chars[f.clone()].iter().filter(|c| c.is_alphanumeric());
                let whole = |known: &str, id: u32| {
                    let inside = |f: &Range<usize>| f.start >= at && f.end <= end;
                    let full = |f: &Range<usize>| letters_in(f).count() == known.chars().count();
                    found.iter().any(|f| inside(&f.0) && full(&f.0) && f.1.iter().any(|r| r.0 == id))
                };
                for (known, id) in &self.by_spelling {
                    let allowed = if known.len() >= 10 { 2 } else { 1 };
                    if known.len().abs_diff(name.len()) <= allowed
                        && known.as_bytes()[0] == name.as_bytes()[0]
                        && letters(known).abs_diff_count(letters(&name)) <= 2 * allowed as u32
                        && strsim::osa_distance(known, &name) <= allowed
                        // Last, because it looks through all that was found: a name over and over is 4 KiB of them.
                        && !whole(known, *id)
                    {
                        hits.push((
                            strsim::osa_distance(known, &name),
                            usize::MAX - name.len(),
                            at..end,
                            *id,
                        ));
                    }
                }
            }
        }
        hits.sort_by_key(|h| (h.0, h.1, h.2.start));
        for (_, _, range, id) in hits {
            add(found, range, id, How::Spelling, &self.places);
        }
    }
}

/// Takes in a match that is not exact, where it only covers shorter finds or another reading of the same words.
fn add(found: &mut Vec<Span>, range: Range<usize>, id: u32, how: How, places: &[Place]) {
    let overlaps = |f: &Range<usize>| f.start < range.end && range.start < f.end;
    if let Some(same) = found.iter_mut().find(|f| f.0 == range && f.2 == how) {
        // A second place a slip away, of the same kind: then neither is sure, and the first stays only as a guess.
        let first = &places[same.1[0].0 as usize];
        if first.kind != places[id as usize].kind || first.name_en == places[id as usize].name_en {
            same.1.push((id, false));
        }
        return;
    }
    let inside = |f: &Range<usize>| f.start >= range.start && f.end <= range.end && f.len() < range.len();
    if found.iter().any(|f| overlaps(&f.0) && !(inside(&f.0) && f.2 <= How::Alias)) {
        return;
    }
    found.retain(|f| !overlaps(&f.0));
    found.push((range, vec![(id, false)], how));
}

/// A set of letters, for ruling out spellings quickly.
#[derive(Clone, Copy)]
struct Letters(u32);

impl Letters {
    fn abs_diff_count(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

fn letters(s: &str) -> Letters {
    Letters(s.bytes().fold(0, |set, b| set | 1 << (b % 32)))
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

#[derive(Default)]
struct Builder {
    places: Vec<Place>,
    ids: HashMap<(PlaceKind, String), u32>,
    near: HashMap<u32, HashSet<String>>,
}

impl Builder {
    fn place(&mut self, kind: PlaceKind, zh: &str, en: &str, in_base: bool) -> Option<u32> {
        if zh.is_empty() && en.is_empty() {
            return None;
        }
        let key = (kind, if en.is_empty() { zh.to_owned() } else { en.to_lowercase() });
        if let Some(&id) = self.ids.get(&key) {
            return Some(id);
        }
        let id = self.places.len() as u32;
        self.ids.insert(key, id);
        self.places.push(Place {
            kind,
            name_zh: zh.into(),
            name_en: en.into(),
            in_base,
            estates: Vec::new(),
        });
        Some(id)
    }

    fn listing(&mut self, l: &Listing) {
        self.place(PlaceKind::Region, &l.region_zh, &l.region_en, true);
        self.place(PlaceKind::District, &l.district_zh, &l.district_en, true);
        self.place(PlaceKind::Mtr, &l.mtr_zh, &l.mtr_en, true);
        let fresh = !self.ids.contains_key(&(PlaceKind::Estate, l.estate_en.to_lowercase()));
        if let Some(estate) = self.place(PlaceKind::Estate, &l.estate_zh, &l.estate_en, true)
            && fresh
        {
            let names = [&l.district_zh, &l.district_en, &l.region_zh, &l.mtr_zh];
            self.near
                .entry(estate)
                .or_default()
                .extend(names.iter().filter(|n| !n.is_empty()).map(|n| fold_str(n)));
        }
        if is_named_block(&l.block_zh, &l.block_en)
            && let Some(block) = self.place(PlaceKind::Block, &l.block_zh, &l.block_en, true)
            && !self.places[block as usize].estates.contains(&l.estate_en)
        {
            self.places[block as usize].estates.push(l.estate_en.clone());
        }
    }

    fn finish(mut self) -> Gazetteer {
        let data = hong_kong();
        let mut extra: Vec<(u32, String)> = Vec::new();
        for (kind, rows) in [
            (PlaceKind::Region, &data.regions),
            (PlaceKind::District, &data.districts),
            (PlaceKind::Mtr, &data.stations),
            (PlaceKind::Estate, &data.estates),
        ] {
            for row in rows {
                let [zh, en, others @ ..] = row.as_slice() else { continue };
                // The base may write only one of the two names as the list does.
                let known = self.places.iter().position(|p| {
                    p.kind == kind
                        && (fold_str(&p.name_zh) == fold_str(zh) || p.name_en.eq_ignore_ascii_case(en))
                });
                let id = match known {
                    Some(id) => Some(id as u32),
                    None => self.place(kind, zh, en, false),
                };
                extra.extend(id.into_iter().flat_map(|id| others.iter().map(move |o| (id, fold_str(o)))));
                extra.extend(id.map(|id| (id, fold_str(zh))));
                extra.extend(id.map(|id| (id, fold_str(en))));
            }
        }
        let mut g = Gazetteer {
            names: Trie::default(),
            joined: HashMap::new(),
            by_sound: Vec::new(),
            by_spelling: Vec::new(),
            places: self.places,
        };
        let mut full = HashSet::new();
        for (id, place) in g.places.iter().enumerate() {
            for name in [&place.name_zh, &place.name_en] {
                let name = fold_str(name);
                if name.is_empty() {
                    continue;
                }
                full.insert((id as u32, name.clone()));
                add_name(&mut g.names, &mut g.joined, &name, id as u32, false);
                if place.in_base && place.kind != PlaceKind::Block {
                    if name.is_ascii() {
                        let spelt = joined(&name);
                        let bare = spelt.strip_prefix("the").unwrap_or(&spelt);
                        if bare.len() >= 6 {
                            g.by_spelling.push((bare.to_owned(), id as u32));
                        }
                    } else if name.chars().count() >= 2 && place.kind != PlaceKind::Region {
                        g.by_sound.push((name.chars().collect(), id as u32));
                    }
                }
            }
        }
        // Two spellings of the same letters once.
        g.by_spelling.sort();
        g.by_spelling.dedup();
        for (id, near) in &self.near {
            let place = &g.places[*id as usize];
            let near: Vec<String> = near.iter().cloned().collect();
            let mut short = names::shortened(&fold_str(&place.name_zh), &fold_str(&place.name_en), &near);
            short.sort();
            extra.extend(short.into_iter().map(|s| (*id, s)));
        }
        extra.sort();
        for (id, name) in extra {
            if !full.contains(&(id, name.clone())) {
                add_name(&mut g.names, &mut g.joined, &name, id, true);
            }
        }
        g
    }
}

fn add_name(
    trie: &mut Trie<(u32, bool)>,
    all_joined: &mut HashMap<String, Readings>,
    name: &str,
    id: u32,
    alias: bool,
) {
    trie.insert(name, (id, alias));
    let spelt = joined(name);
    if name.is_ascii() && spelt.len() >= 4 {
        let ids = all_joined.entry(spelt).or_default();
        if !ids.iter().any(|i| i.0 == id) {
            ids.push((id, alias));
        }
    }
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
