//! A point in the making. Its evidence has a first segment by construction, so a point that nothing bears out cannot
//! be written down.

pub(super) use crate::store::minutes::{Act, Confidence, Evidence};

use crate::store::minutes as kept;
use serde_json::{Value, json};

/// What kind of point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Preference,
    Offer,
    Objection,
    Decision,
    Action,
    Appointment,
}

impl Kind {
    /// As CONTRACT.md writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preference => "preference",
            Self::Offer => "offer",
            Self::Objection => "objection",
            Self::Decision => "decision",
            Self::Action => "action",
            Self::Appointment => "appointment",
        }
    }
}

/// The value of a point.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Is {
    /// None is known.
    Unsaid,
    Yes,
    Number(i64),
    Word(String),
    /// A place: how it is shown in Chinese and in English; the English name is the value.
    Place(String, String),
}

impl Is {
    /// As CONTRACT.md writes it.
    pub fn json(&self) -> Value {
        match self {
            Self::Unsaid => Value::Null,
            Self::Yes => json!(true),
            Self::Number(n) => json!(n),
            Self::Word(w) => json!(w),
            Self::Place(_, en) => json!(en),
        }
    }
}

/// A point, before it is put into words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub kind: Kind,
    pub slot: &'static str,
    pub value: Is,
    /// Ruled out rather than wanted.
    pub avoid: bool,
    /// What is to be done, for an action.
    pub act: Option<Act>,
    pub confidence: Confidence,
    pub evidence: Evidence,
}

impl Draft {
    /// A point borne out by a segment.
    pub fn new(kind: Kind, slot: &'static str, value: Is, evidence: Evidence) -> Self {
        Self { kind, slot, value, avoid: false, act: None, confidence: Confidence::Sure, evidence }
    }

    /// As it is kept, but for its text. `at` gives the second at which a segment begins.
    pub fn keep(&self, at: impl Fn(usize) -> f64) -> kept::Point {
        kept::Point {
            kind: self.kind.name().into(),
            slot: (self.kind != Kind::Appointment).then(|| self.slot.into()),
            value: self.value.json(),
            polarity: (self.kind == Kind::Preference)
                .then(|| if self.avoid { "avoid" } else { "want" }.into()),
            text: String::new(),
            segments: self.evidence.clone(),
            at: at(self.evidence.first()),
            confidence: self.confidence,
            act: self.act.clone(),
        }
    }
}

/// A point that was changed or taken back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Past {
    pub draft: Draft,
    /// The segment from which on it no longer held.
    pub until: usize,
}
