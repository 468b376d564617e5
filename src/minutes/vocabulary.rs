//! What can be put into a form about a point, with labels in the reader's language: the table of [`super::slots`], the
//! choices of `labels.toml`, the places of the listing base.

use super::slots::{SLOTS, TYPES, Takes};
use crate::language::{Gazetteer, Language, PlaceKind, Tongue, chinese};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Types, their slots, and what the slots take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Vocabulary {
    /// In the order of CONTRACT.md.
    pub types: Vec<TypeOf>,
}

/// A type of point.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeOf {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub label: &'static str,
    /// Whether it is said in words what is to be done (`said`).
    pub said: bool,
    pub slots: Vec<SlotOf>,
}

/// A slot of a type.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlotOf {
    /// Null for an appointment, which has only one.
    pub slot: Option<String>,
    pub label: &'static str,
    /// number, money, area, minutes, years, date, time, place, choice, flag (nothing to be filled in) or text.
    pub kind: &'static str,
    /// Whether the value may be left open.
    pub optional: bool,
    /// want and avoid, as far as it takes them; empty for all but preferences.
    pub polarities: Vec<&'static str>,
    /// For places and choices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<Choice>>,
}

/// A value that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    #[serde(rename = "type")]
    kind: BTreeMap<String, String>,
    slot: BTreeMap<String, BTreeMap<String, String>>,
    choice: BTreeMap<String, Vec<(String, String)>>,
}

fn labels(language: Language) -> &'static Labels {
    static LABELS: OnceLock<BTreeMap<String, Labels>> = OnceLock::new();
    let all = LABELS
        .get_or_init(|| toml::from_str(include_str!("labels.toml")).expect("labels.toml is well formed"));
    &all[language.code()]
}

/// The values that a slot can be chosen from.
pub(super) fn choices(slot: &str) -> Vec<String> {
    let pairs = labels(Language::En).choice.get(slot);
    pairs.into_iter().flatten().map(|(value, _)| value.clone()).collect()
}

/// The vocabulary for a reader.
pub fn vocabulary(places: &Gazetteer, reader: Tongue) -> Vocabulary {
    let labels = labels(reader.language);
    let label = |table: Option<&'static BTreeMap<String, String>>, key: &'static str| {
        table.and_then(|t| t.get(key)).map_or(key, String::as_str)
    };
    let types = TYPES.map(|kind| {
        let slots = SLOTS.iter().filter(|s| s.kind == kind).map(|s| SlotOf {
            slot: s.of_point(),
            label: label(labels.slot.get(kind), s.name),
            kind: name(s.takes),
            optional: s.takes == Takes::Due,
            polarities: match (kind, s.avoidable) {
                ("preference", true) => vec!["want", "avoid"],
                ("preference", false) => vec!["want"],
                _ => Vec::new(),
            },
            choices: match s.takes {
                Takes::Place(kind) => Some(known(places, reader, kind)),
                Takes::Choice => labels.choice.get(s.name).map(|pairs| {
                    pairs
                        .iter()
                        .map(|(value, label)| Choice { value: value.clone(), label: label.clone() })
                        .collect()
                }),
                _ => None,
            },
        });
        let said = matches!(kind, "action" | "decision");
        TypeOf { kind, label: label(Some(&labels.kind), kind), said, slots: slots.collect() }
    });
    Vocabulary { types: types.into() }
}

/// The kind of a value, as forms are told.
fn name(takes: Takes) -> &'static str {
    match takes {
        Takes::Number(..) => "number",
        Takes::Money => "money",
        Takes::Area => "area",
        Takes::Minutes => "minutes",
        Takes::Years => "years",
        Takes::Date | Takes::Due => "date",
        Takes::Time => "time",
        Takes::Place(_) => "place",
        Takes::Choice => "choice",
        Takes::Flag => "flag",
        Takes::Words => "text",
    }
}

/// The places of the base under the names that the reader knows them by, in the order of these.
fn known(places: &Gazetteer, reader: Tongue, kind: PlaceKind) -> Vec<Choice> {
    let of_base = places.places().iter().filter(|p| p.in_base && p.kind == kind);
    let mut out: Vec<Choice> = of_base
        .map(|p| Choice {
            value: p.name_en.clone(),
            label: match reader.language {
                _ if p.name_zh.is_empty() => p.name_en.clone(),
                Language::En => p.name_en.clone(),
                Language::Cmn => chinese::to_simplified(&p.name_zh),
                Language::Yue => p.name_zh.clone(),
            },
        })
        .collect();
    out.sort_by(|a, b| (&a.label, &a.value).cmp(&(&b.label, &b.value)));
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_and_choice_has_a_label_in_every_language() {
        for language in [Language::Yue, Language::Cmn, Language::En] {
            let l = labels(language);
            assert!(l.kind.keys().map(String::as_str).all(|k| TYPES.contains(&k)));
            let named: usize = l.slot.values().map(BTreeMap::len).sum();
            assert_eq!((l.kind.len(), named), (TYPES.len(), SLOTS.len()), "{language:?}");
            for s in SLOTS {
                assert!(l.slot[s.kind].contains_key(s.name), "{language:?} {s:?}");
                assert_eq!(
                    s.takes == Takes::Choice,
                    s.kind == "preference" && l.choice.contains_key(s.name),
                    "{s:?}"
                );
                let values: Vec<&String> = l.choice.get(s.name).into_iter().flatten().map(|c| &c.0).collect();
                assert_eq!(values, choices(s.name).iter().collect::<Vec<_>>(), "{language:?} {s:?}");
            }
        }
    }
}
