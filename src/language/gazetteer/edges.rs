//! Where the phrases of the lexicon stand in a text: a slip is not looked for in what is a word already, nor across one.

use super::super::chinese::is_han;
use super::super::{Folded, is_english, lexicon};
use std::ops::Range;

/// Whether the lexicon explains the whole word, or English does.
pub fn is_plain(text: &Folded, from: usize, to: usize) -> bool {
    if to - from >= 3 && text.at(from).is_ascii_alphabetic() && is_english(&text.slice(from..to)) {
        return true;
    }
    // "Wes" is no plural of "we".
    let plural = to - from < 5 && text.at(to - 1) == 's';
    lexicon().longest(text, from).is_some_and(|f| f.end >= to)
        && (!plural || lexicon().has(&text.slice(from..to)))
        || text.chars[from.min(to)..to].iter().all(char::is_ascii_digit)
}

/// Whether a stretch is all that a clause says before a word of the lexicon, and no word itself: short names by
/// sound are only looked for there.
pub fn stands_apart(text: &Folded, range: &Range<usize>) -> bool {
    let explained = |at: usize| lexicon().longest(text, at).is_some();
    let opens = range.start == 0
        || !is_han(text.at(range.start - 1))
        || (range.start >= 1
            && (1..=3.min(range.start))
                .any(|k| lexicon().longest(text, range.start - k).is_some_and(|f| f.end == range.start)));
    let closes = !is_han(text.at(range.end)) || explained(range.end);
    opens && closes && range.clone().all(|i| !explained(i))
}

/// For each place between two characters, whether a phrase of the lexicon runs across it.
pub fn inside_phrases(text: &Folded) -> Vec<bool> {
    let mut out = vec![false; text.chars.len() + 1];
    let mut at = 0;
    while at < text.chars.len() {
        let end = lexicon().longest(text, at).map_or(at + 1, |f| f.end);
        out[at + 1..end.max(at + 1)].iter_mut().for_each(|o| *o = true);
        at = end.max(at + 1);
    }
    out
}
