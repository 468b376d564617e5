//! The branch's phrasebook: its scripts (questions that the listings do not answer, with the branch's own answers) and
//! its words (nicknames of places, local ways to say what the vocabulary has).
//!
//! It lies beside the listing base in `phrasebook.json`, plain and replaced whole like it, and has a version that is
//! the hash of its content. A base from head office leaves it alone. It never holds a listing's facts: those come from
//! the rows, and the assistant sees to it that they do.

mod file;

pub use file::{PhrasebookError, Replaced, load, replace};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A question-and-answer pair of the branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Its name, unique in the phrasebook: "opening-hours".
    pub id: String,
    /// Where two scripts could answer, the larger one does; 0 is usual.
    pub priority: i32,
    /// Words that ask for it, in Chinese of either script. A space within one parts words that may stand anywhere.
    pub triggers_zh: Vec<String>,
    /// The same in English.
    pub triggers_en: Vec<String>,
    /// The answer in Cantonese, or "".
    pub answer_yue: String,
    /// The answer in written Chinese of either script, or "".
    pub answer_cmn: String,
    /// The answer in English, or "".
    pub answer_en: String,
}

impl Script {
    /// All triggers, of whichever language.
    pub fn triggers(&self) -> impl Iterator<Item = &String> {
        self.triggers_zh.iter().chain(&self.triggers_en)
    }
}

/// What a word of the branch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WordKind {
    /// Another name of a place.
    Place,
    /// Another way to say something that the vocabulary has.
    Word,
}

/// A word of the branch's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The word, in any script.
    pub word: String,
    /// What it is.
    pub kind: WordKind,
    /// For a place its name in either language; else a phrase of the vocabulary, or a concept by its id ("is:view_en=sea").
    pub meaning: String,
}

/// A branch's phrasebook.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Phrasebook {
    /// Hash of the content, 64 hexadecimal digits; "" where there is no phrasebook.
    pub version: String,
    /// The names of the files it was last changed from.
    pub source: String,
    /// When it took its place, RFC 3339.
    pub imported_at: String,
    /// In the order of their files.
    pub scripts: Vec<Script>,
    /// In the order of their files.
    pub words: Vec<Word>,
}

impl Phrasebook {
    /// The version that this content has.
    pub fn content_hash(&self) -> String {
        let content = serde_json::to_vec(&(&self.scripts, &self.words)).expect("scripts and words are JSON");
        hex::encode(Sha256::digest(content))
    }
}
