//! What they thought of it and what they decided: of every word of blame and of deciding ([`super::verdict`]) what the
//! model holds for meant. The same said again within a few lines is one point.

use super::cues::outcomes;
use super::line::{Line, Mention, What};
use super::model::models;
use super::point::{Confidence, Draft, Evidence, Is, Kind};
use super::talk::Talk;
use super::verdict::{Candidate, decisions, objections};
use crate::language::PlaceKind;
use std::ops::Range;

/// Over how many lines the same objection is one point.
const TOGETHER: usize = 4;

/// The objections and decisions of a talk.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    /// With the line that said it last.
    stand: Vec<(Draft, usize)>,
    unsure: Vec<Draft>,
    /// The segments in which an offer was taken back.
    pub withdrawn: Vec<usize>,
}

impl Verdicts {
    /// Judges everything that may be an objection or a decision, in order.
    pub fn of(talk: &Talk) -> Self {
        let mut out = Self::default();
        for c in objections(talk) {
            let p = models().objection.probabilities(&c.features)[1];
            out.enter(talk, &c, p, Kind::Objection, Is::Unsaid);
        }
        for c in decisions(talk) {
            let p = models().decision.probabilities(&c.features)[1];
            let line = &talk.turns[c.line].line;
            let about = subject(line, &line.clause_of(c.at.start), &c.at);
            if c.slot == "withdraw" && p >= Confidence::ASSERTED {
                out.withdrawn.push(line.n);
            }
            out.enter(talk, &c, p, Kind::Decision, Is::Word(about));
        }
        out
    }

    fn enter(&mut self, talk: &Talk, c: &Candidate, p: f64, kind: Kind, value: Is) {
        let Some(confidence) = Confidence::of(p) else { return };
        let n = talk.turns[c.line].line.n;
        let same = self.stand.iter_mut().rev().find(|(d, at)| {
            let near = c.line.abs_diff(*at) <= TOGETHER && d.kind == kind && d.slot == c.slot;
            near && (c.slot != "reject" || about_same(&d.value, &value))
        });
        match same {
            Some((old, at)) => {
                old.evidence.add(n);
                old.confidence = old.confidence.max(confidence);
                *at = c.line;
            }
            None => {
                let draft = Draft { confidence, ..Draft::new(kind, c.slot, value, Evidence::of(n)) };
                if confidence == Confidence::Unsure {
                    self.unsure.push(draft);
                } else {
                    self.stand.push((draft, c.line));
                }
            }
        }
    }

    /// What was found, as points.
    pub fn drafts(&self) -> impl Iterator<Item = Draft> {
        self.stand.iter().map(|(d, _)| d.clone())
    }

    /// What may have been meant, as points.
    pub fn unsure(&self) -> impl Iterator<Item = Draft> {
        let stands = |d: &Draft| {
            self.stand
                .iter()
                .any(|(s, _)| s.slot == d.slot && s.evidence.first().abs_diff(d.evidence.first()) <= TOGETHER)
        };
        self.unsure.iter().filter(move |d| !stands(d)).cloned()
    }
}

fn about_same(a: &Is, b: &Is) -> bool {
    matches!((a, b), (Is::Word(a), Is::Word(b)) if a.contains(b.as_str()) || b.contains(a.as_str()))
}

/// What a decision is about, as said: the words of its clause up to the decision, or the clause.
fn subject(line: &Line, clause: &Range<usize>, hit: &Range<usize>) -> String {
    let units = line.find(&outcomes().unit, clause);
    let estate = |m: &&Mention| {
        matches!(&m.what, What::Place(p) if p.kind == PlaceKind::Estate) && clause.contains(&m.at.start)
    };
    let start = line.mentions.iter().find(estate).map(|m| m.at.start).or(units.first().map(|u| u.at.start));
    let end = units.last().map(|u| u.at.end).or(line.mentions.iter().rfind(estate).map(|m| m.at.end));
    match (start, end) {
        (Some(start), Some(end)) if start < end => line.quote(start..end).to_owned(),
        _ => line.quote(clause.start..clause.end.max(hit.end)).to_owned(),
    }
}
