//! Which characters sound alike, in Cantonese or in Mandarin, tones left aside. The readings are data files.
//!
//! A sound-alike is a hint and never an answer: who uses it says so and keeps exact matches first.

use super::quick::{QuickMap, QuickSet};
use std::collections::HashMap;
use std::sync::OnceLock;

const JYUTPING: &str = include_str!("data/jyutping.txt");
const PINYIN: &str = include_str!("data/pinyin.txt");
/// Bits of a [`mask`].
const BITS: u16 = 128;

/// How alike two characters sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// The same character.
    Same,
    /// A shared reading, or one that differs only as lazy speech does (n/l, ng/none).
    Homophone,
    /// Readings that unclear speech or another accent makes one (-ng/-n, -k/-t, gw/g, zh/z).
    Near,
    /// Nothing in common.
    Other,
}

#[derive(Default)]
struct Syllables {
    /// By the number of their line, pinyin after jyutping.
    exact: Vec<u16>,
    /// The same, as lazy speech has them.
    lazy: Vec<u16>,
    /// The same, as unclear speech has them.
    unclear: Vec<u16>,
}

struct Readings {
    /// Syllables of a canonical character.
    of: QuickMap<char, Syllables>,
    /// The syllables themselves, by their number.
    spelt: Vec<&'static str>,
    /// How many of them are jyutping.
    jyutping: u16,
    /// How many of the classes (lazy, unclear) are of jyutping.
    cantonese: u16,
    traditional: QuickSet<char>,
}

fn lines(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(' '))
}

fn readings() -> &'static Readings {
    static READINGS: OnceLock<Readings> = OnceLock::new();
    READINGS.get_or_init(|| {
        let mut r = Readings {
            of: QuickMap::default(),
            spelt: Vec::new(),
            jyutping: 0,
            cantonese: 0,
            traditional: QuickSet::default(),
        };
        let mut classes: HashMap<String, u16> = HashMap::new();
        for (language, table) in [("y", JYUTPING), ("m", PINYIN)] {
            for (syllable, chars) in lines(table) {
                let number = r.spelt.len() as u16;
                r.spelt.push(syllable);
                let mut class = |s: String| {
                    let next = classes.len() as u16;
                    *classes.entry(language.to_owned() + &s).or_insert(next)
                };
                let lazy = if language == "y" { lazy(syllable) } else { syllable.to_owned() };
                let (unclear, lazy) = (class(format!("~{}", unclear(&lazy))), class(lazy));
                for c in chars.chars() {
                    r.traditional.insert(c);
                    let of = r.of.entry(super::chinese::canonical(c)).or_default();
                    for (list, value) in
                        [(&mut of.exact, number), (&mut of.lazy, lazy), (&mut of.unclear, unclear)]
                    {
                        if !list.contains(&value) {
                            list.push(value);
                        }
                    }
                }
            }
            if language == "y" {
                (r.jyutping, r.cantonese) = (r.spelt.len() as u16, classes.len() as u16);
            }
        }
        r
    })
}

/// A Cantonese syllable with the initials that lazy speech drops or mixes.
fn lazy(s: &str) -> String {
    match s.strip_prefix("ng").filter(|rest| !rest.is_empty()) {
        Some(rest) => rest.to_owned(),
        None => s.strip_prefix('n').map_or_else(|| s.to_owned(), |rest| format!("l{rest}")),
    }
}

/// A syllable with the sounds that unclear speech or another accent mixes made one.
fn unclear(s: &str) -> String {
    let mut s = s.to_owned();
    for (from, to) in [("gw", "g"), ("kw", "k"), ("zh", "z"), ("ch", "c"), ("sh", "s")] {
        if let Some(rest) = s.strip_prefix(from) {
            s = format!("{to}{rest}");
        }
    }
    let shorter = match s.as_bytes() {
        [.., b'n', b'g'] => s[..s.len() - 1].to_owned(),
        [_, .., b'k'] => format!("{}t", &s[..s.len() - 1]),
        _ => s,
    };
    shorter.replace("aa", "a")
}

/// How alike two canonical characters (see [`super::chinese::canonical`]) sound.
pub fn closeness(a: char, b: char) -> Closeness {
    compare(a, b, |_, _| true)
}

/// The same in one language: in Cantonese, or else in Mandarin.
pub fn closeness_in(cantonese: bool, a: char, b: char) -> Closeness {
    compare(a, b, |n, first| (n < first) == cantonese)
}

/// Compares two characters by the readings that `counts` lets through: it is given a reading's number and the first
/// number that is Mandarin.
fn compare(a: char, b: char, counts: impl Fn(u16, u16) -> bool) -> Closeness {
    if a == b {
        return Closeness::Same;
    }
    let r = readings();
    let (Some(x), Some(y)) = (r.of.get(&a), r.of.get(&b)) else { return Closeness::Other };
    let shared = |x: &[u16], y: &[u16], first: u16| x.iter().any(|&s| counts(s, first) && y.contains(&s));
    if shared(&x.exact, &y.exact, r.jyutping) || shared(&x.lazy, &y.lazy, r.cantonese) {
        Closeness::Homophone
    } else if shared(&x.unclear, &y.unclear, r.cantonese) {
        Closeness::Near
    } else {
        Closeness::Other
    }
}

/// Bits of the ways a canonical character may sound: two that sound alike share one. For ruling out quickly.
pub fn mask(c: char) -> u128 {
    match readings().of.get(&c) {
        Some(s) => s.unclear.iter().fold(0, |bits, s| bits | 1 << (s % BITS)),
        None => 1 << (c as u32 % u32::from(BITS)),
    }
}

/// A canonical Chinese name in Latin letters, joined: its jyutping and its pinyin, at most `most` of each. None
/// where a character has no reading.
pub fn romanised(name: &str, most: usize) -> Vec<String> {
    let r = readings();
    let mut out = Vec::new();
    for cantonese in [true, false] {
        let mut all = vec![String::new()];
        for c in name.chars() {
            let syllables = r.of.get(&c).map(|s| s.exact.as_slice()).unwrap_or_default();
            let fits = syllables.iter().filter(|s| (**s < r.jyutping) == cantonese);
            let next: Vec<String> = fits
                .flat_map(|&s| all.iter().map(move |a| format!("{a}{}", r.spelt[s as usize])))
                .take(most)
                .collect();
            all = next;
        }
        out.extend(all);
    }
    out
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
        let close = |a, b| closeness(canonical(a), canonical(b));
        for (a, b) in [('故', '古'), ('側', '鰂'), ('皇', '黃'), ('加', '嘉'), ('鋪', '埔'), ('藍', '南')]
        {
            assert_eq!(close(a, b), Closeness::Homophone, "{a} {b}");
            assert_ne!(mask(canonical(a)) & mask(canonical(b)), 0, "{a} {b}");
        }
        assert_eq!(close('生', '山'), Closeness::Near);
        assert_eq!(close('都', '港'), Closeness::Other);
        assert_eq!(close('城', '城'), Closeness::Same);
    }

    #[test]
    fn each_language_has_its_own() {
        let close = |cantonese, a, b| closeness_in(cantonese, canonical(a), canonical(b));
        assert_eq!(
            (close(true, '江', '港'), close(false, '江', '港')),
            (Closeness::Homophone, Closeness::Other)
        );
        assert_eq!(
            (close(true, '玉', '御'), close(false, '玉', '御')),
            (Closeness::Other, Closeness::Homophone)
        );
    }

    #[test]
    fn names_in_latin_letters() {
        let name: String = "太古城".chars().map(canonical).collect();
        let all = romanised(&name, 8);
        assert!(all.contains(&"taigucheng".to_owned()) && all.contains(&"taaigusing".to_owned()), "{all:?}");
        assert!(romanised("K城", 8).is_empty());
    }
}
