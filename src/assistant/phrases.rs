//! The phrases of the three languages, one data file each: `phrases/yue.toml`, `phrases/cmn.toml`, `phrases/en.toml`.
//! A reviewer reads everything the kiosk says there.

use crate::language::Language;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The phrases of one language, by section and name: "say.refuse", "labels.view".
pub struct Phrases(HashMap<String, String>);

impl Phrases {
    fn parse(toml: &str) -> Result<Self, toml::de::Error> {
        let sections: HashMap<String, HashMap<String, String>> = toml::from_str(toml)?;
        let flat = sections.into_iter().flat_map(|(section, phrases)| {
            phrases.into_iter().map(move |(name, phrase)| (format!("{section}.{name}"), phrase))
        });
        Ok(Self(flat.collect()))
    }

    /// A phrase, if there is one.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A phrase with its slots filled; its own name where it is missing, so that a gap is seen.
    pub fn say(&self, name: &str, slots: &[(&str, &str)]) -> String {
        let mut out = self.find(name).unwrap_or(name).to_owned();
        for (slot, value) in slots {
            out = out.replace(&format!("{{{slot}}}"), value);
        }
        out
    }
}

/// The phrases of a language.
pub fn phrases(language: Language) -> &'static Phrases {
    static ALL: OnceLock<[Phrases; 3]> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        [include_str!("phrases/yue.toml"), include_str!("phrases/cmn.toml"), include_str!("phrases/en.toml")]
            .map(|t| Phrases::parse(t).expect("the phrase files are well formed"))
    });
    match language {
        Language::Yue => &all[0],
        Language::Cmn => &all[1],
        Language::En => &all[2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_phrase() {
        let names = |l| {
            let mut names: Vec<_> = phrases(l).0.keys().cloned().collect();
            names.sort();
            names
        };
        assert_eq!(names(Language::Yue), names(Language::Cmn));
        assert_eq!(names(Language::Yue), names(Language::En));
    }

    #[test]
    fn every_column_that_is_shown_has_its_words() {
        for column in super::super::words::SHOWN {
            assert!(phrases(Language::Yue).find(&format!("labels.{column}")).is_some(), "labels.{column}");
        }
    }
}
