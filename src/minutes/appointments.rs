//! When they meet next. A day and a time come together over several lines (星期六得唔得？星期六下晝啦。三點冇問題), and
//! make an appointment once somebody agrees to them or they are stated as settled. What is only proposed, or happens
//! at that time without anybody meeting, makes none. The last word counts: a changed day takes the old one's place.

use super::cues::{outcomes, wishes};
use super::line::Line;
use super::point::{Draft, Evidence, Is, Kind, Past};
use crate::clock::hong_kong;
use crate::language::dates::{Moments, Part};
use jiff::civil::{Date, Time};

/// For how many lines a proposal stays in the air.
const PATIENCE: usize = 3;

struct Pending {
    date: Option<Date>,
    part: Option<Part>,
    time: Option<Time>,
    meeting: bool,
    evidence: Evidence,
    line: usize,
}

/// What was agreed: the start, the evidence, the line.
type Agreed = (Date, Time, Evidence, usize);

/// Listens for appointments, line by line.
#[derive(Default)]
pub(super) struct Appointments {
    pending: Option<Pending>,
    agreed: Vec<Agreed>,
    past: Vec<Past>,
}

impl Appointments {
    /// Takes in the next line. `acts` says that it promises something, whose days are deadlines.
    pub fn hear(&mut self, i: usize, line: &Line, moments: &Moments, acts: bool) {
        if line.has(&outcomes().meeting, "cancel") && !line.asks {
            self.unsay(line.n);
            self.pending = None;
            return;
        }
        if self.pending.as_ref().is_some_and(|p| i - p.line > PATIENCE) {
            self.pending = None;
        }
        let timed = !moments.clocks.is_empty();
        let meeting = line.any(&outcomes().meeting);
        let said = timed
            || (!moments.days.is_empty() && !acts)
            || (self.pending.is_some() && !moments.parts.is_empty() && !acts);
        if said && (timed || meeting || self.pending.is_some()) && (timed || !acts) {
            self.propose(i, line, moments, meeting);
        } else {
            self.accept(i, line);
        }
    }

    fn propose(&mut self, i: usize, line: &Line, moments: &Moments, meeting: bool) {
        let change = line.any(&wishes().change);
        let date = moments.days.last().map(|d| d.date);
        let mut fresh = Pending {
            date: None,
            part: None,
            time: None,
            meeting: false,
            evidence: Evidence::of(line.n),
            line: i,
        };
        let recent = self.agreed.last().is_some_and(|a| i - a.3 <= PATIENCE + 1);
        if change
            && recent
            && let Some((d, t)) = self.unsay(line.n)
        {
            // A new day leaves the old time unsaid; a new time keeps the old day.
            let time = date.is_none_or(|new| new == d).then_some(t);
            fresh = Pending { date: Some(d), time, meeting: true, ..fresh };
            self.pending = None;
        }
        let mut p = self.pending.take().unwrap_or(fresh);
        if let Some(date) = date {
            if p.date.is_some_and(|old| old != date) {
                (p.time, p.part) = (None, None);
                p.evidence = Evidence::of(line.n);
            }
            p.date = Some(date);
        }
        p.evidence.add(line.n);
        p.line = i;
        p.meeting |= meeting;
        let repeated = match moments.clocks.last() {
            Some(clock) => {
                let part = moments.part_of(clock).or(p.part);
                let time = clock.time(part);
                let repeated = p.time.is_some_and(|old| old == time || old.hour() % 12 == time.hour() % 12);
                p.time = if repeated && moments.parts.is_empty() { p.time } else { Some(time) };
                repeated
            }
            None => false,
        };
        p.part = moments.parts.last().map(|(_, part)| *part).or(p.part);
        let firm = line.has(&outcomes().meeting, "firm") || repeated || yes(line);
        if let (Some(date), Some(time), true, true) = (p.date, p.time, p.meeting, firm && !line.asks) {
            self.agree(date, time, p.evidence.clone(), i);
        }
        self.pending = Some(p);
    }

    fn accept(&mut self, i: usize, line: &Line) {
        let Some(p) = self.pending.as_mut().filter(|p| i - p.line <= 2) else { return };
        if line.asks || no(line) {
            return;
        }
        if let (Some(date), Some(time), true, true) = (p.date, p.time, p.meeting, yes(line)) {
            let evidence = p.evidence.clone().and(line.n);
            self.pending = None;
            self.agree(date, time, evidence, i);
        }
    }

    fn agree(&mut self, date: Date, time: Time, evidence: Evidence, i: usize) {
        if let Some(same) = self.agreed.iter_mut().find(|a| (a.0, a.1) == (date, time)) {
            same.2.merge(&evidence);
            same.3 = i;
            return;
        }
        // The same arrangement, made more precise.
        let until = evidence.last();
        let (vaguer, stay): (Vec<_>, _) =
            self.agreed.drain(..).partition(|a| i - a.3 <= PATIENCE && a.0 == date);
        self.agreed = stay;
        self.past.extend(vaguer.iter().filter_map(|a| Some(Past { draft: draft(a)?, until })));
        self.agreed.push((date, time, evidence, i));
    }

    /// Takes the latest appointment back, in the segment `until`.
    fn unsay(&mut self, until: usize) -> Option<(Date, Time)> {
        let gone = self.agreed.pop()?;
        self.past.extend(draft(&gone).map(|draft| Past { draft, until }));
        Some((gone.0, gone.1))
    }

    /// Appointments that were moved or called off.
    pub fn past(&self) -> impl Iterator<Item = &Past> {
        self.past.iter()
    }

    /// The appointments, as points.
    pub fn drafts(&self) -> impl Iterator<Item = Draft> {
        self.agreed.iter().filter_map(draft)
    }
}

fn draft((date, time, evidence, _): &Agreed) -> Option<Draft> {
    let start = date.to_datetime(*time).to_zoned(hong_kong()).ok()?;
    let value = start.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    Some(Draft::new(Kind::Appointment, "", Is::Word(value), evidence.clone()))
}

fn begins(line: &Line, sense: &str) -> bool {
    line.find(&wishes().answer, &line.all()).first().is_some_and(|h| h.at.start <= 1 && h.sense == sense)
}

fn yes(line: &Line) -> bool {
    begins(line, "yes") && !line.asks
}

fn no(line: &Line) -> bool {
    begins(line, "no")
}
