//! Families of phrases in a data file, ready to be found in a folded text: every table of the file is a family, every
//! key in it a sense.

use super::fold_str;
use super::trie::Trie;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::ops::Range;

/// The sense of phrases that only keep shorter ones inside them from being found.
const NONE: &str = "none";

/// A family of phrases.
pub(crate) struct Family {
    trie: Trie<u16>,
    senses: Vec<String>,
}

/// A phrase found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// In folded characters.
    pub at: Range<usize>,
    /// Which sense of its family.
    pub sense: &'static str,
}

impl<'de> Deserialize<'de> for Family {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = BTreeMap::<String, Vec<String>>::deserialize(deserializer)?;
        Ok(Self::new(table.iter().map(|(sense, phrases)| (sense.as_str(), phrases.as_slice()))))
    }
}

impl Family {
    /// A family of senses with their phrases.
    pub fn new<'a>(senses: impl IntoIterator<Item = (&'a str, &'a [String])>) -> Self {
        let mut family = Self { trie: Trie::default(), senses: Vec::new() };
        for (sense, phrases) in senses {
            for phrase in phrases {
                family.trie.insert(&fold_str(phrase), family.senses.len() as u16);
            }
            family.senses.push(sense.to_owned());
        }
        family
    }

    /// All phrases that lie in a stretch, the longest at each place, none overlapping another.
    pub fn find(&'static self, chars: &[char], within: &Range<usize>) -> Vec<Hit> {
        let (mut out, mut at) = (Vec::new(), within.start);
        let chars = &chars[..within.end.min(chars.len())];
        while at < chars.len() {
            let Some((end, ids)) = self.trie.longest(chars, at) else {
                at += 1;
                continue;
            };
            let senses = ids.iter().map(|&i| self.senses[i as usize].as_str());
            out.extend(senses.filter(|&s| s != NONE).map(|sense| Hit { at: at..end, sense }));
            at = end;
        }
        out
    }

    /// Whether a phrase of this sense lies in a stretch.
    pub fn has(&'static self, sense: &str, chars: &[char], within: &Range<usize>) -> bool {
        self.find(chars, within).iter().any(|h| h.sense == sense)
    }

    /// Whether any phrase lies in a stretch.
    pub fn any(&'static self, chars: &[char], within: &Range<usize>) -> bool {
        !self.find(chars, within).is_empty()
    }
}
