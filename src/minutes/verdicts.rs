//! What they thought of it and what they decided: objections, and decisions about units.
//!
//! An objection needs something of a flat beside it, so that the weather and air fares make none; what is feared,
//! asked about or defended by the agent makes none either.

use super::cues::{outcomes, wishes};
use super::figures::Bound;
use super::line::{Line, Mention, What};
use super::point::{Draft, Evidence, Is, Kind};
use crate::language::{PlaceKind, Unit};
use std::ops::Range;

/// Over how many lines the same objection is one point.
const TOGETHER: usize = 4;

/// Listens for objections and decisions, line by line.
#[derive(Default)]
pub(super) struct Verdicts {
    objections: Vec<(Draft, usize)>,
    decisions: Vec<(Draft, usize)>,
    /// The segments in which an offer was taken back.
    pub withdrawn: Vec<usize>,
    /// Whether flats that they have seen or are haggling over are talked about.
    unit_lately: Option<usize>,
}

impl Verdicts {
    /// Takes in the next line. `acts` says that it promises something (to fix a leak, say), which is no objection.
    pub fn hear(&mut self, i: usize, line: &Line, acts: bool) {
        if line.any(&outcomes().unit) || line.mentions.iter().any(|m| matches!(m.what, What::Place(_))) {
            self.unit_lately = Some(i);
        }
        self.decide(i, line);
        if !acts {
            self.object(i, line);
        }
    }

    fn decide(&mut self, i: usize, line: &Line) {
        for hit in line.find(&outcomes().decision, &line.all()) {
            let clause = line.clause_of(hit.at.start);
            let about = subject(line, &clause, &hit.at);
            if line.clause_asks(&clause) || line.has_in(&wishes().elsewhere, "person", &clause) {
                continue;
            }
            let owner = line.has_in(&wishes().elsewhere, "owner", &(clause.start..hit.at.start));
            let slot = match hit.sense {
                "reject_word" if !rejectable(line, &clause, &hit.at, self.unit_lately, i) => continue,
                "reject_word" => "reject",
                "accept" if owner && !line.text.slice(hit.at.clone()).contains("接受") => continue,
                "shortlist" if self.unit_lately.is_none_or(|at| i - at > 2) => continue,
                sense => sense,
            };
            if slot == "withdraw" {
                self.withdrawn.push(line.n);
            }
            let draft = Draft::new(Kind::Decision, slot, Is::Word(about.clone()), Evidence::of(line.n));
            let same = self.decisions.iter_mut().rev().find(|(d, at)| {
                d.slot == slot && i - at <= TOGETHER && (slot != "reject" || about_same(d, &about))
            });
            match same {
                Some((old, at)) => {
                    old.evidence.add(line.n);
                    *at = i;
                }
                None => self.decisions.push((draft, i)),
            }
        }
    }

    fn object(&mut self, i: usize, line: &Line) {
        if line.any(&outcomes().defend)
            && line.find(&outcomes().defend, &line.all()).iter().any(|h| h.sense == "any")
        {
            return;
        }
        for clause in &line.clauses {
            if line.clause_asks(clause)
                || line.has_in(&outcomes().defend, "feared", clause)
                || unsaid(line, clause)
            {
                continue;
            }
            let hits = line.find(&outcomes().objection, clause);
            let fee = line.has_in(&outcomes().objection, "management_fee_word", &(0..clause.end));
            let anchored = line.find(&outcomes().objection, &line.all()).iter().any(|h| h.sense == "anchor")
                || self.unit_lately.is_some_and(|at| i - at <= 3);
            for hit in &hits {
                let slot = match hit.sense {
                    "too_much" if fee => "management_fee",
                    "price" if fee => continue,
                    "too_much" | "management_fee_word" | "anchor" => continue,
                    slot => slot,
                };
                if !anchored || ruled_out(line, clause, &hit.at) {
                    continue;
                }
                let draft = Draft::new(Kind::Objection, slot, Is::Unsaid, Evidence::of(line.n));
                match self.objections.iter_mut().rev().find(|(d, at)| d.slot == slot && i - at <= TOGETHER) {
                    Some((old, at)) => {
                        old.evidence.add(line.n);
                        *at = i;
                    }
                    None => self.objections.push((draft, i)),
                }
            }
        }
    }

    /// What was found, as points.
    pub fn drafts(&self) -> impl Iterator<Item = Draft> {
        let all = self.objections.iter().chain(&self.decisions);
        all.map(|(d, _)| d.clone())
    }
}

/// What is about others is no objection to a flat that was seen.
fn unsaid(line: &Line, clause: &Range<usize>) -> bool {
    let elsewhere = line.find(&wishes().elsewhere, clause);
    elsewhere.iter().any(|h| matches!(h.sense, "person" | "work"))
        || line.has(&wishes().elsewhere, "person") && clause.start > 0
}

/// Nor is what is asked for ("no west facing flats", "not older than thirty years, old ones are hard to finance"),
/// unless a unit is turned down for it.
fn ruled_out(line: &Line, clause: &Range<usize>, at: &Range<usize>) -> bool {
    let directly =
        line.find(&wishes().avoid, clause).iter().any(|h| h.sense == "before" && h.at.end <= at.start);
    let unit = line.any(&outcomes().unit);
    let bounded = line.mentions.iter().any(|m| {
        matches!(&m.what, What::Figure(f)
        if f.unit != Unit::None && f.unit != Unit::Hkd && matches!(f.bound, Bound::Max | Bound::Min))
    });
    let strong = line.find(&wishes().avoid, &line.all()).iter().any(|h| {
        h.at.end <= at.start
            && !matches!(
                line.text.slice(h.at.clone()).as_str(),
                "no" | "not" | "never" | "dont like" | "唔钟意"
            )
    });
    directly || (!unit && (strong || bounded))
}

/// A word of refusal rejects a unit: one that is named in its clause or was just talked about.
fn rejectable(
    line: &Line,
    clause: &Range<usize>,
    at: &Range<usize>,
    lately: Option<usize>,
    i: usize,
) -> bool {
    let unit = line.find(&outcomes().unit, &(clause.start..at.start.max(clause.start)));
    let unit = unit.iter().any(|h| line.text.slice(h.at.clone()) != "it");
    let latin = line.text.at(at.start).is_ascii();
    let whole_line = line.find(&outcomes().unit, &line.all());
    let feature = line.mentions.iter().any(|m| clause.contains(&m.at.start) && is_feature(m));
    let alone = clause.len() <= at.len() + 3
        && lately.is_some_and(|l| i - l <= 1)
        && line.text.slice(at.clone()) == "pass";
    !feature && (unit || alone || (latin && whole_line.iter().any(|h| h.at.len() > 2)))
}

fn is_feature(m: &Mention) -> bool {
    match &m.what {
        What::Place(_) => false,
        What::Figure(f) => f.unit != Unit::None,
        _ => true,
    }
}

fn about_same(draft: &Draft, about: &str) -> bool {
    matches!(&draft.value, Is::Word(w) if w.contains(about) || about.contains(w.as_str()))
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
