//! Everything that is known about words and nothing about listings on screen: the language and script of a text,
//! folding, numerals, the lexicon, the gazetteer and closeness in sound. Pure; the vocabulary lives in `data/`.
//!
//! What it leaves out: what a question means (that is `assistant`) and what a meeting decided (that is `minutes`).

use serde::{Deserialize, Serialize};

/// Simplified and Traditional, for reading and for writing.
pub mod chinese;
/// Common words of Chinese.
mod chinese_words;
/// Families of phrases in data files.
pub(crate) mod cues;
/// Days and times as they are said.
pub(crate) mod dates;
/// Which language a text is in.
pub mod detect;
/// Words of English.
mod english;
/// One canonical form for understanding, with the way back to the text as given.
pub mod fold;
/// Places, built from the listing base and a list of Hong Kong's.
pub mod gazetteer;
/// Concepts and the phrases that stand for them.
pub mod lexicon;
/// How the names of places are shortened.
mod names;
/// Numbers as people say them.
pub mod numerals;
/// A quick hash for tables of our own.
pub mod quick;
/// Characters that look alike.
mod shapes;
/// Characters that sound alike.
pub mod sounds;
/// Longest match of many phrases.
pub mod trie;

pub use chinese_words::{cut_into_words, is_chinese_word};
pub use detect::{Tongue, detect};
pub use english::is_english;
pub use fold::{Folded, fold, fold_str};
pub use gazetteer::{Gazetteer, How, Place, PlaceKind, PlaceMatch};
pub use lexicon::{Lexicon, lexicon};
pub use numerals::{Amount, Unit, find_amounts};

/// A language that Branchbox answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Cantonese, written in Traditional script.
    Yue,
    /// Mandarin, or written Chinese in either script.
    Cmn,
    /// English.
    En,
}

impl Language {
    /// The language of a code, if it is one of ours.
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::Yue, Self::Cmn, Self::En].into_iter().find(|l| l.code() == code)
    }

    /// The ISO 639-3 code ("en" for English, as CONTRACT.md has it).
    pub fn code(self) -> &'static str {
        match self {
            Self::Yue => "yue",
            Self::Cmn => "cmn",
            Self::En => "en",
        }
    }
}

/// A script, by its ISO 15924 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Script {
    /// Traditional Chinese.
    Hant,
    /// Simplified Chinese.
    Hans,
    /// Latin.
    Latn,
}

/// The candidates that are written much like a phrase, the likest first, at most three.
fn likest(phrase: &str, candidates: impl IntoIterator<Item = String>) -> Vec<String> {
    /// How alike is alike: half of the characters.
    const ENOUGH: f64 = 0.5;
    let phrase = fold_str(phrase);
    let like = |c: String| {
        let folded = fold_str(&c);
        let likeness = strsim::normalized_damerau_levenshtein(&phrase, &folded);
        (likeness >= ENOUGH && folded.chars().nth(1).is_some()).then_some((likeness, c))
    };
    let mut found: Vec<(f64, String)> = candidates.into_iter().filter_map(like).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.dedup_by(|a, b| a.1 == b.1);
    found.into_iter().take(3).map(|f| f.1).collect()
}
