//! A Latin name and how far a stretch of text is from it, letter by letter.

use super::super::names::hong_kong;
use super::super::quick::QuickSet;
use super::slips::About;

/// A Latin name.
pub(super) struct Latin {
    /// Joined, without "the".
    pub spelt: String,
    pub letters: u32,
    /// Length without the common ending (Gardens).
    pub core: usize,
    pub tail: String,
    pub key: String,
    pub words: Vec<String>,
    pub about: About,
    pub name: u32,
}

impl Latin {
    pub fn compare(
        &self,
        said: &str,
        bits: u32,
        folded: &str,
        words: &[String],
        known: &QuickSet<String>,
    ) -> Option<(f32, bool)> {
        let alike = folded == self.key;
        // Each edit adds a letter and takes one away at most.
        let edits = match said.len() {
            0..7 => 1,
            7..11 => 2,
            _ => 3,
        };
        if said == self.spelt || (!alike && (bits ^ self.letters).count_ones() > 2 * edits) {
            return None;
        }
        // Another common ending is another name (Court, Garden), a plural or a slip in it is not.
        let tail = words.last().filter(|w| words.len() > 1 && is_tail(w));
        if let Some(tail) = tail
            && hong_kong().same_word(tail) != hong_kong().same_word(&self.tail)
        {
            return None;
        }
        // Figures are said on purpose: 48 Broadway Street is no slip for number 92, nor a flat's letter part of a name.
        let figures = |s: &str| s.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
        let lone = |w: &String| w.len() == 1 && !self.words.contains(w);
        if figures(said) != figures(&self.spelt) || words.iter().any(lone) && words.len() > self.words.len() {
            return None;
        }
        let core = said.len() - tail.map_or(0, String::len);
        // A word in the place of another, both of which names have (Tai Po, Tai Wo), is not a slip of it.
        let off: Vec<(&String, &String)> = words
            .iter()
            .filter(|w| *w != "the")
            .zip(&self.words)
            .filter(|(a, b)| a != b && a.trim_end_matches('s') != b.trim_end_matches('s'))
            .collect();
        let same_count = words.iter().filter(|w| *w != "the").count() == self.words.len();
        let word = same_count && off.iter().any(|(a, _)| known.contains(*a));
        // Each word is a slip for its own.
        if same_count
            && off.iter().any(|(a, b)| !alike && 2 * strsim::osa_distance(a, b) > a.len().max(b.len()))
        {
            return None;
        }
        if alike {
            return Some((0.3, said.len() >= 7));
        }
        let d = strsim::osa_distance(said, &self.spelt);
        let length = if said.starts_with(&self.spelt[..self.core]) || tail.is_none() && self.tail.is_empty() {
            self.spelt.len()
        } else {
            self.core.max(core)
        };
        let first = said.as_bytes()[0] == self.spelt.as_bytes()[0];
        let sure = match d {
            1 => length >= 6 || (length == 5 && first && same_count),
            2 => length >= 9 && first && same_count,
            _ => false,
        };
        let near = match d {
            1 => length >= 4,
            2 => length >= 7,
            3 => length >= 11,
            _ => false,
        };
        match (near, word) {
            (false, _) => None,
            (true, true) => (d == 1).then_some((1.2, false)),
            (true, false) => Some((d as f32, sure)),
        }
    }
}

/// Whether a word is one that names of estates commonly end in.
pub(super) fn is_tail(word: &str) -> bool {
    hong_kong().is_tail(word)
}

/// Whether a word is a letter away from one that names of estates commonly end in.
pub(super) fn near_tail(word: &str) -> bool {
    let alike = |tail: &str| {
        tail.len() >= 5 && tail.len().abs_diff(word.len()) <= 1 && strsim::osa_distance(tail, word) == 1
    };
    word.len() >= 5 && hong_kong().tails().any(alike)
}
