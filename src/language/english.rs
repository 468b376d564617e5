//! The commonest English words: they are no slips for names, nor names that nobody knows. The list is a data file that
//! says where it comes from.

use std::collections::HashSet;
use std::sync::OnceLock;

const WORDS: &str = include_str!("data/english_words.txt");

/// Whether a folded word is a common English one.
pub fn is_english(word: &str) -> bool {
    static COMMON: OnceLock<HashSet<&'static str>> = OnceLock::new();
    COMMON.get_or_init(|| WORDS.lines().filter(|l| !l.starts_with('#')).collect()).contains(word)
}
