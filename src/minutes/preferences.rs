//! What the client wants and rules out, and what they offer to pay: of everything that may be a wish ([`super::wish`])
//! what the model holds for meant. What is likelier meant than not is claimed; what may have been is offered to be
//! confirmed. What is said not to matter after all takes an earlier wish back.

use super::cues::wishes;
use super::ledger::{Claim, Ledger};
use super::line::{Line, What};
use super::model::models;
use super::point::{Confidence, Draft, Is, Kind, Past};
use super::talk::Talk;
use super::wish::{Candidate, candidates};

/// From here on a wish is asserted; below it may be offered.
const ASSERTED: f64 = 0.5;
/// From here on it is sure.
const SURE: f64 = 0.85;
/// From here on it is worth a person's look.
const OFFERED: f64 = 0.3;

/// What was wanted and offered in a talk.
#[derive(Debug, Default)]
pub(super) struct Preferences {
    ledger: Ledger,
    /// May have been meant.
    unsure: Vec<Claim>,
}

impl Preferences {
    /// Judges everything that may be a wish, in order: the last word counts.
    pub fn of(talk: &Talk) -> Self {
        let mut out = Self::default();
        let mut candidates = candidates(talk).into_iter().peekable();
        for (i, turn) in talk.turns.iter().enumerate() {
            out.take_back(talk, i);
            while let Some(candidate) = candidates.next_if(|c| c.line == i) {
                out.judge(&turn.line, candidate);
            }
        }
        out
    }

    fn judge(&mut self, line: &Line, candidate: Candidate) {
        let p = models().wish.probabilities(&candidate.features);
        let (want, avoid) = (p[1], p[2]);
        let meant = want + avoid;
        let confidence = match meant {
            _ if meant >= SURE => Confidence::Sure,
            _ if meant >= ASSERTED => Confidence::Likely,
            _ if meant >= OFFERED => Confidence::Unsure,
            _ => return,
        };
        let avoid = avoid > want;
        let change = line.any(&wishes().change);
        for (slot, value) in candidate.claims {
            let evidence = candidate.evidence.clone();
            let claim = Claim { slot, value, avoid, confidence, evidence };
            match (confidence, avoid, slot) {
                (Confidence::Unsure, ..) => self.unsure.push(claim),
                // Nobody rules such a thing out: it is only not needed.
                (_, true, "parking" | "pets" | "balcony" | "helper_room" | "facility") => {
                    self.ledger.withdraw(slot, line.n);
                }
                (_, true, "bedrooms" | "bedrooms_min" | "tenancy" | "deal" | "price") => {}
                _ => self.ledger.enter(claim, change),
            }
        }
    }

    /// "We don't need parking after all", "the clubhouse doesn't matter".
    fn take_back(&mut self, talk: &Talk, i: usize) {
        let line = &talk.turns[i].line;
        for clause in &line.clauses {
            let waived = line.any_in(&wishes().indifferent, clause) || line.any_in(&wishes().drop, clause);
            if !waived || line.clause_asks(clause) {
                continue;
            }
            let here = line.mentions.iter().filter(|m| clause.contains(&m.at.start));
            let mut slots: Vec<&'static str> =
                here.filter_map(|m| if let What::Flag(slot) = m.what { Some(slot) } else { None }).collect();
            if slots.is_empty() && line.length() <= 12 {
                let asked = talk.near(i, -1).filter(|t| t.line.asks);
                slots = asked.iter().flat_map(|t| &t.topics).copied().filter(|t| FLAGS.contains(t)).collect();
            }
            slots.into_iter().for_each(|slot| self.ledger.withdraw(slot, line.n));
        }
    }

    /// What stands, as points.
    pub fn drafts(&self) -> impl Iterator<Item = Draft> {
        self.ledger.drafts()
    }

    /// What may have been meant, as points: the likeliest of each slot and value that is not claimed.
    pub fn unsure(&self) -> impl Iterator<Item = Draft> {
        self.unsure.iter().filter(|c| !self.ledger.speaks_of(c)).map(Claim::draft)
    }

    /// What was claimed and no longer holds.
    pub fn past(&self) -> impl Iterator<Item = &Past> {
        self.ledger.past()
    }

    /// An offer that was taken back.
    pub fn withdraw_offer(&mut self, now: usize) {
        self.ledger.withdraw("price", now);
    }
}

/// Preferences that are simply wanted.
const FLAGS: &[&str] = &["parking", "pets", "balcony", "helper_room", "facility", "tenancy"];
