//! The cues of `cues.toml`, `calendar.toml` and `outcomes.toml`, ready to be found in a folded text: every table there
//! is a family of phrases, every key in it a sense. Misspelt families are caught when the files are read (by the tests
//! at the latest), for each is a field here.

use crate::language::{fold_str, trie::Trie};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

/// The sense of phrases that only keep shorter ones inside them from being found.
const NONE: &str = "none";

/// A family of phrases.
pub(super) struct Family {
    trie: Trie<u16>,
    senses: Vec<String>,
}

/// A phrase found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    /// In folded characters.
    pub at: Range<usize>,
    /// Which sense of its family.
    pub sense: &'static str,
}

impl<'de> Deserialize<'de> for Family {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = BTreeMap::<String, Vec<String>>::deserialize(deserializer)?;
        let mut family = Self { trie: Trie::default(), senses: Vec::new() };
        for (sense, phrases) in table {
            for phrase in phrases {
                family.trie.insert(&fold_str(&phrase), family.senses.len() as u16);
            }
            family.senses.push(sense);
        }
        Ok(family)
    }
}

impl Family {
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

/// How wishes are spoken of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wishes {
    pub joint: Family,
    pub shield: Family,
    pub want: Family,
    pub uptake: Family,
    pub avoid: Family,
    pub drop: Family,
    pub indifferent: Family,
    pub elsewhere: Family,
    pub you: Family,
    pub bound: Family,
    pub money: Family,
    pub deal: Family,
    pub topic: Family,
    pub question: Family,
    pub offered: Family,
    pub answer: Family,
    pub change: Family,
    pub facility: Family,
    pub feature: Family,
    #[serde(rename = "move")]
    pub moving: Family,
    pub walk: Family,
}

/// How days and times are said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Calendar {
    pub day: Family,
    pub week: Family,
    pub weekday: Family,
    pub month: Family,
    pub end: Family,
    pub ordinal: Family,
    pub the: Family,
    pub part: Family,
    pub clock: Family,
}

/// How it is said what a meeting leads to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcomes {
    pub meeting: Family,
    pub act: Family,
    pub who: Family,
    pub toward: Family,
    pub thing: Family,
    pub other: Family,
    pub decision: Family,
    pub unit: Family,
    pub objection: Family,
    pub defend: Family,
    pub offer: Family,
}

/// The families of `cues.toml`.
pub(super) fn wishes() -> &'static Wishes {
    static CUES: OnceLock<Wishes> = OnceLock::new();
    CUES.get_or_init(|| toml::from_str(include_str!("cues.toml")).expect("cues.toml is well formed"))
}

/// The families of `calendar.toml`.
pub(super) fn calendar() -> &'static Calendar {
    static CUES: OnceLock<Calendar> = OnceLock::new();
    CUES.get_or_init(|| toml::from_str(include_str!("calendar.toml")).expect("calendar.toml is well formed"))
}

/// The families of `outcomes.toml`.
pub(super) fn outcomes() -> &'static Outcomes {
    static CUES: OnceLock<Outcomes> = OnceLock::new();
    CUES.get_or_init(|| toml::from_str(include_str!("outcomes.toml")).expect("outcomes.toml is well formed"))
}
