//! What actions are about (`things.toml`): whose job it is to deal with it, and how it is called in each language.

use super::cues::{Family, Hit};
use crate::language::{Folded, Language};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

/// A thing, or a party to be spoken to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thing {
    /// agent or client.
    pub owner: String,
    /// People and offices.
    #[serde(default)]
    pub party: bool,
    words: Vec<String>,
    yue: String,
    cmn: String,
    en: String,
}

impl Thing {
    /// Its name; Mandarin's is in Simplified.
    pub fn name(&self, language: Language) -> &str {
        match language {
            Language::Yue => &self.yue,
            Language::Cmn => &self.cmn,
            Language::En => &self.en,
        }
    }
}

struct Things {
    by_key: BTreeMap<String, Thing>,
    words: Family,
}

fn all() -> &'static Things {
    static THINGS: OnceLock<Things> = OnceLock::new();
    THINGS.get_or_init(|| {
        let by_key: BTreeMap<String, Thing> =
            toml::from_str(include_str!("things.toml")).expect("things.toml is well formed");
        let words = Family::new(by_key.iter().map(|(key, thing)| (key.as_str(), thing.words.as_slice())));
        Things { by_key, words }
    })
}

/// The thing with a key.
pub(super) fn thing(key: &str) -> Option<&'static Thing> {
    all().by_key.get(key)
}

/// The things that a stretch speaks of; a hit's sense is the thing's key.
pub(super) fn find(text: &Folded, within: &Range<usize>) -> Vec<Hit> {
    all().words.find(&text.chars, within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thing_has_an_owner_and_a_name_in_each_language() {
        for (key, thing) in all().by_key.iter().filter(|(key, _)| *key != "none") {
            assert!(matches!(thing.owner.as_str(), "agent" | "client"), "{key}");
            for language in [Language::Yue, Language::Cmn, Language::En] {
                assert!(!thing.name(language).is_empty(), "{key} {language:?}");
            }
        }
    }
}
