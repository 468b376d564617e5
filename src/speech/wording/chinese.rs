//! Chinese characters that sound like a name of the branch: syllable for syllable, in the language that was spoken.
//!
//! The readings have no tones, so that 又一句 sounds like 又一居. What holds the rule back is what the characters say as
//! they stand: a name is not put across the edge of a word, nor over common words unless what stands around them (a block's
//! number, 屋苑, 花園) leaves nothing else. Two characters are never enough without it.

use super::rules::rules;
use super::{Edit, repairable};
use crate::language::chinese::{is_han, to_simplified};
use crate::language::sounds::{Closeness, closeness_in, mask};
use crate::language::{Folded, Gazetteer, Language, Place, PlaceKind, PlaceMatch};
use crate::language::{cut_into_words, fold_str, is_chinese_word, numerals};
use crate::store::transcripts::Reason;
use std::ops::Range;

/// Characters of the longest name that is looked for.
const LONGEST: usize = 10;

/// The Chinese names that are known.
pub struct Chinese {
    names: Vec<Name>,
}

struct Name {
    /// Folded.
    chars: Vec<char>,
    masks: Vec<u128>,
    /// As the base writes it.
    written: String,
    /// Whether it may be put in the place of what sounds like it; the others only cast doubt.
    ours: bool,
}

/// A stretch of text that sounds like a name.
struct Alike<'a> {
    name: &'a Name,
    at: Range<usize>,
    /// The characters that are not the name's own.
    wrong: Vec<usize>,
    /// Whether one of these only nearly sounds like the name's.
    near: bool,
}

impl Chinese {
    /// Takes in the names of places.
    pub fn new(places: &[Place]) -> Self {
        let mut names: Vec<Name> = Vec::new();
        for place in places {
            let chars: Vec<char> = fold_str(&place.name_zh).chars().filter(|c| is_han(*c)).collect();
            let ours = repairable(place);
            let whole = place.name_zh.chars().all(|c| is_han(c) || !c.is_alphanumeric());
            let blocks = place.kind == PlaceKind::Block;
            if !whole || !(2..=LONGEST).contains(&chars.len()) || (blocks && (!ours || chars.len() < 3)) {
                continue;
            }
            let masks = chars.iter().map(|&c| mask(c)).collect();
            match names.iter_mut().find(|n| n.chars == chars) {
                Some(same) if ours && !same.ours => {
                    (same.written, same.ours) = (place.name_zh.clone(), true);
                }
                Some(_) => {}
                None => names.push(Name { chars, masks, written: place.name_zh.clone(), ours }),
            }
        }
        Self { names }
    }

    /// What is to be written in the place of stretches that surely are names of the branch.
    pub fn edits(&self, text: &Folded, named: &[PlaceMatch], language: Language) -> Vec<Edit> {
        let alike = self.alike(text, named, language != Language::Cmn);
        if alike.is_empty() {
            return Vec::new();
        }
        let spans: Vec<Range<usize>> = named.iter().map(|m| m.at.clone()).collect();
        let words = cut_into_words(text, &spans);
        let edit = |a: &Alike<'_>| Edit {
            bytes: text.original(a.at.clone()),
            to: match language {
                Language::Cmn => to_simplified(&a.name.written),
                _ => a.name.written.clone(),
            },
            reason: Reason::Sound,
        };
        let chosen = alike.iter().filter(|a| a.name.ours && a.alone(&alike) && a.surely(text, &words));
        chosen.map(edit).collect()
    }

    /// Everything that sounds like a name and is not known to be something else.
    fn alike(&self, text: &Folded, named: &[PlaceMatch], cantonese: bool) -> Vec<Alike<'_>> {
        let masks: Vec<u128> = text.chars.iter().map(|&c| if is_han(c) { mask(c) } else { 0 }).collect();
        let mut out = Vec::new();
        for name in &self.names {
            let n = name.chars.len();
            for at in 0..(masks.len() + 1).saturating_sub(n) {
                if !masks[at..at + n].iter().zip(&name.masks).all(|(a, b)| a & b != 0) {
                    continue;
                }
                let range = at..at + n;
                let Some(alike) = name.compare(&text.chars[range.clone()], range, cantonese) else {
                    continue;
                };
                // A known name inside must be part of this one.
                let own = |m: &PlaceMatch| {
                    let inside = alike.at.start <= m.at.start && m.at.end <= alike.at.end;
                    inside && m.at != alike.at && m.at.clone().all(|i| !alike.wrong.contains(&i))
                };
                let over = |m: &&PlaceMatch| m.at.start < alike.at.end && alike.at.start < m.at.end;
                if named.iter().filter(over).all(own) {
                    out.push(alike);
                }
            }
        }
        out
    }
}

impl Name {
    fn compare(&self, said: &[char], at: Range<usize>, cantonese: bool) -> Option<Alike<'_>> {
        let (mut wrong, mut near) = (Vec::new(), 0);
        for (i, (&a, &b)) in said.iter().zip(&self.chars).enumerate() {
            match closeness_in(cantonese, a, b) {
                Closeness::Same => continue,
                Closeness::Homophone => {}
                Closeness::Near => near += 1,
                Closeness::Other => return None,
            }
            wrong.push(at.start + i);
        }
        let n = said.len();
        let enough = match n {
            2 => near == 0,
            3 => near == 0 || wrong.len() == 1,
            _ => near <= 1 && wrong.len() < n,
        };
        (enough && !wrong.is_empty()).then_some(Alike { name: self, at, wrong, near: near > 0 })
    }
}

impl Alike<'_> {
    /// Whether no other name sounds as much like this stretch, or like one that overlaps it. The longer name goes first
    /// where it takes in the whole of the shorter; a name of the branch before one of elsewhere with fewer of its
    /// characters in the text.
    fn alone(&self, all: &[Alike<'_>]) -> bool {
        !all.iter().any(|o| {
            let over = o.at.start < self.at.end && self.at.start < o.at.end;
            let inside = self.at.start <= o.at.start && o.at.end <= self.at.end;
            let other = !std::ptr::eq(o.name, self.name);
            let rival = o.near <= self.near && (o.name.ours || o.wrong.len() <= self.wrong.len());
            over && other && rival && !(inside && o.at.len() < self.at.len())
        })
    }

    /// Whether it can be nothing but the name.
    fn surely(&self, text: &Folded, words: &[Range<usize>]) -> bool {
        let Range { start, end } = self.at;
        let cut = |at: usize| words.iter().any(|w| w.start < at && at < w.end);
        let figure = |i: usize| numerals::number_at(text, i).is_some();
        if cut(start) || cut(end) || is_chinese_word(&text.slice(self.at.clone())) {
            return false;
        }
        if self.wrong.iter().any(|&i| figure(i)) {
            return false;
        }
        let hinted = || rules().hinted(text, start, end);
        let word = |i: &usize| {
            let long = words.iter().any(|w| w.contains(i) && w.len() > 1);
            long || rules().is_ordinary(text.at(*i))
        };
        let ordinary = self.wrong.iter().all(word);
        let same_ending = |n: usize| self.wrong.iter().all(|&i| i + n < end);
        match self.at.len() {
            2 => rules().surely_named(text, end),
            3 => (!ordinary && !self.near && self.wrong.len() < 3) || hinted(),
            n => {
                let ending = Gazetteer::surely_a_name(&text.slice(self.at.clone())) && same_ending(2);
                (!ordinary && self.wrong.len() < n) || ending || hinted()
            }
        }
    }
}
