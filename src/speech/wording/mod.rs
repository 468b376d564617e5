//! What the recogniser wrote becomes what the branch writes: names that only sound like one of the branch's are put
//! right, its names stand as its listing base writes them, and the rest is in the script of the language (Hong Kong's
//! Traditional characters for Cantonese, Simplified ones for Mandarin). Every change is reported.
//!
//! A name is only put in the place of what sounds like it where nothing else can be meant: never for ordinary words,
//! never for another name that is known, never where two names sound so, and no figure is ever touched. What is in
//! doubt stays as it was heard; the reader of the transcript knows what was said, a wrong name would mislead him.
//! Pure: the names are handed in. It leaves out who the speaker is and what he meant.

mod chinese;
mod exact;
mod latin;
mod prompt;
mod rules;
mod script;

use crate::language::{Gazetteer, Language, Place, PlaceKind, fold};
use crate::listings::Listing;
use crate::store::transcripts::{Change, Heard, Reason};
use chinese::Chinese;
use latin::Latin;
use prompt::Prompt;
use script::Writer;
use std::ops::Range;
use std::sync::Arc;

/// The names of a branch, ready to put right what was heard.
pub struct Wording {
    places: Gazetteer,
    chinese: Chinese,
    latin: Latin,
    prompt: Prompt,
}

/// What is to be kept of an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text as the branch writes it.
    pub text: String,
    /// What of it is not as it was heard, from left to right.
    pub changes: Vec<Change>,
}

impl Written {
    /// What to keep beside the text: `original` with the changes, where there are any.
    pub fn heard(&self, original: &str) -> Option<Heard> {
        let changes = self.changes.clone();
        (!changes.is_empty()).then(|| Heard { text: original.to_owned(), changes })
    }
}

/// Bytes of what was heard, and what is written for them. An edit that changes nothing keeps them from being changed.
struct Edit {
    bytes: Range<usize>,
    to: String,
    reason: Reason,
}

impl Default for Wording {
    /// Without names: the script alone is seen to.
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Wording {
    /// Takes in the names of a listing base: its estates with their phases, its districts. Of an empty one, only the
    /// script is seen to.
    pub fn new(listings: &[Arc<Listing>]) -> Self {
        let places = Gazetteer::new(listings.iter().map(Arc::as_ref));
        let (chinese, latin) = (Chinese::new(places.places()), Latin::new(places.places()));
        Self { chinese, latin, prompt: Prompt::new(listings), places }
    }

    /// Writes what was heard in a language.
    pub fn write(&self, text: &str, language: Language) -> Written {
        let folded = fold(text);
        let named = self.places.named_in(&folded);
        let mut edits = self.chinese.edits(&folded, &named, language);
        edits.extend(self.latin.edits(&self.places, &folded, &named));
        // A name that was misheard may hold the short form of another.
        let free = |e: &Edit, edits: &[Edit]| {
            !edits.iter().any(|o| o.bytes.start < e.bytes.end && e.bytes.start < o.bytes.end)
        };
        for edit in exact::edits(text, &folded, &named, language) {
            if free(&edit, &edits) {
                edits.push(edit);
            }
        }
        edits.sort_by_key(|e| e.bytes.start);
        let mut writer = Writer::new(text, language);
        for edit in edits {
            writer.edit(edit);
        }
        writer.finish()
    }

    /// Names to steer the recogniser with, in the script of the language, the most useful first: estates by how many
    /// of their units are available, then by how new their listings are; then districts likewise. The caller takes as
    /// many as its budget of tokens allows.
    pub fn prompt(&self, language: Language) -> Vec<String> {
        self.prompt.names(language)
    }
}

/// Whether a place of the branch may be put in the place of what sounds like it.
fn repairable(place: &Place) -> bool {
    let phase = || place.name_zh.contains('期') || place.name_en.to_lowercase().contains("phase");
    place.in_base
        && match place.kind {
            PlaceKind::Estate | PlaceKind::District => true,
            PlaceKind::Block => phase(),
            PlaceKind::Region | PlaceKind::Mtr => false,
        }
}

#[cfg(test)]
mod tests;
