//! The cues of `cues.toml` and `outcomes.toml`, ready to be found in a folded text. Misspelt families are caught when
//! the files are read (by the tests at the latest), for each is a field here.

use serde::Deserialize;
use std::sync::OnceLock;

pub(super) use crate::language::cues::{Family, Hit};

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

/// How it is said what a meeting leads to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcomes {
    pub meeting: Family,
    pub act: Family,
    pub who: Family,
    pub toward: Family,
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

/// The families of `outcomes.toml`.
pub(super) fn outcomes() -> &'static Outcomes {
    static CUES: OnceLock<Outcomes> = OnceLock::new();
    CUES.get_or_init(|| toml::from_str(include_str!("outcomes.toml")).expect("outcomes.toml is well formed"))
}
