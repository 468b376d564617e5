//! Concepts and the phrases that stand for them, from a data file. A concept's id is its group and its name:
//! "field:price_psf", "is:view_en=sea", "compare:max".

use super::numerals::SQFT_PER_SQM;
use super::trie::Trie;
use super::{Folded, Unit, fold_str};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Phrases to concepts.
pub struct Lexicon {
    trie: Trie<u16>,
    concepts: Vec<String>,
}

/// Concepts found at one place of a text.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// Where the phrase ends, in folded characters.
    pub end: usize,
    ids: &'a [u16],
    concepts: &'a [String],
}

impl<'a> Found<'a> {
    /// The ids of the concepts, as in "is:view_en=sea".
    pub fn concepts(self) -> impl Iterator<Item = &'a str> {
        self.ids.iter().map(move |&i| self.concepts[i as usize].as_str())
    }
}

impl Lexicon {
    /// Reads groups of concepts: `[group]` and `name = ["phrase", …]`. A concept may stand in several of the files.
    pub fn parse(files: &[&str]) -> Result<Self, toml::de::Error> {
        let mut lexicon = Self { trie: Trie::default(), concepts: Vec::new() };
        for file in files {
            let groups: BTreeMap<String, BTreeMap<String, Vec<String>>> = toml::from_str(file)?;
            for (group, concepts) in groups {
                for (name, phrases) in concepts {
                    let id = lexicon.concept(format!("{group}:{name}"));
                    phrases.iter().for_each(|phrase| lexicon.trie.insert(&fold_str(phrase), id));
                }
            }
        }
        Ok(lexicon)
    }

    /// Whether there is exactly this folded phrase.
    pub fn has(&self, phrase: &str) -> bool {
        !self.trie.get(phrase).is_empty()
    }

    fn concept(&mut self, concept: String) -> u16 {
        let at = self.concepts.iter().position(|c| *c == concept).unwrap_or_else(|| {
            self.concepts.push(concept);
            self.concepts.len() - 1
        });
        at as u16
    }

    /// The longest phrase at a place.
    pub fn longest<'a>(&'a self, text: &Folded, at: usize) -> Option<Found<'a>> {
        self.trie.longest(&text.chars, at).map(|(end, ids)| Found { end, ids, concepts: &self.concepts })
    }

    /// The concepts that exactly this phrase stands for, or that has this id; none where it is no phrase of the lexicon.
    pub fn meaning<'a>(&'a self, phrase: &str) -> Vec<&'a str> {
        if let Some(id) = self.concepts.iter().find(|c| *c == phrase.trim()) {
            return vec![id];
        }
        self.trie.get(&fold_str(phrase)).iter().map(|&i| self.concepts[i as usize].as_str()).collect()
    }

    /// What a value in a unit ("sqm") is multiplied by for the measure of the base.
    pub fn factor(&self, unit: &str) -> f64 {
        if unit == "sqm" { SQFT_PER_SQM } else { 1.0 }
    }

    /// The unit of measure at a place: where it ends, which it is, and what a value in it is multiplied by.
    pub fn unit_at(&self, text: &Folded, at: usize) -> Option<(usize, Unit, f64)> {
        let found = self.longest(text, at)?;
        let unit = found.concepts().find_map(|c| c.strip_prefix("unit:"))?;
        Some(match unit {
            "sqft" => (found.end, Unit::SqFt, 1.0),
            "sqm" => (found.end, Unit::SqFt, SQFT_PER_SQM),
            "years" => (found.end, Unit::Years, 1.0),
            "minutes" => (found.end, Unit::Minutes, 1.0),
            "bedrooms" => (found.end, Unit::Bedrooms, 1.0),
            "bathrooms" => (found.end, Unit::Bathrooms, 1.0),
            _ => (found.end, Unit::Other, 1.0),
        })
    }
}

/// The core, and more wordings of its concepts.
const FILES: [&str; 4] = [
    include_str!("data/lexicon.toml"),
    include_str!("data/lexicon_yue.toml"),
    include_str!("data/lexicon_cmn.toml"),
    include_str!("data/lexicon_en.toml"),
];

/// The lexicon that comes with the program.
pub fn lexicon() -> &'static Lexicon {
    static LEXICON: OnceLock<Lexicon> = OnceLock::new();
    LEXICON.get_or_init(|| Lexicon::parse(&FILES).expect("the lexicon files are well formed"))
}

/// Phrases of the program's lexicon that are written much like `phrase`, the likest first. For a suggestion to
/// somebody who mistyped one: it reads the data file again.
pub fn phrases_like(phrase: &str) -> Vec<String> {
    let groups = FILES.iter().flat_map(|file| {
        let groups: BTreeMap<String, BTreeMap<String, Vec<String>>> =
            toml::from_str(file).expect("the lexicon files are well formed");
        groups
    });
    let phrases = groups.filter(|(group, _)| group != "filler").flat_map(|(_, concepts)| concepts);
    super::likest(phrase, phrases.flat_map(|(_, phrases)| phrases))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::fold;

    #[test]
    fn the_longest_phrase_wins_and_words_are_whole() {
        let found = |text: &str| {
            let folded = fold(text);
            lexicon()
                .longest(&folded, 0)
                .map(|f| (f.end, f.concepts().map(str::to_owned).collect::<Vec<_>>()))
        };
        assert_eq!(found("连租约").unwrap().1, ["is:tenancy=tenanted"]);
        assert!(found("southampton").is_none());
        assert_eq!(found("helper's rooms").unwrap().0, 13);
    }
}
