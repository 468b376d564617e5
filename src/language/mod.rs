//! Everything that is known about words and nothing about listings on screen: the language and script of a text,
//! folding, numerals, the lexicon, the gazetteer and closeness in sound. Pure; the vocabulary lives in `data/`.
//!
//! What it leaves out: what a question means (that is `assistant`) and what a meeting decided (that is `minutes`).

use serde::{Deserialize, Serialize};

/// Simplified and Traditional, for reading and for writing.
pub mod chinese;
/// Which language a text is in.
pub mod detect;
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
/// Characters that sound alike.
pub mod sounds;
/// Longest match of many phrases.
pub mod trie;

pub use detect::{Tongue, detect};
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
