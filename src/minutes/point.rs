//! A point in the making. Its evidence has a first segment by construction, so a point that nothing bears out cannot
//! be written down.

use crate::store::minutes as kept;
use serde_json::{Value, json};

/// The segments that bear a point out: one, and any further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evidence {
    first: usize,
    more: Vec<usize>,
}

impl Evidence {
    /// Borne out by a segment.
    pub fn of(first: usize) -> Self {
        Self { first, more: Vec::new() }
    }

    /// And by another.
    pub fn and(mut self, n: usize) -> Self {
        self.add(n);
        self
    }

    /// Adds a segment.
    pub fn add(&mut self, n: usize) {
        if n < self.first {
            let later = std::mem::replace(&mut self.first, n);
            self.add(later);
        } else if n != self.first
            && let Err(at) = self.more.binary_search(&n)
        {
            self.more.insert(at, n);
        }
    }

    /// Adds those of another.
    pub fn merge(&mut self, other: &Self) {
        self.add(other.first);
        for &n in &other.more {
            self.add(n);
        }
    }

    /// The first segment.
    pub fn first(&self) -> usize {
        self.first
    }

    /// The last segment.
    pub fn last(&self) -> usize {
        self.more.last().copied().unwrap_or(self.first)
    }

    fn segments(&self) -> Vec<i64> {
        std::iter::once(self.first).chain(self.more.iter().copied()).map(|n| n as i64).collect()
    }
}

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
    fn json(&self) -> Value {
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
    /// The words of the transcript that an action or a decision is about.
    pub said: String,
    pub evidence: Evidence,
}

impl Draft {
    /// A point borne out by a segment.
    pub fn new(kind: Kind, slot: &'static str, value: Is, evidence: Evidence) -> Self {
        Self { kind, slot, value, avoid: false, said: String::new(), evidence }
    }

    /// As it is kept. `at` gives the second at which a segment begins.
    pub fn keep(&self, text: String, at: impl Fn(usize) -> f64) -> kept::Point {
        kept::Point {
            kind: self.kind.name().into(),
            slot: (self.kind != Kind::Appointment).then(|| self.slot.into()),
            value: self.value.json(),
            polarity: (self.kind == Kind::Preference)
                .then(|| if self.avoid { "avoid" } else { "want" }.into()),
            text,
            segments: self.evidence.segments(),
            at: at(self.evidence.first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_in_order_and_said_once() {
        let mut e = Evidence::of(4).and(7).and(4).and(2);
        e.merge(&Evidence::of(5));
        assert_eq!((e.first(), e.last(), e.segments()), (2, 7, vec![2, 4, 5, 7]));
    }
}
