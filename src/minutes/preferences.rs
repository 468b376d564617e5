//! What the client wants and rules out, and what they offer to pay: of everything that may be a wish ([`super::wish`])
//! what the model holds for meant. What is likelier meant than not is claimed; what may have been is offered to be
//! confirmed. What is said not to matter after all takes an earlier wish back.

use super::cues::wishes;
use super::ledger::{Claim, Ledger};
use super::line::{Line, What};
use super::model::models;
use super::point::{Confidence, Draft, Past};
use super::talk::Talk;
use super::wish::{Candidate, candidates};

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
        let mut judged =
            together(candidates(talk).into_iter().map(Judged::new).collect()).into_iter().peekable();
        for (i, turn) in talk.turns.iter().enumerate() {
            out.take_back(talk, i);
            while let Some(wish) = judged.next_if(|j| j.candidate.line == i) {
                out.enter(&turn.line, wish);
            }
        }
        out
    }

    fn enter(&mut self, line: &Line, Judged { candidate, want, avoid }: Judged) {
        let Some(confidence) = Confidence::of(want + avoid) else { return };
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

/// A candidate, and how likely it was wanted or ruled out.
#[derive(Debug)]
struct Judged {
    candidate: Candidate,
    want: f64,
    avoid: f64,
}

impl Judged {
    fn new(candidate: Candidate) -> Self {
        let offer = candidate.claims[0].0 == "price";
        let model = if offer { &models().offer } else { &models().wish };
        let p = model.probabilities(&candidate.features);
        Self { candidate, want: p[1], avoid: p.get(2).copied().unwrap_or(0.0) }
    }
}

/// How near to one another the same said twice is one thing said.
const TOGETHER: usize = 3;
/// From here on what is said of the same thing nearby bears it out too.
const BEARS: f64 = 0.15;

/// What is said of the same thing within a few lines is one point: each bears the others out, and two that may have been
/// meant are together likelier meant.
fn together(mut all: Vec<Judged>) -> Vec<Judged> {
    let merged: Vec<(f64, f64, Vec<usize>)> = (0..all.len())
        .map(|i| {
            let (line, claims) = (all[i].candidate.line, &all[i].candidate.claims);
            let near = |j: &usize| all[*j].candidate.line.abs_diff(line) <= TOGETHER && *j != i;
            let others = (i.saturating_sub(24)..(i + 24).min(all.len()))
                .filter(near)
                .filter(|j| all[*j].candidate.claims == *claims);
            let bearing: Vec<usize> = others.filter(|j| all[*j].want + all[*j].avoid >= BEARS).collect();
            let elsewhere = bearing.iter().filter(|j| all[**j].candidate.line != line);
            let (mut want, mut avoid) = (all[i].want, all[i].avoid);
            for j in elsewhere {
                want = 1.0 - (1.0 - want) * (1.0 - SHARE * all[*j].want);
                avoid = 1.0 - (1.0 - avoid) * (1.0 - SHARE * all[*j].avoid);
            }
            let sum = (want + avoid).max(1.0);
            (want / sum, avoid / sum, bearing)
        })
        .collect();
    let evidence: Vec<_> = all.iter().map(|j| j.candidate.evidence.clone()).collect();
    for (judged, (want, avoid, bearing)) in all.iter_mut().zip(merged) {
        (judged.want, judged.avoid) = (want, avoid);
        for j in bearing {
            judged.candidate.evidence.merge(&evidence[j]);
        }
    }
    all
}

/// How much of another saying's likelihood counts.
const SHARE: f64 = 0.5;

/// Preferences that are simply wanted.
const FLAGS: &[&str] = &["parking", "pets", "balcony", "helper_room", "facility", "tenancy"];
