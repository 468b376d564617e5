//! A point as an agent corrects or adds it, checked slot by slot. What is left out of a correction stays as it was.

use super::slots::{self, Refusal, Takes};
use crate::language::Gazetteer;
use crate::store::minutes::{Act, Confidence, Evidence, Point};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What an agent typed of a point.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Typed {
    /// None leaves it as it was.
    #[serde(default)]
    pub slot: Option<String>,
    /// Null takes a due date away; left out it stays as it was.
    #[serde(default, deserialize_with = "given")]
    pub value: Option<Value>,
    #[serde(default)]
    pub polarity: Option<String>,
    /// What an action or a decision is about.
    #[serde(default)]
    pub said: Option<String>,
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A point as it is corrected.
pub fn corrected(places: &Gazetteer, point: &Point, typed: &Typed) -> Result<Point, Refusal> {
    let name = typed.slot.as_deref().filter(|_| point.kind != "appointment").or(point.slot.as_deref());
    let slot = slots::slot(&point.kind, name)?;
    let moved = slot.of_point() != point.slot;
    let said = typed.said.as_deref().map(slots::words).transpose()?;
    let value = match (&typed.value, slot.takes) {
        (_, Takes::Words) if said.is_some() => said.clone().map(Value::from).unwrap_or_default(),
        // What the extraction had stands, even where a form would not take it.
        (None, _) if !moved => point.value.clone(),
        (Some(value), _) if !moved && *value == point.value => value.clone(),
        // Who is to do it and what was decided can change without what it is about.
        (None, Takes::Words | Takes::Due) => point.value.clone(),
        (typed, _) => slot.value(places, typed.as_ref().unwrap_or(&Value::Null))?,
    };
    let polarity = match typed.polarity.as_deref().or(point.polarity.as_deref()) {
        same if !moved && same == point.polarity.as_deref() => point.polarity.clone(),
        // A slot that cannot be ruled out is wanted, unless the agent said otherwise.
        other => match slot.polarity(other) {
            Err(_) if typed.polarity.is_none() => slot.polarity(None)?,
            checked => checked?,
        },
    };
    let act = match (point.kind.as_str(), said, &point.act) {
        ("action", Some(said), kept) if kept.as_ref().is_none_or(|a| a.said != said) => {
            Some(Act { said, ..Act::default() })
        }
        (_, _, kept) => kept.clone(),
    };
    let out = Point {
        slot: slot.of_point(),
        value,
        polarity,
        act,
        confidence: Confidence::Sure,
        text: String::new(),
        ..point.clone()
    };
    if (&out.slot, &out.value, &out.polarity, &out.act)
        == (&point.slot, &point.value, &point.polarity, &point.act)
    {
        return Err(Refusal::new(
            "nothing-changed",
            "The correction says what the point says already; accept the point, or change something.",
        ));
    }
    Ok(out)
}

/// A point as it is added, borne out by `segments`; `start` gives the second at which a spoken segment begins.
pub fn added(
    places: &Gazetteer,
    kind: &str,
    typed: &Typed,
    segments: &[usize],
    start: impl Fn(usize) -> Option<f64>,
) -> Result<Point, Refusal> {
    let slot = slots::slot(kind, typed.slot.as_deref().filter(|_| kind != "appointment"))?;
    let evidence =
        Evidence::try_from(segments.to_vec()).map_err(|e| Refusal::new("bad-segments", format!("{e}.")))?;
    if let Some(n) = segments.iter().find(|n| start(**n).is_none()) {
        let sentence = format!("segments: nothing was said in segment {n}; name one that was spoken.");
        return Err(Refusal::new("bad-segments", sentence));
    }
    let said = typed.said.as_deref().map(slots::words).transpose()?;
    let value = match (slot.takes, &said) {
        (Takes::Words, Some(said)) => Value::from(said.clone()),
        _ => slot.value(places, typed.value.as_ref().unwrap_or(&Value::Null))?,
    };
    let act = if kind == "action" {
        let said = said.map_or_else(|| slots::words(""), Ok)?;
        Some(Act { said, ..Act::default() })
    } else {
        None
    };
    Ok(Point {
        kind: kind.to_owned(),
        slot: slot.of_point(),
        value,
        polarity: slot.polarity(typed.polarity.as_deref())?,
        text: String::new(),
        at: start(evidence.first()).unwrap_or_default(),
        segments: evidence,
        confidence: Confidence::Sure,
        act,
    })
}
