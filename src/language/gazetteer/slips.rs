//! Names that are a slip away from what is written: by sound (Chinese, character by character) or by spelling
//! (Latin, letter by letter). Each slip says how far off it is and whether it is surely one.
//!
//! What is sure was settled by measurement over generated slips and over names that are real and unknown
//! (tests/places.rs): a slip that leaves what sets a name apart untouched, or that only changes its sound, is sure;
//! another ending, number or direction makes another name. What is known and what wins is decided elsewhere.

use super::super::Folded;
use super::super::names::{hong_kong, joined};
use super::super::quick::{QuickMap, QuickSet};
use super::super::sounds;
use super::chinese::{Chinese, Off};
use super::distance::{Said, Shape, key, letters, most_slips};
use super::edges::{inside_phrases, is_plain, stands_apart};
use super::latin::{Latin, is_tail, near_tail};
use super::{How, words_from};
use std::ops::Range;

/// Stretches of Latin words that are compared in one text: more than any question has, and few enough that 4 KiB of
/// nothing but misspelt names is read in a few milliseconds.
const WINDOWS: usize = 120;

/// How far into a text names are looked for by sound, in characters: a question is shorter, and every name is compared
/// with every place of it.
const SOUNDED_WITHIN: usize = 240;

/// A name that may be meant.
#[derive(Debug, Clone)]
pub(super) struct Slip {
    /// The folded characters.
    pub at: Range<usize>,
    /// The place.
    pub id: u32,
    /// The number of the name: one name may be several places'.
    pub name: u32,
    /// Whether it is a short or a second name of the place.
    pub alias: bool,
    /// How far off; a letter or a character wholly wrong is about 1.
    pub cost: f32,
    /// Whether it is surely a slip and no other name.
    pub sure: bool,
    /// By sound or by spelling.
    pub how: How,
}

/// What is known of a name besides its letters.
#[derive(Clone, Copy)]
pub(super) struct About {
    /// The place.
    pub id: u32,
    /// Whether it is a short or a second name.
    pub alias: bool,
    /// Whether it is a station, which is asked for as such.
    pub station: bool,
    /// Whether it is a district: there are few, and none is written much like another.
    pub district: bool,
    /// Whether names of this kind differ by so little that a slip is always asked back.
    pub never_sure: bool,
}

/// All names, ready to be compared.
#[derive(Default)]
pub(super) struct Slips {
    chinese: Vec<Chinese>,
    /// Which Chinese names hold a character.
    by_char: QuickMap<char, Vec<u32>>,
    /// By length.
    latin: Vec<Vec<Latin>>,
    /// The letters of each of those, side by side, so that most are ruled out without being looked at.
    shapes: Vec<Vec<Shape>>,
    /// Which Latin names sound the same: length and place among those of it.
    by_key: QuickMap<String, Vec<(usize, usize)>>,
    words: QuickSet<String>,
    /// Numbers of the names.
    names: QuickMap<String, u32>,
}

impl Slips {
    /// Takes in a folded name.
    pub fn add(&mut self, folded: &str, about: About) {
        let mut number = |name: String| {
            let next = self.names.len() as u32;
            *self.names.entry(name).or_insert(next)
        };
        if folded.is_ascii() {
            let bare = folded.strip_prefix("the ").unwrap_or(folded);
            let words: Vec<String> = bare.split(' ').map(joined).filter(|w| !w.is_empty()).collect();
            self.words.extend(words.iter().cloned());
            let spelt = joined(bare);
            if spelt.len() < 5 || spelt.chars().all(|c| c.is_ascii_digit()) {
                return;
            }
            let tail = words.last().filter(|w| words.len() > 1 && is_tail(w)).cloned().unwrap_or_default();
            let latin = Latin {
                letters: letters(&spelt),
                core: spelt.len() - tail.len(),
                tail,
                key: key(&spelt),
                words,
                about,
                name: number(spelt.clone()),
                spelt,
            };
            let length = latin.spelt.len();
            if self.latin.len() <= length {
                self.latin.resize_with(length + 1, Vec::new);
                self.shapes.resize_with(length + 1, Vec::new);
            }
            if !self.latin[length].iter().any(|l| l.spelt == latin.spelt && l.about.id == about.id) {
                let place = (length, self.latin[length].len());
                self.by_key.entry(latin.key.clone()).or_default().push(place);
                self.shapes[length].push(Shape::of(&latin.spelt));
                self.latin[length].push(latin);
            }
            return;
        }
        let chars: Vec<char> = folded.chars().collect();
        if chars.len() < 2 {
            return;
        }
        let tail = hong_kong().tails_zh.iter().find(|t| folded.ends_with(t.as_str()));
        let tail = tail.map_or(0, |t| t.chars().count());
        let core = if chars.len() >= tail + 2 { chars.len() - tail } else { chars.len() };
        let masks = chars.iter().map(|&c| sounds::mask(c)).collect();
        let same = |c: &Chinese| c.chars == chars && c.about.id == about.id;
        let holders = self.by_char.get(&chars[0]).map(Vec::as_slice).unwrap_or_default();
        if !holders.iter().any(|h| same(&self.chinese[*h as usize])) {
            for c in &chars {
                self.by_char.entry(*c).or_default().push(self.chinese.len() as u32);
            }
            self.chinese.push(Chinese { chars, masks, core, about, name: number(folded.to_owned()) });
        }
    }

    /// Every slip in a text, by sound and by spelling.
    pub fn find(&self, text: &Folded, known: impl Fn(&Range<usize>) -> bool) -> Vec<Slip> {
        let mut out = self.by_sound(text, &known);
        self.by_spelling(text, &known, &mut out);
        out
    }

    fn by_sound(&self, text: &Folded, known: &impl Fn(&Range<usize>) -> bool) -> Vec<Slip> {
        let within = &text.chars[..text.chars.len().min(SOUNDED_WITHIN)];
        let masks: Vec<u128> =
            within.iter().map(|&c| if c.is_ascii() { 0 } else { sounds::mask(c) }).collect();
        let all = masks.iter().fold(0, |a, m| a | m);
        let mut out = Vec::new();
        if all == 0 {
            return out;
        }
        let mut cut: Option<Vec<bool>> = None;
        let mut starts = Vec::new();
        let (places, names) = self.near(text);
        for name in names {
            if name.masks.iter().filter(|m| **m & all == 0).count() > 1 {
                continue;
            }
            name.starts(&places, &mut starts);
            let n = name.chars.len();
            for &at in starts.iter().filter(|at| **at < within.len()) {
                for length in (n.max(3) - 1)..=n + 1 {
                    let range = at..at + length;
                    if range.end > within.len() {
                        break;
                    }
                    let Some(Off { at: off, cost, sure }) =
                        name.compare(&text.chars[range.clone()], &masks[range.clone()])
                    else {
                        continue;
                    };
                    // So short a name is sure only where the word for a station follows.
                    let long = n > 2
                        || (name.about.station && text.at(range.end) == '站')
                        || (name.about.district && cost <= 0.3);
                    if known(&range) || !(long || stands_apart(text, &range)) {
                        continue;
                    }
                    // Blocks differ by little, but one that only sounds otherwise is the same (rivals are asked about).
                    let sure = sure && long && (!name.about.never_sure || (n >= 3 && cost <= 0.3));
                    let cut = cut.get_or_insert_with(|| inside_phrases(text));
                    let cuts = cut[range.start] || cut.get(range.end).copied().unwrap_or_default();
                    // A phrase that the lexicon has (嘉湖山景) is not a slip for part of a name.
                    let worded = cut[at + off + 1] || (off > 0 && cut[at + off]);
                    if (cuts && (cost > 0.4 || n < 4)) || (worded && cost > 0.5) {
                        continue;
                    }
                    out.push(name.about.slip(range, name.name, cost, sure && !cuts, How::Sound));
                }
            }
        }
        out
    }

    /// Where each character of names stands in a text, and the Chinese names of which all but one or two characters are
    /// there.
    fn near(&self, text: &Folded) -> (QuickMap<char, Vec<usize>>, impl Iterator<Item = &Chinese>) {
        let mut places: QuickMap<char, Vec<usize>> = QuickMap::default();
        for (at, c) in text.chars.iter().enumerate().filter(|(_, c)| self.by_char.contains_key(c)) {
            places.entry(*c).or_default().push(at);
        }
        let mut shared = vec![0u8; self.chinese.len()];
        let mut names = Vec::new();
        for name in places.keys().flat_map(|c| &self.by_char[c]) {
            let count = &mut shared[*name as usize];
            *count = count.saturating_add(1);
            let least = match self.chinese[*name as usize].chars.len() {
                n @ 0..=3 => n - 1,
                n => n - 2,
            };
            if usize::from(*count) == least {
                names.push(*name);
            }
        }
        names.sort_unstable();
        names.dedup();
        (places, names.into_iter().map(|i| &self.chinese[i as usize]))
    }

    fn by_spelling(&self, text: &Folded, known: &impl Fn(&Range<usize>) -> bool, out: &mut Vec<Slip>) {
        let mut left = WINDOWS;
        for at in 0..text.chars.len() {
            if left == 0 {
                break;
            }
            let windows = words_from(text, at, 6);
            if windows.is_empty() {
                continue;
            }
            let plain: Vec<bool> = {
                let mut from = at;
                let ends = windows.iter().map(|w| {
                    let plain = is_plain(text, from, w.0);
                    from = w.0 + 1;
                    plain
                });
                ends.collect()
            };
            for (k, (end, name)) in windows.iter().enumerate() {
                let range = at..*end;
                // A slip that the lexicon has ("terace") still ends a name.
                let edge = |i: usize, word: &str| {
                    plain[i] && !self.words.contains(word) && !(i > 0 && near_tail(word))
                };
                let last = if k == 0 { name.as_str() } else { &name[windows[k - 1].1.len()..] };
                if name.len() < 4
                    || plain[..=k].iter().all(|p| *p)
                    || edge(0, &windows[0].1)
                    || edge(k, last)
                    || known(&range)
                {
                    continue;
                }
                let words: Vec<String> = text.slice(range.clone()).split(' ').map(joined).collect();
                let name = name.strip_prefix("the").filter(|_| words[0] == "the").unwrap_or(name);
                left = left.saturating_sub(1);
                let (bits, folded) = (letters(name), key(name));
                let farthest = if name.len() < 11 { 2 } else { 3 };
                let lengths = name.len().saturating_sub(farthest)..=name.len() + farthest;
                let mut compare = |l: &Latin| {
                    if let Some((cost, sure)) = l.compare(name, bits, &folded, &words, &self.words) {
                        let sure = sure && !l.about.never_sure;
                        out.push(l.about.slip(range.clone(), l.name, cost, sure, How::Spelling));
                    }
                };
                let Some(said) = Said::new(name) else { continue };
                let shape = Shape::of(name);
                for length in lengths.clone() {
                    let most = most_slips(length.max(name.len()));
                    let shapes = self.shapes.get(length).filter(|_| length.abs_diff(name.len()) <= most);
                    for (i, _) in
                        shapes.into_iter().flatten().enumerate().filter(|(_, s)| shape.within(most, s))
                    {
                        let l = &self.latin[length][i];
                        if l.key != folded && said.distance(&l.spelt) <= most {
                            compare(l);
                        }
                    }
                }
                let alike = self.by_key.get(&folded).into_iter().flatten().filter(|k| lengths.contains(&k.0));
                alike.for_each(|&(length, i)| compare(&self.latin[length][i]));
            }
        }
    }
}

impl About {
    fn slip(self, at: Range<usize>, name: u32, cost: f32, sure: bool, how: How) -> Slip {
        Slip { at, id: self.id, name, alias: self.alias, cost, sure, how }
    }
}
