//! When they meet next. A day and a time come together over several lines (星期六得唔得？星期六下晝啦。三點冇問題); whether
//! they were agreed to, or are only proposed or those of something else, is for the model to judge. The last word
//! counts: a changed day or time takes the old one's place.

use super::cues::{outcomes, wishes};
use super::model::{Features, models};
use super::point::{Confidence, Draft, Evidence, Is, Kind, Past};
use super::talk::{Talk, Turn, talk_cues};
use crate::clock::hong_kong;
use crate::language::dates::Part;
use jiff::civil::{Date, Time};

/// For how many lines a proposal stays in the air.
const PATIENCE: usize = 4;
/// Over how many lines another time of the same day is a correction.
const CORRECTED: usize = 8;

/// A day and a time that may have been agreed on.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub line: usize,
    date: Date,
    time: Time,
    evidence: Evidence,
    /// Whether it changes what was said before.
    change: bool,
    pub features: Features,
}

impl Candidate {
    /// The start, RFC 3339.
    pub fn value(&self) -> Option<String> {
        let start = self.date.to_datetime(self.time).to_zoned(hong_kong()).ok()?;
        Some(start.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }

    fn draft(&self, confidence: Confidence) -> Option<Draft> {
        let value = Is::Word(self.value()?);
        Some(Draft { confidence, ..Draft::new(Kind::Appointment, "", value, self.evidence.clone()) })
    }
}

/// What is in the air.
#[derive(Clone)]
struct Pending {
    date: Option<Date>,
    part: Option<Part>,
    time: Option<Time>,
    meeting: bool,
    evidence: Evidence,
    line: usize,
}

/// Everything that may be an appointment, in order. `acts` says of a line that its days are deadlines.
pub(super) fn candidates(talk: &Talk, acts: impl Fn(usize) -> bool) -> Vec<Candidate> {
    let mut out: Vec<Candidate> = Vec::new();
    let mut pending: Option<Pending> = None;
    for (i, turn) in talk.turns.iter().enumerate() {
        let (line, moments) = (&turn.line, &turn.moments);
        pending = pending.filter(|p| i - p.line <= PATIENCE);
        let timed = !moments.clocks.is_empty();
        let meeting = line.any(&outcomes().meeting);
        let day = !moments.days.is_empty() && (!acts(i) || meeting);
        let part = pending.is_some() && !moments.parts.is_empty();
        if !(timed || day || part) {
            continue;
        }
        let old = pending.clone().or_else(|| out.last().filter(|c| i - c.line <= PATIENCE + 1).map(recall));
        let mut p = pending.take().unwrap_or(Pending {
            date: None,
            part: None,
            time: None,
            meeting: false,
            evidence: Evidence::of(line.n),
            line: i,
        });
        if let Some(date) = moments.days.last().map(|d| d.date) {
            if p.date.is_some_and(|old| old != date) {
                (p.time, p.part) = (None, None);
                p.evidence = Evidence::of(line.n);
            }
            p.date = Some(date);
        }
        // A new time keeps the old day, a new day the old time.
        if let Some(old) = &old {
            p.date = p.date.or(old.date);
            let changed = line.any(&wishes().change);
            p.time =
                p.time.or(old.time.filter(|_| changed || moments.clocks.is_empty() && p.date == old.date));
        }
        p.evidence.add(line.n);
        p.line = i;
        p.meeting |= meeting;
        let mut repeated = false;
        if let Some(clock) = moments.clocks.last() {
            let time = clock.time(moments.part_of(clock).or(p.part));
            repeated = p.time.is_some_and(|old| {
                old == time || old.hour() % 12 == time.hour() % 12 && old.minute() == time.minute()
            });
            p.time = if repeated && moments.parts.is_empty() { p.time } else { Some(time) };
        }
        p.part = moments.parts.last().map(|(_, part)| *part).or(p.part);
        if let (Some(date), Some(time)) = (p.date, p.time) {
            let mut features = features(talk, i, &p, acts(i));
            features.add(
                "repeated",
                repeated || out.iter().rev().take(3).any(|c| (c.date, c.time) == (date, time)),
            );
            features.cross(KEYS);
            let change = line.any(&wishes().change);
            out.push(Candidate { line: i, date, time, evidence: p.evidence.clone(), change, features });
        }
        pending = Some(p);
    }
    out
}

fn recall(c: &Candidate) -> Pending {
    Pending {
        date: Some(c.date),
        part: None,
        time: Some(c.time),
        meeting: true,
        evidence: c.evidence.clone(),
        line: c.line,
    }
}

const KEYS: &[&str] = &[
    "meeting",
    "firm",
    "asks",
    "yes",
    "next yes",
    "next repeats",
    "repeated",
    "act",
    "agent",
    "client",
    "timed",
    "next asks",
];

fn features(talk: &Talk, i: usize, p: &Pending, acts: bool) -> Features {
    let turn = &talk.turns[i];
    let line = &turn.line;
    let mut f = Features::default();
    f.add("meeting", line.any(&outcomes().meeting));
    f.add("meeting before", p.meeting);
    f.add("firm", line.has(&outcomes().meeting, "firm"));
    f.add("asks", line.asks);
    f.add("act", acts);
    f.add("timed", !turn.moments.clocks.is_empty());
    f.add("day", !turn.moments.days.is_empty());
    f.add("both", !turn.moments.clocks.is_empty() && !turn.moments.days.is_empty());
    f.add("yes", line.begins("yes"));
    f.add("no", line.begins("no"));
    f.add("client", turn.client > 0.65);
    f.add("agent", turn.client < 0.35);
    f.add("change", line.any(&wishes().change));
    f.add("moving", line.any(&wishes().moving));
    f.add("if", line.any(&talk_cues().condition));
    f.add("told", line.any(&talk_cues().told));
    f.add("me", line.any(&talk_cues().me));
    f.add("person", line.has(&wishes().elsewhere, "person"));
    f.add("past", line.has(&wishes().elsewhere, "past"));
    f.add("unit", line.any(&outcomes().unit));
    f.add("short", line.length() <= 10);
    f.add("weak", line.begins("weak"));
    let next = |by: isize| talk.near(i, by);
    f.add("next yes", next(1).is_some_and(|t| t.line.begins("yes") && !t.line.asks));
    f.add("later yes", next(2).is_some_and(|t| t.line.begins("yes") && !t.line.asks));
    f.add("next no", next(1).is_some_and(|t| t.line.begins("no")));
    f.add("next asks", next(1).is_some_and(|t| t.line.asks));
    f.add("next firm", next(1).is_some_and(|t| t.line.has(&outcomes().meeting, "firm")));
    f.add("next ack", next(1).is_some_and(|t| t.line.any(&talk_cues().ack)));
    let again = |t: &Turn| {
        let day = p.date.is_some_and(|date| t.moments.days.iter().any(|d| d.date == date));
        day || p.time.is_some_and(|time| {
            t.moments.clocks.iter().any(|c| c.time(t.moments.part_of(c).or(p.part)) == time)
        })
    };
    let other = |t: &Turn| {
        p.time.is_some_and(|time| {
            t.moments.clocks.iter().any(|c| c.time(t.moments.part_of(c).or(p.part)) != time)
        })
    };
    f.add("next repeats", next(1).is_some_and(again) || next(2).is_some_and(again));
    f.add("another time next", next(1).is_some_and(other));
    f.add("before asks", next(-1).is_some_and(|t| t.line.asks));
    f.add(
        "before proposes",
        next(-1).is_some_and(|t| !t.moments.days.is_empty() || !t.moments.clocks.is_empty()),
    );
    f.add("late in talk", i * 10 >= talk.turns.len() * 6);
    f
}

/// The appointments of a talk.
#[derive(Debug, Default)]
pub(super) struct Appointments {
    agreed: Vec<(Candidate, Confidence)>,
    unsure: Vec<Draft>,
    past: Vec<Past>,
}

impl Appointments {
    /// Judges everything that may be an appointment, in order.
    pub fn of(talk: &Talk, acts: impl Fn(usize) -> bool) -> Self {
        let mut out = Self::default();
        let mut candidates = candidates(talk, acts).into_iter().peekable();
        for (i, turn) in talk.turns.iter().enumerate() {
            if turn.line.has(&outcomes().meeting, "cancel") && !turn.line.asks {
                out.unsay(turn.line.n, |c| i - c.line <= PATIENCE * 8);
            }
            while let Some(c) = candidates.next_if(|c| c.line == i) {
                let p = models().appointment.probabilities(&c.features)[1];
                match Confidence::of(p) {
                    None => {}
                    Some(Confidence::Unsure) => out.unsure.extend(c.draft(Confidence::Unsure)),
                    Some(confidence) => out.agree(turn.line.n, c, confidence),
                }
            }
        }
        out
    }

    fn agree(&mut self, now: usize, c: Candidate, confidence: Confidence) {
        if let Some((same, sure)) = self.agreed.iter_mut().find(|(a, _)| (a.date, a.time) == (c.date, c.time))
        {
            same.evidence.merge(&c.evidence);
            same.line = c.line;
            *sure = (*sure).max(confidence);
            return;
        }
        self.unsay(now, |a| {
            let near = c.line - a.line <= CORRECTED;
            near && (a.date == c.date || c.change)
        });
        self.agreed.push((c, confidence));
    }

    /// Takes back what fits, in the segment `until`.
    fn unsay(&mut self, until: usize, fits: impl Fn(&Candidate) -> bool) {
        let (gone, stay): (Vec<_>, Vec<_>) = self.agreed.drain(..).partition(|(a, _)| fits(a));
        self.agreed = stay;
        self.past.extend(gone.iter().filter_map(|(a, sure)| Some(Past { draft: a.draft(*sure)?, until })));
    }

    /// Appointments that were moved or called off.
    pub fn past(&self) -> impl Iterator<Item = &Past> {
        self.past.iter()
    }

    /// The appointments, as points.
    pub fn drafts(&self) -> impl Iterator<Item = Draft> {
        self.agreed.iter().filter_map(|(c, sure)| c.draft(*sure))
    }

    /// What may be appointments, as points.
    pub fn unsure(&self) -> impl Iterator<Item = Draft> {
        let known = |d: &Draft| self.drafts().any(|a| a.value == d.value || a.evidence.overlaps(&d.evidence));
        self.unsure.iter().filter(move |d| !known(d)).cloned()
    }
}
