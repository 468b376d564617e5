//! What stands of minutes once agents have had their say: the points that were extracted, and the record of reviews
//! over them. Pure, and worked out anew each time, so that a redo and a meeting that goes on lose nothing: what was
//! accepted, corrected or added stays even where it is no longer found; what was struck does not come back, nor does
//! what was corrected come back beside its correction.
//!
//! Each point has an id that stays the same meanwhile: that of its content, and for what was reviewed that of the
//! record. What a client takes back after an agent accepted it is history: the last word counts.

use super::sameness::{likeness, said_once};
use crate::store::minutes::{Act, Minutes, Origin, Point};
use crate::store::minutes_reviews::{Review, Verdict};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// What was said of a point in the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Accepted (what an agent added is), corrected or struck.
    pub verdict: Verdict,
    /// The agent.
    pub by: String,
    /// RFC 3339.
    pub at: String,
    /// The point as the box had it, where it is another now.
    pub was: Option<Point>,
}

/// A point with its place in the record.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Stays the same while the meeting goes on and over a redo.
    pub id: String,
    pub point: Point,
    pub origin: Origin,
    pub review: Option<Given>,
    /// The segment from which on it no longer held, where it is history.
    pub until: Option<usize>,
}

/// Minutes with their reviews, each list in order of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reviewed {
    /// Asserted, accepted, corrected or added.
    pub points: Vec<Standing>,
    /// To be confirmed.
    pub offered: Vec<Standing>,
    /// Struck by an agent.
    pub struck: Vec<Standing>,
    /// Changed or taken back by the client.
    pub replaced: Vec<Standing>,
}

impl Reviewed {
    /// Whether a point says already what this one says.
    pub fn asserts(&self, point: &Point) -> bool {
        self.points.iter().any(|s| likeness(&s.point, point) > 0 && content(&s.point) == content(point))
    }

    /// The point of an id, wherever it stands.
    pub fn find(&self, id: &str) -> Option<&Standing> {
        self.points.iter().chain(&self.offered).chain(&self.struck).chain(&self.replaced).find(|s| s.id == id)
    }
}

/// Lays the record over what was extracted.
pub fn overlay(minutes: &Minutes, reviews: &[Review]) -> Reviewed {
    let found = entries(minutes);
    let held = hold(reviews);
    let owner = assign(&held, &found);
    let mut out = Reviewed::default();
    for (h, record) in held.iter().enumerate() {
        let mut own: Vec<&Entry> =
            found.iter().enumerate().filter(|(e, _)| owner[*e] == Some(h)).map(|(_, e)| e).collect();
        own.sort_by_key(|e| e.place);
        record.stand(&own, &mut out);
    }
    let mut taken: HashSet<String> = held.iter().map(|r| r.id.clone()).collect();
    let mut counted: HashMap<String, usize> = HashMap::new();
    for (entry, owner) in found.iter().zip(owner) {
        let content = content_id(entry.point);
        let nth = counted.entry(content.clone()).or_default();
        *nth += 1;
        if owner.is_some() {
            continue;
        }
        let numbered = |n: usize| if n == 1 { content.clone() } else { format!("{content}-{n}") };
        let id = (*nth..).map(numbered).find(|id| !taken.contains(id)).unwrap_or_default();
        taken.insert(id.clone());
        out.place(entry.standing(id), entry.place);
    }
    for list in [&mut out.points, &mut out.offered, &mut out.struck, &mut out.replaced] {
        list.sort_by(|a, b| {
            (a.point.at.total_cmp(&b.point.at)).then_with(|| a.point.kind.cmp(&b.point.kind))
        });
    }
    out
}

impl Reviewed {
    fn place(&mut self, standing: Standing, place: Place) {
        match place {
            Place::Asserted => self.points.push(standing),
            Place::Offered => self.offered.push(standing),
            Place::Replaced(_) => self.replaced.push(standing),
        }
    }
}

/// Where the extraction has a point; the first is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Asserted,
    Offered,
    /// Until a segment.
    Replaced(usize),
}

/// A point as found.
struct Entry<'a> {
    point: &'a Point,
    place: Place,
    origin: Origin,
}

impl Entry<'_> {
    fn standing(&self, id: String) -> Standing {
        let until = match self.place {
            Place::Replaced(until) => Some(until),
            _ => None,
        };
        Standing { id, point: self.point.clone(), origin: self.origin, review: None, until }
    }
}

/// All that was found, in the order in which ids are numbered. What is proposed and was found as well is left out.
fn entries(minutes: &Minutes) -> Vec<Entry<'_>> {
    let entry = |place, origin| move |point| Entry { point, place, origin };
    let asserted = minutes.points.iter().map(entry(Place::Asserted, Origin::Extracted));
    let offered = minutes.offered.iter().map(entry(Place::Offered, Origin::Extracted));
    let replaced = minutes.replaced.iter().map(|r| Entry {
        point: &r.point,
        place: Place::Replaced(r.until),
        origin: Origin::Extracted,
    });
    let mut all: Vec<Entry> = asserted.chain(offered).chain(replaced).collect();
    let known = |p: &&Point| all.iter().any(|e| likeness(p, e.point) > 0 || likeness(e.point, p) > 0);
    let new: Vec<&Point> = minutes.proposed.iter().filter(|p| !known(p)).collect();
    all.extend(new.into_iter().map(entry(Place::Offered, Origin::Proposed)));
    all.sort_by_key(|e| e.point.segments.first());
    all
}

/// An id made of what a point says. By when something is to be done may be said later, so that it is left out.
fn content_id(p: &Point) -> String {
    let value = if p.kind == "action" { json!(p.act.as_ref().map(|a| &a.verb)) } else { p.value.clone() };
    let content = json!([p.kind, p.slot, value, p.polarity]).to_string();
    hex::encode(&Sha256::digest(content)[..6])
}

/// What a point says, without its words and its segments.
fn content(p: &Point) -> (&Option<String>, &serde_json::Value, &Option<String>, &Option<Act>) {
    (&p.slot, &p.value, &p.polarity, &p.act)
}

/// What the record says of one point.
struct Held {
    id: String,
    origin: Origin,
    /// None where all that was said was taken back.
    given: Option<(Verdict, String, String)>,
    heard: usize,
    /// As the box had it, or as it was added.
    original: Point,
    current: Point,
    /// All that it was: any of them, found again, is this one.
    forms: Vec<Point>,
}

/// The record, point by point, in the order of their first review.
fn hold(reviews: &[Review]) -> Vec<Held> {
    let mut out: Vec<Held> = Vec::new();
    for review in reviews {
        let Some(point) = review.corrected.as_ref().or(review.was.as_ref()) else { continue };
        let at = out.iter().position(|h| h.id == review.point).unwrap_or_else(|| {
            let original = review.was.as_ref().unwrap_or(point).clone();
            out.push(Held {
                id: review.point.clone(),
                origin: review.origin,
                given: None,
                heard: review.heard,
                current: original.clone(),
                forms: vec![original.clone()],
                original,
            });
            out.len() - 1
        });
        let held = &mut out[at];
        held.heard = review.heard;
        if review.verdict == Verdict::Reopened {
            held.current = held.original.clone();
            held.forms.truncate(1);
            held.given = (held.origin == Origin::Agent).then(|| by(Verdict::Accepted, review));
            continue;
        }
        review.was.iter().chain(&review.corrected).for_each(|form| held.take_in(form));
        held.current = point.clone();
        let verdict = if review.verdict == Verdict::Added { Verdict::Accepted } else { review.verdict };
        held.given = Some(by(verdict, review));
    }
    out
}

fn by(verdict: Verdict, review: &Review) -> (Verdict, String, String) {
    (verdict, review.agent.clone(), review.at.clone())
}

/// Which record each entry belongs to. The likest pairs come first; what a meeting may have twice belongs to one
/// record each, once a form.
fn assign(held: &[Held], found: &[Entry]) -> Vec<Option<usize>> {
    let mut pairs: Vec<(u8, usize, usize, usize)> = Vec::new();
    for (h, record) in held.iter().enumerate() {
        for (f, form) in record.forms.iter().enumerate() {
            let like = found.iter().enumerate().map(|(e, entry)| (likeness(form, entry.point), h, f, e));
            pairs.extend(like.filter(|pair| pair.0 > 0));
        }
    }
    pairs.sort_by_key(|&(like, h, f, e)| (std::cmp::Reverse(like), h, f, e));
    let mut owner = vec![None; found.len()];
    let mut used: HashSet<(usize, usize)> = HashSet::new();
    for (_, h, f, e) in pairs {
        let again = said_once(found[e].point);
        if owner[e].is_none() && (again || used.insert((h, f))) {
            owner[e] = Some(h);
        }
    }
    owner
}

impl Held {
    /// Adds what the point was; what says the same is one form, with all the segments that bore it out.
    fn take_in(&mut self, form: &Point) {
        match self.forms.iter_mut().find(|f| content(f) == content(form)) {
            Some(known) => known.segments.merge(&form.segments),
            None => self.forms.push(form.clone()),
        }
    }

    /// Puts it where it stands; `own` is what was found of it, the best first.
    fn stand(&self, own: &[&Entry], out: &mut Reviewed) {
        let Some((verdict, by, at)) = &self.given else {
            if let Some(entry) = own.first() {
                out.place(entry.standing(self.id.clone()), entry.place);
            }
            return;
        };
        let mut point = self.current.clone();
        for entry in own {
            if entry.point.segments.first() < point.segments.first() {
                point.at = entry.point.at;
            }
            point.segments.merge(&entry.point.segments);
            let later = *verdict == Verdict::Accepted && point.kind == "action" && point.value.is_null();
            if later && self.origin != Origin::Agent {
                point.value = entry.point.value.clone();
            }
        }
        let was = (content(&self.current) != content(&self.original)).then(|| self.original.clone());
        let review = Some(Given { verdict: *verdict, by: by.clone(), at: at.clone(), was });
        let standing = Standing { id: self.id.clone(), point, origin: self.origin, review, until: None };
        match own.first().map(|entry| entry.place) {
            _ if *verdict == Verdict::Struck => out.struck.push(standing),
            Some(Place::Replaced(until)) if until >= self.heard => {
                out.replaced.push(Standing { until: Some(until), ..standing });
            }
            _ => out.points.push(standing),
        }
    }
}

#[cfg(test)]
#[path = "review_tests.rs"]
mod tests;
