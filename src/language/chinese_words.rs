//! Common Chinese words, and where the words of a text probably begin and end: what is ordinary language is no slip of
//! the ear for a name. The list is a data file that says where it comes from.
//!
//! It leaves out what a name is (that is the gazetteer's) and everything about meaning.

use super::quick::QuickSet;
use super::{Folded, fold_str, lexicon};
use std::ops::Range;
use std::sync::OnceLock;

const WORDS: &str = include_str!("data/chinese_words.txt");
/// Characters of the longest word of the list.
const LONGEST: usize = 4;

fn words() -> &'static QuickSet<Box<str>> {
    static WORD: OnceLock<QuickSet<Box<str>>> = OnceLock::new();
    WORD.get_or_init(|| {
        WORDS.lines().filter(|l| !l.starts_with('#')).map(|l| fold_str(l).into_boxed_str()).collect()
    })
}

/// Whether a folded text of two characters or more is a common Chinese word.
pub fn is_chinese_word(folded: &str) -> bool {
    words().contains(folded)
}

/// Cuts a text into words, by the fewest words that it can be read as and then the longest: the list's, the lexicon's,
/// and the names that are given, which are never cut. A character that no word takes in stands alone.
pub fn cut_into_words(text: &Folded, names: &[Range<usize>]) -> Vec<Range<usize>> {
    let n = text.chars.len();
    // For each place: the fewest words to the end, the squares of their lengths, and where the first one ends.
    let mut best = vec![(0usize, 0usize, n); n + 1];
    let inside = |at: usize| names.iter().any(|r| r.start < at && at < r.end);
    for at in (0..n).rev() {
        let mut ends = vec![at + 1];
        if let Some(name) = names.iter().find(|r| r.start == at) {
            ends = vec![name.end];
        } else if !inside(at) {
            for end in (at + 2..=at + LONGEST).take_while(|e| *e <= n) {
                if words().contains(text.slice(at..end).as_str()) {
                    ends.push(end);
                }
            }
            ends.extend(lexicon().longest(text, at).map(|f| f.end).filter(|e| *e > at));
        }
        let reach = |&end: &usize| {
            let (count, squares, _) = best[end];
            (count + 1, squares + (end - at).pow(2), end)
        };
        let chosen = ends.iter().filter(|e| !inside(**e)).map(reach);
        best[at] = chosen.min_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1))).unwrap_or((
            best[at + 1].0 + 1,
            best[at + 1].1 + 1,
            at + 1,
        ));
    }
    let mut out = Vec::new();
    let mut at = 0;
    while at < n {
        out.push(at..best[at].2);
        at = best[at].2;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::fold;

    #[test]
    fn words_are_cut() {
        let cut = |text: &str, name: Option<Range<usize>>| {
            let text = fold(text);
            let words = cut_into_words(&text, name.as_slice()).into_iter().map(|r| text.slice(r));
            words.collect::<Vec<_>>().join("/")
        };
        assert_eq!(cut("太古成日塞車", Some(0..2)), "太古/成日/塞车");
        assert_eq!(cut("泰古城入面", Some(0..3)), "泰古城/入面");
        assert!(cut("佢成功咗", None).contains("/成功/"));
        assert_eq!(cut("", None), "");
    }

    #[test]
    fn both_scripts_are_known() {
        assert!(is_chinese_word(&fold_str("點解")) && is_chinese_word(&fold_str("成功")));
        assert!(!is_chinese_word("泰古城"));
    }
}
