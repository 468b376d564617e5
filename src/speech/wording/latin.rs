//! Words in Latin letters that sound like an English name of the branch ("tie koo shing", "low has park"), or are spelt a
//! slip away from it as the gazetteer measures slips.
//!
//! Two spellings sound the same where their keys are equal (`wording.toml` says how English spells sounds), a final s
//! aside. Ordinary words that sound like a name are only put right beside a word that says that a home is meant (block,
//! tower, flat).

use super::rules::rules;
use super::{Edit, repairable};
use crate::language::{
    Folded, Gazetteer, How, Place, PlaceKind, PlaceMatch, fold_str, is_english, lexicon, numerals,
};
use crate::store::transcripts::Reason;
use std::collections::HashMap;
use std::ops::Range;

/// Words of the longest name that is looked for.
const MOST_WORDS: usize = 6;
/// Sounds of the shortest name that is looked for.
const FEWEST_SOUNDS: usize = 4;
/// Consonants that a name needs for one vowel in it to be wrong.
const FEWEST_CONSONANTS: usize = 4;
/// The sounds that are vowels, as the keys have them.
const VOWELS: &str = "IUOEiaY";

/// The English names that are known.
pub struct Latin {
    names: Vec<Name>,
    /// Names by their consonants.
    by_consonants: HashMap<String, Vec<usize>>,
}

struct Name {
    /// Folded, joined, without "the".
    spelt: String,
    words: Vec<String>,
    key: String,
    /// As the base writes it.
    written: String,
    /// Whether it may be put in the place of what sounds like it; the others only cast doubt.
    ours: bool,
}

/// Words of a text that stand behind each other.
struct Window {
    at: Range<usize>,
    words: Vec<Range<usize>>,
}

impl Latin {
    /// Takes in the names of places.
    pub fn new(places: &[Place]) -> Self {
        let mut all = Self { names: Vec::new(), by_consonants: HashMap::new() };
        let mut seen: HashMap<String, usize> = HashMap::new();
        for place in places.iter().filter(|p| p.kind != PlaceKind::Block || repairable(p)) {
            let folded = fold_str(&place.name_en);
            let bare = folded.strip_prefix("the ").unwrap_or(&folded);
            let spelt = letters(bare);
            let key = key(&spelt);
            if !folded.is_ascii() || key.len() < FEWEST_SOUNDS {
                continue;
            }
            let ours = repairable(place);
            if let Some(&same) = seen.get(&spelt) {
                let same = &mut all.names[same];
                if ours && !same.ours {
                    (same.written, same.ours) = (place.name_en.clone(), true);
                }
                continue;
            }
            seen.insert(spelt.clone(), all.names.len());
            all.by_consonants.entry(consonants(&key)).or_default().push(all.names.len());
            let words = bare.split(' ').map(letters).collect();
            all.names.push(Name { spelt, words, key, written: place.name_en.clone(), ours });
        }
        all
    }

    /// What is to be written in the place of words that surely are names of the branch.
    pub fn edits(&self, places: &Gazetteer, text: &Folded, named: &[PlaceMatch]) -> Vec<Edit> {
        let words = words(text);
        if words.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(Range<usize>, &Name)> = Vec::new();
        for window in windows(text, &words) {
            let over = |m: &&PlaceMatch| m.at.start < window.at.end && window.at.start < m.at.end;
            let inside = |m: &PlaceMatch| {
                window.at.start <= m.at.start && m.at.end <= window.at.end && m.at != window.at
            };
            if !named.iter().filter(over).all(inside) {
                continue;
            }
            if let Some(name) = self.heard(text, &window, &words) {
                found.push((window.at, name));
            }
        }
        // The longest first.
        found.sort_by_key(|(at, _)| std::cmp::Reverse(at.len()));
        let mut edits: Vec<Edit> = Vec::new();
        let mut add = |at: Range<usize>, written: &str| {
            let at = with_article(text, at, written);
            let bytes = text.original(at);
            if !edits.iter().any(|e| e.bytes.start < bytes.end && bytes.start < e.bytes.end) {
                edits.push(Edit { bytes, to: written.to_owned(), reason: Reason::Sound });
            }
        };
        found.into_iter().for_each(|(at, name)| add(at, &name.written));
        for m in places.find_in(text) {
            if let Some((at, written)) = slip(text, &m, &words) {
                add(at, written);
            }
        }
        edits
    }

    /// The name that a window surely is.
    fn heard(&self, text: &Folded, window: &Window, all: &[Range<usize>]) -> Option<&Name> {
        let said: Vec<String> = window.words.iter().map(|w| text.slice(w.clone())).collect();
        let spelt: String = said.concat();
        let key = key(&spelt);
        if key.len() < FEWEST_SOUNDS || spelt.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut equal: Vec<&Name> = Vec::new();
        let mut near: Vec<&Name> = Vec::new();
        for &i in self.by_consonants.get(&consonants(&key)).into_iter().flatten() {
            let name = &self.names[i];
            match vowels_apart(bare(&name.key), bare(&key)) {
                Some(0) => equal.push(name),
                Some(1) => near.push(name),
                _ => {}
            }
        }
        let plain = |w: &String| is_english(w) || lexicon().has(w);
        let ordinary = said.iter().all(plain);
        let name = match (equal.as_slice(), near.as_slice()) {
            ([name], []) if !ordinary || hinted(text, window, all) => name,
            ([], [name]) if !ordinary && consonants(&name.key).len() >= FEWEST_CONSONANTS => name,
            _ => return None,
        };
        // A number is said on purpose.
        let counted = |w: &Range<usize>| {
            numerals::number_at(text, w.start).is_some() && !name.words.contains(&text.slice(w.clone()))
        };
        let other = name.spelt != spelt;
        (name.ours && other && !window.words.iter().any(counted)).then_some(*name)
    }
}

/// A slip that the gazetteer is sure of: where it stands and what is written.
fn slip<'m>(text: &Folded, m: &'m PlaceMatch, words: &[Range<usize>]) -> Option<(Range<usize>, &'m str)> {
    let near = matches!(m.how, How::Spelling | How::Sound);
    let inside: Vec<String> = words
        .iter()
        .filter(|w| m.at.start <= w.start && w.end <= m.at.end)
        .map(|w| text.slice(w.clone()))
        .collect();
    let folded = fold_str(&m.place.name_en);
    let digits = |s: &str| s.chars().filter(char::is_ascii_digit).collect::<String>();
    let said = text.slice(m.at.clone());
    // What was matched must be the name in full, not a short form of it.
    let (a, b) = (letters(said.trim_start_matches("the ")), letters(folded.trim_start_matches("the ")));
    let whole = m.how == How::Sound || strsim::osa_distance(&a, &b) <= 3 && a.len().abs_diff(b.len()) <= 3;
    let plain = inside.iter().all(|w| is_english(w) || lexicon().has(w));
    let fits = near && m.sure && m.also.is_empty() && said.is_ascii() && folded.is_ascii();
    (fits && repairable(&m.place) && whole && !plain && digits(&said) == digits(&folded) && a != b)
        .then(|| (m.at.clone(), m.place.name_en.as_str()))
}

/// Takes in an article that belongs to the name.
fn with_article(text: &Folded, at: Range<usize>, written: &str) -> Range<usize> {
    let article = fold_str(written).starts_with("the ")
        && at.start >= 4
        && text.slice(at.start - 4..at.start) == "the "
        && !text.at(at.start.wrapping_sub(5)).is_ascii_alphanumeric();
    if article { at.start - 4..at.end } else { at }
}

/// Whether a word that says that a home is meant stands before or behind.
fn hinted(text: &Folded, window: &Window, words: &[Range<usize>]) -> bool {
    let word = |r: &Range<usize>| text.slice(r.clone());
    let behind = words
        .iter()
        .find(|w| w.start > window.at.end)
        .is_some_and(|w| w.start == window.at.end + 1 && rules().english_after.contains(&word(w)));
    let mut before = words.iter().rev().filter(|w| w.end < window.at.start).take(3);
    behind
        || before.any(|w| {
            // Within the clause.
            let between = &text.chars[w.end..window.at.start];
            rules().english_before.contains(&word(w))
                && between.iter().all(|c| *c == ' ' || c.is_ascii_alphanumeric())
        })
}

/// The Latin words of a text, figures among them.
fn words(text: &Folded) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for (i, c) in text.chars.iter().enumerate().filter(|(_, c)| c.is_ascii_alphanumeric()) {
        match out.last_mut() {
            Some(last) if last.end == i => last.end = i + c.len_utf8(),
            _ => out.push(i..i + 1),
        }
    }
    out
}

/// Every run of words with nothing but a space between them that does not begin with an article.
fn windows(text: &Folded, words: &[Range<usize>]) -> Vec<Window> {
    let mut out = Vec::new();
    for first in 0..words.len() {
        if text.slice(words[first].clone()) == "the" {
            continue;
        }
        for last in first..words.len().min(first + MOST_WORDS) {
            if last > first
                && (words[last].start != words[last - 1].end + 1 || text.at(words[last - 1].end) != ' ')
            {
                break;
            }
            out.push(Window { at: words[first].start..words[last].end, words: words[first..=last].to_vec() });
        }
    }
    out
}

fn letters(s: &str) -> String {
    s.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// How joined letters sound to an English ear.
fn key(spelt: &str) -> String {
    let mut s = spelt.to_owned();
    for (from, to) in &rules().sounds {
        if let Some(ending) = from.strip_suffix('$') {
            if let Some(stem) = s.strip_suffix(ending).filter(|stem| stem.len() >= 3) {
                s = format!("{stem}{to}");
            }
        } else if let Some(from) = from.strip_suffix('~') {
            s = replace_but_before_vowels(&s, from, to);
        } else if s.contains(from.as_str()) {
            s = s.replace(from.as_str(), to);
        }
    }
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        if VOWELS.contains(c) || !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

/// Replaces what is not followed by a vowel's letter: the r of "corn", not that of "Sorrento".
fn replace_but_before_vowels(s: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(s.len());
    let mut rest = s;
    while let Some(at) = rest.find(from) {
        let (before, behind) = (&rest[..at], &rest[at + from.len()..]);
        let before_vowel = behind.starts_with(['a', 'e', 'i', 'o', 'u', 'y', 'r']);
        out.push_str(before);
        out.push_str(if before_vowel { from } else { to });
        rest = behind;
    }
    out + rest
}

/// A key without a final s.
fn bare(key: &str) -> &str {
    key.strip_suffix('s').unwrap_or(key)
}

fn consonants(key: &str) -> String {
    bare(key).chars().filter(|c| !VOWELS.contains(*c)).collect()
}

/// How many vowels of two keys with the same consonants differ; none where they do not stand one for one.
fn vowels_apart(a: &str, b: &str) -> Option<usize> {
    let vowel = |c: char| VOWELS.contains(c);
    if a.len() != b.len() || a.chars().zip(b.chars()).any(|(x, y)| vowel(x) != vowel(y)) {
        return None;
    }
    Some(a.chars().zip(b.chars()).filter(|(x, y)| x != y).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_sound_have_one_key() {
        for (a, b) in [
            ("taikooshing", "tiekooshing"),
            ("taikooshing", "taikusing"),
            ("kornhill", "cornhil"),
            ("whampoagarden", "wampoagarden"),
            ("lohaspark", "lowhasparc"),
            ("belchers", "bellchairs"),
            ("amoygardens", "amoigardens"),
        ] {
            assert_eq!(key(a), key(b), "{a} {b}");
        }
        assert_ne!(key("thearch"), key("theark"));
        assert_eq!(vowels_apart("tIkU", "takU"), Some(1));
        assert_eq!(vowels_apart("tIkU", "tIkUn"), None);
    }
}
