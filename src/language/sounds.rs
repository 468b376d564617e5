//! Which characters sound alike, in Cantonese or in Mandarin, tones left aside. The readings are data files.
//!
//! A sound-alike is a hint and never an answer: who uses it says so and keeps exact matches first.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

const JYUTPING: &str = include_str!("data/jyutping.txt");
const PINYIN: &str = include_str!("data/pinyin.txt");

struct Readings {
    /// Syllables of a canonical character; the number is that of the line, pinyin after jyutping.
    of: HashMap<char, Vec<u16>>,
    traditional: HashSet<char>,
}

fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    JYUTPING.lines().chain(PINYIN.lines()).filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(' '))
}

fn readings() -> &'static Readings {
    static READINGS: OnceLock<Readings> = OnceLock::new();
    READINGS.get_or_init(|| {
        let mut of: HashMap<char, Vec<u16>> = HashMap::new();
        for (number, (_, chars)) in lines().enumerate() {
            for c in chars.chars() {
                of.entry(super::chinese::canonical(c)).or_default().push(number as u16);
            }
        }
        Readings { of, traditional: lines().flat_map(|(_, chars)| chars.chars()).collect() }
    })
}

/// Whether two canonical characters (see [`super::chinese::canonical`]) share a reading.
pub fn alike(a: char, b: char) -> bool {
    let of = &readings().of;
    a == b
        || match (of.get(&a), of.get(&b)) {
            (Some(x), Some(y)) => x.iter().any(|s| y.contains(s)),
            _ => false,
        }
}

/// Whether the character is current in Traditional writing (it has a reading here).
pub fn is_traditional(c: char) -> bool {
    readings().traditional.contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::chinese::canonical;

    #[test]
    fn sound_alikes() {
        for (a, b) in [('故', '古'), ('側', '鰂'), ('皇', '黃'), ('加', '嘉'), ('鋪', '埔')] {
            assert!(alike(canonical(a), canonical(b)), "{a} {b}");
        }
        assert!(!alike(canonical('都'), canonical('港')));
    }
}
