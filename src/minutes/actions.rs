//! Who does what by when. A promise ("I'll email it by Friday", 我聽日問業主), a request that is taken up, or what a
//! third one is said to do: of all that may be one ([`super::deed`]) what the model holds for meant. A request and the
//! promise that answers it are one action.

use super::deed::{Candidate, candidates};
use super::line::Line;
use super::model::models;
use super::point::{Act, Confidence, Draft, Evidence, Is, Kind};
use super::talk::Talk;
use jiff::civil::Date;

/// Over how many lines a request and the promise that answers it are one action.
const TOGETHER: usize = 2;
/// The model's classes: whose action it is.
const OWNERS: [&str; 4] = ["", "agent", "client", "other"];

#[derive(Debug, Clone)]
struct Action {
    owner: &'static str,
    due: Option<Date>,
    act: Act,
    confidence: Confidence,
    evidence: Evidence,
    line: usize,
}

/// The actions of a talk.
#[derive(Debug, Default)]
pub(super) struct Actions {
    actions: Vec<Action>,
    unsure: Vec<Action>,
    /// Lines that promise or ask for something: their days are deadlines.
    lines: Vec<usize>,
}

impl Actions {
    /// Judges everything that may be an action, in order.
    pub fn of(talk: &Talk) -> Self {
        let mut out = Self::default();
        for candidate in candidates(talk) {
            let p = models().action.probabilities(&candidate.features);
            let Some(confidence) = Confidence::of(1.0 - p[0]) else { continue };
            let whose = (1..OWNERS.len()).max_by(|a, b| p[*a].total_cmp(&p[*b])).unwrap_or(1);
            let action = action(&talk.turns[candidate.line].line, candidate, OWNERS[whose], confidence);
            if confidence == Confidence::Unsure {
                out.unsure.push(action);
            } else {
                out.lines.push(action.line);
                out.enter(action);
            }
        }
        out
    }

    /// Whether the `i`th line promises or asks for something.
    pub fn in_line(&self, i: usize) -> bool {
        self.lines.contains(&i)
    }

    fn enter(&mut self, new: Action) {
        let together = self.actions.iter_mut().rev().find(|a| {
            let agree = a.due.is_none() || new.due.is_none() || a.due == new.due;
            let shared = a.act.things.iter().any(|t| new.act.things.contains(t));
            let apart = !a.act.things.is_empty() && !new.act.things.is_empty() && !shared;
            a.owner == new.owner
                && new.line - a.line <= TOGETHER
                && agree
                && !apart
                && (a.line != new.line || a.due.is_none() || new.due.is_none())
        });
        let Some(a) = together else { return self.actions.push(new) };
        a.due = new.due.or(a.due);
        a.evidence.merge(&new.evidence);
        a.line = new.line;
        a.confidence = a.confidence.max(new.confidence);
        if a.act.things.is_empty() || a.act.verb.is_empty() {
            let things = if new.act.things.is_empty() { a.act.things.clone() } else { new.act.things };
            a.act = Act { things, ..new.act };
        }
    }

    /// The actions, as points.
    pub fn drafts(&self) -> impl Iterator<Item = Draft> {
        self.actions.iter().map(draft)
    }

    /// What may be actions, as points.
    pub fn unsure(&self) -> impl Iterator<Item = Draft> {
        let known = |new: &&Action| {
            self.actions.iter().any(|a| a.owner == new.owner && a.line.abs_diff(new.line) <= TOGETHER)
        };
        self.unsure.iter().filter(move |a| !known(a)).map(draft)
    }
}

fn action(line: &Line, c: Candidate, owner: &'static str, confidence: Confidence) -> Action {
    let said = line.quote(c.at).to_owned();
    Action {
        owner,
        due: c.due,
        act: Act { verb: c.verb.into(), things: c.things, said },
        confidence,
        evidence: Evidence::of(line.n),
        line: c.line,
    }
}

fn draft(a: &Action) -> Draft {
    let due = a.due.map_or(Is::Unsaid, |d| Is::Word(d.to_string()));
    Draft {
        act: Some(a.act.clone()),
        confidence: a.confidence,
        ..Draft::new(Kind::Action, a.owner, due, a.evidence.clone())
    }
}
